"""What every exercise can do: check an answer, give the next hint, show a solution."""

from collections.abc import Callable, Sequence

from IPython.display import Markdown, display


class NotYet(Exception):
    """An answer that is not right yet; the message says what was seen and what was expected."""


class Exercise:
    """One exercise of a chapter.

    Args:
        name: as the chapter's text calls it, such as "Exercise 1.1".
        judge: takes the answer; returns a sentence on what is right about it, or raises `NotYet`.
        hints: from vague to plain.
        solution: Python code that defines the answer under the name `answer_name`.
        answer_name: the name that the chapter's stub defines.
    """

    def __init__(
        self,
        name: str,
        judge: Callable[[object], str],
        hints: Sequence[str],
        solution: str,
        answer_name: str,
    ):
        self.name, self.judge, self.hints = name, judge, tuple(hints)
        self.solution_code, self.answer_name = solution.strip("\n"), answer_name
        self._hints_given = 0

    def check(self, answer) -> str:
        """Judge an answer and show the verdict; return `"correct"`, `"not yet"` or `"not attempted"`.

        A function that returns `...` or `None` counts as not attempted, as do those values themselves.
        """
        status, sentence = self._verdict(answer)
        mark = {"correct": "✓", "not yet": "✗", "not attempted": "○"}[status]
        _show(f"{mark} {self.name}: {status}. {sentence}")
        return status

    def hint(self) -> None:
        """Show the next hint; after the last one, the last again."""
        number = min(self._hints_given, len(self.hints) - 1)
        self._hints_given += 1
        _show(f"{self.name}, hint {number + 1} of {len(self.hints)}: {self.hints[number]}")

    def solution(self) -> None:
        """Show a solution as code."""
        display(Markdown(f"{self.name}, a solution:\n\n```python\n{self.solution_code}\n```"))

    def _verdict(self, answer) -> tuple[str, str]:
        if answer is None or answer is ...:
            return "not attempted", f"Replace the `...` of `{self.answer_name}` and run the cell again."
        try:
            return "correct", self.judge(answer)
        except NotAttempted:
            return "not attempted", f"Fill in `{self.answer_name}`: so far it returns nothing."
        except NotYet as reason:
            return "not yet", str(reason)
        except Exception as error:
            return "not yet", f"Your answer raised `{type(error).__name__}: {error}`."


class NotAttempted(Exception):
    """The stub is still as the chapter gave it."""


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
    if result is None or result is ...:
        raise NotAttempted
    return result


def _show(text: str) -> None:
    display({"text/plain": text, "text/markdown": text}, raw=True)
