"""Tables as Markdown: what a reader sees in each cell, and the rows that every table has."""

from aeutils.baselines import LogisticPCA, MeanImage, PCABaseline
from aeutils.metrics import squared_error
from aeutils.tables import baseline_rows, results_line, results_table
from IPython.display import Markdown
import numpy as np
import pytest

pytestmark = pytest.mark.any_backend

IMAGES = np.random.default_rng(0).random((12, 28, 28)).astype("float32")


def cells(table):
    lines = table.data.split("\n")
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_a_table():
    table = results_table(
        [
            {"model": "mean image", "code": 0, "error": 52.725},
            {"model": "PCA-30", "code": 30, "error": 13.0},
        ]
    )
    assert isinstance(table, Markdown)
    header, rule, *rows = cells(table)
    assert header == ["model", "code", "error"]
    assert [(mark[0], mark[-1]) for mark in rule] == [(":", "-"), ("-", ":"), ("-", ":")]
    assert rows == [["mean image", "0", "52.73"], ["PCA-30", "30", "13.00"]]


@pytest.mark.parametrize(
    "value, shown",
    [
        (1234567, "1,234,567"),
        (np.int64(1234), "1,234"),
        (np.uint8(7), "7"),
        (3.0, "3.00"),
        (np.float32(3), "3.00"),
        (np.float64(2.345678), "2.35"),
        (-0.5, "-0.50"),
        (np.nan, "nan"),
        (None, ""),
        ("3.14159", "3.14159"),
        ("1e5", "1e5"),
    ],
)
def test_one_cell(value, shown):
    assert cells(results_table([{"column": value}]))[2] == [shown]


def test_numbers_in_one_line():
    assert results_line({0.004: 12.074, "dead": 24}) == "0.004: 12.07; dead: 24"
    assert results_line({"formula": 5.72087}, decimals=4) == "formula: 5.7209"


def test_decimals():
    assert cells(results_table([{"a": 1.23456, "b": 5}], decimals=4))[2] == ["1.2346", "5"]


def test_columns_of_numbers_with_gaps_are_right_aligned_and_of_words_with_gaps_left():
    rule = cells(results_table([{"n": 1, "word": "a"}, {"n": None, "word": None}]))[1]
    assert rule[0].endswith(":") and not rule[0].startswith(":")
    assert rule[1].startswith(":") and not rule[1].endswith(":")


def test_no_rows():
    with pytest.raises(ValueError, match="at least one row, got none: collect results first"):
        results_table([])


@pytest.mark.parametrize("rows", [{"a": {"x": 1}}, {"x": 1}, [1, 2], [("x", 1)], "rows"])
def test_rows_that_are_no_mappings(rows):
    with pytest.raises(ValueError, match="rows must be a list of mappings, one a row, such as"):
        results_table(rows)


@pytest.mark.parametrize("second", [{"a": 1}, {"a": 1, "b": 2, "c": 3}, {"b": 2, "a": 1}])
def test_rows_with_other_columns(second):
    with pytest.raises(ValueError) as caught:
        results_table([{"a": 1, "b": 2}, second])
    message = f"every row must have the columns ['a', 'b'], got {list(second)}: complete it"
    assert str(caught.value) == message


def test_numbers_of_two_kinds_and_words_in_one_column():
    """tabulate's own formats go by the column: they would show 64.00, and 1234 without its comma."""
    rows = [{"bits": 64, "of": 2.5}, {"bits": 15.75, "of": "tie"}, {"bits": np.int64(6272), "of": 1234}]
    assert cells(results_table(rows))[2:] == [["64", "2.50"], ["15.75", "tie"], ["6,272", "1,234"]]


def test_baseline_rows():
    train, test = IMAGES[:8], IMAGES[8:]
    rows = baseline_rows(train, test, 3, columns=("seconds", "parameters"))
    pca = PCABaseline(3).fit(train).reconstruct(test)
    expected = {
        "mean image": MeanImage().fit(train).reconstruct(test),
        "PCA-3": pca,
        "PCA-3, cut off": np.clip(pca, 0, 1),
        "logistic PCA-3": LogisticPCA(3).fit(train).reconstruct(test),
    }
    rest = {"seconds": None, "parameters": None}
    assert rows == [
        {"model": name, "code": 0 if name == "mean image" else 3, "test error": squared_error(test, found)}
        | rest
        for name, found in expected.items()
    ]
    assert baseline_rows(train, test, 3, ("seconds", "parameters"), logistic=False) == rows[:3]
    own = {"model": "autoencoder", "code": 3, "test error": 1.5, "seconds": 2.0, "parameters": 9999}
    assert cells(results_table([*rows[:2], own]))[2:] == [
        ["mean image", "0", f"{rows[0]['test error']:.2f}", "", ""],
        ["PCA-3", "3", f"{rows[1]['test error']:.2f}", "", ""],
        ["autoencoder", "3", "1.50", "2.00", "9,999"],
    ]


def test_cells_that_a_table_cannot_show():
    table = results_table(iter([{"loss": "relu|mse", "done": True}]))
    assert cells(table)[2:] == [["relu\\", "mse", "True"]] and "relu\\|mse" in table.data
    for cell in ([1, 2], np.zeros(2), object()):
        with pytest.raises(ValueError, match="a cell must be a number, text or None, got .*: reduce it"):
            results_table([{"error": cell}])
    for rows in (None, 5):
        with pytest.raises(ValueError, match="rows must be a list of mappings"):
            results_table(rows)


def test_baseline_rows_need_a_code_size_that_pca_can_have():
    with pytest.raises(ValueError, match="code_size must be .* got 9"):
        baseline_rows(IMAGES[:8], IMAGES, 9)
