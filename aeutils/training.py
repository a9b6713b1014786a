"""One training loop for the whole book: Keras' own `fit` with a seed, a schedule, shifted images and a bar.

Chapter 3 writes the training step out by hand and measures every option that `fit` has here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
import math
import os
import time

from aeutils.checks import check_images
from aeutils.data import draw_shifts, move_images
import keras
from keras import ops
import numpy as np
from tqdm.auto import tqdm

SCHEDULES = ("constant", "cosine")
WARMUP_SHARE = 0.05  # of all steps, for the cosine schedule


@dataclass(frozen=True)
class Training:
    """What a training gave.

    Attributes:
        history: per epoch: `loss`, `squared_error` and, with validation images, `val_loss`,
            `val_squared_error` (squared error per image, summed over the pixels).
        seconds: wall-clock time of the training, its compilation included.
        best_epoch: the epoch (from 1) whose weights the network now has.
    """

    history: dict[str, list[float]]
    seconds: float
    best_epoch: int


def squared_error(images, reconstructions):
    """The book's yardstick as a Keras metric: squared error summed over the pixels, one number an image."""
    return ops.sum(ops.square(images - reconstructions), axis=(1, 2))


def fit(
    autoencoder: keras.Model,
    x_train: np.ndarray,
    x_val: np.ndarray | None = None,
    *,
    loss="binary_crossentropy",
    optimizer: str = "adam",
    learning_rate: float = 1e-3,
    schedule: str = "constant",
    optimizer_options: dict | None = None,
    epochs: int = 10,
    batch_size: int = 256,
    max_shift: int = 0,
    patience: int | None = None,
    seed: int = 0,
    steps_per_execution: int | None = None,
    jit_compile: bool | str = "auto",
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> Training:
    """Compile an autoencoder and train it to reproduce its input.

    With validation images the network ends with the weights of its best epoch (lowest `val_loss`).

    Args:
        autoencoder: images `(n, 28, 28)` in and out, not trained yet; compiled here.
        x_train, x_val: images `(n, 28, 28)` in [0, 1].
        loss: a Keras loss or its name.
        optimizer: the name of a Keras optimizer.
        learning_rate: its learning rate, or the peak of it under a schedule.
        schedule: `"constant"`, or `"cosine"`: linear warm-up over the first 5% of the steps, then
            half a cosine down to 0 (Loshchilov & Hutter 2017, arXiv 1608.03983).
        optimizer_options: further arguments of the optimizer, such as `{"clipnorm": 1.0}`.
        epochs, batch_size: as in Keras.
        max_shift: each epoch sees each image shifted by up to this many pixels along both axes.
        patience: stop once this many epochs in a row brought no lower `val_loss`.
        seed: of the order of the batches, of the shifts and of any layer that draws at random.
        steps_per_execution, jit_compile: as in `keras.Model.compile`; by default 10 steps, and 1 with
            PyTorch, where Keras knows no other number.
        callbacks: further Keras callbacks.

    Raises:
        ValueError: for images that `check_images` refuses, an unknown schedule or optimizer, less than
            one epoch or image a batch, `patience` without validation images, or a network that was
            trained before.
    """
    x_train = check_images(x_train, "x_train")
    validation = None if x_val is None else (check_images(x_val, "x_val"),) * 2
    if steps_per_execution is None:
        steps_per_execution = 1 if keras.backend.backend() == "torch" else 10
    _check_positive(epochs=epochs, batch_size=batch_size, steps_per_execution=steps_per_execution)
    if patience is not None:
        _check_positive(patience=patience)
        if x_val is None:
            raise ValueError("patience needs x_val, got None: pass validation images to stop early on")
    _check_untrained(autoencoder)
    keras.utils.set_random_seed(seed)
    steps = epochs * math.ceil(len(x_train) / batch_size)
    autoencoder.compile(
        optimizer=_build_optimizer(optimizer, learning_rate, schedule, steps, optimizer_options or {}),
        loss=loss,
        metrics=[squared_error],
        steps_per_execution=steps_per_execution,
        jit_compile=jit_compile,
    )
    best = keras.callbacks.EarlyStopping(
        "loss" if validation is None else "val_loss",
        mode="min",
        patience=patience or epochs,
        restore_best_weights=True,
    )
    progress_bar = _ProgressBar()
    watchers = [progress_bar, *callbacks] + ([] if validation is None else [best])
    if max_shift:
        feed = {"x": ShiftedImages(x_train, batch_size, max_shift, seed)}
    else:
        feed = {"x": x_train, "y": x_train, "batch_size": batch_size}
    start = time.perf_counter()
    try:
        run = autoencoder.fit(
            **feed,
            epochs=epochs,
            validation_data=validation,
            validation_batch_size=batch_size,
            callbacks=watchers,
            verbose=0,
        )
    finally:  # where training was interrupted, too
        progress_bar.close()
    seconds = time.perf_counter() - start
    history = {name: [float(value) for value in values] for name, values in run.history.items()}
    best_epoch = len(run.epoch) if validation is None else best.best_epoch + 1
    return Training(history, seconds, best_epoch)


class ShiftedImages(keras.utils.PyDataset):
    """Batches `(images, images)` for Keras, every image shifted afresh in every epoch.

    An epoch is drawn at its start and moved batch by batch, so no copy of all images is held.

    Args:
        images: `(n, 28, 28)` in [0, 1].
        batch_size: images a batch; the last batch of an epoch may be smaller.
        max_shift: the largest shift, in pixels along each axis.
        seed: of the order and the shifts.
    """

    def __init__(self, images: np.ndarray, batch_size: int, max_shift: int, seed: int):
        super().__init__()
        self.images, self.batch_size, self.max_shift = images, batch_size, max_shift
        self.generator = np.random.default_rng(seed)
        self._draw_epoch()

    def __len__(self) -> int:
        return math.ceil(len(self.images) / self.batch_size)

    def __getitem__(self, index: int):
        order, shifts = self.epoch
        chosen = slice(index * self.batch_size, (index + 1) * self.batch_size)
        batch = move_images(self.images[order[chosen]], shifts[chosen])
        return batch, batch

    def on_epoch_end(self):
        self._draw_epoch()

    def _draw_epoch(self):
        order = self.generator.permutation(len(self.images))
        self.epoch = order, draw_shifts(len(order), self.max_shift, self.generator)


class _ProgressBar(keras.callbacks.Callback):
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


def _build_optimizer(name, learning_rate, schedule, steps, options) -> keras.optimizers.Optimizer:
    if schedule not in SCHEDULES:
        raise ValueError(f"schedule must be one of {SCHEDULES}, got {schedule!r}: see the docstring of fit")
    if not isinstance(name, str):
        raise ValueError(
            f"optimizer must be the name of a Keras optimizer, got {name!r}: "
            f"its arguments go into learning_rate and optimizer_options"
        )
    if schedule == "cosine":
        warmup = max(1, round(WARMUP_SHARE * steps))
        learning_rate = keras.optimizers.schedules.CosineDecay(
            initial_learning_rate=0.0,
            decay_steps=max(1, steps - warmup),
            warmup_target=learning_rate,
            warmup_steps=warmup,
        )
    return type(keras.optimizers.get(name))(learning_rate=learning_rate, **options)


def _check_untrained(autoencoder: keras.Model):
    """Refuse a network that was trained before: its numbers would be those of both trainings."""
    steps = int(autoencoder.optimizer.iterations) if getattr(autoencoder, "optimizer", None) else 0
    if steps:
        raise ValueError(
            f"this network has been trained already, got one with {steps} steps behind it: run the cell that "
            f"builds it once more, then this one; to train it further on purpose, call its own fit"
        )


def _check_positive(**numbers):
    for name, number in numbers.items():
        if not isinstance(number, int | np.integer) or number < 1:
            raise ValueError(f"{name} must be a whole number of at least 1, got {number!r}: choose one")
