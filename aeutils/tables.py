"""Tables of results that read the same in the book, in Jupyter, on GitHub and in Colab."""

from collections.abc import Iterable, Mapping, Sequence
from numbers import Integral

from aeutils.baselines import baseline_reconstructions
from aeutils.metrics import squared_error
from IPython.display import Markdown
from tabulate import tabulate


def results_table(rows: Sequence[Mapping], decimals: int = 2) -> Markdown:
    """Return rows (one mapping a row, the same keys in each) as a Markdown table.

    Whole numbers get thousands separators, other numbers `decimals` decimals, `None` an empty cell.

    Raises:
        ValueError: if rows are no mappings, if there is none, if two of them differ in their keys, or if a
            cell is neither number nor text.
    """
    is_list = isinstance(rows, Iterable) and not isinstance(rows, Mapping)
    rows = list(rows) if is_list else []
    if not is_list or not all(isinstance(row, Mapping) for row in rows):
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


def results_line(numbers: Mapping, decimals: int = 2) -> str:
    """Return `{name: number}` in one line, such as "0.004: 12.07; 0.002: 11.36", numbers as in a table."""
    return "; ".join(f"{name}: {_cell(number, decimals)}" for name, number in numbers.items())


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


def _cell(value, decimals: int) -> str:
    # Not tabulate's own intfmt and floatfmt: they go by the column, and would show the 64 bits of a column in
    # which others have 15.75 as 64.00. NumPy's whole numbers, and numbers among words, they do not format.
    if value is None:
        return ""
    if isinstance(value, str | bool):
        return str(value).replace("|", "\\|")  # a bar would end the cell
    if isinstance(value, Integral):
        return f"{value:,}"
    try:
        return f"{float(value):.{decimals}f}"
    except (TypeError, ValueError) as error:
        remedy = "reduce it to one number, or make text of it"
        raise ValueError(f"a cell must be a number, text or None, got {value!r}: {remedy}") from error
