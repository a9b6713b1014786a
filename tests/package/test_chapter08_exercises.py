"""The exercises of chapter 8: a wrong answer hears what is wrong about it."""

import math

from aeutils.exercises import chapter08
import numpy as np
import pytest

from tests.package.answers import refused

pytestmark = pytest.mark.any_backend


def right_for(padding, other):
    """An answer that is right for one padding, and `other` for the rest."""
    return lambda side, k, s, p: chapter08._conv_side(side, k, s, p) if p == padding else other(side, k, s)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda side, k, s, p: side / s if p == "same" else (side - k) // s + 1, "Sides are whole numbers"),
        (lambda side, k, s, p: side // s if p == "same" else (side - k) // s + 1, "round up"),
        (right_for("same", lambda side, k, s: (side - k) // s), "first place counts"),
        (right_for("same", lambda side, k, s: side // s), "The filter has to fit in"),
        (right_for("valid", lambda side, k, s: (side - k) // s + 1), "for the other padding"),
        (right_for("valid", lambda side, k, s: round(side / s)), "For a side of"),
        (right_for("same", lambda side, k, s: side - k + 1), "The stride divides"),
        (lambda *layer: [14, 14], "Expected one number"),
    ],
)
def test_wrong_sides(answer, words, capsys):
    refused(chapter08.conv_side, answer, words, capsys)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda m, n: m * n / (m + n), "round down"),
        (lambda m, n: m * n // (m + n), "equally many"),
        (lambda m, n: math.ceil(m * n / (m + n)), "One more would take more"),
        (lambda m, n: min(m, n), "the highest rank"),
        (lambda m, n: n - 1, "Two factors are stored"),
        (lambda m, n: 1, "a larger rank"),
    ],
)
def test_wrong_ranks(answer, words, capsys):
    refused(chapter08.largest_saving_rank, answer, words, capsys)


def mask_of(signals, lengths):
    return np.arange(signals.shape[1]) < lengths[:, None]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda x, y, n: ((x - y) ** 2).mean(), "counts the padding"),
        (lambda x, y, n: ((x - y) ** 2 * mask_of(x, n)).mean(), "still in the number of steps"),
        (lambda x, y, n: (((x - y) ** 2 * mask_of(x, n)).sum(1) / n).mean(), "of each one's mean"),
        (lambda x, y, n: ((x - y) ** 2 * mask_of(x, n)).sum(), "That is a sum"),
        (lambda x, y, n: ((x - y) ** 2 * mask_of(x, n)).sum(1).mean(), "the error a signal"),
        (lambda x, y, n: ((x - y) ** 2)[mask_of(x, n + 1)].mean(), "one step too long"),
        (lambda x, y, n: ((x - y) ** 2)[x != 0].mean(), "the lengths give the mask"),
        (lambda x, y, n: np.abs(x - y)[mask_of(x, n)].mean(), "the absolute error"),
        (lambda x, y, n: (x - y) ** 2, "Expected one number"),
    ],
)
def test_wrong_masks(answer, words, capsys):
    refused(chapter08.masked_error, answer, words, capsys)
