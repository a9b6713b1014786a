"""Shared by the tests: the root, figures without a screen, a file for records, tests that reach Keras."""

from pathlib import Path

from aeutils.provenance.definitions import closure
import matplotlib
from matplotlib.figure import Figure
import matplotlib.pyplot as plt
import pytest

# In this process only: an environment variable would reach the chapters' kernels and mute them.
matplotlib.use("Agg")

ROOT = Path(__file__).parents[1]


def pytest_addoption(parser):
    parser.addoption(
        "--reaching-keras",
        action="store_true",
        help="only the test files that import Keras, themselves or through aeutils",
    )


def pytest_ignore_collect(collection_path, config):
    """Leave out files whose result cannot depend on the backend; `make test` runs them once."""
    is_test = collection_path.name.startswith("test_") and collection_path.suffix == ".py"
    if config.getoption("--reaching-keras") and is_test and not reaches_keras(collection_path):
        return True
    return None


def reaches_keras(path: Path) -> bool:
    """Whether a test file imports Keras, itself or in a definition of aeutils that it reaches."""
    return "keras" in closure([path.read_text(encoding="utf-8")]).packages


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
    from browsing import served

    with served() as address:
        yield address


@pytest.fixture(scope="module")
def browser():
    from browsing import chromium

    with chromium() as found:
        yield found
