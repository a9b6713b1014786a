"""Checks of what a reader passes in: each error says what was given, what was expected and what to do."""

import math
import os

import numpy as np

IMAGE_SHAPE = (28, 28)  # of MNIST, and what the builders of `aeutils.models` take unless told otherwise

_ROUNDING = 1e-6  # float32 arithmetic may leave [0, 1] by this much
_LARGEST_CHANNELS = 4  # grey, grey and opacity, colour, colour and opacity
_IN_DATA = "a missing value or a division by zero, for instance"
_IN_A_NETWORK = "often a learning rate that is too high"
_TABLE = (
    "; a table is not made of images: standardise its columns, build a network with a linear output, "
    "and call the network's own compile and fit with the squared error"
)
_OPENED = "np.asarray(Image.open(path).convert('L').resize((28, 28)), 'float32') / 255"


def check_images(images, name: str = "images", shape: tuple[int, ...] | None = None) -> np.ndarray:
    """Return `images` as float32 `(n, height, width)` or `(n, height, width, channels)` in [0, 1].

    Args:
        images: an array, or a list of images of one size; one to four channels.
        name: what messages call them.
        shape: what one image has to be, such as (28, 28); any size if it is not given.

    Raises:
        ValueError: for what is no array of images, another shape or dtype, no image at all, NaN or infinity,
            or pixels outside [0, 1].
    """
    array = _check_shape_and_numbers(images, name, shape, _IN_DATA)
    low, high = float(array.min()), float(array.max())
    if low < -_ROUNDING or high > 1 + _ROUNDING:
        eight_bit = low >= 0 and 2 < high <= 255  # up to 2, noise that was not clipped is likelier
        remedy = "divide by 255" if eight_bit else "rescale or clip the pixels to [0, 1]"
        raise ValueError(
            f"{name} must lie in [0, 1], got {array.shape} with minimum {low:.7g} and maximum {high:.7g}: "
            f"{remedy}"
        )
    return array


def check_reconstructions(images, reconstructions) -> tuple[np.ndarray, np.ndarray]:
    """Return images and their reconstructions as float32 arrays of one shape, that of `check_images`.

    The images must lie in [0, 1]; reconstructions may leave it, as those of PCA do.

    Raises:
        ValueError: as `check_images`, and where the two shapes differ.
    """
    images = check_images(images)
    reconstructions = _check_shape_and_numbers(
        reconstructions, "reconstructions", images.shape[1:], _IN_A_NETWORK
    )
    if images.shape != reconstructions.shape:
        raise ValueError(
            f"images and reconstructions must have one shape, got {images.shape} and "
            f"{reconstructions.shape}: pass the reconstructions of exactly these images"
        )
    return images, reconstructions


def check_whole(number, name: str, remedy: str, at_least: int = 1, at_most: int | None = None) -> int:
    """Return `number` as an int.

    Args:
        remedy: the end of the message, such as what the number counts.

    Raises:
        ValueError: if it is not a whole number of Python's or NumPy's, or out of bounds. True is none.
    """
    whole = isinstance(number, int | np.integer) and not isinstance(number, bool)
    if not whole or number < at_least or (at_most is not None and number > at_most):
        bounds = f"of at least {at_least}" if at_most is None else f"from {at_least} to {at_most}"
        got = f"an array {np.shape(number)}" if np.ndim(number) else repr(number)
        raise ValueError(f"{name} must be a whole number {bounds}, got {got}: {remedy}")
    return int(number)


def check_code_size(code_size, at_most: int | None = None) -> int:
    """Return `code_size` as an int.

    Raises:
        ValueError: if it is not a whole number of at least 1 (and at most `at_most`).
    """
    remedy = "it is how many numbers the code of one image has"
    return check_whole(code_size, "code_size", remedy, at_most=at_most)


def check_finite(array: np.ndarray, name: str, likely_cause: str = _IN_A_NETWORK) -> np.ndarray:
    """Return `array` as it is.

    Raises:
        ValueError: for NaN or infinity in it.
    """
    bad = int(np.size(array) - np.isfinite(array).sum())
    if bad:
        raise ValueError(
            f"{name} must be finite, got {bad} NaN or infinite values in {array.shape}: "
            f"find where they arise before going on ({likely_cause})"
        )
    return array


def _check_shape_and_numbers(images, name, shape, likely_cause) -> np.ndarray:
    array = _as_array(images, name)
    expected = "(n, height, width) or (n, height, width, channels)"
    if shape is not None:
        expected = f"(n, {', '.join(map(str, shape))})"
    if not _are_images(array.shape) or (shape is not None and array.shape[1:] != tuple(shape)):
        remedy = _remedy_for_any_size(array.shape) if shape is None else _remedy(array.shape, tuple(shape))
        raise ValueError(f"{name} must be {expected}, got {array.shape}: {remedy}")
    if array.size == 0:
        raise ValueError(f"{name} must hold at least one image, got {array.shape}: check the selection")
    if not np.issubdtype(array.dtype, np.floating):
        remedy = ".astype('float32') / 255" if array.dtype == np.uint8 else ".astype('float32')"
        raise ValueError(f"{name} must be floating-point numbers in [0, 1], got {array.dtype}: use {remedy}")
    with np.errstate(over="ignore"):  # what overflows is reported as not finite
        return check_finite(array.astype("float32", copy=False), name, likely_cause)


def _are_images(shape: tuple[int, ...]) -> bool:
    return (len(shape) == 3 and not _is_one_in_colour(shape)) or (
        len(shape) == 4 and 1 <= shape[-1] <= _LARGEST_CHANNELS
    )


def _is_one_in_colour(shape: tuple[int, ...]) -> bool:
    """Say whether a shape is that of a single image in colour, rather than of many images 3 pixels wide."""
    return len(shape) == 3 and shape[2] in (3, 4) and min(shape[:2]) >= 8


def _as_array(images, name: str) -> np.ndarray:
    """Return an array, or say what to do with a path, a data set, a pair, or images of several sizes."""
    if isinstance(images, str | os.PathLike):
        raise ValueError(
            f"{name} must be an array of images, got the path {os.fspath(images)!r}: read the files, with "
            f"Pillow's Image: np.stack([{_OPENED} for path in paths])"
        )
    if isinstance(images, tuple | list) and len(images) == 2 and _is_set_of_images(images[0]):
        raise ValueError(
            f"{name} must be one array of images, got a pair, {_shape_in_words(images[0])} and "
            f"{_shape_in_words(images[1])}: pass the images alone, such as its first part"
        )
    if not hasattr(images, "__array__") and not isinstance(images, list | tuple | int | float):
        raise ValueError(
            f"{name} must be an array of images, got {type(images).__name__}: collect all images in one "
            f"array; from a data set of batches, np.concatenate(list(batches))"
        )
    try:
        array = np.asarray(images)
    except ValueError:  # NumPy's words speak of an inhomogeneous shape
        array = None
    if array is None or array.dtype == object:
        shapes = list(dict.fromkeys(_shape_in_words(image) for image in images))
        several = " and ".join(shapes[:2]) + (" and others" if len(shapes) > 2 else "")
        raise ValueError(
            f"{name} must be images of one size, got {several}: resize or crop them all to one size before "
            f"they become an array (with Pillow: image.resize((width, height)))"
        )
    return array


def _is_set_of_images(part) -> bool:
    """Say whether a part of a pair is itself many images, as where `(images, labels)` was given."""
    try:
        shape = np.shape(part)
    except ValueError:  # a pair of pairs, as `load_data()` gives them
        return True
    return len(shape) >= 3 and not _is_one_in_colour(shape)


def _shape_in_words(part) -> str:
    try:
        return str(np.shape(part))
    except ValueError:  # of a list of parts that differ
        return f"a {type(part).__name__} of {len(part)}"


def _remedy(shape: tuple[int, ...], wanted: tuple[int, ...]) -> str:
    """Say how arrays of a shape become images of the wanted one; never by a reshape that mixes pixels."""
    reshape = f"use .reshape(-1, {', '.join(map(str, wanted))})"
    height, width, *channels = wanted
    grey = not channels or channels == [1]
    if grey and shape in ((height, width), (height, width, 1)):
        return reshape
    if grey and shape[1:] in ((height, width), (height, width, 1), (1, height, width)):
        return reshape
    if len(shape) == 2 and shape[1] == math.prod(wanted):
        return reshape
    steps = []
    if len(shape) == 4 and shape[1] in (1, 3, 4) and shape[-1] > _LARGEST_CHANNELS:
        steps.append("move the channels to the end: np.moveaxis(images, 1, -1)")
        shape = (shape[0], *shape[2:], shape[1])
    if _is_one_in_colour(shape):
        steps.append("put a single image in colour into an array: images[None]")
        shape = (1, *shape)
    if not _are_images(shape):
        return f"pass whole images of {height} by {width} pixels, and only those{_TABLE * (len(shape) == 2)}"
    if shape[1:3] != (height, width):
        steps.append(f"resize them to {height} by {width} (with Pillow: image.resize(({width}, {height})))")
    has = shape[3] if len(shape) == 4 else 1
    if grey and has > 1:
        colours = "[..., :1]" if has == 2 else "[..., :3]"  # without the opacity, which comes last
        steps.append(f"make them grey: images{colours}.mean(axis=-1{', keepdims=True' * bool(channels)})")
    elif channels and has != channels[0]:
        steps.append(f"pass images with {channels[0]} channels")
    return ", and ".join(steps) or f"pass images of the shape {wanted}"


def _remedy_for_any_size(shape: tuple[int, ...]) -> str:
    if len(shape) == 4:
        if shape[1] in (1, 3, 4):
            return "move the channels to the end: np.moveaxis(images, 1, -1)"
        return f"at most {_LARGEST_CHANNELS} channels, in the last axis; pass one array of images"
    if len(shape) == 2 and shape[0] == shape[1]:
        return "for a single image use images[None]"
    if len(shape) == 2:
        side = math.isqrt(shape[1])
        if side * side == shape[1] and side >= 8:
            return f"use .reshape(-1, {side}, {side})"
        return f"for flat images use .reshape(-1, height, width){_TABLE}"
    if _is_one_in_colour(shape):
        return "for a single image in colour use images[None]"
    return "pass whole images"
