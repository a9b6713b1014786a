"""What the figures share: images of any size, grey or in colour, as matplotlib can draw them."""

from aeutils.checks import check_images
import numpy as np

_GAP = 2  # pixels between two images


def check_pictures(images, name: str = "images", high: float = 1) -> np.ndarray:
    """Return images that can be drawn as an array, grey `(n, height, width)` or `(n, height, width, 3 or 4)`.

    Their values are returned as they are. Colours have three channels, or four with the opacity; a channel
    of its own for grey, `(n, height, width, 1)`, is taken away.

    Args:
        high: what is drawn as white.

    Raises:
        ValueError: for what `check_images` refuses but for the range and dtype, for two channels, and for
            whole numbers above `high`, such as grey levels up to 255.
    """
    array = None
    if hasattr(images, "__array__") or isinstance(images, list | tuple):
        try:
            array = np.asarray(images)
        except ValueError:  # images of several sizes, which the check has words for
            array = None
    if array is None or not np.issubdtype(array.dtype, np.number) and array.dtype != bool:
        array = check_images(images, name)
    check_images(np.broadcast_to(np.float32(0), array.shape), name)  # the shape alone
    if np.issubdtype(array.dtype, np.integer) and array.max() > high:
        raise ValueError(
            f"{name} must be at most {high:g}, which is drawn as white, got {array.dtype} up to "
            f"{array.max()}: divide by 255"
        )
    channels = array.shape[3] if array.ndim == 4 else None
    if channels == 2:
        raise ValueError(
            f"{name} must be grey or have 3 or 4 channels to be drawn, got {array.shape}: "
            f"leave out the opacity: images[..., 0]"
        )
    return array[..., 0] if channels == 1 else array


def scaled(images: np.ndarray, low: float = 0, high: float = 1) -> np.ndarray:
    """Return images in colour with `low` as 0 and `high` as 1, clipped to [0, 1]; grey ones as they are.

    matplotlib applies a scale to grey images alone. The opacity has no scale: it is clipped only.
    """
    if images.ndim == 3:
        return images
    colours = (images[..., :3] - low) / (high - low)
    return np.clip(np.concatenate([colours, images[..., 3:]], axis=-1), 0, 1)


def mosaic(images: np.ndarray, columns: int, gap: int = _GAP) -> np.ndarray:
    """Return one picture of all images, row by row, with gaps that matplotlib leaves blank.

    In grey they are NaN; pictures in colour get an opacity, which is 0 there.
    """
    if images.ndim == 4 and images.shape[-1] == 3:
        images = np.concatenate([images, np.ones_like(images[..., :1])], axis=-1)
    n, height, width = images.shape[:3]
    columns = min(columns, n)
    rows = -(-n // columns)
    size = (rows * (height + gap) - gap, columns * (width + gap) - gap, *images.shape[3:])
    picture = np.full(size, np.nan if images.ndim == 3 else 0.0)
    for i, image in enumerate(images):
        top, left = (i // columns) * (height + gap), (i % columns) * (width + gap)
        picture[top : top + height, left : left + width] = image
    return picture
