"""`make refresh`: runs are carried over a change that changes no number, and over no other."""

from dataclasses import replace
import subprocess
import sys

import nbformat
import pytest

from maintain import ledger, refresh
from tests.maintain.test_ledger import run_of
from tests.maintain.test_sweep_runs import book  # noqa: F401

NOW = "now"


def earlier_runs(kind=("sample", "jax")):
    claims = {"A": (True, {"": {"PCA-30": 13.87}}), "B": (True, {})}
    return [run_of(seed, *kind, stamp="before", **claims) for seed in range(3)]


def made_anew(run, **changes):
    return replace(run, stamp=NOW, date="2026-11-27", **changes)


def test_where_every_number_is_equal_the_other_runs_are_carried_over():
    earlier = earlier_runs()
    after, said = refresh.carried_over(earlier, {earlier[0].key: made_anew(earlier[0])}, NOW)
    assert {run.seed: (run.stamp, bool(run.carried)) for run in after} == {
        0: (NOW, False), 1: (NOW, True), 2: (NOW, True),
    }  # fmt: skip
    assert [run.claims for run in after] == [run.claims for run in earlier]
    assert said == ["chapter 03: 1 runs anew, every number equal; 2 other runs were carried over"]


@pytest.mark.parametrize(
    "change",
    [{"numbers": {"": {"PCA-30": 13.8701}}}, {"holds": False}, {"statement": "another"}, {"needs": "full"}],
    ids=lambda change: next(iter(change)),
)
def test_one_number_that_differs_stops_all_of_the_chapter(change):
    jax, torch = earlier_runs(), earlier_runs(("sample", "torch"))
    claims = [jax[0].claims[0] | change, jax[0].claims[1]]
    made = {jax[0].key: made_anew(jax[0], claims=claims), torch[0].key: made_anew(torch[0])}
    after, said = refresh.carried_over(jax + torch, made, NOW)
    assert after == list(made.values())
    assert (
        said[0].startswith("chapter 03, sample data, jax, seed 0: ")
        and said[-1] == "chapter 03: nothing was carried over"
    )


def test_a_kind_without_a_run_made_anew_and_runs_of_another_state_stay():
    earlier = [*earlier_runs(), *earlier_runs(("full", "tensorflow"))]
    earlier[2] = replace(earlier[2], stamp="long before")
    after, _ = refresh.carried_over(earlier, {earlier[0].key: made_anew(earlier[0])}, NOW)
    assert [run.key for run in after] == [earlier[0].key, earlier[1].key]


def test_a_run_that_was_lost_stops_it_too():
    earlier = earlier_runs()
    lost = ledger.LostRun(earlier[0].key, "the kernel died")
    after, said = refresh.carried_over(earlier, {lost.key: lost}, NOW)
    assert after == [] and said == [f"{lost.key}: the kernel died", "chapter 03: nothing was carried over"]


def test_runs_with_other_versions_than_the_pinned_ones_are_never_carried_over():
    assert refresh.is_stale(run_of(stamp="before"), {"03": NOW})
    assert not refresh.is_stale(replace(run_of(stamp="before"), versions={"numpy": "1.0"}), {"03": NOW})
    assert not refresh.is_stale(run_of(stamp=NOW), {"03": NOW}) and not refresh.is_stale(run_of(), {})


# --- With kernels


def call(folder, module, *arguments):
    command = [sys.executable, "-m", f"maintain.{module}", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


@pytest.mark.slow
def test_a_refactoring_is_carried_over_and_a_change_of_a_number_is_not(book):  # noqa: F811
    folder = book()
    file = folder / "maintain" / "ledger.json"
    assert call(folder, "sweep", "--only", "sample-jax").returncode == 1  # its claim fails with seed 2
    swept = ledger.read(file)
    chapter = folder / "chapters" / "01_small.ipynb"

    def change(old, new):
        notebook = nbformat.read(chapter, as_version=4)
        assert old in notebook.cells[2].source
        notebook.cells[2].source = notebook.cells[2].source.replace(old, new)
        nbformat.write(notebook, chapter)

    change('["seed", seed]', '["seed", int(seed)]')
    done = call(folder, "refresh", "1", "--jobs", "1")
    assert (done.returncode, done.stdout.splitlines()) == (
        0,
        [
            "chapter 01: 1 runs anew, every number equal; 2 other runs were carried over",
            "no run is left for make sweep",
        ],
    ), done.stderr
    carried = ledger.read(file)
    assert [bool(run.carried) for run in carried] == [False, True, True]
    assert [run.claims for run in carried] == [run.claims for run in swept]
    assert len({run.stamp for run in carried}) == 1 and carried[0].stamp != swept[0].stamp

    change('["seed", int(seed)]', '["seed", seed + 1]')
    done = call(folder, "refresh", "1", "--jobs", "1")
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "chapter 01, sample data, jax, seed 0: 'Two is more' held with seed 0, and now held with seed 1",
        "chapter 01: nothing was carried over",
        "2 runs are left for make sweep",
    ]
    assert [run.stamp == carried[0].stamp for run in ledger.read(file)] == [False, True, True]
