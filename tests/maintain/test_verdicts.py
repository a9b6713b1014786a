"""The verdicts on what tutorials say: by a rule, from claims that exist; `make fresh` tells of failures."""

import re

import nbformat
from nbformat.v4 import new_code_cell, new_notebook
import pytest

from maintain import freshness, ledger, runner, verdicts
from maintain.verdicts import Claim, Entry
from tests.maintain.test_ledger import run_of

FOR, AGAINST = Claim("03", "It is so", False), Claim("03", "It is not so", False)
ALGEBRA = Claim("03", "It must be so", True)


def entry(supports=(), refutes=()):
    return Entry("a topic", "A statement", "Why", tuple(supports), tuple(refutes))


# --- The book's own entries


def test_every_verdict_names_claims_that_stand_in_the_chapters():
    entries = verdicts.read(verdicts.FILE)
    statements = [one.statement for one in entries]
    assert len(entries) > 30 and len(set(statements)) == len(entries)
    assert all(one.claims for one in entries)


def test_where_all_claims_hold_no_statement_is_open_and_each_kind_of_verdict_is_there():
    found = {verdicts.box(one, one.claims) for one in verdicts.read(verdicts.FILE)}
    assert {"holds", "false", "holds when", "by definition: holds", "by definition: false"} == found


# --- The rule


@pytest.mark.parametrize(
    ("about", "held", "expected"),
    [
        (entry([FOR], [AGAINST]), [FOR, AGAINST], "holds when"),
        (entry([FOR], [AGAINST]), [FOR], "open"),  # what failed does not show the opposite
        (entry([FOR], [AGAINST]), [AGAINST], "open"),
        (entry([FOR], [AGAINST]), [], "open"),
        (entry([FOR, ALGEBRA], [AGAINST]), [FOR, AGAINST], "holds when"),  # one of a side will do
        (entry([FOR, ALGEBRA]), [FOR], "holds"),
        (entry([FOR], [FOR]), [FOR], "holds when"),
        (entry([ALGEBRA]), [ALGEBRA], "by definition: holds"),
        (entry(refutes=[ALGEBRA]), [ALGEBRA], "by definition: false"),
        (entry(refutes=[ALGEBRA]), [], "open"),
        (entry([FOR, ALGEBRA]), [FOR, ALGEBRA], "holds"),
    ],
)
def test_the_box_follows_from_the_claims_that_held(about, held, expected):
    assert verdicts.box(about, held) == expected


@pytest.mark.parametrize(
    ("digits", "clothes", "expected"),
    [
        ([True, True], [True], ("holds", "holds")),
        ([True, False], [True], ("open", "holds")),
        ([True, True], [False], ("holds", "open")),
        ([True, None], [None], ("open", "open")),  # a run that broke off before
        ([], [], ("open", "open")),
    ],
)
def test_digits_and_clothes_are_judged_apart_and_by_every_run(digits, clothes, expected):
    sources = [("sample", holds) for holds in digits] + [("fashion", holds) for holds in clothes]
    runs = [
        run_of(seed, source, "tensorflow", **{FOR.statement: (holds, {})})
        for seed, (source, holds) in enumerate(sources)
    ]
    assert verdicts.boxes([entry([FOR])], runs) == [expected]


# --- A file of entries, and the chapter that it names


@pytest.fixture
def written(tmp_path, monkeypatch):
    """Write the file for a book with the claims above in chapter 3."""
    monkeypatch.setattr(runner, "CHAPTERS", tmp_path)
    sources = ('claim("It is so", x)\nclaim("It is " "not so", y)', "%time x = 1", 'claim(f"{x}", x)')
    sources += ('claim(\n    "It must be so",\n    z,\n    by_construction=True,\n)',)
    cells = [new_code_cell(source) for source in sources]
    nbformat.write(new_notebook(cells=cells), tmp_path / "03_training.ipynb")
    file = tmp_path / "tutorials.yml"
    monkeypatch.setattr(verdicts, "FILE", file)

    def write(**fields):
        lines = "".join(f", {name}: {value}" for name, value in fields.items())
        file.write_text(f"- {{topic: T, statements: [{{says: S{lines}}}]}}", "utf-8")
        return file

    return write


def test_claims_are_read_from_the_code(written):
    file = written(why="W", supports='["03: It is so", "03: It must"]', refutes='["03: It is not so"]')
    assert verdicts.read(file) == [Entry("T", "S", "W", (FOR, ALGEBRA), (AGAINST,))]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (
            {"why": "W"},
            "'S' must have `says`, `why`, and claims under .* got says, why: write what is missing",
        ),
        ({"supports": '["03: It is so"]'}, "got says, supports"),
        (
            {"why": "W", "verdict": "false", "supports": '["03: It is so"]'},
            "got says, why, verdict, supports",
        ),
        (
            {"why": "W", "supports": '["03: It is"]'},
            "'03: It is' must be a chapter and .* and fits 2: .*\n  It is so\n  It is not so$",
        ),
        (
            {"why": "W", "supports": '["03: Nobody"]'},
            "and fits 0: .*\n  It is so\n  It is not so\n  It must be so$",
        ),
        ({"why": "W", "supports": '["03"]'}, "'S': '03' must be .* and fits 0"),
        ({"why": "W", "supports": '["09: It is so"]'}, "fits 0: write .*, of a chapter that there is$"),
    ],
)
def test_an_entry_that_names_no_claim_is_refused(written, fields, words):
    with pytest.raises(ValueError, match=words):
        verdicts.read(written(**fields))


def test_claims_that_failed_or_were_not_judged_are_told_with_what_to_do(written):
    written(why="W", supports='["03: It is so"]', refutes='["03: It is not so"]')
    runs = [run_of(**{FOR.statement: (True, {}), AGAINST.statement: (False, {})})]
    (line,) = verdicts.unsettled(runs)
    assert re.match("tutorials.yml, 'S': the claim 'It is not so' of chapter 03 failed, .*: reword", line)
    (line,) = verdicts.unsettled([])
    assert re.match("tutorials.yml: 2 claims of chapter 03 .*: make sweep CHAPTER=03$", line)
    assert verdicts.unsettled([run_of(**{c.statement: (True, {}) for c in (FOR, AGAINST)})]) == []


def test_make_fresh_asks_for_them(written, monkeypatch, capsys):
    written(why="W", supports='["03: It is so"]')
    monkeypatch.setattr(freshness, "stale_outputs", list)
    monkeypatch.setattr(ledger, "PLAN", ())
    monkeypatch.setattr(ledger, "read", lambda: [])
    assert freshness.main() == 1
    assert capsys.readouterr().out.startswith("tutorials.yml: 1 claims of chapter 03")
