"""What a network takes and gives, and its own losses, before its first step: wrong ones and right ones."""

import re

from aeutils.models import build_autoencoder, build_decoder, build_encoder
from aeutils.network_checks import check_images_for, check_is_model, check_network
import keras
from keras import layers, ops
import numpy as np
import pytest

SHAPE = (28, 28)
ENDING = "end with layers.Reshape((28, 28))"


def sequential(*found, built=True):
    return keras.Sequential([*([keras.Input(SHAPE)] if built else []), *found])


def pixels(count=784):
    return [layers.Flatten(), layers.Dense(count, "sigmoid")]


def functional(function, shape=SHAPE):
    images = keras.Input(shape)
    return keras.Model(images, function(images))


class Subclassed(keras.Model):
    def __init__(self, *found):
        super().__init__()
        self.found = list(found)

    def call(self, images, training=None):
        for layer in self.found:
            images = layer(images)
        return images


KINDS = [sequential, lambda *found: sequential(*found, built=False), Subclassed]


def refused(network, message, shape=SHAPE):
    with pytest.raises(ValueError) as caught:
        check_network(network, shape)
    assert str(caught.value) == message


@pytest.mark.parametrize("build", KINDS)
@pytest.mark.parametrize(
    "found, got, remedy",
    [
        (lambda: pixels(), "(n, 784)", ENDING),
        (lambda: [layers.Reshape((28, 28, 1))], "(n, 28, 28, 1)", ENDING),
        (lambda: [layers.Reshape((1, 28, 28))], "(n, 1, 28, 28)", ENDING),
        (
            lambda: pixels(32),
            "(n, 32)",
            "if it is an encoder, join it with a decoder: aeutils.models.join(encoder, decoder)",
        ),
        (
            lambda: [*pixels(1024), layers.Reshape((32, 32))],
            "(n, 32, 32)",
            "change its last layers until they give images of the shape (28, 28)",
        ),
        (
            lambda: [layers.Reshape((28, 28, 1)), layers.Conv2D(8, 3, padding="same")],
            "(n, 28, 28, 8)",
            f"give its last layer as many channels as the images have, 1, and {ENDING}",
        ),
        (
            lambda: [layers.Reshape((28, 28, 1)), layers.Conv2D(16, 3, 4, padding="same")],
            "(n, 7, 7, 16)",  # as many numbers as an image has
            "change its last layers until they give images of the shape (28, 28)",
        ),
    ],
)
def test_outputs_of_another_shape(build, found, got, remedy):
    refused(build(*found()), f"the network must give images (n, 28, 28), got {got}: {remedy}")


def test_outputs_of_images_with_channels():
    network = functional(lambda images: images[..., :1], (8, 6, 3))
    message = "the network must give images (n, 8, 6, 3), got (n, 8, 6, 1): give its last layer as many "
    refused(
        network, message + "channels as the images have, 3, and end with layers.Reshape((8, 6, 3))", (8, 6, 3)
    )


@pytest.mark.parametrize("build", KINDS)
def test_right_ones_pass_and_are_built(build):
    network = build(*pixels(), layers.Reshape(SHAPE))
    check_network(network, SHAPE)
    assert network.built and network.count_params() == 784 * 784 + 784
    assert network.predict(np.zeros((5, *SHAPE)), verbose=0).shape == (5, *SHAPE)
    assert all(variable.path.count("probe") == 0 for variable in network.variables)


def test_the_images_are_not_mixed():
    network = functional(lambda images: ops.reshape(images, (-1, 14, 28)))
    message = "the network must give one image for each image, got (14, 14, 28) for 7: its first axis counts "
    refused(network, message + "the images, which must not be mixed with their pixels")


@pytest.mark.parametrize(
    "outputs, got",
    [(lambda x: [x, x], "a list of 2"), (lambda x: {"images": x, "code": x}, "a dict of 2"),
     (lambda x: {"images": x}, "a dict of 1")],
)  # fmt: skip
def test_several_outputs(outputs, got):
    message = f"the network must give reconstructions alone, got {got}: train one with one output, "
    refused(
        functional(lambda images: outputs(ops.exp(images))), message + "keras.Model(images, reconstructions)"
    )


def test_one_output_in_a_list_passes():
    check_network(functional(lambda images: [layers.Dense(28)(images)]), SHAPE)


@pytest.mark.filterwarnings("ignore:Layer 'subclassed")
@pytest.mark.parametrize("build", KINDS[1:])
def test_what_fails_inside(build):
    message = (
        r"the network must take images \(n, 28, 28\), and fails on them \(ValueError: .*\): call it on two"
    )
    with pytest.raises(ValueError, match=message) as caught:
        check_network(build(*pixels(700), layers.Reshape(SHAPE)), SHAPE)
    assert "\n" not in str(caught.value) and "\x1b" not in str(caught.value)
    assert caught.value.__cause__ is not None


ADD_UP = (
    "add up the numbers of each image and take the mean over the images, "
    "keras.ops.mean(keras.ops.sum(..., axis={}))"
)
ANY_WAY = "make it one number, with keras.ops.sum(...) or keras.ops.mean(...)"


def choosing(images):
    """Return what cannot be traced, as it depends on numbers."""
    return images * float(ops.mean(images))


@pytest.mark.filterwarnings("ignore:Layer 'subclassed")
@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize(
    "layer, cause",
    [
        (lambda: layers.Conv2D(3, 3), "ValueError: Input 0 .* expected min_ndim=4, found ndim=3"),
        (lambda: lambda x: 1 / 0, "ZeroDivisionError: division by zero"),
        (lambda: choosing, ".*(Abstract tracer|float\\(\\) argument)"),
    ],
)
def test_the_cause_is_named(layer, cause, nested):
    if keras.backend.backend() == "torch" and layer() is choosing:
        pytest.skip("PyTorch traces with numbers, or says so in words of its own")
    network = Subclassed(layer())
    with pytest.raises(ValueError, match=rf"and fails on them \({cause}"):
        check_network(Subclassed(network) if nested else network, SHAPE)


class OwnLoss(layers.Layer):
    def __init__(self, loss):
        super().__init__()
        self.loss = loss

    def call(self, images):
        self.add_loss(self.loss(images))
        return images


@pytest.mark.parametrize("build", KINDS)
@pytest.mark.parametrize(
    "loss, shape, remedy",
    [
        (lambda x: ops.sum(x, axis=(1, 2)), "(n,)", "take keras.ops.mean(...) of it"),
        (lambda x: ops.mean(x, axis=2), "(n, 28)", ADD_UP.format("(1,)")),
        (ops.square, "(n, 28, 28)", ADD_UP.format("(1, 2)")),
        (lambda x: ops.reshape(ops.mean(x), (1,)), "(1,)", ANY_WAY),
        (lambda x: ops.mean(x, axis=(0, 2))[:4], "(4,)", ANY_WAY),
        (lambda x: ops.mean(x, axis=(0, 2))[:2], "(2,)", ANY_WAY),
    ],
)
def test_a_loss_that_is_not_one_number(build, loss, shape, remedy):
    message = (
        f"a loss that a layer adds (add_loss or activity_regularizer) must be one number, got the shape "
        f"{shape}, whose numbers would be added up: {remedy}, in a layer that calls add_loss; what an "
        f"activity_regularizer returns is divided by the number of images from Keras 3.14 on, and not before"
    )
    refused(build(OwnLoss(loss)), message)
    refused(build(layers.Dense(28, activity_regularizer=lambda z: loss(z))), message)


@pytest.mark.parametrize("build", KINDS)
def test_losses_of_one_number_pass(build):
    regularized = layers.Dense(28, activity_regularizer="l1", kernel_regularizer="l2")
    network = build(OwnLoss(ops.mean), regularized)
    check_network(network, SHAPE)
    assert len(network.losses) == 1  # the kernel's, which depends on no images


@pytest.mark.parametrize("built", [True, False])
def test_no_state_changes(built):
    network = sequential(
        layers.BatchNormalization(), layers.Dropout(0.5), layers.GaussianNoise(1.0), built=built
    )
    if built:
        network(np.ones((2, *SHAPE), "float32"))
    check_network(network, SHAPE)
    before = [ops.convert_to_numpy(variable).copy() for variable in network.variables]
    check_network(network, SHAPE)
    for one, variable in zip(before, network.variables, strict=True):
        np.testing.assert_array_equal(one, ops.convert_to_numpy(variable))


# --- What it takes


def taken(network, images, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        check_images_for(network, images, "x_train")


@pytest.mark.parametrize(
    "shape, network_shape, remedy",
    [
        (
            (9, 32, 32),
            SHAPE,
            "resize them to 28 by 28 before they become an array (with Pillow: image.resize((28, 28)))",
        ),
        ((9, 28, 28, 3), SHAPE, "make them grey: images[..., :3].mean(axis=-1)"),
        ((9, 28, 28, 1), SHAPE, "use .reshape(-1, 28, 28)"),
        ((9, 8, 6), (8, 6, 3), "repeat the grey in each channel: np.repeat(images[..., None], 3, axis=-1)"),
    ],
)
def test_images_of_another_shape(shape, network_shape, remedy):
    wanted = ", ".join(map(str, network_shape))
    message = (
        f"x_train must be (n, {wanted}), got {shape}: {remedy}, or build the network for such images, with "
        f"image_shape={shape[1:]}"
    )
    taken(build_autoencoder(3, image_shape=network_shape)[2], np.zeros(shape, "float32"), message)


def test_what_are_no_images():
    message = "x_train must be (n, 28, 28), got (9, 784): use .reshape(-1, 28, 28)"
    taken(build_encoder(3), np.zeros((9, 784), "float32"), message)
    with pytest.raises(ValueError, match=r"x_train must be \(n, height, width\) or .*, got \(9, 784\)"):
        check_images_for(Subclassed(), np.zeros((9, 784), "float32"), "x_train")


def test_networks_that_take_no_images():
    images = np.zeros((9, *SHAPE), "float32")
    flat = keras.Sequential([keras.Input((784,)), layers.Dense(784)])
    message = "the network must take images (n, 28, 28), got one that takes "
    taken(
        flat,
        images,
        f"{message}(n, 784): begin with keras.Input((28, 28)) and layers.Flatten(), and {ENDING}",
    )
    taken(build_decoder(3), images, f"{message}(n, 3): if it is a decoder, join it with an encoder")
    inputs = [keras.Input(SHAPE), keras.Input(SHAPE)]
    taken(
        keras.Model(inputs, layers.Add()(inputs)),
        images,
        "the network must take images alone, got 2 inputs: ",
    )


@pytest.mark.parametrize(
    "found, got",
    [
        (build_autoencoder(3), "tuple: build_autoencoder gives three: pass the last"),
        (None, "NoneType: pass one"),
    ],
)
def test_what_is_no_network(found, got):
    with pytest.raises(ValueError, match=f"autoencoder must be a Keras model, got {got}$"):
        check_is_model(found)
