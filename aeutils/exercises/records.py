"""What has been answered, kept in a small JSON file that several kernels may write to.

`AEUTILS_PROGRESS_FILE` names the file. Otherwise it is `aeutils-progress.json`

- in a clone (the folder above the package holds `pyproject.toml` and `_toc.yml`): in the clone's root, so
  that each copy of the book has its own;
- in Colab: in `/content`, the folder that its file browser shows. It goes when the session ends, so
  download it, or mount a drive and name a file there;
- else, with a package that pip installed: in the user's data folder (`XDG_DATA_HOME` or `~/.local/share`,
  on macOS `~/Library/Application Support`, on Windows `%LOCALAPPDATA%`, each with `aeutils` below it), as
  chapters may be run from any folder and their records belong together.

`AEUTILS_PROGRESS`, which hides the progress bars of `aeutils.training`, has nothing to do with this.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
import json
import os
from pathlib import Path
import sys
import warnings

from aeutils.files import written_whole
from filelock import FileLock, Timeout

FILE_NAME = "aeutils-progress.json"
VARIABLE = "AEUTILS_PROGRESS_FILE"
STATES = ("solved", "not yet")
CHECKED = {"checks", "attempts", "state", "last", "solved"}  # what a record has once an answer was checked
PACKAGE = Path(__file__).parents[1]
COLAB = Path("/content")
PATIENCE = 5.0  # seconds to wait for another kernel, which needs a few milliseconds

_warned: set[str] = set()


def records_path() -> Path:
    """Return the file of the records; it need not exist."""
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named).expanduser().resolve()
    return (_folder() / FILE_NAME).resolve()


def read_records() -> dict[str, dict]:
    """Return the records, a mapping from an exercise's name to its record.

    A record has `state` ("solved" or "not yet"), `attempts` (answers checked until it was solved; all of
    them while it is not), `checks` (all of them), `last` (time of the last check) and, once solved, `solved`
    (the time of that). Times are ISO 8601 with their offset from UTC. Before it was solved, help was taken
    if there are `hints` (how many different ones were shown) or `solution` (true: that was shown). A record
    may have these alone, while nothing has been checked.

    A file that is no such mapping is set aside under another name, in one line, and counts as empty. One
    that cannot be read counts as empty, with a warning.
    """
    try:
        path = records_path()
        if not path.exists():
            return {}
        with _locked(path):
            return _load(path)
    except (OSError, RuntimeError) as problem:  # RuntimeError: a home folder that cannot be found
        _warn(f"your progress cannot be read, so nothing counts as solved: {problem}")
        return {}


def record(exercise: str, correct: bool) -> None:
    """Add one checked answer to the records; what is solved stays solved.

    Nothing raises: where the file cannot be written there is one warning, in this process.
    """
    now = datetime.now().astimezone().isoformat(timespec="seconds")
    _change(exercise, lambda old: _updated(old, correct, now))


def record_help(exercise: str, hints: int = 0, solution: bool = False) -> None:
    """Add to the records that hints or the solution were shown, unless the exercise is solved.

    Nothing raises, as with `record`.

    Args:
        hints: how many have been shown, this time included.
    """
    _change(exercise, lambda old: _helped(old, hints, solution))


def _change(exercise: str, changed: Callable[[dict], dict]) -> None:
    """Replace an exercise's record by what `changed` makes of it, with the lock held."""
    try:
        path = records_path()
        path.parent.mkdir(parents=True, exist_ok=True)
        with _locked(path):
            records = _load(path)
            old = records.get(exercise, {})
            records[exercise] = changed(old)
            if records[exercise] == old:
                return
            text = json.dumps({"exercises": records}, indent=1, ensure_ascii=False)
            with written_whole(path) as partial:
                partial.write_text(f"{text}\n", encoding="utf-8")
    except (OSError, RuntimeError) as problem:
        words = f"your progress is not recorded ({problem}): name a file that can be written in {VARIABLE}"
        _warn(words, stacklevel=5)


def _folder() -> Path:
    root = PACKAGE.parent
    if (root / "pyproject.toml").is_file() and (root / "_toc.yml").is_file():
        return root
    if "google.colab" in sys.modules and COLAB.is_dir():
        return COLAB
    if sys.platform == "win32":
        data = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        data = Path.home() / "Library" / "Application Support"
    else:
        data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "aeutils"


def _updated(old: dict, correct: bool, now: str) -> dict:
    """Return a record with one more answer in it."""
    new = {**old, "last": now, "checks": old.get("checks", 0) + 1}
    if "solved" not in old:  # running a solved cell again is no further attempt
        new["attempts"] = new["checks"]
        new["state"] = "solved" if correct else "not yet"
        if correct:
            new["solved"] = now
    return new


def _helped(old: dict, hints: int, solution: bool) -> dict:
    """Return a record with the help that was shown; after the solving, help is none."""
    if "solved" in old:
        return old
    new = dict(old)
    if hints > old.get("hints", 0):
        new["hints"] = hints
    if solution:
        new["solution"] = True
    return new


def _load(path: Path) -> dict[str, dict]:
    """Return what the file holds; set a damaged one aside. Call it with the lock held."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return {}
    try:
        records = json.loads(content)["exercises"]
        for entry in records.values():
            _check_entry(entry)
        return records
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        aside = _free_name(path)
        path.rename(aside)
        print(f"{path} could not be understood: it is kept as {aside.name}, and a new one begins.")
        return {}


def _check_entry(entry: dict) -> None:
    hints, solution = entry.get("hints", 0), entry.get("solution", True)
    if type(hints) is not int or hints < 0 or solution is not True:
        raise ValueError
    if not CHECKED & entry.keys():  # help alone
        return
    counts = entry["checks"], entry["attempts"]
    if not all(type(count) is int and count > 0 for count in counts) or entry["state"] not in STATES:
        raise ValueError
    if ("solved" in entry) != (entry["state"] == "solved"):
        raise ValueError
    for moment in ("last", "solved"):
        datetime.fromisoformat(entry.get(moment, entry["last"]))


def _free_name(path: Path) -> Path:
    number = 1
    while os.path.lexists(aside := path.with_name(f"{path.name}.damaged-{number}")):
        number += 1
    return aside


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Keep other kernels from the file, by a lock on a hidden file beside it.

    Where that cannot be made, or the file system has no locks, the block runs without.

    Raises:
        TimeoutError: if another kernel keeps the lock.
    """
    lock = FileLock(path.with_name(f".{path.name}.lock"), timeout=PATIENCE)
    try:
        lock.acquire(poll_interval=0.01)
    except Timeout:
        words = f"another kernel has kept {lock.lock_file} locked for {PATIENCE:g} seconds"
        raise TimeoutError(words) from None
    except (OSError, NotImplementedError):
        pass  # what is written next fails by itself, and says so
    try:
        yield
    finally:
        lock.release()


def _warn(text: str, stacklevel: int = 4) -> None:
    """Warn once of anything that is said, from the reader's cell, which is so many calls above."""
    if text not in _warned:
        _warned.add(text)
        warnings.warn(text, stacklevel=stacklevel)
