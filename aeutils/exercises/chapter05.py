"""Exercises of chapter 5, "PCA comparison"."""

import math

from aeutils.exercises.base import Exercise, NotYet, call
import numpy as np
from scipy.linalg import subspace_angles


def _judge_fit_pca(fit_pca) -> str:
    generator = np.random.default_rng(0)
    images = generator.normal(size=(60, 12)) * np.linspace(3, 0.5, 12) + np.linspace(-2, 5, 12)
    seen = call(fit_pca, images.copy(), 4)
    if not isinstance(seen, tuple | list) or len(seen) != 2:
        raise NotYet(f"Expected a pair `(mean, components)`, got {type(seen).__name__}.")
    mean, components = (np.asarray(part) for part in seen)
    if mean.shape != (12,):
        raise NotYet(f"The mean of images (60, 12) should be (12,), got {mean.shape}: average over axis 0.")
    if not np.allclose(mean, images.mean(axis=0)):
        raise NotYet("The mean is not the mean of the images: average over axis 0.")
    if components.shape != (4, 12):
        reason = " One row a component: it looks turned round." if components.shape == (12, 4) else ""
        raise NotYet(f"Expected components (4, 12), got {components.shape}.{reason}")
    expected = np.linalg.svd(images - mean, full_matrices=False)[2][:4]
    if not np.allclose(np.linalg.norm(components, axis=1), 1):
        raise NotYet("A component has length 1: take the rows of the last matrix of the decomposition alone.")
    cosines = np.abs((components * expected).sum(axis=1))
    if np.allclose(cosines, 1):
        return "Mean and components are PCA's, up to the sign."
    uncentred = np.linalg.svd(images, full_matrices=False)[2][:4]
    if np.allclose(np.abs((components * uncentred).sum(axis=1)), 1):
        raise NotYet("These are the directions from zero: take the mean off the images first.")
    raise NotYet(
        f"The cosines between your components and the expected ones are {cosines.round(2)}, expected 1 each. "
        f"Are they those with the largest singular values, in order?"
    )


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
        expected = math.degrees(subspace_angles(one, other).max())
        seen = float(call(largest_principal_angle, one.copy(), other.copy()))
        if math.isclose(seen, expected, rel_tol=1e-3, abs_tol=0.01):
            continue
        reason = ""
        if math.isnan(seen):
            reason = " A cosine may exceed 1 by rounding: cut it off with `np.clip`."
        elif math.isclose(seen, math.radians(expected), rel_tol=1e-3, abs_tol=1e-4):
            reason = " That is in radians."
        elif math.isclose(seen, math.degrees(subspace_angles(one, other).min()), rel_tol=1e-3, abs_tol=0.01):
            reason = " That is the smallest angle: the largest belongs to the smallest singular value."
        raise NotYet(
            f"For {what}: got {seen:.3f} degrees, expected {expected:.3f}.{reason} "
            f"Did you make the columns orthonormal first?"
        )
    return "The space counts, not the columns that span it."


def _judge_break_even_images(break_even_images) -> str:
    for sizes, expected in (
        ((120, 1000, 400, 200), 3),
        ((120, 1000, 400, 440), 3),
        ((100, 100, 200, 300), 0),
        ((400, 500, 120, 200), math.inf),
        ((120, 300, 120, 300), math.inf),
        ((120, 200, 120, 300), 0),
        ((120, 300, 120, 200), math.inf),
    ):
        seen = call(break_even_images, *sizes)
        if seen == expected:
            continue
        code_a, model_a, code_b, model_b = sizes
        reason = ""
        if expected == 3 and seen == 2:
            reason = " With 2 images they are equal or the first still takes more: fewer bytes are asked for."
        elif expected == 0 and math.isfinite(seen) and seen < 0:
            reason = " There are no fewer than 0 images."
        elif math.isinf(expected):
            reason = " The first never takes fewer bytes."
        raise NotYet(
            f"For codes of {code_a} and {code_b} bytes and models of {model_a} and {model_b}: "
            f"got {seen!r}, expected {expected}.{reason}"
        )
    return "Ties, models that are smaller from the start and models that never pay are all right."


fit_pca = Exercise(
    "Exercise 5.1",
    _judge_fit_pca,
    hints=(
        "PCA looks at how images differ from their mean.",
        "`np.linalg.svd(centred, full_matrices=False)` gives three arrays, the values in falling order.",
        "The rows of the third array are the components: take the first `k`.",
    ),
    solution="""
import numpy as np


def fit_pca(images, k):
    mean = images.mean(axis=0)
    _, _, rows = np.linalg.svd(images - mean, full_matrices=False)
    return mean, rows[:k]
""",
    answer_name="fit_pca",
)

largest_principal_angle = Exercise(
    "Exercise 5.2",
    _judge_largest_principal_angle,
    hints=(
        "Replace the columns by an orthonormal basis of the same space: `np.linalg.qr`.",
        "For orthonormal bases Q and P, the singular values of `Q.T @ P` are the cosines of the angles.",
        "The largest angle has the smallest cosine; clip it to [-1, 1], then `np.degrees(np.arccos(...))`.",
    ),
    solution="""
import numpy as np


def largest_principal_angle(a, b):
    q, p = np.linalg.qr(a)[0], np.linalg.qr(b)[0]
    cosines = np.linalg.svd(q.T @ p, compute_uv=False)
    return np.degrees(np.arccos(np.clip(cosines.min(), -1, 1)))
""",
    answer_name="largest_principal_angle",
)

break_even_images = Exercise(
    "Exercise 5.3",
    _judge_break_even_images,
    hints=(
        "With n images the first takes `n * code_a + model_a` bytes.",
        "A smaller first model needs no image at all. Else, if its codes are not smaller, none will do.",
        "Else n must exceed `(model_a - model_b) / (code_b - code_a)`: the next whole number.",
    ),
    solution="""
def break_even_images(code_a, model_a, code_b, model_b):
    if model_a < model_b:
        return 0
    if code_a >= code_b:
        return float("inf")
    return (model_a - model_b) // (code_b - code_a) + 1
""",
    answer_name="break_even_images",
)
