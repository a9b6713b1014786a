"""Exercises of chapter 13, "What does not belong"."""

import math

from aeutils.exercises.base import Exercise, NotYet, call
from aeutils.exercises.judging import expect, number
from aeutils.exercises.shown import table
import numpy as np

TITLE = "What does not belong"
_RATES = ((99, 0.05, 5), (50, 0.05, 2), (500, 0.01, 5), (10, 0.05, 0))  # scores, rate, how many may lie above


def _threshold(scores, rate):
    above = int(rate * (len(scores) + 1) + 1e-9)
    return np.sort(scores)[-above] if above else float("inf")


def _judge_threshold(threshold) -> str:
    for n, rate, above in _RATES:
        scores = np.random.default_rng(n).gamma(2.0, size=n)
        ordered = np.sort(scores)
        seen = number(call(threshold, scores.copy(), rate), "one threshold")
        expected = ordered[-above] if above else math.inf
        report = f"For {n} scores and a rate of {rate:g}: got {seen:.4f}, expected {expected:.4f}. "
        methods = ("linear", "lower", "higher", "nearest")
        misconceptions = {
            "With so few scores no threshold among them keeps the rate: return infinity.": above == 0,
            "That is the largest score, whatever the rate.": ordered[-1] if above != 1 else False,
            "That is the wrong end: anomalies score high.": [
                np.quantile(scores, rate),
                ordered[max(above - 1, 0)],
            ],
            "That is a quantile of the given scores. A new image is one more, so n + 1 places count: "
            "take the score with rate times (n + 1), rounded down, at or above it.": [
                np.quantile(scores, 1 - rate, method=method) for method in methods
            ],
            "You are one place off.": [ordered[-above - 1], ordered[-max(above - 1, 1)]],
        }
        if not (seen == expected or math.isclose(seen, expected, rel_tol=1e-6)):
            expect(seen, expected, report, misconceptions, rtol=1e-6)
    return "A new normal image lies above it with a probability of at most the rate."


def _show_threshold(threshold) -> dict:
    rows, rng = [], np.random.default_rng(0)
    for n, rate, above in _RATES:
        scores = rng.normal(size=n)
        expected = np.sort(scores)[-above] if above else math.inf
        rows.append((n, rate, float(threshold(scores, rate)), float(expected)))
    return table(("scores", "rate", "threshold", "expected"), rows)


threshold = Exercise(
    "Exercise 13.1",
    _judge_threshold,
    hints=(
        "Put the new image among the n scores: each of the n + 1 places is as likely for it.",
        "It lies above the k-th highest score with probability k / (n + 1). Which k is the largest allowed?",
        "`k = int(rate * (len(scores) + 1))`, then `np.sort(scores)[-k]`; where k is 0, `float('inf')`.",
    ),
    solution=_threshold,
    asks="a threshold for a rate of false alarms",
    shows=_show_threshold,
)


def _correct_for_ink(scores, ink, normal_scores, normal_ink):
    slope, level = np.polyfit(np.log(normal_ink), np.log(normal_scores), 1)
    return np.log(scores) - slope * np.log(ink) - level


def _ink_case():
    rng = np.random.default_rng(4)
    normal_ink, ink = rng.uniform(20, 120, 80), rng.uniform(10, 120, 30)
    normal_scores = 0.4 * normal_ink**0.7 * np.exp(rng.normal(0, 0.2, 80))
    scores = 0.8 * ink**0.9 * np.exp(rng.normal(0, 0.4, 30))
    return scores, ink, normal_scores, normal_ink


def _judge_correct_for_ink(correct_for_ink) -> str:
    scores, ink, normal_scores, normal_ink = _ink_case()
    seen = call(correct_for_ink, *(array.copy() for array in (scores, ink, normal_scores, normal_ink)))
    if np.shape(seen) != scores.shape:
        raise NotYet(f"Expected a score for each of the {len(scores)} images, got shape {np.shape(seen)}.")
    slope, level = np.polyfit(np.log(normal_ink), np.log(normal_scores), 1)
    expected = np.log(scores) - slope * np.log(ink) - level
    own_slope, own_level = np.polyfit(np.log(ink), np.log(scores), 1)
    turned, other_level = np.polyfit(np.log(normal_scores), np.log(normal_ink), 1)
    straight = np.polyfit(normal_ink, normal_scores, 1)
    misconceptions = {
        "The line is fitted to the images that are to be scored, anomalies among them: fit it to the normal "
        "ones.": np.log(scores) - own_slope * np.log(ink) - own_level,
        "That is the score divided by ink, a line of slope 1 whatever the normal images say.": [
            scores / ink, np.log(scores / ink)
        ],
        "The line is one of scores on ink, not of their logarithms.": scores - np.polyval(straight, ink),
        "The level of the line is missing: take off the slope times log ink and the level.": np.log(scores)
        - slope * np.log(ink),
        "The line is turned round: it should tell the score from the ink.": np.log(scores)
        - turned * np.log(ink) - other_level,
        "That is what the line expects: take it off the log score.": slope * np.log(ink) + level,
        "You took the exponential of it: the logarithm is asked for.": np.exp(expected),
    }  # fmt: skip
    report = f"For the first image: got {seen[0]:.4f}, expected {expected[0]:.4f}. "
    expect(seen, expected, report, misconceptions, rtol=1e-5, atol=1e-8)
    return "What is left of a score is what its ink does not tell."


def _show_correct_for_ink(correct_for_ink) -> dict:
    normal_ink = np.array([10.0, 100.0, 1000.0])
    normal_scores = 3 * normal_ink**0.5
    ink = np.array([100.0, 100.0, 400.0])
    scores = np.array([30.0, 60.0, 60.0])
    seen = correct_for_ink(scores, ink, normal_scores, normal_ink)
    expected = np.log(scores / (3 * ink**0.5))
    rows = [
        (float(s), float(i), round(float(a), 6) + 0.0, round(float(b), 6) + 0.0)
        for s, i, a, b in zip(scores, ink, seen, expected, strict=True)
    ]
    return table(("score", "ink", "correct_for_ink", "expected"), rows)


correct_for_ink = Exercise(
    "Exercise 13.2",
    _judge_correct_for_ink,
    hints=(
        "Which images may draw the line? Not those that are to be judged.",
        "`np.polyfit(x, y, 1)` gives slope and level of a line; x is log ink, y is log score.",
        "Then `np.log(scores) - slope * np.log(ink) - level`.",
    ),
    solution=_correct_for_ink,
    asks="a score without what ink predicts",
    shows=_show_correct_for_ink,
)


def _adjust(alarms, faulty):
    adjusted = np.array(alarms, dtype=bool)
    edges = np.flatnonzero(np.diff(np.r_[False, faulty, False].astype(int)))
    for first, end in zip(edges[::2], edges[1::2], strict=True):
        adjusted[first:end] = adjusted[first:end].any()
    return adjusted


_ALARMS = np.array([0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 1], bool)
_FAULTY = np.array([0, 0, 0, 1, 1, 1, 0, 1, 1, 0, 0, 0, 1, 1, 1, 0], bool)
_ADJUSTED = np.array([0, 1, 0, 1, 1, 1, 0, 0, 0, 0, 1, 0, 1, 1, 1, 1], bool)


def _judge_adjust(adjust) -> str:
    at_ends = np.array([1, 1, 0, 0, 1, 1], bool), np.array([0, 1, 0, 0, 0, 1], bool)
    for alarms, faulty, expected in (
        (_ALARMS, _FAULTY, _ADJUSTED),
        (at_ends[1], at_ends[0], np.array([1, 1, 0, 0, 1, 1], bool)),
        (np.zeros(4, bool), np.ones(4, bool), np.zeros(4, bool)),
    ):
        seen = np.asarray(call(adjust, alarms.copy(), faulty.copy()))
        if seen.shape != alarms.shape:
            raise NotYet(
                f"Expected an alarm or none for each of {len(alarms)} steps, got shape {seen.shape}."
            )
        later = _from_first_alarm(alarms, faulty)
        misconceptions = {
            "The alarms are as they were: a fault with one alarm counts as found at all its steps.": alarms,
            "All faults count as found here, also those without an alarm in them.": alarms | faulty,
            "The alarms outside of faults are gone, but they remain false alarms.": expected & faulty,
            "The steps of a fault before its first alarm count as found as well.": later,
            "You took all faults for one: each is found or not by itself.": alarms | (faulty & alarms.any()),
        }
        shown = "".join(str(int(step)) for step in seen.astype(bool))
        wanted = "".join(str(int(step)) for step in expected)
        expect(seen.astype(bool), expected, f"Got {shown}, expected {wanted}. ", misconceptions)
    return "One alarm finds a whole fault, which is why random alarms do so well by it."


def _from_first_alarm(alarms: np.ndarray, faulty: np.ndarray) -> np.ndarray:
    """Return what comes out if a fault counts as found from its first alarm on."""
    adjusted, found = alarms.copy(), False
    for step, is_faulty in enumerate(faulty):
        found = bool(is_faulty and (found or alarms[step]))
        adjusted[step] |= found
    return adjusted


def _show_adjust(adjust) -> dict:
    def written(steps):
        return " ".join(str(int(step)) for step in steps)

    whole = np.array([0, 1, 1, 1, 1, 1, 1, 0], bool)
    one = np.array([0, 0, 0, 0, 1, 0, 0, 0], bool)
    rows = [
        (
            written(_FAULTY),
            written(_ALARMS),
            written(adjust(_ALARMS.copy(), _FAULTY.copy())),
            written(_ADJUSTED),
        ),
        (written(whole), written(one), written(adjust(one.copy(), whole.copy())), written(whole)),
    ]
    return table(("faulty", "alarms", "adjust", "expected"), rows)


adjust = Exercise(
    "Exercise 13.3",
    _judge_adjust,
    hints=(
        "Find where each run of faulty steps begins and ends.",
        "`np.diff` of the faulty steps, a 0 before and after, is 1 at each beginning and -1 after each end.",
        "For each run, `adjusted[first:end] = alarms[first:end].any()`; the other steps stay as they are.",
    ),
    solution=_adjust,
    asks="the adjustment that flatters",
    shows=_show_adjust,
)
