"""The commands that the texts name, and the licences."""

import re
import shutil
import subprocess
import sys

import pytest

from tests import ROOT
from tests.repository.notebooks import PROJECT


def test_the_commands_in_the_texts_exist():
    targets = set(re.findall(r"(?m)^([a-z]+):", (ROOT / "Makefile").read_text("utf-8")))
    for name in ("README.md", "CONTRIBUTING.md", "maintain/README.md", "pages/intro.md", "pages/study.md"):
        path = ROOT / name
        named = set(re.findall(r"(?m)(?:^ *|`)make ([a-z]+)", path.read_text("utf-8")))
        assert named and named <= targets, path.name


def test_help_lists_every_command():
    listed = subprocess.run(["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True)
    for target in ("book", "test", "pdf", "lab", "colab", "execute", "serve", "clean", "help"):
        assert re.search(rf"(?m)^  {target} +\S", listed.stdout), listed.stdout


def test_ci_runs_the_readme_s_commands():
    ci = (ROOT / ".ci" / "run").read_text("utf-8")
    assert re.findall(r"(?m)^make (\w+)", ci) == ["book", "test"]
    readme = (ROOT / "README.md").read_text("utf-8")
    assert "make book" in readme and "make test" in readme


def test_licences():
    assert (ROOT / "LICENSE").read_text("utf-8").startswith("MIT License")
    text = (ROOT / "LICENSE-TEXT.md").read_text("utf-8")
    assert "CC BY 4.0" in text and "CC BY-SA 3.0" in text
    assert PROJECT["project"]["license"] == "MIT"


@pytest.mark.parametrize(
    ("program", "problem"),
    [
        ("#!/bin/sh\nexec {python} -c 'import sys; sys.version_info = (3, 9, 2); {run}'", "3.9"),
        ("#!/bin/sh\nexec {python} -c 'import sys; sys.version_info = (3, 14, 0); {run}'", "3.14"),
        ("#!/bin/sh\nexec {python} -c 'import sys; sys.modules[\"venv\"] = None; {run}'", "venv"),
        (None, "no python-of-nobody here"),
    ],
)
def test_an_unfit_python_is_told_in_one_line(tmp_path, program, problem):
    (tmp_path / "maintain").mkdir()
    shutil.copy(ROOT / "maintain" / "check_python.py", tmp_path / "maintain")
    for name in ("Makefile", "requirements.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    python = tmp_path / "python-of-nobody"
    if program:
        run = "sys.argv = sys.argv[1:]; exec(open(sys.argv[0]).read())"
        python.write_text(program.format(python=sys.executable, run=run) + ' "$@"\n')
        python.chmod(0o755)
    done = subprocess.run(
        ["make", "book", f"PYTHON={python if program else python.name}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    said = (done.stdout + done.stderr).strip().splitlines()
    said = [line for line in said if not line.startswith("make")]
    assert done.returncode != 0
    assert len(said) == 1 and problem in said[0], said
    assert not (tmp_path / ".venv").exists()
