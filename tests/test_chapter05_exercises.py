"""The exercises of chapter 5: a wrong answer hears what is wrong about it."""

import math

from aeutils.exercises import chapter05
from answers import refused
import numpy as np
import pytest
from scipy.linalg import subspace_angles


def rows_of(images, k):
    return np.linalg.svd(images - images.mean(0), full_matrices=False)[2][:k]


def test_the_sign_of_a_component_is_free():
    assert chapter05.fit_pca.check(lambda x, k: (x.mean(0), -rows_of(x, k))) == "correct"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda x, k: rows_of(x, k)[0], "Expected a pair"),
        (lambda x, k: (x.mean(), rows_of(x, k)), "should be (12,), got ()"),
        (lambda x, k: (np.median(x, axis=0), rows_of(x, k)), "not the mean of the images"),
        (lambda x, k: (x.mean(0), rows_of(x, k).T), "looks turned round"),
        (lambda x, k: (x.mean(0), rows_of(x, 12)), "got (12, 12)"),
        (lambda x, k: (x.mean(0), 2 * rows_of(x, k)), "has length 1"),
        (lambda x, k: (x.mean(0), np.linalg.svd(x, full_matrices=False)[2][:k]), "take the mean off"),
        (lambda x, k: (x.mean(0), rows_of(x, 12)[::-1][:k]), "in order?"),
        (7, "Expected a function"),
    ],
)
def test_wrong_pca(answer, words, capsys):
    refused(chapter05.fit_pca, answer, words, capsys)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda a, b: subspace_angles(a, b).max(), "in radians"),
        (lambda a, b: np.degrees(subspace_angles(a, b).min()), "the smallest angle"),
        (lambda a, b: math.nan, "may exceed 1 by rounding"),
        (lambda a, b: 90.0, "the columns orthonormal first"),
    ],
)
def test_wrong_angles(answer, words, capsys):
    refused(chapter05.largest_principal_angle, answer, words, capsys)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda *sizes: 2, "the first still takes more"),
        (lambda *sizes: 3, "got 3, expected 0"),
        (lambda a, m, b, n: -1 if m < n else 3, "no fewer than 0 images"),
        (lambda a, m, b, n: 0 if m < n else 3, "never takes fewer bytes"),
    ],
)
def test_wrong_break_even(answer, words, capsys):
    refused(chapter05.break_even_images, answer, words, capsys)
