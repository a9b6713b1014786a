"""Sweeps whose runs are kernels: what comes of a run, Ctrl-C, a kill, a cluster's workers.

Each test has a copy of the tools beside one small chapter. It says itself where it ran, which spares the
kernels the seconds that a backend takes to load.
"""

import json
import os
from pathlib import Path
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

ROOT = Path(__file__).parents[1]

SETTING = """
import os, sys, time, types
import aeutils.provenance
from IPython.display import display
backend = os.environ["KERAS_BACKEND"]
source = os.environ["AEUTILS_DATA"]
sys.modules["aeutils.data"] = types.SimpleNamespace(loaded_source=lambda: source)
where = {"backend": backend, "versions": {backend: os.environ["OMP_NUM_THREADS"]}, "device": "a CPU"}
aeutils.provenance.environment = lambda packages: where
"""
CLAIM = """
record = {"statement": "Two is more", "needs": None, "holds": seed < 2, "detail": f"{seed} < 2"}
display({"application/vnd.aeutils.claim+json": record}, raw=True)
assert seed < 2
"""


@pytest.fixture
def book(tmp_path):
    """A function that makes a folder with the tools and a chapter that ends in the cell given."""

    def make(last=""):
        folder = tmp_path / "book"
        (folder / "chapters").mkdir(parents=True)
        (folder / "tools").mkdir()
        for name in ("ledger", "runner", "sweep", "sweep_one"):
            shutil.copy(ROOT / "tools" / f"{name}.py", folder / "tools")
        cells = [SETTING, "seed = 0", CLAIM, last]
        cells = [new_code_cell(source) for source in cells]
        cells[1].metadata["tags"] = ["parameters"]
        nbformat.write(new_notebook(cells=cells), folder / "chapters" / "01_small.ipynb")
        return folder

    return make


def command(folder, *arguments):
    return [sys.executable, str(folder / "tools" / "sweep.py"), "--only", "sample-jax", *arguments]


def call(folder, *arguments):
    return subprocess.run(command(folder, *arguments), capture_output=True, text=True, cwd=folder.parent)


def ledger(folder, name="ledger.json"):
    found = json.loads((folder / name).read_text("utf-8"))
    for run in found["runs"]:
        run.pop("minutes"), run.pop("memory_gb"), run.pop("date")
    return found


def test_runs_here_and_on_a_cluster_give_the_same_ledger(book):
    folder = book("if seed == 1:\n    os._exit(1)")
    done = call(folder, "--jobs", "2")
    assert done.returncode == 1, done.stderr
    assert "chapter 01, sample data, jax, seed 1: the kernel died" in done.stdout
    assert "chapter 01, sample data, jax, seed 2: cell 3: AssertionError" in done.stdout
    assert "1 runs said nothing" in done.stdout
    here = ledger(folder)
    assert [(run["seed"], run["claims"][0]["holds"]) for run in here["runs"]] == [(0, True), (2, False)]
    for run in here["runs"]:
        assert run["device"] == "a CPU" and run["versions"] == {"jax": "1"}  # one core
    assert here["claims"][0]["kinds"] == {
        "sample-jax": {
            "held": 1,
            "judged": 2,
            "numbers": [{"median": 1, "low": 0, "high": 2}, {"median": 2, "low": 2, "high": 2}],
        }
    }
    with LocalCluster(n_workers=1, threads_per_worker=2, dashboard_address=None) as cluster:
        address = cluster.scheduler_address
        done = call(folder, "--dask", address, "--ledger", str(folder / "cluster.json"))
    assert done.returncode == 1, done.stderr
    assert "seed 1: the kernel died" in done.stdout
    assert ledger(folder, "cluster.json") == here


def test_other_data_than_were_wanted_are_no_result(book):
    folder = book("source = 'full'")
    one = {"source": "sample", "backend": "jax", "seed": 0, "chapter": "01"}
    alone = [sys.executable, str(folder / "tools" / "sweep_one.py"), json.dumps(one)]
    done = subprocess.run(alone, capture_output=True, text=True)
    assert json.loads(done.stdout) == one | {"lost": "it loaded the data 'full', and 'sample' was wanted"}


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
@pytest.mark.parametrize("how", ["SIGINT", "SIGKILL"])
def test_a_sweep_that_is_stopped_leaves_no_kernel_and_loses_the_runs_in_flight(book, how):
    """Seeds 1 and 2 wait for a file, the first one does not."""
    folder = book("while seed and not os.path.exists('../go'):\n    time.sleep(0.1)")
    sweep = subprocess.Popen(
        command(folder, "--jobs", "2"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
        # Started in the background of a script, as these tests may be, a process ignores the signal.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    wait_until(lambda: (folder / "ledger.json").exists() and ledger(folder)["runs"])
    kernels = wait_until(lambda: found if len(found := psutil.Process(sweep.pid).children()) == 2 else None)
    sweep.send_signal(getattr(signal, how))
    printed, errors = sweep.communicate(timeout=60)
    psutil.wait_procs(kernels, timeout=20)
    assert not any(kernel.is_running() for kernel in kernels)
    if how == "SIGINT":
        assert sweep.returncode == 130
        assert "stopped: all but the runs in flight are in ledger.json; 2 are" in printed.splitlines()[-1]
        assert all(line.endswith("]") for line in errors.splitlines() if line), errors  # the bar alone
    assert [run["seed"] for run in ledger(folder)["runs"]] == [0]
    assert [path.name for path in folder.iterdir() if path.name.endswith(".part")] == []
    (folder / "go").touch()
    done = call(folder, "--jobs", "2")
    assert "3 runs are wanted, 1 of them are in ledger.json" in done.stdout
    assert [run["seed"] for run in ledger(folder)["runs"]] == [0, 1, 2]


def wait_until(condition, seconds=120):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.1)
    raise AssertionError("this took too long")
