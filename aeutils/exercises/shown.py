"""How exercises show things: texts, and a small table or figure of what an answer does on an example.

What is shown is a bundle, `{"data": {MIME type: content}, "metadata": ...}`, of which every reader's program
takes what it can show; all have a `text/plain`.
"""

import base64
from collections.abc import Callable, Mapping, Sequence
import io

from IPython import get_ipython
from IPython.display import display
import numpy as np
from tabulate import tabulate


def show(data: dict, metadata: dict | None = None) -> None:
    """Show a bundle: in a notebook the richest of its forms, without IPython its plain text."""
    if get_ipython() is None:
        print(data["text/plain"])
    else:
        display(data, metadata=metadata, raw=True)


def text(words: str) -> dict:
    """Make a bundle of Markdown that reads as well where it is not rendered."""
    return {"data": {"text/plain": words, "text/markdown": words}, "metadata": {}}


def table(columns: Sequence[str], rows: Sequence[Sequence]) -> dict:
    """Make a table. Floats have four significant digits, so that a difference in rounding does not show."""
    cells = [[_cell(value) for value in row] for row in rows]
    align = ["left" if isinstance(value, str) else "right" for value in rows[0]]
    return text(tabulate(cells, headers=columns, tablefmt="pipe", colalign=align, disable_numparse=True))


def picture(draw: Callable, words: str, size: tuple[float, float] = (5.5, 2.6)) -> dict:
    """Make a PNG of what `draw(figure)` draws, in the book's style.

    Args:
        draw: takes an empty matplotlib `Figure`, of no window and no notebook.
        words: what it shows, for readers who do not see it.
        size: in inches.
    """
    from aeutils.plots import use_style
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context():
        use_style()
        figure = Figure(figsize=size)
        draw(figure)
        file = io.BytesIO()
        figure.savefig(file, format="png", dpi=100)
    content = base64.b64encode(file.getvalue()).decode("ascii")
    return {
        "data": {"image/png": content, "text/plain": f"Figure: {words}"},
        "metadata": {"image/png": {"alt": words}},
    }


def curves(x, answers: Mapping[str, Sequence], expected: Mapping[str, Sequence], labels: tuple, words: str):
    """Draw curves over `x`: the answer's as coloured lines, the expected ones dotted in black.

    Args:
        answers, expected: the curves by name.
        labels: of the horizontal and the vertical axis.
    """

    def draw(figure):
        ax = figure.subplots()
        for name, curve in answers.items():
            ax.plot(x, curve, linewidth=2, label=name)
        for curve in expected.values():
            ax.plot(x, curve, "k:", linewidth=1.2)
        ax.plot([], [], "k:", linewidth=1.2, label="expected")
        ax.set(xlabel=labels[0], ylabel=labels[1])
        ax.legend()

    return picture(draw, words)


def image_pairs(pairs: Sequence[tuple], rows: tuple[str, str], titles: str, words: str) -> dict:
    """Draw pairs of images, one a column, each with a title.

    Args:
        pairs: `(upper image, lower image, title)`, images `(28, 28)` in [0, 1].
        rows: what the upper and the lower images are.
        titles: what the titles say.
    """

    def draw(figure):
        axes = figure.subplots(2, len(pairs), squeeze=False)
        for column, (upper, lower, title) in zip(axes.T, pairs, strict=True):
            for ax, image in zip(column, (upper, lower), strict=True):
                ax.imshow(image, cmap="gray", vmin=0, vmax=1)
                ax.set(xticks=[], yticks=[])
                ax.grid(False)
            column[0].set_title(title, fontsize="small")
        for ax, row in zip(axes[:, 0], rows, strict=True):
            ax.set_ylabel(row, rotation=0, ha="right", va="center")
        figure.suptitle(titles, fontsize="medium")

    return picture(draw, words, (0.85 * len(pairs) + 1.2, 2.3))


def strokes(n: int, seed: int) -> np.ndarray:
    """Return `n` images `(n, 28, 28)`, float32 in [0, 1], each with one curved stroke drawn at random."""
    generator = np.random.default_rng(seed)
    ends = generator.uniform(5, 23, (n, 3, 2))  # of each stroke: its start, its middle, its end
    t = np.linspace(0, 1, 40)[:, None]
    rows, columns = np.mgrid[:28, :28]
    images = np.zeros((n, 28, 28), "float32")
    for image, (start, middle, end) in zip(images, ends, strict=True):
        points = (1 - t) ** 2 * start + 2 * t * (1 - t) * middle + t**2 * end
        squares = (rows[..., None] - points[:, 0]) ** 2 + (columns[..., None] - points[:, 1]) ** 2
        image[:] = np.exp(-squares.min(axis=-1) / 3)
    return images


def _cell(value) -> str:
    if isinstance(value, float | np.floating):
        return f"{value:.4g}"
    if isinstance(value, tuple | list):
        return f"({', '.join(_cell(part) for part in value)}{',' if len(value) == 1 else ''})"
    if isinstance(value, int | np.integer) and not isinstance(value, bool):
        return f"{value:,}"
    return str(value)
