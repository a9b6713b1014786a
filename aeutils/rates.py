"""The same short training many times over: at several learning rates, from several seeds.

Chapter 3 compares optimisers, batch sizes and initial weights this way, each at its own best rate.
"""

from collections.abc import Callable, Sequence
import time
from typing import NamedTuple

from aeutils.checks import check_images, check_whole
from aeutils.metrics import squared_error
from aeutils.models import check_seed
import keras
import numpy as np


class Tried(NamedTuple):
    """What the trainings gave.

    Attributes:
        errors: squared error per validation image after the last epoch, `(rates, seeds)`; infinite where
            the training became NaN.
        seconds: wall-clock time of one training without compiling: the median of all but the first.
    """

    errors: np.ndarray
    seconds: float


def try_rates(
    build: Callable[[int], keras.Model],
    x_train: np.ndarray,
    x_val: np.ndarray,
    rates: Sequence[float],
    *,
    seeds: Sequence[int] = (0,),
    optimizer: str = "adam",
    optimizer_options: dict | None = None,
    loss="binary_crossentropy",
    epochs: int = 1,
    batch_size: int = 256,
) -> Tried:
    """Train a network anew for every rate and seed, and measure it after its last epoch.

    The step is compiled once for all of them, which short trainings spend most of their time on: the
    network gets other initial weights and a fresh optimizer each time. The same errors as with `fit`
    without validation images, up to rounding.

    Args:
        build: gives the untrained network for a seed, such as
            `lambda seed: build_autoencoder(30, (128,), seed=seed)[2]`.
        x_train, x_val: images `(n, height, width)`, as for `fit`.
        rates: learning rates; each is constant.
        seeds: of the initial weights and of the order of the images.
        optimizer, optimizer_options, loss, epochs, batch_size: as in `fit`.

    Raises:
        ValueError: for images that `check_images` refuses, no rate, no seed, a seed that is none, or less
            than one epoch.
    """
    x_train = check_images(x_train, "x_train")
    x_val = check_images(x_val, "x_val", x_train.shape[1:])
    epochs = check_whole(epochs, "epochs", "choose one")
    seeds = [check_seed(seed) for seed in seeds]
    if not len(rates) or not seeds:
        raise ValueError(f"rates and seeds must have one entry at least, got {rates!r} and {seeds!r}")
    starts = [build(seed).get_weights() for seed in seeds]
    network = build(seeds[0])
    network.compile(
        type(keras.optimizers.get(optimizer))(learning_rate=1.0, **(optimizer_options or {})),
        loss,
        steps_per_execution=1 if keras.backend.backend() == "torch" else 10,
    )
    network.optimizer.build(network.trainable_variables)
    fresh = [keras.ops.convert_to_numpy(variable) for variable in network.optimizer.variables]
    errors, seconds = np.full((len(rates), len(seeds)), np.inf), []
    for i, rate in enumerate(rates):
        for j, seed in enumerate(seeds):
            network.set_weights(starts[j])
            for variable, value in zip(network.optimizer.variables, fresh, strict=True):
                variable.assign(value)
            network.optimizer.learning_rate = float(rate)
            keras.utils.set_random_seed(seed)
            start = time.perf_counter()
            network.fit(
                x_train, x_train, batch_size=batch_size, epochs=epochs, verbose=0,
                callbacks=[keras.callbacks.TerminateOnNaN()],
            )  # fmt: skip
            seconds.append(time.perf_counter() - start)
            found = network.predict(x_val, batch_size=1024, verbose=0)
            if np.isfinite(found).all():
                errors[i, j] = squared_error(x_val, found)
    return Tried(errors, float(np.median(seconds[1:] or seconds)))
