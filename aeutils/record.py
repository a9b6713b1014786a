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
from aeutils.data import Mnist
from aeutils.models import build_decoder, build_encoder, check_seed, join
from aeutils.recipes import _cache_folder, _fingerprint, _write
from aeutils.training import Training, fit
import keras
from keras import layers
import numpy as np

_SMALL_START = 0.01  # of the correction's variance: the second look begins as hardly more than the first


@dataclass(frozen=True)
class TwoLooks:
    """The choices behind a network of two looks. Fields as in `build_two_looks` and `training.fit`.

    No `second_widths`, `None`, is an encoder that looks once. `options` are further arguments of the
    optimizer.

    `dataclasses.replace(recipe, max_shift=0)` gives the same recipe with one change.
    """

    code_size: int = 30
    widths: tuple[int, ...] = (1000, 500, 250)
    second_widths: tuple[int, ...] | None = (500, 250)
    decoder_widths: tuple[int, ...] = (250, 500, 1000)
    optimizer: str = "muon"
    learning_rate: float = 1.2e-2
    options: tuple[tuple[str, object], ...] = ()
    batch_size: int = 1024
    max_shift: int = 1
    epochs: int = 60


# Where chapter 15 arrives, and what the sample of 5,000 digits is given in its place.
RECORD = TwoLooks()
SMALL_RECORD = TwoLooks(
    widths=(256, 128),
    second_widths=(128,),
    decoder_widths=(128, 256),
    learning_rate=1e-2,
    batch_size=128,
    epochs=10,
)


@dataclass(frozen=True)
class TrainedTwoLooks:
    """A trained network, its two halves (which share its weights), and how its training went."""

    recipe: TwoLooks
    encoder: keras.Model
    decoder: keras.Model
    autoencoder: keras.Model
    training: Training


def build_two_looks(
    code_size: int,
    widths: Sequence[int],
    second_widths: Sequence[int] | None,
    decoder_widths: Sequence[int],
    seed: int,
) -> tuple[keras.Model, keras.Model, keras.Model]:
    """Return `(encoder, decoder, autoencoder)` of GELU layers, where the encoder looks twice.

    The first look at an image $x$ gives a code $z_0$, which the decoder makes an image $y_0$ of. The second
    look is at $x - y_0$, $y_0$ and $z_0$, and what it gives is added to $z_0$. So the encoder holds the
    decoder.

    Args:
        code_size: how many numbers the code has.
        widths, second_widths: hidden layers of the first and second look; `None` for no second look.
        decoder_widths: hidden layers of the decoder, from the code to the image.
        seed: of the initial weights.

    Raises:
        ValueError: as `aeutils.models.build_encoder`.
    """
    keras.utils.set_random_seed(check_seed(seed))
    options = {"activation": "gelu", "kernel_initializer": "he_normal"}
    encoder = build_encoder(code_size, widths, **options)
    decoder = build_decoder(code_size, decoder_widths, **options)
    if second_widths is not None:
        images = keras.Input(encoder.input_shape[1:], name="images")
        first_code = encoder(images)
        first_image = decoder(first_code)
        seen = [layers.Flatten()(part) for part in (layers.subtract([images, first_image]), first_image)]
        hidden = layers.concatenate([*seen, first_code])
        for width in second_widths:
            hidden = layers.Dense(width, **options)(hidden)
        small = keras.initializers.VarianceScaling(_SMALL_START)
        correction = layers.Dense(code_size, kernel_initializer=small, name="correction")(hidden)
        encoder = keras.Model(images, layers.add([first_code, correction]), name="two_looks")
    return encoder, decoder, join(encoder, decoder)


def train_two_looks(recipe: TwoLooks, data: Mnist, seed: int = 0) -> TrainedTwoLooks:
    """Train a network by a recipe on `data.x_train`; `data.x_val` picks its best epoch.

    Raises:
        ValueError, aeutils.watching.TrainingDiverged: as `build_two_looks` and `aeutils.training.fit`.
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
    return TrainedTwoLooks(recipe, *halves, training)


def trained_two_looks(recipe: TwoLooks, data: Mnist, seed: int = 0) -> TrainedTwoLooks:
    """Return the network that `train_two_looks` gives, from the cache folder where it is there already.

    Kept as `aeutils.recipes.trained_autoencoder` keeps its networks, in the same folder.

    Raises:
        ValueError, aeutils.watching.TrainingDiverged: as `train_two_looks`.
    """
    path = _cache_folder() / f"{_key(recipe, data, seed)}.npz"
    try:
        with np.load(path, allow_pickle=False) as file:
            training = Training(**json.loads(str(file["training"])))
            weights = [file[f"weight_{i}"] for i in range(len(file.files) - 1)]
        halves = _build(recipe, seed)
        halves[2].set_weights(weights)
        return TrainedTwoLooks(recipe, *halves, training)
    except (FileNotFoundError, NotADirectoryError):
        pass
    except Exception as error:
        warnings.warn(
            f"{path} cannot be read ({type(error).__name__}: {error}): training anew and replacing it",
            stacklevel=2,
        )
    trained = train_two_looks(recipe, data, seed)
    _write(path, trained)
    return trained


def _build(recipe: TwoLooks, seed: int):
    return build_two_looks(recipe.code_size, recipe.widths, recipe.second_widths, recipe.decoder_widths, seed)


def _worth_compiling(recipe: TwoLooks, data: Mnist) -> bool:
    """Say whether XLA earns back the time that it takes to compile: with many steps, under TensorFlow."""
    steps = recipe.epochs * math.ceil(len(data.x_train) / recipe.batch_size)
    return keras.backend.backend() == "tensorflow" and steps >= 1000


def _key(recipe: TwoLooks, data: Mnist, seed: int) -> str:
    environment = provenance.environment()
    ingredients = {
        "recipe": asdict(recipe),
        "seed": seed,
        "images": [_fingerprint(x) for x in (data.x_train, data.x_val)],
        "code": provenance.module_hashes("from aeutils.record import train_two_looks"),
        "versions": environment["versions"],
        "backend": environment["backend"],
        "precision": [keras.config.dtype_policy().name, keras.config.floatx()],
    }
    return hashlib.sha256(json.dumps(ingredients, sort_keys=True).encode()).hexdigest()[:24]
