"""`fit` against plain Keras: what it adds, and what it leaves alone."""

import contextlib
import gc
import io
import math
import os
import subprocess
import sys
import tracemalloc
import weakref

from aeutils import metrics, training, watching
from aeutils.models import build_autoencoder
from aeutils.training import ShiftedImages, fit
from aeutils.watching import TrainingDiverged
import keras
import numpy as np
import pytest

from tests import ROOT

pytestmark = pytest.mark.slow

N, BATCH = 70, 16  # the last of the five batches is smaller
IMAGES = np.random.default_rng(0).random((N + 20, 28, 28)).astype("float32") ** 2
X_TRAIN, X_VAL = IMAGES[:N], IMAGES[N:]


def build():
    return build_autoencoder(3, (5,), seed=0)[2]


def train(**options):
    """Return a small autoencoder and what `fit` says about its training."""
    autoencoder = build()
    return autoencoder, fit(autoencoder, X_TRAIN, **{"batch_size": BATCH, "epochs": 2} | options)


def weights_equal(one, other):
    pairs = zip(one.get_weights(), other.get_weights(), strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


@contextlib.contextmanager
def printed(monkeypatch, progress):
    """Collect what is printed, with AEUTILS_PROGRESS as given (None: not set)."""
    monkeypatch.delenv("AEUTILS_PROGRESS", raising=False)
    if progress is not None:
        monkeypatch.setenv("AEUTILS_PROGRESS", progress)
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        yield out, err


@pytest.fixture(scope="module")
def plain():
    """Trained by Keras' own `compile` and `fit`."""
    autoencoder = build()
    keras.utils.set_random_seed(0)
    torch = keras.backend.backend() == "torch"
    autoencoder.compile(
        "adam", "binary_crossentropy", metrics=["mse"], steps_per_execution=1 if torch else 10
    )
    history = autoencoder.fit(X_TRAIN, X_TRAIN, batch_size=BATCH, epochs=2, verbose=0).history
    return autoencoder, history


@pytest.fixture(scope="module")
def default():
    """Trained by `fit` without options, with its bar."""
    with pytest.MonkeyPatch.context() as monkeypatch, printed(monkeypatch, None) as output:
        autoencoder, run = train()
    return autoencoder, run, [stream.getvalue() for stream in output]


@pytest.fixture(scope="module")
def shifted():
    """Twice the same, with validation, schedule and shifts; and the batches Keras was given."""
    runs = []
    for _ in range(2):
        epochs = [{}]

        class Recorded(ShiftedImages):
            def __getitem__(self, index, epochs=epochs):
                batch = super().__getitem__(index)
                epochs[-1][index] = [array.copy() for array in batch]
                return batch

            def on_epoch_end(self, epochs=epochs):
                super().on_epoch_end()
                epochs.append({})

        with pytest.MonkeyPatch.context() as monkeypatch, printed(monkeypatch, "off") as output:
            monkeypatch.setattr(training, "ShiftedImages", Recorded)
            autoencoder, run = train(
                x_val=X_VAL,
                epochs=8,
                schedule="cosine",
                learning_rate=0.01,
                max_shift=1,
                optimizer_options={"clipnorm": 1.0, "beta_2": 0.99},
            )
        runs.append((autoencoder, run, [stream.getvalue() for stream in output], epochs))
    return runs


@pytest.fixture(scope="module")
def turning():
    """Better for two epochs, then, with a negative rate, worse for two."""
    rates = keras.callbacks.LearningRateScheduler(lambda epoch, _: 20.0 if epoch < 2 else -20.0)
    return train(x_val=X_VAL, epochs=4, optimizer="sgd", callbacks=[rates])


@pytest.fixture(scope="module")
def worsening():
    """Worse from epoch to epoch, with patience for two of them."""
    rates = keras.callbacks.LearningRateScheduler(lambda *_: -20.0)
    options = dict(optimizer="sgd", callbacks=[rates], loss="mse", patience=2, epochs=10)
    return train(x_val=X_VAL, **options)


def test_without_options_as_plain_keras(plain, default):
    assert weights_equal(plain[0], default[0])
    assert not weights_equal(build(), default[0])
    assert default[1].history["loss"] == plain[1]["loss"]
    assert default[1].history["squared_error"] == pytest.approx(
        [784 * mse for mse in plain[1]["mse"]], rel=1e-5
    )


def test_without_validation_the_last_epoch_counts(default):
    run = default[1]
    assert set(run.history) == {"loss", "squared_error"}
    assert {len(values) for values in run.history.values()} == {2}
    assert run.best_epoch == 2
    assert run.seconds > 0


def test_same_seed_gives_the_same_bits(shifted):
    (first, run, *_), (second, again, *_) = shifted
    assert weights_equal(first, second)
    assert run.history == again.history


def test_other_seed_gives_other_weights(default):
    assert not weights_equal(train(seed=1)[0], default[0])


def test_history_with_validation(shifted):
    run = shifted[0][1]
    assert set(run.history) == {"loss", "squared_error", "val_loss", "val_squared_error"}
    for values in run.history.values():
        assert len(values) == 8
        assert all(type(value) is float and math.isfinite(value) for value in values)


@pytest.mark.parametrize(
    "name, epochs, best_epoch, loss",
    [("turning", 4, 2, metrics.binary_crossentropy), ("worsening", 3, 1, metrics.mse)],
)
def test_best_weights_come_back(name, epochs, best_epoch, loss, request):
    autoencoder, run = request.getfixturevalue(name)
    losses = run.history["val_loss"]
    assert len(losses) == epochs
    assert run.best_epoch == best_epoch == np.argmin(losses) + 1
    found = autoencoder.predict(X_VAL, verbose=0)
    assert loss(X_VAL, found) == pytest.approx(losses[best_epoch - 1], rel=1e-5)
    assert loss(X_VAL, found) < 0.99 * losses[-1]
    errors = run.history["val_squared_error"]
    assert metrics.squared_error(X_VAL, found) == pytest.approx(errors[best_epoch - 1], rel=1e-5)


def test_schedule(shifted):
    """As many steps as the data have; linear up over 5% of them, half a cosine down to nothing."""
    optimizer = shifted[0][0].optimizer
    steps, warmup = 8 * math.ceil(N / BATCH), 2
    assert int(optimizer.iterations) == steps == 40
    rates = {}
    for step in (0, 1, 2, 10, 21, 39, 40):
        optimizer.iterations.assign(step)
        rates[step] = float(optimizer.learning_rate)
    assert rates[0] == 0
    assert rates[1] == pytest.approx(0.005)
    assert rates[warmup] == pytest.approx(0.01)
    for step in (10, 21, 39):
        progress = (step - warmup) / (steps - warmup)
        assert rates[step] == pytest.approx(0.005 * (1 + math.cos(math.pi * progress)), rel=1e-4)
    assert rates[21] == pytest.approx(0.005)  # half way down
    assert rates[steps] == pytest.approx(0, abs=1e-9)


def test_constant_rate_and_steps(default):
    optimizer = default[0].optimizer
    assert float(optimizer.learning_rate) == pytest.approx(1e-3)
    assert int(optimizer.iterations) == 2 * math.ceil(N / BATCH)


def test_options_reach_the_optimizer(shifted):
    optimizer = shifted[0][0].optimizer
    assert isinstance(optimizer, keras.optimizers.Adam)
    assert (optimizer.clipnorm, optimizer.beta_2) == (1.0, 0.99)


def test_one_bar(default):
    _, _, (out, err) = default
    assert out == ""
    assert err.count(" 0%|") == 1 and "/2 [" in err


def test_no_bar_where_it_is_off(shifted):
    _, _, (out, err), _ = shifted[0]
    assert out == ""
    assert "%|" not in err and "epoch" not in err


def shifts_by_bytes(images, max_shift):
    """Map every shifted image to its number and its shift; `np.pad` is the oracle."""
    table = {}
    size = range(2 * max_shift + 1)
    for number, image in enumerate(images):
        padded = np.pad(image, max_shift)
        for down in size:
            for right in size:
                moved = padded[down : down + 28, right : right + 28]
                table[moved.tobytes()] = number, max_shift - down, max_shift - right
    return table


def look_up(batches, table):
    return [table[image.tobytes()] for batch in batches for image in batch[0]]


def test_each_epoch_shows_each_image_once_shifted_anew(shifted):
    *_, epochs = shifted[0]
    table = shifts_by_bytes(X_TRAIN, 1)
    seen = []
    # Keras looks at a batch or two before it trains.
    whole = [epoch for epoch in epochs if len(epoch) == 5]
    assert len(whole) == 8
    for epoch in whole:
        batches = [epoch[index] for index in range(5)]
        assert all(np.array_equal(x, y) for x, y in batches)
        shown = look_up(batches, table)
        assert sorted(number for number, _, _ in shown) == list(range(N))
        seen.append(shown)
    moves = {(down, right) for shown in seen for _, down, right in shown}
    assert moves == {(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1)}
    orders = {tuple(number for number, _, _ in shown) for shown in seen}
    shifts = {tuple((down, right) for _, down, right in sorted(shown)) for shown in seen}
    assert len(orders) == len(shifts) == 8


def test_shifted_images():
    first, second = (ShiftedImages(X_TRAIN, BATCH, 2, seed=3) for _ in range(2))
    other = ShiftedImages(X_TRAIN, BATCH, 2, seed=4)
    assert len(first) == 5
    batches = [first[index] for index in range(5)]
    assert [len(x) for x, _ in batches] == [16, 16, 16, 16, 6]
    assert all(x.dtype == "float32" and np.array_equal(x, y) for x, y in batches)
    shown = look_up(batches, shifts_by_bytes(X_TRAIN, 2))
    assert sorted(number for number, _, _ in shown) == list(range(N))
    assert {down for _, down, _ in shown} == {right for _, _, right in shown} == {-2, -1, 0, 1, 2}
    np.testing.assert_array_equal(first[0][0], second[0][0])
    assert not np.array_equal(first[0][0], other[0][0])
    first.on_epoch_end()
    assert not np.array_equal(first[0][0], second[0][0])
    second.on_epoch_end()
    np.testing.assert_array_equal(first[0][0], second[0][0])


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"loss": "mse"},
        {"steps_per_execution": 1},
        {"steps_per_execution": 4},
        {"max_shift": 1},
        {"loss": lambda x, x_hat: keras.ops.mean((x - x_hat) ** 4, axis=(1, 2))},
    ],
    ids=("defaults", "mse", "a step at a time", "four steps at a time", "shifts", "a function as loss"),
)
def test_yardstick_in_the_history_and_in_numpy(options, monkeypatch):
    """One step an epoch: training is measured before it, with the weights that the epoch before has left."""
    if options.get("steps_per_execution", 1) > 1 and keras.backend.backend() == "torch":
        pytest.skip("PyTorch takes one step at a time")
    after = []

    class Measured(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            after.append(metrics.squared_error(X_VAL, self.model.predict(X_VAL, verbose=0)))
            assert {"loss", "squared_error", "val_loss", "val_squared_error"} == set(logs)

    shown = [X_TRAIN]

    class Recorded(ShiftedImages):
        def __getitem__(self, index):
            shown.append(super().__getitem__(index)[0])
            return shown[-1], shown[-1]

    monkeypatch.setattr(training, "ShiftedImages", Recorded)
    first = build()
    _, run = train(x_val=X_VAL, epochs=3, callbacks=[Measured()], **{"batch_size": N} | options)
    assert run.history["val_squared_error"] == pytest.approx(after, rel=1e-5)
    before = [metrics.squared_error(x, first.predict(x, verbose=0)) for x in shown]
    before = before[1:] or before  # shifted, where they are shifted
    found = run.history["squared_error"][0]
    assert any(found == pytest.approx(error, rel=1e-5) for error in before)


@pytest.mark.parametrize("imports", ["import keras", "import aeutils.training, keras"])
def test_a_trained_network_loads_in_another_process(default, tmp_path, imports):
    autoencoder = default[0]
    autoencoder.save(tmp_path / "network.keras")
    np.save(tmp_path / "images.npy", X_VAL)
    code = (
        f"{imports}, numpy as np; loaded = keras.saving.load_model('network.keras'); "
        f"images = np.load('images.npy'); np.save('found.npy', loaded.predict(images, verbose=0)); "
        f"print(int(loaded.optimizer.iterations), *loaded.evaluate(images, images, verbose=0))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    iterations, loss, mse = done.stdout.split()[-3:]
    found = autoencoder.predict(X_VAL, verbose=0)
    np.testing.assert_allclose(np.load(tmp_path / "found.npy"), found, atol=1e-6)
    assert int(iterations) == 10
    assert float(loss) == pytest.approx(metrics.binary_crossentropy(X_VAL, found), rel=1e-5)
    assert 784 * float(mse) == pytest.approx(metrics.squared_error(X_VAL, found), rel=1e-5)


class Counted(keras.layers.Layer):
    """Counts how often Python runs through it."""

    calls = 0

    def call(self, images):
        self.calls += 1
        return images


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="the others do not trace in this way")
def test_tensorflow_traces_the_step_once():
    counted, autoencoder = Counted(), build()
    network = keras.Sequential([keras.Input((28, 28)), counted, autoencoder])
    checked = []

    class Checked(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            checked.append(counted.calls)

    fit(network, X_TRAIN, batch_size=BATCH, epochs=2, callbacks=[Checked()])
    assert counted.calls - checked[0] == 1


def noisy():
    keras.utils.set_random_seed(0)
    flat, pixels = keras.layers.Flatten(), keras.layers.Dense(784, "sigmoid")
    noise = [keras.layers.GaussianNoise(0.1), keras.layers.Dropout(0.3), keras.layers.BatchNormalization()]
    return keras.Sequential([flat, *noise, pixels, keras.layers.Reshape((28, 28))])


@pytest.mark.parametrize("built", [True, False])
def test_the_checks_draw_nothing(built, monkeypatch):
    """Noise, dropout and running means are those of Keras' own training; a network may be built or not."""
    networks = []
    for checked in (False, True):
        network = noisy()
        if built:
            network.build((None, 28, 28))
        if checked:
            fit(network, X_TRAIN, X_VAL, batch_size=BATCH, epochs=2)
        else:
            keras.utils.set_random_seed(0)
            network.compile("adam", "binary_crossentropy")
            network.fit(X_TRAIN, X_TRAIN, batch_size=BATCH, epochs=2, verbose=0)
            network.evaluate(X_VAL, X_VAL, verbose=0)
        networks.append(network)
    for variable, other in zip(*(network.trainable_variables for network in networks), strict=True):
        np.testing.assert_allclose(*map(keras.ops.convert_to_numpy, (variable, other)), atol=1e-6)


# --- Images of any size


@pytest.mark.parametrize("shape", [(8, 6), (8, 6, 1), (8, 6, 3)])
@pytest.mark.parametrize("max_shift", [0, 2])
def test_images_of_any_size(shape, max_shift):
    images = np.random.default_rng(0).random((40, *shape)).astype("float32")
    autoencoder = build_autoencoder(3, seed=0, image_shape=shape)[2]
    run = fit(autoencoder, images[:30], images[30:], epochs=2, batch_size=8, max_shift=max_shift)
    found = autoencoder.predict(images[30:], verbose=0)
    expected = np.square(images[30:] - found).reshape(10, -1).sum(axis=1).mean()
    assert run.history["val_squared_error"][run.best_epoch - 1] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("max_shift", [6, True, 1.0])
def test_shifts_are_less_than_the_shorter_side(max_shift):
    images = np.zeros((4, 8, 6), "float32")
    message = f"max_shift must be a whole number from 0 to 5, got {max_shift!r}"
    with pytest.raises(ValueError, match=message):
        fit(build_autoencoder(3, image_shape=(8, 6))[2], images, max_shift=max_shift)
    with pytest.raises(ValueError, match=message):
        ShiftedImages(images, 2, max_shift, seed=0)


# --- A validation set apart


@pytest.mark.parametrize(
    "validation",
    [
        lambda x: x,
        lambda x: x.copy(),
        lambda x: x[:10],
        lambda x: x[[40, 3]],
        lambda x: x[::-1].astype("float64"),
        list,
        lambda x: np.asfortranarray(x[:10]),
        lambda x: x[1::2],
    ],
)
def test_validation_images_are_no_training_images(untrained, validation):
    x_val = validation(X_TRAIN)
    message = (
        rf"^x_val must be images that x_train has not, got {len(x_val)} of which {len(x_val)} are training "
        rf"images: set some apart first, such as x_train\[-1000:\] to validate on and x_train\[:-1000\] to "
        rf"train on$"
    )
    with pytest.raises(ValueError, match=message):
        fit(untrained, X_TRAIN, x_val)


def test_a_part_of_images_that_are_converted(untrained):
    images = X_TRAIN.astype("float64")
    with pytest.raises(ValueError, match="x_val must be images that x_train has not, got 5 of which 5 "):
        fit(untrained, images, images[30:35])


def test_half_of_the_validation_images(untrained):
    with pytest.raises(ValueError, match="x_train has not, got 40 of which 20 are training images: set some"):
        fit(untrained, X_TRAIN, IMAGES[N - 20 :])
    with pytest.raises(ValueError, match="x_train has not, got 2 of which 1 are training images: set some"):
        fit(untrained, X_TRAIN, IMAGES[N - 1 :][[0, 1]])


def test_interleaved_images_are_apart():
    fit(build(), IMAGES[::2], IMAGES[1::2], epochs=1)
    fit(build(), X_TRAIN, IMAGES[N - 19 :], epochs=1)  # less than half leak: not this function's to judge


# --- Not finite


@pytest.mark.parametrize("validated", [False, True])
def test_a_loss_that_is_not_finite_stops_the_training(validated):
    """Here that of the second epoch, from outside; the message has the name of the first that is not."""
    begun = []

    class Begun(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            begun.append(epoch)
            if epoch == 1:
                self.model.loss_weight.assign(math.nan)

    autoencoder = build()
    weight = autoencoder.loss_weight = keras.Variable(1.0, trainable=False)
    loss = lambda x, x_hat: weight * keras.ops.mean(keras.ops.square(x - x_hat), axis=(1, 2))  # noqa: E731
    options = dict(loss=loss, epochs=5, optimizer="sgd", learning_rate=0.25, batch_size=BATCH)
    with pytest.raises(TrainingDiverged) as caught:
        fit(autoencoder, X_TRAIN, X_VAL if validated else None, **options, callbacks=[Begun()])
    assert str(caught.value) == (
        "training must stay finite, got loss nan after epoch 2 of 5, with sgd and a learning rate of "
        "0.25: build the network anew, as its weights are of no use, and try a lower rate, a tenth or a "
        "hundredth"
    )
    assert begun == [0, 1]
    assert isinstance(caught.value, ArithmeticError) and not isinstance(caught.value, ValueError)


def test_a_validation_loss_that_is_not_finite():
    """A rate so high that the first step ends it: the step's own loss was finite."""
    autoencoder = build_autoencoder(3, seed=0, output_activation=None)[2]
    options = dict(loss="mse", optimizer="sgd", learning_rate=1e25, epochs=3)
    with pytest.raises(TrainingDiverged, match="val_loss (inf|nan) after epoch 1 of 3, with sgd and .* 1e"):
        fit(autoencoder, X_TRAIN, X_VAL, **options)


def test_weights_that_the_last_step_has_spoilt():
    autoencoder = build_autoencoder(3, seed=0, output_activation=None)[2]
    rates = keras.callbacks.LearningRateScheduler(lambda *_: math.inf)
    options = dict(loss="mse", optimizer="sgd", callbacks=[rates], epochs=1)
    with pytest.raises(TrainingDiverged, match="got weights with NaN or infinity after epoch 1 of 1"):
        fit(autoencoder, X_TRAIN, **options)


def test_an_error_that_no_answer_can_have():
    """Here the rate is too high; an output with large numbers in it would be warned of, too."""
    autoencoder = build_autoencoder(3, seed=0, output_activation=None)[2]
    options = dict(loss="mse", learning_rate=10.0, batch_size=BATCH, epochs=3)
    message = (
        r"^the squared error, \S+ in the last epoch, is larger than any answer in \[0, 1\] can have, 784 at "
        r"most: the rate is too high, or the output is not bounded$"
    )
    with pytest.warns(UserWarning, match=message) as caught:
        run = fit(autoencoder, X_TRAIN, **options)
    assert run.history["squared_error"][-1] > 784
    assert [one.filename for one in caught if one.category is UserWarning] == [__file__]


def test_squared_errors_of_logits_may_be_large():
    autoencoder = build_autoencoder(3, seed=0, output_activation=None)[2]
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    with pytest.warns(UserWarning, match="gives logits") as caught:
        run = fit(autoencoder, X_TRAIN, loss=loss, learning_rate=1.0, batch_size=BATCH, epochs=3)
    assert run.history["squared_error"][-1] > 784
    assert not [warning for warning in caught if "larger than" in str(warning.message)]


WRONG_IMAGES = [
    (X_TRAIN.reshape(N, 784), r"must be \(n, 28, 28\), got \(70, 784\): .*use .reshape"),
    (X_TRAIN[:0], "must hold at least one image"),
    (X_TRAIN.astype("uint8"), "must be floating-point .* got uint8: use .astype"),
    (X_TRAIN * 255, "must lie in .* divide by 255"),
    (X_TRAIN * np.nan, "must be finite"),
]


@pytest.fixture(scope="module")
def untrained():
    return build()


@pytest.mark.parametrize("images, message", WRONG_IMAGES)
def test_wrong_images(untrained, images, message):
    with pytest.raises(ValueError, match=f"x_train {message}"):
        fit(untrained, images)
    with pytest.raises(ValueError, match=f"x_val {message}"):
        fit(untrained, X_TRAIN, images)


SCHEDULE = keras.optimizers.schedules.ExponentialDecay(1e-2, 3, 0.5)


@pytest.mark.parametrize("rate", [np.float32(0.01), 1, SCHEDULE])
def test_rates_and_schedules(rate):
    fit(autoencoder := build(), X_TRAIN, learning_rate=rate, epochs=1, batch_size=N // 3 + 1)
    expected = 0.005 if rate is SCHEDULE else float(rate)
    assert float(autoencoder.optimizer.learning_rate) == pytest.approx(expected)


def test_the_look_at_an_output_draws_nothing():
    """The output's activation is not known to the checks, and the layers draw at random."""
    found = []
    for loss in ("binary_crossentropy", lambda x, x_hat: keras.losses.binary_crossentropy(x, x_hat)):
        keras.utils.set_random_seed(0)
        own = keras.layers.Dense(28, lambda x: keras.ops.sigmoid(x) * 1.0)
        network = keras.Sequential([keras.Input((28, 28)), keras.layers.Dropout(0.3), own])
        found.append((network, fit(network, X_TRAIN, X_VAL, loss=loss, epochs=2).history))
    assert weights_equal(found[0][0], found[1][0])
    assert found[0][1]["squared_error"] == found[1][1]["squared_error"]


@pytest.mark.parametrize("name", ["epochs", "batch_size", "steps_per_execution", "patience"])
@pytest.mark.parametrize("number", [0, -1, 2.5, "3", True])
def test_wrong_numbers(untrained, name, number):
    message = f"{name} must be a whole number of at least 1, got {number!r}"
    with pytest.raises(ValueError, match=message):
        fit(untrained, X_TRAIN, X_VAL, **{name: number})


@pytest.mark.parametrize(
    "options, message",
    [
        ({"patience": 3}, "patience needs x_val, got None: pass validation images"),
        ({"schedule": "linear"}, r"one of \('constant', 'cosine'\), got 'linear': see"),
        ({"loss": "bcee"}, "loss must be a Keras loss or its name, got 'bcee': use 'binary_crossentropy' or"),
        ({"seed": -1}, "seed must be a whole number from 0 to 4294967295, got -1: use 0, say"),
        ({"optimizer": "adamant"}, "optimizer.*adamant"),
        ({"optimizer": keras.optimizers.Adam}, "name of a Keras optimizer, got .* its arguments"),
        ({"optimizer_options": {"clip": 1.0}}, "clip"),
        *(
            ({"learning_rate": rate}, f"learning_rate must be a finite number above 0, got {rate}: try 1e-3")
            for rate in (None, 0, -1e-3, math.nan, math.inf, True)
        ),
        ({"learning_rate": "1e-3"}, "learning_rate must be a finite number above 0, got '1e-3': try"),
        (
            {"learning_rate": SCHEDULE, "schedule": "cosine"},
            "learning_rate must be a number where schedule='cosine', got a schedule, ExponentialDecay: leave",
        ),
        ({"callbacks": None}, "callbacks must be a list of Keras callbacks, got None: leave it out for none"),
        (
            {"callbacks": keras.callbacks.TerminateOnNaN()},
            r"callbacks must be a list of Keras callbacks, got <.*>: write \[callback\] for one",
        ),
        ({"callbacks": [len]}, "callbacks must be a list of Keras callbacks, got"),
        ({"loss": None}, "loss must be a Keras loss or its name, got None: use"),
        ({"max_shift": -1}, "max_shift must be .* from 0 to 27, got -1"),
        ({"max_shift": 28}, "max_shift must be .* from 0 to 27, got 28"),
        ({"max_shift": 0.5}, "max_shift must be a whole number .* got 0.5"),
    ],
)
def test_wrong_options(untrained, options, message):
    with pytest.raises(ValueError, match=message):
        fit(untrained, X_TRAIN, **options)


# --- Once only, and interrupted


@pytest.mark.parametrize("trained_by", ["plain", "default"])
def test_a_network_is_trained_once(trained_by, request):
    """A cell that is run twice would give the numbers of both its runs."""
    autoencoder = request.getfixturevalue(trained_by)[0]
    before = [weights.copy() for weights in autoencoder.get_weights()]
    message = "trained already, got one with 10 steps .* run the cell that builds it once more"
    with pytest.raises(ValueError, match=message):
        fit(autoencoder, X_TRAIN, batch_size=BATCH)
    assert all(map(np.array_equal, before, autoencoder.get_weights()))


def test_a_network_that_was_only_compiled_can_be_trained(default):
    autoencoder = build()
    autoencoder.compile("sgd", "mse")
    fit(autoencoder, X_TRAIN, batch_size=BATCH, epochs=2)
    assert weights_equal(autoencoder, default[0])


class Stop(keras.callbacks.Callback):
    """What a reader does who stops a cell: in the second epoch, after its third batch or at its end."""

    def __init__(self, within):
        super().__init__()
        self.within, self.epoch = within, 0

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if self.within and (self.epoch, batch) >= (1, 2):
            raise KeyboardInterrupt

    def on_epoch_end(self, epoch, logs=None):
        if not self.within and epoch == 1:
            raise KeyboardInterrupt


def watched(stop=None):
    """Return a network, perhaps stopped, the bars it showed, its shifted batches, and the output."""
    bars, shifted = [], []

    class Bar(watching.tqdm):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            bars.append(self)

    class Watched(ShiftedImages):
        def __getitem__(self, index):
            batch, _ = pair = super().__getitem__(index)
            shifted.append(weakref.ref(batch))
            return pair

    autoencoder = build()
    with pytest.MonkeyPatch.context() as patch, printed(patch, None) as (_, err):
        patch.setattr(watching, "tqdm", Bar)
        patch.setattr(training, "ShiftedImages", Watched)
        options = dict(batch_size=BATCH, epochs=3, max_shift=1, steps_per_execution=1)
        with pytest.raises(KeyboardInterrupt) if stop else contextlib.nullcontext():
            fit(autoencoder, X_TRAIN, X_VAL, **options, callbacks=[stop] if stop else [])
    gc.collect()
    return autoencoder, bars, shifted, err.getvalue()


@pytest.mark.parametrize("within", [True, False])
def test_an_interrupted_training(within):
    """What was learnt is there, the bar is gone, the memory free; and nothing is trained on top of it."""
    autoencoder, bars, shifted, said = watched(Stop(within))
    assert not weights_equal(autoencoder, build())
    assert np.isfinite(autoencoder.predict(X_TRAIN, verbose=0)).all()
    (bar,) = bars
    assert bar.disable, "closed"
    assert "1/3 [" in said and said.split("\r")[-1] == "" and not said.split("\r")[-2].strip()
    assert len(shifted) >= 2 and not any(batch() is not None for batch in shifted)
    with pytest.raises(ValueError, match="trained already"):
        fit(autoencoder, X_TRAIN, X_VAL, batch_size=BATCH)


def test_a_finished_training_frees_its_shifted_images():
    autoencoder, _, shifted, _ = watched()
    assert autoencoder.optimizer.iterations == 3 * math.ceil(N / BATCH)
    assert len(shifted) > 3 and not any(batch() is not None for batch in shifted)


def test_no_copy_of_all_images_is_made():
    images = np.zeros((5000, 28, 28), "float32")
    tracemalloc.start()
    try:
        dataset = ShiftedImages(images, 50, 1, seed=0)
        for index in range(len(dataset)):
            dataset[index]
        dataset.on_epoch_end()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < images.nbytes / 5
