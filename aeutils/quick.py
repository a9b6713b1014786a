"""Many short trainings of one kind of network: compiled once for a loss, each from weights of its own.

Compiling can take as long as a short training, and a chapter that compares losses, rates and seeds has
dozens of these.
"""

from collections.abc import Callable, Iterable, Sequence
import json
import time
from typing import NamedTuple

from aeutils.checks import check_images, check_whole
from aeutils.metrics import squared_error
from aeutils.models import check_seed
import keras
import numpy as np

_WORTH_XLA = 10_000  # images: with fewer, XLA takes longer to compile than it saves in a dozen trainings

_COMPILED = {}  # twins of networks, with the state of an unused optimiser and the loss, by what they are for


def quick_fit(
    network: keras.Model,
    images: np.ndarray,
    loss,
    optimizer: keras.optimizers.Optimizer,
    *,
    epochs: int,
    batch_size: int,
    seed: int,
    after_epoch: Callable[[keras.Model], float] | None = None,
) -> list[float]:
    """Train a network to reproduce its input, as Keras' `compile` and `fit` would with a new optimiser.

    A twin of the network is compiled the first time and trained each time; `network` gets its weights, and is
    not compiled. Networks with the same layers share a twin where the loss is the same object and the
    optimisers differ in their learning rate at most.

    Args:
        network: takes and gives arrays of the shape of `images`; its weights are where training begins.
            Without dropout or other layers that draw random numbers: a twin's go on where they stopped.
        images: `(n, height, width)` or `(n, height, width, channels)`, on any scale that the loss takes.
        loss: a Keras loss, or a function of images and reconstructions.
        optimizer: a Keras optimiser, new, with a constant learning rate; a weight decay acts on all weights.
        epochs, batch_size: as in Keras.
        seed: of the order of the batches.
        after_epoch: is called with the network after each epoch.

    Returns:
        What `after_epoch` gave, a number an epoch, or an empty list without it.

    Raises:
        ValueError: for an unusable seed, or less than one epoch or image a batch.
    """
    seed, epochs = check_seed(seed), check_whole(epochs, "epochs", "choose one")
    batch_size = check_whole(batch_size, "batch_size", "choose one")
    twin = _compiled_twin(network, loss, optimizer, images[:batch_size], len(images) >= _WORTH_XLA)
    keras.utils.set_random_seed(seed)
    answers = []

    def look(epoch, logs):
        network.set_weights(_copied(twin.get_weights()))
        answers.append(after_epoch(network))

    callbacks = [] if after_epoch is None else [keras.callbacks.LambdaCallback(on_epoch_end=look)]
    twin.fit(images, images, batch_size=batch_size, epochs=epochs, callbacks=callbacks, verbose=0)
    network.set_weights(_copied(twin.get_weights()))
    return answers


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

    Each is a `quick_fit`, so that the step is compiled once for all of them.

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
    make = type(keras.optimizers.get(optimizer))
    errors, seconds = np.full((len(rates), len(seeds)), np.inf), []
    for i, rate in enumerate(rates):
        for j, seed in enumerate(seeds):
            network = build(seed)
            chosen = make(learning_rate=float(rate), **(optimizer_options or {}))
            start = time.perf_counter()
            quick_fit(
                network, x_train, keras.losses.get(loss), chosen,
                epochs=epochs, batch_size=batch_size, seed=seed,
            )  # fmt: skip
            seconds.append(time.perf_counter() - start)
            found = keras.ops.convert_to_numpy(network(x_val))
            if np.isfinite(found).all():
                errors[i, j] = squared_error(x_val, found)
    return Tried(errors, float(np.median(seconds[1:] or seconds)))


def _compiled_twin(network, loss, optimizer, batch, with_xla: bool) -> keras.Model:
    """Return a compiled network with the weights of `network`, whose optimiser remembers nothing."""
    config = optimizer.get_config()
    rate = config.pop("learning_rate")
    del config["name"]  # which Keras counts up: adam, adam_1, ...
    key = network.to_json(), id(loss), type(optimizer), json.dumps(config, sort_keys=True), with_xla
    if key not in _COMPILED:
        # Every layer anew: in a model that Keras rebuilds whole, PyTorch does not see all weights, and the
        # gradients of the others pile up from step to step.
        twin = keras.models.clone_model(
            network, clone_function=lambda layer: layer.from_config(layer.get_config()), recursive=True
        )
        # Fewer visits to Python, and XLA, which Keras does not use on a CPU by itself. PyTorch has neither.
        fast = {"steps_per_execution": 10} | ({"jit_compile": True} if with_xla else {})
        twin.compile(optimizer, loss, **({} if keras.backend.backend() == "torch" else fast))
        twin.optimizer.build(twin.trainable_variables)
        unused = {}
        twin.optimizer.save_own_variables(unused)
        unused = dict(zip(unused, _copied(unused.values()), strict=True))
        twin.fit(batch, batch, batch_size=len(batch), verbose=0)  # the first `fit` draws more than the others
        _COMPILED[key] = twin, unused, loss  # with the loss, so that no other object gets its id
    twin, unused, _ = _COMPILED[key]
    twin.set_weights(_copied(network.get_weights()))
    twin.optimizer.load_own_variables(dict(zip(unused, _copied(unused.values()), strict=True)))
    twin.optimizer.learning_rate = rate
    return twin


def _copied(arrays: Iterable) -> list[np.ndarray]:
    """Return copies: JAX gives views of memory into which a training then writes."""
    return [np.array(array) for array in arrays]
