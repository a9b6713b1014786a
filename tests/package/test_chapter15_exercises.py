"""The exercises of chapter 15: a wrong answer hears what is wrong about it."""

from aeutils.exercises import chapter15
import numpy as np
import pytest

from tests.package.answers import refused

pytestmark = pytest.mark.any_backend

LOG = np.log


def line(x, y):
    return np.polyfit(x, y, 1)


def wrong_sign(v, e, n):
    slope, height = line(LOG(v), LOG(e))
    return np.exp(height) * n**-slope


def height_as_it_is(v, e, n):
    slope, height = line(LOG(v), LOG(e))
    return height * n**slope


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda v, e, n: np.polyval(line(LOG(v), LOG(e)), LOG(n)), "undo it with `np.exp`"),
        (lambda v, e, n: np.polyval(line(v, e), n), "take the logarithms of both"),
        (lambda v, e, n: np.polyval(line(LOG(v), e), LOG(n)), "but not of the errors"),
        (wrong_sign, "The exponent has the wrong sign"),
        (height_as_it_is, "The height of the line is the logarithm"),
        (
            lambda v, e, n: e[0] * (n / v[0]) ** (LOG(e[-1] / e[0]) / LOG(v[-1] / v[0])),
            "leaves the others out",
        ),
        (lambda v, e, n: e, "got shape (4,)"),
        (7, "Expected a function"),
    ],
)
def test_wrong_foretelling(answer, words, capsys):
    refused(chapter15.foretell, answer, words, capsys)


def found(errors, seconds, own, budget, begun=False, which=min, at_each=True):
    ends = np.cumsum(seconds) + (own * np.arange(1, len(errors) + 1) if at_each else own)
    done = ends <= budget
    if begun:
        done = np.concatenate([[True], done[:-1]])
    inside = list(np.array(errors)[done])
    return which(inside) if inside else np.inf


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda e, s, own, b: found(e, s, 0, b), "own seconds count, too"),
        (lambda e, s, own, b: found(e, s, own, b, at_each=False), "they count at each"),
        (lambda e, s, own, b: found(e, s, own, b, begun=True), "begun but not done"),
        (lambda e, s, own, b: found(e, s, own, b, which=lambda x: x[-1]), "That is the last error"),
        (lambda e, s, own, b: min(e), "whatever the budget"),
        (lambda e, s, own, b: found(e, s, own, b) if b > 10 else 14.0, "return `np.inf`"),
        (7, "Expected a function"),
    ],
)
def test_wrong_finds(answer, words, capsys):
    refused(chapter15.found_within, answer, words, capsys)


def descend(w, b, x, z, rate, steps, factor=2.0):
    for _ in range(steps):
        z = z - rate * factor * (z @ w + b - x) @ w.T
    return z


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda w, b, x, z, r, n: descend(w, b, x, z, r, n, 1.0), "has a 2"),
        (lambda w, b, x, z, r, n: descend(w, b, x, z, r, n, -2.0), "goes uphill"),
        (lambda w, b, x, z, r, n: descend(w, b, x, z, r, 1), "Only one step"),
        (lambda w, b, x, z, r, n: descend(w, 0, x, z, r, n), "The decoder has a bias"),
        (lambda w, b, x, z, r, n: z, "the code as it came"),
        (lambda w, b, x, z, r, n: descend(w, b, x, z, r, n, 2.0 / 20), "smaller by their number"),
        (lambda w, b, x, z, r, n: descend(w, b, x, z, r, n) @ w, "A code of four numbers"),
        (7, "Expected a function"),
    ],
)
def test_wrong_codes(answer, words, capsys):
    refused(chapter15.better_code, answer, words, capsys)
