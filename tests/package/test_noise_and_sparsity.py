"""Chapter 9's helpers: sparsity of known codes, a probe with few labels."""

from aeutils.codes import few_label_accuracies, sparsity, switched_on
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression


def test_sparsity_of_known_codes():
    one_hot = np.tile(np.eye(4), (3, 1))
    assert sparsity(one_hot) == {"dead": 0, "zeros": 0.75, "on": 1.0, "on, spread": 0.0, "unit spread": 0.0}
    half_dead = np.concatenate([np.ones((6, 3)), np.zeros((6, 3))], axis=1)
    assert sparsity(half_dead) == {"dead": 3, "zeros": 0.0, "on": 3.0, "on, spread": 0.0, "unit spread": 0.0}
    assert sparsity(np.zeros((5, 2)))["dead"] == 2
    small = np.array([[1.0, 0.01], [1.0, 0.2]])
    np.testing.assert_array_equal(switched_on(small), [[True, False], [True, True]])
    assert switched_on(small, share=0).all()


@pytest.mark.parametrize(
    ("codes", "share", "words"),
    [(np.zeros(3), 0.05, "one row an image"), (np.ones((2, 2)), 1, "try 0.05"), ([[np.nan]], 0.05, "codes")],
)
def test_codes_that_cannot_be_counted(codes, share, words):
    with pytest.raises(ValueError, match=words):
        switched_on(codes, share)


def test_few_labels_of_one_draw_of_all():
    draw = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], 20)
    codes = draw.normal(size=(60, 4)) + labels[:, None] * [1, 0, 2, 0]
    seen = few_label_accuracies(codes, labels, codes, labels, 60, standardise=True)
    scaled = (codes - codes.mean(0)) / codes.std(0)
    expected = 100 * LogisticRegression(max_iter=300).fit(scaled, labels).score(scaled, labels)
    assert seen == pytest.approx([expected], abs=0.01)


def test_one_factor_for_all_numbers_leaves_small_ones_small():
    draw = np.random.default_rng(1)
    labels = np.repeat([0, 1], 200)
    codes = np.stack([3 * (labels - 0.5) + draw.normal(size=400)] + [1e-3 * draw.normal(size=400)] * 1, 1)
    noisy = np.concatenate([codes[:, :1], 1e-3 * draw.normal(size=(400, 60))], axis=1)
    one, each = (
        few_label_accuracies(noisy, labels, noisy, labels, 10, 5, standardise=s).mean() for s in (False, True)
    )
    assert one > each + 5


def test_a_count_that_classes_do_not_share():
    codes, labels = np.zeros((4, 2)), np.array([0, 0, 1, 1])
    for count in (3, 6):
        with pytest.raises(ValueError, match="multiple of the 2 classes"):
            few_label_accuracies(codes, labels, codes, labels, count)
