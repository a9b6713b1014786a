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


def code_plane(codes, labels, ax: Axes | None = None, size: float = 20) -> Axes:
    """Draw codes of two numbers, each as its class's digit in its class's colour, with a large digit a class.

    The large digit stands at the median of the class. Classes are told apart without any colour.

    Args:
        codes: `(n, 2)`.
        labels: `(n,)`, whole numbers; at most ten different ones.
        size: area of a small digit, in points squared.

    Raises:
        ValueError: for codes or labels of another shape, or more than ten classes.
    """
    codes, labels = np.asarray(codes), np.asarray(labels)
    if codes.ndim != 2 or codes.shape[1] != 2 or len(codes) == 0:
        raise ValueError(
            f"codes must be (n, 2) with at least one row, got {codes.shape}: "
            f"bring longer codes to the plane first, with PCA for instance"
        )
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
    ax = ax or plt.subplots()[1]
    for label, colour in zip(classes, CLASS_COLOURS, strict=False):
        own = codes[labels == label]
        bold = f"$\\mathbf{{{label}}}$"
        ax.scatter(*own.T, s=size, marker=bold, color=colour, linewidths=0, alpha=0.8)
    for label, colour in zip(classes, CLASS_COLOURS, strict=False):
        ax.annotate(
            str(label), np.median(codes[labels == label], axis=0), ha="center", va="center",
            fontsize=15, fontweight="bold", color=colour,
            path_effects=[patheffects.withStroke(linewidth=4, foreground="white")],
        )  # fmt: skip
    ax.grid(False)
    return ax


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
