"""The table of contents, for the tests."""

import yaml

from tests import ROOT


def entries(suffix: str = "") -> list[str]:
    """Return the pages of the table of contents, in order; with a suffix, those with such a source."""
    table = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))
    files = [table["root"]] + [entry["file"] for part in table["parts"] for entry in part["chapters"]]
    return [name for name in files if not suffix or (ROOT / f"{name}{suffix}").is_file()]
