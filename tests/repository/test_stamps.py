"""A change of code without a run is noticed: shown on copies of chapters."""

from pathlib import Path
import shutil

from aeutils import provenance
from aeutils.provenance.definitions import module_path
import nbformat
import pytest

from tests import CHAPTERS, ROOT
from tests.repository.notebooks import NOTEBOOKS, each_chapter

pytestmark = pytest.mark.slow


def freshly_stamped(path: Path):
    notebook = nbformat.from_dict(NOTEBOOKS[path])
    notebook.metadata["aeutils"] = provenance.stamp(notebook)
    return notebook


@pytest.fixture(scope="module")
def copied(tmp_path_factory) -> Path:
    """A copy of the package. A test that edits a module writes back what was there."""
    return shutil.copytree(ROOT / "aeutils", tmp_path_factory.mktemp("copy") / "aeutils")


@each_chapter
def test_a_change_of_code_without_a_run_is_noticed(path, copied):
    notebook = freshly_stamped(path)
    assert "aeutils.data" in notebook.metadata["aeutils"]["modules"]
    for module in notebook.metadata["aeutils"]["modules"]:
        file = module_path(module, copied)
        text = file.read_text("utf-8")
        for addition, changes in [
            ("# A comment.", []),
            ("ANOTHER = 1  # which no chapter reaches", []),
            ("print('what an import runs')", [f"{module} has changed"]),
        ]:
            file.write_text(f"{text}\n{addition}\n", "utf-8")
            assert provenance.stale(notebook, copied) == changes, module
        file.write_text(text, "utf-8")


@pytest.mark.parametrize("path", (CHAPTERS[2], CHAPTERS[-1]), ids=lambda path: path.stem)
def test_a_change_of_a_cell_without_a_run_is_noticed(path):
    notebook = freshly_stamped(path)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"][1:]
    for cell in cells:
        cell.source += "\n# A comment."
    assert provenance.stale(notebook) == []
    for cell in cells:
        kept = cell.source
        cell.source = kept + "\nanother = 1"
        assert provenance.stale(notebook) == ["the notebook's code cells have changed"]
        cell.source = kept
