"""What pages tell of chapters: which outputs are older than their code, and which facts are missing."""

from aeutils import provenance
from bs4 import BeautifulSoup
import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell
import pytest

from tests import ROOT
from tests.contents import entries
from tests.web import small_book
from tests.web.browsing import SITE
from web.extensions.chapter_facts import STALE

TOC = """
format: jb-book
root: pages/intro
chapters: [file: chapters/01_fresh, file: chapters/02_stale]
"""
FACTS = {"question": "Is it?", "builds_on": [], "prerequisites": "nothing."}


def soup(path):
    return BeautifulSoup(path.read_text("utf-8"), "html.parser")


def start(folder, **metadata):
    """Make a book of two chapters, the second of which has these metadata."""
    book = small_book.start(folder / "book", "web.extensions.chapter_facts", TOC)
    (book / "pages" / "intro.md").write_text("# Small\n\n```{chapter-map}\n```\n")
    cells = [new_markdown_cell("# A chapter\n\n**Is it?**"), new_code_cell("from aeutils import models")]
    stamp = provenance.stamp({"cells": cells}) | {"minutes": 1.5, "memory_gb": 2.0, "date": "2026-11-24"}
    small_book.write_chapter(book / "chapters" / "01_fresh.ipynb", cells, chapter=FACTS, aeutils=stamp)
    about = {"chapter": FACTS, "aeutils": stamp | {"cells": "of other code"}} | metadata
    small_book.write_chapter(book / "chapters" / "02_stale.ipynb", cells, **about)
    return book


def test_outputs_older_than_their_code_are_marked_and_others_are_not(tmp_path):
    book = start(tmp_path)
    done = small_book.build(book)
    assert done.returncode == 0, done.stderr
    intro, fresh, stale = (
        soup(book / "_build" / "html" / f"{name}.html").article
        for name in ("pages/intro", "chapters/01_fresh", "chapters/02_stale")
    )
    assert not fresh.select(".stale")
    (note,) = stale.select(".stale")
    assert note.find_previous("h1").get_text().startswith("A chapter")
    assert "code, run on 2026-11-24" in note.get_text() and note.code.get_text() == "make execute CHAPTER=02"
    assert "the notebook's code cells have changed" in note.get_text().replace("’", "'")
    rows = [row.get_text(" ", strip=True) for row in intro.select("table tr")]
    assert [STALE in row for row in rows] == [False, False, True]
    assert intro.get_text().count(STALE) == 2  # in its row, and in the line that explains it


def test_a_chapter_without_its_facts_is_an_error_that_says_what_to_write(tmp_path):
    done = small_book.build(start(tmp_path, chapter={"question": "Is it?"}))
    assert done.returncode != 0
    assert '02_stale.ipynb: the notebook\'s metadata need "chapter": {' in done.stderr
    assert "have no builds_on; no prerequisites" in done.stderr


@pytest.mark.parametrize("entry", entries(".ipynb"))
def test_a_chapter_of_the_site_is_marked_if_its_outputs_are_older_than_its_code(entry):
    changes = provenance.stale(nbformat.read(ROOT / f"{entry}.ipynb", as_version=4))
    assert bool(soup(SITE / f"{entry}.html").select("article .stale")) == bool(changes)
    rows = soup(SITE / "pages" / "intro.html").select("article tr")
    (row,) = [row for row in rows if row.select(f"a[href*='{entry}']")]
    assert (STALE in row.get_text()) == bool(changes)
