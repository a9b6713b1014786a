"""The exercises of chapter 3: a wrong answer hears what is wrong about it."""

import math

from aeutils.exercises import chapter03
import numpy as np
import pytest

from tests.package.answers import refused, solution


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda n, b, e: n // b * e, "smaller batch, and a step of their own"),
        (lambda n, b, e: math.ceil(n * e / b), "not filled up with images of the next epoch"),
        (lambda n, b, e: math.ceil(n / b), "That is one epoch"),
        (lambda n, b, e: n * e, "a step takes a whole batch"),
        (lambda n, b, e: n / b * e, "no parts of a step"),
        (lambda n, b, e: 7, "expected 2"),
    ],
)
def test_wrong_training_steps(answer, words, capsys):
    refused(chapter03.training_steps, answer, words, capsys)


def test_the_solution_agrees_with_rates_worked_out_by_hand():
    rates = [solution(chapter03.learning_rate_at)(step, 1000, 50, 0.003) for step in (0, 25, 50, 525, 1000)]
    assert rates == pytest.approx([0, 0.0015, 0.003, 0.0015, 0])
    assert solution(chapter03.learning_rate_at)(1, 3, 0, 4.0) == pytest.approx(3.0)


def no_warmup(step, steps, warmup, peak):
    return peak * (1 + math.cos(math.pi * step / steps)) / 2


def whole_wave(step, steps, warmup, peak):
    if step < warmup:
        return peak * step / warmup
    return peak * (1 + math.cos(2 * math.pi * (step - warmup) / (steps - warmup))) / 2


def from_the_start(step, steps, warmup, peak):
    return peak * step / warmup if step <= warmup else no_warmup(step, steps, warmup, peak)


def not_moved_up(step, steps, warmup, peak):
    if step < warmup:
        return peak * step / warmup
    return peak * math.cos(math.pi * (step - warmup) / (steps - warmup))


def fixed_numbers(step, steps, warmup, peak):
    return solution(chapter03.learning_rate_at)(step, 1000, 50, peak)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (no_warmup, "The warm-up starts at 0"),
        (whole_wave, "Half-way down"),
        (from_the_start, "counts from the end of the warm-up"),
        (not_moved_up, "moved up by 1"),
        (fixed_numbers, "Is a number fixed"),
    ],
)
def test_wrong_schedules(answer, words, capsys):
    refused(chapter03.learning_rate_at, answer, words, capsys)


def counted_from_zero(errors, patience):
    best, last = solution(chapter03.stop_early)(errors, patience)
    return best - 1, last - 1


def over_all_epochs(errors, patience):
    return int(np.argmin(errors)) + 1, len(errors)


def ends_at_the_best(errors, patience):
    return (solution(chapter03.stop_early)(errors, patience)[1],) * 2


def equal_is_better(errors, patience):
    best, lowest = 0, math.inf
    for epoch, error in enumerate(errors, start=1):
        if error <= lowest:
            best, lowest = epoch, error
        elif epoch - best >= patience:
            break
    return best, epoch


def stops_early(errors, patience):
    return solution(chapter03.stop_early)(errors, patience - 1)


def stops_late(errors, patience):
    return solution(chapter03.stop_early)(errors, patience + 1)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (counted_from_zero, "Epochs count from 1"),
        (over_all_epochs, "epochs that come after training has stopped"),
        (ends_at_the_best, "The best epoch has the lowest error"),
        (equal_is_better, "An equal error is no improvement"),
        (stops_early, "You stopped an epoch early"),
        (stops_late, "epochs that come after training has stopped"),
        (lambda errors, patience: 3, "Expected a pair"),
    ],
)
def test_wrong_stopping(answer, words, capsys):
    refused(chapter03.stop_early, answer, words, capsys)
