"""A page that shows which exercises are solved."""

from contextlib import suppress
from datetime import date, datetime
import importlib
from importlib.metadata import PackageNotFoundError, version
import os
from pathlib import Path
import pkgutil
import re

import aeutils
from aeutils.exercises.records import read_records, records_path
from aeutils.exercises.shown import show
from tabulate import tabulate

COLUMNS = ("chapter", "exercise", "asks for", "state", "attempts", "help", "date")
ALIGNED = ("left", "left", "left", "left", "right", "left", "left")
MARKS = {"solved": "✓ solved", "not yet": "✗ not yet", "not attempted": "○ not attempted"}


def progress(name: str | None = None, chapter: int | None = None) -> None:
    """Show a page to hand in: every exercise of the book, whether it is solved, and a line of totals.

    It covers what `check` has judged in this clone, or in this Colab session; `aeutils.exercises.records`
    says in which file that is kept, and `AEUTILS_PROGRESS_FILE` names another. Attempts are the answers
    checked until the exercise was solved, that one included; untouched stubs do not count. Help is what was
    shown before it was solved: some hints, or the solution, whatever hints came before that. The date is
    that of the solution, or of the last attempt.

    Args:
        name: whose page it is, to be written at its head.
        chapter: the number of one chapter, to show that alone.

    Raises:
        TypeError: if `name` is no text.
        ValueError: if there is no such chapter.
    """
    if name is not None and not isinstance(name, str):
        raise TypeError(f"name must be a text, got {name!r}: write progress(name='Ada')")
    chapters = all_exercises()
    if chapter is not None:
        chapters = [entry for entry in chapters if entry[0] == chapter]
        if not chapters:
            raise ValueError(
                f"chapter must be a number from 1 to {len(all_exercises())}, got {chapter!r}: "
                f"write progress(chapter=5)"
            )
    rows, total = _rows(chapters, read_records())
    title, name = "Autoencoders, measured: exercises", " ".join((name or "").split())
    facts = f"{date.today().isoformat()} · {_versions()} · recorded in {_short(records_path())}"
    plain = [title, name, facts, "", _table([*rows, total], "simple")]
    marked = [f"**{title}**", _escaped(name), _escaped(facts), _table([*rows, _bold(total)], "pipe")]
    if not name:
        del plain[1], marked[1]
    show({"text/plain": "\n".join(plain), "text/markdown": "\n\n".join(marked)})


def all_exercises() -> list[tuple]:
    """Return `(chapter's number, chapter's title, its exercises)` for all chapters; imports them all."""
    from aeutils import exercises
    from aeutils.exercises.base import Exercise

    found = []
    for module in pkgutil.iter_modules(exercises.__path__):
        if match := re.fullmatch(r"chapter(\d+)", module.name):
            chapter = importlib.import_module(f"{exercises.__name__}.{module.name}")
            own = [value for value in vars(chapter).values() if isinstance(value, Exercise)]
            found.append((int(match[1]), chapter.TITLE, own))
    return sorted(found, key=lambda entry: entry[0])


def _rows(chapters: list[tuple], records: dict[str, dict]) -> tuple[list, list]:
    """Return the lines of the table, one an exercise, and the line of totals."""
    rows, solved, attempts = [], 0, 0
    for number, title, exercises in chapters:
        chapter = f"{number} {title}"
        for exercise in exercises:
            entry = records.get(exercise.name, {})
            when = entry.get("solved") or entry.get("last")
            rows.append(
                [
                    chapter,
                    exercise.name.removeprefix("Exercise "),
                    exercise.asks,
                    MARKS[entry.get("state", "not attempted")],
                    entry.get("attempts", ""),
                    _help(entry),
                    datetime.fromisoformat(when).date().isoformat() if when else "",
                ]
            )
            chapter = ""  # once is enough
            solved += entry.get("state") == "solved"
            attempts += entry.get("attempts", 0)
    return rows, ["total", len(rows), "", f"{solved} of {len(rows)} solved", attempts, "", ""]


def _help(entry: dict) -> str:
    if entry.get("solution"):
        return "solution"
    hints = entry.get("hints", 0)
    return f"{hints} {'hint' if hints == 1 else 'hints'}" if hints else "–"


def _table(rows: list, form: str) -> str:
    return tabulate(rows, headers=COLUMNS, tablefmt=form, colalign=ALIGNED, disable_numparse=True)


def _bold(cells: list) -> list:
    return [f"**{cell}**" if cell != "" else "" for cell in cells]


def _versions() -> str:
    try:
        keras = f", Keras {version('keras')}"
    except PackageNotFoundError:
        keras = ""
    return f"aeutils {aeutils.__version__}{keras}"


def _short(path: Path) -> str:
    """Write a path from here or from home, where it lies below either, or else below a common folder."""
    with suppress(ValueError, OSError):
        return path.relative_to(Path.cwd()).as_posix()
    with suppress(ValueError, RuntimeError):
        return f"~/{path.relative_to(Path.home()).as_posix()}"
    with suppress(ValueError, OSError):
        if os.path.commonpath([Path.cwd(), path]) != path.anchor:
            return Path(os.path.relpath(path)).as_posix()
    return str(path)


def _escaped(text: str) -> str:
    """Return a text that Markdown shows as it is."""
    return re.sub(r"([\\`*_{}\[\]()<>#+\-.!|~$&])", r"\\\1", text)
