"""Many short trainings of one kind of network whose inputs are not its targets: compiled once.

`aeutils.quick` does the same for networks that reproduce their own input. Chapter 9 corrupts the input anew
in every epoch, and has losses of its own.
"""

from collections.abc import Callable

from aeutils.checks import check_whole
from aeutils.models import check_seed
import keras
import numpy as np


class Twin:
    """A compiled network that is trained for others of its kind, each from weights of its own.

    Args:
        network: any network of the kind. It is compiled here, and its weights are lost.
        loss: a Keras loss or its name; `None` for a network that has a `compute_loss` of its own.
        batch_size: images a batch.
    """

    def __init__(self, network: keras.Model, loss=None, batch_size: int = 100):
        self.network = network
        self.batch_size = check_whole(batch_size, "batch_size", "choose one")
        fast = {} if keras.backend.backend() == "torch" else {"steps_per_execution": 5}
        network.compile(keras.optimizers.Adam(), loss, **fast)
        network.optimizer.build(network.trainable_variables)

    def train(
        self,
        network: keras.Model,
        inputs: np.ndarray | Callable[[np.random.Generator], np.ndarray],
        targets: np.ndarray,
        *,
        learning_rate: float,
        epochs: int,
        seed: int,
    ) -> keras.Model:
        """Train `network` with Adam at a constant rate, and return it.

        Args:
            network: of the same kind as the twin, with the weights that the training starts from.
            inputs: one for each target, or a function that draws them anew for every epoch.
            targets: what the network is to give, in the order of the inputs.
            learning_rate, epochs: as in Keras.
            seed: of the order of the batches, and of what `inputs` draws.

        Raises:
            ValueError: for a network with other weights than the twin's, an unusable seed, or less than one
                epoch.
        """
        seed, epochs = check_seed(seed), check_whole(epochs, "epochs", "choose one")
        wanted, given = ([w.shape for w in one.get_weights()] for one in (self.network, network))
        if wanted != given:
            raise ValueError(
                f"network must have the twin's weights, {wanted}, got {given}: make a twin for each kind"
            )
        keras.utils.set_random_seed(seed)
        self.network.set_weights(_copies(network))
        for variable in self.network.optimizer.variables:  # Adam begins with zeros
            variable.assign(keras.ops.zeros_like(variable))
        self.network.optimizer.learning_rate = learning_rate
        draw = np.random.default_rng(seed)
        if callable(inputs):
            for _ in range(epochs):
                self._run(inputs(draw), targets, 1)
        else:
            self._run(inputs, targets, epochs)
        network.set_weights(_copies(self.network))
        return network

    def _run(self, inputs, targets, epochs) -> None:
        self.network.fit(inputs, targets, batch_size=self.batch_size, epochs=epochs, verbose=0)


def _copies(network: keras.Model) -> list[np.ndarray]:
    """Return the weights as copies: JAX gives views of memory into which a training then writes."""
    return [np.array(weight) for weight in network.get_weights()]
