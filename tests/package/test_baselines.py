"""The mean image and PCA against NumPy's and scikit-learn's own answers."""

from aeutils.baselines import MeanImage, PCABaseline, baseline_reconstructions
from aeutils.metrics import squared_error
import numpy as np
import pytest
from sklearn.decomposition import PCA

pytestmark = pytest.mark.any_backend


def draw_images(n, rank=5, noise=0.01, seed=0):
    """Mixtures of a few random images, with some noise: data for which components make sense."""
    generator = np.random.default_rng(seed)
    mixtures = generator.dirichlet(np.ones(rank), n)
    images = mixtures @ np.random.default_rng(99).random((rank, 784))
    return np.clip(images + generator.normal(0, noise, images.shape), 0, 1).reshape(-1, 28, 28)


TRAIN, TEST = draw_images(60).astype("float32"), draw_images(20, seed=1).astype("float32")


def test_mean_image():
    baseline = MeanImage().fit(TRAIN)
    np.testing.assert_allclose(baseline.mean_, TRAIN.mean(axis=0), rtol=1e-6)
    found = baseline.reconstruct(TEST)
    assert found.shape == TEST.shape and found.dtype == "float32"
    assert (found == baseline.mean_).all()


def test_error_of_the_mean_image_is_the_variance():
    found = MeanImage().fit(TRAIN).reconstruct(TRAIN)
    variance = TRAIN.var(axis=0, dtype="float64").sum()
    assert squared_error(TRAIN, found) == pytest.approx(variance, rel=1e-5)


@pytest.mark.parametrize("code_size", [1, 4])
def test_error_of_pca_is_the_variance_left_out(code_size):
    """Eckart & Young 1936: the best map of a rank leaves the sum of the other eigenvalues."""
    flat = TRAIN.reshape(60, -1).astype("float64")
    eigenvalues = np.linalg.svd(flat - flat.mean(axis=0), compute_uv=False) ** 2 / 60
    found = PCABaseline(code_size).fit(TRAIN).reconstruct(TRAIN)
    expected = eigenvalues[code_size:].sum()
    assert squared_error(TRAIN, found) == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("code_size", [1, 3])
def test_pca_as_scikit_learn(code_size):
    oracle = PCA(code_size, svd_solver="full").fit(TRAIN.reshape(60, -1))
    expected = oracle.inverse_transform(oracle.transform(TEST.reshape(20, -1)))
    baseline = PCABaseline(code_size).fit(TRAIN)
    found = baseline.reconstruct(TEST)
    np.testing.assert_allclose(found, expected.reshape(-1, 28, 28), atol=2e-3)
    assert found.dtype == "float32"
    assert baseline.encode(TEST).shape == (20, code_size)


def test_codes_of_the_training_images_are_centred_and_uncorrelated():
    codes = PCABaseline(4).fit(TRAIN).encode(TRAIN)
    covariance = np.cov(codes.T)
    np.testing.assert_allclose(codes.mean(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(covariance, np.diag(np.diag(covariance)), atol=1e-3)


def test_more_components_are_better_and_all_of_them_exact():
    found = [PCABaseline(k).fit(TRAIN).reconstruct(TRAIN) for k in (1, 2, 4, 60)]
    errors = [squared_error(TRAIN, reconstructions) for reconstructions in found]
    assert errors[0] > errors[1] > errors[2] > errors[3]
    assert errors[3] == pytest.approx(0, abs=1e-6)


def test_same_seed_gives_the_same_components():
    first, second = (PCABaseline(3, seed=4).fit(TRAIN).reconstruct(TEST) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_both_baselines_by_name():
    found = baseline_reconstructions(TRAIN, TEST, 4)
    assert list(found) == ["mean image", "PCA-4"]
    np.testing.assert_array_equal(found["mean image"], MeanImage().fit(TRAIN).reconstruct(TEST))
    np.testing.assert_array_equal(found["PCA-4"], PCABaseline(4).fit(TRAIN).reconstruct(TEST))


@pytest.mark.parametrize("code_size", [0, -1, 785, 2.5, "4", None, True])
def test_wrong_code_sizes(code_size):
    with pytest.raises(ValueError, match=f"whole number, from 1 to 784, got {code_size!r}: it is"):
        PCABaseline(code_size)


def test_more_components_than_images():
    with pytest.raises(ValueError, match="from 1 to 60, got 61"):
        PCABaseline(61).fit(TRAIN)


@pytest.mark.parametrize(
    "images, message",
    [
        (np.zeros((60, 784)), r"\(n, 28, 28\), got \(60, 784\): use .reshape"),
        (np.zeros((0, 28, 28)), "at least one image"),
        (np.zeros((60, 28, 28), "uint8"), "got uint8: use .astype"),
        (TRAIN * 255, "divide by 255"),
        (TRAIN * np.nan, "finite"),
    ],
)
def test_wrong_images(images, message):
    for baseline in (MeanImage(), PCABaseline(2)):
        with pytest.raises(ValueError, match=f"x_train must .*{message}"):
            baseline.fit(images)
        baseline.fit(TRAIN)
        with pytest.raises(ValueError, match=f"images must .*{message}"):
            baseline.reconstruct(images)
    with pytest.raises(ValueError, match=f"images must .*{message}"):
        baseline.encode(images)
