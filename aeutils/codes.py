"""What codes are good for: probes, neighbours, clusters. Numbers from arrays, no model needed.

Codes are `(n, code_size)` arrays, labels `(n,)` whole numbers. Chapter 7 asks what each number misses.
Every function raises `ValueError` for codes that are no such array, hold NaN or infinity, or differ in
their length from what they are compared with.
"""

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.manifold import trustworthiness as sklearn_trustworthiness
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def probe_accuracy(train_codes, train_labels, test_codes, test_labels) -> float:
    """Return the share of test codes whose label a linear classifier gets right: the *linear probe*.

    Multinomial logistic regression on codes that are standardised with the training codes' mean and spread
    (Alain & Bengio 2016, arXiv 1610.01644).
    """
    probe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=300))
    return _accuracy(probe, train_codes, train_labels, test_codes, test_labels)


def neighbour_accuracy(train_codes, train_labels, test_codes, test_labels, neighbours: int = 5) -> float:
    """Return the share of test codes whose label the vote of the nearest training codes gets right."""
    _check_neighbours(neighbours, len(train_codes))
    voters = KNeighborsClassifier(neighbours)
    return _accuracy(voters, train_codes, train_labels, test_codes, test_labels)


def trustworthiness(originals, codes, neighbours: int = 10) -> float:
    """Return how far the neighbours of a code are neighbours of its original too: 1 where all are.

    Strangers that have become neighbours cost in proportion to their rank among the originals
    (Venna & Kaski 2001, doi:10.1007/3-540-44668-0_68; scikit-learn's implementation).

    Args:
        originals: what was encoded, `(n, ...)`; each is taken as one long vector.
        codes: `(n, code_size)`.
        neighbours: how many nearest ones count; less than n / 2.
    """
    originals, codes = _check_pair(originals, codes)
    _check_neighbours(neighbours, len(codes) / 2)
    return float(sklearn_trustworthiness(originals, codes, n_neighbors=neighbours))


def continuity(originals, codes, neighbours: int = 10) -> float:
    """Return how far the neighbours of an original stay neighbours of its code: 1 where all do.

    The mirror image of `trustworthiness`, with the two spaces exchanged: it sees what was torn apart.
    """
    return trustworthiness(codes, np.reshape(originals, (len(originals), -1)), neighbours)


def neighbours_kept(originals, codes, neighbours: int = 10) -> float:
    """Return the share of each original's nearest neighbours that are among its code's nearest neighbours."""
    originals, codes = _check_pair(originals, codes)
    _check_neighbours(neighbours, len(codes))
    before, after = (_nearest(space, neighbours) for space in (originals, codes))
    kept = [len(set(a) & set(b)) for a, b in zip(before, after, strict=True)]
    return float(np.mean(kept)) / neighbours


def _nearest(points: np.ndarray, neighbours: int) -> np.ndarray:
    # Asked without points, each point's own place is left out of its list.
    return NearestNeighbors(n_neighbors=neighbours).fit(points).kneighbors(return_distance=False)


def _accuracy(classifier, train_codes, train_labels, test_codes, test_labels) -> float:
    train_codes = _check_codes(train_codes, "train_codes")
    test_codes = _check_codes(test_codes, "test_codes")
    if train_codes.shape[1] != test_codes.shape[1]:
        raise ValueError(
            f"train_codes and test_codes must have one code size, got {train_codes.shape[1]} and "
            f"{test_codes.shape[1]}: encode both with the same encoder"
        )
    for name, codes, labels in (
        ("train", train_codes, train_labels),
        ("test", test_codes, test_labels),
    ):
        if np.shape(labels) != (len(codes),):
            raise ValueError(
                f"{name}_labels must be ({len(codes)},), one for each of {name}_codes, "
                f"got {np.shape(labels)}: pass the labels of exactly these codes"
            )
    return float(classifier.fit(train_codes, train_labels).score(test_codes, test_labels))


def _check_codes(codes, name: str) -> np.ndarray:
    array = np.asarray(codes)
    if array.ndim != 2 or 0 in array.shape:
        raise ValueError(
            f"{name} must be (n, code_size) with at least one row, got {array.shape}: "
            f"pass what an encoder returns, one row an image"
        )
    if not np.isfinite(array).all():
        raise ValueError(
            f"{name} must be finite, got {np.size(array) - np.isfinite(array).sum()} NaN or infinite values: "
            f"find where they arise before going on"
        )
    return array


def _check_pair(originals, codes) -> tuple[np.ndarray, np.ndarray]:
    originals = np.asarray(originals)
    originals = _check_codes(originals.reshape(len(originals), -1), "originals")
    codes = _check_codes(codes, "codes")
    if len(originals) != len(codes):
        raise ValueError(
            f"originals and codes must be equally many, got {len(originals)} and {len(codes)}: "
            f"pass the codes of exactly these originals"
        )
    return originals, codes


def _check_neighbours(neighbours, below) -> None:
    if not isinstance(neighbours, int | np.integer) or not 1 <= neighbours < below:
        raise ValueError(
            f"neighbours must be a whole number of at least 1 and below {below:g}, got {neighbours!r}: "
            f"ask for fewer, or pass more codes"
        )
