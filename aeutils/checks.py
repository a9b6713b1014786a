"""Checks of what a reader passes in: each error says what was given, what was expected and what to do."""

import numpy as np

IMAGE_SHAPE = (28, 28)
_ROUNDING = 1e-6  # float32 arithmetic may leave [0, 1] by this much


def check_images(images, name: str = "images") -> np.ndarray:
    """Return `images` as float32 `(n, 28, 28)` in [0, 1].

    Raises:
        ValueError: for another shape or dtype, no image at all, NaN or infinity, or pixels outside [0, 1].
    """
    array = _check_shape_and_numbers(images, name)
    low, high = float(array.min()), float(array.max())
    if low < -_ROUNDING or high > 1 + _ROUNDING:
        eight_bit = low >= 0 and 2 < high <= 255  # up to 2, noise that was not clipped is likelier
        remedy = "divide by 255" if eight_bit else "rescale or clip the pixels to [0, 1]"
        raise ValueError(
            f"{name} must be (n, 28, 28) in [0, 1], got {array.shape} with minimum {low:.7g} and "
            f"maximum {high:.7g}: {remedy}"
        )
    return array


def check_reconstructions(images, reconstructions) -> tuple[np.ndarray, np.ndarray]:
    """Return images and their reconstructions as float32 arrays of one shape `(n, 28, 28)`.

    The images must lie in [0, 1]; reconstructions may leave it, as those of PCA do.

    Raises:
        ValueError: as `check_images`, and where the two shapes differ.
    """
    images = check_images(images)
    reconstructions = _check_shape_and_numbers(reconstructions, "reconstructions")
    if images.shape != reconstructions.shape:
        raise ValueError(
            f"images and reconstructions must have one shape, got {images.shape} and "
            f"{reconstructions.shape}: pass the reconstructions of exactly these images"
        )
    return images, reconstructions


def check_codes(codes, code_size: int) -> np.ndarray:
    """Return `codes` as a float32 array `(n, code_size)`.

    Raises:
        ValueError: for another shape, no code at all, NaN or infinity.
    """
    array = np.asarray(codes)
    if array.ndim != 2 or array.shape[1] != code_size or len(array) == 0:
        raise ValueError(
            f"codes must be (n, {code_size}), got {array.shape}: "
            f"pass what this model's encoder returns, one row an image"
        )
    return _as_float32(array, "codes")


def check_code_size(code_size, at_most: int | None = None) -> int:
    """Return `code_size` as an int.

    Raises:
        ValueError: if it is not a whole number of at least 1 (and at most `at_most`).
    """
    if not is_whole(code_size) or code_size < 1 or (at_most is not None and code_size > at_most):
        bound = "at least 1" if at_most is None else f"from 1 to {at_most}"
        raise ValueError(
            f"code_size must be a whole number, {bound}, got {code_size!r}: "
            f"it is how many numbers the code of one image has"
        )
    return int(code_size)


def check_finite(array: np.ndarray, name: str) -> np.ndarray:
    """Return `array` as it is.

    Raises:
        ValueError: for NaN or infinity in it.
    """
    bad = int(np.size(array) - np.isfinite(array).sum())
    if bad:
        raise ValueError(
            f"{name} must be finite, got {bad} NaN or infinite values in {array.shape}: "
            f"find where they arise before going on (often a learning rate that is too high)"
        )
    return array


def is_whole(number) -> bool:
    """Say whether `number` is an integer of Python or NumPy; True and False are none."""
    return isinstance(number, int | np.integer) and not isinstance(number, bool)


def _check_shape_and_numbers(images, name: str) -> np.ndarray:
    array = np.asarray(images)
    if array.ndim != 3 or array.shape[1:] != IMAGE_SHAPE:
        if array.size and array.size % (28 * 28) == 0:
            remedy = "use .reshape(-1, 28, 28)"
        else:
            remedy = "pass whole images of 28 by 28 pixels"
        raise ValueError(f"{name} must be (n, 28, 28), got {array.shape}: {remedy}")
    if len(array) == 0:
        raise ValueError(f"{name} must hold at least one image, got {array.shape}: check the selection")
    if not np.issubdtype(array.dtype, np.floating):
        remedy = ".astype('float32') / 255" if array.dtype == np.uint8 else ".astype('float32')"
        raise ValueError(f"{name} must be floating-point numbers in [0, 1], got {array.dtype}: use {remedy}")
    return _as_float32(array, name)


def _as_float32(array: np.ndarray, name: str) -> np.ndarray:
    with np.errstate(over="ignore"):  # what overflows is reported as not finite
        return check_finite(array.astype("float32", copy=False), name)
