"""Say whether the files are those of a release: `python -m maintain.check_release [v1.2.3]`.

A tag that is given must be `v` + `aeutils.__version__`, and so must every tag that the files name: in each
chapter the setup cell and the Colab link, in the README the installation, the book's settings, the citation.
"""

from pathlib import Path
import re
import sys

import nbformat

from maintain import ROOT

# What may stand before a tag: pip's address of the package, Colab's and GitHub's of a file.
IN_ADDRESS = re.compile(r"(?:\.git)?@(v\d[\w.]*)|/blob/([^/\s]+)/")


def problems(root: Path, tag: str | None = None) -> list[str]:
    """Return what does not fit the version of the package under `root`, or the tag, in words."""
    version = re.search(r'__version__ = "(.*)"', (root / "aeutils" / "__init__.py").read_text("utf-8"))[1]
    expected = f"v{version}"
    found = [f"the tag is {tag}, the version {version}"] if tag and tag != expected else []
    config, citation, readme = (
        (root / name).read_text("utf-8") for name in ("_config.yml", "CITATION.cff", "README.md")
    )
    named = {
        "_config.yml": re.findall(r"(?m)^\s*branch: (\S+)", config),
        "CITATION.cff": [f"v{one}" for one in re.findall(r"(?m)^version: (\S+)", citation)],
        "README.md": tags(readme),
    }
    for path in sorted(root.glob("chapters/*.ipynb")):
        cells = nbformat.read(path, as_version=4).cells
        setup = [cell.source for cell in cells if "setup" in cell.metadata.get("tags", [])]
        named[f"the setup cell of {path.name}"] = tags("\n".join(setup))
        text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
        links = re.findall(r"https://colab\.research\.google\.com/\S+", text)
        named[f"the Colab link of {path.name}"] = tags("\n".join(links))
    for place, seen in named.items():
        found += [f"{place} names no tag"] if not seen else []
        found += [f"{place} names {one}, not {expected}" for one in sorted(set(seen) - {expected})]
    return found


def tags(text: str) -> list[str]:
    """Return the tags in the addresses of a text."""
    return [one for pair in IN_ADDRESS.findall(text) for one in pair if one]


def main() -> int:
    """Print what does not fit; return 1 if anything does not."""
    found = problems(ROOT, *sys.argv[1:2])
    print("".join(f"not a release: {problem}\n" for problem in found), end="")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
