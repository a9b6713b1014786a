"""Many trainings of one architecture, with a rate that falls: compiled once, each with weights of its own.

As `aeutils.quick`, but inputs and targets may differ, steps may have weights, and the learning rate is halved
cosine-wise, epoch by epoch. Chapter 8 compares some dozens of networks so.
"""

from collections.abc import Callable
import math
import time
from typing import NamedTuple

from aeutils.checks import check_whole
from aeutils.models import check_seed
import keras
import numpy as np


class Trial(NamedTuple):
    """A trained network and what its training took: seconds, without compiling."""

    network: keras.Model
    seconds: float


class Trials:
    """Trains networks that `build` makes, which differ in their weights alone.

    Args:
        build: gives an untrained network for a seed.
        loss: a Keras loss or its name.
        fast: whether XLA compiles the step, under TensorFlow: it takes some seconds, and makes recurrent
            layers several times as fast.
        steps_at_once: optimiser steps between two visits to Python, under TensorFlow: PyTorch has no such
            thing, and JAX takes longer to compile several steps than it saves here.
    """

    def __init__(
        self, build: Callable[[int], keras.Model], loss="mse", *, fast: bool = False, steps_at_once: int = 10
    ):
        self.build, self.loss, self.fast, self.steps_at_once = build, loss, fast, steps_at_once
        self._twin = None

    def train(
        self,
        inputs,
        targets,
        *,
        rate: float,
        epochs: int,
        batch_size: int,
        seed: int,
        weights=None,
        start=None,
    ) -> Trial:
        """Train a new network with Adam; the rate falls from `rate` to 0 along half a cosine.

        Args:
            inputs, targets: arrays, or a list of arrays for several inputs, of n samples each.
            rate: the peak of the learning rate. It is held for an epoch, and the last epoch's is above 0.
            epochs, batch_size: as in Keras.
            seed: of the first weights and of the order of the batches.
            weights: as Keras' `sample_weight`, `(n,)` or, for sequences, `(n, steps)`.
            start: weights to begin with, in place of those of the seed.

        Raises:
            ValueError: for a rate that is not positive, less than one epoch or sample a batch, or a training
                that ends in weights that are not finite.
        """
        if not 0 < rate < math.inf:
            raise ValueError(f"rate must be a finite number above 0, got {rate!r}: try 1e-3")
        epochs = check_whole(epochs, "epochs", "choose one")
        batch_size = check_whole(batch_size, "batch_size", "choose one")
        network = self.build(check_seed(seed))
        if start is not None:
            network.set_weights(_copied(start))
        if self._twin is None:
            self._compile(seed, inputs, targets, weights, batch_size)
        twin = self._twin
        twin.set_weights(_copied(network.get_weights()))
        twin.optimizer.load_own_variables(
            dict(zip(self._unused, _copied(self._unused.values()), strict=True))
        )
        keras.utils.set_random_seed(seed)

        def fall(epoch, logs=None):
            twin.optimizer.learning_rate = rate * (1 + math.cos(math.pi * epoch / epochs)) / 2

        begun = time.perf_counter()
        twin.fit(
            inputs, targets, sample_weight=weights, batch_size=batch_size, epochs=epochs, verbose=0,
            callbacks=[keras.callbacks.LambdaCallback(on_epoch_begin=fall)],
        )  # fmt: skip
        seconds = time.perf_counter() - begun
        network.set_weights(_copied(twin.get_weights()))
        if not all(np.isfinite(weight).all() for weight in network.get_weights()):
            raise ValueError(
                f"rate must be low enough to train with, got {rate}, which gave NaN: try a tenth"
            )
        return Trial(network, seconds)

    def predict(self, network: keras.Model, inputs) -> np.ndarray:
        """Return what a network that was trained here makes of `inputs`, in one batch, compiling nothing."""
        if self._twin is None:
            raise ValueError("network must be one that train gave, got one before any training: train first")
        self._twin.set_weights(_copied(network.get_weights()))
        return np.array(self._twin.predict_on_batch(inputs))

    def _compile(self, seed, inputs, targets, weights, batch_size) -> None:
        twin = self.build(seed)
        backend = keras.backend.backend()
        at_once = self.steps_at_once if backend == "tensorflow" else 1
        jit = backend == "jax" or (backend == "tensorflow" and self.fast)
        twin.compile(keras.optimizers.Adam(1e-3), self.loss, steps_per_execution=at_once, jit_compile=jit)
        twin.optimizer.build(twin.trainable_variables)
        unused = {}
        twin.optimizer.save_own_variables(unused)
        self._unused = dict(zip(unused, _copied(unused.values()), strict=True))
        few = slice(0, batch_size * at_once)
        first = [part[few] for part in inputs] if isinstance(inputs, list) else inputs[few]
        twin.fit(
            first, targets[few], sample_weight=None if weights is None else weights[few],
            batch_size=batch_size, verbose=0,
        )  # fmt: skip
        self._twin = twin


def _copied(arrays) -> list[np.ndarray]:
    """Return copies: JAX gives views of memory into which a training then writes."""
    return [np.array(array) for array in arrays]
