"""Exercises of chapter 3, "Training"."""

import math

from aeutils.exercises.base import Exercise, call
from aeutils.exercises.judging import expect, number, pair
from aeutils.exercises.shown import curves, table
import numpy as np

TITLE = "Training"
TRAININGS = ((512, 256, 1), (55_000, 256, 50), (1000, 64, 3))
ERRORS = (
    ([5.0, 4.0, 3.0, 3.5, 3.2, 3.1], 3, (3, 6)),
    ([5.0, 4.0, 4.5, 3.0, 2.0], 2, (5, 5)),
    ([2.0, 3.0, 3.0, 1.0], 2, (1, 3)),
    ([2.0, 2.0, 2.0, 2.0], 2, (1, 3)),
)


def _training_steps(n_images, batch_size, epochs):
    return math.ceil(n_images / batch_size) * epochs


def _judge_training_steps(training_steps) -> str:
    for n, size, epochs in TRAININGS:
        seen = number(call(training_steps, n, size, epochs))
        expected = math.ceil(n / size) * epochs
        full_batches = n // size * epochs
        has_a_part = isinstance(seen, float) and seen % 1 != 0
        misconceptions = {
            "The images left over in an epoch make a smaller batch, and a step of their own.": full_batches,
            "An epoch ends with a smaller batch; it is not filled up with images of the next "
            "epoch.": math.ceil(n * epochs / size),
            "That is one epoch.": math.ceil(n / size),
            "Those are images; a step takes a whole batch of them.": n * epochs,
            "There are no parts of a step: the smaller last batch takes a whole one.": has_a_part,
        }
        report = (
            f"For {n:,} images, batches of {size} and {epochs} epochs: got {seen!r}, expected {expected:,}."
        )
        expect(seen, expected, report, misconceptions)
    return "Full batches and the smaller last one are counted, in every epoch."


def _show_training_steps(training_steps) -> dict:
    rows = [(*sizes, training_steps(*sizes), _training_steps(*sizes)) for sizes in TRAININGS]
    return table(("n_images", "batch_size", "epochs", "training_steps", "expected"), rows)


training_steps = Exercise(
    "Exercise 3.1",
    _judge_training_steps,
    hints=(
        "How many steps does one epoch of 1,000 images in batches of 64 take? 1000 / 64 is 15.6.",
        "The last batch of an epoch may be smaller; it is a step all the same.",
        "Round up within an epoch (`math.ceil`), then multiply by the epochs.",
    ),
    solution=_training_steps,
    asks="how many steps a training takes",
    shows=_show_training_steps,
)


def _learning_rate_at(step, steps, warmup, peak):
    if step < warmup:
        return peak * step / warmup
    t = (step - warmup) / (steps - warmup)
    return peak * (1 + math.cos(math.pi * t)) / 2


def _judge_learning_rate_at(learning_rate_at) -> str:
    steps, warmup, peak = 1000, 50, 0.003
    reasons = {
        0: "The warm-up starts at 0.",
        25: "During the warm-up the rate rises in a straight line to the peak.",
        50: "The warm-up ends at the peak.",
        525: "Half-way down, the rate is half the peak: the cosine is moved up by 1 and halved, "
        "and counts from the end of the warm-up.",
        1000: "The schedule ends at 0: half a cosine wave, from 1 to -1, moved up by 1 and halved.",
    }
    for step, reason in reasons.items():
        seen = number(call(learning_rate_at, step, steps, warmup, peak))
        expected = _learning_rate_at(step, steps, warmup, peak)
        report = (
            f"At step {step} of {steps}, with {warmup} steps of warm-up and a peak of {peak}: "
            f"got {seen:.6g}, expected {expected:.6g}."
        )
        expect(seen, expected, report, {reason: True}, rtol=1e-6, atol=1e-9)
    for step in range(0, 301, 7):
        seen = number(call(learning_rate_at, step, 300, 20, 1.0))
        expected = _learning_rate_at(step, 300, 20, 1.0)
        report = (
            f"Right for one schedule, but with 300 steps, a warm-up of 20 and a peak of 1, step {step} "
            f"gives {seen:.6g}, expected {expected:.6g}."
        )
        reason = "Is a number fixed that should be an argument?"
        expect(seen, expected, report, {reason: True}, rtol=1e-6, atol=1e-9)
    return "It rises in a straight line and falls along half a cosine."


def _show_learning_rate_at(learning_rate_at) -> dict:
    steps, lines, expected = np.arange(0, 1001, 10), {}, {}
    for warmup in (50, 300):
        settings = 1000, warmup, 0.003
        lines[f"warmup = {warmup}"] = [learning_rate_at(int(step), *settings) for step in steps]
        expected[warmup] = [_learning_rate_at(step, *settings) for step in steps]
    words = "two schedules that rise in a straight line to 0.003, then fall to 0 along half a cosine"
    return curves(steps, lines, expected, ("step", "learning rate"), words)


learning_rate_at = Exercise(
    "Exercise 3.2",
    _judge_learning_rate_at,
    hints=(
        "Treat the two parts apart: `if step < warmup`.",
        "In the warm-up the rate is the share of it that is over, times the peak.",
        "Afterwards let `t = (step - warmup) / (steps - warmup)`, from 0 to 1; cos(πt) goes from 1 to -1. "
        "Move it up, then scale it, so that it goes from `peak` to 0.",
    ),
    solution=_learning_rate_at,
    asks="a warm-up and half a cosine",
    shows=_show_learning_rate_at,
)


def _stop_early(errors, patience):
    best, lowest = 0, float("inf")
    for epoch, error in enumerate(errors, start=1):
        if error < lowest:
            best, lowest = epoch, error
        elif epoch - best >= patience:
            break
    return best, epoch


def _judge_stop(stop_early) -> str:
    for errors, patience, (best, last) in ERRORS:
        seen = call(stop_early, list(errors), patience)
        seen_best, seen_last = pair(seen, "(best epoch, last epoch)", f"{seen!r}")
        goes_on = min(errors) == max(errors) and (seen_best > best or seen_last > last)
        early = best, last - 1
        looks_ahead = seen_best == 1 + int(np.argmin(errors)) and seen_best != best
        misconceptions = {
            "Epochs count from 1 here.": (best - 1, last - 1),
            "An equal error is no improvement: the epochs without one go on counting.": goes_on,
            "You looked at epochs that come after training has stopped.": looks_ahead,
            "The best epoch has the lowest error; it is not the one in which training stopped.": (last, last),
            "You stopped an epoch early: the last is the one that lies `patience` after the best.": early,
        }
        expected = best, last
        report = f"For errors {errors} and a patience of {patience}: got {tuple(seen)}, expected {expected}."
        expect(seen, expected, report, misconceptions)
    return "Training stops in time, and the best epoch is kept apart from the last."


def _show_stop(stop_early) -> dict:
    rows = []
    for errors, patience, expected in ERRORS:
        rows.append((str(errors), patience, tuple(stop_early(list(errors), patience)), expected))
    return table(("errors", "patience", "stop_early", "expected"), rows)


stop_early = Exercise(
    "Exercise 3.3",
    _judge_stop,
    hints=(
        "Go through the errors one by one, and remember the lowest so far and its epoch.",
        "Training stops in the first epoch that lies `patience` epochs after the best one.",
        "`for epoch, error in enumerate(errors, start=1)`: a lower error makes it the best; "
        "otherwise compare `epoch - best` with `patience`.",
    ),
    solution=_stop_early,
    asks="early stopping: best and last epoch",
    shows=_show_stop,
)
