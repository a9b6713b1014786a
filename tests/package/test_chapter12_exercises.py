"""The exercises of chapter 12: a wrong answer hears what is wrong about it."""

import math

from aeutils.exercises import chapter12
import numpy as np
import pytest

from tests.package.answers import refused, solution

pytestmark = pytest.mark.any_backend

BIT = 784 * math.log(2)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda x, p, q: np.mean(q - p - x) / 784, "in nats: a bit is"),
        (lambda x, p, q: np.mean(q - p - x) / math.log(2), "for an image: an image has 784"),
        (lambda x, p, q: np.mean(q - p - x), "in nats, and for an image"),
        (lambda x, p, q: np.mean(-p - x) / BIT, "log q is counted as well"),
        (lambda x, p, q: np.mean(-q - p - x) / BIT, "taken off, not added"),
        (lambda x, p, q: np.mean(-x) / BIT, "The code is missing"),
        (lambda x, p, q: np.mean(x + p - q) / BIT, "the negative"),
        (lambda x, p, q: np.sum(q - p - x) / BIT, "the total of all images"),
        (lambda x, p, q: (q - p - x) / BIT, "one mean over all images"),
    ],
)
def test_wrong_bits(answer, words, capsys):
    refused(chapter12.grown_bits, answer, words, capsys)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda b, own, rival: 8 * b / 784 / (rival - own), "never pays"),
        (lambda b, own, rival: b / 784 / (rival - own), "A byte has 8 bits."),
        (lambda b, own, rival: 8 * b / (rival - own), "an image has 784"),
        (lambda b, own, rival: b / (rival - own), "A byte has 8 bits, and an image 784"),
        (lambda b, own, rival: 8 * b / 784 / own, "the difference to the rival's"),
    ],
)
def test_wrong_number_of_images(answer, words, capsys):
    refused(chapter12.pays_after, answer, words, capsys)


def entropies(codes, step):
    return chapter12._entropies(codes, step)


def first(steps, rate, bits):
    return next((step for step in sorted(steps) if rate(step) <= bits), None)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda c, steps, b: first(steps, lambda s: chapter12._pooled(c, s), b), "tables of their own"),
        (lambda c, steps, b: first(steps, lambda s: entropies(c, s).mean(), b), "take the sum, not the mean"),
        (
            lambda c, steps, b: first(steps, lambda s: entropies(c, s).sum() * math.log(2), b),
            "in nats: use",
        ),
        (lambda c, steps, b: max(steps), "the coarsest step"),
        (lambda c, steps, b: next(s for s in steps if entropies(c, s).sum() <= b), "sort them first"),
        (lambda c, steps, b: chapter12._step_for(c, steps[:-1], b) if b > 10 else 4.0, "expected 2"),
        (lambda c, steps, b: list(steps), "one of the steps"),
    ],
)
def test_wrong_step(answer, words, capsys):
    refused(chapter12.step_for, answer, words, capsys)


def test_the_entropies_are_those_of_a_known_code():
    codes = np.repeat([[0.0, 0.0], [1.0, 0.0]], 50, axis=0)
    assert entropies(codes, 1.0) == pytest.approx([1, 0])
    assert solution(chapter12.step_for)(codes, (1.0, 4.0), 0.5) == 4.0
