"""`maintain/try_fresh.py`: what a fresh environment is made of, what may not enter it, what is noticed."""

import json
import os
from pathlib import Path
import subprocess
import sys
import tomllib

from nbformat.v4 import new_code_cell, new_notebook, new_output
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
import pytest

from maintain import runner, try_fresh
from tests import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
BOUNDS = {
    (requirement := Requirement(line)).name: next(iter(requirement.specifier)).version
    for line in [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["tensorflow"]]
}


@pytest.fixture
def tool(monkeypatch):
    return try_fresh


def made_of(tool, environment, machine="Darwin arm64"):
    found = [Requirement(line) for line in tool.requirements(PROJECT, environment, machine)]
    return {requirement.name: str(requirement.specifier) for requirement in found}


def test_the_environment_of_all_bounds_has_everything(tool):
    assert made_of(tool, "bounds") == {name: f">={version}" for name, version in BOUNDS.items()}


def test_the_others_leave_the_setup_cell_something_to_install(tool):
    lowest = made_of(tool, "lowest")
    assert lowest.items() < made_of(tool, "bounds").items()
    assert BOUNDS.keys() - lowest == {"filelock", "mlxtend", "scikit-image", "tabulate", "tqdm"}
    assert made_of(tool, "newest") == lowest


def test_tensorflow_without_a_gpu_where_it_exists(tool):
    found = made_of(tool, "lowest", "Linux x86_64")
    assert "tensorflow" not in found
    assert found["tensorflow-cpu"] == f">={BOUNDS['tensorflow']}"


@pytest.mark.parametrize("environment", ["lowest", "newest", "bounds"])
def test_bounds_are_taken_where_they_are_meant(tool, tmp_path, monkeypatch, environment):
    commands = []

    def run(command, **_):
        commands.append([str(word) for word in command])
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(tool.subprocess, "run", run)
    tool.make_environment(tmp_path, tmp_path / "python", environment)
    made, installed = commands
    assert made[1:] == ["-m", "venv", str(tmp_path / "environment")]
    assert installed[installed.index("--python") + 1] == str(tmp_path / "python")
    assert ("--resolution=lowest-direct" in installed) == (environment != "newest")
    assert ("ipykernel" in installed) == (environment == "newest")  # its oldest release runs nothing today


def test_a_package_that_changes_or_goes_is_noticed_and_a_new_one_is_none(tool):
    before = dict(numpy="2.0.0", keras="3.10.0", six="1.17")
    assert tool.changed(before, before | dict(mlxtend="0.23.4")) == []
    after = dict(numpy="2.4.6", keras="3.10.0")
    assert tool.changed(before, after) == ["numpy 2.0.0 became 2.4.6", "six 1.17 became nothing"]


def test_packages_are_known_under_the_names_that_pip_lists(tool):
    listed = {"tensorflow_cpu": "2.18.0", "scikit-learn": "1.5.0", "keras-hub": "1", "pip": "26.3"}
    assert tool.loaded(listed) == {"tensorflow_cpu": "2.18.0", "scikit-learn": "1.5.0"}
    assert {canonicalize_name(name) for name in tool.LOADED} <= BOUNDS.keys()


def test_nothing_of_the_maintainer_s_reaches_the_kernel(tool, tmp_path, monkeypatch):
    own = dict(PYTHONPATH="x", AEUTILS_CACHE="x", AEUTILS_DATA="x", KERAS_BACKEND="jax", KERAS_HOME="x")
    kept = dict(PATH="/bin", HOME="/home/someone", https_proxy="http://proxy")
    monkeypatch.setattr(os, "environ", own | kept)
    python = tool.isolate(tmp_path)
    assert "x" not in os.environ.values() and "KERAS_BACKEND" not in os.environ
    assert kept.items() <= os.environ.items()
    assert os.environ["AEUTILS_DATA"] == "sample"
    kernel = Path(os.environ["JUPYTER_PATH"], "kernels", "python3", "kernel.json")
    assert json.loads(kernel.read_text("utf-8"))["argv"][0] == str(python)
    assert python.is_relative_to(tmp_path)


def test_the_source_has_the_tag_and_the_files_as_they_are(tool, tmp_path, monkeypatch):
    def git(*arguments):
        command = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", *arguments]
        return subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout

    root = tmp_path / "book"
    module = root / "aeutils" / "__init__.py"
    module.parent.mkdir(parents=True)
    module.write_text('__version__ = "7.8.9"\n', "utf-8")
    git("init", "--quiet")
    git("add", ".")
    git("commit", "--quiet", "--message", "first")
    monkeypatch.setattr(tool, "ROOT", root)
    same, edited = '__version__ = "7.8.9"\n', '__version__ = "7.8.10"\nEDITED = True\n'
    for minutes, text in enumerate((same, same, edited)):
        module.write_text(text, "utf-8")
        written = module.stat().st_mtime - 60 * minutes  # another time, which Git takes for a change
        os.utime(module, times=(written, written))
        repository = tmp_path / f"{minutes}.git"
        version = text.split('"')[1]
        assert tool.make_source(repository) == f"git+{repository.as_uri()}@v{version}"
        assert git(f"--git-dir={repository}", "show", f"v{version}:aeutils/__init__.py") == text
    assert git("status", "--porcelain") == " M aeutils/__init__.py\n"


@pytest.mark.parametrize(
    ("errors", "added", "data", "said"),
    [
        ([], dict(aeutils="0.1.0"), "sample", None),
        (["cell 2: NameError: x"], dict(aeutils="0.1.0"), "sample", "NameError"),
        ([], dict(aeutils="0.1.0", numpy="2.4.6"), "sample", "numpy 2.0.0 became 2.4.6"),
        ([], {}, "sample", "did not install aeutils"),
        ([], dict(aeutils="0.1.0"), "full", "the data were full"),
    ],
)
def test_a_chapter_fails_for_each_reason(tool, tmp_path, monkeypatch, capsys, errors, added, data, said):
    before = dict(numpy="2.0.0")
    chapter = tmp_path / "01_encoder_decoder.ipynb"
    chapter.write_text("{}", "utf-8")
    cell = new_code_cell(outputs=[new_output("stream", name="stderr", text="A warning\n")])
    commands = []

    def run(path):
        assert [file.name for file in path.parent.iterdir()] == [chapter.name], "not alone"
        return runner.Execution(new_notebook(cells=[cell]), 84.0, data, None, None, list(errors))

    monkeypatch.setattr(tool, "run", run)
    monkeypatch.setattr(tool, "versions", lambda python: before | added)
    monkeypatch.setattr(tool.subprocess, "run", lambda command, check: commands.append(command))
    assert tool.try_chapter(tmp_path, Path("python"), before, chapter) == (said is None)
    printed = capsys.readouterr().out
    assert ("FAILED" in printed) == (said is not None) and (said or "ok, 84 seconds") in printed
    assert "A warning" in printed
    assert [command[-1] for command in commands] == (["aeutils"] if added else [])


def test_a_chapter_that_does_not_exist(tool, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["try_fresh.py", "99"])
    with pytest.raises(SystemExit, match="nothing was run: .* has no chapter 99"):
        tool.main()


@pytest.fixture
def tried(tool, monkeypatch):
    """The environments that are made and the chapters that are tried in them, none of which takes time."""
    tried = []
    monkeypatch.setattr(os, "environ", dict(os.environ))
    monkeypatch.setattr(tool, "make_environment", lambda folder, python, name: tried.append(name))
    monkeypatch.setattr(tool, "make_source", lambda _: "a source")
    monkeypatch.setattr(tool, "versions", lambda _: {"numpy": "2.0.0"})
    monkeypatch.setattr(tool, "try_chapter", lambda *given: tried.append(given[-1]) or True)
    seconds = iter((0, 600, 600, 1350, 2000, 2003))
    monkeypatch.setattr(tool.time, "perf_counter", lambda: next(seconds))
    return tried


@pytest.mark.parametrize("arguments", [[], ["all"]])
def test_every_chapter_is_tried_in_every_environment(tool, tried, monkeypatch, capsys, arguments):
    monkeypatch.setattr(sys, "argv", ["try_fresh.py", *arguments])
    assert tool.main() == 0
    assert len(tool.find()) > 1
    assert tried == [one for name in tool.ENVIRONMENTS for one in (name, *tool.find())]
    assert capsys.readouterr().out.endswith("\nminutes: lowest 10.0, newest 12.5, bounds 0.1\n")


def test_one_chapter_in_one_environment(tool, tried, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["try_fresh.py", "03", "--environment", "lowest"])
    assert tool.main() == 0
    assert tried == ["lowest", *tool.find("03")]
    assert capsys.readouterr().out.endswith("\nminutes: lowest 10.0\n")


def test_a_chapter_that_fails_stops_no_other(tool, tried, monkeypatch):
    monkeypatch.setattr(tool, "try_chapter", lambda *given: tried.append(given[-1]) or len(tried) != 3)
    monkeypatch.setattr(sys, "argv", ["try_fresh.py"])
    assert tool.main() == 1
    assert len(tried) == 3 * (1 + len(tool.find()))


def test_the_python_that_is_here_is_taken_as_it_is(tool, tried, monkeypatch):
    pythons = []
    monkeypatch.setattr(sys, "argv", ["try_fresh.py", "all", "--environment", "here"])
    monkeypatch.setattr(
        tool, "try_chapter", lambda folder, python, *given: pythons.append((python, given[-1])) or True
    )
    assert tool.main() == 0
    assert tried == []  # no environment was made
    assert pythons == [(Path(sys.executable), chapter) for chapter in tool.find()] != []
    assert os.environ["AEUTILS_DATA"] == "sample"
