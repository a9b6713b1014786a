"""The chapters as files, and what the tests of the repository ask of them."""

from pathlib import Path
import tomllib

import aeutils
from aeutils.claim_records import CLAIM_MIME
import nbformat
import pytest

from tests import CHAPTERS, ROOT
from tests.contents import entries

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
REPOSITORY = PROJECT["project"]["urls"]["Repository"]
SLUG = REPOSITORY.removeprefix("https://github.com/")
TAG = f"v{aeutils.__version__}"
NOTEBOOKS = {path: nbformat.read(path, as_version=4) for path in CHAPTERS}
PAGES = [ROOT / f"{name}.md" for name in entries(".md")]
PAPERS = ("README.md", "CONTRIBUTING.md", "LICENSE-TEXT.md", "maintain/README.md")
PROSE = [*(ROOT / name for name in PAPERS), *PAGES]
CODE = [*ROOT.glob("aeutils/**/*.py"), *ROOT.glob("maintain/*.py"), *ROOT.glob("web/**/*.py")]

LARGEST_FIGURE = 150_000  # bytes
LARGEST_DATA = 900_000  # bytes, of a living figure
LONGEST_CELL = 30  # lines
WIDEST_LINE = 80  # characters
FRAMEWORKS = {"tensorflow", "tf", "jax", "torch"}

each_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)


def tags(cell) -> list[str]:
    return cell["metadata"].get("tags", [])


def code_cells(path: Path) -> list:
    return [cell for cell in NOTEBOOKS[path].cells if cell.cell_type == "code"]


def markdown(path: Path) -> str:
    """Return the prose of a notebook."""
    cells = [cell for cell in NOTEBOOKS[path].cells if cell.cell_type == "markdown"]
    return "\n\n".join(cell.source for cell in cells)


def outputs(path: Path) -> list:
    return [output for cell in code_cells(path) for output in cell.outputs]


def claims(path: Path) -> list[dict]:
    return [output.data[CLAIM_MIME] for output in outputs(path) if CLAIM_MIME in output.get("data", {})]
