"""Output and loss that do not fit: the last activation of networks of any kind, and what is said of it."""

import warnings

from aeutils import loss_checks, metrics
from aeutils.loss_checks import activation_name, last_activation
from aeutils.models import build_autoencoder
import keras
from keras import layers, ops
import numpy as np
import pytest

IMAGES = np.random.default_rng(0).random((8, 28, 28)).astype("float32")


def check_loss(network, loss):
    loss_checks.check_loss(network, loss, IMAGES)


def network(*found):
    return keras.Sequential([keras.Input((28, 28)), *found])


def functional(function):
    images = keras.Input((28, 28))
    return keras.Model(images, function(images))


def ending(activation):
    return network(layers.Dense(28, activation), layers.Reshape((28, 28)))


class Own(layers.Layer):
    """Its activation is not that of its output."""

    activation = staticmethod(keras.activations.relu)

    def call(self, images):
        return ops.sigmoid(images)


@pytest.mark.parametrize(
    "built, activation",
    [
        (lambda: build_autoencoder(3)[2], "sigmoid"),
        (lambda: build_autoencoder(3, output_activation=None)[2], "linear"),
        (lambda: build_autoencoder(3, output_activation="swish")[2], "silu"),
        (lambda: network(build_autoencoder(3, output_activation="tanh")[2], layers.Flatten()), "tanh"),
        (lambda: keras.Sequential([layers.Dense(28, "tanh"), layers.Permute((2, 1))]), "tanh"),
        (lambda: network(layers.Dense(28), layers.Activation("relu")), "relu"),
        (lambda: network(layers.Dense(28), layers.ReLU()), "relu"),
        (lambda: network(layers.Dense(28), layers.Softmax()), "softmax"),
        (lambda: network(layers.Dense(28, activation=layers.LeakyReLU())), "leaky_relu"),
        (lambda: network(layers.Dense(28, "sigmoid"), layers.BatchNormalization()), "linear"),
        (lambda: network(layers.LSTM(28, return_sequences=True)), "tanh"),
        (lambda: network(layers.TimeDistributed(layers.Dense(28, "relu"))), "relu"),
        (lambda: network(layers.Dense(30, "tanh"), layers.Cropping1D(2), layers.UpSampling1D(2)), "tanh"),
        (
            lambda: functional(lambda x: ops.reshape(ops.sigmoid(layers.Dense(28)(x)), (-1, 28, 28))),
            "sigmoid",
        ),
        (lambda: functional(lambda x: ops.hard_sigmoid(x)), "hard_sigmoid"),
        (lambda: functional(lambda x: layers.Add()([x, layers.Dense(28)(x)])), None),
        (lambda: functional(lambda x: ops.clip(layers.Dense(28)(x), 0, 1)), None),
        (lambda: network(layers.Dense(28), Own()), None),
        (lambda: network(layers.Dense(28, lambda x: x)), None),
        (lambda: network(layers.Dense(28), layers.Dropout(0.1)), "linear"),
        (lambda: network(layers.Dense(28, "tanh"), layers.GaussianNoise(0.1)), "tanh"),
        (lambda: network(layers.Dense(28, "relu"), layers.GaussianDropout(0.1)), "relu"),
        (lambda: network(layers.Dense(28), layers.AlphaDropout(0.1), layers.SpatialDropout1D(0.1)), "linear"),
        (lambda: network(layers.Dense(28), layers.ActivityRegularization(0.1)), "linear"),
        (lambda: network(layers.Reshape((28, 28))), None),
        (lambda: keras.Model(), None),
    ],
)
def test_last_activation(built, activation):
    assert last_activation(built()) == activation


def test_names():
    assert activation_name("sigmoid") == activation_name(keras.activations.sigmoid) == "sigmoid"
    assert activation_name(None) is activation_name(lambda x: x) is None


BINARY = [
    "binary_crossentropy",
    "bce",
    "BinaryCrossentropy",
    keras.losses.binary_crossentropy,
    keras.losses.BinaryCrossentropy,
    keras.losses.BinaryCrossentropy(label_smoothing=0.1),
    keras.losses.BinaryFocalCrossentropy(),
    ["binary_crossentropy"],
    (keras.losses.BinaryCrossentropy(),),
]


def silently(*arguments):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_loss(*arguments)


@pytest.mark.parametrize("loss", BINARY)
@pytest.mark.parametrize(
    "activation, message",
    [
        (
            None,
            r"rossentropy needs an activation that stays in \(0, 1\), and the network ends without one, so "
            r"its pixels leave \(0, 1\): end with a sigmoid \(output_activation='sigmoid'\), or use "
            r"loss='mse', or loss=keras.losses.BinaryCrossentropy\(from_logits=True\) "
            r"\(a recipe takes names only\)$",
        ),
        (
            "tanh",
            r"ends with 'tanh', so its pixels leave \(0, 1\): end with a sigmoid .*, or use loss='mse'$",
        ),
        (
            "relu",
            r"ends with 'relu', so its pixels leave \(0, 1\): end with a sigmoid .*, or use loss='mse'$",
        ),
        ("gelu", "ends with 'gelu', so its pixels leave"),
        ("softplus", "ends with 'softplus', so its pixels leave"),
        ("softmax", r"with 'softmax', whose numbers add up to 1: end with a sigmoid \(\w+='sigmoid'\)$"),
    ],
)
def test_crossentropy_of_what_leaves_0_to_1(loss, activation, message):
    with pytest.raises(ValueError, match=message):
        check_loss(ending(activation), loss)


@pytest.mark.parametrize("loss", BINARY)
@pytest.mark.parametrize("activation", ["sigmoid", "hard_sigmoid", lambda x: ops.sigmoid(x)])
def test_crossentropy_of_what_stays(loss, activation):
    silently(ending(activation), loss)


LOGITS = keras.losses.BinaryCrossentropy(from_logits=True)


@pytest.mark.parametrize("activation", ["sigmoid", "hard_sigmoid", "relu", "tanh", "softmax"])
def test_logits_that_are_none(activation):
    message = (
        f"from_logits=True the output must be free to be any number, and the network ends with "
        f"'{activation}': leave from_logits out and end with a sigmoid .*, or end without an activation$"
    )
    with pytest.raises(ValueError, match=message):
        check_loss(ending(activation), LOGITS)


def test_logits():
    with pytest.warns(
        UserWarning, match="gives logits, and squared errors are those of the logits: take keras"
    ):
        check_loss(ending(None), LOGITS)


@pytest.mark.parametrize("loss", ["mse", "mae", keras.losses.Huber(), lambda x, x_hat: ops.mean(x - x_hat)])
def test_other_losses(loss):
    for activation in (None, "sigmoid", "tanh", "leaky_relu"):
        silently(ending(activation), loss)
    with pytest.warns(
        UserWarning, match="ends with 'relu': a pixel whose input falls below zero gets no gradient"
    ):
        check_loss(ending("relu"), loss)
    with pytest.warns(
        UserWarning, match="ends with 'softmax', whose numbers add up to 1: the pixels of an image"
    ):
        check_loss(ending("softmax"), loss)


def test_a_loss_of_ones_own_may_want_anything():
    silently(ending(None), lambda x, x_hat: keras.losses.binary_crossentropy(x, x_hat, from_logits=True))
    silently(ending(None), ["mse"])
    silently(ending(None), {"a": "mse"})

    class Sigmoid(keras.losses.BinaryCrossentropy):
        def call(self, x, x_hat):
            return super().call(x, ops.sigmoid(x_hat))

    silently(ending(None), Sigmoid())


@pytest.mark.parametrize("loss", [None, [None]])
def test_no_loss(loss):
    with pytest.raises(ValueError, match="^loss must be a Keras loss or its name, got None: use 'binary_"):
        check_loss(ending(None), loss)


@pytest.mark.parametrize("name", ["squared_error", "mse", "mae", "binary_crossentropy"])
def test_measures_of_arrays(name):
    with pytest.raises(ValueError) as caught:
        check_loss(ending("sigmoid"), getattr(metrics, name))
    assert str(caught.value) == (
        f"loss must be computed from tensors, got aeutils.metrics.{name}, which measures arrays: use "
        f"'binary_crossentropy', 'mse' or 'mae', by these names"
    )


# --- An activation that is not known


UNKNOWN = {
    "Lambda": lambda: network(layers.Dense(28), layers.Lambda(lambda x: x, output_shape=(28, 28))),
    "an operation": lambda: functional(lambda x: layers.Dense(28)(x) - 1),
    "a function": lambda: ending(lambda x: x),
}


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.normalized, self.dense = layers.BatchNormalization(), layers.Dense(28)

    def call(self, images, training=None):
        noise = keras.random.normal((28,)) if training else 0
        return self.dense(self.normalized(images, training=training)) + noise


def subclassed():
    found = Subclassed()
    found(IMAGES)
    return found


@pytest.mark.parametrize("loss", BINARY)
@pytest.mark.parametrize("built", [*UNKNOWN.values(), subclassed], ids=[*UNKNOWN, "subclassed"])
def test_the_output_stands_for_an_activation_that_is_not_known(built, loss):
    keras.utils.set_random_seed(0)
    found = built()
    assert last_activation(found) is None
    before = [ops.convert_to_numpy(variable).copy() for variable in found.variables]
    message = (
        r"rossentropy needs an activation that stays in \(0, 1\), and the network, untrained, gives pixels "
        r"from -\S+ to \S+, so its pixels leave \(0, 1\): end with a sigmoid \(.*\), or use loss='mse', or, "
        r"if it has no activation, loss=keras.losses.BinaryCrossentropy\(from_logits=True\) \(a recipe takes"
    )
    with pytest.raises(ValueError, match=message):
        check_loss(found, loss)
    for one, variable in zip(before, found.variables, strict=True):
        np.testing.assert_array_equal(one, ops.convert_to_numpy(variable))
    for other in ("mse", LOGITS, lambda x, x_hat: ops.mean(x - x_hat)):
        silently(found, other)


@pytest.mark.parametrize("loss", BINARY)
def test_an_output_that_stays_passes(loss):
    silently(network(layers.Dense(28), Own()), loss)
    silently(functional(lambda x: ops.clip(layers.Dense(28)(x), 0, 1)), loss)


# --- Losses that compare no pixels


@pytest.mark.parametrize(
    "loss",
    ["categorical_crossentropy", keras.losses.CategoricalCrossentropy(), "sparse_categorical_crossentropy"],
)
def test_losses_of_classes(loss):
    with pytest.raises(
        ValueError, match="loss must compare pixels, got .*categorical.* classes: use 'binary"
    ):
        check_loss(ending("sigmoid"), loss)


@pytest.mark.parametrize(
    "name, alias, why",
    [
        ("kl_divergence", "KLDivergence", "compares distributions, whose numbers add up to 1"),
        ("cosine_similarity", "CosineSimilarity", "compares directions, whatever the brightness"),
        ("hinge", "Hinge", "compares signs, -1 and 1"),
        ("squared_hinge", "SquaredHinge", "compares signs, -1 and 1"),
        ("categorical_hinge", "CategoricalHinge", "takes each row of pixels for one choice among classes"),
    ],
)
def test_losses_of_something_else(name, alias, why):
    function, kind = getattr(keras.losses, name), getattr(keras.losses, alias)
    for loss in (name, function, alias, kind, kind(), [name]):
        with pytest.raises(ValueError) as caught:
            check_loss(ending("sigmoid"), loss)
        assert str(caught.value) == (
            f"loss must compare pixels, got {name}, which {why}: use 'binary_crossentropy' or 'mse'"
        )


@pytest.mark.parametrize("loss", ["poisson", keras.losses.poisson, keras.losses.Poisson()])
def test_poisson(loss):
    message = (
        r"^poisson needs an activation that stays above 0, and the network ends {}, so its pixels may be "
        r"negative: end with a sigmoid \(output_activation='sigmoid'\), or use loss='mse'$"
    )
    for activation, ends in ((None, "without one"), ("tanh", "with 'tanh'"), ("gelu", "with 'gelu'")):
        with pytest.raises(ValueError, match=message.format(ends)):
            check_loss(ending(activation), loss)
    for activation in ("sigmoid", "softplus", "exponential"):
        silently(ending(activation), loss)
