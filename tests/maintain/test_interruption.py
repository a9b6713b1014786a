"""`make execute` that is stopped, and two of them at once: a stored chapter is always a whole one."""

import os
from pathlib import Path
import signal
import time

import nbformat
import psutil
import pytest

from tests.maintain.small_chapters import FULL, files, start, write

pytestmark = [pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals"), pytest.mark.slow]

# A cell says that it runs, and in which process, once it is where the test wants it.
IMPORTS = "from pathlib import Path\nimport os, time\n"
HERE = "Path(f'running-{os.getpid()}').touch()\n"
WAITS = IMPORTS + f"try:\n    {HERE}    while True: time.sleep(0.01)\nfinally:\n    Path('tidied').touch()"
PATIENT = "import sys\ntype(sys.stdout).flush_timeout = 600\n"  # after 10 s it would complain
MEETS = IMPORTS + HERE + "while len([*Path().glob('running-*')]) < 2: time.sleep(0.01)\nprint(os.getpid())"


def kernel_of(folder: Path) -> psutil.Process:
    """Wait until a chapter is in its second cell, and return its kernel."""
    until = time.monotonic() + 600
    while not (found := [*folder.glob("running-*")]):
        assert time.monotonic() < until
        time.sleep(0.05)
    return psutil.Process(int(found[0].name.split("-")[1]))


def test_ctrl_c_while_a_chapter_runs(tmp_path):
    write(tmp_path / "01_quick.ipynb", FULL, "print(1)")
    write(tmp_path / "02_long.ipynb", FULL, WAITS)
    write(tmp_path / "03_waiting.ipynb", FULL)
    before = files(tmp_path)
    process = start(tmp_path, KERAS_BACKEND="jax")
    kernel = kernel_of(tmp_path)
    os.killpg(process.pid, signal.SIGINT)
    printed, said = process.communicate(timeout=600)
    assert process.returncode not in (0, None)
    assert said == "interrupted: stored 01; the others are as before\n"
    assert "01_quick: stored" in printed and printed.endswith("02_long: running on the full data ...\n")
    assert not kernel.is_running()
    after = files(tmp_path)
    assert (tmp_path / "tidied").exists(), "what a cell has to tidy up is tidied up"
    assert {name for name in before if after[name] != before[name]} == {"01_quick.ipynb"}
    assert after.keys() - before.keys() == {"tidied", f"running-{kernel.pid}"}
    stored = nbformat.read(tmp_path / "01_quick.ipynb", as_version=4)
    assert stored.cells[1].outputs[0].text == "1\n" and stored.metadata["aeutils"]["source"] == "full"


@pytest.mark.parametrize("times", [1, 3])
def test_ctrl_c_while_a_chapter_is_checked(tmp_path, times):
    """Cells that come later are not run, although a check goes on past errors."""
    write(tmp_path / "02_long.ipynb", WAITS, "from pathlib import Path\nPath('later').touch()")
    process = start(tmp_path, "--check")
    kernel = kernel_of(tmp_path)
    for _ in range(times):
        os.killpg(process.pid, signal.SIGINT)
        time.sleep(0.05)
    _, said = process.communicate(timeout=600)
    assert process.returncode not in (0, None)
    assert said == "interrupted: nothing was stored; all is as before\n"
    assert not kernel.is_running() and not (tmp_path / "later").exists()


def test_two_at_once(tmp_path):
    """Of two runs of a chapter that overlap, one is stored, whole; the other is too, or says why not."""
    path = write(tmp_path / "01_small.ipynb", PATIENT + FULL, MEETS)
    both = [start(tmp_path, KERAS_BACKEND="jax") for _ in range(2)]
    outcomes = [(*process.communicate(timeout=600), process.returncode) for process in both]
    kernels = {file.name.split("-")[1] for file in tmp_path.glob("running-*")}
    assert {file.name for file in tmp_path.iterdir()} == {path.name, *(f"running-{k}" for k in kernels)}
    assert len(kernels) == 2 and {status for *_, status in outcomes} in ({0}, {0, 1})
    for printed, said, status in outcomes:
        assert said == ""
        assert ("was changed while it ran: run it again" if status else "01_small: stored") in printed
    stored = nbformat.read(path, as_version=4)
    nbformat.validate(stored)
    assert stored.cells[1].outputs[0].text.strip() in kernels
    assert stored.metadata["aeutils"]["source"] == "full"
