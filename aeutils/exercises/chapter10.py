"""Exercises of chapter 10, "Variational autoencoder"."""

import math

from aeutils.exercises.base import Exercise, NotYet, call
from aeutils.exercises.judging import expect, number
from aeutils.exercises.shown import table
import numpy as np

TITLE = "Variational autoencoder"
LOSSES = (
    ("sum", "sum", 784, 32, 1.0),
    ("mean", "mean", 784, 2, 1.0),
    ("mean", "sum", 784, 32, 1.0),
    ("sum", "mean", 784, 32, 1.0),
    ("mean", "sum", 1024, 200, 500.0),
)


def _kl_divergence(mean, sigma):
    return 0.5 * np.sum(mean**2 + sigma**2 - 1 - 2 * np.log(sigma), axis=-1)


def _judge_kl_divergence(kl_divergence) -> str:
    rng = np.random.default_rng(0)
    mean, log_variance = rng.normal(size=(5, 3)), rng.normal(size=(5, 3))
    sigma = np.exp(log_variance / 2)
    seen = np.asarray(call(kl_divergence, mean.copy(), sigma.copy()))
    each = 0.5 * (mean**2 + sigma**2 - 1 - log_variance)
    if seen.shape == each.shape:
        raise NotYet("Expected one number a code, got one for each of its numbers: add them up.")
    if seen.shape == ():
        raise NotYet("Expected one number a code, (5,), got a single one: keep the codes apart (`axis=-1`).")
    if seen.shape != (5,):
        raise NotYet(f"For codes (5, 3) expected (5,), got {seen.shape}: add up over the last axis.")
    expected = each.sum(axis=1)
    as_variance = 0.5 * (mean**2 + sigma - 1 - np.log(sigma))
    as_logarithm = 0.5 * (mean**2 + np.exp(sigma) - 1 - sigma)
    misconceptions = {
        "That is the mean over the code's numbers: the divergence of independent numbers adds up, "
        "and a mean makes beta 1 / code size.": each.mean(axis=1),
        "It is the negative: a divergence is never below 0.": -expected,
        "The factor 1/2 is missing.": 2 * expected,
        "You took the second argument for the variance: it is its square root.": as_variance.sum(axis=1),
        "You took the second argument for the logarithm of the variance, as in the chapter: here it is the "
        "standard deviation.": as_logarithm.sum(axis=1),
        "The logarithm is that of the standard deviation, and the variance's is wanted: twice as much.": (
            0.5 * (mean**2 + sigma**2 - 1 - np.log(sigma))
        ).sum(axis=1),
        "That is in bits: nats come from natural logarithms (`np.log`).": expected / math.log(2),
        "The -1 is missing: a code that is the prior has a divergence of 0.": expected + 1.5,
    }
    expect(seen, expected, "Not the divergence of these five codes.", misconceptions, rtol=1e-5, atol=1e-8)
    return "It is 0 for the prior itself and grows both with a mean off 0 and with a variance off 1."


def _show_kl_divergence(kl_divergence) -> dict:
    rows = []
    for mean, variance in ((0, 1), (1, 1), (3, 1), (0, 0.01), (0, 4)):
        seen = kl_divergence(np.array([[float(mean)]]), np.array([[variance**0.5]]))
        expected = 0.5 * (mean**2 + variance - 1 - math.log(variance))
        rows.append((f"N({mean}, {variance:g})", round(float(seen[0]), 3), round(expected, 3)))
    return table(("code of one number", "kl_divergence", "expected (nats)"), rows)


kl_divergence = Exercise(
    "Exercise 10.1",
    _judge_kl_divergence,
    hints=(
        "Each number of the code has a divergence of its own, and they add up.",
        "For one number: half of mean² + variance - 1 - log(variance).",
        "`sigma**2` is the variance, `2 * np.log(sigma)` its logarithm; `np.sum(..., axis=-1)` adds up.",
    ),
    solution=_kl_divergence,
    asks="the KL divergence of codes",
    shows=_show_kl_divergence,
)


def _effective_beta(over_pixels, over_numbers, pixels, code_size, weight):
    beta = 1.0 / weight
    if over_pixels == "mean":
        beta *= pixels
    if over_numbers == "mean":
        beta /= code_size
    return beta


def _judge_effective_beta(effective_beta) -> str:
    for over_pixels, over_numbers, pixels, code_size, weight in LOSSES:
        given = over_pixels, over_numbers, pixels, code_size, weight
        expected = _effective_beta(*given)
        seen = number(call(effective_beta, *given), "one weight for the whole loss")
        misconceptions = {
            "That is turned round: beta is what the KL divergence is multiplied by once the cross-entropy "
            "has the factor 1.": 1 / expected,
            "The number of pixels is missing: a mean over them makes the cross-entropy that much smaller, "
            "and beta that much larger.": expected / pixels,
            "A mean over the pixels makes the cross-entropy smaller, and beta larger, not smaller.": expected
            / pixels**2,
            "The code size is missing: a mean over the numbers divides the KL divergence by it.": expected
            * code_size,
            "A mean over the numbers makes the KL divergence smaller, not larger.": expected * code_size**2,
            "The weight of the cross-entropy is missing: divide by it.": expected * weight,
            "The weight multiplies the cross-entropy, so beta is divided by it.": expected * weight**2,
        }
        report = f"For {over_pixels} over {pixels} pixels, weight {weight:g}, {over_numbers} over "
        report += f"{code_size} numbers: got {seen}, expected {expected:g}."
        expect(float(seen), expected, report, misconceptions, rtol=1e-6)
    return "Look for this number in every program: it is seldom 1, and seldom said."


def _show_effective_beta(effective_beta) -> dict:
    rows = [
        (*given, round(float(effective_beta(*given)), 4), round(_effective_beta(*given), 4))
        for given in LOSSES
    ]
    columns = ("over pixels", "over numbers", "pixels", "code size", "weight", "effective_beta", "expected")
    return table(columns, rows)


effective_beta = Exercise(
    "Exercise 10.2",
    _judge_effective_beta,
    hints=(
        "Multiply the whole loss by one factor, so that the cross-entropy is a sum over the pixels.",
        "A mean over pixels is the sum divided by their number: multiply by it, the KL divergence as well.",
        "Begin with `1 / weight`, multiply by `pixels` for one mean, divide by `code_size` for the other.",
    ),
    solution=_effective_beta,
    asks="the beta that a loss really has",
    shows=_show_effective_beta,
)


def _log_likelihood(log_weights):
    largest = np.max(log_weights, axis=0)
    return largest + np.log(np.mean(np.exp(log_weights - largest), axis=0))


def _judge_log_likelihood(log_likelihood) -> str:
    rng = np.random.default_rng(1)
    for shift, what in ((0.0, "weights near 1"), (-800.0, "weights near exp(-800)")):
        log_weights = shift + rng.normal(0, 2, (50, 4))
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            seen = np.asarray(call(log_likelihood, log_weights.copy()))
        expected = shift + np.log(np.exp(log_weights - shift).mean(axis=0))
        if seen.shape != (4,):
            raise NotYet(f"Expected one number an image, (4,), got {seen.shape}: samples are along axis 0.")
        misconceptions = {
            "That is the mean of the logarithms, the bound: the logarithm of the mean is wanted.": (
                log_weights.mean(axis=0)
            ),
            "That is the logarithm of the sum: divide by the number of samples.": expected + math.log(50),
            "Such weights are 0 in floating point: take the largest logarithm off first, and add it "
            "again.": bool(shift and not np.isfinite(seen).all()),
            "That is the largest weight alone.": log_weights.max(axis=0),
            "It is the negative, as in the chapter's tables: here the logarithm itself is wanted.": -expected,
        }
        report = f"For {what}: got {seen.round(2)}, expected {expected.round(2)}."
        expect(seen, expected, report, misconceptions, rtol=1e-6, atol=1e-8)
    return "By Jensen's inequality it is at least the mean of the logarithms, which is the bound."


def _show_log_likelihood(log_likelihood) -> dict:
    log_weights = -90 + np.random.default_rng(2).normal(0, 3, (1000, 1))
    rows = [
        (
            n,
            round(float(log_likelihood(log_weights[:n])[0]), 2),
            round(float(_log_likelihood(log_weights[:n])[0]), 2),
            round(float(log_weights[:n].mean()), 2),
        )
        for n in (1, 10, 100, 1000)
    ]
    return table(("samples", "log_likelihood", "expected", "the bound"), rows)


log_likelihood = Exercise(
    "Exercise 10.3",
    _judge_log_likelihood,
    hints=(
        "The likelihood is the mean of the weights; what you are given are their logarithms.",
        "exp(-800) is 0 in floating point. exp(a - largest) is not, for the largest a at least.",
        "`largest + np.log(np.mean(np.exp(log_weights - largest), axis=0))`.",
    ),
    solution=_log_likelihood,
    asks="a likelihood from weights",
    shows=_show_log_likelihood,
)
