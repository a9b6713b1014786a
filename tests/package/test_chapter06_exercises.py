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


DROPPED = solution(chapter06.drop_out)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda a, r, g: DROPPED(a, r, g)[0], "should be (400, 50), got (50,)"),
        (lambda a, r, g: DROPPED(a, 1 - r, g), "You kept the share"),
        (lambda a, r, g: a / (1 - r), "Nothing was dropped"),
        (lambda a, r, g: DROPPED(a, r / 2, g), "are 0, expected about 20%"),
        (lambda a, r, g: a * (g.random(a.shape[1]) >= r) / (1 - r), "same units for every image"),
        (lambda a, r, g: a * (g.random((len(a), 1)) >= r) / (1 - r), "whole images"),
        (lambda a, r, g: DROPPED(a, r, g) * (1 - r), "The rest has to grow"),
        (lambda a, r, g: DROPPED(a, r, g) * (1 - r) ** 2, "do not multiply"),
        (lambda a, r, g: DROPPED(a, r, g) * (1 - r) / r, "not by the one that is dropped"),
        (lambda a, r, g: DROPPED(a, r, g) * 3, "What is kept was multiplied"),
    ],
)
def test_wrong_dropout(answer, words, capsys):
    refused(chapter06.drop_out, answer, words, capsys)
