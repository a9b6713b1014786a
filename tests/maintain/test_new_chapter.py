"""`make chapter`: a notebook that has every part of a chapter, runs, and is named wherever chapters are."""

import os
import re
import shutil
import subprocess
import sys

from aeutils import provenance
import nbformat
import pytest
import yaml

from maintain import new_chapter, openings, runner
from tests import CHAPTERS, ROOT
from tests.maintain.small_chapters import files

NEXT = int(CHAPTERS[-1].name[:2]) + 1


@pytest.fixture
def book(tmp_path, monkeypatch):
    """A copy of what a new chapter changes."""
    workflows = tmp_path / ".github" / "workflows"
    shutil.copytree(ROOT / ".github" / "workflows", workflows)
    shutil.copy(ROOT / "_toc.yml", tmp_path)
    (tmp_path / "chapters").mkdir()
    for path in (CHAPTERS[0], CHAPTERS[-1]):
        shutil.copy(path, tmp_path / "chapters")
    for name, value in {
        "ROOT": tmp_path,
        "CHAPTERS": tmp_path / "chapters",
        "CONTENTS": tmp_path / "_toc.yml",
        "WORKFLOWS": [workflows / path.name for path in new_chapter.WORKFLOWS],
    }.items():
        monkeypatch.setattr(new_chapter, name, value)
    return tmp_path


@pytest.fixture
def lay(book, monkeypatch):
    """A function that calls the script with these arguments."""

    def call(*arguments):
        monkeypatch.setattr("sys.argv", ["new_chapter.py", *arguments])
        new_chapter.main()

    return call


def test_it_is_laid_and_named_in_the_contents_and_the_workflows(book, lay):
    before = (book / "_toc.yml").read_text("utf-8").splitlines()
    lay(f"{NEXT:02}", "more_maps")
    path = book / "chapters" / f"{NEXT:02}_more_maps.ipynb"
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert notebook.cells[0].source == openings.opening(notebook, path.name)
    assert notebook.cells[0].source.startswith("# More maps\n") and provenance.stale(notebook)
    after = (book / "_toc.yml").read_text("utf-8").splitlines()
    (added,) = [line for line in after if line not in before]
    assert added.strip() == f"- file: chapters/{path.stem}" and len(after) == len(before) + 1
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
def test_what_makes_no_sense_is_told_and_nothing_is_laid(book, lay, arguments, said):
    before = files(book)
    with pytest.raises(SystemExit, match=re.escape(said)):
        lay(*arguments)
    assert files(book) == before


@pytest.mark.slow
def test_it_runs(tmp_path):
    path = tmp_path / f"{NEXT:02}_maps.ipynb"
    nbformat.write(new_chapter.new_chapter(NEXT, "maps"), path)
    env = os.environ | {"AEUTILS_DATA": "sample", "KERAS_BACKEND": "jax"}
    done = runner.run(path, seed=1, env=env)
    assert done.errors == [] and done.source == "sample"
    assert [claim["holds"] for claim in runner.claims(done.notebook)] == [True]


@pytest.mark.slow
def test_it_passes_the_tests_of_form(tmp_path):
    left_out = shutil.ignore_patterns(".git", ".venv*", "_build", "__pycache__", ".*_cache", ".hypothesis")
    book = shutil.copytree(ROOT, tmp_path / "book", ignore=left_out)
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    others_apart = f"not ({' or '.join(path.stem for path in CHAPTERS)})"
    forms = [f"tests/repository/test_{of}.py" for of in ("chapters", "cell_order")]
    for module, *arguments in (
        ["maintain.new_chapter", f"{NEXT:02}", "maps"],
        ["pytest", "-q", "-k", others_apart, *forms],
    ):
        command = [sys.executable, "-m", module, *arguments]
        done = subprocess.run(
            command, cwd=book, env=env | {"PYTHONPATH": str(book)}, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert int(re.search(r"(\d+) passed", done.stdout)[1]) > 10
