"""Many trainings of one kind of model: compiled once, each from weights of its own.

As `aeutils.quick`, but inputs and targets may differ, the rate may fall, and a model may have a loss of its
own. Chapters 8 to 11 train so.
"""

from collections.abc import Callable, Sequence
import math
import time
from typing import NamedTuple

from aeutils.checks import check_whole
from aeutils.models import check_seed
import keras
import numpy as np


class Trained(NamedTuple):
    """A trained model, its loss in each epoch, and what its training took: seconds, without compiling."""

    network: keras.Model
    losses: list[float]
    seconds: float


class Twin:
    """A compiled model that is trained in place of others of its kind.

    Args:
        model: any model of the kind, built. It is compiled here, and its weights are lost.
        loss: a Keras loss or its name; `None` for a model that has a `compute_loss` of its own.
        optimizer: a Keras optimizer, new; Adam if it is not given.
        fast: whether XLA compiles the step, under TensorFlow: it takes some seconds, and makes recurrent
            layers several times as fast.
    """

    def __init__(
        self,
        model: keras.Model,
        loss=None,
        *,
        optimizer: keras.optimizers.Optimizer | None = None,
        fast: bool = False,
    ):
        self.model, self.optimizer = model, optimizer or keras.optimizers.Adam()
        on_tensorflow = keras.backend.backend() == "tensorflow"
        # PyTorch takes one step at a time, and JAX longer to compile several than they save here.
        self._steps_at_once = 10 if on_tensorflow else 1
        model.compile(
            self.optimizer, loss, steps_per_execution=self._steps_at_once,
            jit_compile=True if fast and on_tensorflow else "auto",
        )  # fmt: skip
        self.optimizer.build(model.trainable_variables)
        self._unused = [_value(variable) for variable in self.optimizer.variables]
        self._is_warm = False

    def train(
        self,
        network: keras.Model,
        x,
        y=None,
        *,
        rate: float | None,
        epochs: int,
        batch_size: int = 100,
        seed: int,
        falls: bool = True,
        weights=None,
        callbacks: Sequence[keras.callbacks.Callback] = (),
    ) -> Trained:
        """Train `network`, and return it with the losses and the time.

        Args:
            network: of the same kind as the twin, with the weights that the training starts from. It is not
                compiled.
            x: arrays of n samples, or a list of them; a `keras.utils.PyDataset` of batches, without `y`; or
                a function of a `numpy.random.Generator` that draws the inputs anew for every epoch.
            y: what the network is to give, in the order of the inputs.
            rate: the learning rate of the first epoch. `None` leaves it to the callbacks.
            epochs, batch_size: as in Keras.
            seed: of the order of the batches, and of what `x` draws.
            falls: whether the rate falls along half a cosine (`half_cosine`), or stays.
            weights: as Keras' `sample_weight`, `(n,)` or, for sequences, `(n, steps)`.
            callbacks: of Keras; `self.model` in them is the twin.

        Raises:
            ValueError: for a network with other weights than the twin's, an unusable seed, or less than one
                epoch or sample a batch.
        """
        seed, epochs = check_seed(seed), check_whole(epochs, "epochs", "choose one")
        batch_size = check_whole(batch_size, "batch_size", "choose one")
        wanted, given = ([tuple(v.shape) for v in one.variables] for one in (self.model, network))
        if wanted != given:
            raise ValueError(
                f"network must have the twin's weights, {wanted}, got {given}: make a twin for each kind"
            )
        is_feed, draw = isinstance(x, keras.utils.PyDataset), np.random.default_rng(seed)
        options = {} if is_feed else {"y": y, "batch_size": batch_size, "sample_weight": weights}
        if not (is_feed or callable(x) or self._is_warm):
            self._warm_up(x, y, batch_size, weights)
        _copy(network, self.model)
        for variable, value in zip(self.optimizer.variables, self._unused, strict=True):
            variable.assign(value.copy())

        def set_rate(epoch, logs=None):
            self.optimizer.learning_rate = rate * (half_cosine(epoch, epochs) if falls else 1)

        setting = [] if rate is None else [keras.callbacks.LambdaCallback(on_epoch_begin=set_rate)]
        keras.utils.set_random_seed(seed)
        spans = [(epoch, epoch + 1) for epoch in range(epochs)] if callable(x) else [(0, epochs)]
        losses, begun = [], time.perf_counter()
        for first, end in spans:
            run = self.model.fit(
                x(draw) if callable(x) else x, **options, initial_epoch=first, epochs=end,
                callbacks=[*setting, *callbacks], verbose=0,
            )  # fmt: skip
            losses += map(float, run.history["loss"])
        seconds = time.perf_counter() - begun
        _copy(self.model, network)
        return Trained(network, losses, seconds)

    def predict(self, network: keras.Model, inputs) -> np.ndarray:
        """Return what a network of the twin's kind makes of `inputs`, in one batch, compiling nothing."""
        _copy(network, self.model)
        return np.array(self.model.predict_on_batch(inputs))

    def _warm_up(self, x, y, batch_size, weights) -> None:
        few = slice(0, batch_size * self._steps_at_once)
        first = [part[few] for part in x] if isinstance(x, list) else x[few]
        few_weights = None if weights is None else weights[few]
        self.model.fit(first, y[few], sample_weight=few_weights, batch_size=batch_size, verbose=0)
        self._is_warm = True


class Trials:
    """Trainings of networks that `build` makes, which differ in their weights alone, by one `Twin`.

    Args:
        build: gives an untrained network for a seed.
        loss, fast: as in `Twin`.
    """

    def __init__(self, build: Callable[[int], keras.Model], loss="mse", *, fast: bool = False):
        self.build = build
        self._twin = Twin(build(0), loss, fast=fast)

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
    ) -> Trained:
        """Train a new network with Adam; the rate falls from `rate` along half a cosine.

        Args:
            inputs, targets, epochs, batch_size, weights: as `Twin.train` takes them.
            rate: of the first epoch.
            seed: of the first weights and of the order of the batches.
            start: weights to begin with, in place of those of the seed.

        Raises:
            ValueError: for a rate that is not positive, what `Twin.train` refuses, or a training that ends
                in weights that are not finite.
        """
        if not 0 < rate < math.inf:
            raise ValueError(f"rate must be a finite number above 0, got {rate!r}: try 1e-3")
        network = self.build(check_seed(seed))
        if start is not None:
            network.set_weights([np.array(weight) for weight in start])
        trained = self._twin.train(
            network, inputs, targets, rate=rate, epochs=epochs, batch_size=batch_size, seed=seed,
            weights=weights,
        )  # fmt: skip
        if not all(np.isfinite(weight).all() for weight in network.get_weights()):
            raise ValueError(
                f"rate must be low enough to train with, got {rate}, which gave NaN: try a tenth"
            )
        return trained

    def predict(self, network: keras.Model, inputs) -> np.ndarray:
        """Return what a network that was trained here makes of `inputs`, in one batch, compiling nothing."""
        return self._twin.predict(network, inputs)


def half_cosine(epoch: int, epochs: int) -> float:
    """Return the factor of a rate in an epoch, counted from 0: 1 at first, just above 0 in the last."""
    return (1 + math.cos(math.pi * epoch / epochs)) / 2


def _copy(giver: keras.Model, taker: keras.Model) -> None:
    """Copy weights, and where the random numbers stand."""
    for mine, other in zip(taker.variables, giver.variables, strict=True):
        mine.assign(_value(other))


def _value(variable) -> np.ndarray:
    """Return a copy: JAX gives a view of memory into which a training then writes."""
    return np.array(keras.ops.convert_to_numpy(variable.value))
