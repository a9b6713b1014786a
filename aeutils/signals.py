"""One-dimensional signals of known making: five numbers draw each, so the size that a code needs is known.

A signal is a wave with a drift and a bump. Chapter 8 gives them to recurrent networks.
"""

from typing import NamedTuple

from aeutils.checks import check_whole
from aeutils.models import check_seed
import numpy as np

FACTORS = ("amplitude", "frequency", "phase", "drift", "place of the bump")
_RANGES = ((0.3, 1.0), (1.0, 3.0), (0.0, 2 * np.pi), (-0.5, 0.5), (0.2, 0.8))
_BUMP_HEIGHT, _BUMP_WIDTH = 1.5, 0.06


class Signals(NamedTuple):
    """What `draw_signals` gives.

    Attributes:
        values: `(n, length, 1)` float32, of mean 0 and standard deviation 1 over all values that are no
            padding; behind its own length a signal is padded with 0.
        lengths: `(n,)`, how many steps each has.
        factors: `(n, 5)`, the numbers that drew each, in the order of `FACTORS`.
    """

    values: np.ndarray
    lengths: np.ndarray
    factors: np.ndarray

    @property
    def mask(self) -> np.ndarray:
        """`(n, length)` float32: 1 for a step of the signal, 0 for padding."""
        return (np.arange(self.values.shape[1]) < self.lengths[:, None]).astype("float32")


def draw_signals(n: int, length: int = 24, *, seed: int, shortest: int | None = None) -> Signals:
    """Draw signals, each by five numbers of its own, without noise.

    At time $t$ from 0 to 1 a signal is $a \\sin(2\\pi f t + p) + d (2 t - 1)$ and a Gaussian bump: of the
    numbers, uniform in their ranges, the amplitude $a$ and the drift $d$ enter linearly, the frequency $f$,
    the phase $p$ and the place of the bump do not.

    Args:
        n: how many signals.
        length: steps of the longest.
        seed: of the numbers, and of the lengths.
        shortest: where given, lengths are uniform from here to `length`; a shorter signal is the beginning
            of a long one.

    Raises:
        ValueError: for less than one signal, fewer than 2 steps, or `shortest` outside 2 ... `length`.
    """
    n = check_whole(n, "n", "it is how many signals are drawn")
    length = check_whole(length, "length", "a signal has two steps or more", at_least=2)
    generator = np.random.default_rng(check_seed(seed))
    low, high = np.array(_RANGES).T
    factors = generator.uniform(low, high, (n, len(FACTORS)))
    lengths = np.full(n, length)
    if shortest is not None:
        remedy = "it is the length of the shortest signal"
        shortest = check_whole(shortest, "shortest", remedy, at_least=2, at_most=length)
        lengths = generator.integers(shortest, length + 1, n)
    signals = Signals(_draw(factors, length), lengths, factors)
    values = signals.values * signals.mask[:, :, None]
    return signals._replace(values=values.astype("float32"))


def _draw(factors: np.ndarray, length: int) -> np.ndarray:
    """Return signals `(n, length, 1)`, scaled by the mean and spread of what these ranges draw."""
    time = np.linspace(0, 1, length)
    amplitude, frequency, phase, drift, place = factors.T[:, :, None]
    wave = amplitude * np.sin(2 * np.pi * frequency * time + phase)
    bump = _BUMP_HEIGHT * np.exp(-0.5 * ((time - place) / _BUMP_WIDTH) ** 2)
    raw = wave + drift * (2 * time - 1) + bump
    return ((raw - _MEAN) / _SPREAD)[:, :, None]


_MEAN, _SPREAD = 0.215, 0.667  # over many signals of 24 steps, measured
