"""Judges' helpers: what counts as expected, and which misconception an answer fits."""

from aeutils.exercises.base import NotYet
from aeutils.exercises.judging import expect, explain, number, pair, refuse
import numpy as np
import pytest


def test_an_expected_answer_passes_within_the_tolerances():
    expect(3, 3, "report", {"always": True})
    expect(3.001, 3, "report", {"always": True}, rtol=1e-3)
    expect(1e-6, 0, "report", {"always": True}, atol=1e-5)
    expect([1, 2], np.array([1, 2]), "report", {"always": True})
    expect(np.inf, np.inf, "report", {"always": True})


@pytest.mark.parametrize("seen", [3.001, [3], [], np.full(2, 3), "3", {}, None])
def test_without_tolerances_an_answer_has_to_be_equal_and_of_the_expected_shape(seen):
    with pytest.raises(NotYet, match=r"^Got it, expected 3\.$"):
        expect(seen, 3, "Got it, expected 3.", {})


@pytest.mark.parametrize("seen", [[3.0], [], [3.0, 3.0]])
def test_no_tolerance_stretches_an_answer(seen):
    with pytest.raises(NotYet):
        expect(seen, 3, "report", {}, rtol=0.1)


def test_the_first_misconception_that_fits_follows_the_report():
    misconceptions = {"Twice.": 6, "Twice as well.": 6, "Something else.": True}
    with pytest.raises(NotYet, match=r"^Got 6, expected 3\. Twice\.$"):
        expect(6, 3, "Got 6, expected 3.", misconceptions)
    with pytest.raises(NotYet, match=r"^Something else\.$"):
        expect(7, 3, "", misconceptions)


@pytest.mark.parametrize(
    ("seen", "wrong", "fits"),
    [
        (2.0, 2, True),
        (2.0, [1, 2], True),
        (2.0, [], False),
        (1, True, True),  # a condition, not the number 1
        (1, np.bool_(False), False),
        (np.nan, np.nan, True),
        (2.0, np.nan, False),
        (np.array([1, 2]), [1, 2], True),
        (np.array([1, 2]), [2, 2], False),
        (np.array([1, 2]), [[0, 0], [1, 2]], True),
        (np.array([1, 2]), [[0, 2], [1, 0]], False),
        ((4, 12), [(12, 4), (4, 12)], True),
        ((12,), (12, 4), False),
    ],
)
def test_a_misconception_is_an_answer_several_or_a_condition(seen, wrong, fits):
    assert explain(seen, {"words": wrong}, rtol=1e-6) == (" words" if fits else "")


def test_a_problem_is_told_and_only_the_first():
    refuse({"one": False, "two": np.bool_(False)})
    with pytest.raises(NotYet, match="^two$"):
        refuse({"one": False, "two": True, "three": True})


def test_one_number_and_a_pair_are_given_back():
    assert number(3.5) == 3.5 and pair([1, 2], "(a, b)", "it") == [1, 2]
    with pytest.raises(NotYet, match=r"^Expected one number, got shape \(2,\)\.$"):
        number(np.zeros(2))
    with pytest.raises(NotYet, match=r"^Expected one number, got shape \(1,\): sum it\.$"):
        number([1], "sum it")
    for other in (3, (1, 2, 3), {1: 2, 3: 4}):
        with pytest.raises(NotYet, match=r"^Expected a pair `\(a, b\)`, got that\.$"):
            pair(other, "(a, b)", "that")
