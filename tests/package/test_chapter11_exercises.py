"""The exercises of chapter 11: a wrong answer hears what is wrong about it."""

from aeutils.exercises import chapter11
import numpy as np
import pytest

from tests.package.answers import refused

pytestmark = pytest.mark.any_backend


def cost(logits, label):
    return np.mean(np.logaddexp(0, logits) - label * logits)


def naive(logits, label):
    p = 1 / (1 + np.exp(-logits))
    return -np.mean(label * np.log(p) + (1 - label) * np.log(1 - p))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda r, d: cost(r, 1) + cost(d, 0), "Expected a pair"),
        (lambda r, d: (cost(d, 1), cost(r, 1) + cost(d, 0)), "The pair is the other way round"),
        (lambda r, d: (cost(r, 0) + cost(d, 1), cost(d, 1)), "labels turned round"),
        (lambda r, d: (len(r) * (cost(r, 1) + cost(d, 0)), cost(d, 1)), "a sum over the images"),
        (lambda r, d: ((cost(r, 1) + cost(d, 0)) / 2, cost(d, 1)), "That is half of it"),
        (lambda r, d: (-cost(r, 1) - cost(d, 0), cost(d, 1)), "the opposite sign"),
        (lambda r, d: (cost(r, 1) + cost(d, 0), -cost(d, 0)), "its gradient vanishes"),
        (lambda r, d: (cost(r, 1) + cost(d, 0), cost(d, 0)), "the generator wants label 1"),
        (lambda r, d: (cost(r, 1) + cost(d, 0), cost(r, 0) + cost(d, 1)), "no business of the generator's"),
        (lambda r, d: (naive(r, 1) + naive(d, 0), naive(d, 1)), "too large for a float"),
    ],
)
def test_wrong_losses(answer, words, capsys):
    refused(chapter11.gan_losses, answer, words, capsys)


def entropy(counts):
    shares = counts[counts > 0] / counts.sum()
    return -np.sum(shares * np.log(shares))


def with_zeros(counts):
    shares = counts / counts.sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.exp(-np.sum(shares * np.log(shares)))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (with_zeros, "leave out the empty classes"),
        (entropy, "the entropy itself, in nats"),
        (lambda counts: entropy(counts) / np.log(2), "the entropy in bits"),
        (lambda counts: 2 ** entropy(counts), "an entropy in nats"),
        (lambda counts: (counts > 0).sum(), "however rare"),
        (lambda counts: counts.sum() ** 2 / np.square(counts).sum(), "squared shares"),
        (lambda counts: np.exp(-entropy(counts)), "*minus* the sum"),
    ],
)
def test_wrong_counts_of_classes(answer, words, capsys):
    refused(chapter11.effective_classes, answer, words, capsys)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda codes, errors: codes, "pick the start of each image"),
        (lambda codes, errors: codes[errors.argmin(axis=0)], "takes whole starts"),
        (lambda codes, errors: errors.argmin(axis=0), "numbers of the starts"),
        (
            lambda codes, errors: np.take_along_axis(codes, errors.argmin(axis=0)[None, :, None], 0),
            "The first axis is still there",
        ),
        (lambda codes, errors: codes[errors.argmax(axis=0), np.arange(7)], "the largest errors"),
        (lambda codes, errors: codes[errors.mean(axis=1).argmin()], "best on average"),
        (lambda codes, errors: codes.mean(axis=0), "the mean over the starts"),
        (lambda codes, errors: codes[0] + 1, "not the codes of the smallest errors"),
    ],
)
def test_wrong_codes(answer, words, capsys):
    refused(chapter11.best_codes, answer, words, capsys)
