"""A series has the faults that it says, and no others."""

from aeutils.faults import FAULTS, cut_windows, draw_series, score_steps
import numpy as np
import pytest

pytestmark = pytest.mark.any_backend


def test_spans_and_labels_agree():
    series = draw_series(6000, seed=3, faults=8)
    labels = np.zeros(6000, int)
    for first, end, kind in series.spans:
        labels[first:end] = 1 + FAULTS.index(kind)
    np.testing.assert_array_equal(labels, series.fault)
    assert [kind for _, _, kind in series.spans] == 2 * list(FAULTS)
    lengths = {kind: end - first for first, end, kind in series.spans}
    assert lengths == {"spike": 1, "level shift": 100, "missing beat": 9, "fast beats": 66}
    assert series.values.shape == (6000,) and series.values.dtype == np.float32


def peaks(values):
    inner = values[1:-1]
    is_peak = (inner > values[:-2]) & (inner >= values[2:]) & (inner > 0.55)
    return 1 + np.flatnonzero(is_peak)


def test_without_faults_the_beats_are_regular():
    series = draw_series(4000, seed=1)
    assert series.spans == [] and not series.fault.any()
    intervals = np.diff(peaks(series.values))
    assert np.median(intervals) == 16 and abs(len(intervals) - 250) < 30


def test_each_fault_is_there():
    series = draw_series(24_000, seed=5, faults=60)
    intervals, missing, shifts = [], [], []
    for first, end, kind in series.spans:
        if kind == "fast beats":
            intervals += list(np.diff(peaks(series.values[first:end])))
        if kind == "missing beat":
            missing.append(series.values[first:end].max())
        if kind == "level shift":
            shifts.append(
                abs(np.median(series.values[first - 48 : first]) - np.median(series.values[first:end]))
            )
    assert np.median(intervals) == 11
    assert np.mean(missing) < 0.5 < 0.8 < np.quantile(series.values, 0.97)
    assert len(shifts) == 15 and np.mean(shifts) > 0.2


def test_seeds():
    one, again, other = (draw_series(1200, seed=seed, faults=4) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.values, again.values)
    assert np.abs(one.values - other.values).max() > 0.1


def test_windows_and_scores_of_steps():
    values = np.arange(10.0)
    windows = cut_windows(values, 4, stride=3)
    np.testing.assert_array_equal(windows[..., 0], [[0, 1, 2, 3], [3, 4, 5, 6], [6, 7, 8, 9]])
    # A step that has one error in all windows has it as its score.
    np.testing.assert_allclose(score_steps(cut_windows(values, 4)[..., 0]), values)
    np.testing.assert_allclose(score_steps([[1, 3], [5, 7]]), [1, 4, 7])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: draw_series(1, seed=0), "two steps or more"),
        (lambda: draw_series(1000, seed=0, faults=4), "a fault takes 300 steps"),
        (lambda: cut_windows(np.zeros((5, 2)), 3), r"one series, \(length,\), got \(5, 2\)"),
        (lambda: cut_windows(np.zeros(5), 6), "fits into its series"),
        (lambda: cut_windows(np.zeros(5), 3, stride=0), "one step or more apart"),
        (lambda: score_steps(np.zeros(5)), r"must be \(n, width\), got \(5,\)"),
    ],
)
def test_bad_input_is_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()
