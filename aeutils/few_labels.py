"""A linear probe with few labels, several draws of them, standardised or not. Chapter 9 uses it."""

from aeutils.checks import check_whole
import numpy as np
from sklearn.linear_model import LogisticRegression


def few_label_accuracies(
    codes,
    labels,
    test_codes,
    test_labels,
    count: int,
    draws: int = 1,
    seed: int = 0,
    standardise: bool = True,
) -> np.ndarray:
    """Return the accuracy (%) of logistic regression on few labelled codes, `(draws,)`.

    Each draw takes equally many codes of every class. The codes' means are taken off; then each number is
    divided by its standard deviation (`standardise`), or all numbers by one factor, which makes the mean
    variance 1. Means and deviations are those of the drawn codes alone.

    Args:
        codes, labels: what the labelled ones are drawn from, `(n, code_size)` and `(n,)`.
        count: how many labels in all; a multiple of the number of classes.
        seed: of the draws.

    Raises:
        ValueError: for a count that the classes do not divide, or where a class has too few codes.
    """
    codes, labels, test_codes = np.asarray(codes), np.asarray(labels), np.asarray(test_codes)
    check_whole(draws, "draws", "choose one")
    classes, sizes = np.unique(labels, return_counts=True)
    each, rest = divmod(check_whole(count, "count", "choose one"), len(classes))
    if rest or not each or each > sizes.min():
        raise ValueError(
            f"count must be a multiple of the {len(classes)} classes, with at most {sizes.min()} each, got "
            f"{count}: ask for {len(classes)}, say"
        )
    generator = np.random.default_rng(seed)
    found = []
    for _ in range(draws):
        drawn = [generator.choice(np.flatnonzero(labels == c), each, replace=False) for c in classes]
        chosen = np.concatenate(drawn)
        mean, deviation = codes[chosen].mean(axis=0), codes[chosen].std(axis=0)
        scale = np.where(deviation > 0, deviation, 1) if standardise else np.sqrt((deviation**2).mean()) or 1
        probe = LogisticRegression(max_iter=300).fit((codes[chosen] - mean) / scale, labels[chosen])
        found.append(100 * probe.score((test_codes - mean) / scale, test_labels))
    return np.array(found)
