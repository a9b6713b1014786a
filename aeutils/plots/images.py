"""Many images in one picture: grids on one scale, and maps of signed errors on one colour scale.

Chapter 4 shows what goes wrong where every image gets a scale of its own.
"""

from numbers import Real

from aeutils.checks import check_reconstructions, check_whole
from aeutils.plots import BLUE, RED
from aeutils.plots.pictures import check_pictures, mosaic, scaled
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap
import matplotlib.pyplot as plt

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
        images: `(n, height, width)`, or in colour, `(n, height, width, 3)` or with the opacity 4; one after
            the other from the top left to the bottom right.
        low, high: the values at the two ends of the scale; what lies outside is drawn as the nearer end.
        cmap: matplotlib's colours for grey images; those in colour have their own.

    Raises:
        ValueError: for another shape, no image at all, less than one column, or `low` not below `high`.
    """
    images = check_pictures(images, high=high)
    columns = check_whole(columns, "columns", "try 5")
    if not low < high:
        raise ValueError(f"low must be below high, got {low!r} and {high!r}: the scale runs from low to high")
    ax = ax or plt.subplots()[1]
    ax.imshow(mosaic(scaled(images, low, high), columns), cmap=cmap, vmin=low, vmax=high)
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
        images: `(n, height, width)` or `(n, height, width, channels)` in [0, 1]. Of several channels the mean
            of their differences is drawn, in which a channel that is too bright can hide one too dark.
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
    errors = reconstructions - images
    if errors.ndim == 4:
        errors = errors.mean(axis=-1)
    ax = image_grid(errors, columns, ax, -limit, limit, SIGNED)
    if colour_bar:
        ax.figure.colorbar(ax.images[0], ax=ax, shrink=0.8, label="reconstruction − image")
    return ax
