"""A claim: a conclusion of the book as code. It holds, or the cell raises."""

from collections.abc import Mapping

from aeutils.claim_records import CLAIM_MIME, as_pairs, checked_numbers, numbers_in_words
from aeutils.data import loaded_source
from IPython.display import display
import keras
import numpy as np


class ClaimFailed(AssertionError):
    """What was claimed did not hold in this run."""


def claim(
    statement: str,
    holds,
    numbers: Mapping | None = None,
    *,
    needs: str | None = None,
    by_construction: bool = False,
) -> None:
    """Show whether a statement holds in this run, with its numbers; raise where it does not.

    Besides the line that a reader sees, the output carries the claim as JSON, under the MIME type
    `application/vnd.aeutils.claim+json`, for programs that collect claims over many runs. On the second data
    set, clothes in the place of digits, a claim that does not hold is a limit of its statement: it is
    recorded, and does not raise.

    Args:
        statement: a sentence that could be false.
        holds: whether this run bears it out.
        numbers: the measured numbers by name, `{"PCA-30": 13.87, "network": 2.27}`; where they are of several
            quantities, a dictionary for each, `{"error": {"network": 2.27}, "bits": {"network": 960}}`.
        needs: `"full"` for the few statements that are meant for the full data only. On other data such
            a claim says so, and is not judged.
        by_construction: it follows from algebra, a constant or an interface, and is not counted among
            what was measured.

    Raises:
        ClaimFailed: if it does not hold.
        ValueError: if `needs` is something else, `holds` is neither true nor false, or `numbers` are not
            named finite numbers.
    """
    if needs not in (None, "full"):
        raise ValueError(f"needs must be None or 'full', got {needs!r}: leave it out, or write needs='full'")
    truth = np.asarray(holds)
    if truth.shape != () or truth.dtype != bool:
        raise ValueError(
            f"holds must be true or false, got {holds!r}: reduce it with .all() or compare single numbers"
        )
    named = checked_numbers(numbers)
    source = loaded_source()
    judged = needs is None or source == "full"
    failed = judged and not holds
    notes = [numbers_in_words(named)]
    notes += ["by construction"] if by_construction else []
    notes += [] if judged else [f"meant for the full data, not judged on the {source or 'data used here'}"]
    notes += ["the data are clothes: a limit of the statement"] if failed and source == "fashion" else []
    remark = "; ".join(note for note in notes if note)
    mark = ("✗" if failed else "✓") if judged else "–"
    record = {
        "statement": statement,
        "holds": bool(holds) if judged else None,
        "numbers": as_pairs(named),
        "needs": needs,
        "by_construction": bool(by_construction),
        "source": source,
        "backend": keras.backend.backend(),
    }
    end = f" ({remark})" if remark else ""
    bundle = {
        "text/plain": f"{mark} {statement}{end}",
        "text/markdown": f"{mark} **{statement}**{end}",
        CLAIM_MIME: record,
    }
    display(bundle, raw=True)
    if failed and source != "fashion":
        raise ClaimFailed(
            f"{statement}: did not hold here ({numbers_in_words(named) or 'no numbers given'}; data: "
            f"{source or 'your own'}; Keras {keras.__version__} on {keras.backend.backend()}). If the claim "
            f"is your own, this is the answer: the measurement speaks against it. If it is a chapter's, and "
            f"you changed no cell, restart and run all cells from the top; if it fails again, compare your "
            f"versions with those that the ledger's page names."
        )


def bound(*, full: float, sample: float) -> float:
    """Return what a claim asks for on the data in use: the full data and the sample have bounds of their own.

    The second data set has as many images as the sample, and is judged by its bound.

    Raises:
        ValueError: if `load_mnist` was not called.
    """
    source = loaded_source()
    if source is None:
        raise ValueError("bound needs data of the book, got none: call load_mnist first, or write a number")
    return full if source == "full" else sample
