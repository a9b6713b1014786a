"""Tables of results that read the same in the book, in Jupyter, on GitHub and in Colab."""

from collections.abc import Mapping, Sequence
from numbers import Integral

from aeutils.baselines import baseline_reconstructions
from aeutils.metrics import squared_error
from IPython.display import Markdown
from tabulate import tabulate


def results_table(rows: Sequence[Mapping], decimals: int = 2) -> Markdown:
    """Return rows (one mapping a row, the same keys in each) as a Markdown table.

    Whole numbers get thousands separators, other numbers `decimals` decimals, `None` an empty cell.

    Raises:
        ValueError: if there is no row, or two rows differ in their keys.
    """
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


def baseline_rows(x_train, x_test, code_size: int, columns: Sequence[str] = ()) -> list[dict]:
    """Return the two rows that every table of results has: the mean image and PCA at the same code size.

    Each row has `model`, `code`, `test error` (squared error per image), and `None` in `columns`.
    """
    sizes = {"mean image": 0}
    return [
        {"model": name, "code": sizes.get(name, code_size), "test error": squared_error(x_test, found)}
        | dict.fromkeys(columns)
        for name, found in baseline_reconstructions(x_train, x_test, code_size).items()
    ]


def _cell(value, decimals: int) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, Integral):
        return f"{value:,}"
    return f"{value:.{decimals}f}"
