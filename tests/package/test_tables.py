"""Tables as Markdown: what a reader sees in each cell, and the rows that every table has."""

from aeutils.baselines import MeanImage, PCABaseline
from aeutils.metrics import squared_error
from aeutils.tables import baseline_rows, results_table
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


def test_decimals():
    assert cells(results_table([{"a": 1.23456, "b": 5}], decimals=4))[2] == ["1.2346", "5"]


def test_columns_of_numbers_with_gaps_are_right_aligned_and_of_words_with_gaps_left():
    rule = cells(results_table([{"n": 1, "word": "a"}, {"n": None, "word": None}]))[1]
    assert rule[0].endswith(":") and not rule[0].startswith(":")
    assert rule[1].startswith(":") and not rule[1].endswith(":")


def test_no_rows():
    with pytest.raises(ValueError, match="at least one row, got none: collect results first"):
        results_table([])


@pytest.mark.parametrize("second", [{"a": 1}, {"a": 1, "b": 2, "c": 3}, {"b": 2, "a": 1}])
def test_rows_with_other_columns(second):
    with pytest.raises(ValueError) as caught:
        results_table([{"a": 1, "b": 2}, second])
    message = f"every row must have the columns ['a', 'b'], got {list(second)}: complete it"
    assert str(caught.value) == message


def test_baseline_rows():
    train, test = IMAGES[:8], IMAGES[8:]
    rows = baseline_rows(train, test, 3, columns=("seconds", "parameters"))
    pca = squared_error(test, PCABaseline(3).fit(train).reconstruct(test))
    mean = squared_error(test, MeanImage().fit(train).reconstruct(test))
    rest = {"seconds": None, "parameters": None}
    assert rows == [
        {"model": "mean image", "code": 0, "test error": mean} | rest,
        {"model": "PCA-3", "code": 3, "test error": pca} | rest,
    ]
    own = {"model": "autoencoder", "code": 3, "test error": 1.5, "seconds": 2.0, "parameters": 9999}
    assert cells(results_table([*rows, own]))[2:] == [
        ["mean image", "0", f"{mean:.2f}", "", ""],
        ["PCA-3", "3", f"{pca:.2f}", "", ""],
        ["autoencoder", "3", "1.50", "2.00", "9,999"],
    ]


def test_baseline_rows_need_a_code_size_that_pca_can_have():
    with pytest.raises(ValueError, match="code_size must be .* got 9"):
        baseline_rows(IMAGES[:8], IMAGES, 9)
