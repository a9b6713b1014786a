"""A download that gives up in time, arrays against their checksums, and files written whole or not at all."""

from contextlib import ExitStack
import hashlib
from pathlib import Path
import queue
import threading
import urllib.request
import warnings

from aeutils.files import written_whole
import numpy as np

_SILENCE = 10.0  # seconds without a further chunk after which a download is given up
_CHUNK = 2**16  # bytes: what has to arrive within that time
_LARGEST_DOWNLOAD = 2**26  # bytes; MNIST's file has 11.5 million, the larger one of Fashion-MNIST 26.4


def download(url: str) -> bytes:
    """Return what `url` holds; raise OSError once nothing has come for 10 seconds.

    A thread does the work, since no timeout of a socket covers the look-up of the server's name.
    """
    chunks = queue.SimpleQueue()
    threading.Thread(target=_fetch, args=(url, chunks), daemon=True).start()
    content = bytearray()
    while len(content) <= _LARGEST_DOWNLOAD:
        try:
            chunk = chunks.get(timeout=_SILENCE)
        except queue.Empty:
            raise TimeoutError(f"{url} was silent for {_SILENCE:g} seconds") from None
        if isinstance(chunk, Exception):
            raise ConnectionError(f"{url}: {chunk or type(chunk).__name__}") from chunk
        if not chunk:
            return bytes(content)
        content += chunk
    raise ConnectionError(f"{url} gave over {_LARGEST_DOWNLOAD:,} bytes, more than any file asked for")


def _fetch(url: str, chunks: queue.SimpleQueue) -> None:
    try:
        with urllib.request.urlopen(url, timeout=_SILENCE) as response:
            while chunk := response.read(_CHUNK):
                chunks.put(chunk)
        chunks.put(b"")
    except Exception as error:  # handed over, to be raised in the thread that waits
        chunks.put(error)


def verify(arrays: dict, table: dict, whose: str, where: str, remedy: str) -> None:
    """Compare arrays by name with a table of their shapes and the sha256 of their raw bytes.

    Raises:
        ValueError: an array that is not the one of the data set `whose`.
    """
    for name, (shape, checksum) in table.items():
        array = arrays[name]
        if array.shape != shape or array.dtype != np.uint8:
            got = f"{array.shape} {array.dtype}"
            raise ValueError(f"{name} in {where} must be {shape} uint8, got {got}: {remedy}")
        if hashlib.sha256(np.ascontiguousarray(array)).hexdigest() != checksum:
            raise ValueError(f"{name} in {where} must be {whose}'s, but the checksum differs: {remedy}")


def keep(contents: dict[Path, bytes], whose: str) -> bool:
    """Write verified bytes to their paths, all of them whole or none, and never over a file that is there."""
    try:
        with ExitStack() as stack:
            for path, content in contents.items():
                stack.enter_context(written_whole(path, replace=False)).write_bytes(content)
    except OSError as error:
        warnings.warn(
            f"{whose} could not be kept in {' and '.join(map(str, contents))} ({error}), so the next call "
            f"downloads it again: name a folder that you can write to in KERAS_HOME",
            stacklevel=4,
        )
        return False
    return True
