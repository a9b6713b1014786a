"""Exercises of chapter 5, "PCA comparison"."""

import math

from aeutils.exercises.base import Exercise, NotYet, call
from aeutils.exercises.judging import expect, explain, number, pair
from aeutils.exercises.shown import picture, table
import numpy as np
from scipy.linalg import subspace_angles

TITLE = "PCA comparison"
COSTS = (
    ((120, 1000, 400, 200), 3),
    ((120, 1000, 400, 440), 3),
    ((100, 100, 200, 300), 0),
    ((400, 500, 120, 200), math.inf),
    ((120, 300, 120, 300), math.inf),
    ((120, 200, 120, 300), 0),
    ((120, 300, 120, 200), math.inf),
)


def _fit_pca(images, k):
    mean = images.mean(axis=0)
    _, _, rows = np.linalg.svd(images - mean, full_matrices=False)
    return mean, rows[:k]


def _judge_fit_pca(fit_pca) -> str:
    generator = np.random.default_rng(0)
    images = generator.normal(size=(60, 12)) * np.linspace(3, 0.5, 12) + np.linspace(-2, 5, 12)
    seen = call(fit_pca, images.copy(), 4)
    mean, components = (np.asarray(part) for part in pair(seen, "(mean, components)", type(seen).__name__))
    if mean.ndim == 2 and components.shape == (12,):
        raise NotYet("The pair is the other way round: expected `(mean, components)`, in this order.")
    if mean.shape != (12,):
        raise NotYet(f"The mean of images (60, 12) should be (12,), got {mean.shape}: average over axis 0.")
    misconceptions = {
        "The mean is 0 at each pixel, as it is once it has been taken off: expected that of the images "
        "as they came.": np.zeros(12),
        "The mean is not the mean of the images: average over axis 0.": True,
    }
    expect(mean, images.mean(axis=0), "", misconceptions, rtol=1e-5, atol=1e-8)
    of_images = [(60, 4), (4, 60)]
    misconceptions = {
        "One row a component: it looks turned round.": (12, 4),
        "Those have one number an image; components have one a pixel: take the other matrix.": of_images,
    }
    report = f"Expected components (4, 12), got {components.shape}."
    expect(components.shape, (4, 12), report, misconceptions)
    if not np.allclose(np.linalg.norm(components, axis=1), 1):
        raise NotYet("A component has length 1: take the rows of the last matrix of the decomposition alone.")
    directions = np.linalg.svd(images - mean, full_matrices=False)[2]
    cosines = _cosines(components, directions[:4])
    uncentred = np.linalg.svd(images, full_matrices=False)[2]
    from_zero = np.allclose(_cosines(components, uncentred[:4]), 1)
    weakest = np.allclose(_cosines(components, directions[::-1][:4]), 1)
    misconceptions = {
        "These are the directions from zero: take the mean off the images first.": from_zero,
        "These are the directions of least variance: the largest singular value comes first.": weakest,
        f"The cosines between your components and the expected ones are {cosines.round(2)}, expected 1 each. "
        f"Are they those with the largest singular values, in order?": True,
    }
    expect(cosines, np.ones(4), "", misconceptions, rtol=1e-5)
    return "Mean and components are PCA's, up to the sign."


def _cosines(components: np.ndarray, others: np.ndarray) -> np.ndarray:
    return np.abs((components * others).sum(axis=1))


def _show_fit_pca(fit_pca) -> dict:
    cloud = np.random.default_rng(3).normal(size=(200, 2)) * (3, 1) @ [[0.8, 0.6], [-0.6, 0.8]] + (4, 2)
    mean, components = (np.asarray(part) for part in fit_pca(cloud.copy(), 2))
    rows = np.linalg.svd(cloud - cloud.mean(axis=0), full_matrices=False)[2]

    def draw(figure):
        ax = figure.subplots()
        ax.plot(*cloud.T, ".", color="gray", markersize=3)
        for row in rows:
            ax.axline(cloud.mean(axis=0), cloud.mean(axis=0) + row, color="black", linestyle=":")
        for i, row in enumerate(components):
            ax.plot(*np.transpose([mean, mean + 2 * row]), linewidth=3, label=f"component {i + 1}, doubled")
        ax.set(aspect="equal", title="fit_pca; dotted: the expected axes")
        ax.legend(fontsize="small", loc="upper left", bbox_to_anchor=(1, 1))

    words = "a long cloud of points, the first component along it and the second at right angles to it"
    return picture(draw, words, (6, 3))


fit_pca = Exercise(
    "Exercise 5.1",
    _judge_fit_pca,
    hints=(
        "PCA looks at how images differ from their mean.",
        "`np.linalg.svd(centred, full_matrices=False)` gives three arrays, the values in falling order.",
        "The rows of the third array are the components: the first `k` are asked for, after the mean.",
    ),
    solution=_fit_pca,
    asks="PCA by hand",
    shows=_show_fit_pca,
)


def _largest_principal_angle(a, b):
    q, p = np.linalg.qr(a)[0], np.linalg.qr(b)[0]
    cosines = np.linalg.svd(q.T @ p, compute_uv=False)
    return np.degrees(np.arccos(np.clip(cosines.min(), -1, 1)))


def _judge_largest_principal_angle(largest_principal_angle) -> str:
    generator = np.random.default_rng(1)
    a = generator.normal(size=(20, 3))
    turned = a @ generator.normal(size=(3, 3))
    b = generator.normal(size=(20, 3))
    for one, other, what in (
        (a, turned, "two matrices that span the same space"),
        (a, b, "two random spaces"),
        (5 * a[:, :2], a[:, 1:], "two planes with a line in common"),
    ):
        angles = np.degrees(subspace_angles(one, other))
        expected = angles.max()
        seen = float(number(call(largest_principal_angle, one, other), "the largest of the angles"))
        not_orthonormal = math.isnan(seen) and math.isnan(_angle_of_long_columns(largest_principal_angle))
        misconceptions = {
            "These columns are not orthonormal, so their products are no cosines and may exceed 1: "
            "make them orthonormal first (`np.linalg.qr`).": not_orthonormal,
            "A cosine may exceed 1 by rounding: cut it off with `np.clip`.": math.nan,
            "That is in radians.": math.radians(expected),
            "That is the smallest angle: the largest belongs to the smallest singular value.": angles.min(),
            "That is its cosine.": math.cos(math.radians(expected)),
            "You took the columns as they are, but they are not at right angles or not of length 1: "
            "make them orthonormal first.": [_skewed_angle(one, other, scaled) for scaled in (False, True)],
            "Did you make the columns orthonormal first?": True,
        }
        report = f"For {what}: got {seen:.3f} degrees, expected {expected:.3f}."
        if not math.isclose(seen, expected, rel_tol=1e-3, abs_tol=0.01):
            raise NotYet(report + explain(seen, misconceptions, rtol=1e-4))
    return "The space counts, not the columns that span it."


def _angle_of_long_columns(largest_principal_angle) -> float:
    """Return the answer for two lines 60 degrees apart; it is nan if their lengths are left as they are."""
    lines = np.array([[5.0], [0.0]]), 5 * np.array([[0.5], [math.sqrt(0.75)]])
    return float(call(largest_principal_angle, *lines))


def _skewed_angle(a, b, scaled: bool) -> float:
    """Return the angle that comes out without an orthonormal basis, or with columns scaled to length 1."""
    if scaled:
        a, b = (matrix / np.linalg.norm(matrix, axis=0) for matrix in (a, b))
    cosines = np.linalg.svd(a.T @ b, compute_uv=False)
    return math.degrees(math.acos(np.clip(cosines.min(), -1, 1)))


def _show_largest_principal_angle(largest_principal_angle) -> dict:
    floor, rows = np.eye(3)[:, :2], []
    for degrees in (0, 30, 90):
        t = math.radians(degrees)
        tilted = np.array([[1, 2], [0, 3 * math.cos(t)], [0, 3 * math.sin(t)]])
        what = f"the floor and a plane tilted by {degrees} degrees"
        rows.append((what, round(float(largest_principal_angle(floor, tilted)), 3) + 0.0, float(degrees)))
    return table(("planes in space, spanned by skewed columns", "largest_principal_angle", "expected"), rows)


largest_principal_angle = Exercise(
    "Exercise 5.2",
    _judge_largest_principal_angle,
    hints=(
        "Replace the columns by an orthonormal basis of the same space: `np.linalg.qr`.",
        "For orthonormal bases Q and P, the singular values of `Q.T @ P` are the cosines of the angles.",
        "The largest angle has the smallest cosine; clip it to [-1, 1], then `np.degrees(np.arccos(...))`.",
    ),
    solution=_largest_principal_angle,
    asks="the angle between two spaces",
    shows=_show_largest_principal_angle,
)


def _break_even_images(code_a, model_a, code_b, model_b):
    if model_a < model_b:
        return 0
    if code_a >= code_b:
        return float("inf")
    return (model_a - model_b) // (code_b - code_a) + 1


def _judge_break_even_images(break_even_images) -> str:
    for sizes, expected in COSTS:
        try:
            seen = number(call(break_even_images, *sizes))
        except ZeroDivisionError:
            raise NotYet(
                f"For sizes {sizes} your function divides by 0: with codes of one size no number of images "
                f"changes which takes less. Expected {expected}."
            ) from None
        code_a, model_a, code_b, model_b = sizes
        has_a_part = isinstance(seen, float) and math.isfinite(seen) and seen % 1 != 0
        tie = expected == 3 and seen == 2
        misconceptions = {
            "There are no parts of an image: the next whole number.": has_a_part,
            "With 2 images they are equal or the first still takes more: fewer bytes are asked for.": tie,
            "There are no fewer than 0 images.": expected == 0 and -math.inf < seen < 0,
            "The first never takes fewer bytes.": math.isinf(expected),
        }
        report = (
            f"For codes of {code_a} and {code_b} bytes and models of {model_a} and {model_b}: "
            f"got {seen!r}, expected {expected}."
        )
        expect(seen, expected, report, misconceptions)
    return "Ties, models that are smaller from the start and models that never pay are all right."


def _show_break_even(break_even_images) -> dict:
    rows = [(*sizes, break_even_images(*sizes), expected) for sizes, expected in COSTS[:4]]
    return table(("code_a", "model_a", "code_b", "model_b", "break_even_images", "expected"), rows)


break_even_images = Exercise(
    "Exercise 5.3",
    _judge_break_even_images,
    hints=(
        "With n images the first takes `n * code_a + model_a` bytes.",
        "A smaller first model needs no image at all. Else, if its codes are not smaller, none will do.",
        "Else n must exceed `(model_a - model_b) / (code_b - code_a)`: which whole number is the next, also "
        "where this is a whole number itself?",
    ),
    solution=_break_even_images,
    asks="from how many images a model pays",
    shows=_show_break_even,
)
