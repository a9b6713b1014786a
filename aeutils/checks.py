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
_COLLECTED = (
    "collect all images in one array, np.stack(list(images)); from batches, np.concatenate(list(batches)); "
    "from batches with labels, np.concatenate([images for images, labels in batches])"
)


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
        raise ValueError(
            f"{name} must lie in [0, 1], got {array.shape} with minimum {low:.7g} and maximum {high:.7g}: "
            f"{_remedy_for_range(low, high)}"
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
    array = _as_array(images, name, shape)
    expected = "(n, height, width) or (n, height, width, channels)"
    if shape is not None:
        expected = f"(n, {', '.join(map(str, shape))})"
    if not _are_images(array.shape) or (shape is not None and array.shape[1:] != tuple(shape)):
        remedy = _remedy_for_any_size(array.shape) if shape is None else _remedy(array.shape, tuple(shape))
        raise ValueError(f"{name} must be {expected}, got {array.shape}: {remedy}")
    if array.size == 0:
        raise ValueError(f"{name} must hold at least one image, got {array.shape}: check the selection")
    if not np.issubdtype(array.dtype, np.floating):
        largest = {"uint8": 255, "uint16": 65535}.get(str(array.dtype))
        divided = f" / {largest}" if largest and array.max() > 1 else ""  # up to 1 it is black and white
        remedy = f"use .astype('float32'){divided}"
        raise ValueError(f"{name} must be floating-point numbers in [0, 1], got {array.dtype}: {remedy}")
    with np.errstate(over="ignore"):  # what overflows is reported as not finite
        return check_finite(array.astype("float32", copy=False), name, likely_cause)


def _remedy_for_range(low: float, high: float) -> str:
    clip = "clip them, np.clip(images, 0, 1)"  # as noise wants it, or what a resize leaves at edges
    if low < -0.1:
        return f"from [-1, 1] use (images + 1) / 2; undo a standardisation; if it is noise, {clip}"
    if low < -_ROUNDING or high <= 2:
        return clip
    return "divide by 255" if high <= 255 else "divide by 65535 if they have 16 bits, or by the largest value"


def _are_images(shape: tuple[int, ...]) -> bool:
    if len(shape) == 3:
        return not _is_one_with_channels(shape)
    return len(shape) == 4 and 1 <= shape[-1] <= _LARGEST_CHANNELS


def _is_one_with_channels(shape: tuple[int, ...]) -> bool:
    """Say whether a shape is that of one image with channels, rather than of many that are so narrow."""
    return len(shape) == 3 and 1 <= shape[2] <= _LARGEST_CHANNELS and min(shape[:2]) >= 8


def _as_array(images, name: str, shape: tuple[int, ...] | None) -> np.ndarray:
    """Return an array, or say what to do with a path, a data set, a pair, or images of several sizes."""
    given, remedy = None, None
    if isinstance(images, str | os.PathLike):
        given, remedy = f"the path {os.fspath(images)!r}{_state(images)}", _reading(shape, os.fspath(images))
    elif isinstance(images, np.ma.MaskedArray):
        given, remedy = "a masked array, whose mask would be ignored", "fill it, images.filled(0)"
    elif hasattr(images, "_fields"):
        given = type(images).__name__
        remedy = f"pass one of its parts, such as data.{images._fields[0]}"
    elif isinstance(images, list | tuple):
        given, remedy = _several(images, shape)
    elif not hasattr(images, "__array__") and not isinstance(images, int | float):
        given, remedy = type(images).__name__, _COLLECTED
    else:
        array = np.asarray(images)
        if array.dtype != object or array.ndim != 1:
            return array
        given, remedy = _several(list(array), shape)
        given, remedy = given or "an array of arrays", remedy or "make one of them, np.stack(list(images))"
    if remedy:
        raise ValueError(f"{name} must be an array of images, got {given}: {remedy}")
    return np.asarray(images)


def _several(parts, shape: tuple[int, ...] | None) -> tuple[str | None, str | None]:
    """Say what a list is, and how it becomes an array of images; `(None, None)` where NumPy makes one."""
    if any(part is None for part in parts):
        return "None among them", "look for the file that could not be read"
    if parts and isinstance(parts[0], str | os.PathLike):
        return f"{len(parts)} paths", _reading(shape)
    try:
        shapes = list(dict.fromkeys(np.shape(part) for part in parts))
    except ValueError:  # NumPy's words speak of an inhomogeneous shape: a part has parts that differ
        return f"a {type(parts).__name__} of {len(parts)} pairs", "pass the images alone, such as pairs[0][0]"
    words = " and ".join(map(str, shapes[:2])) + (" and others" if len(shapes) > 2 else "")
    if shapes and _are_images(shapes[0]):  # a part has many images
        if len({len(shape) for shape in shapes}) > 1 or isinstance(parts, tuple):
            twice = f"{words} twice" if len(shapes) == 1 else words
            return f"a pair, {twice}", "pass the images alone, such as its first part"
        return f"{len(parts)} arrays of images", "make one of them, np.concatenate(arrays)"
    if len(shapes) < 2:
        return None, None
    if len({shape[:2] for shape in shapes}) == 1:
        return (
            words,
            "make all of them grey or all of them coloured (with Pillow: image.convert('L') or 'RGB')",
        )
    return words, "resize or crop them all to one size first (with Pillow: image.resize((width, height)))"


def _reading(shape: tuple[int, ...] | None, folder: str = "my_folder") -> str:
    """Say how picture files become the array that is wanted."""
    height, width, *channels = shape or IMAGE_SHAPE
    mode = {3: "RGB", 4: "RGBA"}.get(*channels or [1], "L")
    opened = f"Image.open(path).convert({mode!r}).resize(({width}, {height}))"
    axis = "[..., None]" if channels == [1] else ""
    return (
        f"read the files, with Pillow's Image and pathlib's Path: np.stack([np.asarray({opened}, 'float32')"
        f"{axis} / 255 for path in sorted(Path({folder!r}).glob('*.png'))])"
    )


def _state(path) -> str:
    if not os.path.exists(path):
        return ", which does not exist"
    return ", an empty folder" if os.path.isdir(path) and not os.listdir(path) else ""


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
    if _is_one_with_channels(shape):
        steps.append("put a single image into an array: images[None]")
        shape = (1, *shape)
    if not _are_images(shape):
        return f"pass whole images of {height} by {width} pixels, and only those{_TABLE * (len(shape) == 2)}"
    if shape[1:3] != (height, width):
        steps.append(
            f"resize them to {height} by {width} before they become an array (with Pillow: "
            f"image.resize(({width}, {height})))"
        )
    has = shape[3] if len(shape) == 4 else 1
    if grey and has > 1:
        colours = "[..., :1]" if has == 2 else "[..., :3]"  # without the opacity, which comes last
        steps.append(f"make them grey: images{colours}.mean(axis=-1{', keepdims=True' * bool(channels)})")
    elif channels and has > channels[0]:
        steps.append(f"leave the opacity out: images[..., :{channels[0]}]")
    elif channels and has < channels[0]:
        axis = "[..., None]" if len(shape) == 3 else "[..., :1]"
        steps.append(f"repeat the grey in each channel: np.repeat(images{axis}, {channels[0]}, axis=-1)")
    return ", and ".join(steps) or f"pass images of the shape {wanted}"


def _remedy_for_any_size(shape: tuple[int, ...]) -> str:
    if len(shape) == 4:
        if shape[1] in (1, 3, 4):
            return "move the channels to the end: np.moveaxis(images, 1, -1)"
        return f"at most {_LARGEST_CHANNELS} channels, in the last axis; pass one array of images"
    if _is_one_with_channels(shape) or (len(shape) == 2 and shape[0] == shape[1]):
        return "for a single image use images[None]"
    if len(shape) == 2:
        side = math.isqrt(shape[1])
        sides = f"{side}, {side}" if side * side == shape[1] and side >= 8 else "height, width"
        return f"for flat images use .reshape(-1, {sides}){_TABLE}"
    return "pass whole images"
