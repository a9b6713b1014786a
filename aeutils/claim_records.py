"""What a claim leaves behind for programs: its numbers as data, and the same numbers in words."""

from collections.abc import Mapping
import math

import numpy as np

CLAIM_MIME = "application/vnd.aeutils.claim+json"
_DIGITS = 6  # significant ones that are stored: more would differ from machine to machine

Numbers = dict[str, dict[str, int | float]]


def checked_numbers(numbers: Mapping | None) -> Numbers:
    """Return named numbers as `{quantity: {name: number}}`, floats rounded to six significant digits.

    Args:
        numbers: `{name: number}`, all of one quantity, which is then called "", or
            `{quantity: {name: number}}`.

    Raises:
        ValueError: for anything else, for what is no number, or not finite.
    """
    if numbers is None:
        return {}
    if not isinstance(numbers, Mapping):
        raise ValueError(
            f"numbers must be named, such as {{'PCA-30': 13.87}}, got {type(numbers).__name__}: "
            f"pass a dictionary from names to numbers"
        )
    nested = [isinstance(value, Mapping) for value in numbers.values()]
    if any(nested) and not all(nested):
        raise ValueError(
            f"numbers must be all named alike, got {list(numbers)}, of which some are dictionaries: "
            f"give each quantity a dictionary, {{'squared error': {{'PCA-30': 13.87}}, ...}}"
        )
    by_quantity = numbers if any(nested) else {"": numbers} if numbers else {}
    return {
        _checked_name(quantity, may_be_empty=not any(nested)): {
            _checked_name(name): _checked_number(name, value) for name, value in of_quantity.items()
        }
        for quantity, of_quantity in by_quantity.items()
    }


def as_pairs(numbers: Numbers) -> list:
    """Return numbers as `[[quantity, [[name, number], ...]], ...]`: a notebook's file sorts the names of a
    dictionary, and the author's order would be lost."""
    return [[quantity, [list(pair) for pair in named.items()]] for quantity, named in numbers.items()]


def from_pairs(pairs: list) -> Numbers:
    """Return what `as_pairs` was given."""
    return {quantity: dict(named) for quantity, named in pairs}


def numbers_in_words(numbers: Numbers) -> str:
    """Return such as "PCA-30 13.87, network 2.27", or "error: PCA-30 13.87; bits: PCA-30 960"."""
    parts = []
    for quantity, of_quantity in numbers.items():
        words = ", ".join(f"{name} {number_in_words(value)}" for name, value in of_quantity.items())
        parts.append(f"{quantity}: {words}" if quantity else words)
    return "; ".join(parts)


def number_in_words(value: int | float) -> str:
    """Return such as 13.87, an integer and what is 1,000 or more without decimals, 0.0864 for small ones."""
    size = abs(value)
    if isinstance(value, int) or size >= 1000:
        return f"{value:,.0f}"
    if size >= 1 or value == 0:
        return f"{value:.2f}"
    return f"{value:#.3g}"


def _checked_name(name, may_be_empty: bool = False) -> str:
    if not isinstance(name, str) or not (name or may_be_empty):
        raise ValueError(f"the names of numbers must be text, got {name!r}: say what was measured")
    return name


def _checked_number(name: str, value) -> int | float:
    array = np.asarray(value)
    if array.shape != () or array.dtype.kind not in "iuf":
        raise ValueError(
            f"{name!r} must be one number, got {value!r}: reduce it, or name each of its numbers"
        )
    number = array.item()
    if not math.isfinite(number):
        raise ValueError(f"{name!r} must be a finite number, got {number}: find where it arises")
    return number if isinstance(number, int) else float(f"{number:.{_DIGITS}g}")
