"""The exercises of chapter 14: a wrong answer hears what is wrong about it."""

from aeutils.exercises import chapter14
import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment
from sklearn.metrics import average_precision_score

from tests.package.answers import refused, solution

pytestmark = pytest.mark.any_backend


def test_the_average_precision_is_scikit_learns():
    generator = np.random.default_rng(0)
    for _ in range(20):
        hits = generator.random(15) < 0.3
        hits[generator.integers(15)] = True
        expected = average_precision_score(hits, -np.arange(15))
        assert solution(chapter14.average_precision)(hits) == pytest.approx(expected)


def precision(hits):
    return np.cumsum(hits) / np.arange(1, len(hits) + 1)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda hits: hits.mean(), "whatever their order"),
        (lambda hits: precision(hits).mean(), "mean over all ranks"),
        (lambda hits: precision(hits)[hits].sum() / len(hits), "divide by the number of hits"),
        (lambda hits: 1 / (hits.argmax() + 1), "forgets the others"),
        (lambda hits: (np.cumsum(hits) / np.maximum(np.arange(len(hits)), 1))[hits].mean(), "begin with 1"),
        (lambda hits: 100 * precision(hits)[hits].mean(), "in per cent"),
        (precision, "Expected one number"),
        (lambda hits: 0.123, "got 0.123"),
    ],
)
def test_wrong_average_precision(answer, words, capsys):
    refused(chapter14.average_precision, answer, words, capsys)


def counted(clusters, labels):
    counts = np.zeros((3, 3), int)
    np.add.at(counts, (clusters, labels), 1)
    return counts


def worst(clusters, labels):
    counts = counted(clusters, labels)
    return counts[linear_sum_assignment(counts)].sum() / len(labels)


def counted_once(clusters, labels):
    counts = np.zeros((3, 3), int)
    counts[clusters, labels] += 1
    return counts[linear_sum_assignment(-counts)].sum() / len(labels)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda clusters, labels: np.mean(clusters == labels), "is not a label"),
        (lambda clusters, labels: counted(clusters, labels).max(axis=1).sum() / len(labels), "*purity*"),
        (worst, "the worst matching"),
        (counted_once, "np.add.at"),
        (lambda c, y: solution(chapter14.matched_accuracy)(c, y) * len(y), "number of images"),
        (lambda c, y: solution(chapter14.matched_accuracy)(c, y) * 100, "in per cent"),
    ],
)
def test_wrong_matching(answer, words, capsys):
    refused(chapter14.matched_accuracy, answer, words, capsys)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda rewards, values, d: rewards + d * values.mean(axis=1), "the best action, not any"),
        (lambda rewards, values, d: rewards + d * values.min(axis=1), "the worst action"),
        (lambda rewards, values, d: rewards + values.max(axis=1), "discount is missing"),
        (lambda rewards, values, d: d * (rewards + values.max(axis=1)), "not to be discounted"),
        (lambda rewards, values, d: d * values.max(axis=1), "rewards are missing"),
        (lambda rewards, values, d: rewards + d * values.max(), "one maximum for all"),
        (lambda rewards, values, d: rewards[:, None] + d * values, "a number for each action"),
        (lambda rewards, values, d: rewards + d * values.argmax(axis=1), "not its value"),
        (lambda rewards, values, d: rewards + d * values.max(axis=0), "best state"),
    ],
)
def test_wrong_targets(answer, words, capsys):
    refused(chapter14.value_targets, answer, words, capsys)
