"""A file that is written whole or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
import os
from pathlib import Path
import uuid


@contextmanager
def written_whole(path: Path, replace: bool = True) -> Iterator[Path]:
    """Give a path beside `path` to write to, and move what was written into place at the end.

    An error in the block leaves `path` as it was, and nothing beside it. The folder is made if need be.

    Args:
        replace: whether a file that is there already is replaced; otherwise it stays.

    Raises:
        OSError: if the folder cannot be made, or the file not be moved.
    """
    partial = path.with_name(f"{path.name}.{uuid.uuid4().hex}.part")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield partial
        if replace or not os.path.lexists(path):
            os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
