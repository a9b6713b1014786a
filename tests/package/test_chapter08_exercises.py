"""The exercises of chapter 8: a wrong answer hears what is wrong about it."""

from aeutils import metrics
from aeutils.exercises import chapter08
import numpy as np
import pytest
from scipy.special import rel_entr, xlogy

from tests.package.answers import refused, solution

pytestmark = pytest.mark.any_backend

EXERCISES = [chapter08.per_image, chapter08.excess, chapter08.threshold]


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.answer_name)
def test_a_value_in_place_of_a_function(exercise, capsys):
    refused(exercise, 3.0, "Expected a function", capsys)


def test_the_solutions_agree_with_other_programs():
    generator = np.random.default_rng(1)
    images, others = generator.random((2, 5, 28, 28)).astype("float32")
    images[:, :5], others[:, 2:4] = 1, 0
    for low, high in ((0, 1), (-1, 1), (0, 255)):
        mse = np.square((high - low) * (images - others), dtype="float64").mean()
        assert solution(chapter08.per_image)(mse, low, high) == pytest.approx(
            metrics.squared_error(images, others)
        )
    expected = metrics.binary_crossentropy(images, others) - metrics.crossentropy_floor(images)
    assert solution(chapter08.excess)(images, others) == pytest.approx(expected)
    for values in (generator.random(137), generator.integers(0, 9, 50).astype(float)):
        for share in (0.0, 0.013, 0.1, 0.29, 0.5, 0.995, 1.0):
            expected = np.quantile(values, 1 - share, method="inverted_cdf")
            assert solution(chapter08.threshold)(values, share) == expected


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda mse, low, high: mse, "in the range that it came in"),
        (lambda mse, low, high: 784 * mse, "got 86.24, expected 21.56. The range is not used"),
        (lambda mse, low, high: mse / (high - low) ** 2, "the sum is asked for"),
        (lambda mse, low, high: mse / 784 / (high - low) ** 2, "not a 784th of it"),
        (lambda mse, low, high: 28 * mse / (high - low) ** 2, "28 · 28 pixels, not 28"),
        (lambda mse, low, high: 784 * mse * (high - low) ** 2, "the way back makes them smaller"),
        (lambda mse, low, high: 784 * mse / (high - low), "so the width of the range is, too"),
        (lambda mse, low, high: 784 * np.sqrt(mse) / (high - low), "the error stays squared"),
        (lambda mse, low, high: 784 * mse / high**2, "not its upper end"),
        (lambda mse, low, high: 784 * mse / max(-low, high) ** 2, "not its upper end"),
        (lambda mse, low, high: 784 * (mse - low) / (high - low), "`low` cancels"),
        (lambda mse, low, high: 784 * ((mse - low) / (high - low)) ** 2, "`low` cancels"),
        (lambda mse, low, high: 784 * mse / (high + low) ** 2, "raised `ZeroDivisionError"),
        (lambda mse, low, high: np.full(784, mse), "Expected one number, got shape (784,)"),
        (lambda mse, low, high: 15.68, "For 0.11 over pixels in [-1, 1] got 15.68, expected 21.56.\n"),
    ],
)
def test_wrong_errors_per_image(answer, words, capsys):
    refused(chapter08.per_image, answer, words, capsys)


def bce(images, drawn, clip=1e-7, log=np.log):
    drawn = np.clip(drawn.astype("float64"), clip, 1 - clip)
    return -(images * log(drawn) + (1 - images) * log(1 - drawn))


def unclipped(images, drawn):
    with np.errstate(all="ignore"):
        return -(images * np.log(drawn) + (1 - images) * np.log(1 - drawn)).mean()


def clipped_too_late(images, drawn):
    """In float32 the nearest number to 1 - 1e-8 is 1."""
    p, q = (np.clip(each, 1e-8, 1 - 1e-8) for each in (drawn, images))
    assert p.dtype == q.dtype == "float32"
    return unclipped(images, p) - unclipped(images, q)


def finite_at_0_only(images, drawn):
    with np.errstate(all="ignore"):
        return (bce(images, drawn, 0) + xlogy(images, images) + xlogy(1 - images, 1 - images)).mean()


def half(images, drawn):
    return (xlogy(images, images) - images * np.log(drawn)).mean()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda x, r: bce(x, r).mean(), "Nothing is subtracted, or 0"),
        (lambda x, r: (bce(x, x) - bce(x, r)).mean(), "wrong sign"),
        (lambda x, r: bce(x, x).mean(), "That is the lowest cross-entropy itself"),
        (lambda x, r: (bce(x, r) - bce(x, x)).sum((1, 2)).mean(), "sum over an image's pixels"),
        (lambda x, r: (bce(x, r) - bce(x, x)).sum(), "sum over all pixels"),
        (lambda x, r: (bce(x, r) - bce(x, x)).mean((1, 2)), "got shape (5,): take the mean over all pixels"),
        (lambda x, r: (bce(x, r) - bce(x, x)).mean() / np.log(2), "Those are bits"),
        (lambda x, r: bce(x, r).mean() / bce(x, x).mean(), "That is the ratio"),
        (lambda x, r: bce(x, r).mean() / bce(x, x).mean() - 1, "a difference is asked for"),
        (half, "(1 - x) goes with log(1 - x̂)"),
        (lambda x, r: (bce(x, r) - bce(r, r)).mean(), "not on what was drawn"),
        (lambda x, r: (bce(x, r) - bce(x.round(), x.round())).mean(), "grey pixels cost something"),
        (lambda x, r: bce(x, r).mean() - bce(x.mean(), x.mean()), "the lowest is reached pixel by pixel"),
        (lambda x, r: (bce(r, x) - bce(x, x)).mean(), "You swapped the two"),
        (lambda x, r: unclipped(x, r) - unclipped(x, x), "contain 0 and 1, and the logarithm of 0"),
        (clipped_too_late, "closer to 1 `float32` has only 1 itself"),
        (finite_at_0_only, "For the images in place of reconstructions got nan, expected 0. These contain"),
        (lambda x, r: (bce(x, r, 1e-3) - bce(x, x, 1e-3)).mean(), "Clipping at 0.001 already costs"),
        (lambda x, r: 784 * np.square(x - r).mean(), "nats.\n"),
    ],
)
def test_wrong_excesses(answer, words, capsys):
    refused(chapter08.excess, answer, words, capsys)


@pytest.mark.parametrize(
    "answer",
    [
        lambda x, r: (bce(x, r, 1e-12) - bce(x, x, 1e-12)).mean(),
        lambda x, r: (rel_entr(x, r) + rel_entr(1 - x, 1 - r)).mean(),
        lambda x, r: float(np.mean(bce(x, r, log=lambda p: np.log(p + 1e-8)) - bce(x, x))),
    ],
    ids=["clipped less", "as a divergence", "with a small number added"],
)
def test_other_right_excesses(answer):
    assert chapter08.excess.check(answer) == "correct"


def count(errors, share, off=0):
    """Return the error at a place counted from the share, as it is easily counted wrong."""
    return np.sort(errors)[len(errors) - 1 - round(share * len(errors)) + off]


def distinct(errors, share):
    found = np.unique(errors)
    return found[len(found) - 1 - int(share * len(found) + 1e-9)]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda e, share: e.max(), "That is the largest error"),
        (lambda e, share: np.percentile(e, 1 - share), "`np.percentile` counts from 0 to 100"),
        (lambda e, share: np.percentile(e, share), "`np.percentile` counts from 0 to 100"),
        (lambda e, share: np.quantile(e, share), "That is the other end"),
        (lambda e, share: np.sort(e)[int(share * len(e))], "That is the other end"),
        (lambda e, share: len(e) - 1 - int(share * len(e)), "That is a place among the sorted errors"),
        (lambda e, share: np.quantile(e, 1 - share), "got 19.005, expected 19. That is not one of the"),
        (lambda e, share: e.mean() + 2 * e.std(), "leave out means and interpolation"),
        (lambda e, share: e[len(e) - 1 - int(share * len(e))], "Sort the errors first"),
        (lambda e, share: np.sort(e)[len(e) - 1 - int(share * len(e))], "0.29 * 200 is 57.99999999999999"),
        (lambda e, share: np.quantile(e, 1 - share, method="higher"), "not the one that is equal to it"),
        (lambda e, share: min(t for t in e if np.mean(e >= t) <= share), "not the one that is equal to it"),
        (lambda e, share: count(e, share, -1), "Above it lie 5.5%"),
        (lambda e, share: count(e, share, 2), "A lower one keeps to the share as well"),
        (distinct, "With 40 errors, many of them alike, and a share of 0.1 got 4, expected 2."),
        (lambda e, share: np.sort(e)[::-1][: int(share * len(e))], "Expected one number, got shape (10,)"),
    ],
)
def test_wrong_thresholds(answer, words, capsys):
    refused(chapter08.threshold, answer, words, capsys)


@pytest.mark.parametrize(
    "answer",
    [
        lambda e, share: np.quantile(e, 1 - share, method="inverted_cdf"),
        lambda e, share: np.sort(e)[len(e) - 1 - int(share * len(e) + 1e-9)],
        lambda e, share: min(t for t in e if sum(e > t) / len(e) <= share),
    ],
    ids=["a quantile", "by counting", "by searching"],
)
def test_other_right_thresholds(answer):
    assert chapter08.threshold.check(answer) == "correct"
