"""The exercises of chapter 9: a wrong answer hears what is wrong about it."""

from aeutils.exercises import chapter09
import numpy as np
import pytest

from tests.package.answers import refused

pytestmark = pytest.mark.any_backend


def living(codes):
    return codes[:, (codes != 0).any(axis=0)]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda c: (c == 0).mean(), "zeros of dead units"),
        (lambda c: 100 * (living(c) == 0).mean(), "in per cent"),
        (lambda c: (living(c) != 0).mean(), "not zero"),
        (lambda c: (c[(c != 0).any(axis=1)] == 0).mean(), "units are the columns"),
        (lambda c: (c[:, c.sum(axis=0) > 0] == 0).mean(), "add up to 0 or less"),
        (lambda c: (living(c) <= 0).mean(), "negative numbers"),
        (lambda c: (living(c) == 0).sum(), "a number of zeros"),
        (lambda c: (living(c) == 0).sum() / c.size, "divides the living units' zeros by all"),
        (lambda c: (living(c) == 0).mean(axis=0), "Expected one number"),
    ],
)
def test_wrong_zeros(answer, words, capsys):
    refused(chapter09.living_zeros, answer, words, capsys)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda c, k: c >= np.sort(c, axis=1)[:, -k, None], "keep their values"),
        (lambda c, k: np.where(c <= np.sort(c, axis=1)[:, k - 1, None], c, 0), "the k smallest"),
        (lambda c, k: np.where(c > np.sort(c, axis=1)[:, -k, None], c, 0), "only k - 1"),
        (lambda c, k: 2 * np.where(c >= np.sort(c, axis=1)[:, -k - 1, None], c, 0), "not the right numbers"),
        (
            lambda c, k: np.where(np.abs(c) >= np.sort(np.abs(c), axis=1)[:, -k, None], c, 0),
            "a large negative number",
        ),
        (lambda c, k: np.where(c >= np.sort(c, axis=0)[-k, None], c, 0), "sort along axis 1"),
        (lambda c, k: np.where(c >= np.sort(c, axis=None)[-k], c, 0), "of each image are asked for"),
        (lambda c, k: np.sort(c, axis=1)[:, -k:], "The shape has to stay"),
    ],
)
def test_wrong_rule(answer, words, capsys):
    refused(chapter09.k_sparse, answer, words, capsys)


def codes_of(w, b, x):
    return np.tanh(x @ w + b)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda w, b, x: np.sqrt(chapter09._tanh_slope(w, b, x)), "That is the root"),
        (lambda w, b, x: len(x) * chapter09._tanh_slope(w, b, x), "take the mean"),
        (
            lambda w, b, x: ((codes_of(w, b, x) * (1 - codes_of(w, b, x))) ** 2 @ (w**2).sum(axis=0)).mean(),
            "the slope of a sigmoid",
        ),
        (lambda w, b, x: ((1 - codes_of(w, b, x) ** 2) @ (w**2).sum(axis=0)).mean(), "has to be squared"),
        (lambda w, b, x: chapter09._tanh_slope(w, 0, x), "left out the bias"),
        (lambda w, b, x: (w**2).sum(), "Did you take tanh off"),
        (lambda w, b, x: chapter09._tanh_slope(w, b, x) / w.shape[1], "averaged over the units"),
    ],
)
def test_wrong_slope(answer, words, capsys):
    refused(chapter09.tanh_slope, answer, words, capsys)


def test_the_solution_is_the_jacobian_s_norm():
    draw = np.random.default_rng(0)
    kernel, bias, x = draw.normal(size=(6, 3)), draw.normal(size=3), draw.random((4, 6))
    step, squares = 1e-6, 0.0
    for pixel in np.eye(6):
        up, down = (codes_of(kernel, bias, x + sign * step * pixel) for sign in (1, -1))
        squares += (((up - down) / (2 * step)) ** 2).sum(axis=1).mean()
    assert chapter09._tanh_slope(kernel, bias, x) == pytest.approx(squares, rel=1e-6)
