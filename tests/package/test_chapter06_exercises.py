"""The exercises of chapter 6: a wrong answer hears what is wrong about it."""

from aeutils.exercises import chapter06
import numpy as np
import pytest

from tests.package.answers import refused, solution

pytestmark = pytest.mark.any_backend


def error_of_mean(values):
    return values.std(ddof=1) / np.sqrt(len(values))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda a, b: b.mean() - a.mean(), "Expected a pair"),
        (lambda a, b: (a.mean() - b.mean(), 1.0), "wrong sign"),
        (lambda a, b: (b.mean(), 1.0), "The gap is"),
        (lambda a, b: (b.mean() - a.mean(), error_of_mean(a) + error_of_mean(b)), "the variances add up"),
        (lambda a, b: (b.mean() - a.mean(), error_of_mean(a) ** 2 + error_of_mean(b) ** 2), "its square"),
        (lambda a, b: (b.mean() - a.mean(), np.hypot(a.std(), b.std())), "spread of single images"),
        (lambda a, b: (b.mean() - a.mean(), 0.0), "The gap is right"),
    ],
)
def test_wrong_gaps(answer, words, capsys):
    refused(chapter06.gap_and_error, answer, words, capsys)


NEAREST = solution(chapter06.nearest_training_image)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda a, b: NEAREST(a, b)[0], "Expected a pair"),
        (lambda a, b: NEAREST(b, a), "should be (7,), got (30,)"),
        (lambda a, b: (np.zeros(7, int), NEAREST(a, b)[1]), "Got the places"),
        (lambda a, b: (-((a[:, None] - b) ** 2).sum((2, 3))).argmin(1), "Expected a pair"),
        (lambda a, b: ((((a[:, None] - b) ** 2).sum((2, 3))).argmax(1), np.zeros(7)), "the farthest"),
        (lambda a, b: NEAREST(a, b)[::-1], "You swapped the two"),
        (lambda a, b: (NEAREST(a, b)[0], np.sqrt(NEAREST(a, b)[1])), "You took the root"),
        (lambda a, b: (NEAREST(a, b)[0], NEAREST(a, b)[1] / 784), "the mean over the pixels"),
        (lambda a, b: (NEAREST(a, b)[0], np.zeros(7)), "The places are right"),
    ],
)
def test_wrong_neighbours(answer, words, capsys):
    refused(chapter06.nearest_training_image, answer, words, capsys)


def squares(weights):
    return sum((w**2).sum() for w in weights)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda w, s: s * squares(w), "Expected a pair"),
        (lambda w, s: (squares(w), w), "Multiply by the strength"),
        (lambda w, s: (s * sum(np.abs(w_).sum() for w_ in w), w), "That is L1"),
        (lambda w, s: (s * squares(w), 2 * s * sum(w_.sum() for w_ in w)), "Expected a list of gradients"),
        (lambda w, s: (s * squares(w) / 2, w), "factor of one half"),
        (lambda w, s: (0.0, w), "The penalty is 0"),
        (lambda w, s: (s * squares(w), w[:1]), "one gradient a matrix"),
        (lambda w, s: (s * squares(w), [s * each for each in w]), "derivative of w² is 2w"),
        (lambda w, s: (s * squares(w), [2 * each for each in w]), "a factor of the gradient, too"),
        (lambda w, s: (s * squares(w), [0 * each for each in w]), "not 2 λ w"),
    ],
)
def test_wrong_penalties(answer, words, capsys):
    refused(chapter06.l2_penalty, answer, words, capsys)
