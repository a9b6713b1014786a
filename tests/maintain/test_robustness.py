"""Chapters in odd places: the same numbers, or a clear message before anything is lost.

What these and other tests try is listed in tests/ROBUSTNESS.md, whose tests are looked for here. The
chapter is small, but it begins with a chapter's own cells and is run by the script that runs chapters.
"""

import ast
from datetime import UTC, datetime
import os
from pathlib import Path
import re
import time

import nbformat
import pytest

from maintain import execute, runner, sweep, sweep_one
from tests import CHAPTERS, ROOT
from tests.maintain.small_chapters import ONE_CORE, THREADS, files, start, write

pytestmark = pytest.mark.slow

# After the cells that open chapter 3: a network from the cache folder, an answer, and what both had to say.
TRAIN = """
import hashlib
import warnings
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always", UserWarning)
    data = load_mnist()
    network = trained_autoencoder(replace(BEST, code_size=4, widths=(16,), epochs=2), data, seed=seed)
    exercises.training_steps.check(lambda n_images, batch_size, epochs: 0)
error = metrics.squared_error(data.x_test, network.reconstruct(data.x_test))
weights = hashlib.sha256(b"".join(array.tobytes() for array in network.autoencoder.get_weights()))
"""
CLAIM = """
claim("28 × 28 pixels → error", error < 784, numbers={"error": error})
claim("weights: " + weights.hexdigest(), True)
claim("told: " + "; ".join(str(w.message) for w in told if w.category is UserWarning), True)
"""

unix = pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions, signals and clocks")


def numbers(folder: Path, **options) -> dict[str, str]:
    """Return the claims, with their numbers, of a chapter that is run on the sample without any error."""
    process = start(folder, "--check", "--source", "sample", **options)
    printed, said = process.communicate(timeout=600)
    assert process.returncode == 0, printed + said
    first, weights, told = re.findall(r"(?m)^  held    (.*)$", printed)
    statement, error = re.fullmatch(r"(.*) \(error (.*)\)", first).groups()
    assert weights.startswith("weights: ") and told.startswith("told:")
    words = {"weights": weights.removeprefix("weights: "), "told": told.removeprefix("told:").strip()}
    return {"first": statement, "error": error} | words


@pytest.fixture(scope="module")
def opening() -> list[str]:
    """The cells with which chapter 3 begins: setup, parameters, imports."""
    (path,) = ROOT.glob("chapters/03_*.ipynb")
    return [c.source for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"][:3]


@pytest.fixture(scope="module")
def usual(opening, tmp_path_factory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("usual")
    write(folder / "03_small.ipynb", *opening, TRAIN, CLAIM)
    return numbers(folder, PYTHONHASHSEED="1", TZ="UTC", LC_ALL="C.UTF-8")


@pytest.fixture(scope="module")
def elsewhere(opening, tmp_path_factory) -> tuple[dict[str, str], dict[str, bytes]]:
    """The numbers of a run that differs in all that should not matter; the files it has left around it.

    Started from another folder, with another hash seed, locale and time zone, its first cells twice.
    """
    folder, other = (tmp_path_factory.mktemp(name) for name in ("elsewhere", "other"))
    path = write(folder / "03_small.ipynb", *opening, *opening, TRAIN, CLAIM)
    locale = {"LC_ALL": "C", "LANG": "tr_TR.UTF-8", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    found = numbers(folder, cwd=other, PYTHONHASHSEED="2", TZ="Pacific/Kiritimati", **locale)
    return found, {name: text for name, text in (files(folder) | files(other)).items() if name != path.name}


@pytest.fixture(scope="module")
def book(opening, tmp_path_factory) -> Path:
    """A folder with chapters, a home, a cache and a folder for progress, none of which can be written."""
    folder = tmp_path_factory.mktemp("book")
    write(folder / "chapters" / "03_small.ipynb", *opening, TRAIN, CLAIM)
    for name in ("home", "cache", "progress"):
        (folder / name).mkdir()
    for path in (folder, *folder.iterdir()):
        path.chmod(0o555)
    yield folder
    for path in (folder, *folder.iterdir()):
        path.chmod(0o755)


@pytest.fixture(scope="module")
def narrow(book, tmp_path_factory) -> dict[str, str]:
    """The numbers of a run on one core, started elsewhere, in a book that cannot be written."""
    before = files(book)
    found = numbers(
        book / "chapters",
        first=ONE_CORE,
        bound=True,
        cwd=tmp_path_factory.mktemp("elsewhere"),
        HOME=str(book / "home"),
        AEUTILS_CACHE=str(book / "cache"),
        AEUTILS_PROGRESS_FILE=str(book / "progress" / "file.json"),
        **dict.fromkeys(THREADS, "1"),
    )
    assert files(book) == before
    return found


# --- The same numbers


def test_another_hash_seed_locale_and_time_zone_change_no_bit(usual, elsewhere):
    """The locale knows no sign outside ASCII, and in the time zone it is another day for most of the time."""
    found, _ = elsewhere
    assert usual["first"] == "28 × 28 pixels → error"
    assert found["first"] == r"28 \xd7 28 pixels \u2192 error"
    assert found | {"first": usual["first"]} == usual
    assert len(found["weights"]) == 64 and found["told"] == ""


def test_from_another_folder_nothing_differs_and_nothing_is_written_there(usual, elsewhere):
    found, written = elsewhere
    assert found["weights"] == usual["weights"]
    assert written == {}


def test_the_first_cells_can_be_run_again(usual, elsewhere):
    assert elsewhere[0]["error"] == usual["error"]


@unix
def test_one_core(usual, narrow):
    assert float(narrow["error"]) == pytest.approx(float(usual["error"]), abs=0.005)


def test_a_sweep_and_the_makefile_bind_the_same_threads():
    bound = re.search(r"(?m)^ONE_THREAD := (.*)$", (ROOT / "Makefile").read_text("utf-8"))[1]
    assert bound.split() == [f"{name}={value}" for name, value in sweep_one.ONE_CORE.items()]


@unix
def test_without_permission_a_chapter_runs_and_says_what_is_not_kept(narrow, book):
    network, progress = narrow["told"].split("; your progress")
    assert network.startswith(f"the network could not be kept in {book / 'cache'} ([Errno 13]")
    assert "name a folder that can be written in AEUTILS_CACHE" in network
    assert progress.startswith(" is not recorded") and "AEUTILS_PROGRESS_FILE" in progress


# --- A clear message


@unix
def test_without_permission_nothing_is_run_that_could_not_be_stored(book):
    before = files(book)
    printed, said = start(book / "chapters", bound=True).communicate(timeout=600)
    assert said == f"nothing was run: {book / 'chapters'} cannot be written\n" and printed == ""
    assert files(book) == before


@unix
def test_the_date_of_a_stamp_is_that_of_greenwich(tmp_path, monkeypatch):
    """In a time zone in which it is another day."""
    path = write(tmp_path / "07_small.ipynb", "x = 1")
    environment = {"backend": "tensorflow", "versions": {}, "device": "a CPU"}
    done = runner.Execution(nbformat.read(path, as_version=4), 60.0, "full", 1, environment, [])
    monkeypatch.setattr(execute, "run", lambda path, env: done)
    days = [datetime.now(UTC).date()]
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "EAST-14" if datetime.now(UTC).hour >= 10 else "WEST+12")
        time.tzset()
        assert datetime.now().date() not in days
        assert execute.store(path, {"AEUTILS_CACHE": str(tmp_path)})
    time.tzset()
    days.append(datetime.now(UTC).date())
    assert nbformat.read(path, as_version=4).metadata["aeutils"]["date"] in map(str, days)


# --- Little memory


@unix
def test_the_memory_of_a_run_is_its_peak(tmp_path):
    path = write(tmp_path / "small.ipynb", "block = bytearray(b'x') * 600_000_000\ndel block")
    of_the_parent = bytearray(b"x") * 1_200_000_000  # which does not count
    del of_the_parent
    done = runner.run(path, env=os.environ | {"KERAS_BACKEND": "jax"})
    assert done.errors == []
    assert 600e6 < done.memory < 1100e6


@unix
def test_a_kernel_that_the_machine_ends_is_told(tmp_path):
    """As Linux does where memory has run out."""
    path = write(tmp_path / "small.ipynb", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
    done = runner.run(path)
    (error,) = done.errors
    assert error.startswith("the kernel died, perhaps for want of memory")
    assert done.source is done.memory is done.environment is None


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_the_peak_of_a_chapter(path):
    about = nbformat.read(path, as_version=4).metadata.get("aeutils", {})
    assert not about or 0 < about["memory_gb"] < sweep.MEMORY / 1e9, f"make execute CHAPTER={path.stem[:2]}"


# --- The table


def rows() -> list[list[str]]:
    """Return the cells of the table of what was tried: what, what happens, the tests."""
    lines = (ROOT / "tests" / "ROBUSTNESS.md").read_text("utf-8").splitlines()
    return [line.strip("| ").split(" | ") for line in lines if line.startswith("|")][2:]


def exists(name: str) -> bool:
    """Whether there is a test of this name, such as `package/test_data.py::test_no_network`."""
    file, function = name.split("::")
    path = ROOT / "tests" / file
    nodes = ast.walk(ast.parse(path.read_text("utf-8"))) if path.is_file() else ()
    return any(isinstance(node, ast.FunctionDef) and node.name == function for node in nodes)


def test_every_test_in_the_table_exists():
    assert rows() and all(len(row) == 3 for row in rows())
    named = [re.findall(r"`([\w/]+\.py::test_\w+)`", row[2]) for row in rows()]
    assert all(named)
    assert [name for names in named for name in names if not exists(name)] == []
    assert not exists("package/test_data.py::test_no_net") and not exists("test_data.py::test_no_network")
