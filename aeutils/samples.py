"""Judges of drawn images: how like real ones they are, how varied, and whether they are copies.

Distances are measured in features of a small classifier that the book trains itself. Chapter 10 puts every
judge to real images first, and to copies, blurred and noisy ones. Labels are whole numbers `(n,)`, features
`(n, d)` arrays. Every function raises `ValueError` for images that `aeutils.checks.check_images` refuses,
and for features that are no such array or hold NaN or infinity.
"""

from dataclasses import dataclass, replace

from aeutils.checks import check_finite, check_images, check_whole
from aeutils.data import draw_shifts, move_images
from aeutils.models import check_seed
import keras
import numpy as np
from sklearn.decomposition import PCA
from sklearn.metrics import pairwise_distances_argmin_min, pairwise_distances_chunked
from sklearn.neighbors import NearestNeighbors
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC


@dataclass(frozen=True)
class Judge:
    """A classifier of images, and what it computes on the way.

    Attributes:
        network: images `(n, height, width)` to a pair: features `(n, 64)`, probabilities `(n, classes)`.
        scale: what features are divided by, so that their variances over the training images are 1 on
            average: two judges' distances are then of one order.
    """

    network: keras.Model
    scale: float = 1.0

    def features(self, images) -> np.ndarray:
        """Return the second-last layer's numbers over `scale`, `(n, 64)`, none below 0."""
        return self._answers(images)[0] / self.scale

    def probabilities(self, images) -> np.ndarray:
        """Return how sure the classifier is of each class, `(n, classes)`; a row adds up to 1."""
        return self._answers(images)[1]

    def classes(self, images) -> np.ndarray:
        """Return the likeliest class of each image, `(n,)`."""
        return self.probabilities(images).argmax(axis=1)

    def accuracy(self, images, labels) -> float:
        """Return the share of images whose likeliest class is the label."""
        images = check_images(images)
        _check_labels(labels, images, "labels")
        return float((self.classes(images) == np.asarray(labels)).mean())

    def _answers(self, images) -> list[np.ndarray]:
        images = check_images(images, shape=self.network.input_shape[1:])
        parts = [self.network(images[i : i + 1000]) for i in range(0, len(images), 1000)]
        together = zip(*parts, strict=True)
        return [np.concatenate([keras.ops.convert_to_numpy(one) for one in of_all]) for of_all in together]


def train_judge(x, y, seed: int, epochs: int = 4) -> Judge:
    """Train the book's judge of drawn images: two convolutions with strides and a layer of 64.

    It also learns from two copies of each image, moved by up to two pixels. With 10,000 digits it takes some
    ten seconds on a core, and errs on some 2% of others. Measure distances to images that it has not seen:
    those that it learnt from have features of their own.

    Args:
        x: grey images `(n, height, width)` in [0, 1].
        y: their labels, whole numbers from 0.
        seed: of the first weights and the order of the images; Keras' global seed is set to it.
        epochs: with Adam in batches of 128, the learning rate falling to 0 along half a cosine.

    Raises:
        ValueError: for labels that do not fit the images, an unusable seed, or less than one epoch.
    """
    x = check_images(x, "x")
    if x.ndim != 3:
        raise ValueError(f"x must be grey images (n, height, width), got {x.shape}: use x.mean(axis=-1)")
    _check_labels(y, x, "y")
    y = np.asarray(y)
    if not np.issubdtype(y.dtype, np.integer) or y.min() < 0:
        raise ValueError(f"y must be whole numbers from 0, got {y.dtype} from {y.min()}: number the classes")
    epochs = check_whole(epochs, "epochs", "choose one")
    keras.utils.set_random_seed(check_seed(seed))
    rng = np.random.default_rng(seed)
    moved = [move_images(x, draw_shifts(len(x), 2, rng, min(x.shape[1:]) - 1)) for _ in range(2)]
    images = keras.Input(x.shape[1:], name="images")
    hidden = keras.layers.Reshape((*x.shape[1:], 1))(images)
    for filters in (16, 32):
        hidden = keras.layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")(hidden)
    features = keras.layers.Dense(64, "relu", name="features")(keras.layers.Flatten()(hidden))
    probabilities = keras.layers.Dense(int(y.max()) + 1, "softmax", name="probabilities")(features)
    classifier = keras.Model(images, probabilities, name="judge")
    steps = epochs * -(-3 * len(x) // 128)
    rate = keras.optimizers.schedules.CosineDecay(3e-3, steps)
    fast = {} if keras.backend.backend() == "torch" else {"steps_per_execution": 10}
    classifier.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", **fast)
    classifier.fit(
        np.concatenate([x, *moved]), np.tile(y, 3), batch_size=128, epochs=epochs, verbose=0
    )  # fmt: skip
    judge = Judge(keras.Model(images, [features, probabilities], name="judge"))
    spread = float(np.sqrt(judge.features(x[:5000]).var(axis=0).mean()))
    return replace(judge, scale=spread or 1.0)


def precision_recall(real_features, drawn_features, neighbours: int = 3) -> tuple[float, float]:
    """Return precision and recall of drawn images: how many look real, how much of the real is covered.

    A point is *covered* by a set if it lies, for one of its members, within the distance of that member's
    `neighbours`-th nearest fellow. Precision is the share of drawn images that the real ones cover, recall
    the share of real images that the drawn ones cover (Kynkäänniemi et al. 2019, arXiv 1904.06991). Neither
    sees copies: those of the real images themselves have 1 and 1.

    Args:
        real_features, drawn_features: `(n, d)`, equally many, since both numbers move with n.
        neighbours: less than n.
    """
    real, drawn = _check_two(real_features, drawn_features)
    if len(real) != len(drawn):
        few = min(len(real), len(drawn))
        raise ValueError(
            f"real_features and drawn_features must be equally many, got {len(real)} and {len(drawn)}: "
            f"both numbers depend on how many; take {few} of each"
        )
    remedy = "ask for fewer, or pass more features"
    neighbours = check_whole(neighbours, "neighbours", remedy, at_most=len(real) - 1)
    return _covered(drawn, real, neighbours), _covered(real, drawn, neighbours)


def frechet_distance(a, b) -> float:
    """Return the squared Fréchet distance of two normal distributions, fitted to two sets of features.

    $|m_a - m_b|^2 + tr(C_a + C_b - 2 (C_a C_b)^{1/2})$ with means m and covariances C; 0 where both agree
    (Dowson & Landau 1982; Heusel et al. 2017, arXiv 1706.08500, with the features of a network of their own,
    so that those numbers compare with none of these). It is larger for fewer images: compare equal numbers.

    Args:
        a, b: features `(n, d)` of two rows at least, not necessarily equally many.
    """
    a, b = _check_two(a, b)
    mean_gap = np.square(a.mean(axis=0) - b.mean(axis=0)).sum()
    of_a, of_b = (np.atleast_2d(np.cov(one, rowvar=False)) for one in (a, b))
    root = _root(of_a)
    crossed = np.linalg.eigvalsh(root @ of_b @ root)  # has the eigenvalues of of_a @ of_b, and is symmetric
    distance = mean_gap + np.trace(of_a) + np.trace(of_b) - 2 * np.sqrt(np.clip(crossed, 0, None)).sum()
    return float(max(distance, 0))


def class_histogram(judge: Judge, images) -> np.ndarray:
    """Return how many of the images the judge takes for each class, `(classes,)`."""
    return np.bincount(judge.classes(images), minlength=judge.network.output_shape[1][1])


def nearest_squared_distances(images, training_images) -> np.ndarray:
    """Return each image's squared distance, summed over pixels, to the nearest training image, `(n,)`.

    0 for a copy. Blur makes for small distances too, so compare with real images, and never rank by it.
    """
    training_images = check_images(training_images, "training_images")
    images = check_images(images, shape=training_images.shape[1:])
    flat, others = (one.reshape(len(one), -1).astype("float64") for one in (images, training_images))
    squared = pairwise_distances_argmin_min(flat, others, metric="sqeuclidean")[1]
    return np.clip(squared, 0, None)


def train_on_drawn(drawn, drawn_labels, x_test, y_test) -> float:
    """Return the error of a classifier that learnt from drawn images, on real ones: a share of them.

    *Train on synthetic, test on real* (Esteban et al. 2017, arXiv 1706.02633). The classifier is a support
    vector machine on 50 principal components of the drawn images: without any randomness, and in a second or
    two for a few thousand images.

    Args:
        drawn, drawn_labels: images `(n, height, width)`, and the classes they were drawn for, or those that
            a judge sees in them. Where all have one label, so has every answer.
        x_test, y_test: real images and labels.
    """
    drawn = check_images(drawn, "drawn")
    x_test = check_images(x_test, "x_test", drawn.shape[1:])
    _check_labels(drawn_labels, drawn, "drawn_labels")
    _check_labels(y_test, x_test, "y_test")
    flat, others = (one.reshape(len(one), -1) for one in (drawn, x_test))
    drawn_labels, y_test = np.asarray(drawn_labels), np.asarray(y_test)
    if len(np.unique(drawn_labels)) == 1:
        return float((y_test != drawn_labels[0]).mean())
    components = PCA(min(50, len(flat), flat.shape[1]), svd_solver="covariance_eigh")
    classifier = make_pipeline(components, SVC(C=10)).fit(flat, drawn_labels)
    return float((classifier.predict(others) != y_test).mean())


def _covered(points: np.ndarray, members: np.ndarray, neighbours: int) -> float:
    index = NearestNeighbors(n_neighbors=neighbours, algorithm="brute").fit(members)
    radii = index.kneighbors()[0][:, -1]  # asked without points: a member is not its own neighbour
    pieces = pairwise_distances_chunked(points, members)
    return float(np.concatenate([(piece <= radii).any(axis=1) for piece in pieces]).mean())


def _root(covariance: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(covariance)
    return (vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T


def _check_two(a, b) -> tuple[np.ndarray, np.ndarray]:
    a, b = (np.asarray(one, "float64") for one in (a, b))
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1] or min(len(a), len(b)) < 2:
        raise ValueError(
            f"features must be (n, d) with one d and two rows at least, got {a.shape} and {b.shape}: "
            f"pass what judge.features gives for both sets of images"
        )
    return check_finite(a, "features"), check_finite(b, "features")


def _check_labels(labels, images: np.ndarray, name: str) -> None:
    if np.shape(labels) != (len(images),):
        raise ValueError(
            f"{name} must be ({len(images)},), one for each image, got {np.shape(labels)}: "
            f"pass the labels of exactly these images"
        )
