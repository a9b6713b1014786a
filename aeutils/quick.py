"""Many short trainings of one kind of network: compiled once for a loss, each from weights of its own.

Compiling can take as long as a short training, and a chapter that compares losses, rates and seeds has
dozens of these.
"""

from collections.abc import Callable, Iterable
import json

from aeutils.checks import check_whole
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
        images: `(n, height, width)` or `(n, height, width, channels)`, on any scale that the loss takes.
        loss: a Keras loss, or a function of images and reconstructions.
        optimizer: a Keras optimiser, new, with a constant learning rate.
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


def _compiled_twin(network, loss, optimizer, batch, with_xla: bool) -> keras.Model:
    """Return a compiled network with the weights of `network`, whose optimiser remembers nothing."""
    config = optimizer.get_config()
    rate = config.pop("learning_rate")
    del config["name"]  # which Keras counts up: adam, adam_1, ...
    key = network.to_json(), id(loss), type(optimizer), json.dumps(config, sort_keys=True), with_xla
    if key not in _COMPILED:
        twin = keras.models.clone_model(network)
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
