"""`maintain/sweep.py`: what it keeps, what it makes again, what it says; with runs that take no time.

Sweeps with kernels, stopped by hand or handed to a cluster, are in `test_sweep_runs.py`.
"""

from dataclasses import replace
import os
from pathlib import Path
import subprocess
import sys

from aeutils import data, fashion
from filelock import FileLock
import nbformat
from nbformat.v4 import new_code_cell, new_notebook
import pytest

from maintain import ledger, refresh, runner, sweep, sweep_one
from tests import ROOT


@pytest.fixture
def small_book(tmp_path, monkeypatch):
    """Two small chapters, and a plan of three runs for each."""
    (tmp_path / "chapters").mkdir()
    monkeypatch.setattr(runner, "CHAPTERS", tmp_path / "chapters")
    monkeypatch.setattr(ledger, "PLAN", (("sample", "tensorflow", range(2)), ("sample", "jax", range(1))))
    for name in ("AEUTILS_CACHE", "AEUTILS_DATA"):
        monkeypatch.setenv(name, "as it was")  # put back after the test, whatever the script sets
        monkeypatch.delenv(name)
    for name in ("03_training", "07_evaluation"):
        nbformat.write(new_notebook(cells=[new_code_cell("x = 1")]), tmp_path / "chapters" / f"{name}.ipynb")


@pytest.fixture
def file(tmp_path):
    return tmp_path / "ledger.json"


@pytest.fixture
def swept(small_book, file, monkeypatch):
    """A function that calls the script, with runs that call `becomes`; it returns the status and the runs."""

    def call(*arguments, becomes=lambda one: one):
        made = []

        def run_chapter(key):
            made.append(key)
            return becomes(run_of(key))

        monkeypatch.setattr(sweep.sweep_one, "run_chapter", run_chapter)
        monkeypatch.setattr(sys, "argv", ["sweep.py", *arguments, "--ledger", str(file), "--jobs", "1"])
        return sweep.main(), made

    return call


def run_of(key, holds=True):
    claim = {"statement": "One is one", "needs": None, "by_construction": False, "holds": holds}
    claim["numbers"] = {"": {"seed": key.seed}}
    return ledger.Run(
        **key._asdict(),
        stamp=ledger.chapter_stamp(*ledger.find(key.chapter)),
        date="2026-11-24",
        device="a CPU",
        versions={"a package": "1.0"},
        minutes=1.0,
        memory_gb=1.3,
        errors=[] if holds else ["cell 1: ClaimFailed: One is one\n      the traceback"],
        claims=[claim],
    )


ALL = [
    ("03", "sample", "tensorflow", 0),
    ("07", "sample", "tensorflow", 0),
    ("03", "sample", "tensorflow", 1),
    ("07", "sample", "tensorflow", 1),
    ("03", "sample", "jax", 0),
    ("07", "sample", "jax", 0),
]


def kept(file):
    return [run.key for run in ledger.read(file)]


def change(tmp_path, source):
    path = tmp_path / "chapters" / "07_evaluation.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell(source)]), path)


# --- What is made, and what is kept


def test_all_runs_are_made_once_and_chapter_3_of_each_seed_first(swept, file, capsys):
    assert swept() == (0, ALL)
    assert kept(file) == sorted(ALL)
    assert "6 runs are wanted, 0 of them are in ledger.json" in capsys.readouterr().out
    before = file.read_bytes()
    assert swept() == (0, [])
    assert file.read_bytes() == before


def test_a_part_of_the_plan(swept, file):
    assert swept("7", "07", "--only", "sample-jax") == (0, [ALL[5]])
    assert swept("3", "--only", "sample-jax", "--only", "sample-tensorflow")[1] == ALL[0:5:2]
    assert swept()[1] == [ALL[1], ALL[3]]


def test_a_chapter_that_has_changed_is_run_again_and_no_other(swept, file, tmp_path):
    swept()
    change(tmp_path, "x = 1  # a comment")
    assert swept() == (0, [])
    change(tmp_path, "x = 2")
    assert swept() == (0, ALL[1::2])
    assert kept(file) == sorted(ALL)


def test_runs_of_an_earlier_state_stay_until_they_are_made_again_and_say_nothing(swept, file, tmp_path):
    """An accidental edit of code, taken back, costs no runs."""
    swept()
    before = file.read_bytes()
    change(tmp_path, "x = 2")
    with_one = swept("7", "--only", "sample-jax")[1]
    assert with_one == [ALL[5]] and kept(file) == sorted(ALL)
    current = ledger.current_runs(ledger.read(file), ledger.chapter_stamps())
    assert [run.key for run in current] == [*ALL[4:5], *ALL[0:4:2], ALL[5]]
    change(tmp_path, "x = 1")
    assert swept() == (0, [ALL[5]])
    assert file.read_bytes() == before


def test_what_the_plan_no_longer_has_goes(swept, file, tmp_path):
    swept()
    (tmp_path / "chapters" / "07_evaluation.ipynb").unlink()
    assert swept() == (0, [])
    assert kept(file) == sorted(ALL[::2])


def test_a_claim_that_fails_is_kept_and_told_each_time(swept, file, capsys):
    def fails_in_one(run):
        return run_of(run.key, holds=False) if (run.chapter, run.seed) == ("07", 1) else run

    assert swept(becomes=fails_in_one) == (1, ALL)
    line = "chapter 07, sample data, tensorflow, seed 1: cell 1: ClaimFailed: One is one\n"
    assert line in capsys.readouterr().out
    assert swept() == (1, []) and line in capsys.readouterr().out
    assert swept("3") == (0, [])
    about_7 = [claim for claim in ledger.summary(ledger.read(file)) if claim["chapter"] == "07"]
    assert about_7[0]["kinds"]["sample-tensorflow"]["held"] == 1


@pytest.mark.parametrize(
    ("loses", "reason"),
    [
        (lambda run: ledger.LostRun(run.key, "the kernel died"), "the kernel died"),
        (lambda run: replace(run, stamp="another"), "the chapter, or aeutils"),
    ],
)
def test_a_run_that_says_nothing_is_told_and_made_again(swept, file, capsys, loses, reason):
    assert swept(becomes=lambda run: loses(run) if run.backend == "jax" else run) == (1, ALL)
    assert kept(file) == sorted(ALL[:4])
    printed = capsys.readouterr().out
    assert f"chapter 03, sample data, jax, seed 0: {reason}" in printed
    assert "2 runs said nothing about the claims" in printed
    assert swept() == (0, ALL[4:])


def test_the_run_that_a_chapter_has_stored_needs_no_other(swept, file, tmp_path):
    path = tmp_path / "chapters" / "07_evaluation.ipynb"
    notebook = nbformat.read(path, as_version=4)
    about = {"source": "sample", "backend": "jax", "date": "2026-01-01", "device": "a GPU"}
    notebook.metadata["aeutils"] = ledger.stamp(notebook) | about | {"minutes": 3.4, "versions": {}}
    nbformat.write(notebook, path)
    assert swept() == (0, ALL[:5])
    (stored,) = [run for run in ledger.read(file) if run.chapter == "07" and run.backend == "jax"]
    assert (stored.device, stored.minutes, stored.memory_gb) == ("a GPU", 3.4, None)
    notebook.metadata["aeutils"]["device"] = "another GPU"  # the chapter was run anew
    nbformat.write(notebook, path)
    assert swept() == (0, [])
    assert "another GPU" in [run.device for run in ledger.read(file)]


def test_a_stored_run_of_other_code_does_not_count(swept, tmp_path):
    notebook = nbformat.read(tmp_path / "chapters" / "07_evaluation.ipynb", as_version=4)
    assert ledger.stored_run(tmp_path / "chapters" / "07_evaluation.ipynb") is None
    notebook.metadata["aeutils"] = ledger.stamp(notebook) | {"cells": "other"}
    nbformat.write(notebook, tmp_path / "chapters" / "07_evaluation.ipynb")
    assert swept() == (0, ALL)


# --- What stops a sweep


@pytest.fixture
def stopping(monkeypatch):
    """The script's end leaves alone what else this process has started or waits for."""
    monkeypatch.setattr("signal.signal", lambda *_: None)
    monkeypatch.setattr(sweep, "end_kernels", lambda: None)


def test_ctrl_c_keeps_what_was_done(swept, file, capsys, monkeypatch, stopping):
    write = ledger.write

    def write_or_stop(runs, path):
        if len(runs) == 3:
            monkeypatch.setattr(ledger, "write", write)
            raise KeyboardInterrupt
        write(runs, path)

    monkeypatch.setattr(ledger, "write", write_or_stop)
    assert swept()[0] == 130
    assert "stopped: all but the runs in flight are in ledger.json; 3 are left" in capsys.readouterr().out
    assert kept(file) == sorted(ALL[:3])
    assert swept() == (0, ALL[3:])


def test_a_full_disk_leaves_the_ledger_whole(swept, file, capsys, monkeypatch, stopping):
    swept("3")
    before = file.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(ledger, "write", full)
    assert swept()[0] == 130
    assert "stopped, [Errno 28] No space left on device: all but" in capsys.readouterr().out
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    "content", ['{"statements": {},\n"runs": [\n{"chapter": "0', "[]", '{"runs": [{}]}', ""]
)
def test_a_broken_ledger_stays_as_it_is(swept, file, content):
    file.write_text(content, "utf-8")
    with pytest.raises(SystemExit, match="nothing was run: .*ledger.json holds no ledger .* from git again"):
        swept()
    assert file.read_text("utf-8") == content


def test_two_sweeps_at_once(swept, file):
    with FileLock(file.with_name(".ledger.json.lock")):
        with pytest.raises(SystemExit, match="nothing was run: another sweep writes .*ledger.json; --ledger"):
            swept()
    assert swept()[0] == 0


def refusal(swept) -> str:
    """Return what a sweep says that runs nothing."""
    with pytest.raises(SystemExit) as stopped:
        swept()
    return str(stopped.value)


def test_a_backend_that_is_missing(swept, file, monkeypatch):
    found = sweep.importlib.util.find_spec
    lacks_jax = lambda name: None if name == "jax" else found(name)  # noqa: E731
    monkeypatch.setattr(sweep.importlib.util, "find_spec", lacks_jax)
    message = refusal(swept)
    assert message.startswith("nothing was run: sample-jax needs jax, which is not installed: .venv/bin/pip")
    assert message.endswith('or go on without it: make sweep ONLY="sample-tensorflow"')
    assert not file.exists()
    assert swept("--only", "sample-tensorflow") == (0, ALL[:4])


def test_without_the_clothes(swept, file, tmp_path, monkeypatch):
    plan = (("sample", "jax", range(1)), ("fashion", "tensorflow", range(1)))
    monkeypatch.setattr(ledger, "PLAN", plan)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr(fashion, "DEBIAN", tmp_path / "debian")
    monkeypatch.setattr(fashion, "FASHION_URL", (tmp_path / "nothing").as_uri())
    message = refusal(swept)
    assert message.startswith("nothing was run: Fashion-MNIST must be in the Keras cache")
    assert message.endswith('or go on without it: make sweep ONLY="sample-jax"')
    assert not file.exists()
    assert swept("--only", "sample-jax") == (0, ALL[4:])


def test_data_of_every_source_of_the_plan_are_looked_for_once(swept, monkeypatch):
    plan = tuple((source, "tensorflow", range(2)) for source in ("sample", "full", "fashion"))
    monkeypatch.setattr(ledger, "PLAN", plan)
    asked = []
    monkeypatch.setattr(data, "load_mnist", lambda source: asked.append(source))
    assert swept("7")[0] == 0
    assert asked == ["full", "fashion"]


def test_a_refresh_makes_seed_0_of_each_kind_anew_but_of_the_full_data(swept, file, tmp_path, monkeypatch):
    plan = tuple((source, "tensorflow", range(2)) for source in ("sample", "full", "fashion"))
    monkeypatch.setattr(ledger, "PLAN", plan)
    monkeypatch.setattr(data, "load_mnist", lambda source: None)
    swept("7")
    change(tmp_path, "x = 2")
    made = []
    monkeypatch.setattr(sweep_one, "run_chapter", lambda key: made.append(key) or run_of(key))
    monkeypatch.setattr(sys, "argv", ["refresh.py", "7", "--ledger", str(file), "--jobs", "1"])
    assert refresh.main() == 1  # the full data are left for a sweep
    assert [(key.source, key.seed) for key in made] == [("fashion", 0), ("sample", 0)]
    carried = [(run.source, run.seed) for run in ledger.read(file) if run.carried]
    assert carried == [("fashion", 1), ("sample", 1)]


@pytest.mark.parametrize(
    ("source", "named", "seen"),
    [
        ("sample", "/a/folder", "sample"),
        ("fashion", "sample", "fashion"),
        ("full", "/a/folder", "/a/folder"),
        ("full", None, None),
    ],
)
def test_a_run_is_told_which_data_to_load(small_book, monkeypatch, source, named, seen):
    told = []

    def run(path, seed, go_on, env):
        told.append(env.get("AEUTILS_DATA"))
        raise RuntimeError("seen enough")

    monkeypatch.setattr(sweep_one, "run", run)
    if named:
        monkeypatch.setenv("AEUTILS_DATA", named)
    key = ledger.RunKey("07", source, "jax", 0)
    assert sweep_one.run_chapter(key) == ledger.LostRun(key, "RuntimeError: seen enough")
    assert told == [seen]


def test_without_the_full_data(swept, monkeypatch):
    plan = (("sample", "jax", range(1)), ("full", "tensorflow", range(1)))
    monkeypatch.setattr(ledger, "PLAN", plan)
    monkeypatch.setenv("AEUTILS_DATA", str(ROOT / "no such folder"))
    message = refusal(swept)
    assert "no such folder" in message
    assert message.endswith('or go on without it: make sweep ONLY="sample-jax"')
    assert swept("--only", "sample-jax") == (0, ALL[4:])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["9"], "no chapter 9"), (["--only", "full-jax"], "invalid choice"), (["--jobs", "0"], "must be 1")],
)
def test_options_that_make_no_sense(small_book, capsys, monkeypatch, arguments, said):
    monkeypatch.setattr(sys, "argv", ["sweep.py", *arguments])
    with pytest.raises(SystemExit):
        sweep.main()
    assert said in capsys.readouterr().err


def test_networks_are_shared_for_the_sweep_or_where_they_are_asked_to_be(swept, monkeypatch):
    seen = []

    def look(run):
        seen.append(os.environ["AEUTILS_CACHE"])
        return run

    swept("3", becomes=look)
    assert len(set(seen)) == 1 and not Path(seen[0]).exists()
    monkeypatch.setenv("AEUTILS_CACHE", "a/folder")
    swept("7", becomes=look)
    assert seen[-1] == "a/folder"


def test_make_hands_its_options_on():
    options = ["CHAPTER=03 07", "ONLY=sample-jax sample-torch", "JOBS=1", "DASK=tcp://scheduler:8786"]
    # A make within a make also says which folder it enters and leaves, and would take over its options.
    alone = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL")}
    done = subprocess.run(
        ["make", "-n", "sweep", *options], cwd=ROOT, env=alone, capture_output=True, text=True
    )
    command = " ".join(done.stdout.replace("\\\n", " ").splitlines()[-1].split())
    expected = "03 07 --only sample-jax --only sample-torch --jobs 1 --dask tcp://scheduler:8786"
    assert command.endswith(f"-m maintain.sweep {expected}"), done.stdout + done.stderr
