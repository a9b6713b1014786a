"""A claim is shown with its numbers or raises, and carries itself as JSON."""

import json

from aeutils import claims
from aeutils.claim_records import (
    CLAIM_MIME,
    as_pairs,
    checked_numbers,
    from_pairs,
    number_in_words,
    numbers_in_words,
)
from aeutils.claims import ClaimFailed, bound, claim
import keras
from keras import ops
import numpy as np
import pytest

STATEMENT = "PCA beats the mean image"
NUMBERS = {"PCA-30": 13.87, "mean image": 52.7}
IN_WORDS = "PCA-30 13.87, mean image 52.70"


@pytest.fixture
def shown(monkeypatch):
    """What a notebook would show: a list of MIME bundles."""
    bundles = []

    def display(bundle, raw):
        assert raw  # or IPython would show the dictionary itself
        bundles.append(bundle)

    monkeypatch.setattr(claims, "display", display)
    return bundles


@pytest.fixture(params=["full", "sample", None])
def source(request, monkeypatch):
    monkeypatch.setattr(claims, "loaded_source", lambda: request.param)
    return request.param


@pytest.fixture
def clothes(monkeypatch):
    monkeypatch.setattr(claims, "loaded_source", lambda: "fashion")


def test_a_claim_that_holds(shown, source):
    claim(STATEMENT, True, NUMBERS)
    (bundle,) = shown
    assert bundle["text/plain"] == f"✓ {STATEMENT} ({IN_WORDS})"
    assert bundle["text/markdown"] == f"✓ **{STATEMENT}** ({IN_WORDS})"
    assert json.loads(json.dumps(bundle[CLAIM_MIME])) == {
        "statement": STATEMENT,
        "holds": True,
        "numbers": as_pairs({"": NUMBERS}),
        "needs": None,
        "by_construction": False,
        "source": source,
        "backend": keras.backend.backend(),
    }
    assert set(bundle) == {"text/plain", "text/markdown", "application/vnd.aeutils.claim+json"}


def test_a_claim_without_numbers(shown):
    claim(STATEMENT, True)
    assert shown[0]["text/plain"] == f"✓ {STATEMENT}"
    assert shown[0][CLAIM_MIME]["numbers"] == []


def test_a_claim_that_fails(shown, source):
    with pytest.raises(ClaimFailed) as caught:
        claim(STATEMENT, False, NUMBERS)
    message = str(caught.value)
    where = f"data: {source or 'your own'}; Keras {keras.__version__} on {keras.backend.backend()}"
    assert message.startswith(
        f"{STATEMENT}: did not hold here ({IN_WORDS}; {where}). If the claim is your own, "
    )
    assert "the measurement speaks against it" in message and "run all cells from the top" in message
    assert "bear" not in message and "book's own runs" not in message  # true of no reader's claim
    (bundle,) = shown
    assert bundle["text/plain"] == f"✗ {STATEMENT} ({IN_WORDS})"
    assert bundle["text/markdown"] == f"✗ **{STATEMENT}** ({IN_WORDS})"
    assert bundle[CLAIM_MIME]["holds"] is False and bundle[CLAIM_MIME]["numbers"] == as_pairs({"": NUMBERS})


def test_a_failed_claim_is_a_failed_assertion(shown):
    """So that pytest and nbval report it as such."""
    with pytest.raises(AssertionError, match="no numbers given"):
        claim(STATEMENT, False)


def test_on_clothes_a_claim_that_fails_is_recorded_and_does_not_raise(shown, clothes):
    claim(STATEMENT, False, NUMBERS)
    claim(STATEMENT, True, NUMBERS)
    claim(STATEMENT, False, needs="full")
    limit = "the data are clothes: a limit of the statement"
    assert [bundle["text/plain"] for bundle in shown] == [
        f"✗ {STATEMENT} ({IN_WORDS}; {limit})",
        f"✓ {STATEMENT} ({IN_WORDS})",
        f"– {STATEMENT} (meant for the full data, not judged on the fashion)",
    ]
    assert [bundle[CLAIM_MIME]["holds"] for bundle in shown] == [False, True, None]


def test_what_holds_by_construction_says_so(shown):
    claim(STATEMENT, True, {"difference": 0}, by_construction=True)
    assert shown[0]["text/plain"] == f"✓ {STATEMENT} (difference 0; by construction)"
    assert shown[0][CLAIM_MIME]["by_construction"] is True
    with pytest.raises(ClaimFailed):  # a slip in the algebra
        claim(STATEMENT, False, by_construction=True)


@pytest.mark.parametrize("holds", [True, False])
@pytest.mark.parametrize("source", ["sample", None], indirect=True)
def test_a_claim_about_the_full_data_is_not_judged_on_others(shown, source, holds):
    claim(STATEMENT, holds, NUMBERS, needs="full")
    (bundle,) = shown
    where = source or "data used here"
    note = f"({IN_WORDS}; meant for the full data, not judged on the {where})"
    assert bundle["text/plain"] == f"– {STATEMENT} {note}"
    assert bundle[CLAIM_MIME]["holds"] is None
    assert bundle[CLAIM_MIME]["needs"] == "full"


@pytest.mark.parametrize("source", ["full"], indirect=True)
def test_a_claim_about_the_full_data_is_judged_on_them(shown, source):
    claim(STATEMENT, True, needs="full")
    assert shown[0]["text/plain"] == f"✓ {STATEMENT}"
    assert shown[0][CLAIM_MIME]["holds"] is True
    with pytest.raises(ClaimFailed, match=STATEMENT):
        claim(STATEMENT, False, needs="full")
    assert shown[1]["text/plain"] == f"✗ {STATEMENT}"
    assert shown[1][CLAIM_MIME]["holds"] is False


@pytest.mark.parametrize(
    "compare", [np.less, ops.less, lambda a, b: np.array(a < b), lambda a, b: ops.all(a < b)]
)
def test_truths_of_numpy_and_of_the_backend(shown, compare):
    one, two = keras.ops.convert_to_numpy(1.0), keras.ops.convert_to_numpy(2.0)
    claim(STATEMENT, compare(one, two))
    assert shown[0][CLAIM_MIME]["holds"] is True
    with pytest.raises(ClaimFailed):
        claim(STATEMENT, compare(two, one))


@pytest.mark.parametrize(
    "holds",
    [None, "yes", "", 1, 0, 1.0, 0.3, np.nan, [True], [], np.array([True]), np.array([True, False])]
    + [np.ones((2, 2), bool), np.float32(1), ..., ("a", "b")],
)
def test_neither_true_nor_false(shown, holds):
    with pytest.raises(ValueError, match="(?s)holds must be true or false, got .*: reduce it with"):
        claim(STATEMENT, holds)
    assert shown == []


@pytest.mark.parametrize("needs", ["sample", "", True, "FULL"])
def test_wrong_needs(shown, needs):
    with pytest.raises(ValueError, match=f"needs must be None or 'full', got {needs!r}"):
        claim(STATEMENT, True, needs=needs)
    assert shown == []


# --- The numbers


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        (None, {}),
        ({}, {}),
        ({"a": 1}, {"": {"a": 1}}),
        ({"a": np.float32(0.1), "b": np.int64(3)}, {"": {"a": 0.1, "b": 3}}),
        ({"a": ops.convert_to_tensor(2.5), "b": np.array(7)}, {"": {"a": 2.5, "b": 7}}),
        ({"error": {"a": 2 / 3}, "bits": {"a": 960}}, {"error": {"a": 0.666667}, "bits": {"a": 960}}),
        ({"a": 1234567.8}, {"": {"a": 1234570.0}}),
        ({"a": 4.94065e-8}, {"": {"a": 4.94065e-8}}),
    ],
)
def test_numbers_are_stored_by_quantity_and_name(numbers, expected):
    found = checked_numbers(numbers)
    assert found == expected and json.loads(json.dumps(found)) == expected
    assert [type(v) for q in found.values() for v in q.values()] == [
        type(v) for q in expected.values() for v in q.values()
    ]


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ("13.87 < 52.7", "numbers must be named, such as .*, got str: pass a dictionary"),
        ([1, 2], "got list: pass a dictionary"),
        (13.87, "got float: pass"),
        ({"a": 1, "b": {"c": 2}}, r"all named alike, got \['a', 'b'\], of which some are dictionaries"),
        ({"a": {"b": {"c": 1}}}, "'b' must be one number, got {'c': 1}: reduce it"),
        ({1: 2}, "the names of numbers must be text, got 1: say what was measured"),
        ({"": 2}, "the names of numbers must be text, got ''"),
        ({"": {"a": 2}}, "the names of numbers must be text, got ''"),
        ({"a": "13.87"}, "'a' must be one number, got '13.87'"),
        ({"a": [1, 2]}, r"'a' must be one number, got \[1, 2\]: reduce it, or name each"),
        ({"a": np.ones(1)}, "'a' must be one number"),
        ({"a": True}, "'a' must be one number, got True"),
        ({"a": None}, "'a' must be one number, got None"),
        ({"a": 1j}, "'a' must be one number"),
        ({"a": np.nan}, "'a' must be a finite number, got nan: find where it arises"),
        ({"a": -np.inf}, "'a' must be a finite number, got -inf"),
    ],
)
def test_what_are_no_named_numbers(shown, numbers, message):
    with pytest.raises(ValueError, match=message):
        claim(STATEMENT, True, numbers)
    assert shown == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (13.8746, "13.87"), (26, "26"), (26.0, "26.00"), (209968, "209,968"), (-1.5, "-1.50"), (0.0, "0.00"),
        (0.1, "0.100"), (0.08641, "0.0864"), (0.5678, "0.568"), (4.942e-8, "4.94e-08"),
        (1234.5, "1,234"), (0, "0"),
    ],
)  # fmt: skip
def test_numbers_have_as_many_digits_as_can_be_read(value, expected):
    assert number_in_words(value) == expected


def test_numbers_of_several_quantities_in_words():
    found = checked_numbers({"error": {"PCA": 13.87, "network": 2.266}, "bits": {"PCA": 960}})
    assert numbers_in_words(found) == "error: PCA 13.87, network 2.27; bits: PCA 960"
    assert numbers_in_words({}) == ""


# --- Bounds


@pytest.mark.parametrize(("source", "expected"), [("full", 2.3), ("sample", 13), ("fashion", 13)])
def test_the_full_data_and_the_sample_have_bounds_of_their_own(monkeypatch, source, expected):
    monkeypatch.setattr(claims, "loaded_source", lambda: source)
    assert bound(full=2.3, sample=13) == expected


def test_a_bound_needs_data(monkeypatch):
    monkeypatch.setattr(claims, "loaded_source", lambda: None)
    with pytest.raises(ValueError, match="got none: call load_mnist first, or write a number"):
        bound(full=1, sample=2)


def test_a_record_keeps_the_author_s_order_of_names():
    numbers = {"error": {"PCA-8": 2.5, "PCA-16": 1.5}, "bits": {"b": 1, "a": 2}}
    kept = from_pairs(json.loads(json.dumps(as_pairs(numbers), sort_keys=True)))
    assert [(quantity, list(named.items())) for quantity, named in kept.items()] == [
        (quantity, list(named.items())) for quantity, named in numbers.items()
    ]
