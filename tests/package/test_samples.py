"""Judges of drawn images: against formulas, cases by hand, and a classifier that has something to learn."""

from aeutils import samples
import keras
import numpy as np
import pytest
from scipy.linalg import sqrtm

rng = np.random.default_rng(0)
HALVES = (np.arange(14)[:, None] < 7) * np.ones((14, 14))  # the upper half white


def halves(n, seed=0):
    """Images of two classes: the upper or the lower half is brighter."""
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, 2, n)
    images = np.where(labels[:, None, None] == 0, HALVES, 1 - HALVES)
    noisy = 0.6 * images + 0.4 * generator.random(images.shape)
    return noisy.astype("float32"), labels


@pytest.fixture(scope="module")
def judge():
    return samples.train_judge(*halves(300), seed=0, epochs=3)


# --- Fréchet distance


def test_the_frechet_distance_is_the_formula_with_scipys_root():
    a, b = rng.normal(0, 1, (400, 5)), rng.normal(1, 2, (300, 5)) @ rng.normal(0, 1, (5, 5))
    of_a, of_b = np.cov(a.T), np.cov(b.T)
    root = sqrtm(of_a @ of_b).real
    expected = np.square(a.mean(0) - b.mean(0)).sum() + np.trace(of_a + of_b - 2 * root)
    assert samples.frechet_distance(a, b) == pytest.approx(expected)
    assert samples.frechet_distance(b, a) == pytest.approx(expected)


def test_of_two_normal_distributions_on_a_line_it_is_known():
    a = rng.normal(0, 1, (200_000, 1))
    assert samples.frechet_distance(a, 3 + 2 * a) == pytest.approx(3**2 + (2 - 1) ** 2, rel=0.02)


def test_it_is_zero_for_the_same_features_and_grows_with_a_shift():
    a = rng.normal(0, 1, (50, 8))
    assert samples.frechet_distance(a, a) == pytest.approx(0, abs=1e-9)
    assert samples.frechet_distance(a, a + 2) == pytest.approx(8 * 2**2)


def test_features_that_never_move_are_borne():
    a = np.column_stack([rng.normal(0, 1, 50), np.zeros(50)])
    assert samples.frechet_distance(a, a) == pytest.approx(0, abs=1e-9)


# --- Precision and recall


def test_precision_and_recall_of_points_on_a_line():
    # With one neighbour the real points cover [-1, 2] and [9, 12]; the drawn ones [0.4, 0.8] and [48, 52].
    real = np.array([[0.0], [1.0], [10.0], [11.0]])
    drawn = np.array([[0.5], [0.7], [50.0], [51.0]])
    assert samples.precision_recall(real, drawn, neighbours=1) == (0.5, 0.0)
    assert samples.precision_recall(drawn, real, neighbours=1) == (0.0, 0.5)


def test_copies_have_both_and_a_single_mode_has_no_recall():
    real = np.concatenate([rng.normal(0, 0.1, (50, 3)), rng.normal(9, 0.1, (50, 3))])
    assert samples.precision_recall(real, real) == (1.0, 1.0)
    near_one = rng.normal(0, 0.05, (100, 3))
    precision, recall = samples.precision_recall(real, near_one)
    assert precision > 0.9
    assert recall < 0.5


def test_they_are_what_a_double_loop_finds():
    real, drawn = rng.normal(0, 1, (30, 2)), rng.normal(0.5, 1, (30, 2))

    def covered(points, members):
        found = 0
        for point in points:
            for member in members:
                radius = np.sort(np.linalg.norm(members - member, axis=1))[3]  # 0 is the member itself
                if np.linalg.norm(point - member) <= radius:
                    found += 1
                    break
        return found / len(points)

    expected = covered(drawn, real), covered(real, drawn)
    assert samples.precision_recall(real, drawn, neighbours=3) == pytest.approx(expected)


# --- Copies, and learning from drawn images


def test_the_nearest_image_by_hand():
    images, training = rng.random((5, 9, 9)), rng.random((7, 9, 9))
    expected = [min(np.square(a - b).sum() for b in training) for a in images]
    assert samples.nearest_squared_distances(images, training) == pytest.approx(expected, rel=1e-4)
    assert samples.nearest_squared_distances(training[:3], training).max() < 1e-6


def test_a_classifier_learns_from_drawn_images_what_is_in_them():
    (x, y), (x_test, y_test) = halves(60), halves(60, seed=1)
    assert samples.train_on_drawn(x, y, x_test, y_test) == 0
    assert samples.train_on_drawn(x, 1 - y, x_test, y_test) == 1
    only_one = np.zeros(60, dtype=int)
    assert samples.train_on_drawn(x, only_one, x_test, y_test) == y_test.mean()


# --- The judge


def test_the_judge_learns(judge):
    x, y = halves(100, seed=2)
    assert judge.accuracy(x, y) > 0.95
    assert judge.accuracy(x, 1 - y) < 0.05
    assert judge.probabilities(x).shape == (100, 2)
    assert judge.probabilities(x).sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert samples.class_histogram(judge, x[y == 0]).tolist() == [np.sum(y == 0), 0]


def test_its_features_are_scaled_and_lead_to_its_probabilities(judge):
    x, _ = halves(300)
    features = judge.features(x)
    assert features.shape == (300, 64)
    assert features.min() >= 0
    assert features.var(axis=0).mean() == pytest.approx(1, rel=1e-3)
    last = judge.network.get_layer("probabilities")
    again = keras.ops.convert_to_numpy(last(judge.scale * features))
    assert np.abs(again - judge.probabilities(x)).max() < 1e-5


def test_a_judge_is_the_same_for_a_seed():
    x, y = halves(40)
    found = [samples.train_judge(x, y, seed=s, epochs=1).features(x) for s in (0, 0, 1)]
    assert np.abs(found[0] - found[1]).max() < 1e-4 < np.abs(found[0] - found[2]).max()


# --- What is refused


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: samples.precision_recall(np.ones((4, 2)), np.ones((5, 2))), "equally many, got 4 and 5"),
        (lambda: samples.precision_recall(np.ones((4, 2)), np.ones((4, 3))), r"got \(4, 2\) and \(4, 3\)"),
        (lambda: samples.precision_recall(np.ones((3, 2)), np.ones((3, 2))), "neighbours must be"),
        (lambda: samples.frechet_distance(np.ones(4), np.ones((4, 1))), r"features must be \(n, d\)"),
        (lambda: samples.frechet_distance(np.full((4, 2), np.nan), np.ones((4, 2))), "must be finite"),
        (lambda: samples.train_judge(np.ones((4, 9, 9)), np.zeros(3, int), 0), r"y must be \(4,\)"),
        (lambda: samples.train_judge(np.ones((4, 9, 9)), np.zeros(4), 0), "whole numbers from 0"),
        (lambda: samples.train_judge(np.ones((4, 9, 9, 3)), np.zeros(4, int), 0), "grey images"),
        (lambda: samples.nearest_squared_distances(np.ones((4, 9, 9)), np.ones((4, 10, 9))), "images must"),
        (lambda: samples.train_on_drawn(*halves(9), *halves(9)[::-1]), "x_test must be"),
    ],
)
def test_what_is_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_a_judge_refuses_labels_of_other_images(judge):
    with pytest.raises(ValueError, match="labels must be"):
        judge.accuracy(halves(10)[0], np.zeros(9))
