"""Recipes: everything that decides how a network comes out, and networks that are trained once and kept.

Chapter 3 climbs from `ARTICLE` to `BEST` one change at a time. Later chapters take the result with
`trained_autoencoder(BEST, data)`: trained where it is not in the cache folder yet, read from it otherwise.
"""

from dataclasses import asdict, dataclass
import hashlib
import json
import math
import os
from pathlib import Path
import warnings

from aeutils import provenance
from aeutils.checks import check_images, check_whole
from aeutils.data import Mnist
from aeutils.files import written_whole
from aeutils.models import build_autoencoder, check_seed
from aeutils.training import Training, fit
import keras
import numpy as np


@dataclass(frozen=True)
class Recipe:
    """The choices behind a dense autoencoder. Fields as in `build_autoencoder` and `training.fit`.

    `epsilon` is the optimizer's own, and Keras' default where it is `None`.

    `dataclasses.replace(recipe, loss="mse")` gives the same recipe with one change.
    """

    code_size: int
    widths: tuple[int, ...]
    activation: str = "relu"
    code_activation: str | None = None
    output_activation: str | None = "sigmoid"
    kernel_initializer: str = "glorot_uniform"
    loss: str = "binary_crossentropy"
    optimizer: str = "adam"
    learning_rate: float = 1e-3
    schedule: str = "constant"
    epsilon: float | None = None
    max_shift: int = 0
    batch_size: int = 256
    epochs: int = 10


# The program of the article that the book grew from, repaired in chapter 1: its own choices otherwise.
ARTICLE = Recipe(
    code_size=32,
    widths=(512, 256, 128, 64),
    code_activation="relu",
    loss="mse",
    optimizer="rmsprop",
    epochs=50,
)

# The first network of the most-read tutorial: F. Chollet, *Building autoencoders in Keras* (2016),
# blog.keras.io/building-autoencoders-in-keras.html.
KERAS_BLOG = Recipe(code_size=32, widths=(), code_activation="relu", epochs=50)

# Where chapter 3 arrives. Layer sizes of Hinton & Salakhutdinov (2006, doi:10.1126/science.1127647).
BEST = Recipe(
    code_size=30,
    widths=(1000, 500, 250),
    activation="gelu",
    kernel_initializer="he_normal",
    optimizer="adam",
    learning_rate=5e-3,
    schedule="cosine",
    max_shift=1,
    epochs=50,
)


# XLA speeds up dense networks under TensorFlow by a third; compiling takes seconds, and tens of megabytes
# that are not given back, which fewer steps than this do not earn. JAX compiles in any case, PyTorch
# better not.
_STEPS_WORTH_COMPILING = 5000


@dataclass(frozen=True)
class Trained:
    """A trained autoencoder, its two halves (which share its weights), and how its training went."""

    recipe: Recipe
    encoder: keras.Model
    decoder: keras.Model
    autoencoder: keras.Model
    training: Training

    @property
    def parameters(self) -> int:
        """How many numbers the training adjusted."""
        return self.autoencoder.count_params()

    def reconstruct(self, images) -> np.ndarray:
        """Return the reconstructions of images, `(n, 28, 28)` both where the network was trained on MNIST.

        Raises:
            ValueError: for images that `check_images` refuses, or of another shape than the network takes.
        """
        images = check_images(images, shape=self.autoencoder.input_shape[1:])
        return self.autoencoder.predict(images, batch_size=1024, verbose=0)


def train(recipe: Recipe, data: Mnist, seed: int = 0) -> Trained:
    """Train a network by a recipe on `data.x_train`; `data.x_val` picks its best epoch.

    Args:
        data: what `load_mnist` gives, or own images put together likewise, of any size:
            `Mnist(x_train, y_train, x_val, y_val, x_test, y_test, "own")`, whose labels may be `None`.
        seed: of the initial weights and of everything random in the training.

    Raises:
        ValueError: for data of another kind, and as `build_autoencoder` and `fit`.
        aeutils.watching.TrainingDiverged: as `fit`.
    """
    image_shape, seed = _check(recipe, data, seed)
    encoder, decoder, autoencoder = _build(recipe, seed, image_shape)
    steps = recipe.epochs * math.ceil(len(data.x_train) / recipe.batch_size)
    worth_compiling = keras.backend.backend() == "tensorflow" and steps >= _STEPS_WORTH_COMPILING
    training = fit(
        autoencoder,
        data.x_train,
        data.x_val,
        loss=recipe.loss,
        optimizer=recipe.optimizer,
        learning_rate=recipe.learning_rate,
        schedule=recipe.schedule,
        optimizer_options=None if recipe.epsilon is None else {"epsilon": recipe.epsilon},
        epochs=recipe.epochs,
        batch_size=recipe.batch_size,
        max_shift=recipe.max_shift,
        jit_compile=True if worth_compiling else "auto",
        seed=seed,
    )
    return Trained(recipe, encoder, decoder, autoencoder, training)


def trained_autoencoder(recipe: Recipe, data: Mnist, seed: int = 0) -> Trained:
    """Return the network that `train` gives, from the cache folder where it is there already.

    The folder is `AEUTILS_CACHE`, or `aeutils` in the user's cache folder. A file in it is named by a hash
    of the recipe, the seed, the images, the code that trains, the backend, the precision and the versions, so
    a change to any of them trains anew. A folder that cannot be written costs a warning, not the network.

    Raises:
        ValueError, aeutils.watching.TrainingDiverged: as `train`; and ValueError for a recipe with objects.
    """
    image_shape, seed = _check(recipe, data, seed)
    for name, choice in asdict(recipe).items():
        try:
            json.dumps(choice)
        except TypeError as error:
            raise ValueError(
                f"a recipe whose network is kept must have names and plain numbers only, got "
                f"{name}={choice!r}: write them so, such as loss='mse'"
            ) from error
    path = _cache_folder() / f"{_key(recipe, data, seed)}.npz"
    kept = _read(path, recipe, seed, image_shape)
    if kept is not None:
        return kept
    trained = train(recipe, data, seed)
    _write(path, trained)
    return trained


def _check(recipe, data, seed) -> tuple[tuple[int, ...], int]:
    """Return the shape of one image, and the seed."""
    if not isinstance(recipe, Recipe):
        raise ValueError(
            f"recipe must be a Recipe, got {type(recipe).__name__}: pass the recipe first and the data second"
        )
    if not isinstance(data, Mnist):
        raise ValueError(
            f"data must be what load_mnist gives, got {type(data).__name__}: put own images together as "
            f"Mnist(x_train, y_train, x_val, y_val, x_test, y_test, 'own'), of aeutils.data, with None for "
            f"labels that there are not"
        )
    seed = check_seed(seed)
    for name in ("epochs", "batch_size"):
        check_whole(getattr(recipe, name), name, "choose one in the recipe")
    image_shape = check_images(data.x_train, "data.x_train").shape[1:]
    if data.x_val is None:
        raise ValueError(
            "data.x_val must be images, which pick the best epoch, got None: set some apart first, such as "
            "x_train[-1000:] to validate on and x_train[:-1000] to train on"
        )
    check_images(data.x_val, "data.x_val", image_shape)
    return image_shape, seed


def _build(recipe: Recipe, seed: int, image_shape: tuple[int, ...]):
    return build_autoencoder(
        recipe.code_size,
        recipe.widths,
        recipe.activation,
        recipe.code_activation,
        recipe.output_activation,
        recipe.kernel_initializer,
        seed=seed,
        image_shape=image_shape,
    )


def _cache_folder() -> Path:
    user_cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(os.environ.get("AEUTILS_CACHE") or user_cache / "aeutils").expanduser()


def _key(recipe: Recipe, data: Mnist, seed: int) -> str:
    environment = provenance.environment()
    ingredients = {
        "recipe": asdict(recipe),
        "seed": seed,
        "images": [_fingerprint(x) for x in (data.x_train, data.x_val)],
        "code": provenance.module_hashes("from aeutils.recipes import train"),
        "versions": environment["versions"],
        "backend": environment["backend"],
        "precision": [keras.config.dtype_policy().name, keras.config.floatx()],
    }
    return hashlib.sha256(json.dumps(ingredients, sort_keys=True).encode()).hexdigest()[:24]


def _fingerprint(images) -> list:
    """Return shape, dtype and hash: the bytes of images of 28 by 28 may be those of others of 14 by 56."""
    images = np.ascontiguousarray(images)
    return [list(images.shape), str(images.dtype), hashlib.sha256(images).hexdigest()]


def _read(path: Path, recipe: Recipe, seed: int, image_shape: tuple[int, ...]) -> Trained | None:
    try:
        with np.load(path, allow_pickle=False) as file:
            training = Training(**json.loads(str(file["training"])))
            weights = [file[f"weight_{i}"] for i in range(len(file.files) - 1)]
        encoder, decoder, autoencoder = _build(recipe, seed, image_shape)
        autoencoder.set_weights(weights)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except Exception as error:
        warnings.warn(
            f"{path} cannot be read ({type(error).__name__}: {error}): training anew and replacing it",
            stacklevel=3,
        )
        return None
    return Trained(recipe, encoder, decoder, autoencoder, training)


def _write(path: Path, trained: Trained) -> None:
    weights = {f"weight_{i}": weight for i, weight in enumerate(trained.autoencoder.get_weights())}
    try:
        with written_whole(path) as partial, partial.open("wb") as file:
            np.savez(file, training=json.dumps(asdict(trained.training)), **weights)
    except OSError as error:
        warnings.warn(
            f"the network could not be kept in {path.parent} ({error}): it will be trained again next time; "
            f"name a folder that can be written in AEUTILS_CACHE",
            stacklevel=3,
        )
