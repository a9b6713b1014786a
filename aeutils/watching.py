"""What watches a training: the bar that a reader sees, and what stops one that is no longer finite."""

import math
import os

import keras
import numpy as np
from tqdm.auto import tqdm


class TrainingDiverged(FloatingPointError):
    """A loss became NaN or infinite. An error of the arithmetic: each argument, taken alone, was in order."""


class Watch(keras.callbacks.Callback):
    """Turns the mean squared error into that of an image, for all callbacks after it; stops at NaN.

    Args:
        values: how many numbers an image has.
        by: optimizer and learning rate in words.
    """

    def __init__(self, values: int, by: str):
        super().__init__()
        self.values, self.by = values, by

    def on_epoch_end(self, epoch, logs=None):
        named = {}
        for name, value in logs.items():
            if name in ("mse", "val_mse"):
                name, value = name.replace("mse", "squared_error"), self.values * value
            named[name] = value
        logs.clear()
        logs.update(named)
        self.epoch = epoch + 1
        for name in ("loss", "val_loss", "squared_error", "val_squared_error"):
            if not math.isfinite(named.get(name, 0)):
                raise self.diverged(f"{name} {named[name]}")

    def check_weights(self):
        """Refuse what a last step has left, which no loss has seen."""
        if not all(np.isfinite(weights).all() for weights in self.model.get_weights()):
            raise self.diverged("weights with NaN or infinity")

    def diverged(self, what: str) -> TrainingDiverged:
        return TrainingDiverged(
            f"training must stay finite, got {what} after epoch {self.epoch} of {self.params['epochs']}, "
            f"with {self.by}: build the network anew, as its weights are of no use, and try a lower rate, a "
            f"tenth or a hundredth"
        )


class ProgressBar(keras.callbacks.Callback):
    """One bar over the epochs; `AEUTILS_PROGRESS=off` hides it, as where output is stored."""

    bar = None

    def on_train_begin(self, logs=None):
        hidden = os.environ.get("AEUTILS_PROGRESS") == "off"
        self.bar = tqdm(total=self.params["epochs"], unit="epoch", disable=hidden, leave=False)

    def on_epoch_end(self, epoch, logs=None):
        shown = {name: f"{value:.2f}" for name, value in logs.items() if name.endswith("squared_error")}
        self.bar.set_postfix(shown, refresh=False)
        self.bar.update()

    def close(self):
        if self.bar is not None:
            self.bar.close()
