"""Running a notebook from start to end, and what came of it."""

from pathlib import Path
import re
import sys
import time

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
import nbformat

WHICH_DATA = "from aeutils.data import loaded_source\nprint(loaded_source())"


def run(path: Path, seed: int | None = None, go_on: bool = False) -> tuple:
    """Run a copy of a notebook; return it, its seconds, the data it loaded, and what went wrong."""
    notebook = nbformat.read(path, as_version=4)
    if seed is not None:
        set_seed(notebook, seed)
    notebook.cells.append(nbformat.v4.new_code_cell(WHICH_DATA))
    client = NotebookClient(
        notebook,
        timeout=None,
        kernel_name="python3",
        allow_errors=go_on,
        record_timing=False,
        coalesce_streams=True,
        extra_arguments=["--log-level=ERROR"],  # no remark on each start that its port is local
        resources={"metadata": {"path": str(path.parent)}},
    )
    errors = []
    started = time.perf_counter()
    try:
        client.execute()
    except CellExecutionError:
        pass  # the cell's own output has it
    except DeadKernelError as error:
        errors = [f"the kernel died, perhaps for want of memory: {error}"]
    seconds = time.perf_counter() - started
    data = "".join(output.get("text", "") for output in notebook.cells.pop().outputs).strip()
    return notebook, seconds, data, errors + cell_errors(notebook)


def set_seed(notebook, seed: int) -> None:
    cells = [c for c in notebook.cells if "parameters" in c.metadata.get("tags", [])]
    if len(cells) != 1 or len(re.findall(r"(?m)^seed = ", cells[0].source)) != 1:
        sys.exit("--seed needs one cell tagged `parameters` with one line `seed = 0` in it")
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
    notebook.metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}


def write_minutes(notebook, minutes: float) -> None:
    """Write how long the chapter took between its marks `<!--minutes-->` and `<!--/minutes-->`."""
    pattern = re.compile(r"(<!--minutes-->).*?(<!--/minutes-->)")
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = pattern.sub(rf"\g<1>{minutes:g}\g<2>", cell.source)
