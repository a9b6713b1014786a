"""The rows that every table of results has: the mean image and PCA, fitted on the training images."""

from aeutils.checks import IMAGE_SHAPE, check_code_size, check_images
import numpy as np
from sklearn.decomposition import PCA


class MeanImage:
    """Reproduces every image as the mean of the training images: a code of no numbers at all.

    Attributes:
        mean_: the mean training image `(28, 28)`.
    """

    def fit(self, x_train) -> "MeanImage":
        self.mean_ = check_images(x_train, "x_train").mean(axis=0, dtype="float64").astype("float32")
        return self

    def reconstruct(self, images) -> np.ndarray:
        """Return `(n, 28, 28)` float32: the mean image, n times."""
        return np.repeat(self.mean_[None], len(check_images(images)), axis=0)


class PCABaseline:
    """Reproduces images from their first `code_size` principal components (scikit-learn's PCA).

    Args:
        code_size: how many components are kept, at most 784 and at most the number of training images.
        seed: of scikit-learn's randomised solver, where it picks that one.

    Attributes:
        pca_: the fitted `sklearn.decomposition.PCA`.
    """

    def __init__(self, code_size: int, seed: int = 0):
        self.code_size = check_code_size(code_size, at_most=IMAGE_SHAPE[0] * IMAGE_SHAPE[1])
        self.seed = seed

    def fit(self, x_train) -> "PCABaseline":
        x_train = check_images(x_train, "x_train")
        check_code_size(self.code_size, at_most=min(len(x_train), x_train[0].size))
        self.pca_ = PCA(self.code_size, random_state=self.seed).fit(x_train.reshape(len(x_train), -1))
        return self

    def encode(self, images) -> np.ndarray:
        """Return the codes `(n, code_size)` of images."""
        images = check_images(images)
        return self.pca_.transform(images.reshape(len(images), -1))

    def reconstruct(self, images) -> np.ndarray:
        """Return `(n, 28, 28)` float32: what the kept components make of the images; may leave [0, 1]."""
        flat = self.pca_.inverse_transform(self.encode(images))
        return flat.reshape(-1, *IMAGE_SHAPE).astype("float32", copy=False)


def baseline_reconstructions(x_train, images, code_size: int) -> dict[str, np.ndarray]:
    """Return `{"mean image": …, "PCA-30": …}`: both baselines, fitted on `x_train`, applied to `images`."""
    return {
        "mean image": MeanImage().fit(x_train).reconstruct(images),
        f"PCA-{code_size}": PCABaseline(code_size).fit(x_train).reconstruct(images),
    }
