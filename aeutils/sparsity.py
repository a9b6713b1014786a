"""How sparse codes are, dead units left out: numbers from arrays, no model needed. Chapter 9 uses them."""

from aeutils.checks import check_finite
import numpy as np


def switched_on(codes, share: float = 0.05) -> np.ndarray:
    """Return which numbers of the codes are on, booleans in the shape of `codes`.

    On is what is farther from 0 than `share` of a large number of these codes (the 99.9% quantile of their
    sizes). With `share=0` it is whatever is not exactly 0.

    Raises:
        ValueError: for codes that are not `(n, units)` of finite numbers, or a share outside [0, 1).
    """
    codes = np.asarray(codes)
    if codes.ndim != 2 or 0 in codes.shape:
        raise ValueError(
            f"codes must be (n, units) with at least one row, got {codes.shape}: one row an image"
        )
    if not 0 <= share < 1:
        raise ValueError(f"share must be from 0 to below 1, got {share!r}: try 0.05")
    sizes = np.abs(check_finite(codes, "codes"))
    return sizes > share * np.quantile(sizes, 0.999)


def sparsity(codes, share: float = 0.05) -> dict[str, float]:
    """Return how often the units of a code are on, by `switched_on`, over these images.

    Returns:
        `dead`: how many units are on for no image. `zeros`: the share of numbers that are off, among the
        units that are not dead. `on`: how many units an image has on, on average; `on, spread`: the standard
        deviation of that over the images. `unit spread`: the standard deviation, over the living units, of
        the share of images that a unit is on for.

    Raises:
        ValueError: as `switched_on`.
    """
    on = switched_on(codes, share)
    living = on[:, on.any(axis=0)]
    an_image = on.sum(axis=1)
    return {
        "dead": int(on.shape[1] - living.shape[1]),
        "zeros": float(1 - living.mean()) if living.size else 1.0,
        "on": float(an_image.mean()),
        "on, spread": float(an_image.std()),
        "unit spread": float(living.mean(axis=0).std()) if living.size else 0.0,
    }
