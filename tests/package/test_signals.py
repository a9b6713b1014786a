"""Signals are what their numbers say."""

from aeutils import signals
from aeutils.signals import draw_signals
import numpy as np
import pytest


def test_a_signal_is_drawn_by_its_numbers():
    drawn = draw_signals(3, 24, seed=1)
    for value, (amplitude, frequency, phase, drift, place) in zip(drawn.values, drawn.factors, strict=True):
        t = np.arange(24) / 23
        raw = amplitude * np.sin(2 * np.pi * frequency * t + phase) + drift * (2 * t - 1)
        raw += 1.5 * np.exp(-((t - place) ** 2) / (2 * 0.06**2))
        np.testing.assert_allclose(value[:, 0], (raw - 0.215) / 0.667, atol=1e-5)


def test_they_have_mean_0_and_spread_1():
    values = draw_signals(20_000, 24, seed=2).values
    assert values.shape == (20_000, 24, 1) and values.dtype == np.float32
    assert abs(values.mean()) < 0.02 and abs(values.std() - 1) < 0.02


def test_a_seed_draws_the_same_and_another_one_others():
    first, again, other = (draw_signals(5, seed=seed).values for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.1


def test_a_short_signal_is_the_beginning_of_a_long_one():
    cut, whole = draw_signals(200, 24, seed=3, shortest=8), draw_signals(200, 24, seed=3)
    assert set(cut.lengths) == set(range(8, 25))
    np.testing.assert_array_equal(cut.mask.sum(axis=1), cut.lengths)
    np.testing.assert_array_equal(cut.values[..., 0], whole.values[..., 0] * cut.mask)
    assert (cut.values[cut.mask == 0] == 0).all() and whole.mask.all()
    assert (cut.values[..., 0][cut.mask == 1] != 0).all()  # so that padding can be told by its zeros


def test_each_number_changes_the_signals():
    assert len(signals.FACTORS) == draw_signals(1, seed=0).factors.shape[1]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"n": 0}, "how many signals are drawn"),
        ({"length": 1}, "two steps or more"),
        ({"shortest": 25}, "length of the shortest"),
        ({"seed": -1}, "use 0, say"),
    ],
)
def test_what_cannot_be_drawn_is_refused(options, words):
    with pytest.raises(ValueError, match=words):
        draw_signals(**{"n": 3, "seed": 0} | options)
