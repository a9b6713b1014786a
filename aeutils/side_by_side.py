"""Several dense autoencoders of one shape, side by side in one model, each with images of its own.

One training then serves for all: much of what a step of a small network costs is not arithmetic. Chapter 13
trains ten so, one for each class.
"""

from collections.abc import Callable, Sequence
import math
from typing import NamedTuple

from aeutils.checks import check_code_size, check_whole
from aeutils.models import check_seed
from aeutils.twins import Twin
import keras
from keras import ops
import numpy as np

_TWINS = {}  # by layers and class
_AT_ONCE = 500  # images a batch, where errors are taken


@keras.saving.register_keras_serializable("aeutils")
class SideBySide(keras.Model):
    """`count` autoencoders with sigmoid outputs, trained on the binary cross-entropy.

    Called with images `(n, count, pixels)` in [0, 1], one for each network, it gives `(logits, mean,
    log_variance)`, each with one entry for each network. In a plain autoencoder the mean is the code, and
    the log-variance is not used; in a variational one a code is drawn in training and whenever it is called
    with `training=True`.

    Args:
        count: how many networks.
        pixels: how many numbers an image has.
        code_size, widths: as in `build_autoencoder`; hidden layers have GELU.
        variational: whether each is a VAE, with its loss per image summed over pixels and over the code.
        seed: of the first weights and of the noise in codes.
    """

    def __init__(
        self,
        count: int,
        pixels: int,
        code_size: int,
        widths: Sequence[int] = (128,),
        variational: bool = False,
        seed: int = 0,
        **options,
    ):
        super().__init__(**options)
        self.settings = {
            "count": check_whole(count, "count", "it is how many networks there are"),
            "pixels": check_whole(pixels, "pixels", "it is how many numbers an image has"),
            "code_size": check_code_size(code_size), "widths": list(widths),
            "variational": bool(variational), "seed": check_seed(seed),
        }  # fmt: skip
        keras.utils.set_random_seed(seed)
        codes = code_size * (2 if variational else 1)
        self.encoder = _stack(count, [pixels, *widths, codes], "encoder")
        self.decoder = _stack(count, [code_size, *widths[::-1], pixels], "decoder")
        self.noise = keras.random.SeedGenerator(seed)
        self.built = True  # both halves are

    def call(self, images, training=False):
        codes = self.encoder(images)
        mean, log_variance = ops.split(codes, 2, axis=-1) if self.settings["variational"] else (codes, codes)
        if training and self.settings["variational"]:
            noise = keras.random.normal(ops.shape(mean), seed=self.noise)
            return self.decoder(mean + ops.exp(log_variance / 2) * noise), mean, log_variance
        return self.decoder(mean), mean, log_variance

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return ops.mean(self.losses_of(y, *y_pred))

    def losses_of(self, images, logits, mean, log_variance):
        """Return the loss of every image in every network, `(n, count)`, in nats."""
        crossentropy = ops.sum(ops.binary_crossentropy(images, logits, from_logits=True), axis=-1)
        if not self.settings["variational"]:
            return crossentropy
        kl = 0.5 * ops.sum(ops.square(mean) + ops.exp(log_variance) - 1 - log_variance, axis=-1)
        return crossentropy + kl

    def get_config(self):
        return super().get_config() | self.settings


def _stack(count: int, sizes: Sequence[int], name: str) -> keras.Sequential:
    """Return dense layers, the weights of each network apart, from the first size to the last."""
    layers = [keras.Input((count, sizes[0]))]
    for i, (before, after) in enumerate(zip(sizes[:-1], sizes[1:], strict=True)):
        # Glorot's spread; his initialiser would take the networks for one.
        spread = keras.initializers.RandomNormal(stddev=math.sqrt(2 / (before + after)))
        activation = "gelu" if i < len(sizes) - 2 else None
        layers.append(
            keras.layers.EinsumDense(
                "nci,cio->nco", (count, after), activation, bias_axes="co", kernel_initializer=spread
            )
        )
    return keras.Sequential(layers, name=name)


class Fitted(NamedTuple):
    """Trained networks, the loss in each epoch, and the seconds, without compiling."""

    networks: SideBySide
    losses: list[float]
    seconds: float


def fit_side_by_side(
    images: np.ndarray,
    code_size: int,
    widths: Sequence[int] = (128,),
    *,
    rate: float,
    epochs: int,
    batch_size: int,
    seed: int,
    noise: float = 0.0,
    variational: bool = False,
    after_epoch: Callable[[int, SideBySide], None] | None = None,
) -> Fitted:
    """Train a network for each column of `images` to reproduce them, with Adam, its rate along half a cosine.

    Args:
        images: `(n, count, pixels)` in [0, 1]; network i learns `images[:, i]`.
        code_size, widths, variational: as in `SideBySide`.
        rate: of the first epoch.
        epochs, batch_size: as in Keras.
        seed: of the first weights, of the order and of the noise.
        noise: standard deviation of normal noise, drawn anew for every epoch, on the input but not the
            target: a denoising autoencoder.
        after_epoch: is called after each epoch with its number, counted from 1, and the networks as they are.

    Raises:
        ValueError: for images of another shape, a negative noise, and what `SideBySide` and `Twin` refuse.
    """
    images = np.asarray(images, "float32")
    if images.ndim != 3:
        raise ValueError(f"images must be (n, count, pixels), got {images.shape}: np.stack(sets, axis=1)")
    if not 0 <= noise < math.inf:
        raise ValueError(f"noise must be a finite number of at least 0, got {noise!r}: try 0.2")
    networks = SideBySide(*images.shape[1:], code_size, widths, variational, seed)
    key = networks.encoder.to_json(), networks.decoder.to_json(), variational
    if key not in _TWINS:
        _TWINS[key] = Twin(SideBySide.from_config(networks.get_config()))

    def noisy(rng):
        return images + rng.normal(0, noise, images.shape).astype("float32")

    watching = []
    if after_epoch is not None:
        watching.append(
            keras.callbacks.LambdaCallback(
                on_epoch_end=lambda epoch, _: after_epoch(epoch + 1, watching[0].model)
            )
        )
    found = _TWINS[key].train(
        networks, noisy if noise else images, images, rate=rate, epochs=epochs, batch_size=batch_size,
        seed=seed, callbacks=watching,
    )  # fmt: skip
    return Fitted(networks, found.losses, found.seconds)


def errors_side_by_side(networks: SideBySide, images: np.ndarray) -> np.ndarray:
    """Return the squared error of every image in every network, `(n, count)`.

    Args:
        images: `(n, pixels)`, each given to all networks, or `(n, count, pixels)`, one for each.
    """
    return _in_batches(
        networks, images, lambda x: ops.sum(ops.square(ops.subtract(x, ops.sigmoid(networks(x)[0]))), -1)
    )


def bounds_side_by_side(networks: SideBySide, images: np.ndarray, draws: int = 3) -> np.ndarray:
    """Return the loss of every image in every variational network, `(n, count)`, in nats: a mean of draws.

    Args:
        images: as for `errors_side_by_side`.
        draws: codes drawn for an image.
    """
    draws = check_whole(draws, "draws", "it is how many codes are drawn for an image")
    return np.mean(
        [
            _in_batches(networks, images, lambda x: networks.losses_of(x, *networks(x, training=True)))
            for _ in range(draws)
        ],
        axis=0,
    )


def _in_batches(networks: SideBySide, images: np.ndarray, measure: Callable) -> np.ndarray:
    images, count = np.asarray(images, "float32"), networks.settings["count"]
    if images.ndim == 2:
        images = np.broadcast_to(images[:, None], (len(images), count, images.shape[1]))
    parts = [images[first : first + _AT_ONCE] for first in range(0, len(images), _AT_ONCE)]
    return np.concatenate([ops.convert_to_numpy(measure(ops.convert_to_tensor(part))) for part in parts])
