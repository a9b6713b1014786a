"""Many images in one picture: grids on one grey scale, and maps of signed errors on one colour scale.

Chapter 4 shows what goes wrong where every image gets a scale of its own.
"""

from numbers import Integral, Real

from aeutils.checks import check_reconstructions
from aeutils.plots import BLUE, RED
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap
import matplotlib.pyplot as plt
import numpy as np

_GAP = 2  # pixels between two images

# Blue below zero, white at zero, vermilion above: ends that every common colour blindness tells apart.
SIGNED = LinearSegmentedColormap.from_list("signed", [BLUE, "white", RED])


def image_grid(
    images,
    columns: int = 5,
    ax: Axes | None = None,
    low: float = 0.0,
    high: float = 1.0,
    cmap: str | Colormap = "gray",
) -> Axes:
    """Draw images in rows of `columns`, all on one scale from `low` to `high`.

    Args:
        images: `(n, height, width)`, one after the other from the top left to the bottom right.
        low, high: the values at the two ends of the scale; what lies outside is drawn as the nearer end.

    Raises:
        ValueError: for another shape, no image at all, less than one column, or `low` not below `high`.
    """
    images = np.asarray(images)
    if images.ndim != 3 or 0 in images.shape:
        raise ValueError(
            f"images must be (n, height, width) with at least one image, got {images.shape}: "
            f"reshape flat images, and put a single one in a list"
        )
    if not isinstance(columns, Integral) or isinstance(columns, bool) or columns < 1:
        raise ValueError(f"columns must be a whole number of at least 1, got {columns!r}: try 5")
    if not low < high:
        raise ValueError(f"low must be below high, got {low!r} and {high!r}: the scale runs from low to high")
    ax = ax or plt.subplots()[1]
    picture = _mosaic(images, int(columns))
    ax.imshow(picture, cmap=cmap, vmin=low, vmax=high)
    ax.set_axis_off()
    return ax


def error_maps(
    images,
    reconstructions,
    columns: int = 5,
    ax: Axes | None = None,
    limit: float = 1.0,
    colour_bar: bool = True,
) -> Axes:
    """Draw reconstruction − image for every image, all on one signed scale.

    Args:
        images: `(n, 28, 28)` in [0, 1].
        reconstructions: of these images, in the same shape.
        limit: the scale runs from −`limit` (blue: too dark) over 0 (white) to `limit` (vermilion).
        colour_bar: whether the scale is drawn beside the maps; one is enough for several panels.

    Raises:
        ValueError: as `check_reconstructions` and `image_grid`; for a limit that is not above 0.
    """
    images, reconstructions = check_reconstructions(images, reconstructions)
    if not isinstance(limit, Real) or not limit > 0:
        raise ValueError(
            f"limit must be a number above 0, got {limit!r}: pixels in [0, 1] differ by 1 at most"
        )
    ax = image_grid(reconstructions - images, columns, ax, -limit, limit, SIGNED)
    if colour_bar:
        ax.figure.colorbar(ax.images[0], ax=ax, shrink=0.8, label="reconstruction − image")
    return ax


def _mosaic(images: np.ndarray, columns: int) -> np.ndarray:
    """Return one picture of all images, with NaN, which matplotlib leaves blank, in the gaps."""
    n, height, width = images.shape
    columns = min(columns, n)
    rows = -(-n // columns)
    picture = np.full((rows * (height + _GAP) - _GAP, columns * (width + _GAP) - _GAP), np.nan)
    for i, image in enumerate(images):
        top, left = (i // columns) * (height + _GAP), (i % columns) * (width + _GAP)
        picture[top : top + height, left : left + width] = image
    return picture
