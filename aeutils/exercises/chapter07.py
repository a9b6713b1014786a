"""Exercises of chapter 7, "Evaluation"."""

import math

from aeutils.exercises.base import Exercise, NotYet, call
from aeutils.exercises.judging import expect, explain, number, refuse
from aeutils.exercises.shown import table
import numpy as np

TITLE = "Evaluation"
PIXELS = 784


def _mean_psnr(squared_errors):
    return (-10 * np.log10(squared_errors / 784)).mean()


def _judge_mean_psnr(mean_psnr) -> str:
    cases = (
        (np.array([7.84, 7.84]), "two images, each with an MSE of 0.01"),
        (np.array([0.784, 78.4, 7.84]), "three images with MSEs of 0.001, 0.1 and 0.01"),
        (np.random.default_rng(0).gamma(2.0, 5.0, 50), "fifty images of all kinds"),
    )
    for errors, what in cases:
        decibels, of_255 = -10 * np.log10(errors / PIXELS), 20 * np.log10(255)
        expected = decibels.mean()
        of_mean, of_median = (-10 * np.log10(f(errors) / PIXELS) for f in (np.mean, np.median))
        seen = number(call(mean_psnr, errors), "take the mean over the images")
        misconceptions = {
            "The sign is the other way round: a smaller error is a higher PSNR.": -expected,
            "That is the PSNR of the mean error: take each image's logarithm first, then the mean.": of_mean,
            "The MSE is the squared error divided by 784.": np.mean(-10 * np.log10(errors)),
            "Decibels take the logarithm to base 10 (`np.log10`).": np.mean(-10 * np.log(errors / PIXELS)),
            "A factor of 20 goes with the RMSE; with the MSE it is 10.": 2 * expected,
            "The brightest pixel is 1 here, not 255: its logarithm is 0.": expected + [of_255, of_255 / 2],
            "That is the median of the images: the mean is asked for.": [of_median, np.median(decibels)],
        }
        report = f"For {what}: got {seen:.4f}, expected {expected:.4f}."
        expect(seen, expected, report, misconceptions, rtol=1e-6)
    return "Each image's logarithm first, then the mean."


def _show_mean_psnr(mean_psnr) -> dict:
    rows = []
    for mses in ((0.01, 0.01), (0.001, 0.01, 0.1), (0.0001, 0.0397)):
        decibels = -10 * np.log10(mses)
        seen = float(mean_psnr(PIXELS * np.array(mses)))
        rows.append((mses, seen, float(decibels.mean()), float(-10 * np.log10(np.mean(mses)))))
    return table(("MSEs of the images", "mean_psnr", "expected", "PSNR of the mean MSE"), rows)


mean_psnr = Exercise(
    "Exercise 7.1",
    _judge_mean_psnr,
    hints=(
        "An image's MSE is its squared error divided by its 784 pixels.",
        "The PSNR of one image, whose brightest pixel is 1, is -10 times the base-10 logarithm of its MSE.",
        "`np.log10` takes a whole array: one number an image. Their mean comes last.",
    ),
    solution=_mean_psnr,
    asks="the mean PSNR of images",
    shows=_show_mean_psnr,
)


def _paired_interval(errors_a, errors_b, resamples=1000, seed=0):
    difference = errors_a - errors_b
    generator = np.random.default_rng(seed)
    n = len(difference)
    means = [difference[generator.integers(0, n, n)].mean() for _ in range(resamples)]
    low, high = np.percentile(means, [2.5, 97.5])
    return low, high


def _judge_paired_interval(paired_interval) -> str:
    n, generator = 400, np.random.default_rng(0)
    difficulty = generator.gamma(2.0, 5.0, n)  # of an image, for whichever model
    errors_b = difficulty + generator.normal(0, 0.3, n)
    for gap in (1.0, -2.0):
        errors_a = difficulty + gap + generator.gamma(1.0, 0.7, n) - 0.7  # skewed: no median is the mean
        difference = errors_a - errors_b
        middle, spread = difference.mean(), 1.96 * difference.std(ddof=1) / math.sqrt(n)
        seen = call(paired_interval, errors_a, errors_b, 4000, 0)
        if np.shape(seen) != (2,):
            raise NotYet(f"Expected a pair `(low, high)`, got {seen!r:.100}.")
        low, high = (float(end) for end in seen)
        if low > high:
            raise NotYet(f"Got ({low:.2f}, {high:.2f}): the lower end comes first.")
        off = max(abs(low - (middle - spread)), abs(high - (middle + spread)))
        reason = explain(seen, _wrong_intervals(low, high, errors_a, errors_b))
        if reason or not off <= 0.25 * spread:
            expected = f"about ({middle - spread:.2f}, {middle + spread:.2f})"
            raise NotYet(f"Got ({low:.2f}, {high:.2f}), expected {expected}.{reason}")
    _judge_draws(paired_interval, errors_a, errors_b)
    return "One draw of images for both models: what an image costs either of them cancels."


def _wrong_intervals(low: float, high: float, errors_a, errors_b) -> dict[str, bool]:
    """Return which misconceptions an interval fits, by what is to be said of them."""
    difference, n = errors_a - errors_b, len(errors_a)
    middle, spread = difference.mean(), 1.96 * difference.std(ddof=1) / math.sqrt(n)
    unpaired = 1.96 * math.sqrt((errors_a.var(ddof=1) + errors_b.var(ddof=1)) / n)
    half, off_centre = (high - low) / 2, (low + high) / 2 - middle
    # The 0.025th and 0.975th percentile lie 3.48 and 2.34 standard errors below the middle.
    below = (middle - low) / spread, (middle - high) / spread
    per_cent = abs(below[0] - 3.48 / 1.96) < 0.3 and abs(below[1] - 2.34 / 1.96) < 0.15
    wide, narrow = half > 3 * spread, half < 0.2 * spread
    as_unpaired = wide and abs(half / unpaired - 1) < 0.2 and abs(off_centre) < unpaired / 2
    as_single = half > 0.7 * spread * math.sqrt(n)
    few_images = wide and abs(off_centre) < half / 2
    medians = np.array([np.median(difference), np.median(errors_a) - np.median(errors_b)])
    at_median = np.abs(off_centre + middle - medians).min() < spread / 2 and abs(off_centre) > spread
    other_share = abs(off_centre) < 0.5 * spread and not 0.9 < half / spread < 1.1
    return {
        "`np.percentile` counts from 0 to 100: 2.5 and 97.5, not 0.025 and 0.975.": per_cent,
        "That is much too wide, as without pairing: draw one set of places and take it from both "
        "arrays, or resample the differences.": as_unpaired,
        "That is much too wide, like an interval of single images: of each draw take the mean.": as_single,
        f"That is much too wide: does each draw take as many images as there are, {n} here?": few_images,
        "That is much too wide, and not around the mean of `errors_a - errors_b`.": wide,
        "The sign is the other way round: `errors_a - errors_b`.": abs(off_centre + 2 * middle) < spread,
        "That is much too narrow: are images drawn *with* replacement, and anew each time?": narrow,
        "That lies around the median of the differences: take the mean of each draw.": at_median,
        "95% lie between the 2.5th and the 97.5th percentile; is that what you took?": other_share,
    }


def _judge_draws(paired_interval, errors_a, errors_b) -> None:
    """Raise `NotYet` unless a right interval comes from as many draws as are asked for, by the seed."""

    def asked(resamples: int, seed: int) -> list[float]:
        return [float(end) for end in call(paired_interval, errors_a, errors_b, resamples, seed)]

    few, many = asked(50, 0), asked(4000, 0)
    problems = {
        "The interval is about right, but the same for any `resamples` and any `seed`. The bootstrap is "
        "asked for: draw `resamples` times, from `np.random.default_rng(seed)`. A formula does as well "
        "for a mean; the bootstrap also does where there is none.": few == many == asked(4000, 1),
        "The interval is about right, but the same for any `resamples`: draw so many times.": few == many,
        "The interval is about right, but with one `seed` two calls give two intervals: draw from "
        "`np.random.default_rng(seed)`.": few != asked(50, 0),
        "The interval is about right, but the same for any `seed`: draw from "
        "`np.random.default_rng(seed)`.": few == asked(50, 1),
    }
    refuse(problems)


def _show_paired_interval(paired_interval) -> dict:
    generator, rows = np.random.default_rng(8), []
    for n in (50, 1000):
        difficulty = generator.gamma(2.0, 5.0, n)
        a, b = difficulty + generator.normal(0.5, 1, n), difficulty + generator.normal(0, 1, n)
        low, high = paired_interval(a, b, 2000, 0)
        paired, unpaired = (a - b).var(ddof=1), a.var(ddof=1) + b.var(ddof=1)
        middle = (a - b).mean()
        halves = [1.96 * math.sqrt(variance / n) for variance in (paired, unpaired)]
        texts = [f"{middle - half:.2f} to {middle + half:.2f}" for half in halves]
        rows.append((n, f"{low:.2f} to {high:.2f}", *texts))
    return table(("images", "paired_interval", "expected, about", "without pairing"), rows)


paired_interval = Exercise(
    "Exercise 7.2",
    _judge_paired_interval,
    hints=(
        "Begin with the difference of the two arrays: from then on there is only one number an image.",
        "`generator.integers(0, n, n)` draws `n` places with replacement, from "
        "`generator = np.random.default_rng(seed)`.",
        "Take `difference[places].mean()` in each resample, and the percentiles of these means at the end: "
        "`np.percentile` counts from 0 to 100.",
    ),
    solution=_paired_interval,
    asks="a bootstrap interval for paired errors",
    shows=_show_paired_interval,
)


def _bits_per_image(whole):
    total = 0.0
    for column in whole.T:
        shares = np.unique(column, return_counts=True)[1] / len(column)
        total += -(shares * np.log2(shares)).sum()
    return total


def _judge_bits_per_image(bits_per_image) -> str:
    generator = np.random.default_rng(0)
    two = np.array([[0, 1, 1], [1, 1, 1], [0, 1, 1], [1, 1, 1]])
    skewed = np.array([[-1], [-1], [-1], [7]])
    many = np.round(generator.normal(0, (1.0, 3.0, 9.0), (500, 3))).astype(int)
    for whole, what in (
        (two, "a column of two equally frequent values and two that never change"),
        (skewed, "one column, three times -1 and once 7"),
        (many, "three columns of different spread"),
    ):
        expected = _bits(whole)
        seen = number(call(bits_per_image, whole), "sum over the columns")
        rows, columns = whole.shape
        through_rows = [_bits(whole.T), _bits(whole.T) / rows] if columns > 1 else []
        pooled, fixed = columns * _entropy(whole.ravel()), _fixed_bits(whole)
        misconceptions = {
            "Only values that occur have a logarithm: `np.unique(column, return_counts=True)`.": np.nan,
            "Those are nats: bits take the logarithm to base 2.": expected * np.log(2),
            "The sign is the other way round: logarithms of shares are negative.": -expected,
            "That is the mean over the columns; an image needs all of them: sum.": expected / columns,
            "You went through the rows: the values of a column belong together (`whole.T`).": through_rows,
            "That is the entropy of whole rows; here each column is coded by itself: sum the entropies "
            "of the columns.": _entropy(whole, axis=0),
            "Those are the bits of all images together.": expected * rows,
            "You took the values of all columns together; each column has frequencies of its own.": pooled,
            "You took all columns together as one; take each by itself and sum.": pooled / columns,
            "That is one length for all values; frequent ones may take fewer bits than rare ones.": fixed,
        }
        report = f"For {what}: got {seen:.4f}, expected {expected:.4f} bits."
        expect(seen, expected, report, misconceptions, rtol=1e-6, atol=1e-9)
    return "Each column by its own frequencies; one that never changes is free."


def _entropy(values, axis: int | None = None) -> float:
    shares = np.unique(values, return_counts=True, axis=axis)[1] / len(values)
    return float(-(shares * np.log2(shares)).sum())


def _bits(whole: np.ndarray) -> float:
    return sum(_entropy(column) for column in whole.T)


def _fixed_bits(whole: np.ndarray) -> float:
    """Return the bits of an image if all values of a column take the same number of them."""
    return float(sum(np.log2(len(np.unique(column))) for column in whole.T))


def _show_bits_per_image(bits_per_image) -> dict:
    generator, rows = np.random.default_rng(9), []
    for what, whole in (
        ("two columns, each 0 or 1 alike", generator.permuted([[0, 0], [1, 1]] * 200, axis=0)),
        ("two columns, 1 once in ten images", generator.permuted([[0, 0]] * 360 + [[1, 1]] * 40, axis=0)),
        ("two columns that never change", np.full((400, 2), 3)),
    ):
        rows.append((what, float(bits_per_image(whole)) + 0.0, _bits(whole) + 0.0, _fixed_bits(whole)))
    return table(("400 codes", "bits_per_image", "expected", "at one length for all values"), rows)


bits_per_image = Exercise(
    "Exercise 7.3",
    _judge_bits_per_image,
    hints=(
        "Take one column first. Which values occur in it, and how often?",
        "`np.unique(column, return_counts=True)[1]` counts them; divided by the rows, the counts are shares.",
        "Put these shares into the formula, then do so for each `column in whole.T` and add up.",
    ),
    solution=_bits_per_image,
    asks="the bits of quantised codes",
    shows=_show_bits_per_image,
)
