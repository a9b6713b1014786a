"""Builders of dense autoencoders: images in, images of the same shape out; MNIST's unless told otherwise.

Chapter 1 writes these networks out layer by layer; the builders spare the later chapters the repetition.
"""

from collections.abc import Sequence
import math

from aeutils.checks import IMAGE_SHAPE, check_code_size, check_whole
from aeutils.loss_checks import check_output_activation
import keras
import numpy as np


def build_encoder(
    code_size: int,
    widths: Sequence[int] = (),
    activation: str = "relu",
    code_activation: str | None = None,
    kernel_initializer="glorot_uniform",
    image_shape: tuple[int, ...] = IMAGE_SHAPE,
) -> keras.Model:
    """Return a dense encoder, images `(n, *image_shape)` to codes `(n, code_size)`.

    Args:
        code_size: how many numbers the code of one image has.
        widths: units of the hidden layers, from the image to the code.
        activation: of the hidden layers.
        code_activation: of the code; `None` is a linear code.
        kernel_initializer: a Keras initializer (or its name) for every layer's weights.
        image_shape: `(height, width)`, or `(height, width, channels)` with up to four channels.

    Raises:
        ValueError: if the code size or a width is not a whole number of at least 1, or for an image shape
            of another form.
    """
    code_size = check_code_size(code_size)
    image_shape = _check_image_shape(image_shape)
    layers = [keras.Input(image_shape, name="images"), keras.layers.Flatten(name="flatten")]
    layers += _hidden_layers(_check_widths(widths), activation, kernel_initializer)
    layers += [
        keras.layers.Dense(
            code_size, code_activation, kernel_initializer=_fresh(kernel_initializer), name="code"
        )
    ]
    return keras.Sequential(layers, name="encoder")


def build_decoder(
    code_size: int,
    widths: Sequence[int] = (),
    activation: str = "relu",
    output_activation: str | None = "sigmoid",
    kernel_initializer="glorot_uniform",
    image_shape: tuple[int, ...] = IMAGE_SHAPE,
) -> keras.Model:
    """Return a dense decoder, codes `(n, code_size)` to images `(n, *image_shape)`.

    Args:
        code_size: how many numbers the code of one image has.
        widths: units of the hidden layers, from the code to the image.
        activation: of the hidden layers.
        output_activation: of the pixels; the loss has to fit. `"sigmoid"` keeps them in (0, 1), for
            cross-entropy or squared error. `None` (linear) leaves them free, for squared error or
            `BinaryCrossentropy(from_logits=True)`. `"tanh"` keeps them in (-1, 1) and `"relu"` at 0 or
            above, both for squared error only; where a ReLU gives 0 it passes no gradient on, and the
            pixel may stay black.
        kernel_initializer: a Keras initializer (or its name) for every layer's weights.
        image_shape: `(height, width)`, or `(height, width, channels)` with up to four channels.

    Raises:
        ValueError: as `build_encoder`, and for a softmax, under which the pixels of an image add up to 1.
    """
    code_size = check_code_size(code_size)
    image_shape = _check_image_shape(image_shape)
    check_output_activation(output_activation)
    layers = [keras.Input((code_size,), name="codes")]
    layers += _hidden_layers(_check_widths(widths), activation, kernel_initializer)
    layers += [
        keras.layers.Dense(
            math.prod(image_shape),
            output_activation,
            kernel_initializer=_fresh(kernel_initializer),
            name="pixels",
        ),
        keras.layers.Reshape(image_shape, name="reconstructions"),
    ]
    return keras.Sequential(layers, name="decoder")


def build_autoencoder(
    code_size: int,
    widths: Sequence[int] = (),
    activation: str = "relu",
    code_activation: str | None = None,
    output_activation: str | None = "sigmoid",
    kernel_initializer="glorot_uniform",
    seed: int | None = None,
    image_shape: tuple[int, ...] = IMAGE_SHAPE,
) -> tuple[keras.Model, keras.Model, keras.Model]:
    """Return `(encoder, decoder, autoencoder)`: three models that share one set of weights.

    The decoder mirrors the encoder's `widths`. Training the autoencoder trains the two halves.

    Args:
        seed: where given, sets Keras' global seed first, so that the initial weights are the same each time.
        code_size, widths, activation, code_activation, output_activation, kernel_initializer, image_shape:
            as in `build_encoder` and `build_decoder`.

    Raises:
        ValueError: as `build_encoder` and `build_decoder`, and for a seed that is not a whole number.
    """
    widths = _check_widths(widths)
    if seed is not None:
        keras.utils.set_random_seed(check_seed(seed))
    encoder = build_encoder(
        code_size, widths, activation, code_activation, kernel_initializer, image_shape=image_shape
    )
    decoder = build_decoder(
        code_size, widths[::-1], activation, output_activation, kernel_initializer, image_shape=image_shape
    )
    return encoder, decoder, join(encoder, decoder)


def join(encoder: keras.Model, decoder: keras.Model) -> keras.Model:
    """Return the autoencoder $f_D(f_E(x))$ of two halves, which go on sharing their weights with it.

    Raises:
        ValueError: for what are no models, and if the decoder does not take codes of the size that the
            encoder gives.
    """
    if not all(isinstance(half, keras.Model) for half in (encoder, decoder)):
        raise ValueError(
            f"encoder and decoder must be Keras models, got {type(encoder).__name__} and "
            f"{type(decoder).__name__}: pass what build_encoder and build_decoder give"
        )
    gives, takes = encoder.output_shape[1:], decoder.input_shape[1:]
    if gives != takes:
        raise ValueError(
            f"the encoder gives codes of shape {gives}, the decoder takes {takes}: "
            f"build both with the same code_size"
        )
    images = keras.Input(encoder.input_shape[1:], name="images")
    return keras.Model(images, decoder(encoder(images)), name="autoencoder")


def check_seed(seed) -> int:
    """Return `seed` as an int.

    Raises:
        ValueError: if it is not a whole number from 0 to 2**32 - 1, as NumPy wants it.
    """
    return check_whole(seed, "seed", "use 0, say", at_least=0, at_most=2**32 - 1)


def _check_widths(widths) -> tuple[int, ...]:
    try:
        given = () if isinstance(widths, str | bytes) else widths
        units = tuple(given)
    except TypeError:  # a number
        given, units = (), ()
    if given is not widths:
        raise ValueError(
            f"widths must be a sequence such as (128,), got {widths!r}: write one hidden layer of 128 units "
            f"as (128,), with its comma, and none as ()"
        )
    remedy = f"in {units} it is how many units each hidden layer has"
    return tuple(check_whole(width, "each of the widths", remedy) for width in units)


def _check_image_shape(image_shape) -> tuple[int, ...]:
    shape = tuple(image_shape) if isinstance(image_shape, Sequence | np.ndarray) else ()
    if isinstance(image_shape, str) or len(shape) not in (2, 3):
        raise ValueError(
            f"image_shape must be (height, width) or (height, width, channels), got {image_shape!r}: pass "
            f"that of one image, x_train.shape[1:]"
        )
    remedy = f"in image_shape={shape} it counts "
    sides = [check_whole(side, "a side", remedy + "pixels") for side in shape[:2]]
    return (
        *sides,
        *(check_whole(count, "the last part", remedy + "channels", at_most=4) for count in shape[2:]),
    )


def _hidden_layers(widths, activation, kernel_initializer) -> list[keras.layers.Layer]:
    return [
        keras.layers.Dense(
            width, activation, kernel_initializer=_fresh(kernel_initializer), name=f"hidden_{i}"
        )
        for i, width in enumerate(widths, start=1)
    ]


def _fresh(initializer):
    """Return a copy of an initializer object: one object would start all layers of a shape alike."""
    if isinstance(initializer, keras.initializers.Initializer):
        return initializer.clone()
    return initializer
