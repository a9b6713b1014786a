"""Exercises of chapter 6, "Overfitting"."""

import math

from aeutils.exercises.base import Exercise, NotYet, call
from aeutils.exercises.judging import expect, pair
from aeutils.exercises.shown import image_pairs, strokes, table
import numpy as np

TITLE = "Overfitting"


def _gap_and_error(train_errors, test_errors):
    gap = np.mean(test_errors) - np.mean(train_errors)
    variance = sum(np.var(e, ddof=1) / len(e) for e in (train_errors, test_errors))
    return gap, np.sqrt(variance)


def _judge_gap_and_error(gap_and_error) -> str:
    generator = np.random.default_rng(0)
    train_errors, test_errors = generator.gamma(3, 2, 400), generator.gamma(4, 3, 100)
    seen = call(gap_and_error, train_errors, test_errors)
    gap, error = (float(part) for part in pair(seen, "(gap, standard error)", f"{seen!r}"))
    expected = test_errors.mean() - train_errors.mean()
    report = f"The gap is {gap:.4f}, expected {expected:.4f}."
    expect(gap, expected, report, {"It has the wrong sign.": -expected}, rtol=1e-6)
    variances = [values.var(ddof=1) / len(values) for values in (train_errors, test_errors)]
    expected = math.sqrt(sum(variances))
    spread = math.hypot(train_errors.std(), test_errors.std())
    misconceptions = {
        "You added the standard errors; the variances add up.": sum(np.sqrt(variances)),
        "That is its square.": sum(variances),
        "That is the spread of single images: a mean of n is √n times as sure.": spread,
    }
    report = f"The gap is right. Its standard error is {error:.4f}, expected {expected:.4f}."
    expect(error, expected, report, misconceptions, rtol=0.02)
    return "The variances of two independent means add up."


def _show_gap_and_error(gap_and_error) -> dict:
    generator, rows = np.random.default_rng(5), []
    for n, m in ((100, 100), (100, 10_000), (10_000, 10_000)):
        train_errors, test_errors = generator.gamma(3, 2, n), generator.gamma(4, 2, m)
        gap, error = (float(number) for number in gap_and_error(train_errors, test_errors))
        expected = test_errors.mean() - train_errors.mean()
        variance = train_errors.var(ddof=1) / n + test_errors.var(ddof=1) / m
        rows.append((n, m, f"{gap:.2f} ± {error:.2f}", f"{expected:.2f} ± {math.sqrt(variance):.2f}"))
    return table(("training images", "test images", "gap_and_error", "expected"), rows)


gap_and_error = Exercise(
    "Exercise 6.1",
    _judge_gap_and_error,
    hints=(
        "The gap is a difference of two means: which one comes first?",
        "The variance of the mean of n values is their variance divided by n.",
        "The variances of independent means add up; the standard error is the root of their sum. "
        "`np.var(errors, ddof=1)` is the variance of single images.",
    ),
    solution=_gap_and_error,
    asks="a gap and its standard error",
    shows=_show_gap_and_error,
)


def _nearest_training_image(images, training_images):
    a = images.reshape(len(images), -1)
    b = training_images.reshape(len(training_images), -1)
    squares = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * a @ b.T
    return squares.argmin(axis=1), np.maximum(squares.min(axis=1), 0)


def _judge_nearest(nearest_training_image) -> str:
    generator = np.random.default_rng(1)
    training = generator.random((30, 28, 28)).astype("float32")
    images = np.concatenate([training[[7, 3]], generator.random((5, 28, 28))]).astype("float32")
    seen = call(nearest_training_image, images, training)
    both = pair(seen, "(places, squared distances)", type(seen).__name__)
    places, distances = (np.asarray(part) for part in both)
    for name, part in (("places", places), ("distances", distances)):
        if part.shape != (7,):
            raise NotYet(f"For 7 images and 30 training images the {name} should be (7,), got {part.shape}.")
    squares = np.square(images[:, None].astype("float64") - training).sum(axis=(2, 3))
    lowest = squares.min(axis=1)
    misconceptions = {
        "Those are the farthest.": squares.argmax(axis=1),
        "You swapped the two: places first.": np.allclose(places, lowest, rtol=1e-3, atol=1e-2),
    }
    report = f"Got the places {places}, expected {squares.argmin(axis=1)}."
    expect(places, squares.argmin(axis=1), report, misconceptions)
    is_root = np.allclose(distances, np.sqrt(lowest), rtol=1e-3, atol=0.1)
    misconceptions = {
        "You took the root: the squared distance is asked for.": is_root,
        "You took the mean over the pixels: expected their sum.": lowest / 784,
    }
    report = f"The places are right. Squared distances {distances.round(2)}, expected {lowest.round(2)}."
    expect(distances, lowest, report, misconceptions, rtol=1e-3, atol=1e-2)
    return "Copies are at distance 0, and the others at their squared distance."


def _show_nearest(nearest_training_image) -> dict:
    training = strokes(200, seed=6)
    images = np.concatenate([training[[7]], strokes(4, seed=7)])
    places, distances = nearest_training_image(images, training)
    expected = np.square(images[:, None] - training).sum(axis=(2, 3)).min(axis=1)
    titles = [f"{seen:.1f} ({wanted:.1f})" for seen, wanted in zip(distances, expected, strict=True)]
    pairs = list(zip(images, training[np.asarray(places)], titles, strict=True))
    words = "five images, below each its nearest training image; above, squared distances, found and expected"
    return image_pairs(pairs, ("image", "nearest"), "squared distance (expected)", words)


nearest_training_image = Exercise(
    "Exercise 6.2",
    _judge_nearest,
    hints=(
        "Make each image one row of 784 numbers.",
        "|a - b|² = |a|² + |b|² - 2ab: all distances at once from one matrix product.",
        "`argmin(axis=1)` and `min(axis=1)` of the matrix (n, m); rounding may leave tiny negative numbers.",
    ),
    solution=_nearest_training_image,
    asks="each image's nearest training image",
    shows=_show_nearest,
)


def _l2_penalty(weights, strength):
    penalty = strength * sum((w**2).sum() for w in weights)
    return penalty, [2 * strength * w for w in weights]


def _judge_l2_penalty(l2_penalty) -> str:
    generator = np.random.default_rng(2)
    weights = [generator.normal(size=(4, 3)), generator.normal(size=(3, 2))]
    seen = call(l2_penalty, [w.copy() for w in weights], 0.1)
    penalty, gradients = pair(seen, "(penalty, gradients)", type(seen).__name__)
    penalty, squares = float(penalty), sum((w**2).sum() for w in weights)
    misconceptions = {
        "Multiply by the strength.": squares,
        "Some books have a factor of one half; here there is none.": 0.1 * squares / 2,
        "That is L1: square the weights.": 0.1 * sum(np.abs(w).sum() for w in weights),
    }
    report = f"The penalty is {penalty:.4f}, expected {0.1 * squares:.4f}."
    expect(penalty, 0.1 * squares, report, misconceptions, rtol=1e-6)
    if not isinstance(gradients, tuple | list):
        given = f"{type(gradients).__name__} of shape {np.shape(gradients)}"
        raise NotYet(f"The penalty is right. Expected a list of gradients, one a matrix, got {given}.")
    shapes = [np.shape(gradient) for gradient in gradients]
    if shapes != [(4, 3), (3, 2)]:
        raise NotYet(f"Expected one gradient a matrix, (4, 3) and (3, 2), got {shapes}.")
    for gradient, w in zip(gradients, weights, strict=True):
        misconceptions = {
            "The derivative of w² is 2w.": 0.1 * w,
            "The strength λ is a factor of the gradient, too.": 2 * w,
        }
        first, expected = np.ravel(gradient)[0], 0.2 * w.flat[0]
        report = f"A gradient is not 2 λ w: its first number is {first:.4f}, expected {expected:.4f}."
        expect(gradient, 0.2 * w, report, misconceptions, rtol=1e-5, atol=1e-8)
    return "The penalty and its gradients fit together."


def _show_l2_penalty(l2_penalty) -> dict:
    """Compare the gradient of one weight with a finite difference of the penalty itself."""
    weights, rows, step = [np.array([[1.0, -2.0], [0.5, 0.0]]), np.array([[3.0]])], [], 1e-4
    for strength in (0.01, 0.1):
        penalty, gradients = l2_penalty([w.copy() for w in weights], strength)
        lower, higher = (l2_penalty([weights[0], weights[1] + d], strength)[0] for d in (-step, step))
        slope = float(higher - lower) / (2 * step)
        expected = strength * sum((w**2).sum() for w in weights)
        rows += [
            (f"penalty, strength {strength}", float(penalty), float(expected)),
            ("its gradient at w = 3 (expected: a finite difference)", float(gradients[1].item()), slope),
        ]
    return table(("weights 1, -2, 0.5, 0 and 3", "l2_penalty", "expected"), rows)


l2_penalty = Exercise(
    "Exercise 6.3",
    _judge_l2_penalty,
    hints=(
        "Sum the squares of all numbers of all matrices.",
        "The gradient has the shape of the matrix: one derivative for each weight.",
        "The derivative of λw² is 2λw, for a whole matrix `w` at once.",
    ),
    solution=_l2_penalty,
    asks="the L2 penalty and its gradients",
    shows=_show_l2_penalty,
)
