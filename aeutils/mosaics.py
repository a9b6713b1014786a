"""Many small images as one large one, for formats whose header is longer than a small image."""

import io
import math

import numpy as np
from PIL import Image


def mosaic(images: np.ndarray) -> np.ndarray:
    """Return images `(n, height, width)` side by side in rows, as near to a square as can be.

    Places that are left over are black.

    Raises:
        ValueError: for no images, or arrays of another form.
    """
    images = np.asarray(images)
    if images.ndim != 3 or 0 in images.shape:
        raise ValueError(f"images must be (n, height, width), got {images.shape}: pass grey images")
    n, height, width = images.shape
    columns = math.isqrt(n - 1) + 1
    rows = -(-n // columns)
    places = np.zeros((rows * columns, height, width), images.dtype)
    places[:n] = images
    grid = places.reshape(rows, columns, height, width).swapaxes(1, 2)
    return grid.reshape(rows * height, columns * width)


def unmosaic(large: np.ndarray, n: int, height: int = 28, width: int = 28) -> np.ndarray:
    """Return the n images of which `mosaic` made a large one.

    Raises:
        ValueError: if the large image is not made of so many.
    """
    large = np.asarray(large)
    rows, columns = large.shape[0] // height, large.shape[1] // width
    if large.shape != (rows * height, columns * width) or not 0 < n <= rows * columns:
        raise ValueError(
            f"large must be a mosaic of at least {n} images ({height}, {width}), got {large.shape}: pass "
            f"what mosaic gave"
        )
    return large.reshape(rows, height, columns, width).swapaxes(1, 2).reshape(-1, height, width)[:n]


def as_file(image: np.ndarray, kind: str, **options) -> bytes:
    """Return a grey image, uint8 `(height, width)`, as a file of a kind that Pillow knows, such as "WEBP".

    An image of booleans becomes a file with one bit a pixel, where the kind has such.
    """
    file = io.BytesIO()
    Image.fromarray(np.asarray(image)).save(file, kind, **options)
    return file.getvalue()


def from_file(content: bytes) -> np.ndarray:
    """Return the grey image of a file, uint8 `(height, width)`."""
    return np.asarray(Image.open(io.BytesIO(content)).convert("L"))
