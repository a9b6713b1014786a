"""A series of beats with planted faults, of which place and kind are known. Chapter 13 looks for them."""

from typing import NamedTuple

from aeutils.checks import check_whole
from aeutils.models import check_seed
import numpy as np

FAULTS = ("spike", "level shift", "missing beat", "fast beats")
_INTERVAL, _FAST, _JITTER = 16, 11, 0.5  # steps from beat to beat, and how much they vary
_HEIGHT, _HEIGHT_SPREAD, _WIDTH, _REACH = 1.0, 0.1, 1.5, 4
_WAVE, _WAVE_PERIOD, _NOISE = 0.3, 110, 0.05
_SPIKE, _SHIFT, _SHIFT_STEPS, _FAST_STEPS = 0.5, 0.3, 100, 66
_SLOT, _MARGIN = 300, 80  # steps from one fault to the next, and from a slot's beginning to its fault


class Series(NamedTuple):
    """What `draw_series` gives.

    Attributes:
        values: `(length,)` float32; beats about 1 high on a slow wave, with noise of 0.05.
        fault: `(length,)` int64, 0 where nothing is wrong, else 1 and more: the kind's place in `FAULTS`,
            counted from 1.
        spans: `(first, end, kind)` of every fault, in order, with the kind's name; `end` is the step after.
    """

    values: np.ndarray
    fault: np.ndarray
    spans: list[tuple[int, int, str]]


def draw_series(length: int, *, seed: int, faults: int = 0) -> Series:
    """Draw a series of beats, about 16 steps apart, with so many faults, the four kinds in turn.

    - *spike*: one value is too high or too low by half a beat's height;
    - *level shift*: 100 values are too high or too low by 0.3, as much as the slow wave moves them;
    - *missing beat*: one beat is left out; the fault is the 9 steps around its place;
    - *fast beats*: for 66 steps the beats come 11 steps apart.

    Args:
        length: how many steps.
        seed: of all that is drawn.
        faults: how many are planted, evenly spread.

    Raises:
        ValueError: for less than 2 steps, an unusable seed, a negative number of faults, or less than 300
            steps for each.
    """
    length = check_whole(length, "length", "a series has two steps or more", at_least=2)
    faults = check_whole(
        faults, "faults", f"a fault takes {_SLOT} steps", at_least=0, at_most=length // _SLOT
    )
    rng = np.random.default_rng(check_seed(seed))
    kinds = [FAULTS[i % len(FAULTS)] for i in range(faults)]
    starts = [i * length // faults + _MARGIN + int(rng.integers(_MARGIN)) for i in range(faults)]
    fast = [
        (start, start + _FAST_STEPS) for start, kind in zip(starts, kinds, strict=True) if kind == FAULTS[3]
    ]
    beats = _beat_times(length, fast, rng)
    spans, kept = [], np.ones(len(beats), bool)
    phase = 2 * np.pi * np.cumsum(1 + 0.3 * rng.standard_normal(length)) / _WAVE_PERIOD
    values = _WAVE * np.sin(phase + rng.uniform(0, 2 * np.pi)) + _NOISE * rng.standard_normal(length)
    for start, kind in zip(starts, kinds, strict=True):
        sign = rng.choice((-1, 1))
        if kind == FAULTS[0]:
            first, end = start, start + 1
            values[start] += sign * _SPIKE
        elif kind == FAULTS[1]:
            first, end = start, start + _SHIFT_STEPS
            values[first:end] += sign * _SHIFT
        elif kind == FAULTS[2]:
            missing = int(np.searchsorted(beats, start))
            kept[missing] = False
            middle = round(beats[missing])
            first, end = middle - _REACH, middle + _REACH + 1
        else:
            first, end = start, start + _FAST_STEPS
        spans.append((first, end, kind))
    heights = _HEIGHT + _HEIGHT_SPREAD * rng.standard_normal(len(beats))
    steps = np.arange(length)
    for time, height in zip(beats[kept], heights[kept], strict=True):
        near = slice(max(0, round(time) - 3 * _REACH), round(time) + 3 * _REACH)
        values[near] += height * np.exp(-0.5 * ((steps[near] - time) / _WIDTH) ** 2)
    fault = np.zeros(length, "int64")
    for first, end, kind in spans:
        fault[first:end] = 1 + FAULTS.index(kind)
    return Series(values.astype("float32"), fault, spans)


def _beat_times(length: int, fast: list[tuple[int, int]], rng: np.random.Generator) -> np.ndarray:
    """Return the times of all beats, which come at shorter intervals within the spans `fast`."""
    times, time = [], rng.uniform(0, _INTERVAL)
    while time < length:
        times.append(time)
        is_fast = any(first - _FAST / 2 < time < end - _FAST for first, end in fast)
        time += (_FAST if is_fast else _INTERVAL) + _JITTER * rng.standard_normal()
    return np.array(times)


def cut_windows(values: np.ndarray, width: int, stride: int = 1) -> np.ndarray:
    """Return the windows of a series, `(n, width, 1)` float32: of `width` steps, one every `stride` steps.

    Raises:
        ValueError: for `values` that are not `(length,)`, or shorter than a window, or a stride below 1.
    """
    values = np.asarray(values, "float32")
    if values.ndim != 1:
        raise ValueError(f"values must be one series, (length,), got {values.shape}: cut one at a time")
    width = check_whole(width, "width", "a window fits into its series", at_most=len(values))
    stride = check_whole(stride, "stride", "windows begin one step or more apart")
    return np.lib.stride_tricks.sliding_window_view(values, width)[::stride, :, None].copy()


def score_steps(errors: np.ndarray) -> np.ndarray:
    """Return a score for each step, `(n + width - 1,)`: the mean of its errors in all windows that hold it.

    Args:
        errors: `(n, width)`, an error for each step of each window, of windows cut one step apart.

    Raises:
        ValueError: for errors of another shape.
    """
    errors = np.asarray(errors, "float64")
    if errors.ndim != 2:
        raise ValueError(
            f"errors must be (n, width), got {errors.shape}: one row a window, one column a step"
        )
    n, width = errors.shape
    total, count = np.zeros(n + width - 1), np.zeros(n + width - 1)
    for place in range(width):
        total[place : place + n] += errors[:, place]
        count[place : place + n] += 1
    return total / count
