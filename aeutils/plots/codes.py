"""Pictures of codes: planes of two numbers, what a decoder makes of them, and walks along one number."""

from collections.abc import Callable, Sequence

from aeutils.checks import check_whole
from aeutils.plots import BLACK, BLUE, GREEN, ORANGE, PURPLE, RED, SKY
from aeutils.plots.pictures import check_pictures, mosaic, scaled
from matplotlib import patheffects
from matplotlib.axes import Axes
import matplotlib.pyplot as plt
import numpy as np

# The book's seven colours and three more. Ten colours crowd each other for many eyes: hence the digits too.
CLASS_COLOURS = (
    BLUE, ORANGE, GREEN, RED, PURPLE, SKY, BLACK, "#8C8C8C", "#7A4B00", "#4B0082",
)  # fmt: skip


def code_plane(
    codes, labels, ax: Axes | None = None, size: float = 20, share: float = 1.0, names: bool = True
) -> Axes:
    """Draw codes of two numbers, each as its class's digit in its class's colour, with a large digit a class.

    The large digit stands at the median of the class, or beside it where another one is in the way. Classes
    are told apart without any colour.

    Args:
        codes: `(n, 2)`.
        labels: `(n,)`, whole numbers; at most ten different ones.
        size: area of a small digit, in points squared.
        share: along each axis, the middle share of the codes that the axes reach; 1 is all of them.
        names: whether the large digits are drawn.

    Raises:
        ValueError: for codes or labels of another shape, more than ten classes, or a share outside (0, 1].
    """
    codes, labels = _check_plane(codes), np.asarray(labels)
    if labels.shape != (len(codes),):
        raise ValueError(
            f"labels must be ({len(codes)},), one for each code, got {labels.shape}: "
            f"pass the labels of exactly these codes"
        )
    classes = np.unique(labels)
    if len(classes) > len(CLASS_COLOURS):
        raise ValueError(
            f"labels must be of at most {len(CLASS_COLOURS)} classes, got {len(classes)}: "
            f"draw some of them, or merge classes"
        )
    if not 0 < share <= 1:
        raise ValueError(f"share must lie in (0, 1], got {share!r}: write 95 per cent as 0.95")
    ax = ax or plt.subplots()[1]
    for label, colour in zip(classes, CLASS_COLOURS, strict=False):
        own = codes[labels == label]
        bold = f"$\\mathbf{{{label}}}$"
        ax.scatter(*own.T, s=size, marker=bold, color=colour, linewidths=0, alpha=0.8)
    low, high = np.quantile(codes, [(1 - share) / 2, (1 + share) / 2], axis=0)
    margin = 0.03 * np.where(high > low, high - low, 1)
    (left, bottom), (right, top) = low - margin, high + margin
    ax.set(xlim=(left, right), ylim=(bottom, top))
    if names:
        class_names(codes, labels, ax)
    ax.grid(False)
    return ax


def class_names(codes, labels, ax: Axes) -> Axes:
    """Write each class's digit, large, at the median of its codes; where two would overlap, beside it.

    A line leads from a digit that was moved to its median. The limits of the axes have to be set before.

    Args:
        codes, labels, ax: as in `code_plane`.
    """
    codes, labels = np.asarray(codes), np.asarray(labels)
    classes = np.unique(labels)
    medians = np.stack([np.median(codes[labels == label], axis=0) for label in classes])
    low, high = (np.array(ends) for ends in zip(ax.get_xlim(), ax.get_ylim(), strict=True))
    shares = (medians - low) / (high - low)
    moved = _apart(shares)
    for label, colour, median, share, place in zip(
        classes, CLASS_COLOURS, medians, shares, moved, strict=False
    ):
        outline = [patheffects.withStroke(linewidth=4, foreground="white")]
        line = {"arrowstyle": "-", "color": colour, "linewidth": 1.5, "path_effects": outline}
        ax.annotate(
            str(label), median, low + place * (high - low), ha="center", va="center", fontsize=15,
            fontweight="bold", color=colour, annotation_clip=False,
            arrowprops=line if np.linalg.norm(place - share) > 0.03 else None,
            path_effects=outline,
        )  # fmt: skip
    return ax


def images_on_plane(images, codes, ax: Axes | None = None, side: float = 0.045) -> Axes:
    """Draw images at their places on a plane; one that would cover an earlier one is left out.

    Args:
        images: `(n, height, width)` in [0, 1], in grey.
        codes: `(n, 2)`, where each lies: codes of two numbers, or places on a map.
        side: of a drawn image, as a share of the plane's range along each axis.

    Raises:
        ValueError: for codes of another shape, or images that are not as many or not grey.
    """
    images = check_pictures(images)
    codes = _check_plane(codes)
    if images.ndim != 3 or len(images) != len(codes):
        raise ValueError(
            f"images must be ({len(codes)}, height, width), got {images.shape}: one for each code"
        )
    low, high = codes.min(axis=0), codes.max(axis=0)
    size = side * np.where(high > low, high - low, 1)
    ax, drawn = ax or plt.subplots()[1], []
    for image, place in zip(images, codes, strict=True):
        if all((np.abs(place - other) >= size).any() for other in drawn):
            drawn.append(place)
            (left, bottom), (right, top) = place - size / 2, place + size / 2
            ax.imshow(image, cmap="gray", vmin=0, vmax=1, extent=(left, right, bottom, top), aspect="auto")
    ax.set(xlim=(low[0] - size[0], high[0] + size[0]), ylim=(low[1] - size[1], high[1] + size[1]))
    ax.grid(False)
    return ax


def _check_plane(codes) -> np.ndarray:
    codes = np.asarray(codes)
    if codes.ndim != 2 or codes.shape[1] != 2 or len(codes) == 0:
        raise ValueError(
            f"codes must be (n, 2) with at least one row, got {codes.shape}: "
            f"bring longer codes to the plane first, with PCA for instance"
        )
    return codes


def _apart(places: np.ndarray, least: float = 0.1) -> np.ndarray:
    """Return places `(n, 2)` in [0, 1], those moved that lie nearer to each other than `least`."""
    start = places
    turn = np.arange(len(places))
    places = places + 1e-6 * np.stack([np.cos(turn), np.sin(turn)], axis=1)  # where two are the same
    for _ in range(200):
        gaps = places[:, None] - places
        distances = np.linalg.norm(gaps, axis=-1) + np.eye(len(places))
        push = np.clip(least - distances, 0, None) / distances
        places = places + 0.3 * (push[..., None] * gaps).sum(axis=1) + 0.01 * (start - places)
    return np.clip(places, 0.04, 0.96)


def decoded_plane(
    decoder: Callable,
    x_range: Sequence[float],
    y_range: Sequence[float],
    n: int = 15,
    ax: Axes | None = None,
) -> Axes:
    """Draw what a decoder makes of the codes on a grid, each image where its code lies in the plane.

    Args:
        decoder: takes codes `(m, 2)` float32, returns images `(m, height, width)` in [0, 1], or in colour,
            `(m, height, width, 3)` or with the opacity 4.
        x_range, y_range: lowest and highest first and second number; the grid's cells fill this rectangle,
            and each image is that of its cell's centre.
        n: cells along each axis.

    Raises:
        ValueError: for a range that does not rise, less than one cell, or images of another shape.
    """
    centres = plane_grid(x_range, y_range, n)
    images = check_pictures(decoder(centres), "what the decoder returns")
    if len(images) != n * n:
        raise ValueError(
            f"decoder must return {n * n} images for codes {centres.shape}, got {images.shape}: "
            f"pass a decoder that makes one image of each code"
        )
    upwards = images.reshape(n, n, *images.shape[1:])[::-1]  # the picture's first row is its uppermost
    picture = mosaic(scaled(upwards.reshape(images.shape)), n, gap=0)
    ax = ax or plt.subplots()[1]
    ax.imshow(picture, cmap="gray", vmin=0, vmax=1, extent=(*x_range, *y_range), aspect="auto")
    ax.grid(False)
    return ax


def plane_grid(x_range: Sequence[float], y_range: Sequence[float], n: int) -> np.ndarray:
    """Return the centres `(n * n, 2)` float32 of a grid of n by n cells: row by row, from the lowest up.

    Raises:
        ValueError: for a range that is not two numbers or does not rise, or less than one cell.
    """
    check_whole(n, "n", "it counts cells along an axis")
    for name, ends in {"x_range": x_range, "y_range": y_range}.items():
        if np.shape(ends) != (2,):
            raise ValueError(f"{name} must be two numbers, got {ends!r}: write it as (low, high)")
        low, high = ends
        if not low < high:
            raise ValueError(f"{name} must rise, got {low!r} to {high!r}: put the lower end first")
    steps = (np.arange(n) + 0.5) / n
    x, y = (low + steps * (high - low) for low, high in (x_range, y_range))
    return np.stack([np.tile(x, n), np.repeat(y, n)], axis=1).astype("float32")


def traverse(code, number: int, values) -> np.ndarray:
    """Return copies `(len(values), code_size)` of one code with one of its numbers replaced by each value.

    They are float32, as a decoder takes them.

    Raises:
        ValueError: for a code that is not one row of numbers, a `number` that it does not have,
            or values that are not one row of numbers.
    """
    code = np.asarray(code, "float32")  # of whole numbers, the values would be cut to whole numbers
    if code.ndim != 1:
        raise ValueError(f"code must be one code (code_size,), got {code.shape}: pick one row, as codes[0]")
    check_whole(number, "number", "it counts from 0", at_least=0, at_most=len(code) - 1)
    if np.ndim(values) != 1:
        raise ValueError(
            f"values must be numbers in a row, got {values!r}: write a single one as [{values!r}]"
        )
    walked = np.repeat(code[None], len(values), axis=0)
    walked[:, number] = values
    return walked
