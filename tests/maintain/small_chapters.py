"""Small chapters in a folder of their own, and `maintain/execute.py` on them in a process of its own."""

import os
from pathlib import Path
import subprocess
import sys

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

from maintain import sweep_one
from tests import ROOT

# A cell that passes for one that loads the full data.
FULL = "from aeutils import data\ndata._loaded = 'full'"

# The script itself, on the chapters of another folder, which load their own data.
EXECUTE = """
from pathlib import Path
import sys
from maintain import execute, runner
runner.CHAPTERS = Path(sys.argv.pop(1))
execute.LIVING = runner.CHAPTERS / "living"
execute.load_mnist = lambda source: None
sys.exit(execute.main())
"""

# What a command is run by for which permissions are to hold. Root may write everywhere; without two of its
# capabilities it may no more than anybody else.
BOUND = """
import ctypes, os, sys
if os.getuid() == 0:
    for capability in (1, 2):  # CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH
        if ctypes.CDLL(None).prctl(24, capability, 0, 0, 0):  # PR_CAPBSET_DROP
            sys.exit("run as root, and root's rights cannot be given up")
os.execv(sys.argv[1], sys.argv[1:])
"""

# Which say how many threads a backend has; `make test` gives it one.
THREADS = tuple(sweep_one.ONE_CORE)

# Put before the script: the first core alone, where a process can choose.
ONE_CORE = """
import os
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
"""


def write(path: Path, *sources: str) -> Path:
    """Write a notebook with these cells of code."""
    path.parent.mkdir(exist_ok=True)
    nbformat.write(new_notebook(cells=[new_code_cell(source) for source in sources]), path)
    return path


def start(folder: Path, *arguments: str, first: str = "", bound: bool = False, cwd=None, **env: str):
    """Start the script on the chapters of a folder, in a process group of its own.

    Args:
        first: code that is run before it.
        bound: whether permissions hold, even for root.
        env: in place of, or besides, the test's own environment, of which the threads, the kind of
            data, and the folders of networks and of living figures are left out.
    """
    # Never the reader's own progress; the script is found from any folder.
    env = {"AEUTILS_PROGRESS_FILE": str(folder.with_suffix(".json")), "PYTHONPATH": str(ROOT)} | env
    command = [sys.executable, "-c", first + EXECUTE, str(folder), *arguments]
    return started([sys.executable, "-c", BOUND, *command] if bound else command, cwd, env)


def started(command: list[str], cwd, env: dict[str, str]) -> subprocess.Popen:
    names = ("AEUTILS_CACHE", "AEUTILS_DATA", "AEUTILS_LIVING", *THREADS)
    inherited = {name: value for name, value in os.environ.items() if name not in names}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "encoding": "utf-8"}
    return subprocess.Popen(command, cwd=cwd, env=inherited | env, start_new_session=True, **pipes)


def files(folder: Path) -> dict[str, bytes]:
    """Return the content of every file below a folder."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
