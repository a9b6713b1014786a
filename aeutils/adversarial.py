"""Two networks trained against each other in one `fit`: a frozen half, and an optimizer for each half.

Keras' `fit` takes one loss and one optimizer. A GAN (Goodfellow and others 2014, arXiv 1406.2661) has two of
each. Chapter 11 adds the two losses up; `frozen` keeps the gradient of one out of the other's half, and
`TwoOptimizers` gives each half its own steps. All of it is `keras.ops`, so every backend runs it.
"""

from collections.abc import Callable, Sequence

from aeutils.checks import check_images
from aeutils.models import check_seed
from aeutils.twins import Twin, half_cosine
import keras
from keras import ops
import numpy as np

_TWINS = {}  # by the function that builds the models, each with its Adams


def frozen(network: keras.Model, inputs):
    """Return `network(inputs)`, through which a gradient reaches the inputs, but none of the weights.

    The network answers as in inference: batch normalisation takes its moving averages, and dropout rests.

    Args:
        network: a Keras model, built.
        inputs: its inputs, a tensor or a variable.
    """
    inputs = ops.convert_to_tensor(inputs)  # of a variable, the value that it has in the step that is traced
    fixed = [ops.stop_gradient(weight) for weight in network.trainable_variables]
    others = [weight.value for weight in network.non_trainable_variables]
    return network.stateless_call(fixed, others, inputs, training=False)[0]


class TwoOptimizers(keras.optimizers.Optimizer):
    """Two Keras optimizers behind the face of one: the first moves some weights, the second all others.

    Its own learning rate does nothing; each of the two has one of its own.

    Args:
        first: a Keras optimizer, not used before.
        second: another.
        of_first: the weights that `first` moves, such as `discriminator.trainable_variables`; `second` moves
            all other weights of the model that is compiled.

    Raises:
        ValueError: if the two are one object; when a model is compiled and trained, if one of the two has
            no weights to move.
    """

    def __init__(
        self, first: keras.optimizers.Optimizer, second: keras.optimizers.Optimizer, of_first: Sequence
    ):
        super().__init__(learning_rate=0.0, name="two_optimizers")
        if first is second:
            raise ValueError("the two optimizers must be two objects, got one twice: make another")
        self.first, self.second = first, second
        self._of_first = {id(weight) for weight in of_first}

    @property
    def variables(self):
        """The state of both, which JAX hands from step to step."""
        return self._variables + self.first.variables + self.second.variables

    def build(self, variables):
        """Make the state of both for the weights of a model."""
        if self.built:
            return
        of_first, others = self._split(variables, variables)
        if not of_first or not others:
            raise ValueError(
                f"each optimizer must move some weights, got {len(of_first)} for the first and {len(others)} "
                f"for the second: pass as of_first the trainable_variables of one half of the model"
            )
        self.first.build(of_first)
        self.second.build(others)
        super().build(variables)

    def apply(self, grads, trainable_variables=None):
        """Let each optimizer move its own weights by their gradients."""
        weights = self._trainable_variables if trainable_variables is None else list(trainable_variables)
        self.build(weights)
        halves = zip(self._split(list(grads), weights), self._split(weights, weights), strict=True)
        for optimizer, (own_grads, own_weights) in zip((self.first, self.second), halves, strict=True):
            optimizer.apply(own_grads, own_weights)
        self._iterations.assign_add(1)

    def _split(self, things, weights) -> tuple[list, list]:
        pairs = [(thing, id(weight) in self._of_first) for thing, weight in zip(things, weights, strict=True)]
        return [thing for thing, first in pairs if first], [thing for thing, first in pairs if not first]


def fit_anew(
    build: Callable[..., keras.Model],
    x,
    *,
    rates: Sequence[float],
    epochs: int,
    batch_size: int = 64,
    seed: int = 0,
    **settings,
) -> tuple[keras.Model, list[float]]:
    """Build a model and train it with Adam; return it and the loss of each epoch.

    A model with a `discriminator` gets two Adams, any other gets one, all with a beta_1 of 0.5, as is usual
    for GANs (Radford and others 2016, arXiv 1511.06434). The rates fall along half a cosine. All models of a
    `build` share a `Twin`, so that it has to give the same layers for all settings: numbers that differ are
    variables of the model.

    Args:
        build: gives the untrained model for a seed and the settings; the model's `compute_loss` takes images
            as `x` and as `y`.
        x: images `(n, height, width)`.
        rates: learning rates in the first epoch: of the discriminator and of the rest, or the only one.
        epochs, batch_size: as in Keras.
        seed: of the first weights and of the order of the batches.
        settings: what else `build` takes.

    Raises:
        ValueError: for images that `check_images` refuses, an unusable seed, less than one epoch or image
            a batch, or another number of rates than the model has optimizers.
    """
    x = check_images(x, "x")
    model = build(check_seed(seed), **settings)
    model(x[:2])  # so that all variables are there
    if build not in _TWINS:
        _TWINS[build] = _twin(build, x[:2], settings)
    twin, adams = _TWINS[build]
    if len(rates) != len(adams):
        raise ValueError(
            f"rates must be {len(adams)} for this model, got {len(rates)}: two where it has a "
            f"discriminator, of that and of the rest, and else one"
        )

    def set_rates(epoch, logs=None):
        for adam, rate in zip(adams, rates, strict=True):
            adam.learning_rate = rate * half_cosine(epoch, epochs)

    falling = keras.callbacks.LambdaCallback(on_epoch_begin=set_rates)
    trained = twin.train(
        model, x, x, rate=None, epochs=epochs, batch_size=batch_size, seed=seed, callbacks=[falling]
    )
    return model, trained.losses


def _twin(build, batch: np.ndarray, settings: dict) -> tuple[Twin, list]:
    """Return a twin for what a builder gives, and its Adams."""
    model = build(0, **settings)
    model(batch)
    adams = [keras.optimizers.Adam(beta_1=0.5) for _ in range(2 if hasattr(model, "discriminator") else 1)]
    if len(adams) == 1:
        return Twin(model, optimizer=adams[0]), adams
    return Twin(model, optimizer=TwoOptimizers(*adams, model.discriminator.trainable_variables)), adams
