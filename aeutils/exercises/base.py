"""What every exercise can do: check an answer, give the next hint, show a solution."""

import ast
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout, suppress
from copy import deepcopy
from functools import cached_property
import inspect
import io
import re
from textwrap import dedent

from aeutils.exercises.records import record, record_help
from aeutils.exercises.shown import show, text
import numpy as np


class NotYet(Exception):
    """An answer that is not right yet; the message says what was seen and what was expected."""


class Exercise:
    """One exercise of a chapter.

    Args:
        name: as the chapter's text calls it, such as "Exercise 1.1".
        judge: takes the answer; returns a sentence on what is right about it, or raises `NotYet`.
        hints: from vague to plain.
        solution: a right answer, a function or class whose code is shown. It has the name that the chapter's
            stub defines, or that after an underscore, and uses nothing of its module but what that imports.
        asks: what it asks for, in a few words, for the page of progress; by default the answer's name.
        shows: takes an answer that is right, tries it on an example, and returns what to show of that
            beside what was expected: a table or figure of `aeutils.exercises.shown`.
    """

    def __init__(
        self,
        name: str,
        judge: Callable[[object], str],
        hints: Sequence[str],
        solution: Callable,
        asks: str = "",
        shows: Callable[[object], dict] | None = None,
    ):
        self.name, self.judge, self.hints = name, judge, tuple(hints)
        self.right_answer, self.answer_name = solution, solution.__name__.removeprefix("_")
        self.asks, self.shows = asks or self.answer_name, shows
        self._hints_given = 0

    def check(self, answer) -> str:
        """Judge an answer and show the verdict; return `"correct"`, `"not yet"` or `"not attempted"`.

        A function that returns nothing but `...` or `None` counts as not attempted, as do those values
        themselves. A function is always given copies, so that it may change them. A correct answer is shown
        at work on an example. Every other verdict than "not attempted" is recorded for
        `aeutils.exercises.progress`.
        """
        status, sentence = self._verdict(answer)
        mark = {"correct": "✓", "not yet": "✗", "not attempted": "○"}[status]
        _show(f"{mark} {self.name}: {status}. {sentence}")
        if status == "correct":
            self._show_example(answer)
        if status != "not attempted":
            record(self.name, status == "correct")
        return status

    def hint(self) -> None:
        """Show the next hint; after the last one, the last again. How many were shown is recorded."""
        number = min(self._hints_given, len(self.hints) - 1)
        self._hints_given += 1
        _show(f"{self.name}, hint {number + 1} of {len(self.hints)}: {self.hints[number]}")
        record_help(self.name, hints=number + 1)

    def solution(self) -> None:
        """Show a solution as code, and what it gives on an example. That it was shown is recorded."""
        _show(f"{self.name}, a solution:\n\n```python\n{self.solution_code}\n```")
        self._show_example(self.right_answer)
        record_help(self.name, solution=True)

    @cached_property
    def solution_code(self) -> str:
        """The solution as a reader would write it: the imports that it needs, and the reader's own name."""
        code = dedent(inspect.getsource(self.right_answer)).rstrip()
        code = re.sub(rf"\b{self.right_answer.__name__}\b", self.answer_name, code)
        module = ast.parse(inspect.getsource(inspect.getmodule(self.right_answer)))
        used = {node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)}
        imports = []
        for statement in module.body:
            if isinstance(statement, ast.Import | ast.ImportFrom):
                statement.names = [name for name in statement.names if (name.asname or name.name) in used]
                imports += [ast.unparse(statement)] if statement.names else []
        return "\n\n\n".join(["\n".join(imports), code] if imports else [code])

    def _show_example(self, answer) -> None:
        if self.shows is None:
            return
        try:
            example = self.shows(_Watched(answer) if _is_function(answer) else answer)
        except Exception as error:  # the verdict stands
            _show(f"On another example your answer raised {_said(error)}.")
        else:
            show(**example)

    def _verdict(self, answer) -> tuple[str, str]:
        if answer is None or answer is ...:
            return "not attempted", f"Replace the `...` of `{self.answer_name}` and run the cell again."
        watched = _Watched(answer)
        try:
            return "correct", self.judge(watched if _is_function(answer) else answer)
        except NotAttempted:
            return self._returned_nothing(watched)
        except _OtherParameters as other:
            stub = f"{self.answer_name}{inspect.signature(self.right_answer)}"
            return "not yet", f"The stub is `{stub}`, yours takes `{other}`: keep the stub's parameters."
        except NotYet as reason:
            also = " It also changes what it is given, in place: work on a copy."
            return "not yet", f"{reason}{also if watched.has_changed else ''}"
        except Exception as error:
            if watched.runs:
                given = _written(self.answer_name, watched.arguments)
                return "not yet", f"Your answer raised {_said(error)} for `{given}`."
            if _is_function(answer):
                return "not yet", f"What your answer returned cannot be used: {_said(error)}."
            return "not yet", f"Your answer raised {_said(error)}."

    def _returned_nothing(self, watched: "_Watched") -> tuple[str, str]:
        """Tell an untouched stub from a function that prints, and from one that returns nothing at times."""
        values, prints = watched.values, False
        if not values and _is_function(watched.function) and not _is_untouched(watched.function):
            # Where it returns nothing the solution speaks for it, so that the judge asks on.
            again, said = _Watched(watched.function, instead=self.right_answer), io.StringIO()
            with suppress(Exception), redirect_stdout(said):
                self.judge(again)
            values, prints = again.values, bool(said.getvalue())
        if values:
            given = _written(self.answer_name, watched.arguments)
            return "not yet", (
                f"For `{given}` your function returned nothing, for other inputs a value: "
                f"does every way through it end in a `return`?"
            )
        reason = ": does it `print` its result where it should `return` it?" if prints else "."
        return "not attempted", f"Fill in `{self.answer_name}`: so far it returns nothing{reason}"


class NotAttempted(Exception):
    """The stub is still as the chapter gave it."""


class _OtherParameters(NotYet):
    """A function that does not take what it is given; the message is its own signature."""


class _Watched:
    """A reader's function, given copies; it remembers what it was asked and what became of that.

    Args:
        function: the reader's.
        instead: what to ask where that returns nothing.
    """

    def __init__(self, function, instead: Callable | None = None):
        self.function, self.instead = function, instead
        self.arguments: tuple = ()
        self.values = 0  # how many of its results were not nothing
        self.runs = self.has_changed = False

    def __call__(self, *arguments):
        _check_parameters(self.function, arguments)
        self.arguments, given, self.runs = arguments, deepcopy(arguments), True
        result = self.function(*given)
        self.runs = False
        self.has_changed |= not _same(given, arguments)
        if not _is_nothing(result):
            self.values += 1
        elif self.instead:
            return self.instead(*arguments)
        return result


def call(function, *arguments):
    """Return `function(*arguments)`; a result of `...` or `None` means that the stub is untouched.

    Raises:
        NotAttempted: for such a result.
        NotYet: if `function` cannot be called.
    """
    if not callable(function):
        given = f"{type(function).__name__} {function!r}"
        raise NotYet(f"Expected a function, got {given}: pass it without calling it.")
    result = function(*arguments)
    if _is_nothing(result):
        raise NotAttempted
    return result


def _is_nothing(result) -> bool:
    return result is None or result is ...


def _is_function(answer) -> bool:
    return callable(answer) and not isinstance(answer, type)


def _is_untouched(function) -> bool:
    """Whether a function's body is a stub's, which does not even compute."""

    def stub(): ...

    return getattr(getattr(function, "__code__", None), "co_code", None) == stub.__code__.co_code


def _check_parameters(function, arguments: tuple) -> None:
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # some that are not written in Python have none
        return
    try:
        signature.bind(*arguments)
    except TypeError:
        raise _OtherParameters(str(signature)) from None


def _same(one, other) -> bool:
    if isinstance(one, tuple | list):
        return len(one) == len(other) and all(map(_same, one, other))
    return np.array_equal(one, other) if isinstance(one, np.ndarray) else bool(one == other)


def _written(name: str, arguments: tuple) -> str:
    """Write a call in short: arrays by their shapes."""
    words = f"{name}({', '.join(map(_short, arguments))})"
    return words if len(words) <= 110 else f"{words[:108]} …"


def _short(value) -> str:
    if isinstance(value, np.ndarray):
        return f"array {value.shape}"
    if isinstance(value, tuple | list):
        parts = ", ".join(map(_short, value))
        return f"[{parts}]" if isinstance(value, list) else f"({parts}{',' * (len(value) == 1)})"
    return f"{value:.4g}" if isinstance(value, float | np.floating) else repr(value)


def _said(error: Exception) -> str:
    """Write an error as code in one line: the first two of its own, without colours."""
    words = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", str(error)).replace("`", "'")
    lines = [" ".join(line.split()) for line in words.splitlines() if line.strip()]
    words = " ".join(lines[:2])
    words = words if len(words) <= 200 and len(lines) <= 2 else f"{words[:198].rstrip('.')} …"
    return f"`{type(error).__name__}: {words}`" if words else f"`{type(error).__name__}`"


def _show(words: str) -> None:
    show(**text(words))
