"""A claim: a conclusion of the book as code. It holds, or the cell raises."""

from aeutils.data import loaded_source
from IPython.display import display
import keras
import numpy as np

CLAIM_MIME = "application/vnd.aeutils.claim+json"


class ClaimFailed(AssertionError):
    """What a chapter concludes did not hold in this run."""


def claim(statement: str, holds, detail: str = "", needs: str | None = None) -> None:
    """Show whether a statement holds in this run, with its numbers; raise where it does not.

    Besides the line that a reader sees, the output carries the claim as JSON, under the MIME type
    `application/vnd.aeutils.claim+json`, for programs that collect claims over many runs.

    Args:
        statement: a sentence that could be false.
        holds: whether this run bears it out.
        detail: the measured numbers.
        needs: `"full"` for the few statements that are meant for the full data only. On the sample such
            a claim says so, and is not judged.

    Raises:
        ClaimFailed: if it does not hold.
        ValueError: if `needs` is something else, or `holds` is neither true nor false.
    """
    if needs not in (None, "full"):
        raise ValueError(f"needs must be None or 'full', got {needs!r}")
    truth = np.asarray(holds)
    if truth.shape != () or truth.dtype != bool:
        raise ValueError(
            f"holds must be true or false, got {holds!r}: reduce it with .all() or compare single numbers"
        )
    source = loaded_source()
    judged = needs is None or source == "full"
    note = "" if judged else f"meant for the full data, not judged on the {source or 'data used here'}"
    remark = "; ".join(part for part in (detail, note) if part)
    mark = ("✓" if holds else "✗") if judged else "–"
    text = f"{mark} {statement}" + (f" ({remark})" if remark else "")
    record = {
        "statement": statement,
        "holds": bool(holds) if judged else None,
        "detail": detail,
        "needs": needs,
        "source": source,
        "backend": keras.backend.backend(),
    }
    emphasised = f"{mark} **{statement}**" + (f" ({remark})" if remark else "")
    bundle = {"text/plain": text, "text/markdown": emphasised, CLAIM_MIME: record}
    display(bundle, raw=True)
    if judged and not holds:
        raise ClaimFailed(
            f"{statement}: did not hold here ({detail or 'no numbers given'}; data: {source}). "
            f"The book's own runs all bear it out: look for a cell that was changed or left out."
        )
