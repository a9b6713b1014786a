"""The ledger: what it makes of the runs, and whether it fits the chapters as they are."""

import ast
from dataclasses import replace
import json
import random
import statistics
import subprocess
import sys

from aeutils import claims, provenance
from aeutils.provenance.hashing import parse
import nbformat
import numpy as np
import pytest

from maintain import CLAIM_MIME, ledger
from tests import CHAPTERS, ROOT

each_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)


def run_of(seed=0, source="sample", backend="jax", chapter="03", stamp="now", errors=(), **claims):
    """Return a run with claims `statement=(holds, detail)`."""
    records = [
        {"statement": name, "needs": None, "holds": holds, "detail": detail}
        for name, (holds, detail) in claims.items()
    ]
    about = {"chapter": chapter, "source": source, "backend": backend, "seed": seed, "stamp": stamp}
    where = {"date": "2026-11-24", "device": "a CPU", "versions": {}, "minutes": 1.0, "memory_gb": None}
    return ledger.Run(**about, **where, errors=list(errors), claims=records)


def test_the_claims_are_looked_for_where_the_package_puts_them():
    assert CLAIM_MIME == claims.CLAIM_MIME


def test_what_maintains_the_book_loads_no_keras():
    """Each of the commands would take seconds more."""
    modules = ", ".join(f"maintain.{name}" for name in ("execute", "freshness", "refresh", "new_chapter"))
    code = f"import sys, {modules}; print({{'keras', 'tensorflow', 'jax'}} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "set()\n", done.stderr


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
def test_the_numbers_of_a_detail(detail, expected):
    assert ledger.numbers(detail) == expected


@pytest.mark.parametrize("size", [1, 2, 9, 10])
def test_the_spread_is_median_and_range(size):
    values = np.random.default_rng(size).uniform(-50, 50, (size, 3)).round(2)
    claims = [{"detail": f"{a:.2f} < {b:.2f}, {c:.2f} at most"} for a, b, c in values]
    random.Random(0).shuffle(claims)
    for column, found in zip(values.T, ledger.spread(claims), strict=True):
        assert found["median"] == pytest.approx(np.median(column))
        assert found["median"] == pytest.approx(statistics.median(column.tolist()))
        assert (found["low"], found["high"]) == (column.min(), column.max())


def test_numbers_of_other_wordings_are_not_mixed():
    assert ledger.spread([{"detail": "1 < 2"}, {"detail": "1 < 2 < 3"}]) == []


def test_the_summary_counts_each_kind_of_run():
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


def test_what_is_written_is_read_again_one_run_a_line_and_each_statement_once(tmp_path):
    file = tmp_path / "ledger.json"
    assert ledger.read(file) == []
    runs = [run_of(seed, a=(True, "ε < 0.1"), b=(None, "")) for seed in (2, 0)]
    runs.append(run_of(1, stamp="earlier", errors=["cell 1"], b=(False, "2"), c=(True, "3")))
    runs.append(replace(run_of(chapter="04", a=(True, "")), carried="2026-11-27"))
    ledger.write(runs, file)
    assert ledger.read(file) == sorted(runs, key=lambda run: run.key)
    text = file.read_text("utf-8")
    assert json.loads(text)["statements"] == {
        "03": [["a", None], ["b", None], ["c", None]],
        "04": [["a", None]],
    }
    of_runs = [json.loads(line.strip(",")) for line in text.splitlines() if '"seed"' in line]
    assert [entry["seed"] for entry in of_runs] == [0, 1, 2, 0]
    assert "ε" in text and text.count("carried") == 1
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("run", [run_of(a=(True, "ε")), ledger.LostRun(run_of().key, "the kernel died")])
def test_a_run_on_its_way_from_another_process(run):
    assert ledger.run_from_json(ledger.run_to_json(run)) == run


def test_runs_of_earlier_code_or_of_other_versions_are_not_current(monkeypatch):
    pins = {"numpy": {"2.4.6"}, "tensorflow": {"2.21.0"}}
    monkeypatch.setattr(ledger, "pinned_versions", lambda: pins)
    runs = [run_of(0), run_of(1, stamp="earlier"), run_of(2, chapter="09")]
    runs += [replace(run_of(3), versions={"numpy": "2.4.6", "torch": "1"})]
    runs += [replace(run_of(4), versions={"numpy": "2.5.0"})]
    assert [run.seed for run in ledger.current_runs(runs, {"03": "now"})] == [0, 3]
    monkeypatch.setattr(ledger, "PLAN", (("sample", "jax", range(5)),))
    assert [key.seed for key in ledger.missing_keys(runs, {"03": "now"})] == [1, 2, 4]


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


@pytest.fixture(scope="module")
def current():
    """The runs of the ledger with the chapters as they are: all of them, or those made so far."""
    return ledger.current_runs(ledger.read(), ledger.chapter_stamps())


def problems(run, claimed):
    """Say what is wrong with a run of a chapter that claims these statements."""
    failed = [claim["statement"] for claim in run.claims if claim["holds"] is False]
    found = [f"reword, weaken or drop {statement!r}" for statement in failed] + list(run.errors)
    if [claim["statement"] for claim in run.claims] != claimed:
        found.append("it has other claims than the chapter")
    waived = [claim for claim in run.claims if claim["holds"] is None]
    if any(claim["needs"] != "full" or run.source != "sample" for claim in waived):
        found.append("a claim was not judged that does not need the full data")
    return found


@each_chapter
def test_no_claim_failed_in_a_current_run_and_each_run_came_to_every_claim(path, current):
    claimed = statements(path)
    assert claimed and len(set(claimed)) == len(claimed)
    found = {str(run.key): problems(run, claimed) for run in current if run.chapter == path.stem[:2]}
    assert {name: said for name, said in found.items() if said} == {}


def test_current_runs_say_where_they_were_made_and_need_no_more_than_3_gb(current):
    others = {}
    for path in CHAPTERS:
        imported = provenance.packages(nbformat.read(path, as_version=4))
        others[path.stem[:2]] = set(provenance.distributions(imported).values())
    for run in current:
        assert run.date and run.device and run.minutes > 0, run.key
        if not run.carried:  # the code may have come to import other packages since
            assert run.versions.keys() == {"keras", "numpy", run.backend, *others[run.chapter]}
        assert run.memory_gb is None or run.memory_gb <= 3, (run.key, run.memory_gb)


# --- That the tests above can fail


def test_the_statements_of_a_chapter_are_read_from_its_code(tmp_path):
    path = tmp_path / "03_training.ipynb"
    source = 'claim(\n    "A"\n    " and b", x < 1\n)\nclaim(("C"), True)  # claim("D")\nother("E")'
    cells = [nbformat.v4.new_markdown_cell('claim("F")'), nbformat.v4.new_code_cell(source)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    assert statements(path) == ["A and b", "C"]


@pytest.mark.parametrize(
    ("run", "said"),
    [
        (run_of(A=(True, "1")), []),
        (run_of(A=(False, "1")), ["reword, weaken or drop 'A'"]),
        (run_of(A=(None, "1")), ["a claim was not judged that does not need the full data"]),
        (run_of(B=(True, "1")), ["it has other claims than the chapter"]),
        (run_of(A=(True, "1"), errors=["cell 1: NameError"]), ["cell 1: NameError"]),
    ],
)
def test_what_is_wrong_with_a_run_is_said(run, said):
    assert problems(run, ["A"]) == said
