"""What codes are good for: against scikit-learn, closed forms and cases by hand, and what always holds."""

from collections import Counter
from itertools import permutations
from math import comb
import warnings

from aeutils import codes as judge
from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.manifold import trustworthiness as sklearn_trustworthiness

pytestmark = pytest.mark.any_backend

generator = np.random.default_rng(0)
LABELS = np.repeat(np.arange(4), 15)
CENTRES = 20 * np.eye(4)[:, :3] + np.arange(4)[:, None]
CLUSTERS = CENTRES[LABELS] + generator.normal(0, 1, (60, 3))  # four heaps, far apart
MIXED = generator.normal(0, 1, (60, 3)) + 0.8 * CENTRES[LABELS] / 20
OTHERS = generator.normal(0, 1, (60, 3)) + 0.8 * CENTRES[LABELS] / 20
IMAGES = generator.random((60, 28, 28))

# Functions of training codes and labels, test codes and labels; and of originals and codes.
OF_TWO_SETS = (judge.probe_accuracy, judge.neighbour_accuracy, judge.retrieval_precision)
OF_PAIRS = (judge.trustworthiness, judge.continuity, judge.neighbours_kept)

by_name = {"ids": lambda function: getattr(function, "__name__", str(function))}
each_of_two_sets = pytest.mark.parametrize("function", OF_TWO_SETS, **by_name)
each_of_pairs = pytest.mark.parametrize("function", OF_PAIRS, **by_name)

seeds = st.integers(0, 2**32 - 1)
scales = st.floats(0.1, 10)


def turned(codes, seed, scale=1.0):
    """Return codes rotated, scaled and moved."""
    rng = np.random.default_rng(seed)
    rotation = np.linalg.qr(rng.normal(size=(codes.shape[1],) * 2))[0]
    return scale * codes @ rotation + rng.normal(0, 5, codes.shape[1])


# --- Oracles


def nearest_by_hand(codes, points, leave_out_own=False):
    distances = np.linalg.norm(points[:, None] - codes[None], axis=2)
    if leave_out_own:
        np.fill_diagonal(distances, np.inf)
    return distances.argsort(axis=1)


def test_the_probe_is_a_logistic_regression_on_standardised_codes():
    mean, spread = MIXED.mean(axis=0), MIXED.std(axis=0)
    probe = LogisticRegression(max_iter=1000).fit((MIXED - mean) / spread, LABELS)
    expected = np.mean(probe.predict((OTHERS - mean) / spread) == LABELS)
    assert 0.3 < expected < 1
    assert judge.probe_accuracy(MIXED, LABELS, OTHERS, LABELS) == pytest.approx(expected)


def test_the_probe_converges_on_wide_codes():
    rng = np.random.default_rng(1)
    pixels = rng.random((300, 784)) * (rng.random(784) > 0.3) * (rng.random((300, 784)) > 0.5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        judge.probe_accuracy(pixels, np.arange(300) % 10, pixels, np.arange(300) % 10)


@pytest.mark.parametrize("neighbours", [1, 5, 60])
def test_neighbours_vote(neighbours):
    nearest = nearest_by_hand(MIXED, OTHERS)[:, :neighbours]
    votes = [Counter(LABELS[places]) for places in nearest]
    won = [min(v for v in vote if vote[v] == max(vote.values())) for vote in votes]  # a tie: the smallest
    expected = np.mean(np.array(won) == LABELS)
    assert judge.neighbour_accuracy(MIXED, LABELS, OTHERS, LABELS, neighbours) == pytest.approx(expected)


@pytest.mark.parametrize("neighbours", [1, 10, 60])
def test_retrieval_counts_the_nearest(neighbours):
    nearest = nearest_by_hand(MIXED, OTHERS)[:, :neighbours]
    expected = (LABELS[nearest] == LABELS[:, None]).mean()
    found = judge.retrieval_precision(MIXED, LABELS, OTHERS, LABELS, neighbours)
    assert found == pytest.approx(expected)
    if neighbours == 60:
        assert found == pytest.approx(1 / 4)  # all of them: the share of a class


def test_retrieval_by_hand():
    codes, labels = np.array([[0.0], [1.0], [10.0]]), np.array([7, 8, 8])
    # The query at 0.2 finds 0 and 1 (labels 7, 8); that at 9 finds 10 and 1 (8, 8).
    found = judge.retrieval_precision(codes, labels, np.array([[0.2], [9.0]]), np.array([7, 8]), 2)
    assert found == pytest.approx((1 / 2 + 1) / 2)


def rand_by_hand(labels, clusters):
    """Hubert & Arabie 1985, equation 5."""
    table = Counter(zip(labels, clusters, strict=True))
    both = sum(comb(n, 2) for n in table.values())
    rows = sum(comb(n, 2) for n in Counter(labels).values())
    columns = sum(comb(n, 2) for n in Counter(clusters).values())
    expected = rows * columns / comb(len(labels), 2)
    return (both - expected) / ((rows + columns) / 2 - expected)


def information_by_hand(labels, clusters):
    """Mutual information over the mean of the two entropies."""
    n = len(labels)
    p, q, both = (Counter(c) for c in (labels, clusters, zip(labels, clusters, strict=True)))
    mutual = sum(m / n * np.log(n * m / (p[a] * q[b])) for (a, b), m in both.items())
    entropies = [-sum(m / n * np.log(m / n) for m in c.values()) for c in (p, q)]
    return mutual / np.mean(entropies)


def test_clusters_by_hand():
    """Six codes in two heaps of three, the labels put one of them into the other class."""
    codes = np.array([[0.0], [0.1], [0.2], [9.0], [9.1], [9.2]])
    labels, heaps = np.array([0, 0, 0, 0, 1, 1]), [0, 0, 0, 1, 1, 1]
    rand, information = judge.cluster_agreement(codes, labels, clusters=2)
    assert rand == pytest.approx(rand_by_hand(labels.tolist(), heaps)) == pytest.approx(12 / 37)
    assert information == pytest.approx(information_by_hand(labels.tolist(), heaps))


def test_heaps_are_found():
    assert judge.cluster_agreement(CLUSTERS, LABELS, 4) == (1, 1)
    assert judge.probe_accuracy(CLUSTERS, LABELS, CLUSTERS, LABELS) == 1
    assert judge.neighbour_accuracy(CLUSTERS, LABELS, CLUSTERS, LABELS) == 1
    assert judge.retrieval_precision(CLUSTERS, LABELS, CLUSTERS, LABELS) == 1


def test_random_labels_agree_with_no_cluster():
    rng = np.random.default_rng(2)
    found = [judge.cluster_agreement(CLUSTERS, rng.permutation(LABELS), 4) for _ in range(100)]
    rand, information = np.mean(found, axis=0)
    assert abs(rand) < 0.02 and 0 < information < 0.2


@each_of_pairs
def test_identity_keeps_every_neighbour(function):
    assert function(IMAGES, IMAGES.reshape(60, -1)) == pytest.approx(1)
    assert function(MIXED, turned(MIXED, 0, 3.0)) == pytest.approx(1)


def trustworthiness_by_hand(originals, codes, k):
    """Venna & Kaski 2001, from ranks that are written out."""
    n = len(codes)
    order = nearest_by_hand(originals, originals, leave_out_own=True)
    close = nearest_by_hand(codes, codes, leave_out_own=True)[:, :k]
    penalty = 0
    for i in range(n):
        rank = {int(j): place for place, j in enumerate(order[i], start=1)}
        penalty += sum(max(0, rank[int(j)] - k) for j in close[i])
    return 1 - 2 / (n * k * (2 * n - 3 * k - 1)) * penalty


@pytest.mark.parametrize("neighbours", [1, 10, 29])
def test_trustworthiness_and_continuity_by_hand(neighbours):
    flat = IMAGES.reshape(60, -1)
    trust = judge.trustworthiness(IMAGES, MIXED, neighbours)
    assert trust == pytest.approx(trustworthiness_by_hand(flat, MIXED, neighbours))
    assert trust == pytest.approx(sklearn_trustworthiness(flat, MIXED, n_neighbors=neighbours))
    kept = judge.continuity(IMAGES, MIXED, neighbours)
    assert kept == pytest.approx(trustworthiness_by_hand(MIXED, flat, neighbours))
    assert kept == pytest.approx(judge.trustworthiness(MIXED, flat, neighbours))
    assert kept != pytest.approx(trust)


def test_four_points_by_hand():
    """On a line at 0, 1, 3, 7, and a code that exchanges the last two.

    Nearest originals: 0→1, 1→0, 3→1, 7→3. Of the codes 0, 1, 7, 3: the third has 3 (rank 2: the fourth)
    and the fourth 1, whose rank among the fourth's originals is 2.
    """
    line, swapped = np.array([[0.0], [1.0], [3.0], [7.0]]), np.array([[0.0], [1.0], [7.0], [3.0]])
    assert judge.neighbours_kept(line, swapped, 1) == pytest.approx(2 / 4)
    # Third: its code's nearest is the fourth, rank 3 among 3's originals (1, 0, 7): costs 3 - 1 = 2.
    # Fourth: its code's nearest is the second, rank 2: costs 1. Factor 2 / (4 · 1 · (8 - 3 - 1)).
    assert judge.trustworthiness(line, swapped, 1) == pytest.approx(1 - 2 / 16 * 3)


def test_folding_is_not_trusted_and_cutting_not_continuous():
    """A circle folded flat keeps its neighbours and gains strangers; cut open, it loses two."""
    angle = np.linspace(0, 2 * np.pi, 100, endpoint=False) + 0.01
    circle = np.c_[np.cos(angle), np.sin(angle)]
    folded, cut = circle[:, :1], angle[:, None]
    assert judge.trustworthiness(circle, folded, 6) < judge.continuity(circle, folded, 6)
    assert judge.continuity(circle, cut, 6) < judge.trustworthiness(circle, cut, 6)


def test_random_codes_keep_neighbours_by_chance_only():
    rng = np.random.default_rng(3)
    found = judge.neighbours_kept(rng.normal(size=(1000, 5)), rng.normal(size=(1000, 5)), 50)
    assert found == pytest.approx(50 / 999, abs=0.01)


def test_equal_codes_are_neighbours_of_each_other_and_not_of_themselves():
    pairs = np.repeat(np.arange(30.0), 2)[:, None]
    assert judge.neighbours_kept(pairs, pairs + 1, 1) == 1


# --- What holds for all codes


@settings(max_examples=25, deadline=None)
@given(seeds, scales)
def test_neighbours_know_no_rotation_scale_or_place(seed, scale):
    train, test = turned(MIXED, seed, scale), turned(OTHERS, seed, scale)
    for function in (judge.neighbour_accuracy, judge.retrieval_precision):
        expected = function(MIXED, LABELS, OTHERS, LABELS)
        assert function(train, LABELS, test, LABELS) == pytest.approx(expected)
    for function in OF_PAIRS:
        assert function(IMAGES, train) == pytest.approx(function(IMAGES, MIXED))
    assert judge.cluster_agreement(turned(CLUSTERS, seed, scale), LABELS, 4) == (1, 1)


@settings(max_examples=25, deadline=None)
@given(st.lists(scales, min_size=3, max_size=3), st.lists(st.floats(-5, 5), min_size=3, max_size=3))
def test_the_probe_knows_no_scale_or_place_of_a_number(scale, place):
    """But a rotation changes what standardising does, and with it the penalty on the weights."""
    scale, place = np.array(scale), np.array(place)
    found = judge.probe_accuracy(scale * MIXED + place, LABELS, scale * OTHERS + place, LABELS)
    assert found == pytest.approx(judge.probe_accuracy(MIXED, LABELS, OTHERS, LABELS), abs=1 / 60 + 1e-9)


@settings(max_examples=25, deadline=None)
@given(seeds)
def test_the_order_of_the_images_does_not_matter(seed):
    order = np.random.default_rng(seed).permutation(60)
    for function in OF_PAIRS:
        assert function(IMAGES[order], MIXED[order]) == pytest.approx(function(IMAGES, MIXED))
    for function in (judge.neighbour_accuracy, judge.retrieval_precision):
        expected = function(MIXED, LABELS, OTHERS, LABELS)
        assert function(MIXED[order], LABELS[order], OTHERS, LABELS) == pytest.approx(expected)
        assert function(MIXED, LABELS, OTHERS[order], LABELS[order]) == pytest.approx(expected)


@pytest.mark.parametrize("names", list(permutations(range(3)))[1:4])
def test_the_names_of_the_classes_do_not_matter(names):
    renamed = np.array([*names, 3])[LABELS]
    assert judge.cluster_agreement(MIXED, renamed, 4) == pytest.approx(
        judge.cluster_agreement(MIXED, LABELS, 4)
    )
    expected = judge.retrieval_precision(MIXED, LABELS, OTHERS, LABELS)
    assert judge.retrieval_precision(MIXED, renamed, OTHERS, renamed) == pytest.approx(expected)


@settings(max_examples=25, deadline=None)
@given(seeds, st.integers(6, 40), st.integers(1, 4), st.integers(1, 2))
def test_all_lie_where_they_may(seed, n, code_size, neighbours):
    rng = np.random.default_rng(seed)
    originals, codes = rng.normal(size=(n, 5)), rng.normal(size=(n, code_size))
    labels = np.arange(n) % 3
    for function in OF_PAIRS:
        assert 0 <= function(originals, codes, neighbours) <= 1
    assert 0 <= judge.retrieval_precision(codes, labels, codes, labels, neighbours) <= 1
    rand, information = judge.cluster_agreement(codes, labels, 3)
    assert -0.5 <= rand <= 1 and 0 <= information <= 1
    assert all(isinstance(number, float) for number in (rand, information))


def test_the_same_seed_finds_the_same_clusters():
    first = judge.cluster_agreement(MIXED, LABELS, 4, seed=3)
    assert first == judge.cluster_agreement(MIXED, LABELS, 4, seed=3)


def test_nothing_is_changed_and_lists_will_do():
    kept = MIXED.copy()
    for function in OF_TWO_SETS:
        listed = [v.tolist() for v in (MIXED, LABELS, OTHERS, LABELS)]
        assert function(*listed) == function(MIXED, LABELS, OTHERS, LABELS)
    judge.cluster_agreement(MIXED, LABELS, 4)
    np.testing.assert_array_equal(MIXED, kept)


# --- Errors say what was given, what was expected and what to do


@each_of_two_sets
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {0: np.zeros((60, 3, 1))},
            r"train_codes must be \(n, code_size\) with at least one row, got \(60, 3, 1\): "
            r"pass what an encoder returns, one row an image",
        ),
        ({0: 3.0}, r"train_codes must be \(n, code_size\) with at least one row, got \(\)"),
        ({2: np.zeros((0, 3))}, r"{}_codes must be \(n, code_size\) with at least one row, got \(0, 3\)"),
        (
            {2: np.zeros((60, 2))},
            r"train_codes and {}_codes must have one code size, got 3 and 2: "
            r"encode both with the same encoder",
        ),
        (
            {1: LABELS[:5]},
            r"train_labels must be \(60,\), one for each of train_codes, got \(5,\): "
            r"pass the labels of exactly these codes",
        ),
        ({3: np.eye(10)[LABELS]}, r"{}_labels must be \(60,\), one for each of {}_codes, got \(60, 10\)"),
        (
            {0: np.where(MIXED > 1, np.nan, MIXED)},
            rf"train_codes must be finite, got {(MIXED > 1).sum()} NaN or infinite values in \(60, 3\): "
            r"find where they arise before going on",
        ),
        ({2: np.full((60, 3), np.inf)}, r"{}_codes must be finite, got 180 NaN or infinite values"),
    ],
)
def test_wrong_codes_or_labels(function, change, message):
    arguments = [MIXED, LABELS, OTHERS, LABELS]
    for place, value in change.items():
        arguments[place] = value
    name = "query" if function is judge.retrieval_precision else "test"
    with pytest.raises(ValueError, match="^" + message.replace("{}", name)):
        function(*arguments)


@each_of_pairs
@pytest.mark.parametrize(
    ("originals", "codes", "message"),
    [
        (
            np.zeros((0, 28, 28)),
            MIXED,
            r"originals must be \(n, ...\) with at least one row, got \(0, 28, 28\): "
            r"pass what was encoded, such as images \(n, height, width\)",
        ),
        (3.0, MIXED, r"originals must be \(n, ...\) with at least one row, got \(\)"),
        (IMAGES, IMAGES, r"codes must be \(n, code_size\) with at least one row, got \(60, 28, 28\)"),
        (IMAGES, MIXED[:0], r"codes must be \(n, code_size\) with at least one row, got \(0, 3\)"),
        (
            IMAGES,
            MIXED[:50],
            "originals and codes must be equally many, got 60 and 50: "
            "pass the codes of exactly these originals",
        ),
        (np.full((60, 4), np.nan), MIXED, r"originals must be finite, got \d+ NaN or infinite values"),
        (IMAGES, MIXED + np.nan, "codes must be finite, got 180 NaN or infinite values"),
    ],
)
def test_wrong_pairs(function, originals, codes, message):
    with pytest.raises(ValueError, match="^" + message):
        function(originals, codes)


@pytest.mark.parametrize("neighbours", [0, -1, 2.0, True, None, 61])
@pytest.mark.parametrize("function", [judge.neighbour_accuracy, judge.retrieval_precision], **by_name)
def test_wrong_numbers_of_neighbours_in_two_sets(function, neighbours):
    message = (
        rf"neighbours must be a whole number from 1 to 60, got {neighbours}: "
        r"ask for fewer, or pass more codes"
    )
    with pytest.raises(ValueError, match=message):
        function(MIXED, LABELS, OTHERS, LABELS, neighbours)


@each_of_pairs
@pytest.mark.parametrize("neighbours", [0, 1.5, True, 60])
def test_wrong_numbers_of_neighbours_in_pairs(function, neighbours):
    most = 59 if function is judge.neighbours_kept else 29
    message = rf"neighbours must be a whole number from 1 to {most}, got {neighbours}: ask for fewer"
    with pytest.raises(ValueError, match=message):
        function(IMAGES, MIXED, neighbours)
    assert 0 <= function(IMAGES, MIXED, most) <= 1


@pytest.mark.parametrize("clusters", [0, 61, 2.0, False])
def test_wrong_numbers_of_clusters(clusters):
    message = rf"clusters must be a whole number from 1 to 60, got {clusters}: no two clusters share a code"
    with pytest.raises(ValueError, match=message):
        judge.cluster_agreement(MIXED, LABELS, clusters)


def test_a_collapsed_encoder_has_no_clusters():
    message = "from 1 to 1, got 10: no two clusters share a code: ask for fewer, or look for an encoder"
    with pytest.raises(ValueError, match=message):
        judge.cluster_agreement(np.ones((60, 3)), LABELS)


@pytest.mark.parametrize(
    ("codes", "labels", "message"),
    [
        (MIXED[:, 0], LABELS, r"codes must be \(n, code_size\) with at least one row, got \(60,\)"),
        (MIXED + np.inf, LABELS, "codes must be finite, got 180"),
        (MIXED, LABELS[:9], r"labels must be \(60,\), one for each of codes, got \(9,\)"),
    ],
)
def test_wrong_arguments_of_clusters(codes, labels, message):
    with pytest.raises(ValueError, match="^" + message):
        judge.cluster_agreement(codes, labels, 4)
