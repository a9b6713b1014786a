"""The exercises of chapter 5: a wrong answer hears what is wrong about it."""

import math

from aeutils.exercises import chapter05
import numpy as np
import pytest
from scipy.linalg import subspace_angles

from tests.package.answers import refused

pytestmark = pytest.mark.any_backend


def rows_of(images, k):
    return np.linalg.svd(images - images.mean(0), full_matrices=False)[2][:k]


def test_the_sign_of_a_component_is_free():
    assert chapter05.fit_pca.check(lambda x, k: (x.mean(0), -rows_of(x, k))) == "correct"


def centred_in_place(x, k):
    x -= x.mean(0)
    return x.mean(0), rows_of(x, k)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda x, k: rows_of(x, k)[0], "Expected a pair"),
        (lambda x, k: (rows_of(x, k), x.mean(0)), "The pair is the other way round"),
        (centred_in_place, "The mean is 0 at each pixel"),
        (centred_in_place, "It also changes what it is given, in place"),
        (lambda x, k: (x.mean(), rows_of(x, k)), "should be (12,), got ()"),
        (lambda x, k: (np.median(x, axis=0), rows_of(x, k)), "not the mean of the images"),
        (lambda x, k: (x.mean(0), rows_of(x, k).T), "looks turned round"),
        (lambda x, k: (x.mean(0), rows_of(x, 12)), "got (12, 12)"),
        (lambda x, k: (x.mean(0), 2 * rows_of(x, k)), "has length 1"),
        (lambda x, k: (x.mean(0), np.linalg.svd(x, full_matrices=False)[2][:k]), "take the mean off"),
        (lambda x, k: (x.mean(0), rows_of(x, 12)[::-1][:k]), "directions of least variance"),
        (lambda x, k: (x.mean(0), rows_of(x, 12)[3:][:k]), "in order?"),
        (lambda x, k: (x.mean(0), np.linalg.svd(x - x.mean(0))[0][:, :k].T), "take the other matrix"),
        (7, "Expected a function"),
    ],
)
def test_wrong_pca(answer, words, capsys):
    refused(chapter05.fit_pca, answer, words, capsys)


def without_basis(a, b):
    cosines = np.linalg.svd(a.T @ b, compute_uv=False)
    return np.degrees(np.arccos(np.clip(cosines.min(), -1, 1)))


def with_unit_columns(a, b):
    return without_basis(a / np.linalg.norm(a, axis=0), b / np.linalg.norm(b, axis=0))


def not_clipped(a, b):
    """The right angle, but as if its cosine always came out a little too large for spaces that are one."""
    angle = np.degrees(subspace_angles(a, b).max())
    return angle if angle > 0.01 else math.nan


def neither(a, b):
    with np.errstate(invalid="ignore"):
        return np.degrees(np.arccos(np.linalg.svd(a.T @ b, compute_uv=False).min()))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda a, b: subspace_angles(a, b).max(), "in radians"),
        (lambda a, b: np.degrees(subspace_angles(a, b).min()), "the smallest angle"),
        (not_clipped, "may exceed 1 by rounding"),
        (neither, "These columns are not orthonormal"),
        (lambda a, b: np.cos(subspace_angles(a, b).max()), "That is its cosine"),
        (lambda a, b: np.degrees(subspace_angles(a, b)), "got shape (3,): the largest of the angles"),
        (without_basis, "You took the columns as they are"),
        (with_unit_columns, "You took the columns as they are"),
        (lambda a, b: 45.0, "Did you make the columns orthonormal first?"),
    ],
)
def test_wrong_angles(answer, words, capsys):
    refused(chapter05.largest_principal_angle, answer, words, capsys)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda *sizes: 2, "the first still takes more"),
        (lambda *sizes: 3, "got 3, expected 0"),
        (lambda a, m, b, n: (m - n) / (b - a), "no parts of an image"),
        (lambda a, m, b, n: 0 if m < n else max(math.floor((m - n) / (b - a)) + 1, 0), "never takes fewer"),
        (lambda a, m, b, n: 0 if m < n else math.inf if a > b else (m - n) // (b - a) + 1, "divides by 0"),
        (lambda a, m, b, n: -1 if m < n else 3, "no fewer than 0 images"),
        (lambda a, m, b, n: 0 if m < n else 3, "never takes fewer bytes"),
    ],
)
def test_wrong_break_even(answer, words, capsys):
    refused(chapter05.break_even_images, answer, words, capsys)
