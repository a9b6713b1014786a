"""Sweeps whose runs are kernels: what comes of a run, Ctrl-C, a kill, a cluster's workers.

Each test has a copy of `maintain` beside one small chapter. It says itself where it ran, which spares the
kernels the seconds that a backend takes to load.
"""

from dataclasses import replace
import json
import os
import shutil
import signal
import subprocess
import sys
import time

from distributed import LocalCluster
import nbformat
from nbformat.v4 import new_code_cell, new_notebook
import psutil
import pytest

from maintain import ledger
from tests import ROOT

pytestmark = pytest.mark.slow

SETTING = """
import os, sys, time, types
import aeutils.provenance
from IPython.display import display
backend = os.environ["KERAS_BACKEND"]
source = os.environ["AEUTILS_DATA"]
sys.modules["aeutils.data"] = types.SimpleNamespace(loaded_source=lambda: source)
where = {"backend": backend, "versions": {"cores": os.environ["OMP_NUM_THREADS"]}, "device": "a CPU"}
aeutils.provenance.environment = lambda packages: where
"""
CLAIM = """
record = {"statement": "Two is more", "needs": None, "by_construction": False, "holds": seed < 2}
record["numbers"] = [["", [["seed", seed]]]]
display({"application/vnd.aeutils.claim+json": record}, raw=True)
assert seed < 2
"""


@pytest.fixture
def book(tmp_path):
    """A function that makes a folder with `maintain` and a chapter that ends in the cell given."""

    def make(last=""):
        folder = tmp_path / "book"
        (folder / "chapters").mkdir(parents=True)
        shutil.copytree(ROOT / "maintain", folder / "maintain", ignore=shutil.ignore_patterns("*.json"))
        shutil.copy(ROOT / "requirements.txt", folder)
        cells = [SETTING, "seed = 0", CLAIM, last]
        cells = [new_code_cell(source) for source in cells]
        cells[1].metadata["tags"] = ["parameters"]
        nbformat.write(new_notebook(cells=cells), folder / "chapters" / "01_small.ipynb")
        return folder

    return make


def command(*arguments):
    return [sys.executable, "-m", "maintain.sweep", "--only", "sample-jax", *arguments]


def call(folder, *arguments):
    return subprocess.run(command(*arguments), capture_output=True, text=True, cwd=folder)


def runs_in(folder, name="ledger.json"):
    """Return a ledger's runs, without what differs from one to the next."""
    runs = ledger.read(folder / "maintain" / name)
    return [replace(run, minutes=0, memory_gb=None, date="") for run in runs]


def test_runs_here_and_on_a_cluster_give_the_same_ledger(book):
    folder = book("if seed == 1:\n    os._exit(1)")
    done = call(folder, "--jobs", "2")
    assert done.returncode == 1, done.stderr
    assert "chapter 01, sample data, jax, seed 1: the kernel died" in done.stdout
    assert "chapter 01, sample data, jax, seed 2: cell 3: AssertionError" in done.stdout
    assert "1 runs said nothing" in done.stdout
    here = runs_in(folder)
    assert [(run.seed, run.claims[0]["holds"]) for run in here] == [(0, True), (2, False)]
    for run in here:
        assert run.device == "a CPU" and run.versions == {"cores": "1"}
    assert ledger.summary(here)[0]["kinds"] == {
        "sample-jax": {
            "held": 1,
            "judged": 2,
            "spread": {"": {"seed": {"low": 0, "median": 1, "high": 2}}},
        }
    }
    with LocalCluster(n_workers=1, threads_per_worker=2, dashboard_address=None) as cluster:
        address = cluster.scheduler_address
        done = call(folder, "--dask", address, "--ledger", "maintain/cluster.json")
    assert done.returncode == 1, done.stderr
    assert "seed 1: the kernel died" in done.stdout
    assert runs_in(folder, "cluster.json") == here


def test_other_data_than_were_wanted_are_no_result(book):
    folder = book("source = 'full'")
    key = ledger.RunKey("01", "sample", "jax", 0)
    alone = [sys.executable, "-m", "maintain.sweep_one", json.dumps(key)]
    done = subprocess.run(alone, capture_output=True, text=True, cwd=folder)
    lost = ledger.LostRun(key, "it loaded the data 'full', and 'sample' was wanted")
    assert ledger.run_from_json(done.stdout) == lost


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
@pytest.mark.parametrize("how", ["SIGINT", "SIGKILL"])
def test_a_sweep_that_is_stopped_leaves_no_kernel_and_loses_the_runs_in_flight(book, how):
    """Seeds 1 and 2 wait for a file, the first one does not."""
    folder = book("while seed and not os.path.exists('../go'):\n    time.sleep(0.1)")
    sweep = subprocess.Popen(
        command("--jobs", "2"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder,
        start_new_session=True,
        # Started in the background of a script, as these tests may be, a process ignores the signal.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    wait_until(lambda: (folder / "maintain" / "ledger.json").exists() and runs_in(folder))
    kernels = wait_until(lambda: found if len(found := psutil.Process(sweep.pid).children()) == 2 else None)
    sweep.send_signal(getattr(signal, how))
    printed, errors = sweep.communicate(timeout=600)
    psutil.wait_procs(kernels, timeout=300)
    assert not any(kernel.is_running() for kernel in kernels)
    if how == "SIGINT":
        assert sweep.returncode == 130
        assert "stopped: all but the runs in flight are in ledger.json; 2 are" in printed.splitlines()[-1]
        assert all(line.endswith("]") for line in errors.splitlines() if line), errors  # the bar alone
    assert [run.seed for run in runs_in(folder)] == [0]
    assert [path.name for path in folder.rglob("*") if path.name.endswith(".part")] == []
    (folder / "go").touch()
    done = call(folder, "--jobs", "2")
    assert "3 runs are wanted, 1 of them are in ledger.json" in done.stdout
    assert [run.seed for run in runs_in(folder)] == [0, 1, 2]


def wait_until(condition, seconds=600):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.1)
    raise AssertionError("this took too long")
