"""The mean image, PCA and logistic PCA against NumPy's, scikit-learn's, SciPy's and Keras' own answers."""

from aeutils import baselines
from aeutils.baselines import LogisticPCA, MeanImage, PCABaseline, baseline_reconstructions
from aeutils.data import load_mnist
from aeutils.metrics import binary_crossentropy, squared_error
import keras
import numpy as np
import pytest
from scipy.optimize import minimize
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError

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


COLOUR = np.random.default_rng(3).random((40, 6, 5, 3)).astype("float32")


@pytest.mark.parametrize("images", [COLOUR, COLOUR[..., 0], COLOUR[..., :1]])
def test_images_of_any_size_and_with_channels(images):
    """As the same values in one long row."""
    flat = images.reshape(40, -1)
    np.testing.assert_allclose(MeanImage().fit(images).mean_.ravel(), flat.mean(axis=0), rtol=1e-5)
    oracle = PCA(3, svd_solver="full").fit(flat)
    found = PCABaseline(3).fit(images).reconstruct(images)
    expected = oracle.inverse_transform(oracle.transform(flat)).reshape(images.shape)
    np.testing.assert_allclose(found, expected, atol=1e-4)
    in_one_row = LogisticPCA(3).fit(flat[:, None]).reconstruct(flat[:, None])
    np.testing.assert_array_equal(
        LogisticPCA(3).fit(images).reconstruct(images).reshape(40, -1), in_one_row[:, 0]
    )


EVERY = (MeanImage(), PCABaseline(2), LogisticPCA(2))


@pytest.mark.parametrize("baseline", EVERY)
def test_images_of_another_shape_than_the_training_images(baseline):
    baseline.fit(TRAIN)
    with pytest.raises(ValueError, match=r"images must be \(n, 28, 28\), got \(40, 6, 5, 3\): resize them"):
        baseline.reconstruct(COLOUR)
    baseline.fit(COLOUR)
    with pytest.raises(
        ValueError, match=r"images must be \(n, 6, 5, 3\), got \(20, 28, 28\): resize them to 6"
    ):
        baseline.reconstruct(TEST)


@pytest.mark.parametrize("baseline", [MeanImage(), PCABaseline(2), LogisticPCA(2)])
def test_before_it_is_fitted(baseline):
    for method in ("encode", "reconstruct"):
        if hasattr(baseline, method):
            with pytest.raises(NotFittedError, match=f"{type(baseline).__name__} instance is not fitted yet"):
                getattr(baseline, method)(TEST)


def test_gradients_of_logistic_pca_against_differences():
    generator = np.random.default_rng(0)
    images = generator.random((7, 6))
    weights = [generator.normal(size=shape) for shape in ((6, 2), (2,), (2, 6), (6,))]
    for weight, gradient in zip(weights, baselines._gradients(weights, images), strict=True):
        for place in np.ndindex(weight.shape):
            loss = []
            for step in (1e-5, -1e-5):
                weight[place] += step
                loss.append(baselines._crossentropy(weights, images))
                weight[place] -= step
            assert gradient[place] == pytest.approx((loss[0] - loss[1]) / 2e-5, rel=1e-6, abs=1e-9)


def keras_network(weights):
    dense = [keras.layers.Dense(len(weights[1])), keras.layers.Dense(784, "sigmoid")]
    layers = [keras.Input((28, 28)), keras.layers.Flatten(), *dense, keras.layers.Reshape((28, 28))]
    network = keras.Sequential(layers)
    network.set_weights([weight.copy() for weight in weights])
    return network


def test_logistic_pca_is_a_network_of_keras():
    baseline = LogisticPCA(3).fit(TRAIN)
    network = keras_network(baseline.weights_)
    found = baseline.reconstruct(TEST)
    assert found.dtype == baseline.encode(TEST).dtype == "float32" and baseline.encode(TEST).shape == (20, 3)
    np.testing.assert_allclose(found, network.predict(TEST, verbose=0), atol=1e-5)
    flat_loss = baselines._crossentropy(baseline.weights_, TEST.reshape(20, -1))
    assert flat_loss == pytest.approx(binary_crossentropy(TEST, found), rel=1e-5)


def test_logistic_pca_is_trained_as_keras_trains():
    """One batch an epoch, so that the order of the images does not matter."""
    network = keras_network(baselines._start_from_pca(PCA(3, random_state=0).fit(TRAIN.reshape(60, -1))))
    network.compile("adam", "binary_crossentropy")
    rates = keras.callbacks.LearningRateScheduler(lambda epoch: baselines._learning_rate((epoch + 1) / 20))
    network.fit(TRAIN, TRAIN, batch_size=60, epochs=20, callbacks=[rates], verbose=0)
    found = LogisticPCA(3).fit(TRAIN).weights_
    for weight, expected in zip(found, network.get_weights(), strict=True):
        np.testing.assert_allclose(weight, expected, atol=5e-3)


def test_logistic_pca_reaches_the_optimum():
    """SciPy's, by L-BFGS on all images at once, of images that a logistic model of two numbers has made."""
    generator = np.random.default_rng(0)
    logits = generator.normal(0, 2, (4000, 2)) @ generator.normal(size=(2, 64)) - 1
    images = (1 / (1 + np.exp(-logits))).reshape(-1, 8, 8).astype("float32")
    baseline = LogisticPCA(2).fit(images)
    shapes, flat = [weight.shape for weight in baseline.weights_], images.reshape(4000, -1).astype("float64")
    ends = np.cumsum([0, *(weight.size for weight in baseline.weights_)])

    def loss(vector):
        weights = [vector[a:b].reshape(s) for a, b, s in zip(ends, ends[1:], shapes, strict=False)]
        gradients = baselines._gradients(weights, flat)
        return baselines._crossentropy(weights, flat), np.concatenate([part.ravel() for part in gradients])

    start = np.concatenate([weight.ravel() for weight in baseline.weights_]).astype("float64")
    best = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 100}).fun
    reached = binary_crossentropy(images, baseline.reconstruct(images))
    from_pca = binary_crossentropy(images, PCABaseline(2).fit(images).reconstruct(images))
    assert reached - best < 0.03 * (from_pca - best)


@pytest.mark.slow
def test_logistic_pca_on_the_sample():
    """Between the 8.01 of Hinton & Salakhutdinov, who had fifteen times as many images, and PCA's 13."""
    data = load_mnist("sample")
    errors = [
        squared_error(data.x_test, LogisticPCA(30, s).fit(data.x_train).reconstruct(data.x_test))
        for s in (0, 1)
    ]
    assert 8.5 < min(errors) < max(errors) < 9.3 and max(errors) - min(errors) < 0.2


def test_logistic_pca_keeps_its_best_epoch_where_it_is_validated():
    few, new = (
        draw_images(30, rank=20, noise=0.2).astype("float32"),
        draw_images(40, 20, 0.2, 1).astype("float32"),
    )
    last, best = LogisticPCA(25).fit(few), LogisticPCA(25).fit(few, new)
    losses = [binary_crossentropy(new, baseline.reconstruct(new)) for baseline in (last, best)]
    assert losses[1] < losses[0]


def test_logistic_pca_has_random_numbers_of_its_own():
    keras.utils.set_random_seed(5)
    expected = np.random.random(3), keras.random.uniform((3,))  # noqa: NPY002
    keras.utils.set_random_seed(5)
    first, second, other = (LogisticPCA(2, seed).fit(draw_images(300)).weights_ for seed in (0, 0, 1))
    found = np.random.random(3), keras.random.uniform((3,))  # noqa: NPY002
    for pair in zip(expected, found, strict=True):
        np.testing.assert_array_equal(*map(np.asarray, pair))
    np.testing.assert_array_equal(first[0], second[0])
    assert (first[0] != other[0]).any()


@pytest.mark.parametrize("images", [np.full((9, 8, 8), 0.25), np.zeros((9, 8, 8)), np.ones((9, 8, 8))])
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")  # of scikit-learn's share of no variance
def test_logistic_pca_of_images_that_are_all_alike(images):
    found = LogisticPCA(2).fit(images).reconstruct(images)
    np.testing.assert_allclose(found, images, atol=0.05)


def test_standing_rows_by_name_and_in_their_order(monkeypatch):
    fits = []
    monkeypatch.setattr(baselines, "_FITTED", {})
    fit = LogisticPCA.fit
    monkeypatch.setattr(LogisticPCA, "fit", lambda self, x_train: fits.append(1) or fit(self, x_train))
    found = baseline_reconstructions(TRAIN, TEST, 4)
    assert list(found) == ["mean image", "PCA-4", "PCA-4, cut off", "logistic PCA-4"]
    pca = PCABaseline(4).fit(TRAIN).reconstruct(TEST)
    np.testing.assert_array_equal(found["mean image"], MeanImage().fit(TRAIN).reconstruct(TEST))
    np.testing.assert_array_equal(found["PCA-4"], pca)
    np.testing.assert_array_equal(found["PCA-4, cut off"], np.clip(pca, 0, 1))
    np.testing.assert_array_equal(
        baseline_reconstructions(TRAIN.copy(), TEST, 4)["logistic PCA-4"], found["logistic PCA-4"]
    )
    assert len(fits) == 1  # the same images again, though another array
    baseline_reconstructions(TRAIN[::-1], TEST, 4)
    baseline_reconstructions(TRAIN, TEST, 5)
    assert len(fits) == 3
    assert list(baseline_reconstructions(TRAIN / 2, TEST, 4, logistic=False)) == list(found)[:3]
    assert len(fits) == 3


@pytest.mark.parametrize("code_size", [0, -1, 2.5, "4", None, True])
@pytest.mark.parametrize("kind", [PCABaseline, LogisticPCA])
def test_wrong_code_sizes(kind, code_size):
    with pytest.raises(ValueError, match=f"whole number of at least 1, got {code_size!r}: it is"):
        kind(code_size)


@pytest.mark.parametrize("kind", [PCABaseline, LogisticPCA])
def test_more_components_than_images_or_values(kind):
    with pytest.raises(ValueError, match="from 1 to 60, got 61: PCA has at most as many"):
        kind(61).fit(TRAIN)
    with pytest.raises(ValueError, match="from 1 to 12, got 13: PCA has at most as many"):
        kind(13).fit(TRAIN[:, :3, :4])


@pytest.mark.parametrize(
    "images, message",
    [
        (np.zeros((60, 784)), r"\(n, .*got \(60, 784\): .*use .reshape"),
        (np.zeros((0, 28, 28)), "at least one image"),
        (np.zeros((60, 28, 28), "uint8"), "got uint8: use .astype"),
        (TRAIN * 255, "divide by 255"),
        (TRAIN * np.nan, "finite"),
    ],
)
def test_wrong_images(images, message):
    for baseline in (MeanImage(), PCABaseline(2), LogisticPCA(2)):
        with pytest.raises(ValueError, match=f"x_train must .*{message}"):
            baseline.fit(images)
        baseline.fit(TRAIN)
        with pytest.raises(ValueError, match=f"images must .*{message}"):
            baseline.reconstruct(images)
    with pytest.raises(ValueError, match=f"images must .*{message}"):
        baseline.encode(images)
