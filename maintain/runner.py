"""Running a notebook from start to end, and what came of it."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
import json
from pathlib import Path
import re
import signal
import time

from aeutils.claim_records import CLAIM_MIME, from_pairs
from aeutils.provenance import packages
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
import nbformat

from maintain import CHAPTERS

# The last cell of a run: where it was, with which versions of the PACKAGES that it takes, on which data, and
# its peak of memory (not on Windows).
QUESTIONS = """
import json, re, sys
from pathlib import Path
from aeutils.data import loaded_source
from aeutils.provenance import environment
status = Path("/proc/self/status")
peak = re.search(r"VmHWM:\\s+(\\d+) kB", status.read_text()) if status.exists() else None
if peak:  # Linux, where ru_maxrss would also count what this kernel's parent held when it started it
    peak = 1024 * int(peak[1])
else:
    try:
        import resource
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    except ImportError:
        peak = None
print(json.dumps({"source": loaded_source(), "memory": peak, "environment": environment(PACKAGES)}))
"""


class Client(NotebookClient):
    """One that bears Ctrl-C: nbclient itself ends the kernel, and goes on to talk to it."""

    stopped = False

    async def async_start_new_kernel(self, **options) -> None:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()

        def stop() -> None:
            if not self.stopped:  # a second Ctrl-C would cancel the way out
                self.stopped = True
                task.cancel()  # on its way out it ends the kernel

        self.km.shutdown_wait_time = (
            60  # seconds for a cell that is stopped to tidy up, on a busy machine too
        )
        with suppress(RuntimeError):  # outside the main thread, or on Windows
            loop.add_signal_handler(signal.SIGINT, stop)
            loop.add_signal_handler(signal.SIGTERM, stop)
        await super().async_start_new_kernel(**options)


@dataclass
class Execution:
    """What a run of a notebook gave.

    Attributes:
        notebook: with its outputs.
        seconds: wall-clock time.
        source: the data that it loaded, "full", "sample" or "fashion"; None if it loaded none.
        memory: the largest memory of its kernel, in bytes; None where that is not known.
        environment: backend, versions and device, as of `provenance.environment`; None if it died.
        errors: what went wrong, in words.
    """

    notebook: nbformat.NotebookNode
    seconds: float
    source: str | None
    memory: int | None
    environment: dict | None
    errors: list[str]

    @property
    def costs(self) -> dict:
        """The date of today, and what the run took, as stamps and the ledger have them."""
        return {
            "minutes": round(self.seconds / 60, 1),
            "memory_gb": self.memory and round(self.memory / 1e9, 1),
            "date": datetime.now(UTC).date().isoformat(),
        }


def find(*numbers: str) -> list[Path]:
    """Return the chapters with these numbers, such as 3 or 03; all of them where none is given."""
    paths = []
    for pattern in [f"{number.zfill(2)}_*.ipynb" for number in numbers] or ["*.ipynb"]:
        found = sorted(CHAPTERS.glob(pattern))
        if not found:
            raise ValueError(f"{CHAPTERS} has no chapter {pattern.partition('_')[0].lstrip('0')}")
        paths += found
    return paths


def run(path: Path, seed: int | None = None, go_on: bool = False, env: dict | None = None) -> Execution:
    """Run a copy of a notebook; with `go_on`, past cells that fail; with `env`, in this environment.

    Raises:
        ValueError: if a seed is given and the notebook has no place for one.
        KeyboardInterrupt: after Ctrl-C or SIGTERM; the kernel is ended first.
    """
    notebook = nbformat.read(path, as_version=4)
    if seed is not None:
        set_seed(notebook, seed)
    questions = QUESTIONS.replace("PACKAGES", repr(packages(notebook)))
    notebook.cells.append(nbformat.v4.new_code_cell(questions))
    client = Client(
        notebook,
        timeout=None,
        kernel_name="python3",
        allow_errors=go_on,
        record_timing=False,
        coalesce_streams=True,
        extra_arguments=["--log-level=CRITICAL"],  # no remark that its port is local, or on how it ended
        resources={"metadata": {"path": str(path.parent)}},
    )
    errors = []
    started = time.perf_counter()
    try:
        client.execute(**({} if env is None else {"env": env}))
    except CellExecutionError:
        pass  # the cell's own output has it
    except (DeadKernelError, asyncio.CancelledError) as error:
        if client.stopped:
            raise KeyboardInterrupt from None
        errors = [f"the kernel died, perhaps for want of memory: {error}"]
    seconds = time.perf_counter() - started
    printed = "".join(output.get("text", "") for output in notebook.cells.pop().get("outputs", []))
    answers = json.loads(printed) if printed else {"source": None, "memory": None, "environment": None}
    return Execution(notebook, seconds, **answers, errors=errors + cell_errors(notebook))


def claims(notebook) -> list[dict]:
    """Return the records of a notebook's claims, in order (`aeutils.claims`)."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    records = [output["data"][CLAIM_MIME] for output in outputs if CLAIM_MIME in output.get("data", {})]
    return [record | {"numbers": from_pairs(record["numbers"])} for record in records]


def set_seed(notebook, seed: int) -> None:
    """Write another seed into the cell tagged `parameters`.

    Raises:
        ValueError: if there is no such cell, or more than one.
    """
    cells = [c for c in notebook.cells if "parameters" in c.metadata.get("tags", [])]
    if len(cells) != 1 or len(re.findall(r"(?m)^seed = ", cells[0].source)) != 1:
        raise ValueError("a seed needs one cell tagged `parameters` with one line `seed = 0` in it")
    cells[0].source = re.sub(r"(?m)^seed = .*$", f"seed = {seed}", cells[0].source)


def cell_errors(notebook) -> list[str]:
    """Describe the errors of cells that should not raise, each with the end of its traceback."""
    found = []
    for number, cell in enumerate(notebook.cells, start=1):
        expected = "raises-exception" in cell.metadata.get("tags", [])
        for output in [] if expected else cell.get("outputs", []):
            if output.output_type == "error":
                trace = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(output.traceback)).splitlines()
                lines = [f"cell {number}: {output.ename}: {output.evalue}", *trace[-10:]]
                found.append("\n      ".join(lines))
    return found


def tidy(notebook) -> None:
    """Leave nothing in a notebook that differs from run to run or from machine to machine."""
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    facts = {name: value for name, value in notebook.metadata.items() if name == "chapter"}
    notebook.metadata = {"kernelspec": kernel, "language_info": {"name": "python"}} | facts
