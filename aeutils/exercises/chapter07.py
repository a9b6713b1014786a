"""Exercises of chapter 7, "Evaluation"."""

from aeutils.exercises.base import Exercise, NotYet, call
import numpy as np

PIXELS = 784


def _judge_mean_psnr(mean_psnr) -> str:
    cases = (
        (np.array([7.84, 7.84]), "two images, each with an MSE of 0.01"),
        (np.array([0.784, 78.4, 7.84]), "three images with MSEs of 0.001, 0.1 and 0.01"),
        (np.random.default_rng(0).gamma(2.0, 5.0, 50), "fifty images of all kinds"),
    )
    for errors, what in cases:
        expected = float(np.mean(-10 * np.log10(errors / PIXELS)))
        seen = call(mean_psnr, errors)
        if np.ndim(seen):
            raise NotYet(f"Expected one number, got shape {np.shape(seen)}: take the mean over the images.")
        if np.isclose(seen, expected, rtol=1e-6):
            continue
        reason = ""
        if np.isclose(seen, -expected, rtol=1e-6):
            reason = " The sign is the other way round: a smaller error is a higher PSNR."
        elif np.isclose(seen, -10 * np.log10(np.mean(errors) / PIXELS), rtol=1e-6):
            reason = " That is the PSNR of the mean error: take each image's logarithm first, then the mean."
        elif np.isclose(seen, np.mean(-10 * np.log10(errors)), rtol=1e-6):
            reason = " The MSE is the squared error divided by 784."
        elif np.isclose(seen, np.mean(-10 * np.log(errors / PIXELS)), rtol=1e-6):
            reason = " Decibels take the logarithm to base 10 (`np.log10`)."
        elif np.isclose(seen, 2 * expected, rtol=1e-6):
            reason = " A factor of 20 goes with the RMSE; with the MSE it is 10."
        raise NotYet(f"For {what}: got {seen:.4f}, expected {expected:.4f}.{reason}")
    return "Each image's logarithm first, then the mean."


def _judge_paired_interval(paired_interval) -> str:
    generator = np.random.default_rng(0)
    difficulty = generator.gamma(2.0, 5.0, 400)  # of an image, for whichever model
    errors_b = difficulty + generator.normal(0, 0.5, 400)
    for gap in (1.0, -2.0):
        errors_a = difficulty + gap + generator.normal(0, 0.5, 400)
        difference = errors_a - errors_b
        middle, spread = difference.mean(), 1.96 * difference.std(ddof=1) / 20
        expected = f"about ({middle - spread:.2f}, {middle + spread:.2f})"
        seen = call(paired_interval, errors_a, errors_b, 4000, 0)
        if np.shape(seen) != (2,):
            raise NotYet(f"Expected a pair `(low, high)`, got {seen!r}.")
        low, high = (float(end) for end in seen)
        if low > high:
            raise NotYet(f"Got ({low:.2f}, {high:.2f}): the lower end comes first.")
        half = (high - low) / 2
        reason = ""
        if half > 3 * spread:
            reason = (
                " That is much too wide: draw one set of places and take it from both arrays, "
                "or resample the differences. (So wide are intervals of single images or unpaired draws.)"
            )
        elif abs((low + high) / 2 + middle) < spread:
            reason = " The sign is the other way round: `errors_a - errors_b`."
        elif half < 0.2 * spread:
            reason = " That is much too narrow: are images drawn *with* replacement, and anew each time?"
        elif abs((low + high) / 2 - middle) < 0.5 * spread and not 0.9 < half / spread < 1.1:
            reason = " 95% lie between the 2.5th and the 97.5th percentile; is that what you took?"
        off = max(abs(low - (middle - spread)), abs(high - (middle + spread)))
        if reason or off > 0.25 * spread:
            raise NotYet(f"Got ({low:.2f}, {high:.2f}), expected {expected}.{reason}")
    return "One draw of images for both models: what an image costs either of them cancels."


def _judge_bits_per_image(bits_per_image) -> str:
    generator = np.random.default_rng(0)
    two = np.array([[0, 5], [1, 5], [0, 5], [1, 5]])
    skewed = np.array([[-1], [-1], [-1], [7]])
    many = np.round(generator.normal(0, (1.0, 3.0, 9.0), (500, 3))).astype(int)
    for whole, what in (
        (two, "a column of two equally frequent values and one that never changes"),
        (skewed, "one column, three times -1 and once 7"),
        (many, "three columns of different spread"),
    ):
        expected = sum(_entropy(column) for column in whole.T)
        seen = call(bits_per_image, whole)
        if np.ndim(seen):
            raise NotYet(f"Expected one number, got shape {np.shape(seen)}: sum over the columns.")
        if np.isclose(seen, expected, rtol=1e-6, atol=1e-9):
            continue
        columns = whole.shape[1]
        fixed = sum(np.log2(len(np.unique(column))) for column in whole.T)
        reason = ""
        if np.isnan(seen):
            reason = " Only values that occur have a logarithm: `np.unique(column, return_counts=True)`."
        elif np.isclose(seen, expected * np.log(2), rtol=1e-6):
            reason = " Those are nats: bits take the logarithm to base 2."
        elif np.isclose(seen, -expected, rtol=1e-6):
            reason = " The sign is the other way round: logarithms of shares are negative."
        elif columns > 1 and np.isclose(seen, expected / columns, rtol=1e-6):
            reason = " That is the mean over the columns; an image needs all of them: sum."
        elif np.isclose(seen, expected * len(whole), rtol=1e-6):
            reason = " Those are the bits of all images together."
        elif columns > 1 and np.isclose(seen, _entropy(whole.ravel()) * columns, rtol=1e-6):
            reason = " You took the values of all columns together; each column has frequencies of its own."
        elif columns > 1 and np.isclose(seen, _entropy(whole.ravel()), rtol=1e-6):
            reason = " You took all columns together as one; take each by itself and sum."
        elif np.isclose(seen, fixed, rtol=1e-6):
            reason = " That is one length for all values; frequent ones may take fewer bits than rare ones."
        raise NotYet(f"For {what}: got {seen:.4f}, expected {expected:.4f} bits.{reason}")
    return "Each column by its own frequencies; one that never changes is free."


def _entropy(values) -> float:
    shares = np.unique(values, return_counts=True)[1] / len(values)
    return float(-(shares * np.log2(shares)).sum())


mean_psnr = Exercise(
    "Exercise 7.1",
    _judge_mean_psnr,
    hints=(
        "An image's MSE is its squared error divided by its 784 pixels.",
        "The PSNR of one image, whose brightest pixel is 1, is -10 times the base-10 logarithm of its MSE.",
        "`-10 * np.log10(squared_errors / 784)` is one number an image; return their mean.",
    ),
    solution="""
import numpy as np


def mean_psnr(squared_errors):
    return (-10 * np.log10(squared_errors / 784)).mean()
""",
    answer_name="mean_psnr",
)

paired_interval = Exercise(
    "Exercise 7.2",
    _judge_paired_interval,
    hints=(
        "Begin with the difference of the two arrays: from then on there is only one number an image.",
        "`generator.integers(0, n, n)` draws `n` places with replacement, from "
        "`generator = np.random.default_rng(seed)`.",
        "Collect `difference[places].mean()` over all resamples, then `np.percentile(means, [2.5, 97.5])`.",
    ),
    solution="""
import numpy as np


def paired_interval(errors_a, errors_b, resamples=1000, seed=0):
    difference = errors_a - errors_b
    generator = np.random.default_rng(seed)
    n = len(difference)
    means = [difference[generator.integers(0, n, n)].mean() for _ in range(resamples)]
    low, high = np.percentile(means, [2.5, 97.5])
    return low, high
""",
    answer_name="paired_interval",
)

bits_per_image = Exercise(
    "Exercise 7.3",
    _judge_bits_per_image,
    hints=(
        "Take one column first. Which values occur in it, and how often?",
        "`np.unique(column, return_counts=True)[1]` counts them; divided by the rows, the counts are shares.",
        "A column's entropy is `-(shares * np.log2(shares)).sum()`; add those of all columns (`whole.T`).",
    ),
    solution="""
import numpy as np


def bits_per_image(whole):
    total = 0.0
    for column in whole.T:
        shares = np.unique(column, return_counts=True)[1] / len(column)
        total += -(shares * np.log2(shares)).sum()
    return total
""",
    answer_name="bits_per_image",
)
