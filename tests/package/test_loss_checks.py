"""Output and loss that do not fit: the last activation of networks of any kind, and what is said of it."""

import warnings

from aeutils.loss_checks import activation_name, check_loss, last_activation
from aeutils.models import build_autoencoder
import keras
from keras import layers, ops
import pytest


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
        (lambda: network(layers.Dense(28), layers.Dropout(0.1)), None),
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
            r"loss='mse', or loss=keras.losses.BinaryCrossentropy\(from_logits=True\)$",
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
    silently(ending(None), None)


@pytest.mark.parametrize(
    "loss",
    ["categorical_crossentropy", keras.losses.CategoricalCrossentropy(), "sparse_categorical_crossentropy"],
)
def test_losses_of_classes(loss):
    with pytest.raises(ValueError, match="(?i)loss must compare pixels, got .*categorical.*: use 'binary"):
        check_loss(ending("sigmoid"), loss)
