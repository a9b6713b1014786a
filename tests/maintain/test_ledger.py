"""The ledger: what it makes of the runs, and whether it fits the chapters as they are."""

import ast
from collections import Counter
from dataclasses import replace
import json
import statistics
import subprocess
import sys

from aeutils import provenance
from aeutils.provenance.hashing import parse
import nbformat
import numpy as np
import pytest

from maintain import ledger, sweep
from tests import CHAPTERS, ROOT

each_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)


def run_of(seed=0, source="sample", backend="jax", chapter="03", stamp="now", errors=(), **claims):
    """Return a run with claims `statement=(holds, numbers)`."""
    records = [
        {"statement": name, "needs": None, "by_construction": False, "holds": holds, "numbers": numbers}
        for name, (holds, numbers) in claims.items()
    ]
    about = {"chapter": chapter, "source": source, "backend": backend, "seed": seed, "stamp": stamp}
    where = {"date": "2026-11-24", "device": "a CPU", "versions": {}, "minutes": 1.0, "memory_gb": None}
    return ledger.Run(**about, **where, errors=list(errors), claims=records)


def test_what_maintains_the_book_loads_no_keras():
    """Each of the commands would take seconds more."""
    modules = ", ".join(f"maintain.{name}" for name in ("execute", "freshness", "refresh", "new_chapter"))
    code = f"import sys, {modules}; print({{'keras', 'tensorflow', 'jax'}} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "set()\n", done.stderr


# --- What it makes of the runs


def a(value):
    return {"": {"a": value}}


@pytest.mark.parametrize("size", [1, 2, 9, 10])
def test_the_spread_is_median_and_range(size):
    values = np.random.default_rng(size).uniform(-50, 50, (size, 2))
    claims = [{"numbers": {"error": {"PCA": x}, "bits": {"PCA": y}}} for x, y in values]
    found = ledger.spread(claims)
    assert list(found) == ["error", "bits"]
    for column, quantity in zip(values.T, found, strict=True):
        spread = found[quantity]["PCA"]
        assert spread["median"] == pytest.approx(np.median(column))
        assert spread["median"] == pytest.approx(statistics.median(column.tolist()))
        assert (spread["low"], spread["high"]) == (column.min(), column.max())


def test_a_number_that_some_runs_lack_has_the_spread_of_the_others():
    """As where a claim names the best of several, or runs were made before claims had numbers."""
    found = ledger.spread([{"numbers": {"": {"a": 1, "b": 2}}}, {"numbers": {"": {"a": 3}}}, {"numbers": {}}])
    assert found == {
        "": {"a": {"low": 1, "median": 2, "high": 3}, "b": {"low": 2, "median": 2, "high": 2}},
    }


def test_the_summary_counts_each_kind_of_run():
    runs = [run_of(seed, x=(seed > 1, a(seed)), y=(None, a(1))) for seed in range(4)]
    runs += [run_of(backend="torch", x=(True, a(9))), run_of(chapter="04", x=(True, {}))]
    x, y, other = ledger.summary(runs)
    assert (x["chapter"], x["statement"], x["needs"], x["numbers"]) == ("03", "x", None, a(0))
    assert x["by_construction"] is False
    assert x["kinds"] == {
        "sample-jax": {"held": 2, "judged": 4, "spread": a({"low": 0, "median": 1.5, "high": 3})},
        "sample-torch": {"held": 1, "judged": 1, "spread": a({"low": 9, "median": 9, "high": 9})},
    }
    same = a({"low": 1, "median": 1, "high": 1})
    assert y["kinds"]["sample-jax"] == {"held": 0, "judged": 0, "spread": same}
    assert (other["chapter"], other["statement"]) == ("04", "x")


def test_a_claim_is_shown_with_the_numbers_of_a_run_that_judged_it_and_without_empty_quantities():
    """As where a claim on networks that only the full data has was not judged on the sample."""
    on_sample, on_full = {"plan": {}, "longer": {"a": 1, "b": 2}}, {"plan": {"a": 3}, "longer": {}}
    runs = [run_of(x=(None, on_sample)), run_of(source="full", x=(True, on_full))]
    (claim,) = ledger.summary(runs)
    assert claim["numbers"] == {"plan": {"a": 3}}
    (claim,) = ledger.summary([*runs, run_of(1, source="full", x=(False, {"plan": {"a": 4, "b": 5}}))])
    assert claim["numbers"] == {"plan": {"a": 4, "b": 5}}


def test_what_is_written_is_read_again_one_run_a_line_and_each_statement_once(tmp_path):
    file = tmp_path / "ledger.json"
    assert ledger.read(file) == []
    two = {"error": {"PCA, ε": 13.87, "network": 2.27}, "bits": {"PCA, ε": 960}}
    runs = [run_of(seed, x=(True, two), y=(None, {})) for seed in (2, 0)]
    runs.append(run_of(1, stamp="earlier", errors=["cell 1"], y=(False, {}), z=(True, a(3))))
    runs.append(run_of(3, x=(True, a(1)), y=(True, {})))  # other numbers than before
    runs.append(replace(run_of(chapter="04", x=(True, {})), carried="2026-11-27"))
    runs[0].claims[1]["by_construction"] = runs[1].claims[1]["by_construction"] = True
    ledger.write(runs, file)
    assert ledger.read(file) == sorted(runs, key=lambda run: run.key)
    text = file.read_text("utf-8")
    names = {"error": ["PCA, ε", "network"], "bits": ["PCA, ε"]}
    assert json.loads(text)["statements"] == {
        "03": [
            ["x", None, False, names], ["y", None, True, {}], ["y", None, False, {}],
            ["z", None, False, {"": ["a"]}], ["x", None, False, {"": ["a"]}],
        ],
        "04": [["x", None, False, {}]],
    }  # fmt: skip
    of_runs = [json.loads(line.strip(",")) for line in text.splitlines() if '"seed"' in line]
    assert [entry["seed"] for entry in of_runs] == [0, 1, 2, 3, 0]
    assert of_runs[0]["claims"] == [[0, True, [13.87, 2.27, 960]], [1, None, []]]
    assert text.count("carried") == 1
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(
    "run", [run_of(x=(True, {"ε": {"a": 1.5}})), ledger.LostRun(run_of().key, "the kernel died")]
)
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


def test_no_claim_failed_on_more_than_one_of_the_five_fresh_seeds(current):
    fresh = [(run.chapter, claim) for run in current if ledger.is_fresh(run.key) for claim in run.claims]
    failed = Counter((chapter, c["statement"]) for chapter, c in fresh if c["holds"] is False)
    assert [about for about, times in failed.items() if times > 1] == []


def problems(run, claimed):
    """Say what is wrong with a run of a chapter that claims these statements."""
    failed = [claim["statement"] for claim in run.claims if claim["holds"] is False]
    fresh = ledger.is_fresh(run.key)  # a failure there stays, and is shown; on clothes it is a limit
    errors = [error for error in run.errors if not (fresh and "ClaimFailed" in error)]
    failed *= not (fresh or run.source == "fashion")
    found = [f"reword, weaken or drop {statement!r}" for statement in failed] + errors
    made = [claim["statement"] for claim in run.claims]
    cut_off = fresh and bool(run.errors)  # a claim that fails ends its cell, with the claims below it there
    if made != [statement for statement in claimed if statement in made or not cut_off]:
        found.append("it has other claims than the chapter")
    waived = [claim for claim in run.claims if claim["holds"] is None]
    if any(claim["needs"] != "full" or run.source == "full" for claim in waived):
        found.append("a claim was not judged that does not need the full data")
    return found


@each_chapter
def test_no_claim_failed_in_a_current_run_and_each_run_came_to_every_claim(path, current):
    claimed = statements(path)
    assert claimed and len(set(claimed)) == len(claimed)
    found = {str(run.key): problems(run, claimed) for run in current if run.chapter == path.stem[:2]}
    assert {name: said for name, said in found.items() if said} == {}


def test_current_runs_say_where_they_were_made_and_need_no_more_memory_than_a_sweep_reckons_with(current):
    others = {}
    for path in CHAPTERS:
        imported = provenance.packages(nbformat.read(path, as_version=4))
        others[path.stem[:2]] = set(provenance.distributions(imported).values())
    for run in current:
        assert run.date and run.device and run.minutes > 0, run.key
        if not run.carried:  # the code may have come to import other packages since
            assert run.versions.keys() == {"keras", "numpy", run.backend, *others[run.chapter]}
        assert run.memory_gb is None or run.memory_gb <= sweep.MEMORY / 1e9, (run.key, run.memory_gb)


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
        (run_of(A=(True, {})), []),
        (run_of(A=(False, {})), ["reword, weaken or drop 'A'"]),
        (run_of(source="fashion", A=(False, {})), []),
        (run_of(A=(None, {})), ["a claim was not judged that does not need the full data"]),
        (run_of(B=(True, {})), ["it has other claims than the chapter"]),
        (run_of(A=(True, {}), errors=["cell 1: NameError"]), ["cell 1: NameError"]),
    ],
)
def test_what_is_wrong_with_a_run_is_said(run, said):
    assert problems(run, ["A"]) == said


def test_quantities_in_another_order_keep_their_numbers(tmp_path):
    """As a run that a notebook's file has stored, and one of a sweep."""
    one = run_of(0, x=(True, {"bits": {"a": 1}, "error": {"a": 2}}))
    other = run_of(1, x=(True, {"error": {"a": 3}, "bits": {"a": 4}}))
    ledger.write([one, other], tmp_path / "ledger.json")
    assert ledger.read(tmp_path / "ledger.json") == [one, other]
