"""Trainings that share a compiled network are trainings as Keras has them, each by itself."""

from aeutils.twins import Trials, Twin
import keras
from keras import layers
import numpy as np
import pytest

pytestmark = pytest.mark.any_backend


def build(seed):
    keras.utils.set_random_seed(seed)
    return keras.Sequential([keras.Input((6,)), layers.Dense(3, "tanh"), layers.Dense(6)])


X = np.random.default_rng(0).normal(0, 1, (60, 6)).astype("float32")
PLAN = {"rate": 1e-2, "epochs": 4, "batch_size": 20}


def weights_of(trial):
    return np.concatenate([w.ravel() for w in trial.network.get_weights()])


def test_a_training_does_not_depend_on_those_before_it():
    trials = Trials(build)
    first = weights_of(trials.train(X, X, seed=1, **PLAN))
    trials.train(X, X, seed=2, **PLAN | {"rate": 0.1})
    np.testing.assert_allclose(weights_of(trials.train(X, X, seed=1, **PLAN)), first, atol=1e-6)
    np.testing.assert_allclose(weights_of(Trials(build).train(X, X, seed=1, **PLAN)), first, atol=1e-6)


def test_it_is_keras_own_training_with_a_rate_that_falls():
    found = weights_of(Trials(build).train(X, X, seed=3, **PLAN))
    network = build(3)
    network.compile(keras.optimizers.Adam(1e-2), "mse")
    fall = keras.callbacks.LearningRateScheduler(lambda epoch: 1e-2 * (1 + np.cos(np.pi * epoch / 4)) / 2)
    keras.utils.set_random_seed(3)
    network.fit(X, X, batch_size=60, epochs=4, callbacks=[fall], verbose=0)  # one batch: no order
    whole = weights_of(Trials(build).train(X, X, seed=3, **PLAN | {"batch_size": 60}))
    np.testing.assert_allclose(whole, np.concatenate([w.ravel() for w in network.get_weights()]), atol=1e-5)
    assert np.abs(found - whole).max() > 1e-3


def test_it_learns_and_begins_where_it_is_told():
    trials = Trials(build)
    start = build(7).get_weights()
    trial = trials.train(X, X, seed=1, start=start, **PLAN | {"rate": 1e-12})
    np.testing.assert_allclose(trial.network.get_weights()[0], start[0], atol=1e-6)
    long = trials.train(X, X, seed=1, **PLAN | {"epochs": 200}).network
    assert np.square(long.predict(X, verbose=0) - X).mean() < 0.6 * X.var()


def test_it_predicts_as_the_network_itself():
    trials = Trials(build)
    first, second = (trials.train(X, X, seed=seed, **PLAN).network for seed in (1, 2))
    for network in (first, second):
        np.testing.assert_allclose(trials.predict(network, X), network.predict(X, verbose=0), atol=1e-5)


def test_steps_of_weight_0_do_not_count():
    def per_step(seed):
        keras.utils.set_random_seed(seed)
        return keras.Sequential([keras.Input((6, 1)), layers.Dense(1)])

    x, y = X[..., None], X[..., None].copy()
    y[:, 3:] = 50
    weights = np.repeat([[1.0, 1, 1, 0, 0, 0]], 60, axis=0).astype("float32")
    plan = PLAN | {"rate": 0.05, "epochs": 200}
    network = Trials(per_step).train(x, y, weights=weights, seed=0, **plan).network
    assert np.abs(network.predict(x, verbose=0) - x).max() < 0.1


@pytest.mark.parametrize(
    ("options", "words"), [({"rate": 0}, "rate must be"), ({"epochs": 0}, "epochs"), ({"rate": 1e30}, "NaN")]
)
def test_what_cannot_be_trained_is_refused(options, words):
    with pytest.raises(ValueError, match=words):
        Trials(build).train(1e30 * X if "NaN" in words else X, X, seed=0, **PLAN | options)


def test_a_twin_trains_as_fit_does_and_each_time_alike():
    twin = Twin(build(5), "mse")
    options = {"rate": 0.01, "epochs": 2, "batch_size": 10, "seed": 3, "falls": False}
    first, again = (twin.train(build(1), X, 2 * X, **options) for _ in range(2))
    alone = build(1)
    alone.compile(keras.optimizers.Adam(0.01), "mse")
    alone.evaluate(X, 2 * X, verbose=0)  # or JAX and PyTorch draw a batch in `fit`, to build the loss
    keras.utils.set_random_seed(3)
    run = alone.fit(X, 2 * X, batch_size=10, epochs=2, verbose=0)
    assert first.losses == again.losses == pytest.approx(run.history["loss"], rel=1e-3)
    weights = (network.get_weights() for network in (first.network, again.network, alone))
    for one, two, three in zip(*weights, strict=True):
        np.testing.assert_array_equal(one, two)
        np.testing.assert_allclose(one, three, atol=2e-5)


def test_inputs_are_drawn_anew_for_every_epoch_while_the_rate_falls():
    seen, rates = [], []

    def corrupt(draw):
        seen.append(draw.normal(size=X.shape).astype("float32"))
        return seen[-1]

    class Look(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            rates.append(float(self.model.optimizer.learning_rate))

    made = Twin(build(0), "mse").train(build(0), corrupt, X, rate=0.01, epochs=3, seed=0, callbacks=[Look()])
    assert len(seen) == len(made.losses) == 3 and not np.array_equal(seen[0], seen[1])
    assert rates == pytest.approx(0.01 * (1 + np.cos(np.pi * np.arange(3) / 3)) / 2)


def test_a_twin_refuses_another_kind():
    other = keras.Sequential([keras.Input((6,)), layers.Dense(5)])
    with pytest.raises(ValueError, match="a twin for each kind"):
        Twin(build(0), "mse").train(other, X, X, rate=0.1, epochs=1, seed=0)
