"""Each optimizer moves only its half, a frozen half gets no gradient, and two Adams give Adam's own steps."""

from aeutils.adversarial import TwoOptimizers, frozen
import keras
from keras import layers, ops
import numpy as np
import pytest

pytestmark = pytest.mark.any_backend


class Adversaries(keras.Model):
    """A generator and a discriminator of one layer each, with the losses of a GAN switched on and off."""

    def __init__(self, of_discriminator=1.0, of_generator=1.0):
        super().__init__()
        self.generator = keras.Sequential(
            [keras.Input((3,)), layers.Dense(5), layers.BatchNormalization(), layers.Dense(4)]
        )
        self.discriminator = keras.Sequential(
            [keras.Input((4,)), layers.Dense(6, "relu"), layers.Dense(1)]
        )
        self.weigh = of_discriminator, of_generator

    def call(self, x, training=None):
        return self.generator(x, training=training)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        real, fake = self.discriminator(y), self.discriminator(ops.stop_gradient(y_pred))
        judging = ops.mean(ops.softplus(-real)) + ops.mean(ops.softplus(fake))
        fooling = ops.mean(ops.softplus(-frozen(self.discriminator, y_pred)))
        return self.weigh[0] * judging + self.weigh[1] * fooling


def trained(model, first, second, epochs=3):
    generator = np.random.default_rng(0)
    z, x = generator.normal(size=(40, 3)), generator.normal(size=(40, 4))
    model(z[:2].astype("float32"))
    model.compile(TwoOptimizers(first, second, model.discriminator.trainable_variables))
    before = [[np.array(w) for w in half.get_weights()] for half in (model.discriminator, model.generator)]
    fed = z.astype("float32"), x.astype("float32")
    model.fit(*fed, batch_size=8, epochs=epochs, verbose=0, shuffle=False)
    after = [half.get_weights() for half in (model.discriminator, model.generator)]
    return [
        max(float(np.abs(a - b).max()) for a, b in zip(*half, strict=True))
        for half in zip(before, after, strict=True)
    ]


def sgd(rate):
    return keras.optimizers.SGD(rate)


@pytest.mark.parametrize(("rates", "which"), [((0.1, 0.0), 0), ((0.0, 0.1), 1)])
def test_an_optimizer_moves_only_its_half(rates, which):
    model = Adversaries()
    model.generator.layers[1].trainable = False  # its averages move in any step
    trained(model, sgd(rates[0]), sgd(rates[1]))
    moved = trained(Adversaries(), sgd(rates[0]), sgd(rates[1]))
    assert moved[which] > 1e-3
    if which == 1:
        assert moved[0] == 0


def test_no_step_at_rate_zero():
    model = Adversaries()
    kernels = [np.array(w) for w in model.generator.trainable_variables]
    trained(model, sgd(0.1), sgd(0.0))
    assert all(np.array_equal(a, np.array(b)) for a, b in zip(kernels, model.generator.trainable_variables))


@pytest.mark.parametrize(("weigh", "still"), [((0.0, 1.0), "discriminator"), ((1.0, 0.0), "generator")])
def test_a_loss_reaches_only_its_half(weigh, still):
    model = Adversaries(*weigh)
    half = getattr(model, still)
    before = [np.array(w) for w in half.trainable_variables]
    moved = trained(model, sgd(0.1), sgd(0.1))
    after = [keras.ops.convert_to_numpy(w) for w in half.trainable_variables]
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))
    assert max(moved) > 1e-3


def test_frozen_answers_as_in_inference():
    model = Adversaries()
    z = np.random.default_rng(1).normal(size=(7, 3)).astype("float32")
    seen = keras.ops.convert_to_numpy(frozen(model.generator, z))
    expected = keras.ops.convert_to_numpy(model.generator(z, training=False))
    np.testing.assert_allclose(seen, expected, atol=1e-6)


def test_two_adams_of_one_rate_step_as_one_adam_does():
    def weights(two):
        keras.utils.set_random_seed(3)
        model = keras.Sequential([keras.Input((4,)), layers.Dense(6, "tanh"), layers.Dense(2)])
        adam, other = keras.optimizers.Adam(0.01), keras.optimizers.Adam(0.01)
        one = TwoOptimizers(adam, other, model.layers[0].trainable_variables) if two else adam
        model.compile(one, "mse")
        generator = np.random.default_rng(2)
        x, y = generator.normal(size=(32, 4)), generator.normal(size=(32, 2))
        model.fit(x, y, batch_size=8, epochs=4, verbose=0, shuffle=False)
        return model.get_weights()

    for seen, expected in zip(weights(True), weights(False), strict=True):
        np.testing.assert_allclose(seen, expected, rtol=1e-4, atol=1e-6)


def test_each_half_at_its_own_rate_is_each_half_trained_alone():
    """SGD's first step is the rate times the gradient: ten times the rate, ten times the way."""
    ways = []
    for rate in (0.01, 0.1):
        keras.utils.set_random_seed(4)
        model = keras.Sequential([keras.Input((4,)), layers.Dense(3), layers.Dense(1)])
        before = [np.array(w) for w in model.get_weights()]
        model.compile(TwoOptimizers(sgd(rate), sgd(0.02), model.layers[0].trainable_variables), "mse")
        x = np.random.default_rng(5).normal(size=(8, 4))
        model.fit(x, x[:, :1], batch_size=8, verbose=0)
        ways.append([b - a for a, b in zip(before, model.get_weights(), strict=True)])
    for slow, fast, factor in zip(*ways, (10, 10, 1, 1), strict=True):
        np.testing.assert_allclose(fast, factor * slow, rtol=1e-3, atol=1e-6)


def test_bad_halves_get_a_clear_error():
    adam = keras.optimizers.Adam()
    with pytest.raises(ValueError, match="two objects, got one twice"):
        TwoOptimizers(adam, adam)
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3)])
    with pytest.raises(ValueError, match="got 0 for the first and 2 for the second"):
        TwoOptimizers(adam, keras.optimizers.Adam()).build(model.trainable_variables)
