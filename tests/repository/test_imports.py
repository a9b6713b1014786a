"""What the package and the chapters may import, and what is installed."""

import ast
from pathlib import Path
import subprocess
import sys

from aeutils.provenance.hashing import parse
from packaging.requirements import Requirement
import pytest

from tests import ROOT
from tests.repository.notebooks import CODE, FRAMEWORKS, PROJECT, code_cells, each_chapter


def imported(source: str) -> set[str]:
    found = set()
    for node in ast.walk(parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return {name.split(".")[0] for name in found}


@pytest.mark.parametrize("path", CODE, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_package_keeps_to_keras(path):
    assert not imported(path.read_text("utf-8")) & FRAMEWORKS


@each_chapter
def test_chapters_keep_to_keras(path):
    for cell in code_cells(path):
        assert not imported(cell.source) & FRAMEWORKS, cell.source


def test_every_folder_of_the_package_is_installed():
    folders = {path.parent for path in ROOT.glob("aeutils/**/*.py")}
    assert all((folder / "__init__.py").exists() for folder in folders)


def run_python(*arguments: str) -> str:
    """Run a command where the chapters run, and return what it prints."""
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=ROOT / "chapters", capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


def test_chapters_import_the_package_of_this_folder():
    found = run_python("-c", "import aeutils; print(aeutils.__file__)")
    assert Path(found).resolve() == (ROOT / "aeutils" / "__init__.py").resolve()


def test_importing_the_package_brings_no_framework():
    code = "import sys, aeutils; print({'keras', 'tensorflow', 'jax', 'torch'} & set(sys.modules))"
    assert run_python("-c", code) == "set()"


def test_dependencies_have_lower_bounds_only():
    project = PROJECT["project"]
    extras = [line for lines in project["optional-dependencies"].values() for line in lines]
    for line in [*project["dependencies"], *extras]:
        assert [part.operator for part in Requirement(line).specifier] == [">="], line
    assert "tensorflow" in project["optional-dependencies"]
    assert not any("tensorflow" in line for line in project["dependencies"])
