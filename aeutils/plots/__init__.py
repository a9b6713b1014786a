"""Figures of the book. Each function takes or returns a matplotlib `Axes` or `Figure`, and never shows it.

The colours are those of Okabe and Ito, told apart with every common colour blindness; the background is
opaque, so that a figure reads the same on a light and on a dark page.
"""

from collections.abc import Mapping, Sequence

from aeutils.training import Training
from matplotlib.axes import Axes
from matplotlib.figure import Figure
import matplotlib.pyplot as plt
import numpy as np

BLUE, ORANGE, GREEN, RED, PURPLE, SKY, BLACK = (
    "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#000000",
)  # fmt: skip


def use_style() -> None:
    """Set matplotlib's defaults to those of the book, for the figures that follow."""
    plt.rcParams.update(
        {
            "figure.figsize": (7, 3.6),
            "figure.dpi": 100,
            "figure.facecolor": "white",
            "figure.constrained_layout.use": True,
            "axes.prop_cycle": plt.cycler(color=[BLUE, ORANGE, GREEN, RED, PURPLE, SKY, BLACK]),
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "grid.alpha": 0.3,
            "legend.frameon": False,
        }
    )


def image_rows(rows: Mapping[str, np.ndarray], n: int = 10) -> Figure:
    """Draw the first `n` images of each entry as a labelled row, all on one grey scale, 0 black and 1 white.

    Args:
        rows: name to images `(m, 28, 28)`, at least `n` of them. Values outside [0, 1] are drawn as the
            nearer end of the scale.

    Raises:
        ValueError: if there is no row, or a row has fewer than `n` images or another shape.
    """
    if not rows:
        raise ValueError("rows must hold at least one row of images, got none")
    for name, images in rows.items():
        shape = np.shape(images)
        if len(shape) != 3 or shape[0] < n:
            raise ValueError(
                f"row {name!r} must be at least {n} images (m, 28, 28), got shape {shape}: "
                f"pass more images, or a smaller n"
            )
    figure, axes = plt.subplots(len(rows), n, figsize=(0.72 * n + 1.3, 0.74 * len(rows) + 0.1), squeeze=False)
    for line, (name, images) in zip(axes, rows.items(), strict=True):
        for ax, image in zip(line, images, strict=False):
            ax.imshow(image, cmap="gray", vmin=0, vmax=1)
            ax.set(xticks=[], yticks=[])
            ax.grid(False)
        line[0].set_ylabel(name, rotation=0, ha="right", va="center")
    return figure


def learning_curves(trainings: Mapping[str, Training], ax: Axes | None = None) -> Axes:
    """Draw the squared error per image over the epochs: training dashed, validation solid, one colour a run.

    The training error of an epoch is the mean over its batches while the weights still move, so it lags
    behind. The axis of the error is logarithmic.
    """
    ax = ax or plt.subplots()[1]
    for name, training in trainings.items():
        errors = training.history["squared_error"]
        epochs = np.arange(1, len(errors) + 1)
        (line,) = ax.plot(epochs, errors, "--", linewidth=1)
        if "val_squared_error" in training.history:
            ax.plot(epochs, training.history["val_squared_error"], color=line.get_color(), label=name)
        else:
            line.set_label(name)
    ax.plot([], [], color="gray", label="validation")
    ax.plot([], [], "--", color="gray", linewidth=1, label="training")
    ax.set(xlabel="epoch", ylabel="squared error per image", yscale="log")
    ax.legend()
    return ax


def level_lines(levels: Mapping[str, float], ax: Axes) -> Axes:
    """Draw named horizontal lines, such as the errors of the baselines, each labelled at its right end."""
    for name, level in levels.items():
        ax.axhline(level, color=BLACK, linewidth=1, linestyle=":")
        ax.annotate(
            name, (1, level), xycoords=("axes fraction", "data"), xytext=(0, 2),
            textcoords="offset points", ha="right", va="bottom", fontsize="small",
        )  # fmt: skip
    return ax


def bars(names: Sequence[str], values: Sequence[float], ax: Axes | None = None, decimals: int = 2) -> Axes:
    """Draw horizontal bars from top to bottom, each with its value written at its end."""
    ax = ax or plt.subplots()[1]
    drawn = ax.barh(list(names), list(values), color=BLUE)
    ax.bar_label(drawn, fmt=f"%.{decimals}f", padding=3)
    ax.invert_yaxis()
    ax.grid(False)
    return ax
