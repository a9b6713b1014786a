"""Exercises of chapter 8, "What tutorials get wrong, measured"."""

import math

from aeutils.exercises.base import Exercise, call
from aeutils.exercises.judging import expect, number
from aeutils.exercises.shown import strokes, table
import numpy as np

TITLE = "What tutorials get wrong, measured"
PIXELS = 784

# A mean squared error, and the range of the pixels that it was averaged over; the last is standardised MNIST.
_REPORTED = ((0.02, 0.0, 1.0), (0.11, -1.0, 1.0), (900.0, 0.0, 255.0), (0.35, -0.4242, 2.8215))


def _per_image(mse, low, high):
    return 784 * mse / (high - low) ** 2


def _judge_per_image(per_image) -> str:
    seen = np.array([float(number(call(per_image, *reported))) for reported in _REPORTED])
    mse, low, high = np.array(_REPORTED).T
    width = high - low
    expected = PIXELS * mse / width**2
    # All ranges at once: one could fit two beliefs, as 1 is the upper end of [-1, 1], and no factor at all.
    misconceptions = {
        "That is the mean over the pixels, in the range that it came in.": mse,
        "The range is not used: pixels in another range have other errors.": PIXELS * mse,
        "That is a mean over the pixels: the sum is asked for.": mse / width**2,
        "The sum over 784 pixels is 784 times their mean, not a 784th of it.": mse / width**2 / PIXELS,
        "An image has 28 · 28 pixels, not 28.": 28 * mse / width**2,
        "A wider range makes errors larger, so the way back makes them smaller.": PIXELS * mse * width**2,
        "The errors are squared, so the width of the range is, too.": PIXELS * mse / width,
        "The root is not asked for: the error stays squared.": PIXELS * np.sqrt(mse) / width,
        "The width of the range counts, not its upper end.": PIXELS * mse / high**2,
        "An error is no pixel: in a difference of two pixels `low` cancels.": [
            PIXELS * (mse - low) / width,
            PIXELS * ((mse - low) / width) ** 2,
        ],
    }
    i = np.isclose(seen, expected, rtol=1e-4).argmin()  # the first that is wrong
    report = (
        f"For {mse[i]:g} over pixels in [{low[i]:g}, {high[i]:g}] got {seen[i]:.5g}, "
        f"expected {expected[i]:.5g}."
    )
    expect(seen, expected, report, misconceptions, rtol=1e-4)
    return "Differences shrink with the width of the range, their squares with its square."


def _show_per_image(per_image) -> dict:
    image, drawn = (strokes(1, seed=seed)[0].astype("float64") for seed in (3, 4))
    expected, rows = float(((image - drawn) ** 2).sum()), []
    for _, low, high in _REPORTED:
        scaled, scaled_drawn = (low + (high - low) * x for x in (image, drawn))
        mse = float(np.mean((scaled - scaled_drawn) ** 2))
        rows.append((f"[{low:g}, {high:g}]", mse, float(per_image(mse, low, high)), expected))
    return table(("pixels in", "mean squared error", "per_image", "expected"), rows)


per_image = Exercise(
    "Exercise 8.1",
    _judge_per_image,
    hints=(
        "What does the difference of two pixels become in a range of twice the width? And its square?",
        "From the mean over the pixels to their sum it is a factor of 784.",
        "In [0, 1] a difference is what it was, divided by the width of the range, `high - low`.",
    ),
    solution=_per_image,
    asks="the book's yardstick from another's",
    shows=_show_per_image,
)


def _excess(images, reconstructions):
    def crossentropy(drawn):
        drawn = np.clip(drawn.astype("float64"), 1e-7, 1 - 1e-7)
        return -np.mean(images * np.log(drawn) + (1 - images) * np.log1p(-drawn))

    return crossentropy(reconstructions) - crossentropy(images)


def _judge_excess(excess) -> str:
    generator = np.random.default_rng(0)
    images = generator.random((5, 28, 28)).astype("float32")
    images[:, :9], images[:, 9:11] = 0, 1
    drawn = np.clip(images + generator.normal(0, 0.1, images.shape), 0.02, 0.98).astype("float32")
    seen = float(number(call(excess, images, drawn), "take the mean over all pixels"))
    total, floor = _crossentropy(images, drawn), _crossentropy(images, images)
    expected = total - floor
    half = np.mean(images * (np.log(np.maximum(images, 1e-7)) - np.log(drawn)))
    of_drawn = total - _crossentropy(drawn, drawn)
    of_mean = total - _crossentropy(images.mean(), images.mean())
    swapped = _crossentropy(drawn, images) - floor
    misconceptions = {
        "The images contain 0 and 1, and the logarithm of 0 is infinite: clip what is inside it to "
        "[1e-7, 1 - 1e-7], in both terms (closer to 1 `float32` has only 1 itself).": not math.isfinite(seen),
        "Nothing is subtracted, or 0: but grey pixels cost something even where they are drawn right.": total,
        "It has the wrong sign.": -expected,
        "That is the lowest cross-entropy itself: it is what is to be subtracted.": floor,
        "That is the sum over an image's pixels: take the mean.": PIXELS * expected,
        "That is the sum over all pixels: take the mean.": images.size * expected,
        "Those are bits: take the natural logarithm.": expected / math.log(2),
        "That is the ratio of the two: subtract.": total / floor,
        "That is a share of the lowest one: a difference is asked for.": expected / floor,
        "The other half is missing: (1 - x) goes with log(1 - x̂).": half,
        "The lowest depends on the images, not on what was drawn: subtract that of the images.": of_drawn,
        "A reconstruction may differ from pixel to pixel: the lowest is reached pixel by pixel.": of_mean,
        "You swapped the two: the logarithm is that of the reconstruction.": swapped,
    }
    for clip in (1e-4, 1e-3, 1e-2):
        words = f"Clipping at {clip:g} already costs something: 1e-7 is enough."
        misconceptions[words] = _crossentropy(images, drawn, clip) - _crossentropy(images, images, clip)
    expect(seen, expected, f"Got {seen:.5f}, expected {expected:.5f} nats.", misconceptions, rtol=1e-3)
    perfect = float(call(excess, images, images.copy()))
    misconceptions = {"These contain 0 and 1: clip them in both terms.": not math.isfinite(perfect)}
    report = f"For the images in place of reconstructions got {perfect:.4f}, expected 0."
    expect(perfect, 0, report, misconceptions, atol=1e-5)
    return "What is left is the network's own share, 0 for a perfect reconstruction."


def _crossentropy(images, reconstructions, clip: float = 1e-7) -> float:
    """Return the mean cross-entropy of a pixel, in nats."""
    p = np.clip(np.asarray(reconstructions, "float64"), clip, 1 - clip)
    return float(np.mean(-(images * np.log(p) + (1 - images) * np.log1p(-p))))


def _show_excess(excess) -> dict:
    images, rows = strokes(20, seed=8).astype("float64"), []
    for name, factor in (("the images themselves", 1.0), ("9/10 of every pixel", 0.9), ("half", 0.5)):
        drawn = factor * images
        total = _crossentropy(images, drawn)
        rows.append((name, total, float(excess(images, drawn)), total - _crossentropy(images, images)))
    return table(("reconstructions", "cross-entropy", "excess", "expected"), rows)


excess = Exercise(
    "Exercise 8.2",
    _judge_excess,
    hints=(
        "Which reconstruction has the lowest cross-entropy? Chapter 2 calls this cross-entropy the floor.",
        "It is the images themselves, so the same function is needed twice.",
        "For pixels of 0 and 1, `np.clip` what is inside the logarithms to [1e-7, 1 - 1e-7], as Keras does.",
    ),
    solution=_excess,
    asks="the cross-entropy above its floor",
    shows=_show_excess,
)


def _threshold(validation_errors, false_alarms):
    for error in np.sort(validation_errors):
        if np.mean(validation_errors > error) <= false_alarms:
            return error


def _judge_threshold(threshold) -> str:
    generator = np.random.default_rng(1)
    apart = generator.permutation(np.arange(1, 201) / 10)  # 0.1 to 20
    tied = generator.permutation(np.repeat([1.0, 2.0, 3.0, 4.0], [30, 6, 3, 1]))
    cases = [(apart, share, "200 errors, no two alike,") for share in (0.05, 0.1, 0.004, 0.0, 0.29)]
    for errors, share, what in [*cases, (tied, 0.1, "40 errors, many of them alike,")]:
        seen, expected = float(number(call(threshold, errors, share))), _threshold(errors, share)
        report = f"With {what} and a share of {share:g} got {seen:.6g}, expected {expected:.6g}."
        expect(seen, expected, report, _wrong_thresholds(seen, errors, share), atol=1e-9)
    return "No lower error keeps to the share."


def _wrong_thresholds(seen: float, errors: np.ndarray, share: float) -> dict:
    """Return what else `threshold` might give, or whether it did, by what is to be said of it."""
    n, ordered, beyond = len(errors), np.sort(errors), np.mean(errors > seen)
    above, by_int = int(np.sum(errors > _threshold(errors, share))), int(share * n)
    largest, cut_off = ordered[-1] if above else [], ordered[n - 1 - by_int]
    places = [n - 1 - above, n - above]
    percentiles = np.percentile(errors, [1 - share, share])
    is_low = 4 * above < n and ordered[0] <= seen <= ordered[above + 1]
    is_none = not np.isclose(seen, errors, rtol=0, atol=1e-9).any()
    equal = ordered[n - above] if above and beyond <= share else []
    return {
        "That is the largest error: above it there is no false alarm at all, and few anomalies.": largest,
        "`np.percentile` counts from 0 to 100, `np.quantile` from 0 to 1.": percentiles,
        "That is the other end: errors *above* the threshold raise the alarm.": is_low,
        "That is a place among the sorted errors: the error at this place is asked for.": places,
        "That is not one of the given errors: count them, and leave out means and interpolation.": is_none,
        "Sort the errors first.": [errors[n - 1 - above], errors[above]],
        f"For Python {share:g} * {n} is {share * n!r}, so that `int` makes {by_int} of it.": cut_off,
        "Only errors *above* the threshold raise the alarm, not the one that is equal to it.": equal,
        f"Above it lie {beyond:.1%}.": beyond > share,
        "A lower one keeps to the share as well.": True,
    }


def _show_threshold(threshold) -> dict:
    generator, rows = np.random.default_rng(2), []
    validation, new = generator.gamma(4, 3, 1000), generator.gamma(4, 3, 100_000)
    for share in (0.01, 0.05, 0.2):
        value = float(threshold(validation.copy(), share))
        alarms = [f"{np.mean(errors > value):.1%}" for errors in (validation, new)]
        rows.append((f"{share:.0%}", value, float(_threshold(validation, share)), *alarms))
    columns = ("allowed", "threshold", "expected", "false alarms, validation", "on 100,000 new images")
    return table(columns, rows)


threshold = Exercise(
    "Exercise 8.3",
    _judge_threshold,
    hints=(
        "Take one error as the threshold. Which share of the errors lies above it?",
        "That share falls as the threshold rises. Sort the errors: how many of them may be left above?",
        "`np.mean(errors > error)` is the share above an error; of all that keep to it, take the lowest. (A "
        "count from the share needs care: `int(0.29 * 200)` is 57.)",
    ),
    solution=_threshold,
    asks="a threshold for a share of false alarms",
    shows=_show_threshold,
)
