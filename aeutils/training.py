"""One training loop for the whole book: Keras' own `fit` with a seed, a schedule, shifted images and a bar.

Chapter 3 writes the training step out by hand and measures every option that `fit` has here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
import math
from numbers import Real
import time
import warnings

from aeutils.checks import check_images, check_whole
from aeutils.data import draw_shifts, move_images
from aeutils.loss_checks import check_loss
from aeutils.models import check_seed
from aeutils.network_checks import check_images_for, check_is_model, check_network, check_untrained
from aeutils.watching import ProgressBar, Watch
import keras
import numpy as np

SCHEDULES = ("constant", "cosine")
WARMUP_SHARE = 0.05  # of all steps, for the cosine schedule


@dataclass(frozen=True)
class Training:
    """What a training gave.

    Attributes:
        history: per epoch: `loss`, `squared_error` and, with validation images, `val_loss`,
            `val_squared_error` (squared error per image, summed over its pixels and channels).
        seconds: wall-clock time of the training, its compilation included.
        best_epoch: the epoch (from 1) whose weights the network now has.
    """

    history: dict[str, list[float]]
    seconds: float
    best_epoch: int


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

    With validation images the network ends with the weights of its best epoch (lowest `val_loss`). Warns of
    an error at the end that no answer in [0, 1] can have.

    Args:
        autoencoder: takes and gives images of the shape of `x_train`, not trained yet; compiled here.
        x_train: images `(n, height, width)` or `(n, height, width, channels)` in [0, 1].
        x_val: other images of the same shape, set apart for validation.
        loss: a Keras loss or its name. Binary cross-entropy needs an output in (0, 1), as of a sigmoid, or
            `BinaryCrossentropy(from_logits=True)` an output without an activation.
        optimizer: the name of a Keras optimizer.
        learning_rate: its learning rate, or the peak of it under `"cosine"`; under `"constant"` it may be a
            schedule of Keras' own.
        schedule: `"constant"`, or `"cosine"`: linear warm-up over the first 5% of the steps, then
            half a cosine down to 0 (Loshchilov & Hutter 2017, arXiv 1608.03983).
        optimizer_options: further arguments of the optimizer, such as `{"clipnorm": 1.0}`.
        epochs, batch_size: as in Keras.
        max_shift: each epoch sees each image shifted by up to this many pixels along both axes.
        patience: stop once this many epochs in a row brought no lower `val_loss`.
        seed: of the order of the batches, of the shifts and of any layer that draws at random.
        steps_per_execution, jit_compile: as in `keras.Model.compile`; by default 10 steps, and 1 with
            PyTorch, where Keras knows no other number.
        callbacks: further Keras callbacks. At the end of an epoch they get what `history` gets.

    Raises:
        ValueError: for images that `check_images` refuses, validation images that are training images, a
            network that does not fit the images (`aeutils.network_checks`) or the loss
            (`aeutils.loss_checks`) or was trained before, an unknown schedule or optimizer, a learning rate
            that is none, callbacks that are none, less than one epoch or image a batch, or `patience`
            without validation images.
        aeutils.watching.TrainingDiverged: at the end of an epoch whose losses are not finite, and where the
            weights are not in the end.
    """
    check_is_model(autoencoder)
    x_train = check_images_for(autoencoder, x_train, "x_train")
    if x_val is not None:
        x_val = check_images(x_val, "x_val", x_train.shape[1:])
        _check_apart(x_train, x_val)
    elif patience is not None:
        raise ValueError("patience needs x_val, got None: pass validation images to stop early on")
    if steps_per_execution is None:
        steps_per_execution = 1 if keras.backend.backend() == "torch" else 10
    epochs = check_whole(epochs, "epochs", "choose one")
    batch_size = check_whole(batch_size, "batch_size", "choose one")
    steps_per_execution = check_whole(steps_per_execution, "steps_per_execution", "choose one")
    patience = epochs if patience is None else check_whole(patience, "patience", "choose one")
    seed = check_seed(seed)
    largest_shift = min(x_train.shape[1:3]) - 1
    check_whole(max_shift, "max_shift", "it counts pixels; try 1", at_least=0, at_most=largest_shift)
    _check_callbacks(callbacks)
    check_untrained(autoencoder)
    steps = epochs * math.ceil(len(x_train) / batch_size)
    optimizer_built = _build_optimizer(optimizer, learning_rate, schedule, steps, optimizer_options or {})
    keras.utils.set_random_seed(seed)
    check_network(autoencoder, x_train.shape[1:])
    check_loss(autoencoder, loss, x_train[:8])
    keras.utils.set_random_seed(seed)  # as if these checks had drawn nothing
    start = time.perf_counter()
    autoencoder.compile(
        optimizer=optimizer_built,
        loss=loss,
        # Keras' own, so that the network, once saved, loads without this package; `Watch` renames it.
        metrics=[keras.metrics.MeanSquaredError(name="mse")],
        steps_per_execution=steps_per_execution,
        jit_compile=jit_compile,
    )
    # Where all variables are there already, TensorFlow traces the step of training once, not twice.
    autoencoder.optimizer.build(autoencoder.trainable_variables)
    if max_shift:
        feed = {"x": ShiftedImages(x_train, batch_size, max_shift, seed)}
    else:
        feed = {"x": x_train, "y": x_train, "batch_size": batch_size}
    values = math.prod(x_train.shape[1:])
    watch = Watch(values, f"{optimizer} and a learning rate of {learning_rate}")
    progress_bar = ProgressBar()
    best = keras.callbacks.EarlyStopping(
        "loss" if x_val is None else "val_loss",
        mode="min",
        patience=patience,
        restore_best_weights=True,
    )
    try:
        run = autoencoder.fit(
            **feed,
            epochs=epochs,
            validation_data=None if x_val is None else (x_val, x_val),
            validation_batch_size=batch_size,
            callbacks=[watch, progress_bar, *callbacks] + ([] if x_val is None else [best]),
            verbose=0,
        )
    finally:  # where training was interrupted, too
        progress_bar.close()
    seconds = time.perf_counter() - start
    watch.check_weights()
    history = {name: [float(value) for value in values] for name, values in run.history.items()}
    if history["squared_error"][-1] > values and not getattr(loss, "from_logits", False):
        warnings.warn(
            f"the squared error, {history['squared_error'][-1]:.3g} in the last epoch, is larger than any "
            f"answer in [0, 1] can have, {values} at most: the rate is too high, or the output is not "
            f"bounded",
            stacklevel=2,
        )
    best_epoch = len(run.epoch) if x_val is None else best.best_epoch + 1
    return Training(history, seconds, best_epoch)


class ShiftedImages(keras.utils.PyDataset):
    """Batches `(images, images)` for Keras, every image shifted afresh in every epoch.

    An epoch is drawn at its start and moved batch by batch, so no copy of all images is held.

    Args:
        images: `(n, height, width)` or `(n, height, width, channels)` in [0, 1].
        batch_size: images a batch; the last batch of an epoch may be smaller.
        max_shift: the largest shift, in pixels along each axis; less than the shorter side.
        seed: of the order and the shifts.
    """

    def __init__(self, images: np.ndarray, batch_size: int, max_shift: int, seed: int):
        super().__init__()
        self.images, self.batch_size, self.max_shift = images, batch_size, max_shift
        self.largest = min(images.shape[1:3]) - 1
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
        self.epoch = order, draw_shifts(len(order), self.max_shift, self.generator, self.largest)


def _build_optimizer(name, learning_rate, schedule, steps, options) -> keras.optimizers.Optimizer:
    if schedule not in SCHEDULES:
        raise ValueError(f"schedule must be one of {SCHEDULES}, got {schedule!r}: see the docstring of fit")
    if not isinstance(name, str):
        raise ValueError(
            f"optimizer must be the name of a Keras optimizer, got {name!r}: "
            f"its arguments go into learning_rate and optimizer_options"
        )
    if isinstance(learning_rate, keras.optimizers.schedules.LearningRateSchedule):
        if schedule != "constant":
            raise ValueError(
                f"learning_rate must be a number where schedule={schedule!r}, got a schedule, "
                f"{type(learning_rate).__name__}: leave schedule out, or pass the peak of the rate"
            )
    elif (
        not isinstance(learning_rate, Real)
        or isinstance(learning_rate, bool)
        or not 0 < learning_rate < math.inf
    ):
        raise ValueError(f"learning_rate must be a finite number above 0, got {learning_rate!r}: try 1e-3")
    else:
        learning_rate = float(learning_rate)  # Keras takes neither a whole number nor one of NumPy's
    if schedule == "cosine":
        warmup = max(1, round(WARMUP_SHARE * steps))
        learning_rate = keras.optimizers.schedules.CosineDecay(
            initial_learning_rate=0.0,
            decay_steps=max(1, steps - warmup),
            warmup_target=learning_rate,
            warmup_steps=warmup,
        )
    return type(keras.optimizers.get(name))(learning_rate=learning_rate, **options)


def _check_callbacks(callbacks) -> None:
    kind = keras.callbacks.Callback
    if not isinstance(callbacks, list | tuple) or not all(isinstance(one, kind) for one in callbacks):
        remedy = "write [callback] for one" if isinstance(callbacks, kind) else "leave it out for none"
        raise ValueError(f"callbacks must be a list of Keras callbacks, got {callbacks!r}: {remedy}")


def _check_apart(x_train: np.ndarray, x_val: np.ndarray) -> None:
    """Refuse validation images half of which or more are training images, bit by bit."""
    wanted = [image.tobytes() for image in x_val]
    shared = set(wanted).intersection(image.tobytes() for image in x_train)
    count = sum(image in shared for image in wanted)
    if 2 * count >= len(x_val):
        raise ValueError(
            f"x_val must be images that x_train has not, got {len(x_val)} of which {count} are training "
            f"images: set some apart first, such as x_train[-1000:] to validate on and x_train[:-1000] to "
            f"train on"
        )
