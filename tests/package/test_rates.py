"""Trainings at several rates and seeds: each is the one that `fit` gives, though one network serves all."""

from aeutils import metrics
from aeutils.models import build_autoencoder
from aeutils.rates import try_rates
from aeutils.training import fit
import numpy as np
import pytest

pytestmark = pytest.mark.slow

IMAGES = np.random.default_rng(0).random((90, 28, 28)).astype("float32") ** 2
X_TRAIN, X_VAL = IMAGES[:70], IMAGES[70:]


def build(seed):
    return build_autoencoder(3, (5,), seed=seed)[2]


@pytest.fixture(autouse=True)
def without_a_bar(monkeypatch):
    monkeypatch.setenv("AEUTILS_PROGRESS", "off")


def test_every_training_starts_anew():
    rates, seeds, options = [1e-3, 0.1], [4, 5], {"epochs": 2, "batch_size": 16}
    found = try_rates(build, X_TRAIN, X_VAL, rates, seeds=seeds, **options)
    assert found.errors.shape == (2, 2) and found.seconds > 0
    for i, rate in enumerate(rates):
        for j, seed in enumerate(seeds):
            network = build(seed)
            fit(network, X_TRAIN, learning_rate=rate, seed=seed, **options)
            alone = metrics.squared_error(X_VAL, network.predict(X_VAL, verbose=0))
            assert found.errors[i, j] == pytest.approx(alone, rel=1e-4)


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
def test_what_is_refused(change, words):
    given = {"build": build, "x_train": X_TRAIN, "x_val": X_VAL, "rates": [1e-3]} | change
    with pytest.raises(ValueError, match=words):
        try_rates(**given)
