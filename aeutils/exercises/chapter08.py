"""Exercises of chapter 8, "Convolution and recurrence"."""

import math

from aeutils.exercises.base import Exercise, call
from aeutils.exercises.judging import expect, number
from aeutils.exercises.shown import table
import numpy as np

TITLE = "Convolution and recurrence"

# side, kernel, stride, padding
LAYERS = (
    (28, 3, 2, "same"), (28, 3, 2, "valid"), (7, 3, 2, "same"), (13, 5, 3, "valid"), (32, 4, 1, "same"),
    (28, 28, 1, "valid"), (28, 3, 3, "same"), (5, 3, 2, "same"),
)  # fmt: skip


def _conv_side(side, kernel, stride, padding):
    if padding == "same":
        return -(-side // stride)
    return (side - kernel) // stride + 1


def _judge_conv_side(conv_side) -> str:
    for layer in LAYERS:
        side, kernel, stride, padding = layer
        expected, seen = _conv_side(*layer), number(call(conv_side, *layer))
        other = _conv_side(side, kernel, stride, "valid" if padding == "same" else "same")
        misconceptions = {
            'With "same" a part of a step counts as a step: round up.': (
                padding == "same" and seen == side // stride
            ),
            "Sides are whole numbers: round.": isinstance(seen, float) and seen % 1 != 0,
            "The filter's first place counts, too: add 1.": padding == "valid" and seen == expected - 1,
            "The filter has to fit in: without padding it has `side - kernel` pixels to move by.": (
                padding == "valid" and seen in (side // stride, math.ceil(side / stride))
            ),
            f'That is the side for the other padding, not for "{padding}".': other,
            "The stride divides the pixels that the filter can move by.": side - kernel + 1,
        }  # fmt: skip
        report = (
            f'For a side of {side}, a kernel of {kernel}, a stride of {stride} and padding="{padding}": '
            f"got {seen!r}, expected {expected}."
        )
        expect(seen, expected, report, misconceptions)
    return "Both paddings are right, and so is their rounding."


def _show_conv_side(conv_side) -> dict:
    rows = [(*layer, conv_side(*layer), _conv_side(*layer)) for layer in LAYERS[:4]]
    return table(("side", "kernel", "stride", "padding", "conv_side", "expected"), rows)


conv_side = Exercise(
    "Exercise 8.1",
    _judge_conv_side,
    hints=(
        'With "same" the kernel does not matter. How many steps of the stride begin inside the image?',
        'With "valid" the filter can move by `side - kernel` pixels. Its first place counts, too.',
        'Rounded up: `-(-side // stride)`. For "valid": `(side - kernel) // stride + 1`.',
    ),
    solution=_conv_side,
    asks="the side of a feature map",
    shows=_show_conv_side,
)

SHAPES = ((784, 512), (512, 784), (100, 100), (30, 20), (10, 1), (2, 2))  # of matrices


def _largest_saving_rank(rows, columns):
    return (rows * columns - 1) // (rows + columns)


def _judge_largest_saving_rank(largest_saving_rank) -> str:
    for shape in SHAPES:
        rows, columns = shape
        expected, seen = _largest_saving_rank(*shape), number(call(largest_saving_rank, *shape))
        at = rows * columns / (rows + columns)
        misconceptions = {
            "Ranks are whole numbers: round down.": isinstance(seen, float) and seen % 1 != 0,
            "At this rank both take equally many numbers: fewer are asked for.": (
                at % 1 == 0 and seen == expected + 1
            ),
            "One more would take more numbers than the matrix has.": seen == expected + 1,
            "That is the highest rank such a matrix can have; its two factors take more than it.": min(shape),
            "Two factors are stored, `rows * rank` and `rank * columns` numbers.": [columns - 1, rows - 1],
            "There is a larger rank that still saves.": 0 <= seen < expected,
        }
        report = f"For a matrix of {rows} by {columns}: got {seen!r}, expected {expected}."
        expect(seen, expected, report, misconceptions)
    return "Ties and matrices that no rank makes smaller are right, too."


def _show_rank(largest_saving_rank) -> dict:
    rows = [(*shape, largest_saving_rank(*shape), _largest_saving_rank(*shape)) for shape in SHAPES[:4]]
    return table(("rows", "columns", "largest_saving_rank", "expected"), rows)


largest_saving_rank = Exercise(
    "Exercise 8.2",
    _judge_largest_saving_rank,
    hints=(
        "How many numbers has the matrix, and how many have two factors of rank r together?",
        "It saves where `rank * (rows + columns) < rows * columns`. What if they are equal?",
        "The largest whole number below a / b, for whole a and b, is `(a - 1) // b`.",
    ),
    solution=_largest_saving_rank,
    asks="up to which rank two factors save",
    shows=_show_rank,
)


def _masked_error(signals, found, lengths):
    real = np.arange(signals.shape[1]) < lengths[:, None]
    return ((signals - found) ** 2 * real).sum() / real.sum()


def _padded(seed: int, n: int, steps: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return signals, what was found, and lengths; a real step is 0, and some padding is not."""
    generator = np.random.default_rng(seed)
    lengths = generator.integers(1, steps + 1, n)
    lengths[0] = steps
    lengths[1] = steps - 2
    signals = generator.normal(0, 1, (n, steps)) * (np.arange(steps) < lengths[:, None])
    signals[0, 1], signals[1, -1] = 0, 0.5
    return signals, generator.normal(0, 2, (n, steps)), lengths


def _judge_masked_error(masked_error) -> str:
    for seed, n, steps in ((0, 4, 6), (1, 20, 9)):
        signals, found, lengths = _padded(seed, n, steps)
        real = np.arange(steps) < lengths[:, None]
        off = (signals - found) ** 2
        expected = _masked_error(signals, found, lengths)
        seen = number(call(masked_error, signals, found, lengths), "take the mean over all real steps")
        of_each = (off * real).sum(axis=1) / lengths
        misconceptions = {
            "That counts the padding, too.": off.mean(),
            "The padding is out of the sum, but still in the number of steps that you divide by.": (
                (off * real).mean()
            ),
            "That is the mean over the signals of each one's mean, in which a step of a short signal counts "
            "more: divide the whole sum by the number of all real steps.": of_each.mean(),
            "That is a sum: divide by the number of real steps.": (off * real).sum(),
            "That is the error a signal: divide by the number of real steps.": (off * real).sum() / n,
            "A real step may be 0, and padding need not be: the lengths give the mask, not the values.": (
                [off[found != 0].mean(), off[signals != 0].mean()]
            ),
            "The mask is one step too long: the first step has the number 0.": (
                off[np.arange(steps) <= lengths[:, None]].mean()
            ),
            "That is the absolute error: square it.": np.abs(signals - found)[real].mean(),
        }  # fmt: skip
        report = f"For {n} signals of up to {steps} steps: got {seen:.4f}, expected {expected:.4f}."
        expect(seen, expected, report, misconceptions, rtol=1e-6)
    return "The padding is in neither the sum nor the count."


def _show_masked_error(masked_error) -> dict:
    rows = []
    for seed, n, steps in ((2, 3, 5), (3, 10, 8)):
        signals, found, lengths = _padded(seed, n, steps)
        right = float(_masked_error(signals, found, lengths))
        with_padding = float(((signals - found) ** 2).mean())
        seen = float(masked_error(signals, found, lengths))
        rows.append((f"{n} signals of up to {steps} steps", seen, right, with_padding))
    return table(("signals", "masked_error", "expected", "padding counted"), rows)


masked_error = Exercise(
    "Exercise 8.3",
    _judge_masked_error,
    hints=(
        "Make a mask `(n, steps)` first, true where a step is before its signal's length.",
        "`np.arange(steps) < lengths[:, None]` compares every step with every length.",
        "Sum the squares where the mask is true, and divide by `mask.sum()`.",
    ),
    solution=_masked_error,
    asks="an error that leaves out padding",
    shows=_show_masked_error,
)
