"""A claim is shown with its numbers or raises, and carries itself as JSON."""

import json

from aeutils import claims
from aeutils.claims import CLAIM_MIME, ClaimFailed, claim
import keras
from keras import ops
import numpy as np
import pytest

STATEMENT = "PCA beats the mean image"


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


def test_a_claim_that_holds(shown, source):
    claim(STATEMENT, True, "13.87 against 52.7")
    (bundle,) = shown
    assert bundle["text/plain"] == f"✓ {STATEMENT} (13.87 against 52.7)"
    assert bundle["text/markdown"] == f"✓ **{STATEMENT}** (13.87 against 52.7)"
    assert json.loads(json.dumps(bundle[CLAIM_MIME])) == {
        "statement": STATEMENT,
        "holds": True,
        "detail": "13.87 against 52.7",
        "needs": None,
        "source": source,
        "backend": keras.backend.backend(),
    }
    assert set(bundle) == {"text/plain", "text/markdown", "application/vnd.aeutils.claim+json"}


def test_a_claim_without_numbers(shown):
    claim(STATEMENT, True)
    assert shown[0]["text/plain"] == f"✓ {STATEMENT}"


def test_a_claim_that_fails(shown, source):
    with pytest.raises(ClaimFailed) as caught:
        claim(STATEMENT, False, "53.1 against 52.7")
    message = str(caught.value)
    assert message.startswith(f"{STATEMENT}: did not hold here (53.1 against 52.7; data: {source})")
    assert "look for a cell that was changed or left out" in message
    (bundle,) = shown
    assert bundle["text/plain"] == f"✗ {STATEMENT} (53.1 against 52.7)"
    assert bundle["text/markdown"] == f"✗ **{STATEMENT}** (53.1 against 52.7)"
    assert bundle[CLAIM_MIME]["holds"] is False and bundle[CLAIM_MIME]["detail"] == "53.1 against 52.7"


def test_a_failed_claim_is_a_failed_assertion(shown):
    """So that pytest and nbval report it as such."""
    with pytest.raises(AssertionError, match="no numbers given"):
        claim(STATEMENT, False)


@pytest.mark.parametrize("holds", [True, False])
@pytest.mark.parametrize("source", ["sample", None], indirect=True)
def test_a_claim_about_the_full_data_is_not_judged_on_others(shown, source, holds):
    claim(STATEMENT, holds, "1 against 2", needs="full")
    (bundle,) = shown
    where = source or "data used here"
    note = f"(1 against 2; meant for the full data, not judged on the {where})"
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
