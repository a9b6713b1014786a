"""The exercises of chapter 13: a wrong answer hears what is wrong about it."""

from aeutils.exercises import chapter13
import numpy as np
import pytest

from tests.package.answers import refused

pytestmark = pytest.mark.any_backend


def with_largest_for_few(scores, rate):
    above = int(rate * (len(scores) + 1) + 1e-9)
    return np.sort(scores)[-max(above, 1)]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda s, r: s.max(), "the largest score, whatever the rate"),
        (lambda s, r: np.quantile(s, r), "the wrong end"),
        (lambda s, r: np.quantile(s, 1 - r), "a quantile of the given scores"),
        (lambda s, r: np.sort(s)[-int(r * (len(s) + 1) + 1e-9) + 1], "one place off"),
        (with_largest_for_few, "return infinity"),
        (lambda s, r: s, "one threshold"),
    ],
)
def test_wrong_thresholds(answer, words, capsys):
    refused(chapter13.threshold, answer, words, capsys)


def test_the_threshold_keeps_its_promise():
    rng, above = np.random.default_rng(0), []
    for _ in range(4000):
        scores = rng.normal(size=50)
        above.append(scores[-1] > chapter13._threshold(scores[:-1], 0.1))
    assert 0.085 < np.mean(above) < 0.115


def line(x, y):
    return np.polyfit(np.log(x), np.log(y), 1)


def fitted_to_all(s, i, n, m):
    return np.log(s) - np.polyval(line(i, s), np.log(i))


def without_level(s, i, n, m):
    return np.log(s) - line(m, n)[0] * np.log(i)


def without_logarithms(s, i, n, m):
    return s - np.polyval(np.polyfit(m, n, 1), i)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (fitted_to_all, "fit it to the normal"),
        (lambda s, i, n, m: s / i, "a line of slope 1"),
        (without_logarithms, "not of their logarithms"),
        (without_level, "The level of the line is missing"),
        (lambda s, i, n, m: np.log(s) - np.polyval(line(n, m), np.log(i)), "turned round"),
        (lambda s, i, n, m: np.polyval(line(m, n), np.log(i)), "what the line expects"),
        (lambda s, i, n, m: s / np.exp(np.polyval(line(m, n), np.log(i))), "the logarithm is asked for"),
        (lambda s, i, n, m: n, "Expected a score for each"),
    ],
)
def test_wrong_corrections(answer, words, capsys):
    refused(chapter13.correct_for_ink, answer, words, capsys)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda alarms, faulty: alarms, "as they were"),
        (lambda alarms, faulty: alarms | faulty, "also those without an alarm"),
        (lambda alarms, faulty: chapter13._adjust(alarms, faulty) & faulty, "remain false alarms"),
        (chapter13._from_first_alarm, "before its first alarm"),
        (lambda alarms, faulty: alarms[faulty], "got shape"),
    ],
)
def test_wrong_adjustments(answer, words, capsys):
    refused(chapter13.adjust, answer, words, capsys)
