"""The ledger: what it makes of the runs, and whether it fits the chapters as they are."""

import ast
import json
from pathlib import Path
import random
import statistics
import sys

from aeutils import provenance
from aeutils.provenance.hashing import parse
import nbformat
import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
CHAPTERS = sorted(ROOT.glob("chapters/*.ipynb"))

each_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)


@pytest.fixture
def ledger(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "tools")
    return __import__("ledger")


def run_of(seed=0, source="sample", backend="jax", chapter="03", **claims):
    """Return a run, as far as it concerns the ledger, with claims `statement=(holds, detail)`."""
    found = [
        {"statement": statement, "needs": None, "holds": holds, "detail": detail}
        for statement, (holds, detail) in claims.items()
    ]
    about = {"chapter": chapter, "source": source, "backend": backend, "seed": seed, "stamp": "s"}
    return about | {"errors": [], "claims": found}


# --- What it makes of the runs


@pytest.mark.parametrize(
    ("detail", "expected"),
    [
        ("", []),
        ("5.03 < 13.19 < 52.90", [5.03, 13.19, 52.9]),
        ("209,968", [209968]),
        ("32: 24.00, 256: 53.09", [32, 24, 256, 53.09]),
        ("between −1 and -1.5", [-1, -1.5]),
        ("largest difference 4.9e-08", [4.9e-08]),
        ("43.8% raw, 2e+07 times", [43.8, 2e7]),
        ("PCA-30 and float16, on [0, 1]", [30, 0, 1]),
        ("from 5-10 to x2", [5, 10]),
        ("1,2 and 1,234,567.5", [1, 2, 1234567.5]),
        ("up to 54.", [54]),
    ],
)
def test_the_numbers_of_a_detail(ledger, detail, expected):
    assert ledger.numbers(detail) == expected


@pytest.mark.parametrize("size", [1, 2, 9, 10])
def test_the_spread_is_median_and_range(ledger, size):
    values = np.random.default_rng(size).uniform(-50, 50, (size, 3)).round(2)
    claims = [{"detail": f"{a:.2f} < {b:.2f}, {c:.2f} at most"} for a, b, c in values]
    random.Random(0).shuffle(claims)
    for column, found in zip(values.T, ledger.spread(claims), strict=True):
        assert found["median"] == pytest.approx(np.median(column))
        assert found["median"] == pytest.approx(statistics.median(column.tolist()))
        assert (found["low"], found["high"]) == (column.min(), column.max())


def test_numbers_of_other_wordings_are_not_mixed(ledger):
    assert ledger.spread([{"detail": "1 < 2"}, {"detail": "1 < 2 < 3"}]) == []


def test_the_summary_counts_each_kind_of_run(ledger):
    runs = [run_of(seed, a=(seed > 1, f"{seed} > 1"), b=(None, "1")) for seed in range(4)]
    runs += [run_of(backend="torch", a=(True, "9 > 1")), run_of(chapter="04", a=(True, "7"))]
    a, b, other = ledger.summary(runs)
    assert (a["chapter"], a["statement"], a["needs"], a["wording"]) == ("03", "a", None, "0 > 1")
    one = {"median": 1, "low": 1, "high": 1}
    assert a["kinds"] == {
        "sample-jax": {"held": 2, "judged": 4, "numbers": [{"median": 1.5, "low": 0, "high": 3}, one]},
        "sample-torch": {"held": 1, "judged": 1, "numbers": [{"median": 9, "low": 9, "high": 9}, one]},
    }
    assert b["kinds"]["sample-jax"] == {"held": 0, "judged": 0, "numbers": [one]}
    assert (other["chapter"], other["statement"]) == ("04", "a")


def test_what_is_written_is_read_again_one_run_a_line(ledger, tmp_path):
    file = tmp_path / "ledger.json"
    assert ledger.read(file) == []
    runs = [run_of(seed, a=(True, "ε < 0.1")) for seed in (2, 0, 1)]
    ledger.write(runs, file)
    assert ledger.read(file) == sorted(runs, key=lambda one: one["seed"])
    found = json.loads(file.read_text("utf-8"))
    assert found["claims"] == ledger.summary(runs)
    lines = file.read_text("utf-8").splitlines()
    assert [json.loads(line.strip(","))["seed"] for line in lines if '"seed"' in line] == [0, 1, 2]
    assert "ε" in lines[1]
    assert list(tmp_path.iterdir()) == [file]


def test_runs_to_be_replaced_are_written_and_not_counted(ledger, tmp_path):
    file = tmp_path / "ledger.json"
    old = [run_of(seed, a=(False, "1")) for seed in (0, 1)]
    ledger.write([run_of(0, a=(True, "1"))], file, old)
    assert [(one["seed"], one["claims"][0]["holds"]) for one in ledger.read(file)] == [(0, True), (1, False)]
    (claim,) = json.loads(file.read_text("utf-8"))["claims"]
    assert claim["kinds"]["sample-jax"]["judged"] == 1


# --- The ledger of this book


def statements(path):
    """Return the statements of the claims in a chapter's code, in order."""
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    found = []
    for cell in cells:
        calls = ast.walk(parse(cell.source) or ast.Module(body=[]))
        calls = [node for node in calls if isinstance(node, ast.Call)]
        calls = [node for node in calls if isinstance(node.func, ast.Name) and node.func.id == "claim"]
        for call in sorted(calls, key=lambda node: node.lineno):
            assert isinstance(call.args[0], ast.Constant), f"write the statement out: {ast.unparse(call)}"
            found.append(call.args[0].value)
    return found


@pytest.fixture
def book():
    """The ledger, which has to be there."""
    return json.loads((ROOT / "ledger.json").read_text("utf-8"))


@each_chapter
def test_the_chapter_and_the_ledger_know_the_same_claims(path, book):
    number = path.stem[:2]
    known = [claim["statement"] for claim in book["claims"] if claim["chapter"] == number]
    claimed = statements(path)
    assert claimed and len(set(claimed)) == len(claimed)
    told = f"make sweep CHAPTER={number}"
    assert [claim for claim in claimed if claim not in known] == [], f"not in the ledger: {told}"
    assert [claim for claim in known if claim not in claimed] == [], f"not in the chapter: {told}"


def test_the_ledger_has_no_other_chapters(book):
    assert {claim["chapter"] for claim in book["claims"]} == {path.stem[:2] for path in CHAPTERS}


@each_chapter
def test_the_ledger_has_the_run_that_the_chapter_has_stored(path, book, ledger):
    stamp = ledger.stamp_of(path)
    made = [run for run in book["runs"] if run["stamp"] == stamp and run["source"] == "full"]
    assert made, f"chapter {path.stem[:2]}: make sweep CHAPTER={path.stem[:2]}"


@each_chapter
def test_no_claim_failed_in_any_run_and_each_run_came_to_every_claim(path, book):
    claimed = statements(path)
    for run in [run for run in book["runs"] if run["chapter"] == path.stem[:2]]:
        where = f"{run['source']} data, {run['backend']}, seed {run['seed']}"
        failed = [claim["statement"] for claim in run["claims"] if claim["holds"] is False]
        assert (failed, run["errors"]) == ([], []), f"{where}: reword, weaken or drop it"
        assert [claim["statement"] for claim in run["claims"]] == claimed, where
        waived = [claim for claim in run["claims"] if claim["holds"] is None]
        assert all(claim["needs"] == "full" and run["source"] == "sample" for claim in waived), where


def test_the_claims_sum_up_the_runs(book, ledger):
    assert book["claims"] == ledger.summary(book["runs"])


def test_runs_say_where_they_were_made_and_need_no_more_than_3_gb(book):
    others = {}
    for path in CHAPTERS:
        imported = provenance.packages(nbformat.read(path, as_version=4))
        others[path.stem[:2]] = set(provenance.distributions(imported).values())
    for run in book["runs"]:
        assert run["date"] and run["device"] and run["minutes"] > 0, run["chapter"]
        assert run["versions"].keys() == {"keras", "numpy", run["backend"], *others[run["chapter"]]}
        assert run["memory_gb"] is None or run["memory_gb"] <= 3, (run["chapter"], run["memory_gb"])


# --- That the tests above can fail


def test_a_claim_without_a_run_and_a_run_without_a_claim_are_noticed(tmp_path):
    path = tmp_path / "03_training.ipynb"
    source = 'claim(\n    "A"\n    " and b", x < 1\n)\nclaim(("C"), True)  # claim("D")\nother("E")'
    cells = [nbformat.v4.new_markdown_cell('claim("F")'), nbformat.v4.new_code_cell(source)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    assert statements(path) == ["A and b", "C"]
    check = test_the_chapter_and_the_ledger_know_the_same_claims
    book = {"claims": [{"chapter": "03", "statement": s} for s in ("A and b", "C")]}
    check(path, book)
    with pytest.raises(AssertionError, match="not in the ledger: make sweep CHAPTER=03"):
        check(path, {"claims": book["claims"][:1]})
    with pytest.raises(AssertionError, match="not in the chapter"):
        check(path, {"claims": [*book["claims"], {"chapter": "03", "statement": "G"}]})


def test_a_run_of_earlier_code_is_noticed(tmp_path, ledger):
    path = tmp_path / "03_training.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x = 1")]), path)
    check = test_the_ledger_has_the_run_that_the_chapter_has_stored
    run = {"stamp": ledger.stamp_of(path), "source": "full"}
    check(path, {"runs": [run]}, ledger)
    with pytest.raises(AssertionError, match="make sweep CHAPTER=03"):
        check(path, {"runs": [run | {"stamp": "another"}]}, ledger)


@pytest.mark.parametrize("change", [{"holds": False}, {"holds": None}, {"statement": "B"}])
def test_a_claim_that_failed_or_was_not_judged_is_noticed(tmp_path, change):
    path = tmp_path / "03_training.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell('claim("A", x)')]), path)
    check = test_no_claim_failed_in_any_run_and_each_run_came_to_every_claim
    run = run_of(A=(True, "1"))
    check(path, {"runs": [run]})
    run["claims"][0] |= change
    with pytest.raises(AssertionError, match="sample data, jax, seed 0"):
        check(path, {"runs": [run]})


def test_a_run_that_ended_in_an_error_is_noticed(tmp_path):
    path = tmp_path / "03_training.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell('claim("A", x)')]), path)
    with pytest.raises(AssertionError, match="seed 0: reword"):
        run = run_of(A=(True, "1")) | {"errors": ["cell 1: NameError"]}
        test_no_claim_failed_in_any_run_and_each_run_came_to_every_claim(path, {"runs": [run]})


def test_the_modules_of_the_tools_are_this_folder_s(ledger):
    assert Path(sys.modules["ledger"].__file__) == ROOT / "tools" / "ledger.py"
