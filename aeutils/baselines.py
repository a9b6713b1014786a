"""The rows that every table of results has: the mean image, PCA and logistic PCA, fitted on training images.

Images are `(n, height, width)` or `(n, height, width, channels)` in [0, 1], of any size; a fitted baseline
takes images of the training images' shape only.
"""

from collections.abc import Iterator
import hashlib

from aeutils.checks import check_code_size, check_images, check_whole
import numpy as np
from sklearn.base import BaseEstimator
from sklearn.decomposition import PCA
from sklearn.utils.validation import check_is_fitted

# Of logistic PCA: chosen on MNIST's validation images, all of MNIST's and the sample's, at 30 numbers.
_EPOCHS, _BATCH_SIZE, _LEARNING_RATE, _WARMUP_SHARE = 20, 128, 1e-2, 0.05

_FITTED = {}  # logistic PCAs by training images and code size: a chapter asks for the same one several times


class MeanImage(BaseEstimator):
    """Reproduces every image as the mean of the training images: a code of no numbers at all.

    Attributes:
        mean_: the mean training image, `(height, width)` or `(height, width, channels)`.
    """

    def fit(self, x_train) -> "MeanImage":
        self.mean_ = check_images(x_train, "x_train").mean(axis=0, dtype="float64").astype("float32")
        return self

    def reconstruct(self, images) -> np.ndarray:
        """Return the mean image, n times, float32 in the shape of `images`."""
        check_is_fitted(self)
        return np.repeat(self.mean_[None], len(check_images(images, shape=self.mean_.shape)), axis=0)


class PCABaseline(BaseEstimator):
    """Reproduces images from their first `code_size` principal components (scikit-learn's PCA).

    Args:
        code_size: how many components are kept; at most as many as there are training images, and at most
            the number of values in one image.
        seed: of scikit-learn's randomised solver, where it picks that one.

    Attributes:
        image_shape_: what one image has to be, such as (28, 28).
        pca_: the fitted `sklearn.decomposition.PCA`.
    """

    def __init__(self, code_size: int, seed: int = 0):
        self.code_size = check_code_size(code_size)
        self.seed = seed

    def fit(self, x_train) -> "PCABaseline":
        x_train = check_images(x_train, "x_train")
        self.pca_ = _fit_pca(x_train, self.code_size, self.seed)
        self.image_shape_ = x_train.shape[1:]
        return self

    def encode(self, images) -> np.ndarray:
        """Return the codes `(n, code_size)` of images."""
        check_is_fitted(self)
        images = check_images(images, shape=self.image_shape_)
        return self.pca_.transform(images.reshape(len(images), -1))

    def reconstruct(self, images) -> np.ndarray:
        """Return what the kept components make of the images, float32 in their shape; may leave [0, 1]."""
        codes = self.encode(images)
        flat = self.pca_.inverse_transform(codes).astype("float32", copy=False)
        return flat.reshape(-1, *self.image_shape_)


class LogisticPCA(BaseEstimator):
    r"""Reproduces images through a linear code and a sigmoid: an autoencoder without a hidden layer.

    $\hat x = \sigma(V z + c)$ of the code $z = W x + b$, trained on the binary cross-entropy. It has a
    linear code, as PCA has, and its reconstructions stay in (0, 1): what a network reaches without a hidden
    layer.
    Hinton & Salakhutdinov report a squared error of 8.01 per image at 30 numbers on MNIST's test images
    (2006, Science 313, 504-507, doi:10.1126/science.1127647, figure 2B).

    The weights start from PCA's and are trained with Adam (Kingma & Ba 2015, arXiv 1412.6980) for 20 epochs
    in batches of 128, at a rate that rises to 0.01 and then falls to 0 along half a cosine. So the numbers
    differ a little between seeds and machines. They do not depend on Keras' backend, and no random numbers
    but its own are drawn: all of this is NumPy's.

    Args:
        code_size: as in `PCABaseline`.
        seed: of the order of the training images, and of PCA's randomised solver.

    Attributes:
        image_shape_: what one image has to be, such as (28, 28).
        weights_: $W^T$ `(values, code_size)`, $b$ `(code_size,)`, $V^T$ `(code_size, values)` and
            $c$ `(values,)`, float32, for images of so many values. A Keras autoencoder of two dense layers
            takes them with `set_weights`.
    """

    def __init__(self, code_size: int, seed: int = 0):
        self.code_size = check_code_size(code_size)
        self.seed = seed

    def fit(self, x_train, x_val=None) -> "LogisticPCA":
        """Train on `x_train`; with validation images, keep the weights of their lowest cross-entropy."""
        x_train = check_images(x_train, "x_train")
        if x_val is not None:
            x_val = check_images(x_val, "x_val", shape=x_train.shape[1:])
            x_val = x_val.reshape(len(x_val), -1)
        weights = _start_from_pca(_fit_pca(x_train, self.code_size, self.seed))
        kept, lowest = weights, np.inf
        for _ in _train(weights, x_train.reshape(len(x_train), -1), self.seed):
            if x_val is not None and (loss := _crossentropy(weights, x_val)) < lowest:
                kept, lowest = [weight.copy() for weight in weights], loss
        self.weights_, self.image_shape_ = kept, x_train.shape[1:]
        return self

    def encode(self, images) -> np.ndarray:
        """Return the codes `(n, code_size)` of images, float32."""
        check_is_fitted(self)
        images = check_images(images, shape=self.image_shape_)
        return _encode(self.weights_, images.reshape(len(images), -1))

    def reconstruct(self, images) -> np.ndarray:
        """Return what the codes of the images are decoded to, float32 in their shape, in [0, 1]."""
        codes = self.encode(images)
        return _sigmoid(_logits(self.weights_, codes)).reshape(-1, *self.image_shape_)


def baseline_reconstructions(x_train, images, code_size: int, logistic: bool = True) -> dict[str, np.ndarray]:
    """Return what each standing row of a table makes of `images`, by its name, fitted on `x_train`.

    The names: `"mean image"`, `"PCA-30"`, `"PCA-30, cut off"` (the same, clipped to [0, 1]) and
    `"logistic PCA-30"`, the one that takes seconds. It is fitted once for a set of training images.

    Args:
        logistic: whether logistic PCA has a row; it is a rival where a network ends in a sigmoid.

    Raises:
        ValueError: for what `check_images` refuses, `images` of another shape than the training images, or
            a `code_size` that PCA cannot have.
    """
    pca = PCABaseline(code_size).fit(x_train).reconstruct(images)
    found = {
        "mean image": MeanImage().fit(x_train).reconstruct(images),
        f"PCA-{code_size}": pca,
        f"PCA-{code_size}, cut off": np.clip(pca, 0, 1),
    }
    if logistic:
        found[f"logistic PCA-{code_size}"] = _fitted_logistic_pca(x_train, code_size).reconstruct(images)
    return found


def _fitted_logistic_pca(x_train, code_size: int) -> LogisticPCA:
    x_train = np.ascontiguousarray(check_images(x_train, "x_train"))
    key = (hashlib.sha256(x_train).hexdigest(), x_train.shape, code_size)
    if key not in _FITTED:
        _FITTED[key] = LogisticPCA(code_size).fit(x_train)
    return _FITTED[key]


def _fit_pca(x_train: np.ndarray, code_size: int, seed: int) -> PCA:
    remedy = "PCA has at most as many components as images, and as values in one image; ask for fewer"
    check_whole(code_size, "code_size", remedy, at_most=min(len(x_train), x_train[0].size))
    return PCA(code_size, random_state=seed).fit(x_train.reshape(len(x_train), -1))


def _start_from_pca(pca: PCA) -> list[np.ndarray]:
    """Return weights whose codes are PCA's in units of their spread, and whose logits are linear in PCA's.

    The sigmoid's slope is at most 1/4: hence the 4. Without this start, 20 epochs do not reach the optimum.
    """
    spread = np.nan_to_num(np.sqrt(pca.explained_variance_))[:, None]  # of a single image it is NaN
    spread = np.maximum(spread, 1e-3 * spread.max() or 1)  # components of nothing but rounding stay small
    encoder = (pca.components_ / spread).T
    mean = np.clip(pca.mean_, 1e-3, 1 - 1e-3)
    weights = encoder, -pca.mean_ @ encoder, 4 * spread * pca.components_, np.log(mean / (1 - mean))
    return [np.array(weight, "float32", order="C") for weight in weights]


def _train(weights: list[np.ndarray], images: np.ndarray, seed: int) -> Iterator[None]:
    """Move `weights` in place, by Adam on the mean cross-entropy of a pixel; yield after every epoch."""
    generator = np.random.default_rng(seed)
    means, squares = ([np.zeros_like(weight) for weight in weights] for _ in range(2))
    steps, step = _EPOCHS * -(-len(images) // _BATCH_SIZE), 0
    for _ in range(_EPOCHS):
        order = generator.permutation(len(images))
        for start in range(0, len(images), _BATCH_SIZE):
            step += 1
            gradients = _gradients(weights, images[order[start : start + _BATCH_SIZE]])
            rate = _learning_rate(step / steps) * np.sqrt(1 - 0.999**step) / (1 - 0.9**step)
            for weight, gradient, mean, square in zip(weights, gradients, means, squares, strict=True):
                mean += np.float32(0.1) * (gradient - mean)
                square += np.float32(0.001) * (gradient * gradient - square)
                weight -= np.float32(rate) * mean / (np.sqrt(square) + np.float32(1e-7))
        yield


def _learning_rate(done: float) -> float:
    """Return the rate once the share `done` of all steps is done: a linear rise, then half a cosine."""
    if done < _WARMUP_SHARE:
        return _LEARNING_RATE * done / _WARMUP_SHARE
    return _LEARNING_RATE * (1 + np.cos(np.pi * (done - _WARMUP_SHARE) / (1 - _WARMUP_SHARE))) / 2


def _gradients(weights: list[np.ndarray], images: np.ndarray) -> list[np.ndarray]:
    codes = _encode(weights, images)
    of_logits = (_sigmoid(_logits(weights, codes)) - images) / np.float32(images.size)
    of_codes = of_logits @ weights[2].T
    return [images.T @ of_codes, of_codes.sum(axis=0), codes.T @ of_logits, of_logits.sum(axis=0)]


def _crossentropy(weights: list[np.ndarray], images: np.ndarray) -> float:
    logits = _logits(weights, _encode(weights, images))
    return float((np.logaddexp(0, logits) - images * logits).mean(dtype="float64"))


def _encode(weights: list[np.ndarray], images: np.ndarray) -> np.ndarray:
    return images @ weights[0] + weights[1]


def _logits(weights: list[np.ndarray], codes: np.ndarray) -> np.ndarray:
    return codes @ weights[2] + weights[3]


def _sigmoid(logits: np.ndarray) -> np.ndarray:
    return np.float32(0.5) + np.float32(0.5) * np.tanh(np.float32(0.5) * logits)  # overflows nowhere
