"""Where data may come from, for tests of the loader: empty folders, and servers on this machine alone."""

from collections.abc import Callable
import hashlib
from pathlib import Path
import socket
import threading

from aeutils import data, fashion
import numpy as np
import pytest


def sha256(array: np.ndarray) -> str:
    return hashlib.sha256(array.tobytes()).hexdigest()


def every_file(root: Path) -> dict[str, bytes]:
    return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}


@pytest.fixture
def nowhere(monkeypatch, tmp_path):
    """No environment, an empty cache, no package of Debian's, and nobody at the addresses."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        _lead_to(unused.getsockname()[1], monkeypatch)
    monkeypatch.delenv("AEUTILS_DATA", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(fashion, "DEBIAN", tmp_path / "debian")
    monkeypatch.setattr(data, "_loaded", None)


@pytest.fixture
def serve(monkeypatch):
    """Let all addresses lead to a server on this machine that accepts and then does as it is told."""
    over = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))
    connections = []

    def start(answer: Callable[[socket.socket], None]) -> None:
        def run():
            while not over.is_set():
                try:
                    connection, _ = listener.accept()
                    connections.append(connection)
                    answer(connection)
                except OSError:  # the test is over, or the other side has left
                    continue

        threading.Thread(target=run, daemon=True).start()
        _lead_to(listener.getsockname()[1], monkeypatch)

    yield start
    over.set()
    listener.close()
    for connection in connections:
        connection.close()


def respond(content: bytes | dict[str, bytes], status: str = "200 OK") -> Callable[[socket.socket], None]:
    """Answer with this content, or with the one of the file that is asked for."""

    def answer(connection):
        path = connection.recv(65536).split()[1].decode()
        body = content if isinstance(content, bytes) else content[path.rpartition("/")[2]]
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        connection.sendall(head.encode() + body)

    return answer


def _lead_to(port: int, monkeypatch) -> None:
    monkeypatch.setattr(data, "MNIST_URL", f"http://127.0.0.1:{port}/mnist.npz")
    monkeypatch.setattr(fashion, "FASHION_URL", f"http://127.0.0.1:{port}/")
