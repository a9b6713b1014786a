"""Checks of a network before its first step: what it takes, what it gives, and losses of its own.

Keras lets shapes that differ broadcast, and adds up what should have been averaged. A training then runs and
says nothing.
"""

import math
import re

from aeutils.checks import check_images
import keras
import numpy as np

_IMAGES = 7  # in the batch that is traced: a number that a shape seldom has otherwise


def check_is_model(autoencoder) -> None:
    """Raise ValueError for what is no Keras model, such as the three that `build_autoencoder` gives."""
    if not isinstance(autoencoder, keras.Model):
        remedy = (
            "build_autoencoder gives three: pass the last" if isinstance(autoencoder, tuple) else "pass one"
        )
        raise ValueError(f"autoencoder must be a Keras model, got {type(autoencoder).__name__}: {remedy}")


def check_untrained(autoencoder: keras.Model) -> None:
    """Refuse a network that was trained before: its numbers would be those of both trainings."""
    steps = int(autoencoder.optimizer.iterations) if getattr(autoencoder, "optimizer", None) else 0
    if steps:
        raise ValueError(
            f"this network has been trained already, got one with {steps} steps behind it: run the cell that "
            f"builds it once more, then this one; to train it further on purpose, call its own fit"
        )


def check_images_for(network: keras.Model, images, name: str) -> np.ndarray:
    """Return `images` as `check_images` does, of the shape that a network takes where that is known.

    Raises:
        ValueError: as `check_images`, and for a network that takes no images.
    """
    takes = _input_shape(network)
    if isinstance(takes, list):
        raise ValueError(
            f"the network must take images alone, got {len(takes)} inputs: train one with one input, "
            f"keras.Model(images, reconstructions)"
        )
    if takes is None:
        return check_images(images, name)
    if len(takes) not in (2, 3):
        shape = check_images(images, name).shape[1:]
        remedy = f"begin with keras.Input({shape}) and layers.Flatten(), and {_ending(shape)}"
        if takes != (math.prod(shape),):
            remedy = "if it is a decoder, join it with an encoder: aeutils.models.join(encoder, decoder)"
        raise ValueError(
            f"the network must take images {_batch(shape)}, got one that takes {_batch(takes)}: {remedy}"
        )
    try:
        return check_images(images, name, takes)
    except ValueError as error:
        try:
            shape = check_images(images, name).shape[1:]
        except ValueError:
            raise error from None
        remedy = f"or build the network for such images, with image_shape={shape}"
        raise ValueError(f"{error}, {remedy}") from None


def check_network(network: keras.Model, shape: tuple[int, ...]) -> None:
    """Trace a network for images of a shape, which changes no state; one that is not built is built.

    Raises:
        ValueError: for a network that cannot take the images, gives anything but one array of their shape,
            or adds a loss of its own that is not one number.
    """
    try:
        if not network.built:
            network(keras.KerasTensor((None, *shape)))
        probe = _Probe(network)
        output = probe(keras.KerasTensor((_IMAGES, *shape)))
    except Exception as error:
        raise ValueError(
            f"the network must take images {_batch(shape)}, and fails on them ({_in_a_line(error)}): "
            f"call it on two of them, network(x_train[:2]), and mend what fails"
        ) from error
    if isinstance(output, list | tuple) and len(output) == 1:
        output = output[0]
    if isinstance(output, dict | list | tuple):
        raise ValueError(
            f"the network must give reconstructions alone, got a {type(output).__name__} of {len(output)}: "
            f"train one with one output, keras.Model(images, reconstructions)"
        )
    _check_output_shape(tuple(output.shape), shape)
    for loss_shape in probe.loss_shapes:
        _check_own_loss(loss_shape)


class _Probe(keras.layers.Layer):
    """Calls a network as training does, but changes no state; `loss_shapes` are those of its own losses."""

    def __init__(self, network):
        super().__init__()
        self.network, self.loss_shapes = network, []

    def call(self, images):
        with keras.StatelessScope(collect_losses=True) as scope:
            output = self.network(images, training=True)
        self.loss_shapes = [tuple(loss.shape) for loss in scope.losses]
        return output


def _input_shape(network) -> tuple[int, ...] | list | None:
    """Return the shape of one image that a network takes, a list for several inputs, `None` if not known."""
    try:
        shape = network.input_shape
    except (AttributeError, ValueError):  # not built, or subclassed
        return None
    if isinstance(shape, dict | list) and len(shape) > 1:
        return list(shape)
    known = isinstance(shape, tuple) and all(isinstance(side, int) for side in shape[1:])
    return shape[1:] if known else None


def _check_output_shape(found: tuple, shape: tuple[int, ...]) -> None:
    wanted = (_IMAGES, *shape)
    if len(found) == len(wanted) and all(a in (None, b) for a, b in zip(found, wanted, strict=True)):
        return
    gives = found[1:]
    if found[:1] not in ((_IMAGES,), (None,)):
        gives, remedy = found, "its first axis counts the images, which must not be mixed with their pixels"
        raise ValueError(
            f"the network must give one image for each image, got {gives} for {_IMAGES}: {remedy}"
        )
    if None not in gives and _without_ones(gives) in (_without_ones(shape), (math.prod(shape),)):
        remedy = _ending(shape)
    elif len(gives) == 1:
        remedy = "if it is an encoder, join it with a decoder: aeutils.models.join(encoder, decoder)"
    elif gives[:2] == shape[:2]:
        channels = shape[2] if len(shape) == 3 else 1
        remedy = f"give its last layer as many channels as the images have, {channels}, and {_ending(shape)}"
    else:
        remedy = f"change its last layers until they give images of the shape {shape}"
    raise ValueError(f"the network must give images {_batch(shape)}, got {_batch(gives)}: {remedy}")


def _check_own_loss(found: tuple) -> None:
    """Refuse a loss of a layer's own that is several numbers, by its shape: Keras would add them up."""
    if not found:
        return
    if found[0] != _IMAGES:
        got, remedy = found, "make it one number, with keras.ops.sum(...) or keras.ops.mean(...)"
    elif len(found) == 1:
        got, remedy = _batch(()), "take keras.ops.mean(...) of it"
    else:
        got = _batch(found[1:])
        remedy = (
            f"add up the numbers of each image and take the mean over the images, "
            f"keras.ops.mean(keras.ops.sum(..., axis={tuple(range(1, len(found)))}))"
        )
    raise ValueError(
        f"a loss that a layer adds (add_loss or activity_regularizer) must be one number, got the shape "
        f"{got}, whose numbers would be added up: {remedy}, in a layer that calls add_loss; what an "
        f"activity_regularizer returns is divided by the number of images from Keras 3.14 on, and not before"
    )


def _ending(shape) -> str:
    return f"end with layers.Reshape({shape})"


def _without_ones(shape) -> tuple[int, ...]:
    return tuple(side for side in shape if side != 1)


def _batch(shape) -> str:
    return f"({', '.join(map(str, ('n', *shape)))}{',' * (not shape)})"


def _in_a_line(error: Exception) -> str:
    """Return what an error says in one line; Keras reports the cause in bold type, or at the end."""
    while "'_error_repr'" in str(error) and error.__context__:  # of JAX, whose errors Keras fails to rewrite
        error = error.__context__
    said = re.split(r"\x1b\[1m|Error encountered:", str(error))[-1].split("\x1b[0m")[0].strip()
    return f"{type(error).__name__}: {said.splitlines()[0] if said else ''}"
