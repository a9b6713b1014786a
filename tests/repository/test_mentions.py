"""The address and the tag are the same wherever they stand."""

import re
from urllib.parse import urlsplit

import pytest
import yaml

from tests import CHAPTERS, ROOT
from tests.repository.notebooks import CODE, PROSE, REPOSITORY, SLUG, TAG, code_cells


def test_the_address_and_the_tag_in_the_settings():
    config = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
    assert config["repository"]["url"] == REPOSITORY
    assert config["repository"]["branch"] == TAG
    site, settings = config["html"]["baseurl"], config["sphinx"]["config"]
    assert settings["ogp_site_url"] == site and settings["notfound_urls_prefix"] == urlsplit(site).path
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert citation["repository-code"] == REPOSITORY
    assert f"v{citation['version']}" == TAG
    assert citation["title"] == config["title"]


def test_the_setup_cell_installs_this_release():
    setup = code_cells(CHAPTERS[0])[0].source
    assert re.findall(r"git\+[^\s\"']+", setup) == [f"git+{REPOSITORY}@{TAG}"]


@pytest.mark.parametrize("path", [*PROSE, *CHAPTERS, *CODE], ids=lambda path: path.name)
def test_every_other_mention_of_the_address(path):
    # Figures apart: among so many letters, each such pattern turns up by chance.
    text = re.sub(r'"image/png": "[^"]*"', "", path.read_text("utf-8"))
    # What stands before or after the address of this repository, and of no other that is cited.
    before = r"(?:git clone |git\+|/github/)(?:https://github\.com/)?"
    own = re.findall(before + r"([\w.-]+/[\w.-]+)", text)
    own += re.findall(r"github\.com/([\w.-]+/[\w.-]+)/(?:blob|tree|issues|actions|pull)", text)
    assert {name.removesuffix(".git") for name in own} <= {SLUG}
    assert set(re.findall(r"/(?:blob|tree)/([\w.-]+)", text)) <= {TAG}
    site = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))["html"]["baseurl"]
    assert text.count(f"//{urlsplit(site).netloc}/") == text.count(site)


def test_the_readme_says_where_to_clone_from():
    for name in ("README.md", "pages/intro.md"):
        assert f"git clone {REPOSITORY}\n" in (ROOT / name).read_text("utf-8")
