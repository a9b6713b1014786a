"""How far reconstructions are from their images: numbers from arrays, no model needed.

Every function takes `images`, `(n, height, width)` or `(n, height, width, channels)` in [0, 1], and, where
it compares, `reconstructions` of the same shape, which may leave [0, 1]; it raises `ValueError` for anything
else (see `aeutils.checks`). A *value* is a pixel of a grey image, or one channel of a pixel in colour.
Chapter 2 asks what each of them sees; chapter 1 introduces the book's yardstick, `squared_error`.
"""

from collections.abc import Callable
import math

from aeutils.baselines import MeanImage, PCABaseline
from aeutils.checks import check_images, check_reconstructions
import numpy as np
from skimage.metrics import structural_similarity

_EPSILON = 1e-7  # Keras clips probabilities at the same value
_SSIM_WINDOW = 7  # pixels, scikit-image's default


def squared_errors(images, reconstructions) -> np.ndarray:
    """Return the squared error of every image, `(n,)`: summed over all its values, 784 for MNIST's."""
    images, reconstructions = check_reconstructions(images, reconstructions)
    return np.square(images - reconstructions, dtype="float64").sum(axis=tuple(range(1, images.ndim)))


def squared_error(images, reconstructions) -> float:
    """Return the book's yardstick: the squared error per image, averaged over the images.

    PCA with 30 components scores 13.87 on MNIST's test images, as Hinton & Salakhutdinov report
    (2006, Science 313, 504-507, doi:10.1126/science.1127647).
    """
    return float(squared_errors(images, reconstructions).mean())


def mse(images, reconstructions) -> float:
    """Return the mean squared error of a value: `squared_error` / 784 for MNIST's images."""
    images, reconstructions = check_reconstructions(images, reconstructions)
    return float(np.square(images - reconstructions, dtype="float64").mean())


def mae(images, reconstructions) -> float:
    """Return the mean absolute error of a value."""
    images, reconstructions = check_reconstructions(images, reconstructions)
    return float(np.abs(images - reconstructions, dtype="float64").mean())


def binary_crossentropy(images, reconstructions) -> float:
    r"""Return the mean of $-x \log \hat x - (1 - x) \log(1 - \hat x)$ over all values, in nats.

    Reconstructions are clipped to [1e-7, 1 - 1e-7], as in Keras. It is 0 for perfect black and white
    only: see `crossentropy_floor`.
    """
    images, reconstructions = check_reconstructions(images, reconstructions)
    p = np.clip(reconstructions.astype("float64"), _EPSILON, 1 - _EPSILON)
    return float(-(images * np.log(p) + (1 - images) * np.log1p(-p)).mean())


def crossentropy_floor(images) -> float:
    """Return BCE(x, x), in nats: no reconstruction of these images has a lower cross-entropy."""
    images = check_images(images)
    return binary_crossentropy(images, images)


def psnr(images, reconstructions) -> float:
    """Return the mean over the images of the peak signal-to-noise ratio, $-10 \\log_{10}$ MSE, in decibels.

    An image that is reproduced exactly makes it infinite.
    """
    with np.errstate(divide="ignore"):
        decibels = -10 * np.log10(squared_errors(images, reconstructions) / math.prod(np.shape(images)[1:]))
    return float(decibels.mean())


def ssim(images, reconstructions) -> float:
    """Return the mean structural similarity, at most 1 (identical), of scikit-image with a 7 by 7 window.

    Wang et al. 2004, doi:10.1109/TIP.2003.819861; of several channels, the mean over them.

    Raises:
        ValueError: for images smaller than the window, too.
    """
    images, reconstructions = check_reconstructions(images, reconstructions)
    if min(images.shape[1:3]) < _SSIM_WINDOW:
        raise ValueError(
            f"images must be at least as large as the SSIM's window of {_SSIM_WINDOW} by {_SSIM_WINDOW} "
            f"pixels, got {images.shape}: use mse or psnr, which have no window"
        )
    channel_axis = -1 if images.ndim == 4 else None
    values = [
        structural_similarity(
            image, reconstruction, win_size=_SSIM_WINDOW, data_range=1.0, channel_axis=channel_axis
        )
        for image, reconstruction in zip(images, reconstructions, strict=True)
    ]
    return float(np.mean(values))


def landmarks(images, code_size: int = 32) -> list[dict]:
    """Return the losses of simple answers to `images`: landmarks for a training that stands still.

    Show them with `tables.results_table(landmarks(x_train), decimals=3)`, and look for your number in the
    column of your loss: like Keras, the columns have the mean over all values, but for the squared error per
    image.

    - *all grey*: 0.5 everywhere, as an untrained sigmoid answers. Look at the learning rate.
    - *all black*: the outputs are dead (a ReLU there) or saturated (a sigmoid after a far too large step).
    - *median image*: the best single picture for the absolute error; mostly black where most images are.
    - *mean image*: the best single picture for the squared error and the cross-entropy. Every image gets the
      same answer, so the code is not used: the learning rate is too low or far too high, the code is dead, or
      a penalty outweighs the loss.
    - *PCA, cut off*: what `code_size` numbers do without a network, clipped to [0, 1].
    - *the images themselves*: the floor. The cross-entropy of grey values does not go down to 0.

    Mean, median and PCA are fitted on these very images, as the loss of a training is.

    Args:
        images: one's own, `(n, height, width)` or `(n, height, width, channels)` in [0, 1].
        code_size: of PCA.

    Returns:
        Rows with `answer`, `squared error` (per image), `MSE`, `MAE` and `cross-entropy` (in nats).

    Raises:
        ValueError: for what `check_images` refuses, or a `code_size` that PCA cannot have.
    """
    images = check_images(images)
    pca, median = PCABaseline(code_size).fit(images), np.median(images, axis=0)[None]
    answers = {
        "all grey (0.5)": lambda some: np.full_like(some, 0.5),
        "all black": np.zeros_like,
        "median image": lambda some: np.repeat(median, len(some), axis=0),
        "mean image": MeanImage().fit(images).reconstruct,
        f"PCA-{code_size}, cut off": lambda some: np.clip(pca.reconstruct(some), 0, 1),
        "the images themselves": lambda some: some,
    }
    rows = []
    for name, answer in answers.items():
        error, absolute, crossentropy = _mean_losses(images, answer)
        rows.append(
            {
                "answer": name, "squared error": error * images[0].size, "MSE": error, "MAE": absolute,
                "cross-entropy": crossentropy,
            }
        )  # fmt: skip
    return rows


def _mean_losses(images: np.ndarray, answer: Callable) -> list[float]:
    """Return MSE, MAE and cross-entropy, taken in pieces: all at once, most of the time goes into memory."""
    totals = np.zeros(3)
    for start in range(0, len(images), 1000):
        some = images[start : start + 1000]
        found = answer(some)
        totals += [len(some) * measure(some, found) for measure in (mse, mae, binary_crossentropy)]
    return (totals / len(images)).tolist()
