"""Each optimizer moves only its half, a frozen half gets no gradient, and two Adams give Adam's own steps."""

from aeutils.adversarial import TwoOptimizers, fit_anew, frozen
import keras
from keras import layers, ops
import numpy as np
import pytest

pytestmark = pytest.mark.any_backend


class Adversaries(keras.Model):
    """A generator and a discriminator of few units, whose two losses have weights."""

    def __init__(self, of_discriminator=1.0, of_generator=1.0):
        super().__init__()
        self.generator = keras.Sequential(
            [keras.Input((3,)), layers.Dense(5), layers.BatchNormalization(), layers.Dense(4)]
        )
        self.discriminator = keras.Sequential([keras.Input((4,)), layers.Dense(6, "relu"), layers.Dense(1)])
        self.weigh = of_discriminator, of_generator

    def call(self, x, training=None):
        return self.generator(x, training=training)

    def compute_loss(self, x, y, y_pred, sample_weight=None, **unused):
        real, fake = self.discriminator(y), self.discriminator(ops.stop_gradient(y_pred))
        judging = ops.mean(ops.softplus(-real)) + ops.mean(ops.softplus(fake))
        fooling = ops.mean(ops.softplus(-frozen(self.discriminator, y_pred)))
        return self.weigh[0] * judging + self.weigh[1] * fooling


def values(half):
    return [np.array(ops.convert_to_numpy(weight)) for weight in half.trainable_variables]


def way(model, first, second):
    """Train for three epochs; return how far the discriminator's and the generator's weights move at most."""
    generator = np.random.default_rng(0)
    z, x = (generator.normal(size=(40, n)).astype("float32") for n in (3, 4))
    model(z[:2])
    model.compile(TwoOptimizers(first, second, model.discriminator.trainable_variables))
    halves = model.discriminator, model.generator
    before = [values(half) for half in halves]
    model.fit(z, x, batch_size=8, epochs=3, verbose=0)
    return [
        max(float(np.abs(now - then).max()) for now, then in zip(values(half), old, strict=True))
        for half, old in zip(halves, before, strict=True)
    ]


def sgd(rate):
    return keras.optimizers.SGD(rate)


@pytest.mark.parametrize(("rates", "moves"), [((0.1, 0.0), 0), ((0.0, 0.1), 1)])
def test_an_optimizer_moves_only_its_half(rates, moves):
    moved = way(Adversaries(), sgd(rates[0]), sgd(rates[1]))
    assert moved[moves] > 1e-3 and moved[1 - moves] == 0


@pytest.mark.parametrize(("weigh", "moves"), [((1.0, 0.0), 0), ((0.0, 1.0), 1)])
def test_a_loss_reaches_only_its_half(weigh, moves):
    moved = way(Adversaries(*weigh), sgd(0.1), sgd(0.1))
    assert moved[moves] > 1e-3 and moved[1 - moves] == 0


def test_frozen_answers_as_in_inference():
    model = Adversaries()
    z = np.random.default_rng(1).normal(size=(7, 3)).astype("float32")
    seen = ops.convert_to_numpy(frozen(model.generator, z))
    expected = ops.convert_to_numpy(model.generator(z, training=False))
    np.testing.assert_allclose(seen, expected, atol=1e-6)


class Search(keras.Model):
    """One code, which a frozen network is to turn into its target."""

    def __init__(self, network):
        super().__init__()
        self.answer = lambda code: frozen(network, code)
        self.code = self.add_weight((1, 3), "zeros")

    def call(self, x):
        return self.answer(self.code)

    def compute_loss(self, x, y, y_pred, sample_weight=None, **unused):
        return ops.mean(ops.square(y - y_pred))


def test_a_gradient_reaches_a_variable_through_a_frozen_network():
    network = keras.Sequential([keras.Input((3,)), layers.Dense(2, kernel_initializer="ones")])
    search = Search(network)
    search.compile(sgd(0.1))
    target = np.ones((1, 2), "float32")
    for _ in range(50):
        search.train_on_batch(target, target)
    np.testing.assert_allclose(ops.convert_to_numpy(search.code), np.full((1, 3), 1 / 3), atol=1e-3)
    np.testing.assert_array_equal(values(network)[0], np.ones((3, 2)))


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


def test_ten_times_the_rate_is_ten_times_the_way():
    ways = []
    for rate in (0.01, 0.1):
        keras.utils.set_random_seed(4)
        model = keras.Sequential([keras.Input((4,)), layers.Dense(3), layers.Dense(1)])
        before = values(model)
        model.compile(TwoOptimizers(sgd(rate), sgd(0.02), model.layers[0].trainable_variables), "mse")
        x = np.random.default_rng(5).normal(size=(8, 4))
        model.fit(x, x[:, :1], batch_size=8, verbose=0)
        ways.append([now - then for then, now in zip(before, values(model), strict=True)])
    for slow, fast, factor in zip(*ways, (10, 10, 1, 1), strict=True):
        np.testing.assert_allclose(fast, factor * slow, rtol=1e-3, atol=1e-6)


def test_bad_halves_get_a_clear_error():
    adam = keras.optimizers.Adam()
    with pytest.raises(ValueError, match="two objects, got one twice"):
        TwoOptimizers(adam, adam, [])
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3)])
    with pytest.raises(ValueError, match="got 0 for the first and 2 for the second"):
        TwoOptimizers(adam, keras.optimizers.Adam(), []).build(model.trainable_variables)


class Drawer(Adversaries):
    """The same for images of two by two pixels, from noise of its own."""

    def __init__(self, seed):
        super().__init__()
        self.noise = keras.random.SeedGenerator(seed)

    def call(self, x, training=None):
        return self.generator(keras.random.normal((ops.shape(x)[0], 3), seed=self.noise), training=training)

    def compute_loss(self, x, y, y_pred, sample_weight=None, **unused):
        return super().compute_loss(x, ops.reshape(y, (-1, 4)), y_pred)


def build_drawer(seed):
    keras.utils.set_random_seed(seed)
    return Drawer(seed)


def build_scaler(seed, factor=1.0):
    keras.utils.set_random_seed(seed)
    network = keras.Sequential([keras.Input((2, 2)), layers.Dense(2)])
    network.compute_loss = lambda x, y, y_pred, *rest, **options: ops.mean(ops.square(factor * y - y_pred))
    return network


IMAGES = np.random.default_rng(0).random((20, 2, 2)).astype("float32")


def test_a_training_leaves_nothing_to_the_next():
    options = {"epochs": 2, "batch_size": 8}
    once, losses = fit_anew(build_drawer, IMAGES, rates=(0.01, 0.02), seed=1, **options)
    fit_anew(build_drawer, IMAGES, rates=(0.1, 0.1), seed=2, **options)
    again, same = fit_anew(build_drawer, IMAGES, rates=(0.01, 0.02), seed=1, **options)
    assert losses == same and len(losses) == 2
    for one, other in zip(once.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_rates_are_those_of_the_two_halves():
    still, _ = fit_anew(build_drawer, IMAGES, rates=(0.01, 0.0), epochs=2, seed=3)
    for before, after in zip(values(build_drawer(3).generator), values(still.generator), strict=True):
        np.testing.assert_array_equal(before, after)


def test_a_model_without_a_discriminator_has_one_rate():
    model, losses = fit_anew(build_scaler, IMAGES, rates=(0.05,), epochs=30, seed=0)
    assert losses[-1] < losses[0] / 2


@pytest.mark.parametrize("rates", [(0.1,), (0.1, 0.1, 0.1)])
def test_another_number_of_rates_is_refused(rates):
    with pytest.raises(ValueError, match=rf"rates must be 2 for this model, got {len(rates)}"):
        fit_anew(build_drawer, IMAGES, rates=rates, epochs=1)
