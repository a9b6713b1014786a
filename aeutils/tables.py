"""Tables of results that read the same in the book, in Jupyter, on GitHub and in Colab."""

from collections.abc import Callable, Mapping, Sequence
from numbers import Integral

from aeutils.baselines import MeanImage, PCABaseline, baseline_reconstructions
from aeutils.checks import check_images
from aeutils.metrics import binary_crossentropy, mae, mse, squared_error
from IPython.display import Markdown
import numpy as np
from tabulate import tabulate


def results_table(rows: Sequence[Mapping], decimals: int = 2) -> Markdown:
    """Return rows (one mapping a row, the same keys in each) as a Markdown table.

    Whole numbers get thousands separators, other numbers `decimals` decimals, `None` an empty cell.

    Raises:
        ValueError: if rows are no mappings, if there is none, or if two of them differ in their keys.
    """
    if isinstance(rows, Mapping) or not all(isinstance(row, Mapping) for row in rows):
        raise ValueError(
            "rows must be a list of mappings, one a row, such as [{'model': 'PCA-30', 'test error': 13.87}]: "
            "put them in a list, and give each value the name of its column"
        )
    if not rows:
        raise ValueError("rows must hold at least one row, got none: collect results first")
    columns = list(rows[0])
    for row in rows:
        if list(row) != columns:
            raise ValueError(f"every row must have the columns {columns}, got {list(row)}: complete it")
    cells = [[_cell(row[column], decimals) for column in columns] for row in rows]
    numeric = [all(not isinstance(row[column], str) for row in rows) for column in columns]
    align = ["right" if is_numeric else "left" for is_numeric in numeric]
    return Markdown(tabulate(cells, headers=columns, tablefmt="pipe", colalign=align, disable_numparse=True))


def baseline_rows(
    x_train, x_test, code_size: int, columns: Sequence[str] = (), logistic: bool = True
) -> list[dict]:
    """Return the standing rows of a table of reconstructions, fitted on `x_train` and measured on `x_test`.

    In this order: the mean image, PCA, PCA cut off at [0, 1], and logistic PCA, which is a linear code with a
    sigmoid output and takes some seconds the first time (see `aeutils.baselines`).

    Args:
        columns: further columns, `None` in each row.
        logistic: whether logistic PCA has a row; it is a rival where a network ends in a sigmoid.

    Returns:
        Rows with `model`, `code` (how many numbers), `test error` (squared error per image) and `columns`.
    """
    sizes = {"mean image": 0}
    return [
        {"model": name, "code": sizes.get(name, code_size), "test error": squared_error(x_test, found)}
        | dict.fromkeys(columns)
        for name, found in baseline_reconstructions(x_train, x_test, code_size, logistic).items()
    ]


def landmark_rows(images, code_size: int = 32) -> list[dict]:
    """Return the losses of simple answers to `images`: landmarks for a training that stands still.

    Show them with `results_table(landmark_rows(x_train), decimals=3)`, and look for your number in the column
    of your loss: like Keras, the columns have the mean over all values, but for the squared error per image.

    - *all grey*: 0.5 everywhere, as an untrained sigmoid answers. Look at the learning rate.
    - *all black*: the outputs are dead (a ReLU there) or saturated (a sigmoid after a far too large step).
    - *median image*: the best single picture for the absolute error; mostly black where most images are.
    - *mean image*: the best single picture for the squared error and the cross-entropy. Every image gets the
      same answer, so the code is not used: the learning rate is too low or far too high, the code is dead, or
      a penalty outweighs the loss.
    - *PCA, cut off*: what `code_size` numbers do without a network, clipped to [0, 1].
    - *the images themselves*: the floor. The cross-entropy of grey values does not go down to 0.

    Mean, median and PCA are fitted on these very images, as the loss of a training is.

    Args:
        images: one's own, `(n, height, width)` or `(n, height, width, channels)` in [0, 1].
        code_size: of PCA.

    Returns:
        Rows with `answer`, `squared error` (per image), `MSE`, `MAE` and `cross-entropy` (in nats).

    Raises:
        ValueError: for what `check_images` refuses, or a `code_size` that PCA cannot have.
    """
    images = check_images(images)
    pca, median = PCABaseline(code_size).fit(images), np.median(images, axis=0)[None]
    answers = {
        "all grey (0.5)": lambda some: np.full_like(some, 0.5),
        "all black": np.zeros_like,
        "median image": lambda some: np.repeat(median, len(some), axis=0),
        "mean image": MeanImage().fit(images).reconstruct,
        f"PCA-{code_size}, cut off": lambda some: np.clip(pca.reconstruct(some), 0, 1),
        "the images themselves": lambda some: some,
    }
    rows = []
    for name, answer in answers.items():
        error, absolute, crossentropy = _mean_losses(images, answer)
        rows.append(
            {
                "answer": name, "squared error": error * images[0].size, "MSE": error, "MAE": absolute,
                "cross-entropy": crossentropy,
            }
        )  # fmt: skip
    return rows


def _mean_losses(images: np.ndarray, answer: Callable) -> list[float]:
    """Return MSE, MAE and cross-entropy, taken in pieces: all at once, most of the time goes into memory."""
    totals = np.zeros(3)
    for start in range(0, len(images), 1000):
        some = images[start : start + 1000]
        found = answer(some)
        totals += [len(some) * measure(some, found) for measure in (mse, mae, binary_crossentropy)]
    return (totals / len(images)).tolist()


def _cell(value, decimals: int) -> str:
    # Not tabulate's own intfmt and floatfmt: they go by the column, and would show the 64 bits of a column in
    # which others have 15.75 as 64.00. NumPy's whole numbers, and numbers among words, they do not format.
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, Integral):
        return f"{value:,}"
    return f"{value:.{decimals}f}"
