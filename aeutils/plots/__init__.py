"""Figures of the book. Each function takes or returns a matplotlib `Axes` or `Figure`, and never shows it.

The colours are those of Okabe and Ito, told apart with every common colour blindness; the background is
opaque, so that a figure reads the same on a light and on a dark page.
"""

from collections.abc import Mapping, Sequence

from aeutils.checks import check_finite, check_whole
from aeutils.plots.pictures import check_pictures, scaled
from aeutils.training import Training
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
import matplotlib.pyplot as plt
from matplotlib.ticker import LogLocator
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
    """Draw the first `n` images of each entry as a labelled row, all on one scale, 0 black and 1 white.

    Args:
        rows: name to images, at least `n` of them, `(m, height, width)`, or in colour,
            `(m, height, width, 3)` or with the opacity 4. Values outside [0, 1] are drawn as the nearer end
            of the scale.

    Raises:
        ValueError: for no mapping, no row, a row of less than `n` images or of another shape, NaN or infinity
            in what is drawn, or whole numbers above 1, as in pixels from 0 to 255.
    """
    _check_named(rows, "rows", "images", "image_rows({'original': x_test})")
    n = check_whole(n, "n", "it is how many images of each row are drawn")
    drawn = {name: _first_images(images, n, name) for name, images in rows.items()}
    heights = [images.shape[1] / images.shape[2] for images in drawn.values()]
    figure, axes = plt.subplots(
        len(drawn), n, figsize=(0.72 * n + 1.3, 0.74 * sum(heights) + 0.1), squeeze=False,
        height_ratios=heights,
    )  # fmt: skip
    for line, (name, images) in zip(axes, drawn.items(), strict=True):
        for ax, image in zip(line, images, strict=True):
            ax.imshow(image, cmap="gray", vmin=0, vmax=1)
            ax.set(xticks=[], yticks=[])
            ax.grid(False)
        line[0].set_ylabel(name, rotation=0, ha="right", va="center")
    return figure


def _check_named(given, name: str, things: str, example: str) -> None:
    """Refuse what is no mapping of names to things, or an empty one."""
    if not isinstance(given, Mapping) or not given:
        got = "an empty one" if isinstance(given, Mapping) else type(given).__name__
        raise ValueError(
            f"{name} must be a mapping of names to {things}, got {got}: give each a name, as in {example}"
        )


def _first_images(images, n: int, name: str) -> np.ndarray:
    images = check_pictures(images, f"row {name!r}")
    if len(images) < n:
        raise ValueError(
            f"row {name!r} must be at least {n} images, got {len(images)}: pass more images, or a smaller n"
        )
    return scaled(check_finite(images[:n], f"row {name!r}"))


def learning_curves(trainings: Mapping[str, Training], ax: Axes | None = None) -> Axes:
    """Draw the squared error per image over the epochs: training dashed, validation solid, one colour a run.

    The training error of an epoch is the mean over its batches while the weights still move, so it lags
    behind. The axis of the error is logarithmic.

    Args:
        trainings: name to what `aeutils.training.fit` returned.

    Raises:
        ValueError: for no mapping, no training, or a history without squared errors.
    """
    _check_named(trainings, "trainings", "trainings", "learning_curves({'my network': run})")
    histories = {name: _history(training, name) for name, training in trainings.items()}
    ax = ax or plt.subplots()[1]
    for name, history in histories.items():
        errors = history["squared_error"]
        epochs = np.arange(1, len(errors) + 1)
        (line,) = ax.plot(epochs, errors, "--", linewidth=1)
        if "val_squared_error" in history:
            ax.plot(epochs, history["val_squared_error"], color=line.get_color(), label=name)
        else:
            line.set_label(name)
    ax.plot([], [], color="gray", label="validation")
    ax.plot([], [], "--", color="gray", linewidth=1, label="training")
    ax.set(xlabel="epoch", ylabel="squared error per image", yscale="log")
    plain_numbers(ax.yaxis)
    ax.legend()
    return ax


def plain_numbers(axis: Axis) -> None:
    """Label a logarithmic axis 1, 2, 3, 5, 7, 10, 20 and so on, and not with powers of ten alone."""
    axis.set_minor_locator(LogLocator(subs=(2, 3, 5, 7)))
    axis.set_major_formatter("{x:g}")
    axis.set_minor_formatter("{x:g}")


def _history(training, name: str) -> Mapping[str, Sequence[float]]:
    history = getattr(training, "history", None)
    if isinstance(history, Mapping) and "squared_error" in history:
        return history
    if isinstance(history, Mapping):  # of Keras' own fit
        problem = f"a history of {', '.join(history) or 'nothing'} alone"
        remedy = "train with aeutils.training.fit, which counts it, and pass what it returns"
    else:
        problem, remedy = type(training).__name__, "pass what fit returned"
        if isinstance(training, Mapping):
            remedy = "pass what fit returned, such as run, and not run.history"
        elif isinstance(getattr(training, "training", None), Training):
            remedy = "pass its .training"
    raise ValueError(f"training {name!r} must hold the squared error of its epochs, got {problem}: {remedy}")


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
