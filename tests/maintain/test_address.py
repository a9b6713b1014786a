"""`maintain/address.py`: one command moves the book, and leaves nothing behind or stale."""

from pathlib import Path
import re
import shutil
import sys

from aeutils import __version__, provenance
import nbformat
import pytest
import yaml

from maintain import address, ledger
from tests import ROOT

OLD = address.present(ROOT)
NEW = ("https://github.com/someone/some.where", "https://someone.github.io/some.where/")
TAG = f"v{__version__}"


@pytest.fixture
def copy(tmp_path) -> Path:
    """The files that the command may change."""
    for path in {path for pattern in address.FILES for path in ROOT.glob(pattern)}:
        (tmp_path / path.relative_to(ROOT)).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, tmp_path / path.relative_to(ROOT))
    return tmp_path


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_every_mention_moves_and_only_those(copy):
    before = contents(copy)
    changed = address.move(copy, NEW)
    after = contents(copy)
    assert after.keys() == before.keys() and changed
    assert {path for path in after if after[path] != before[path]} == set(changed)
    assert address.present(copy) == NEW
    everything = b"\n".join(after.values()).decode("utf-8")
    slug, _ = (one.removeprefix("https://github.com/") for one in OLD)
    assert slug not in everything and OLD[1].removesuffix("/") not in everything
    assert f"git+{NEW[0]}@{TAG}" in (copy / "README.md").read_text("utf-8")
    assert f"git clone {NEW[0]}\ncd some.where\n" in (copy / "README.md").read_text("utf-8")
    settings = yaml.safe_load((copy / "_config.yml").read_text("utf-8"))
    assert settings["repository"]["url"] == NEW[0] and settings["sphinx"]["config"]["ogp_site_url"] == NEW[1]
    assert settings["sphinx"]["config"]["notfound_urls_prefix"] == "/some.where/"
    for path in sorted(copy.glob("chapters/*.ipynb")):
        text = path.read_text("utf-8")
        assert f"/github/someone/some.where/blob/{TAG}/chapters/{path.name}" in text
        assert f"git+{NEW[0]}@{TAG}" in text


def test_what_is_not_its_address_stays(copy):
    """Longer names do, and that of the book's PDF; after its own a full stop or a path may follow."""
    repository, site = OLD
    slug, name = repository.removeprefix("https://github.com/"), repository.rpartition("/")[2]
    other = f"{repository}-extra {repository}.more/a {repository}2 /{slug} {site[:-1]}2/ {name} cd {name}-a"
    assert address.moved(other, OLD, NEW) == other
    own = "see {0}. ({0}) {0}.git {0}/issues#top https://example.org/badge/{1}?a {2}a.html github.com/{1}"
    new_slug = NEW[0].removeprefix("https://github.com/")
    assert address.moved(own.format(repository, slug, site), OLD, NEW) == own.format(NEW[0], new_slug, NEW[1])
    address.move(copy, NEW)
    assert "_build/autoencoders-measured.pdf" in (copy / "README.md").read_text("utf-8")


def test_nothing_becomes_stale(copy):
    stamps = ledger.chapter_stamps()
    address.move(copy, NEW)
    paths = sorted(copy.glob("chapters/*.ipynb"))
    assert paths
    for path in paths:
        before = nbformat.read(ROOT / "chapters" / path.name, as_version=4)
        after = nbformat.read(path, as_version=4)
        assert provenance.stale(after, copy / "aeutils") == provenance.stale(before)
        assert ledger.chapter_stamp(path) == stamps[path.stem[:2]]


def test_there_and_back_changes_nothing(copy):
    before = contents(copy)
    changed = address.move(copy, NEW)
    assert address.move(copy, NEW) == []
    assert address.move(copy, ("https://github.com/a/a", "https://book.example.org/")) == changed
    assert address.move(copy, OLD) == changed
    assert contents(copy) == before


def test_an_interrupted_move_can_be_made_again(copy, monkeypatch):
    whole, written = address.written_whole, []

    def full_disk(path):
        written.append(path)
        if len(written) == 5:
            raise OSError("No space left on device")
        return whole(path)

    monkeypatch.setattr(address, "written_whole", full_disk)
    with pytest.raises(OSError, match="No space"):
        address.move(copy, NEW)
    assert address.present(copy) == OLD
    assert address.move(copy, NEW)
    assert OLD[0].encode() not in b"".join(contents(copy).values())
    assert address.present(copy) == NEW


@pytest.mark.parametrize(
    ("given", "taken", "site"),
    [
        (
            "https://github.com/someone/book",
            "https://github.com/someone/book",
            "https://someone.github.io/book/",
        ),
        ("https://github.com/A-b/c.d.git", "https://github.com/A-b/c.d", "https://a-b.github.io/c.d/"),
        ("https://github.com/a/a.github.io/", "https://github.com/a/a.github.io", "https://a.github.io/"),
    ],
)
def test_the_site_is_where_github_has_it(given, taken, site):
    assert address.parsed_repository(given) == taken
    assert address.pages_of(taken) == address.parsed_site(address.pages_of(taken)) == site


@pytest.mark.parametrize(
    "given",
    [
        "someone/book",
        "http://github.com/someone/book",
        "https://example.org/someone/book",
        "https://github.com/someone",
        "https://github.com/someone/book/tree/main",
        "https://github.com/some one/book",
        "https://github.com/-someone/book",
        "https://github.com/someone/..",
        "https://github.com/someone/bo\\1ok",
        "https://github.com/someone/book\n",
        "git@github.com:someone/book.git",
    ],
)
def test_what_is_no_repository_is_told(monkeypatch, given):
    monkeypatch.setattr(sys, "argv", ["address.py", given])
    monkeypatch.setattr(address, "move", lambda *_: pytest.fail("something was changed"))
    with pytest.raises(
        SystemExit, match=r"nothing was changed: .* https://github\.com/OWNER/NAME, got "
    ) as told:
        address.main()
    assert repr(given) in str(told.value)


@pytest.mark.parametrize(
    "given", ["book.example.org", "http://book.example.org/", "https://a.org/x?y", "https://a"]
)
def test_what_is_no_site_is_told(monkeypatch, given):
    monkeypatch.setattr(sys, "argv", ["address.py", NEW[0], "--site", given])
    monkeypatch.setattr(address, "move", lambda *_: pytest.fail("something was changed"))
    with pytest.raises(SystemExit, match="nothing was changed: the site must be https://HOST/"):
        address.main()


def test_the_command(copy, monkeypatch, capsys):
    monkeypatch.setattr(address, "ROOT", copy)
    monkeypatch.setattr(sys, "argv", ["address.py", f"{NEW[0]}.git", "--site", "https://book.example.org"])
    assert address.main() == 0
    said = capsys.readouterr().out
    assert re.match(rf"\d+ files were changed; .*:\ngit push {re.escape(NEW[0])} {re.escape(TAG)}\n", said)
    assert said.endswith(f"the repository is {NEW[0]}, the site https://book.example.org/\n")
    monkeypatch.setattr(sys, "argv", ["address.py"])
    assert address.main() == 0
    assert capsys.readouterr().out == f"the repository is {NEW[0]}, the site https://book.example.org/\n"
