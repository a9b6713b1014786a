"""The record's network: an encoder that sees its own first reconstruction, and how it is trained and kept.

Chapter 15 builds the network by hand, measures what its parts are worth, and gets the trained one from here.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
import hashlib
import json
import math
import warnings

from aeutils import provenance
from aeutils.checks import IMAGE_SHAPE, check_whole
from aeutils.data import Mnist
from aeutils.models import build_decoder, build_encoder, check_seed, join
from aeutils.recipes import _cache_folder, _fingerprint, _write
from aeutils.training import Training, fit
import keras
from keras import layers
import numpy as np

_SMALL_START = 0.01  # of the correction's variance: a later look begins with next to none


@dataclass(frozen=True)
class RecordRecipe:
    """The choices behind a network that looks again. Fields as in `build_looking` and `training.fit`.

    `options` are further arguments of the optimizer. `global_clipnorm` shortens a step's gradients where
    all of them together are longer; without it, trials at this rate have diverged.

    `dataclasses.replace(recipe, max_shift=0)` gives the same recipe with one change.
    """

    code_size: int = 30
    widths: tuple[int, ...] = (1000, 500, 250)
    decoder_widths: tuple[int, ...] = (250, 500, 1000)
    looks: int = 3
    again_widths: tuple[int, ...] = (500, 250)
    earlier_weight: float = 0.2
    optimizer: str = "adam"
    learning_rate: float = 4e-3
    options: tuple[tuple[str, object], ...] = (("global_clipnorm", 0.1),)
    batch_size: int = 256
    max_shift: int = 1
    epochs: int = 60


# Where chapter 15 arrives, how far a minute on two cores comes, and what the sample is given in their place.
RECORD = RecordRecipe()
QUICK_RECORD = RecordRecipe(looks=2, max_shift=0, epochs=7)
SMALL_RECORD = RecordRecipe(
    widths=(256, 128),
    decoder_widths=(128, 256),
    again_widths=(128,),
    looks=2,
    learning_rate=5e-3,
    batch_size=64,
    epochs=8,
)


@dataclass(frozen=True)
class TrainedRecord:
    """A trained network, its two halves (which share its weights), and how its training went."""

    recipe: RecordRecipe
    encoder: keras.Model
    decoder: keras.Model
    autoencoder: keras.Model
    training: Training


def build_looking(
    code_size: int,
    widths: Sequence[int],
    decoder_widths: Sequence[int],
    looks: int = 2,
    again_widths: Sequence[int] = (),
    earlier_weight: float = 0.0,
    seed: int = 0,
) -> tuple[keras.Model, keras.Model, keras.Model]:
    """Return `(encoder, decoder, autoencoder)` of GELU layers, where the encoder looks at the image again.

    The first look at an image $x$ gives a code $z_0$, of which the decoder makes an image $y_0$. The next
    looks at $x - y_0$, $y_0$ and $z_0$, and what it gives is added to $z_0$; and so on. All looks but the
    first share one network. So the encoder holds the decoder.

    Args:
        code_size: how many numbers the code has.
        widths: hidden layers of the first look.
        decoder_widths: hidden layers of the decoder, from the code to the image.
        looks: how many; 1 is a plain encoder.
        again_widths: hidden layers of the network of all later looks.
        earlier_weight: of the cross-entropy of the images of all looks but the last, in the training's loss.
        seed: of the initial weights.

    Raises:
        ValueError: as `aeutils.models.build_encoder`, and for less than one look.
    """
    looks = check_whole(looks, "looks", "1 is a plain encoder, 2 looks twice")
    keras.utils.set_random_seed(check_seed(seed))
    options = {"activation": "gelu", "kernel_initializer": "he_normal"}
    encoder = build_encoder(code_size, widths, **options)
    decoder = build_decoder(code_size, decoder_widths, **options)
    if looks > 1:
        images = keras.Input(encoder.input_shape[1:], name="images")
        code, again, flat = encoder(images), _corrector(code_size, again_widths, options), layers.Flatten()
        for _ in range(looks - 1):
            seen = _EarlierLook(earlier_weight)(images, decoder(code))
            parts = [flat(layers.subtract([images, seen])), flat(seen), code]
            code = layers.add([code, again(layers.concatenate(parts))])
        encoder = keras.Model(images, code, name="encoder_that_looks_again")
    return encoder, decoder, join(encoder, decoder)


class _EarlierLook(layers.Layer):
    """Hands on the image of an earlier look; in training, the loss gets its cross-entropy times `weight`."""

    def __init__(self, weight: float):
        super().__init__()
        self.weight = weight

    def call(self, images, seen, training=False):
        if training and self.weight:
            error = keras.losses.binary_crossentropy(images, seen)
            self.add_loss(self.weight * keras.ops.mean(error))
        return seen


def _corrector(code_size: int, widths: Sequence[int], options: dict) -> keras.Model:
    """Return the network of the later looks: image, reconstruction and code in a row, to a correction."""
    small = keras.initializers.VarianceScaling(_SMALL_START)
    hidden = [layers.Dense(width, **options) for width in widths]
    last = layers.Dense(code_size, kernel_initializer=small)
    return keras.Sequential([keras.Input((2 * math.prod(IMAGE_SHAPE) + code_size,)), *hidden, last])


def train_record(recipe: RecordRecipe, data: Mnist, seed: int = 0) -> TrainedRecord:
    """Train a network by a recipe on `data.x_train`; `data.x_val` picks its best epoch.

    Raises:
        ValueError, aeutils.watching.TrainingDiverged: as `build_looking` and `aeutils.training.fit`.
    """
    halves = _build(recipe, seed)
    training = fit(
        halves[2],
        data.x_train,
        data.x_val,
        optimizer=recipe.optimizer,
        learning_rate=recipe.learning_rate,
        schedule="cosine",
        optimizer_options=dict(recipe.options),
        epochs=recipe.epochs,
        batch_size=recipe.batch_size,
        max_shift=recipe.max_shift,
        jit_compile=_worth_compiling(recipe, data) or "auto",
        seed=seed,
    )
    return TrainedRecord(recipe, *halves, training)


def trained_record(recipe: RecordRecipe, data: Mnist, seed: int = 0) -> TrainedRecord:
    """Return the network that `train_record` gives, from the cache folder where it is there already.

    Kept as `aeutils.recipes.trained_autoencoder` keeps its networks, in the same folder.

    Raises:
        ValueError, aeutils.watching.TrainingDiverged: as `train_record`.
    """
    path = _cache_folder() / f"{_key(recipe, data, seed)}.npz"
    try:
        with np.load(path, allow_pickle=False) as file:
            training = Training(**json.loads(str(file["training"])))
            weights = [file[f"weight_{i}"] for i in range(len(file.files) - 1)]
        halves = _build(recipe, seed)
        halves[2].set_weights(weights)
        return TrainedRecord(recipe, *halves, training)
    except (FileNotFoundError, NotADirectoryError):
        pass
    except Exception as error:
        warnings.warn(
            f"{path} cannot be read ({type(error).__name__}: {error}): training anew and replacing it",
            stacklevel=2,
        )
    trained = train_record(recipe, data, seed)
    _write(path, trained)
    return trained


def _build(recipe: RecordRecipe, seed: int):
    return build_looking(
        recipe.code_size,
        recipe.widths,
        recipe.decoder_widths,
        recipe.looks,
        recipe.again_widths,
        recipe.earlier_weight,
        seed,
    )


def _worth_compiling(recipe: RecordRecipe, data: Mnist) -> bool:
    """Say whether XLA earns back the time that it takes to compile: with many steps, under TensorFlow."""
    steps = recipe.epochs * math.ceil(len(data.x_train) / recipe.batch_size)
    return keras.backend.backend() == "tensorflow" and steps >= 1000


def _key(recipe: RecordRecipe, data: Mnist, seed: int) -> str:
    environment = provenance.environment()
    ingredients = {
        "recipe": asdict(recipe),
        "seed": seed,
        "images": [_fingerprint(x) for x in (data.x_train, data.x_val)],
        "code": provenance.module_hashes("from aeutils.record import train_record"),
        "versions": environment["versions"],
        "backend": environment["backend"],
        "precision": [keras.config.dtype_policy().name, keras.config.floatx()],
    }
    return hashlib.sha256(json.dumps(ingredients, sort_keys=True).encode()).hexdigest()[:24]
