"""Fashion-MNIST (Xiao et al. 2017, arXiv 1708.07747): its training set, from Keras' files or Debian's."""

import gzip
import io
import math
import os
from pathlib import Path
import struct
import zlib

from aeutils.download import download, keep, verify
import numpy as np

FASHION_URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
DEBIAN = Path("/usr/share/datasets/fashion-mnist")

# What each file holds: its shape, and sha256 of its raw bytes (uint8). The files themselves differ between
# Keras and Debian, by the headers that gzip writes.
_FILES = {
    "train-images-idx3-ubyte.gz": dict(
        images=((60000, 28, 28), "2e487a6c89124f78f2d7521542223cafe96f7123c3ca13d447772ac6ecbb3012")
    ),
    "train-labels-idx1-ubyte.gz": dict(
        labels=((60000,), "657fbd221bfc9f4198cc14b5619cc33ec57c58dd0e47af4d99d6650759e869a7")
    ),
}


def load_fashion(cache: Path) -> tuple[np.ndarray, np.ndarray, str]:
    """Return images `(60000, 28, 28)` and labels `(60000,)`, both uint8, and in words where they come from.

    The two files are looked for in Keras' cache, then where Debian's package has them. Where neither folder
    has any of the two, they are downloaded into the cache. A file that is there but wrong is an error and
    stays as it is.

    Args:
        cache: the folder in which Keras keeps them.

    Raises:
        ValueError: a file that is not Fashion-MNIST's.
        OSError: a missing or unreadable file, or a failed download.
    """
    anew = f"move the folder {cache} away and call load_mnist again, to get both files anew"
    reinstall = "run apt-get install --reinstall dataset-fashion-mnist, as root"
    for folder, place, remedy in (
        (cache, "from the Keras cache", anew),
        (DEBIAN, "from Debian's dataset-fashion-mnist", reinstall),
    ):
        if any(os.path.lexists(folder / name) for name in _FILES):
            return *_read_folder(folder, remedy), place
    try:
        contents = {name: download(FASHION_URL + name) for name in _FILES}
        images, labels = (
            _read(io.BytesIO(content), name, f"the answer of {FASHION_URL}{name}", "try another network")
            for name, content in contents.items()
        )
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise ConnectionError(
            f"Fashion-MNIST must be in the Keras cache, in Debian's package or on the network, but neither "
            f"{cache} nor {DEBIAN} has its files, and the download failed ({reason}): go online, or run "
            f"apt-get install dataset-fashion-mnist as root (Debian, Ubuntu), or put {' and '.join(_FILES)} "
            f"into {cache}"
        ) from error
    kept = keep({cache / name: content for name, content in contents.items()}, "Fashion-MNIST")
    return images, labels, "downloaded into the Keras cache" if kept else "downloaded, not kept"


def _read_folder(folder: Path, remedy: str) -> list[np.ndarray]:
    missing = [name for name in _FILES if not os.path.lexists(folder / name)]
    if missing:
        raise FileNotFoundError(
            f"{folder} must hold {' and '.join(_FILES)}, but has no {missing[0]}: {remedy}"
        )
    return [_read_file(folder / name, remedy) for name in _FILES]


def _read_file(path: Path, remedy: str) -> np.ndarray:
    if path.is_dir():
        raise IsADirectoryError(f"{path} must be a file, but is a folder: {remedy}")
    try:
        with open(path, "rb") as stream:
            return _read(stream, path.name, str(path), remedy)
    except OSError as error:
        raise OSError(f"{path} cannot be read ({error}): make it readable, or {remedy}") from error


def _read(stream, file: str, where: str, remedy: str) -> np.ndarray:
    """Return the array of an IDX file, gzipped: a number for type and axes, the sizes of these, the bytes."""
    ((name, (shape, _)),) = _FILES[file].items()
    axes = len(shape)
    size = 4 * (1 + axes) + math.prod(shape)
    start = stream.read(2)
    stream.seek(0)
    if start != b"\x1f\x8b":
        raise ValueError(f"{where} {'is no gzip file' if start else 'is empty'}: {remedy}")
    try:
        with gzip.GzipFile(fileobj=stream) as unpacked:
            content = unpacked.read(size + 1)  # of a file that would fill the memory, no more than this
    except EOFError as error:
        raise ValueError(f"{where} is cut short: {remedy}") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"{where} is damaged ({error}): {remedy}") from error
    if len(content) > size:
        raise ValueError(f"{where} must unpack to {size:,} bytes, got more: {remedy}")
    header, numbers = content[: 4 * (1 + axes)], np.frombuffer(content[4 * (1 + axes) :], "uint8")
    magic = bytes([0, 0, 8, axes])  # 8 is for unsigned bytes
    if len(header) < 4 * (1 + axes) or header[:4] != magic:
        got = f"{len(content)} bytes" if len(header) < 4 * (1 + axes) else header[:4].hex(" ")
        raise ValueError(f"{where} must be an IDX file, {magic.hex(' ')} and so on, got {got}: {remedy}")
    sizes = struct.unpack_from(f">{axes}I", header, offset=4)
    if len(numbers) != math.prod(sizes):
        wanted = " x ".join(f"{n:,}" for n in sizes)
        raise ValueError(f"{where} must hold {wanted} bytes, by its header, got {len(numbers):,}: {remedy}")
    array = numbers.reshape(sizes)
    verify({name: array}, _FILES[file], "Fashion-MNIST", where, remedy)
    return array
