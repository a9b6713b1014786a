"""The exercises of chapter 4: a wrong answer hears what is wrong about it."""

from aeutils.exercises import chapter04
import numpy as np
import pytest

from tests.package.answers import refused, solution

pytestmark = pytest.mark.any_backend


def test_other_right_answers():
    def as_a_list(images, reconstructions, k):
        errors = ((images - reconstructions) ** 2).mean(axis=(1, 2))
        return sorted(range(len(errors)), key=lambda i: -errors[i])[:k]

    def as_an_array(panels):
        limit = np.concatenate([np.abs(panel).ravel() for panel in panels]).max()
        return np.array([-limit, limit])

    def by_linspace(codes_a, codes_b, steps):
        return np.linspace(codes_a, codes_b, steps, axis=1)

    assert chapter04.worst_images.check(as_a_list) == "correct"
    assert chapter04.common_scale.check(as_an_array) == "correct"
    assert chapter04.interpolate.check(by_linspace) == "correct"


def ranked(score):
    def worst_images(images, reconstructions, k):
        return np.argsort(-score(reconstructions - images))[:k]

    return worst_images


def squared(differences):
    return np.square(differences).sum(axis=(1, 2))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda x, y, k: ranked(squared)(x, y, k)[::-1], "right ones in reverse"),
        (ranked(lambda d: -squared(d)), "with the smallest errors"),
        (ranked(lambda d: np.abs(d).max(axis=(1, 2))), "Image 7 has one pixel that is far off"),
        (ranked(lambda d: d.sum(axis=(1, 2))), "Differences of both signs cancel"),
        (ranked(lambda d: d[:, 0, 0]), "expected ["),
        (lambda x, y, k: np.argsort(-squared(y - x)), "expected 1 indices, got an array of shape (40,)"),
        (lambda x, y, k: x[:k], "got an array of shape (1, 28, 28)"),
    ],
)
def test_wrong_worst_images(answer, words, capsys):
    refused(chapter04.worst_images, answer, words, capsys)


def highest(panels):
    return max(panel.max() for panel in panels)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda panels: (min(p.min() for p in panels), highest(panels)), "not in the middle"),
        (lambda panels: (-highest(panels), highest(panels)), "The lowest value counts"),
        (lambda panels: (-np.abs(panels[0]).max(), np.abs(panels[0]).max()), "scale of the first panel"),
        (lambda panels: (-10, 10), "makes all of them pale"),
        (lambda panels: (-0.1, 0.1), "must reach the value furthest from 0"),
        (lambda panels: 1.0, "Expected a pair"),
        (lambda panels: np.abs(panels).max(), "raised `ValueError"),
    ],
)
def test_wrong_scales(answer, words, capsys):
    refused(chapter04.common_scale, answer, words, capsys)


def walk(shares):
    def interpolate(codes_a, codes_b, steps):
        return codes_a[:, None] + shares(steps)[:, None] * (codes_b - codes_a)[:, None]

    return interpolate


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda a, b, steps: solution(chapter04.interpolate)(b, a, steps), "from `codes_b` to `codes_a`"),
        (walk(lambda steps: np.arange(steps) / steps), "have `steps - 1` gaps"),
        (walk(lambda steps: np.arange(1, steps + 1) / steps), "The first step should be `codes_a`"),
        (walk(lambda steps: np.linspace(0, 1, steps) ** 2), "equally long"),
        (walk(lambda steps: np.linspace(0, 1, steps + 2)), "Both ends count as steps"),
        (walk(lambda steps: np.linspace(0, 1, steps + 1)), "Both ends count as steps"),
        (lambda a, b, steps: np.linspace(a, b, steps), "swap the first two axes"),
        (lambda a, b, steps: (a + b) / 2, "got the shape (3, 30), expected (3, 5, 30)"),
    ],
)
def test_wrong_walks(answer, words, capsys):
    refused(chapter04.interpolate, answer, words, capsys)
