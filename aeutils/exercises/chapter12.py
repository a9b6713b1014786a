"""Exercises of chapter 12, "Compression"."""

import math

from aeutils.exercises.base import Exercise, call
from aeutils.exercises.judging import expect, number
from aeutils.exercises.shown import table
import numpy as np

TITLE = "Compression"
STEPS = (0.25, 0.5, 1.0, 2.0, 4.0)
RATES = (6.5, 12.0, 15.0, 9.0)
TRADES = ((100_000, 0.19, 0.25), (100_000, 0.25, 0.19), (50_000, 1.2, 1.4), (0, 0.2, 0.3))


def _grown_bits(log_p_image, log_p_code, log_q_code):
    nats = log_q_code - log_p_code - log_p_image
    return np.mean(nats) / np.log(2) / 784


def _judge_grown_bits(grown_bits) -> str:
    rng = np.random.default_rng(0)
    image, prior, own = rng.normal(-80, 5, 50), rng.normal(-55, 3, 50), rng.normal(-30, 3, 50)
    seen = number(call(grown_bits, image.copy(), prior.copy(), own.copy()), "one mean over all images")
    nats = own - prior - image
    expected = nats.mean() / math.log(2) / 784
    misconceptions = {
        "That is in nats: a bit is log(2) of them.": nats.mean() / 784,
        "That is for an image: an image has 784 pixels.": nats.mean() / math.log(2),
        "That is in nats, and for an image.": nats.mean(),
        "That is what is pushed; the bits that chose the code come back, so log q is counted as well.": -(
            prior + image
        ).mean()
        / math.log(2)
        / 784,
        "The bits that chose the code come back: they are taken off, not added.": -(
            own + prior + image
        ).mean()
        / math.log(2)
        / 784,
        "The code is missing: it is pushed, and the bits that chose it come back.": -image.mean()
        / math.log(2)
        / 784,
        "It is the negative: logarithms of probabilities are below 0, and bits are not.": -expected,
        "That is the total of all images: take the mean.": expected * 50,
    }
    expect(seen, expected, f"Got {seen}, expected {expected:.4f}.", misconceptions, rtol=1e-6)
    return "It is the bound of chapter 10 in bits a pixel: what a network is trained on is its file's size."


def _show_grown_bits(grown_bits) -> dict:
    rows = []
    for image, prior, own in ((-80.0, -55.0, -30.0), (-80.0, -55.0, -55.0), (-80.0, -55.0, 0.0)):
        given = [np.array([value]) for value in (image, prior, own)]
        rows.append((image, prior, own, round(float(grown_bits(*given)), 4), round(_grown_bits(*given), 4)))
    columns = ("log p of the image", "log p of the code", "log q of the code", "grown_bits", "expected")
    return table(columns, rows)


grown_bits = Exercise(
    "Exercise 12.1",
    _judge_grown_bits,
    hints=(
        "Two things are pushed, one is popped. A push costs minus the logarithm, a pop gives it back.",
        "In nats: `log_q_code - log_p_code - log_p_image`. Then the mean, bits, pixels.",
        "`np.mean(log_q_code - log_p_code - log_p_image) / np.log(2) / 784`",
    ),
    solution=_grown_bits,
    asks="what bits-back coding costs",
    shows=_show_grown_bits,
)


def _pays_after(model_bytes, own, rival):
    if own >= rival:
        return math.inf
    return 8 * model_bytes / (784 * (rival - own))


def _judge_pays_after(pays_after) -> str:
    for model_bytes, own, rival in TRADES:
        expected = _pays_after(model_bytes, own, rival)
        seen = float(number(call(pays_after, model_bytes, own, rival), "a number of images"))
        misconceptions = {
            "A method whose stream is no shorter never pays: return `math.inf`.": own >= rival
            and not math.isinf(seen),
            "A byte has 8 bits.": expected / 8,
            "What is saved is bits a pixel, and an image has 784.": expected * 784,
            "A byte has 8 bits, and an image 784 pixels.": expected * 98,
            "You divided by the own stream: what counts is the difference to the rival's.": 8
            * model_bytes
            / (784 * own),
        }
        report = (
            f"For {model_bytes:,} bytes, {own} against {rival}: got {seen:,.0f}, expected {expected:,.0f}."
        )
        expect(seen, expected, report, misconceptions, rtol=1e-6)
    return "Ask it of every learnt compressor whose table leaves the model out."


def _show_pays_after(pays_after) -> dict:
    rows = [
        (f"{trade[0]:,}", *trade[1:], f"{pays_after(*trade):,.0f}", f"{_pays_after(*trade):,.0f}")
        for trade in TRADES
    ]
    return table(("model (bytes)", "own", "rival", "pays_after", "expected"), rows)


pays_after = Exercise(
    "Exercise 12.2",
    _judge_pays_after,
    hints=(
        "Each image saves a few bits: how many images does it take until they make up for the model?",
        "An image saves 784 times the difference of the two rates, in bits; the model is in bytes.",
        "`8 * model_bytes / (784 * (rival - own))`, and `math.inf` where nothing is saved.",
    ),
    solution=_pays_after,
    asks="when a model has paid for itself",
    shows=_show_pays_after,
)


def _step_for(codes, steps, bits):
    for step in sorted(steps):
        total = 0.0
        for column in np.rint(codes / step).T:
            share = np.unique(column, return_counts=True)[1] / len(column)
            total -= np.sum(share * np.log2(share))
        if total <= bits:
            return step


def _entropies(codes, step, rounding=np.rint) -> np.ndarray:
    """The entropy of each number of the code, rounded by a step, in bits."""
    found = []
    for column in rounding(codes / step).T:
        share = np.unique(column, return_counts=True)[1] / len(column)
        found.append(-np.sum(share * np.log2(share)))
    return np.array(found)


def _pooled(codes, step) -> float:
    share = np.unique(np.rint(codes / step), return_counts=True)[1] / codes.size
    return float(-np.sum(share * np.log2(share)) * codes.shape[1])


def _first(steps, rate_of, bits):
    """The smallest step whose rate, by some way to count it, is small enough."""
    return next((step for step in sorted(steps) if rate_of(step) <= bits), None)


def _codes() -> np.ndarray:
    return np.random.default_rng(2).normal(0, [0.2, 1, 3, 6], (2000, 4))


def _judge_step_for(step_for) -> str:
    codes = _codes()
    for bits in RATES:
        expected = _step_for(codes, STEPS, bits)
        given = STEPS[::-1] if bits == RATES[2] else STEPS
        seen = call(step_for, codes.copy(), given, bits)
        seen = float(number(seen, "one of the steps"))
        by = {
            "Numbers of a code have tables of their own: take the entropy of each column, and add them "
            "up.": lambda step: _pooled(codes, step),
            "The bits of the numbers add up: take the sum, not the mean.": lambda step: _entropies(
                codes, step
            ).mean(),
            "That is in nats: use `np.log2`.": lambda step: _entropies(codes, step).sum() * math.log(2),
        }
        misconceptions = {
            words: _first(STEPS, rate, bits)
            for words, rate in by.items()
            if _first(STEPS, rate, bits) not in (None, expected)
        }
        if given != STEPS:
            in_order = next(step for step in given if _entropies(codes, step).sum() <= bits)
            misconceptions["The steps come in any order: sort them first."] = in_order
        coarsest = max(STEPS)
        misconceptions = misconceptions | {
            "That is the coarsest step: of those that are cheap enough, the finest has the smallest "
            "error.": coarsest,
        }
        report = f"For {bits} bits: got the step {seen:g}, expected {expected:g}."
        expect(seen, expected, report, misconceptions)
    return "A search over steps turns one network into a whole curve, at no training."


def _show_step_for(step_for) -> dict:
    codes = _codes()
    rows = [
        (bits, str(step_for(codes.copy(), STEPS, bits)), str(_step_for(codes, STEPS, bits))) for bits in RATES
    ]
    return table(("bits an image", "step_for", "expected"), rows)


step_for = Exercise(
    "Exercise 12.3",
    _judge_step_for,
    hints=(
        "`np.rint(codes / step)` rounds. `np.unique(column, return_counts=True)` counts.",
        "The entropy of a number is -sum of share × log2(share); those of a code's numbers add up.",
        "Go through `sorted(steps)`, and return the first whose total is at most `bits`.",
    ),
    solution=_step_for,
    asks="the finest step for a rate",
    shows=_show_step_for,
)
