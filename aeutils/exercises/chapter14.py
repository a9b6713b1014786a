"""Exercises of chapter 14, "Using codes"."""

from aeutils.exercises.base import Exercise, call
from aeutils.exercises.judging import expect, number
from aeutils.exercises.shown import table
import numpy as np
from scipy.optimize import linear_sum_assignment

TITLE = "Using codes"

RANKINGS = (
    (np.array([1, 0, 1, 0, 0, 1], bool), "hits at ranks 1, 3 and 6"),
    (np.array([0, 0, 0, 1], bool), "one hit at rank 4"),
    (np.array([1, 1, 0, 0, 0], bool), "hits at ranks 1 and 2"),
)


def _average_precision(hits):
    ranks = np.arange(1, len(hits) + 1)
    precision = np.cumsum(hits) / ranks
    return precision[hits].mean()


def _judge_average_precision(average_precision) -> str:
    for hits, what in RANKINGS:
        seen = float(number(call(average_precision, hits.copy()), "one number for a ranking"))
        precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
        zero_based = np.cumsum(hits)[hits] / np.maximum(np.flatnonzero(hits), 1)
        misconceptions = {
            "That is the share of hits in the whole list, whatever their order.": hits.mean(),
            "That is the mean over all ranks: only the ranks of hits count.": precision.mean(),
            "That is the sum of precisions at hits over the length of the list: divide by the number of "
            "hits.": precision[hits].sum() / len(hits),
            "That is one over the rank of the first hit, which forgets the others.": 1 / (hits.argmax() + 1),
            "Ranks begin with 1, `np.arange` with 0.": zero_based.mean(),
            "That is in per cent; a share is asked for.": 100 * _average_precision(hits),
        }
        report = f"For {what}: got {seen:.3f}, expected {_average_precision(hits):.3f}."
        expect(seen, _average_precision(hits), report, misconceptions, rtol=1e-6)
    return "A hit far down the list counts less, and the length of the list does not count."


def _show_average_precision(average_precision) -> dict:
    rows = [
        (what, float(average_precision(hits.copy())), float(_average_precision(hits)))
        for hits, what in RANKINGS
    ]
    return table(("list", "average_precision", "expected"), rows)


average_precision = Exercise(
    "Exercise 14.1",
    _judge_average_precision,
    hints=(
        "The precision at a rank is the share of hits among the first ones up to it.",
        "Take the precision at the ranks of the hits alone, and average those.",
        "`np.cumsum(hits) / np.arange(1, len(hits) + 1)` is the precision at each rank: take those of hits.",
    ),
    solution=_average_precision,
    asks="the average precision of a list",
    shows=_show_average_precision,
)


def _matched_accuracy(clusters, labels):
    counts = np.zeros((clusters.max() + 1, labels.max() + 1), int)
    np.add.at(counts, (clusters, labels), 1)
    rows, columns = linear_sum_assignment(-counts)
    return counts[rows, columns].sum() / len(labels)


def _clusterings():
    labels = np.repeat([0, 1, 2], [6, 4, 4])
    return (
        (np.repeat([0, 2, 1], [6, 4, 4]), labels, "clusters that are the classes under other names"),
        (np.repeat([0, 1, 2, 1], [3, 3, 6, 2]), labels, "a class cut in two"),
        (np.array([0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 2, 2, 2, 1]), labels, "two classes in one cluster"),
    )


def _judge_matched_accuracy(matched_accuracy) -> str:
    for clusters, labels, what in _clusterings():
        seen = float(
            number(call(matched_accuracy, clusters.copy(), labels.copy()), "one share for all images")
        )
        counts = np.zeros((3, 3), int)
        np.add.at(counts, (clusters, labels), 1)
        rows, columns = linear_sum_assignment(counts)
        once = (counts > 0).astype(int)
        once_matched = once[linear_sum_assignment(-once)].sum() / len(labels)
        misconceptions = {
            "The number of a cluster is not a label: match clusters with classes first.": np.mean(
                clusters == labels
            ),
            "Each cluster has its most frequent class, and two have the same: that is the *purity*. Each "
            "class belongs to one cluster only.": counts.max(axis=1).sum() / len(labels),
            "That is the worst matching: `linear_sum_assignment` looks for the smallest sum.": (
                counts[rows, columns].sum() / len(labels)
            ),
            "That counts repeated pairs once, as `counts[clusters, labels] += 1` does: use `np.add.at`.": (
                once_matched
            ),
            "That is a number of images: divide by how many there are.": _matched_accuracy(clusters, labels)
            * len(labels),
            "That is in per cent; a share is asked for.": _matched_accuracy(clusters, labels) * 100,
        }
        expected = _matched_accuracy(clusters, labels)
        report = f"For {what}: got {seen:.3f}, expected {expected:.3f}."
        expect(seen, expected, report, misconceptions, rtol=1e-6)
    return "The best matching of clusters and classes, one to one."


def _show_matched_accuracy(matched_accuracy) -> dict:
    rows = [
        (what, float(matched_accuracy(c.copy(), y.copy())), float(_matched_accuracy(c, y)))
        for c, y, what in _clusterings()
    ]
    return table(("clusters", "matched_accuracy", "expected"), rows)


matched_accuracy = Exercise(
    "Exercise 14.2",
    _judge_matched_accuracy,
    hints=(
        "Count for each cluster and each class how many images have both: a square table.",
        "One cell in each row and column, such that their sum is largest, is the best matching.",
        "`np.add.at(counts, (clusters, labels), 1)`, then `linear_sum_assignment(-counts)`.",
    ),
    solution=_matched_accuracy,
    asks="the accuracy of clusters",
    shows=_show_matched_accuracy,
)


def _value_targets(rewards, values_after, discount):
    return rewards + discount * values_after.max(axis=1)


VALUES = (
    (
        np.array([-1.0, 0.0, -4.0]),
        np.array([[-2.0, -5.0, -3.0], [0.0, -1.0, -0.5], [-9.0, -8.0, -20.0]]),
        0.9,
    ),
    (np.array([0.0, -2.0]), np.array([[-1.0, -2.0, -6.0], [-3.0, -3.5, -1.0]]), 0.5),
)


def _judge_value_targets(value_targets) -> str:
    for rewards, values, discount in VALUES:
        seen = np.asarray(call(value_targets, rewards.copy(), values.copy(), discount))
        best = values.max(axis=1)
        misconceptions = {
            "Those are the mean values: the policy takes the best action, not any.": rewards
            + discount * values.mean(axis=1),
            "Those take the worst action.": rewards + discount * values.min(axis=1),
            "The discount is missing.": rewards + best,
            "The rewards are not to be discounted, only what comes after them.": discount * (rewards + best),
            "The rewards are missing.": discount * best,
            "That is one maximum for all: take it for each row, `axis=1`.": rewards + discount * values.max(),
            "That is the best of each column: an action's best state. Take the best of each row, `axis=1`.": (
                len(values) == values.shape[1] and np.allclose(seen, rewards + discount * values.max(axis=0))
            ),
            "`argmax` gives the place of the best action, not its value.": rewards
            + discount * values.argmax(axis=1),
            "That has a number for each action: take the best action of each row.": (
                seen.shape == values.shape
            ),
        }
        expected = _value_targets(rewards, values, discount)
        shown = np.array2string(seen, precision=3)
        report = f"With discount {discount}: got {shown}, expected {expected}."
        expect(seen, expected, report, misconceptions, rtol=1e-6)
    return "The reward, and what the best next action promises."


def _show_value_targets(value_targets) -> dict:
    rows = []
    for rewards, values, discount in VALUES:
        seen = value_targets(rewards.copy(), values.copy(), discount)
        for i, expected in enumerate(_value_targets(rewards, values, discount)):
            rows.append((f"{rewards[i]}, {values[i].tolist()}, {discount}", float(seen[i]), float(expected)))
    return table(("reward, values after, discount", "value_targets", "expected"), rows)


value_targets = Exercise(
    "Exercise 14.3",
    _judge_value_targets,
    hints=(
        "What an action is worth is its reward and, discounted, what the state after it is worth.",
        "A state is worth what its best action is worth: the largest value of its row.",
        "`values_after.max(axis=1)` has one number a state.",
    ),
    solution=_value_targets,
    asks="what a value should be",
    shows=_show_value_targets,
)
