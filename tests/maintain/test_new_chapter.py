"""`make chapter`: a notebook that has every part of a chapter, runs, and is named wherever chapters are."""

import os
import shutil
import subprocess
import sys

from aeutils import provenance
import nbformat
import pytest
import yaml

from maintain import new_chapter, openings, runner
from tests import CHAPTERS, ROOT

NEXT = int(CHAPTERS[-1].name[:2]) + 1


@pytest.fixture
def book(tmp_path):
    """A copy of what a new chapter changes, and of what lays it."""
    for name in ("aeutils", "maintain", ".github"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "chapters").mkdir()
    for path in (CHAPTERS[0], CHAPTERS[-1]):
        shutil.copy(path, tmp_path / "chapters")
    for name in ("_toc.yml", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def lay(book, *arguments):
    command = [sys.executable, "-m", "maintain.new_chapter", *arguments]
    return subprocess.run(command, cwd=book, capture_output=True, text=True)


def test_it_is_laid_and_named_in_the_contents_and_the_workflows(book):
    before = {name: (book / name).read_text("utf-8").splitlines() for name in ("_toc.yml",)}
    done = lay(book, f"{NEXT:02}", "more_maps")
    assert done.returncode == 0, done.stderr
    path = book / "chapters" / f"{NEXT:02}_more_maps.ipynb"
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert notebook.cells[0].source == openings.opening(notebook, path.name)
    assert notebook.cells[0].source.startswith("# More maps\n") and provenance.stale(notebook)
    after = (book / "_toc.yml").read_text("utf-8").splitlines()
    (added,) = [line for line in after if line not in before["_toc.yml"]]
    assert added.strip() == f"- file: chapters/{path.stem}" and len(after) == len(before["_toc.yml"]) + 1
    for name in ("gpu.yml", "refresh.yml"):
        workflow = yaml.safe_load((book / ".github" / "workflows" / name).read_text("utf-8"))
        (choice,) = workflow[True]["workflow_dispatch"]["inputs"].values()  # YAML takes `on` for True
        assert choice["options"] == ["all", *(f"{n:02}" for n in range(1, NEXT + 1))]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], f"make chapter NUMBER={NEXT:02} NAME=convolution"),
        (["09", "With spaces"], "a name of small letters"),
        (["x", "maps"], "a chapter has a number"),
        (["01", "maps"], f"the next chapter is {NEXT}, got 1"),
        ([str(NEXT + 1), "maps"], f"the next chapter is {NEXT}, got {NEXT + 1}"),
    ],
)
def test_what_makes_no_sense_is_told_and_nothing_is_laid(book, arguments, said):
    before = sorted(book.rglob("*"))
    done = lay(book, *arguments)
    assert done.returncode == 1 and said in done.stderr
    assert sorted(path for path in book.rglob("*") if "__pycache__" not in path.parts) == before


@pytest.mark.slow
def test_it_runs(tmp_path):
    path = tmp_path / f"{NEXT:02}_maps.ipynb"
    nbformat.write(new_chapter.new_chapter(NEXT, "maps"), path)
    env = os.environ | {"AEUTILS_DATA": "sample", "KERAS_BACKEND": "jax"}
    done = runner.run(path, seed=1, env=env)
    assert done.errors == [] and done.source == "sample"
    assert [claim["holds"] for claim in runner.claims(done.notebook)] == [True]
