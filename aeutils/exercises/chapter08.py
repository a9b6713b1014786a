"""Exercises of chapter 8, "What tutorials get wrong, measured"."""

import math

from aeutils.exercises.base import Exercise, NotYet, call
from aeutils.exercises.shown import strokes, table
import numpy as np

TITLE = "What tutorials get wrong, measured"
PIXELS = 784

# A mean squared error, and the range of the pixels that it was averaged over; the last is standardised MNIST.
_REPORTED = ((0.02, 0.0, 1.0), (0.11, -1.0, 1.0), (900.0, 0.0, 255.0), (0.35, -0.4242, 2.8215))


def _other_answers(mse: float, low: float, high: float) -> list[tuple[str, float]]:
    """Return what else per_image might give, with what is to be said of the belief behind it."""
    width = high - low
    cancels = "An error is no pixel: in a difference of two pixels `low` cancels."
    return [
        ("That is the mean over the pixels, in the range that it came in.", mse),
        ("The range is not used: pixels in another range have other errors.", PIXELS * mse),
        ("That is a mean over the pixels: the sum is asked for.", mse / width**2),
        ("The sum over 784 pixels is 784 times their mean, not a 784th of it.", mse / width**2 / PIXELS),
        ("An image has 28 · 28 pixels, not 28.", 28 * mse / width**2),
        ("A wider range makes errors larger, so the way back makes them smaller.", PIXELS * mse * width**2),
        ("The errors are squared, so the width of the range is, too.", PIXELS * mse / width),
        ("The root is not asked for: the error stays squared.", PIXELS * math.sqrt(mse) / width),
        ("The width of the range counts, not its upper end.", PIXELS * mse / high**2),
        (cancels, PIXELS * (mse - low) / width),
        (cancels, PIXELS * ((mse - low) / width) ** 2),
    ]


def _judge_per_image(per_image) -> str:
    seen = [call(per_image, *reported) for reported in _REPORTED]
    if any(map(np.ndim, seen)):
        shape = next(np.shape(number) for number in seen if np.ndim(number))
        raise NotYet(f"Expected one number, got shape {shape}.")
    seen = [float(number) for number in seen]
    expected = [PIXELS * mse / (high - low) ** 2 for mse, low, high in _REPORTED]
    same = [math.isclose(*pair, rel_tol=1e-4) for pair in zip(seen, expected, strict=True)]
    if all(same):
        return "Differences shrink with the width of the range, their squares with its square."
    place = same.index(False)
    mse, low, high = _REPORTED[place]
    # One range alone could fit two beliefs: 1 is the upper end of [-1, 1], and no factor at all.
    reason = ""
    for others in zip(*(_other_answers(*reported) for reported in _REPORTED), strict=True):
        if np.allclose(seen, [number for _, number in others], rtol=1e-4, atol=0):
            reason = f" {others[0][0]}"
            break
    raise NotYet(
        f"For {mse:g} over pixels in [{low:g}, {high:g}] got {seen[place]:.5g}, "
        f"expected {expected[place]:.5g}.{reason}"
    )


def _show_per_image(per_image) -> dict:
    image, drawn = (strokes(1, seed=seed)[0].astype("float64") for seed in (3, 4))
    expected, rows = float(((image - drawn) ** 2).sum()), []
    for _, low, high in _REPORTED:
        scaled, scaled_drawn = (low + (high - low) * x for x in (image, drawn))
        mse = float(np.mean((scaled - scaled_drawn) ** 2))
        rows.append((f"[{low:g}, {high:g}]", mse, float(per_image(mse, low, high)), expected))
    return table(("pixels in", "mean squared error", "per_image", "expected"), rows)


def _crossentropies(images, reconstructions, clip: float = 1e-7) -> np.ndarray:
    """Return the cross-entropy of every pixel, in nats."""
    p = np.clip(np.asarray(reconstructions, "float64"), clip, 1 - clip)
    return -(images * np.log(p) + (1 - images) * np.log1p(-p))


def _judge_excess(excess) -> str:
    generator = np.random.default_rng(0)
    images = generator.random((5, 28, 28)).astype("float32")
    images[:, :9], images[:, 9:11] = 0, 1
    drawn = np.clip(images + generator.normal(0, 0.1, images.shape), 0.02, 0.98).astype("float32")
    seen = call(excess, images, drawn)
    if np.ndim(seen):
        raise NotYet(f"Expected one number, got shape {np.shape(seen)}: take the mean over all pixels.")
    seen = float(seen)
    expected = float((_crossentropies(images, drawn) - _crossentropies(images, images)).mean())
    if not math.isclose(seen, expected, rel_tol=1e-3):
        raise NotYet(f"Got {seen:.5f}, expected {expected:.5f} nats.{_reason_of_excess(seen, images, drawn)}")
    perfect = float(call(excess, images, images.copy()))
    if not math.isclose(perfect, 0, abs_tol=1e-5):
        reason = " These contain 0 and 1: clip them in both terms." if not math.isfinite(perfect) else ""
        raise NotYet(f"For the images in place of reconstructions got {perfect:.4f}, expected 0.{reason}")
    return "What is left is the network's own share, 0 for a perfect reconstruction."


def _reason_of_excess(seen: float, images, drawn) -> str:
    """Return what is wrong with an excess, "" if nothing is known."""
    if not math.isfinite(seen):
        return (
            " The images contain 0 and 1, and the logarithm of 0 is infinite: clip what is inside it to "
            "[1e-7, 1 - 1e-7], in both terms (closer to 1 `float32` has only 1 itself)."
        )
    total, floor = _crossentropies(images, drawn).mean(), _crossentropies(images, images).mean()
    expected = total - floor
    half = (images * (np.log(np.maximum(images, 1e-7)) - np.log(drawn))).mean()
    known = (
        (
            total,
            "Nothing is subtracted, or 0: but grey pixels cost something even where they are drawn right.",
        ),
        (-expected, "It has the wrong sign."),
        (floor, "That is the lowest cross-entropy itself: it is what is to be subtracted."),
        (PIXELS * expected, "That is the sum over an image's pixels: take the mean."),
        (images.size * expected, "That is the sum over all pixels: take the mean."),
        (expected / math.log(2), "Those are bits: take the natural logarithm."),
        (total / floor, "That is the ratio of the two: subtract."),
        (expected / floor, "That is a share of the lowest one: a difference is asked for."),
        (half, "The other half is missing: (1 - x) goes with log(1 - x̂)."),
        (
            total - _crossentropies(drawn, drawn).mean(),
            "The lowest depends on the images, not on what was drawn: subtract that of the images.",
        ),
        (
            total - _crossentropies(images.mean(), images.mean()),
            "A reconstruction may differ from pixel to pixel: the lowest is reached pixel by pixel.",
        ),
        (
            _crossentropies(drawn, images).mean() - floor,
            "You swapped the two: the logarithm is that of the reconstruction.",
        ),
    )
    for number, words in known:
        if math.isclose(seen, number, rel_tol=1e-3):
            return f" {words}"
    for clip in (1e-4, 1e-3, 1e-2):
        clipped = _crossentropies(images, drawn, clip) - _crossentropies(images, images, clip)
        if math.isclose(seen, clipped.mean(), rel_tol=1e-4):
            return f" Clipping at {clip:g} already costs something: 1e-7 is enough."
    return ""


def _show_excess(excess) -> dict:
    images, rows = strokes(20, seed=8).astype("float64"), []
    for name, factor in (("the images themselves", 1.0), ("9/10 of every pixel", 0.9), ("half", 0.5)):
        drawn = factor * images
        total = _crossentropies(images, drawn).mean()
        expected = float((_crossentropies(images, drawn) - _crossentropies(images, images)).mean())
        rows.append((name, float(total), float(excess(images, drawn)), expected))
    return table(("reconstructions", "cross-entropy", "excess", "expected"), rows)


def _lowest(errors: np.ndarray, share: float) -> float:
    """Return the lowest of the errors that has at most this share of them above it."""
    return float(min(error for error in errors if np.mean(errors > error) <= share))


def _judge_threshold(threshold) -> str:
    generator = np.random.default_rng(1)
    apart = generator.permutation(np.arange(1, 201) / 10)  # 0.1 to 20
    tied = generator.permutation(np.repeat([1.0, 2.0, 3.0, 4.0], [30, 6, 3, 1]))
    cases = [(apart, share, "200 errors, no two alike,") for share in (0.05, 0.1, 0.004, 0.0, 0.29)]
    for errors, share, what in [*cases, (tied, 0.1, "40 errors, many of them alike,")]:
        seen = call(threshold, errors, share)
        if np.ndim(seen):
            raise NotYet(f"Expected one number, got shape {np.shape(seen)}.")
        seen, expected = float(seen), _lowest(errors, share)
        if not math.isclose(seen, expected, abs_tol=1e-9):
            reason = _reason_of_threshold(seen, errors, share)
            raise NotYet(
                f"With {what} and a share of {share:g} got {seen:.6g}, expected {expected:.6g}.{reason}"
            )
    return "No lower error keeps to the share."


def _reason_of_threshold(seen: float, errors: np.ndarray, share: float) -> str:
    """Return what is wrong with a threshold, "" if nothing is known."""
    n, ordered = len(errors), np.sort(errors)
    above = round(n * float(np.mean(errors > _lowest(errors, share))))
    beyond = np.mean(errors > seen)

    def is_one_of(*numbers) -> bool:
        return bool(np.isclose(seen, numbers, rtol=0, atol=1e-9).any())

    if above and is_one_of(ordered[-1]):
        return " That is the largest error: above it there is no false alarm at all, and few anomalies."
    if is_one_of(np.percentile(errors, 1 - share), np.percentile(errors, share)):
        return " `np.percentile` counts from 0 to 100, `np.quantile` from 0 to 1."
    if 4 * above < n and ordered[0] <= seen <= ordered[above + 1]:
        return " That is the other end: errors *above* the threshold raise the alarm."
    if is_one_of(n - 1 - above, n - above):
        return " That is a place among the sorted errors: the error at this place is asked for."
    if not is_one_of(*errors):
        return " That is not one of the given errors: count them, and leave out means and interpolation."
    if is_one_of(errors[n - 1 - above], errors[above]):
        return " Sort the errors first."
    if is_one_of(ordered[n - 1 - int(share * n)]):
        return f" For Python {share:g} * {n} is {share * n!r}, so that `int` makes {int(share * n)} of it."
    if above and is_one_of(ordered[n - above]) and beyond <= share:
        return " Only errors *above* the threshold raise the alarm, not the one that is equal to it."
    if beyond > share:
        return f" Above it lie {beyond:.1%}."
    return " A lower one keeps to the share as well."


def _show_threshold(threshold) -> dict:
    generator, rows = np.random.default_rng(2), []
    validation, new = generator.gamma(4, 3, 1000), generator.gamma(4, 3, 100_000)
    for share in (0.01, 0.05, 0.2):
        value = float(threshold(validation.copy(), share))
        alarms = [f"{np.mean(errors > value):.1%}" for errors in (validation, new)]
        rows.append((f"{share:.0%}", value, _lowest(validation, share), *alarms))
    columns = ("allowed", "threshold", "expected", "false alarms, validation", "on 100,000 new images")
    return table(columns, rows)


per_image = Exercise(
    "Exercise 8.1",
    _judge_per_image,
    hints=(
        "What does the difference of two pixels become in a range of twice the width? And its square?",
        "From the mean over the pixels to their sum it is a factor of 784.",
        "In [0, 1] a difference is what it was, divided by the width of the range, `high - low`.",
    ),
    solution="""
def per_image(mse, low, high):
    return 784 * mse / (high - low) ** 2
""",
    answer_name="per_image",
    asks="the book's yardstick from another's",
    shows=_show_per_image,
)

excess = Exercise(
    "Exercise 8.2",
    _judge_excess,
    hints=(
        "Which reconstruction has the lowest cross-entropy? Chapter 2 calls this cross-entropy the floor.",
        "It is the images themselves, so the same function is needed twice.",
        "For pixels of 0 and 1, `np.clip` what is inside the logarithms to [1e-7, 1 - 1e-7], as Keras does.",
    ),
    solution="""
import numpy as np


def excess(images, reconstructions):
    def crossentropy(drawn):
        drawn = np.clip(drawn.astype("float64"), 1e-7, 1 - 1e-7)
        return -np.mean(images * np.log(drawn) + (1 - images) * np.log1p(-drawn))

    return crossentropy(reconstructions) - crossentropy(images)
""",
    answer_name="excess",
    asks="the cross-entropy above its floor",
    shows=_show_excess,
)

threshold = Exercise(
    "Exercise 8.3",
    _judge_threshold,
    hints=(
        "Take one error as the threshold. Which share of the errors lies above it?",
        "That share falls as the threshold rises. Sort the errors: how many of them may be left above?",
        "`np.mean(errors > error)` is the share above an error; of all that keep to it, take the lowest. (A "
        "count from the share needs care: `int(0.29 * 200)` is 57.)",
    ),
    solution="""
import numpy as np


def threshold(validation_errors, false_alarms):
    for error in np.sort(validation_errors):
        if np.mean(validation_errors > error) <= false_alarms:
            return error
""",
    answer_name="threshold",
    asks="a threshold for a share of false alarms",
    shows=_show_threshold,
)
