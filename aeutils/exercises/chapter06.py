"""Exercises of chapter 6, "Overfitting"."""

import math

from aeutils.exercises.base import Exercise, NotYet, call
from aeutils.exercises.judging import expect, pair, refuse
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


def _drop_out(activations, rate, generator):
    kept = generator.random(activations.shape) >= rate
    return np.where(kept, activations / (1 - rate), 0)


def _judge_drop_out(drop_out) -> str:
    generator = np.random.default_rng(2)
    activations = generator.uniform(1, 2, (400, 50))
    for rate in (0.2, 0.6):
        seen = np.asarray(call(drop_out, activations.copy(), rate, np.random.default_rng(3)))
        if seen.shape != (400, 50):
            raise NotYet(f"For activations (400, 50) the answer should be (400, 50), got {seen.shape}.")
        zero = seen == 0
        share = float(zero.mean())
        partly = 0 < share < 1
        refuse(
            {
                "You dropped the same units for every image: draw for each number.": partly
                and set(zero.mean(axis=0)) == {0, 1},
                "You dropped whole images: draw for each number.": partly
                and set(zero.mean(axis=1)) == {0, 1},
            }
        )
        misconceptions = {
            "You kept the share that was to be dropped.": abs(share - (1 - rate)) < 0.05,
            "Nothing was dropped.": share == 0,
        }
        report = f"At a rate of {rate}, {share:.0%} of the activations are 0, expected about {rate:.0%}."
        expect(share, rate, report, misconceptions, atol=0.05)
        factor = float((seen / activations)[~zero].mean())
        misconceptions = {
            "The rest has to grow, or the next layer gets less in training than later.": 1.0,
            "Divide by the share that is kept, do not multiply.": 1 - rate,
            "Divide by the share that is kept, not by the one that is dropped.": 1 / rate,
        }
        expected = 1 / (1 - rate)
        report = f"What is kept was multiplied by {factor:.3f}, expected {expected:.3f}."
        expect(factor, expected, report, misconceptions, rtol=1e-3)
    return "The zeros are drawn anew for each number, and the mean stays the same."


def _show_drop_out(drop_out) -> dict:
    activations, rows = np.random.default_rng(4).uniform(1, 2, (1000, 64)), []
    for rate in (0.0, 0.1, 0.5):
        seen = np.asarray(drop_out(activations.copy(), rate, np.random.default_rng(5)))
        rows += [
            (f"share of zeros, rate {rate}", float((seen == 0).mean()), rate),
            (f"mean, rate {rate}", float(seen.mean()), float(activations.mean())),
        ]
    return table(("64,000 activations", "drop_out", "expected, about"), rows)


drop_out = Exercise(
    "Exercise 6.3",
    _judge_drop_out,
    hints=(
        "Draw one number from 0 to 1 for each activation; which of them are below the rate?",
        "What is kept is divided by the share that is kept, `1 - rate`.",
        "`kept = generator.random(activations.shape) >= rate`, then `np.where(kept, ..., 0)`.",
    ),
    solution=_drop_out,
    asks="dropout by hand",
    shows=_show_drop_out,
)
