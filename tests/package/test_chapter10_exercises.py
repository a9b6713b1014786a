"""The exercises of chapter 10: a wrong answer hears what is wrong about it."""

from aeutils.exercises import chapter10
import numpy as np
import pytest
from scipy.special import logsumexp

from tests.package.answers import refused

pytestmark = pytest.mark.any_backend


def each_kl(m, s):
    return 0.5 * (m**2 + s**2 - 1 - 2 * np.log(s))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (each_kl, "one for each of its numbers"),
        (lambda m, s: each_kl(m, s).sum(), "keep the codes apart"),
        (lambda m, s: each_kl(m, s).sum(axis=0), "got (3,)"),
        (lambda m, s: each_kl(m, s).mean(axis=1), "the mean over the code's numbers"),
        (lambda m, s: -each_kl(m, s).sum(axis=1), "the negative"),
        (lambda m, s: 2 * each_kl(m, s).sum(axis=1), "1/2 is missing"),
        (lambda m, s: each_kl(m, np.sqrt(s)).sum(axis=1), "for the variance"),
        (lambda m, s: each_kl(m, np.exp(s / 2)).sum(axis=1), "for the logarithm of the variance"),
        (lambda m, s: (each_kl(m, s) + np.log(s) / 2).sum(axis=1), "twice as much"),
        (lambda m, s: (each_kl(m, s) + 0.5).sum(axis=1), "The -1 is missing"),
        (lambda m, s: each_kl(m, s).sum(axis=1) / np.log(2), "in bits"),
    ],
)
def test_wrong_divergence(answer, words, capsys):
    refused(chapter10.kl_divergence, answer, words, capsys)


def right_beta(a, b, n, k, w):
    return (n if a == "mean" else 1) / (k if b == "mean" else 1) / w


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda a, b, n, k, w: 1 / right_beta(a, b, n, k, w), "turned round"),
        (lambda a, b, n, k, w: right_beta("sum", b, n, k, w), "The number of pixels is missing"),
        (lambda a, b, n, k, w: right_beta(a, b, 1 / n, k, w), "larger, not smaller"),
        (lambda a, b, n, k, w: right_beta(a, "sum", n, k, w), "The code size is missing"),
        (lambda a, b, n, k, w: right_beta(a, b, n, 1 / k, w), "smaller, not larger"),
        (lambda a, b, n, k, w: right_beta(a, b, n, k, 1), "The weight of the cross-entropy is missing"),
        (lambda a, b, n, k, w: right_beta(a, b, n, k, 1 / w), "so beta is divided by it"),
        (lambda a, b, n, k, w: [right_beta(a, b, n, k, w)] * 2, "one weight for the whole loss"),
    ],
)
def test_wrong_beta(answer, words, capsys):
    refused(chapter10.effective_beta, answer, words, capsys)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda w: w.mean(axis=0), "the bound"),
        (lambda w: logsumexp(w, axis=0), "divide by the number of samples"),
        (lambda w: np.log(np.exp(w).mean(axis=0)), "take the largest logarithm off first"),
        (lambda w: w.max(axis=0), "the largest weight alone"),
        (lambda w: np.log(len(w)) - logsumexp(w, axis=0), "It is the negative"),
        (lambda w: logsumexp(w, axis=1), "samples are along axis 0"),
    ],
)
def test_wrong_likelihood(answer, words, capsys):
    refused(chapter10.log_likelihood, answer, words, capsys)


def test_the_likelihood_may_be_scipys():
    assert chapter10.log_likelihood.check(lambda w: logsumexp(w, axis=0) - np.log(len(w))) == "correct"
