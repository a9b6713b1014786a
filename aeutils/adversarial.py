"""Two networks trained against each other in one `fit`: frozen halves and an optimizer for each half.

Keras' `fit` takes one loss and one optimizer. A GAN (Goodfellow and others 2014, arXiv 1406.2661) has two of
each. Chapter 11 adds the two losses up; `frozen` keeps the gradient of one out of the other's half, and
`TwoOptimizers` gives each half its own steps. All of it is `keras.ops`, so every backend runs it.
"""

from collections.abc import Sequence

import keras
from keras import ops


def frozen(network: keras.Model, inputs):
    """Return `network(inputs)`, through which a gradient reaches the inputs, but none of the weights.

    The network answers as in inference: batch normalisation takes its moving averages, and dropout rests.

    Args:
        network: a Keras model, built.
        inputs: a tensor of its inputs.
    """
    fixed = [ops.stop_gradient(weight) for weight in network.trainable_variables]
    others = [weight.value for weight in network.non_trainable_variables]
    return network.stateless_call(fixed, others, inputs, training=False)[0]


@keras.saving.register_keras_serializable("aeutils")
class TwoOptimizers(keras.optimizers.Optimizer):
    """Two Keras optimizers behind the face of one: the first moves some weights, the second all others.

    Args:
        first: a Keras optimizer, not used before.
        second: another.
        firsts: the weights that `first` moves, such as `discriminator.trainable_variables`; `second` moves
            all other weights of the model that is compiled.

    Raises:
        ValueError: if the two are one object, or where none, or all, of the model's weights are of the first.
    """

    def __init__(self, first, second, firsts: Sequence = (), name: str = "two_optimizers", **unused):
        super().__init__(learning_rate=0.0, name=name)
        if first is second:
            raise ValueError("the two optimizers must be two objects, got one twice: make another")
        self.first, self.second = first, second
        self._of_first = {id(weight) for weight in firsts}

    @property
    def variables(self):
        """The state of both, as Keras saves it and as JAX passes it from step to step."""
        return self._variables + self.first.variables + self.second.variables

    def build(self, variables):
        """Make the state of both for the weights of a model."""
        if self.built:
            return
        mine, others = self._split(variables, variables)
        if not mine or not others:
            raise ValueError(
                f"each optimizer must move some weights, got {len(mine)} for the first and {len(others)} for "
                f"the second: pass as firsts the trainable_variables of one half of the model"
            )
        self.first.build(mine)
        self.second.build(others)
        super().build(variables)

    def apply(self, grads, trainable_variables=None):
        """Let each optimizer move its own weights by their gradients."""
        grads = list(grads)
        weights = self._trainable_variables if trainable_variables is None else list(trainable_variables)
        self.build(weights)
        for optimizer, chosen in zip((self.first, self.second), self._split(grads, weights), strict=True):
            own = self._split(weights, weights)[0 if optimizer is self.first else 1]
            optimizer.apply(chosen, own)
        self._iterations.assign_add(1)

    def _split(self, things, weights) -> tuple[list, list]:
        pairs = [(thing, id(weight) in self._of_first) for thing, weight in zip(things, weights, strict=True)]
        return [thing for thing, first in pairs if first], [thing for thing, first in pairs if not first]
