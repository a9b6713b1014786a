"""Shared by the tests: the root, figures without a screen, a file for records."""

from pathlib import Path

import aeutils
import matplotlib
from matplotlib.figure import Figure
import matplotlib.pyplot as plt
import pytest

from tests import ROOT

aeutils.quiet()  # before anything imports Keras
# In this process only: an environment variable would reach the chapters' kernels and mute them.
matplotlib.use("Agg")


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(autouse=True)
def records(monkeypatch, tmp_path_factory) -> Path:
    """The file in which this test's answers are recorded: never the reader's own."""
    path = tmp_path_factory.mktemp("records") / "aeutils-progress.json"
    monkeypatch.setenv("AEUTILS_PROGRESS_FILE", str(path))
    return path


@pytest.fixture
def quiet(monkeypatch):
    """Nothing may show a figure; matplotlib's settings and figures end with the test."""

    def show(*_, **__):
        raise AssertionError("a figure was shown")

    monkeypatch.setattr(plt, "show", show)
    monkeypatch.setattr(Figure, "show", show)
    with matplotlib.rc_context():
        yield
    plt.close("all")


# For one file's tests only: a notebook's run in the same process does not bear Playwright's event loop.
@pytest.fixture(scope="module")
def base():
    """The address of the built site on a server of its own."""
    from tests.web.browsing import served

    with served() as address:
        yield address


@pytest.fixture(scope="module")
def browser():
    from tests.web.browsing import chromium

    with chromium() as found:
        yield found
