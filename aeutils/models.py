"""Builders of dense autoencoders: images `(28, 28)` in, images `(28, 28)` out.

Chapter 1 writes these networks out layer by layer; the builders spare the later chapters the repetition.
"""

from collections.abc import Sequence
from numbers import Integral

from aeutils.checks import IMAGE_SHAPE, check_code_size
import keras

PIXELS = IMAGE_SHAPE[0] * IMAGE_SHAPE[1]


def build_encoder(
    code_size: int,
    widths: Sequence[int] = (),
    activation: str = "relu",
    code_activation: str | None = None,
    kernel_initializer="glorot_uniform",
) -> keras.Model:
    """Return a dense encoder, images `(n, 28, 28)` to codes `(n, code_size)`.

    Args:
        code_size: how many numbers the code of one image has.
        widths: units of the hidden layers, from the image to the code.
        activation: of the hidden layers.
        code_activation: of the code; `None` is a linear code.
        kernel_initializer: a Keras initializer (or its name) for every layer's weights.

    Raises:
        ValueError: if the code size or a width is not a whole number of at least 1.
    """
    code_size = check_code_size(code_size)
    layers = [keras.Input(IMAGE_SHAPE, name="images"), keras.layers.Flatten(name="flatten")]
    layers += _hidden_layers(widths, activation, kernel_initializer)
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
) -> keras.Model:
    """Return a dense decoder, codes `(n, code_size)` to images `(n, 28, 28)`.

    Args:
        code_size: how many numbers the code of one image has.
        widths: units of the hidden layers, from the code to the image.
        activation: of the hidden layers.
        output_activation: of the pixels; the sigmoid keeps them in (0, 1), `None` leaves them free.
        kernel_initializer: a Keras initializer (or its name) for every layer's weights.

    Raises:
        ValueError: if the code size or a width is not a whole number of at least 1.
    """
    code_size = check_code_size(code_size)
    layers = [keras.Input((code_size,), name="codes")]
    layers += _hidden_layers(widths, activation, kernel_initializer)
    layers += [
        keras.layers.Dense(
            PIXELS, output_activation, kernel_initializer=_fresh(kernel_initializer), name="pixels"
        ),
        keras.layers.Reshape(IMAGE_SHAPE, name="reconstructions"),
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
) -> tuple[keras.Model, keras.Model, keras.Model]:
    """Return `(encoder, decoder, autoencoder)`: three models that share one set of weights.

    The decoder mirrors the encoder's `widths`. Training the autoencoder trains the two halves.

    Args:
        seed: where given, sets Keras' global seed first, so that the initial weights are the same each time.
        code_size, widths, activation, code_activation, output_activation, kernel_initializer:
            as in `build_encoder` and `build_decoder`.

    Raises:
        ValueError: if the code size or a width is not a whole number of at least 1.
    """
    if seed is not None:
        keras.utils.set_random_seed(seed)
    encoder = build_encoder(code_size, widths, activation, code_activation, kernel_initializer)
    decoder = build_decoder(
        code_size, tuple(reversed(tuple(widths))), activation, output_activation, kernel_initializer
    )
    return encoder, decoder, join(encoder, decoder)


def join(encoder: keras.Model, decoder: keras.Model) -> keras.Model:
    """Return the autoencoder $f_D(f_E(x))$ of two halves, which go on sharing their weights with it.

    Raises:
        ValueError: if the decoder does not take codes of the size that the encoder gives.
    """
    gives, takes = encoder.output_shape[1:], decoder.input_shape[1:]
    if gives != takes:
        raise ValueError(
            f"the encoder gives codes of shape {gives}, the decoder takes {takes}: "
            f"build both with the same code_size"
        )
    images = keras.Input(encoder.input_shape[1:], name="images")
    return keras.Model(images, decoder(encoder(images)), name="autoencoder")


def _hidden_layers(widths, activation, kernel_initializer) -> list[keras.layers.Layer]:
    for width in widths:
        whole = isinstance(width, Integral) and not isinstance(width, bool)
        if not whole or width < 1:
            raise ValueError(
                f"widths must be whole numbers of at least 1, got {width!r} in {tuple(widths)}: "
                f"it is how many units each hidden layer has"
            )
    return [
        keras.layers.Dense(
            int(width), activation, kernel_initializer=_fresh(kernel_initializer), name=f"hidden_{i}"
        )
        for i, width in enumerate(widths, start=1)
    ]


def _fresh(initializer):
    """Return a copy of an initializer object: one object would start all layers of a shape alike."""
    if isinstance(initializer, keras.initializers.Initializer):
        return initializer.clone()
    return initializer
