"""The Makefile: what the environment or the command line gives is text, and never runs.

The recipes are run for real, in a copy with a `python` that only writes down how it was called.
"""

import os
from pathlib import Path
import re
import shutil
import subprocess

import pytest

from tests import ROOT

TEXT = (ROOT / "Makefile").read_text("utf-8")
GIVEN = re.search(r"(?m)^GIVEN := (.*)", TEXT)[1].split()
# For each option a target that uses it.
TARGETS = dict(BACKEND="full", COLAB_IMAGE="image", DASK="sweep", JOBS="sweep", ONLY="sweep", OS="help")
TARGETS |= dict(PINS="torch", PORT="serve", PYTHON="book", TAG="dist", UPGRADE="requirements", VENV="gpu")
TARGETS |= dict(CHAPTER="full", NAME="chapter", NUMBER="chapter", REPOSITORY="address", SITE="address")
ATTACKS = ["$(shell touch injected)03", "${shell touch injected}", "$$(touch injected)", "`touch injected`"]
ATTACKS += ["03; touch injected; #", "03 | touch injected", "03\ntouch injected"]
OF_MAKE = {"MAKE", "MAKEFILE_LIST", "CURDIR"}  # set by make itself, whatever the environment holds

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the stand-ins are shell scripts")


@pytest.fixture
def book(tmp_path) -> Path:
    """A folder with the Makefile in which everything seems to be installed."""
    for name in ("Makefile", "requirements.txt", "requirements.in", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    programs = tmp_path / ".venv" / "bin"
    programs.mkdir(parents=True)
    for name in ("python", "docker"):
        (programs / name).write_text(f'#!/bin/sh\necho "$KERAS_BACKEND {name} $*" >>"{tmp_path}/called"\n')
        (programs / name).chmod(0o755)
    (tmp_path / ".venv" / "installed").write_text(f"{tmp_path}\n")
    return tmp_path


def make(book: Path, target: str, environment: dict, *arguments: str) -> subprocess.CompletedProcess:
    # Without what a make hands on to those that it starts, such as the one that runs these tests.
    of_make = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")
    kept = {name: value for name, value in os.environ.items() if name not in (*GIVEN, *of_make)}
    kept["PATH"] = f"{book / '.venv' / 'bin'}{os.pathsep}{kept['PATH']}"
    command = ["make", target, *arguments]
    return subprocess.run(command, cwd=book, env=kept | environment, capture_output=True, text=True)


@pytest.mark.parametrize("name", GIVEN)
def test_what_is_given_never_runs(book, name):
    before = sorted(book.iterdir())
    for attack in [*ATTACKS, "' $$(touch injected) '", "--option", "03 --option"]:
        for environment, arguments in (
            ({name: attack}, []),
            ({name: attack}, ["-n"]),
            ({}, [f"{name}={attack}"]),
        ):
            done = make(book, TARGETS[name], environment, *arguments)
            assert done.returncode == 2 and not done.stdout
            assert f"{name} must be words of letters" in done.stderr
            assert sorted(book.iterdir()) == before, attack


@pytest.mark.parametrize("attack", ATTACKS)
def test_without_the_check_it_would_run(book, attack):
    path = book / "Makefile"
    text, checks = re.subn(r"(?m)^\$\(foreach name,\$\(GIVEN\).*\n.*\n", "", path.read_text("utf-8"))
    assert checks == 1
    path.write_text(text, "utf-8")
    make(book, "colab", {}, f"CHAPTER={attack}")
    assert (book / "injected").exists()


def test_every_variable_from_outside_is_checked():
    """One that the Makefile uses is set in it, comes from make itself, or is among those looked at."""
    used = set(re.findall(r"(?<!\$)\$[({]([A-Z_]+)[):}]", TEXT))
    lines = [line for line in TEXT.splitlines() if not line.startswith("\t")]
    made = {found[1] for line in lines if (found := re.match(r"([A-Z_]+)\s*:?= ", line))}
    assert set(GIVEN) <= TARGETS.keys()
    assert used - made - OF_MAKE <= set(GIVEN)
    check = TEXT.index("$(foreach name,$(GIVEN)")
    assert all(check < TEXT.index(word) for word in ("?=", "$(OS)", "$(shell cat"))


@pytest.mark.parametrize(
    ("target", "given", "called"),
    [
        ("full", "CHAPTER=03 07", " -m pytest -v chapters/03_*.ipynb chapters/07_*.ipynb "),
        ("full", "CHAPTER=", " -m pytest -v chapters "),
        ("full", "BACKEND=jax", "jax python -m pytest -v chapters "),
        ("colab", "CHAPTER=all", " -m maintain.try_fresh all"),
        ("sweep", "DASK=tcp://scheduler:8786", " --dask tcp://scheduler:8786"),
        ("sweep", "ONLY=sample-jax sample-torch", " --only sample-jax --only sample-torch"),
        ("sweep", "JOBS=1", " --jobs 1"),
        ("dist", "TAG=v1.2.3", " -m maintain.check_release v1.2.3"),
        ("serve", "PORT=8001", " 8001"),
        ("requirements", "UPGRADE=yes", " pip compile --quiet --upgrade --universal"),
        (
            "image",
            "COLAB_IMAGE=us-docker.pkg.dev/a/b/public:latest",
            "us-docker.pkg.dev/a/b/public:latest -c",
        ),
    ],
)
def test_plain_words_go_where_they_belong(book, target, given, called):
    name, _, value = given.partition("=")
    for environment, arguments in ({name: value}, []), ({}, [given]):
        make(book, target, environment, *arguments)
        assert called in (book / "called").read_text("utf-8")
        (book / "called").unlink()
