"""What judges have in common: is an answer as expected, and if not, which misconception does it fit?

A misconception is a line of a table, `{the words for it: the answer that comes of it}`. What no single answer
shows has a condition in place of one, already worked out: `True` or `False`.
"""

from collections.abc import Mapping

from aeutils.exercises.base import NotYet
import numpy as np


def expect(
    seen, expected, report: str, misconceptions: Mapping, rtol: float = 0.0, atol: float = 0.0
) -> None:
    """Raise `NotYet` unless an answer is as expected.

    Args:
        seen: the answer, a number or an array.
        expected: what it should be.
        report: what was seen and what was expected, in a sentence; the words for a misconception follow it.
        misconceptions: as `explain` takes them.
        rtol, atol: tolerances, as of `numpy.isclose`. Without any, the answer has to be equal.
    """
    if not _fits(seen, expected, rtol, atol):
        raise NotYet(f"{report}{explain(seen, misconceptions, rtol, atol)}".strip())


def explain(seen, misconceptions: Mapping, rtol: float = 0.0, atol: float = 0.0) -> str:
    """Return the words for the first misconception that an answer fits, after a space; "" if it fits none.

    Args:
        misconceptions: words, each with a wrong answer, with several in a list (any of them will do), or with
            a condition, `True` or `False`. A last line with `True` is for all other answers.
    """
    for words, wrong in misconceptions.items():
        if wrong if isinstance(wrong, bool | np.bool_) else _fits(seen, wrong, rtol, atol):
            return f" {words}"
    return ""


def refuse(misconceptions: Mapping[str, bool]) -> None:
    """Raise `NotYet` with the first words whose condition holds."""
    for words, holds in misconceptions.items():
        if holds:
            raise NotYet(words)


def number(seen, advice: str = ""):
    """Return an answer that is one number; raise `NotYet`, with advice, for an array."""
    if np.ndim(seen):
        raise NotYet(f"Expected one number, got shape {np.shape(seen)}{f': {advice}' if advice else ''}.")
    return seen


def pair(seen, names: str, got: str) -> tuple | list:
    """Return an answer that is a pair, of what `names` says; else raise `NotYet` with what was got."""
    if not isinstance(seen, tuple | list) or len(seen) != 2:
        raise NotYet(f"Expected a pair `{names}`, got {got}.")
    return seen


def _fits(seen, wanted, rtol: float, atol: float) -> bool:
    """Whether an answer is the wanted one, or one of those wanted, which have an axis more."""
    own = np.ndim(seen)
    if np.shape(wanted)[np.ndim(wanted) - own :] != np.shape(seen):
        return False
    if rtol or atol:
        same = np.isclose(seen, wanted, rtol=rtol, atol=atol, equal_nan=True)
    else:
        same = np.asarray(seen) == np.asarray(wanted)
    return bool(np.all(same, axis=tuple(range(-own, 0))).any())
