"""The page of verdicts: what it shows of the ledger, and that a verdict without its claim stops the build."""

from pathlib import Path
import re

from aeutils.claim_records import CLAIM_MIME
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
import pytest

from maintain import ledger, verdicts
from tests import ROOT
from tests.maintain.test_ledger import run_of
from tests.web import small_book
from web.extensions import ledger_page

SITE = ROOT / "_build" / "html"
TOC = "format: jb-book\nroot: pages/ledger\nchapters: [file: pages/tutorials, file: chapters/03_training]\n"
LEDGER = "# Ledger\n\n```{ledger-claims}\n```\n"
PAGE = "# Tutorials\n\n```{tutorials-verdicts}\n```\n"
FACTS = {"question": "Does it learn?", "builds_on": [], "prerequisites": "nothing."}
CLAIMS = ("One has a *low* error", "Two has a low error", "*Nobody* ran this")
ENTRIES = """
- topic: First things
  statements:
    - {says: "`One` is good.", why: When it is two., supports: ["03: One"], refutes: ["03: Two"]}
- topic: Last things
  statements:
    - {says: Nobody knows., why: It was not tried., supports: ["03: *Nobody"]}
"""


def start(folder: Path, entries: str) -> Path:
    """Lay a book with a page of verdicts, and a chapter of which two claims were judged."""
    book = small_book.start(folder / "book", "web.extensions.tutorials_page", TOC)
    for name, text in {"ledger.md": LEDGER, "tutorials.md": PAGE, "tutorials.yml": entries}.items():
        (book / "pages" / name).write_text(text)
    data = [{"text/plain": f"✓ {s}", "text/markdown": s, CLAIM_MIME: {"statement": s}} for s in CLAIMS]
    outputs = [new_output("display_data", data=bundle) for bundle in data]
    source = "\n".join(f"claim({statement!r}, True)" for statement in CLAIMS)
    cells = [new_markdown_cell("# Training"), new_code_cell(source, outputs=outputs)]
    path = book / "chapters" / "03_training.ipynb"
    small_book.write_chapter(path, cells, chapter=FACTS)
    one, two, _ = CLAIMS
    runs = [
        run_of(0, source, "tensorflow", stamp=ledger.chapter_stamp(path))
        for source in ("full", "sample", "fashion")
    ]
    for run in runs:
        numbers = {"": {"a net": 2.5 if run.source == "full" else 3.5}}
        about = {"needs": None, "by_construction": False, "numbers": numbers}
        holds = {one: True, two: run.source != "fashion"}
        run.claims.extend({"statement": s, "holds": held} | about for s, held in holds.items())
    ledger.write(runs, book / "maintain" / "ledger.json")
    return book


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    book = start(tmp_path_factory.mktemp("small"), ENTRIES)
    done = small_book.build(book)
    assert done.returncode == 0, done.stderr
    return article(book / "_build" / "html" / "pages" / "tutorials.html")


def article(path):
    assert path.is_file(), f"{path} is missing: make book"
    return BeautifulSoup(path.read_text("utf-8"), "html.parser").article


def words(tag) -> str:
    return re.sub(r"\s+", " ", tag.get_text()).strip()


def test_the_table_has_every_verdict(small):
    place = small.find(attrs={"data-living": "guesses"})
    rows = [[words(cell) for cell in row.select("th, td")] for row in place.select("table tr")]
    assert rows[1:] == [["1", "One is good.", "holds when", "open"], ["2", "Nobody knows.", "open", "open"]]


def test_a_statement_has_its_verdicts_its_reason_and_its_claims(small):
    place = small.find(attrs={"data-living": "guesses"})
    assert [words(tag) for tag in place.select(".rubric")] == ["First things", "Last things"]
    first, second = place.select(".guess")
    assert words(first.p) == "1. One is good." and first.p.code
    parts = [words(tag) for tag in first.select_one(".guess-verdict").find_all("p")]
    assert parts == [
        "On digits holds when, on clothes open.",
        "When it is two.",
        "For: One has a *low* error (chapter 3; ✓ held in 2 of 2 runs; also on clothes, in 1 of 1 runs; "
        "a net 2.50)",
        "Against: Two has a low error (chapter 3; ✓ held in 2 of 2 runs; "
        "digits only: on clothes it held in 0 of 1 runs; a net 2.50)",
    ]
    assert [a["href"] for a in first.select("a")] == [
        "ledger.html#claim-03-one-has-a-low-error",
        "ledger.html#claim-03-two-has-a-low-error",
    ]
    assert words(second.select("p")[-1]) == "For: *Nobody* ran this (chapter 3; not judged yet)"
    assert second.a["href"] == "../chapters/03_training.html"


def test_a_verdict_that_names_no_claim_stops_the_build(tmp_path):
    done = small_book.build(start(tmp_path, ENTRIES.replace("03: *Nobody", "03: Somebody")))
    assert done.returncode != 0
    assert "'Nobody knows.': '03: Somebody' must be a chapter and a beginning of one of its" in done.stderr


def test_the_page_of_the_site_shows_what_the_ledger_says():
    place = article(SITE / "pages" / "tutorials.html").find(attrs={"data-living": "guesses"})
    entries, runs = verdicts.read(verdicts.FILE), ledger_page.current_runs()
    shown = [tuple(words(box) for box in tag.select(".guess-box")) for tag in place.select(".guess")]
    assert shown == verdicts.boxes(entries, runs)
    claims = [len(tag.select(".guess-verdict li")) for tag in place.select(".guess")]
    assert claims == [len(entry.claims) for entry in entries]
