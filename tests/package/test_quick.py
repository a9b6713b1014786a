"""Short trainings against Keras' own `compile` and `fit`: the same, however many came before."""

from aeutils import metrics, quick
from aeutils.models import build_autoencoder
from aeutils.quick import quick_fit, try_rates
import keras
import numpy as np
import pytest

pytestmark = pytest.mark.slow

IMAGES = np.random.default_rng(0).random((50, 28, 28)).astype("float32") ** 2
LOSS = keras.losses.BinaryCrossentropy()
OPTIONS = {"epochs": 2, "batch_size": 16, "seed": 3}


X_TRAIN, X_VAL = IMAGES[:35], IMAGES[35:]
MSE = keras.losses.get("mse")


def build(seed=0):
    return build_autoencoder(3, (5,), seed=seed)[2]


def trained(rate=1e-2, loss=LOSS, **options):
    network = build()
    quick_fit(network, IMAGES, loss, keras.optimizers.Adam(rate), **OPTIONS | options)
    return network.get_weights()


def apart(one, other):
    return max(np.abs(a - b).max() for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("worth_xla", [0, 10_000])
def test_it_is_keras_own_training(worth_xla, monkeypatch):
    monkeypatch.setattr(quick, "_WORTH_XLA", worth_xla)
    plain = build()
    plain.compile(keras.optimizers.Adam(1e-2), LOSS)
    plain.fit(IMAGES[:16], IMAGES[:16], verbose=0)  # a first `fit` draws more random numbers than a second
    plain.set_weights(build().get_weights())
    for variable in plain.optimizer.variables:
        if variable.name != "learning_rate":
            variable.assign(np.zeros_like(variable))
    keras.utils.set_random_seed(3)
    plain.fit(IMAGES, IMAGES, batch_size=16, epochs=2, verbose=0)
    assert apart(trained(), plain.get_weights()) < 1e-4 < apart(trained(), build().get_weights())


def test_a_training_leaves_no_trace_in_the_next():
    quick._COMPILED.clear()
    first = trained()
    trained(rate=0.1, seed=4)
    assert apart(trained(), first) == 0


def test_rates_share_a_twin_and_losses_and_optimisers_do_not():
    quick._COMPILED.clear()
    trained(rate=1e-2)
    trained(rate=1e-3)
    assert len(quick._COMPILED) == 1
    trained(loss=keras.losses.MeanSquaredError())
    quick_fit(build(), IMAGES, LOSS, keras.optimizers.SGD(1.0), **OPTIONS)
    assert len(quick._COMPILED) == 3


def test_rates_and_seeds_matter():
    assert apart(trained(), trained(rate=1e-3)) > 1e-3 and apart(trained(), trained(seed=4)) > 1e-5


def test_it_begins_with_the_weights_that_it_is_given():
    network = build()
    network.set_weights([weight + 0.1 for weight in network.get_weights()])
    begun = network.get_weights()
    quick_fit(network, IMAGES, LOSS, keras.optimizers.Adam(1e-6), **OPTIONS)
    assert 0 < apart(network.get_weights(), begun) < 1e-3


def test_after_each_epoch_the_network_is_looked_at():
    network = build()

    def error(looked_at):
        assert looked_at is network
        return metrics.squared_error(IMAGES, keras.ops.convert_to_numpy(looked_at(IMAGES)))

    errors = quick_fit(network, IMAGES, LOSS, keras.optimizers.Adam(1e-2), after_epoch=error, **OPTIONS)
    assert len(errors) == 2 and errors[1] == error(network) != errors[0]


@pytest.mark.parametrize("wrong", [{"seed": -1}, {"epochs": 0}, {"batch_size": 0.5}])
def test_what_it_refuses(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        trained(**wrong)


def test_every_training_starts_anew():
    rates, seeds, options = [1e-3, 0.1], [4, 5], {"epochs": 2, "batch_size": 16}
    found = try_rates(build, X_TRAIN, X_VAL, rates, seeds=seeds, loss="mse", **options)
    assert found.errors.shape == (2, 2) and found.seconds > 0
    for i, rate in enumerate(rates):
        for j, seed in enumerate(seeds):
            network = build(seed)
            quick_fit(network, X_TRAIN, MSE, keras.optimizers.Adam(rate), seed=seed, **options)
            alone = metrics.squared_error(X_VAL, network.predict(X_VAL, verbose=0))
            assert found.errors[i, j] == pytest.approx(alone, rel=1e-6)


def test_the_options_reach_the_optimizer():
    plain, changed = (
        try_rates(build, X_TRAIN, X_VAL, [1e-2], optimizer="rmsprop", optimizer_options=options)
        for options in (None, {"epsilon": 1e-14})
    )
    assert abs(plain.errors - changed.errors) > 1e-3


def test_a_training_that_becomes_nan_leaves_the_next_alone():
    found = try_rates(build, X_TRAIN, X_VAL, [1e30, 0.1], optimizer="sgd", loss="mse", epochs=2)
    assert np.isfinite(found.errors[1]).all() and found.errors[1] < 784


@pytest.mark.parametrize(
    "change, words",
    [
        ({"rates": []}, "must have one entry at least"),
        ({"seeds": ()}, "must have one entry at least"),
        ({"seeds": [-1]}, "seed must be"),
        ({"epochs": 0}, "epochs must be"),
        ({"x_val": X_VAL[:, :5]}, "x_val must"),
    ],
)
def test_what_many_trainings_refuse(change, words):
    given = {"build": build, "x_train": X_TRAIN, "x_val": X_VAL, "rates": [1e-3]} | change
    with pytest.raises(ValueError, match=words):
        try_rates(**given)
