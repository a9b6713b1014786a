"""What codes are good for: probes, neighbours, clusters, zeros. Numbers from arrays, no model needed.

Codes are `(n, code_size)` arrays, labels `(n,)` whole numbers. Chapter 7 asks what each number misses.
Every function raises `ValueError` for codes that are no such array, hold NaN or infinity, or differ in
their length from what they are compared with.
"""

import math

from aeutils.checks import check_finite, check_whole
import numpy as np
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression
from sklearn.manifold import trustworthiness as sklearn_trustworthiness
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def probe_accuracy(train_codes, train_labels, test_codes, test_labels) -> float:
    """Return the share of test codes whose label a linear classifier gets right: the *linear probe*.

    Multinomial logistic regression on codes that are standardised with the training codes' mean and spread
    (Alain & Bengio 2016, arXiv 1610.01644).
    """
    probe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    return _accuracy(probe, train_codes, train_labels, test_codes, test_labels)


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
    """
    codes, test_codes = _check_two_sets(codes, labels, test_codes, test_labels, "test")
    labels = np.asarray(labels)
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


def neighbour_accuracy(train_codes, train_labels, test_codes, test_labels, neighbours: int = 5) -> float:
    """Return the share of test codes whose label the vote of the nearest training codes gets right.

    Args:
        neighbours: how many nearest ones vote; at most as many as there are training codes.
    """
    _check_two_sets(train_codes, train_labels, test_codes, test_labels, "test")
    _check_neighbours(neighbours, len(train_codes))
    voters = KNeighborsClassifier(neighbours)
    return _accuracy(voters, train_codes, train_labels, test_codes, test_labels)


def retrieval_precision(train_codes, train_labels, query_codes, query_labels, neighbours: int = 10) -> float:
    """Return the share of the `neighbours` nearest training codes that bear the query's label.

    Averaged over the queries: *precision at 10*, for the default number.
    """
    train_codes, query_codes = _check_two_sets(train_codes, train_labels, query_codes, query_labels, "query")
    _check_neighbours(neighbours, len(train_codes))
    nearest = NearestNeighbors(n_neighbors=neighbours).fit(train_codes)
    found = np.asarray(train_labels)[nearest.kneighbors(query_codes, return_distance=False)]
    return float((found == np.asarray(query_labels)[:, None]).mean())


def cluster_agreement(codes, labels, clusters: int = 10, seed: int = 0) -> tuple[float, float]:
    """Return how far k-means clusters of the codes agree with the labels, in two ways.

    Both are 1 for clusters that are the classes under other names: the adjusted Rand index, which is 0 on
    average for clusters drawn at random (Hubert & Arabie 1985, doi:10.1007/BF01908075), and the normalised
    mutual information, which is a little above 0 for those.

    Args:
        clusters: how many; at most as many as there are different codes.
        seed: of the first centres; the best of four runs counts.
    """
    codes = _check_codes(codes, "codes")
    _check_labels(labels, codes, "labels", "codes")
    different = len(np.unique(codes, axis=0))
    remedy = "no two clusters share a code: ask for fewer, or look for an encoder that gives one code to all"
    check_whole(clusters, "clusters", remedy, at_most=different)
    found = KMeans(clusters, n_init=4, random_state=seed).fit_predict(codes)
    return float(adjusted_rand_score(labels, found)), float(normalized_mutual_info_score(labels, found))


def trustworthiness(originals, codes, neighbours: int = 10) -> float:
    """Return how far the neighbours of a code are neighbours of its original too: 1 where all are.

    Strangers that have become neighbours cost in proportion to their rank among the originals
    (Venna & Kaski 2001, doi:10.1007/3-540-44668-0_68; scikit-learn's implementation).

    Args:
        originals: what was encoded, `(n, ...)`; each is taken as one long vector.
        codes: `(n, code_size)`.
        neighbours: how many nearest ones count; less than n / 2.
    """
    originals, codes = _check_pair(originals, codes, neighbours, 0.5)
    return float(sklearn_trustworthiness(originals, codes, n_neighbors=neighbours))


def continuity(originals, codes, neighbours: int = 10) -> float:
    """Return how far the neighbours of an original stay neighbours of its code: 1 where all do.

    The mirror image of `trustworthiness`, with the two spaces exchanged: it sees what was torn apart.
    """
    originals, codes = _check_pair(originals, codes, neighbours, 0.5)
    return float(sklearn_trustworthiness(codes, originals, n_neighbors=neighbours))


def neighbours_kept(originals, codes, neighbours: int = 10) -> float:
    """Return the share of each original's nearest neighbours that are among its code's nearest neighbours.

    Args:
        neighbours: how many nearest ones count; less than n.
    """
    originals, codes = _check_pair(originals, codes, neighbours, 1)
    before, after = (_nearest(space, neighbours) for space in (originals, codes))
    kept = [len(set(a) & set(b)) for a, b in zip(before, after, strict=True)]
    return float(np.mean(kept)) / neighbours


def switched_on(codes, share: float = 0.05) -> np.ndarray:
    """Return which numbers of the codes are on, booleans in the shape of `codes`.

    On is what is farther from 0 than `share` of a large number of these codes (the 99.9% quantile of their
    sizes). With `share=0` it is whatever is not exactly 0.

    Args:
        share: from 0 to below 1.
    """
    sizes = np.abs(_check_codes(codes, "codes"))
    if not 0 <= share < 1:
        raise ValueError(f"share must be from 0 to below 1, got {share!r}: try 0.05")
    return sizes > share * np.quantile(sizes, 0.999)


def sparsity(codes, share: float = 0.05) -> dict[str, float]:
    """Return how often the units of a code are on, by `switched_on`, over these images.

    Returns:
        `dead`: how many units are on for no image. `zeros`: the share of numbers that are off, among the
        units that are not dead. `on`: how many units an image has on, on average; `on, spread`: the standard
        deviation of that over the images. `unit spread`: the standard deviation, over the living units, of
        the share of images that a unit is on for.
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


def _nearest(points: np.ndarray, neighbours: int) -> np.ndarray:
    # Asked without points, each point's own place is left out of its list.
    return NearestNeighbors(n_neighbors=neighbours).fit(points).kneighbors(return_distance=False)


def _accuracy(classifier, train_codes, train_labels, test_codes, test_labels) -> float:
    train_codes, test_codes = _check_two_sets(train_codes, train_labels, test_codes, test_labels, "test")
    return float(classifier.fit(train_codes, train_labels).score(test_codes, test_labels))


def _check_two_sets(train_codes, train_labels, codes, labels, name: str) -> tuple[np.ndarray, np.ndarray]:
    train_codes, codes = _check_codes(train_codes, "train_codes"), _check_codes(codes, f"{name}_codes")
    if train_codes.shape[1] != codes.shape[1]:
        raise ValueError(
            f"train_codes and {name}_codes must have one code size, got {train_codes.shape[1]} and "
            f"{codes.shape[1]}: encode both with the same encoder"
        )
    _check_labels(train_labels, train_codes, "train_labels", "train_codes")
    _check_labels(labels, codes, f"{name}_labels", f"{name}_codes")
    return train_codes, codes


def _check_labels(labels, codes: np.ndarray, name: str, codes_name: str) -> None:
    if np.shape(labels) != (len(codes),):
        raise ValueError(
            f"{name} must be ({len(codes)},), one for each of {codes_name}, got {np.shape(labels)}: "
            f"pass the labels of exactly these codes"
        )


def _check_codes(codes, name: str) -> np.ndarray:
    array = np.asarray(codes)
    if array.ndim != 2 or 0 in array.shape:
        raise ValueError(
            f"{name} must be (n, code_size) with at least one row, got {array.shape}: "
            f"pass what an encoder returns, one row an image"
        )
    return check_finite(array, name)


def _check_pair(originals, codes, neighbours, share) -> tuple[np.ndarray, np.ndarray]:
    originals = np.asarray(originals)
    if originals.ndim < 2 or 0 in originals.shape:
        raise ValueError(
            f"originals must be (n, ...) with at least one row, got {originals.shape}: "
            f"pass what was encoded, such as images (n, height, width)"
        )
    flat = originals.reshape(len(originals), math.prod(originals.shape[1:]))
    originals, codes = (
        check_finite(flat, "originals", "a missing value, for instance"),
        _check_codes(codes, "codes"),
    )
    if len(originals) != len(codes):
        raise ValueError(
            f"originals and codes must be equally many, got {len(originals)} and {len(codes)}: "
            f"pass the codes of exactly these originals"
        )
    _check_neighbours(neighbours, math.ceil(share * len(codes)) - 1)
    return originals, codes


def _check_neighbours(neighbours, at_most: int) -> None:
    check_whole(neighbours, "neighbours", "ask for fewer, or pass more codes", at_most=at_most)
