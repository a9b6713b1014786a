"""Time `aeutils.training.fit` against plain Keras: `python tools/benchmark_fit.py [--rounds 5]`.

Plain Keras gets the same optimizer, metric, seed and steps_per_execution. Each round trains every
variant once, in turn, so that whatever else the machine does falls on all of them. An epoch's time
is taken between the ends of two epochs: the first, which holds the compilation, does not count.
The minimum is the best estimate on a busy machine. KERAS_BACKEND chooses the backend.
"""

import argparse
import os
import statistics
import time

from aeutils.data import load_mnist
from aeutils.models import build_autoencoder
from aeutils.training import fit, squared_error
import keras

os.environ["AEUTILS_PROGRESS"] = "off"
BATCH_SIZE = 256


class Clock(keras.callbacks.Callback):
    """Notes when each epoch ends."""

    def __init__(self, now):
        super().__init__()
        self.now, self.ends = now, []

    def on_epoch_end(self, epoch, logs=None):
        self.ends.append(self.now())

    def seconds(self) -> list[float]:
        return [after - before for before, after in zip(self.ends[:-1], self.ends[1:], strict=True)]


def plain(autoencoder, x_train, x_val, epochs, clock):
    steps = 1 if keras.backend.backend() == "torch" else 10
    keras.utils.set_random_seed(0)
    autoencoder.compile(
        "adam", "binary_crossentropy", metrics=[squared_error], steps_per_execution=steps
    )
    options = dict(batch_size=BATCH_SIZE, epochs=epochs, verbose=0, callbacks=[clock])
    autoencoder.fit(x_train, x_train, validation_data=(x_val, x_val), **options)


def ours(max_shift):
    def train(autoencoder, x_train, x_val, epochs, clock):
        options = dict(batch_size=BATCH_SIZE, epochs=epochs, callbacks=[clock])
        fit(autoencoder, x_train, x_val, max_shift=max_shift, **options)

    return train


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=4, help="the first is not timed")
    parser.add_argument("--images", type=int, default=10_000, help="at most as many as there are")
    parser.add_argument("--cpu", action="store_true", help="processor time, not time on the wall")
    options = parser.parse_args()
    now = time.process_time if options.cpu else time.perf_counter
    data = load_mnist()
    x_train, x_val = data.x_train[: options.images], data.x_val[:1000]
    variants = {"plain Keras": plain, "fit": ours(0), "fit, max_shift=1": ours(1)}
    times = {name: [] for name in variants}
    for _ in range(options.rounds):
        for name, train in variants.items():
            _, _, autoencoder = build_autoencoder(32, (512, 256), seed=0)
            clock = Clock(now)
            train(autoencoder, x_train, x_val, options.epochs, clock)
            times[name] += clock.seconds()
    print(f"{keras.backend.backend()}, {len(x_train):,} images: seconds an epoch (minimum, median)")
    for name, seconds in times.items():
        print(f"{name:<18} {min(seconds):.3f} {statistics.median(seconds):.3f}")


if __name__ == "__main__":
    main()
