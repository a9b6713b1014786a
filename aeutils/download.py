"""A download that gives up in time, and a file that is written whole or not at all."""

from pathlib import Path
import queue
import threading
import urllib.request
import warnings

from aeutils.files import written_whole

_SILENCE = 10.0  # seconds without a further chunk after which a download is given up
_CHUNK = 2**16  # bytes: what has to arrive within that time
_LARGEST_DOWNLOAD = 2**26  # bytes; the file has 11.5 million


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
    raise ConnectionError(f"{url} gave over {_LARGEST_DOWNLOAD:,} bytes, which is not MNIST")


def _fetch(url: str, chunks: queue.SimpleQueue) -> None:
    try:
        with urllib.request.urlopen(url, timeout=_SILENCE) as response:
            while chunk := response.read(_CHUNK):
                chunks.put(chunk)
        chunks.put(b"")
    except Exception as error:  # handed over, to be raised in the thread that waits
        chunks.put(error)


def keep(content: bytes, path: Path) -> bool:
    """Write verified bytes to `path` whole or not at all, and never over a file that is there."""
    try:
        with written_whole(path, replace=False) as partial:
            partial.write_bytes(content)
    except OSError as error:
        warnings.warn(
            f"MNIST could not be kept in {path} ({error}), so the next call downloads it again: "
            f"name a folder that you can write to in KERAS_HOME",
            stacklevel=4,
        )
        return False
    return True
