"""A dense variational autoencoder, and trainings of several that share what was compiled.

Chapter 10 writes the class out and explains it; this one is for the chapters after it.
"""

from collections.abc import Sequence
import math

from aeutils.checks import check_code_size, check_images, check_whole
from aeutils.models import build_decoder, build_encoder, check_seed
from aeutils.twins import Twin
import keras
from keras import ops
import numpy as np

_TWINS = {}  # by class and layers


@keras.saving.register_keras_serializable("aeutils")
class VAE(keras.Model):
    """A variational autoencoder of dense layers with a normal code and a Bernoulli output.

    Kingma & Welling 2014 (arXiv 1312.6114). Called with images `(n, 28, 28)` it gives `(logits, mean,
    log_variance)`: the output before its sigmoid for a code drawn at random, and what that code was drawn
    from. Train it with `fit(x, x)` after `compile` with an optimiser alone; its loss, in nats an image, is
    the cross-entropy summed over pixels, plus `beta` times the KL divergence summed over the code. With
    beta = 1 and pixels 0 or 1 that is an upper bound of $-\\log p(x)$.

    Args:
        code_size: how many numbers a code has.
        widths: units of the encoder's hidden layers; the decoder mirrors them.
        activation: of the hidden layers.
        beta: weight of the KL divergence; a variable, which a callback may assign to.
        seed: of the noise in the codes. The first weights come from Keras' global seed.
        image_shape: `(height, width)`.

    Raises:
        ValueError: for what `build_encoder` refuses, a negative or infinite `beta`, an unusable seed.
    """

    def __init__(
        self,
        code_size: int,
        widths: Sequence[int] = (256,),
        activation: str = "relu",
        beta: float = 1.0,
        seed: int = 0,
        image_shape: tuple[int, ...] = (28, 28),
        **options,
    ):
        super().__init__(**options)
        code_size, seed = check_code_size(code_size), check_seed(seed)
        if not 0 <= beta < math.inf:
            raise ValueError(f"beta must be a finite number of at least 0, got {beta!r}: try 1")
        self.settings = {
            "code_size": code_size, "widths": list(widths), "activation": activation, "beta": float(beta),
            "seed": seed, "image_shape": list(image_shape),
        }  # fmt: skip
        shape = {"image_shape": tuple(image_shape)}
        self.encoder = build_encoder(2 * code_size, widths, activation, **shape)
        self.decoder = build_decoder(code_size, widths[::-1], activation, None, **shape)
        self.beta = self.add_weight(
            shape=(), initializer=keras.initializers.Constant(beta), trainable=False, name="beta"
        )
        self.noise = keras.random.SeedGenerator(seed)
        self.built = True  # both halves are

    def encode(self, images):
        """Return mean and log-variance of each image's code, two tensors `(n, code_size)`."""
        return ops.split(self.encoder(images), 2, axis=-1)

    def call(self, images):
        mean, log_variance = self.encode(images)
        noise = keras.random.normal(ops.shape(mean), seed=self.noise)
        code = mean + ops.exp(log_variance / 2) * noise
        return self.decoder(code), mean, log_variance

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        logits, mean, log_variance = y_pred
        crossentropy = ops.binary_crossentropy(y, logits, from_logits=True)
        kl = 0.5 * (ops.square(mean) + ops.exp(log_variance) - 1 - log_variance)
        return ops.mean(ops.sum(crossentropy, axis=(1, 2)) + self.beta * ops.sum(kl, axis=-1))

    def decode(self, codes) -> np.ndarray:
        """Return the mean images of codes `(n, code_size)`, `(n, height, width)` in [0, 1]."""
        return ops.convert_to_numpy(ops.sigmoid(self.decoder(ops.cast(codes, "float32"))))

    def draw(self, n: int, seed: int) -> np.ndarray:
        """Return the mean images of `n` codes from the prior, the standard normal distribution."""
        n = check_whole(n, "n", "it is how many images are drawn")
        size = n, self.settings["code_size"]
        return self.decode(np.random.default_rng(check_seed(seed)).standard_normal(size, "float32"))

    def get_config(self):
        return super().get_config() | self.settings


def fit_vae(
    vae: keras.Model,
    x,
    y=None,
    *,
    learning_rate: float,
    epochs: int,
    batch_size: int = 256,
    seed: int = 0,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> list[float]:
    """Train a VAE with Adam, its rate falling along half a cosine, and return the loss of each epoch.

    Models of one class with the same layers share a `Twin`; `vae` itself is not compiled.

    Args:
        vae: a VAE of this module, or of another class with `encoder`, `decoder` and `get_config`, whose
            config names all that its constructor takes.
        x: what the model takes: images `(n, height, width)`, a list of arrays, or a `keras.utils.PyDataset`
            of batches `(input, target)`.
        y: the target images; `x` if it is not given.
        learning_rate: of the first epoch.
        epochs, batch_size: as in Keras.
        seed: of the order of the batches. The noise in the codes follows the seed of `vae`.
        callbacks: of Keras; `self.model` in them is the twin.

    Raises:
        ValueError: for an unusable seed, or less than one epoch or image a batch.
    """
    if y is None and not isinstance(x, keras.utils.PyDataset):
        x = y = check_images(x, "x")
    key = type(vae), vae.encoder.to_json(), vae.decoder.to_json()
    if key not in _TWINS:
        _TWINS[key] = Twin(type(vae).from_config(vae.get_config()))
    return _TWINS[key].train(
        vae, x, y, rate=learning_rate, epochs=epochs, batch_size=batch_size, seed=seed, callbacks=callbacks
    ).losses  # fmt: skip


class BinarisedImages(keras.utils.PyDataset):
    """Batches `(images, images)` of black and white images, drawn anew from grey ones in every epoch.

    A pixel is 1 with its grey level as probability: *dynamic binarisation*.

    Args:
        images: `(n, height, width)` in [0, 1].
        batch_size: images a batch; the last batch of an epoch may be smaller.
        seed: of the order and the draws.
    """

    def __init__(self, images: np.ndarray, batch_size: int, seed: int):
        super().__init__()
        self.images = check_images(images)
        self.batch_size = check_whole(batch_size, "batch_size", "choose one")
        self.rng = np.random.default_rng(check_seed(seed))
        self.on_epoch_end()

    def __len__(self) -> int:
        return math.ceil(len(self.images) / self.batch_size)

    def __getitem__(self, index: int):
        chosen = self.order[index * self.batch_size : (index + 1) * self.batch_size]
        batch = binarised(self.images[chosen], self.rng)
        return batch, batch

    def on_epoch_end(self):
        self.order = self.rng.permutation(len(self.images))


def binarised(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return float32 images of zeros and ones; a pixel is 1 with its grey level as probability."""
    return (rng.random(images.shape, "float32") < images).astype("float32")
