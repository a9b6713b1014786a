"""The exercises of chapter 7: a wrong answer hears what is wrong about it."""

from aeutils import metrics
from aeutils.exercises import chapter07
import numpy as np
import pytest
from scipy.stats import entropy

from tests.package.answers import refused, solution

pytestmark = pytest.mark.any_backend

EXERCISES = [chapter07.mean_psnr, chapter07.paired_interval, chapter07.bits_per_image]


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.answer_name)
def test_a_value_in_place_of_a_function(exercise, capsys):
    refused(exercise, 3.0, "Expected a function", capsys)


def test_the_solutions_agree_with_other_programs():
    images, others = np.random.default_rng(1).random((2, 5, 28, 28)).astype("float32")
    errors = metrics.squared_errors(images, others)
    assert solution(chapter07.mean_psnr)(errors) == pytest.approx(metrics.psnr(images, others))
    whole = np.random.default_rng(1).integers(-3, 4, (200, 3))
    counts = [np.bincount(column + 3) for column in whole.T]
    expected = sum(entropy(column, base=2) for column in counts)
    assert solution(chapter07.bits_per_image)(whole) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda e: 10 * np.log10(e / 784).mean(), "The sign is the other way round"),
        (lambda e: -10 * np.log10(e.mean() / 784), "take each image's logarithm first"),
        (lambda e: (-10 * np.log10(e)).mean(), "divided by 784"),
        (lambda e: (-10 * np.log(e / 784)).mean(), "to base 10"),
        (lambda e: (-20 * np.log10(e / 784)).mean(), "A factor of 20 goes with the RMSE"),
        (lambda e: (-10 * np.log10(e / 784 / 255**2)).mean(), "The brightest pixel is 1 here, not 255"),
        (lambda e: (-10 * np.log10(e / 784 / 255)).mean(), "The brightest pixel is 1 here, not 255"),
        (lambda e: np.median(-10 * np.log10(e / 784)), "That is the median"),
        (lambda e: -10 * np.log10(np.median(e) / 784), "That is the median"),
        (lambda e: -10 * np.log10(e / 784), "got shape (2,)"),
        (lambda e: e.mean(), "expected 20.0000"),
    ],
)
def test_wrong_psnr(answer, words, capsys):
    refused(chapter07.mean_psnr, answer, words, capsys)


def bootstrap(values, percentiles, size=None, replace=True, mean=np.mean, resamples=4000, seed=0):
    generator = np.random.default_rng(seed)
    size = size or len(values)
    means = [mean(generator.choice(values, size, replace)) for _ in range(resamples)]
    return tuple(np.percentile(means, percentiles))


def formula(a, b, resamples=1000, seed=0):
    difference = a - b
    error = difference.std(ddof=1) / np.sqrt(len(a))
    return difference.mean() - 1.96 * error, difference.mean() + 1.96 * error


def without_a_seed(a, b, resamples=1000, seed=0):
    return bootstrap(a - b, [2.5, 97.5], resamples=resamples, seed=None)


def medians_by_themselves(a, b, resamples=1000, seed=0):
    generator, n = np.random.default_rng(seed), len(a)
    draws = [generator.integers(0, n, n) for _ in range(resamples)]
    return np.percentile([np.median((a - b)[places]) for places in draws], [2.5, 97.5])


@pytest.mark.parametrize("bootstrapped", ["by sorting", "at once"])
def test_other_right_intervals(bootstrapped):
    def by_sorting(errors_a, errors_b, resamples=1000, seed=0):
        generator, n = np.random.default_rng(seed), len(errors_a)
        draws = [generator.integers(n, size=n) for _ in range(resamples)]
        means = sorted(errors_a[places].mean() - errors_b[places].mean() for places in draws)
        return [means[int(0.025 * resamples)], means[int(0.975 * resamples)]]

    def at_once(errors_a, errors_b, resamples, seed):
        n = len(errors_a)
        places = np.random.RandomState(seed).randint(0, n, (resamples, n))  # noqa: NPY002
        return np.quantile((errors_a - errors_b)[places].mean(axis=1), [0.025, 0.975])

    answer = by_sorting if bootstrapped == "by sorting" else at_once
    assert chapter07.paired_interval.check(answer) == "correct"


def unpaired(a, b, resamples=1000, seed=0):
    generator = np.random.default_rng(seed)
    n = len(a)
    means = [
        a[generator.integers(0, n, n)].mean() - b[generator.integers(0, n, n)].mean()
        for _ in range(resamples)
    ]
    return np.percentile(means, [2.5, 97.5])


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (unpaired, "draw one set of places"),
        (lambda a, b, *_: np.percentile(a - b, [2.5, 97.5]), "an interval of single images"),
        (lambda a, b, *_: bootstrap(a - b, [0.025, 0.975]), "2.5 and 97.5, not 0.025 and 0.975"),
        (lambda a, b, *_: bootstrap(a - b, [2.5, 97.5], mean=np.median), "around the median"),
        (medians_by_themselves, "around the median"),
        (lambda a, b, *_: bootstrap(a - b, [2.5, 97.5], size=10), "as many images as there are, 400 here"),
        (formula, "the same for any `resamples` and any `seed`. The bootstrap is asked for"),
        (lambda a, b, *_: bootstrap(a - b, [2.5, 97.5]), "the same for any `resamples` and any `seed`"),
        (lambda a, b, n, seed: bootstrap(a - b, [2.5, 97.5], seed=seed), "any `resamples`: draw so many"),
        (lambda a, b, n, _: bootstrap(a - b, [2.5, 97.5], resamples=n), "same for any `seed`: draw from"),
        (without_a_seed, "two calls give two intervals"),
        (lambda errors_a, errors_b: (0, 1), "resamples=1000, seed=0)`, yours takes `(errors_a, errors_b)`"),
        (lambda a, b, *_: bootstrap(b - a, [2.5, 97.5]), "The sign is the other way round"),
        (lambda a, b, *_: bootstrap(a - b, [2.5, 97.5], replace=False), "*with* replacement"),
        (lambda a, b, *_: bootstrap(a - b, [5, 95]), "the 2.5th and the 97.5th"),
        (lambda a, b, *_: bootstrap(a - b, [97.5, 2.5]), "the lower end comes first"),
        (lambda a, b, *_: (a - b).mean(), "Expected a pair"),
        (lambda a, b, *_: bootstrap(a, [2.5, 97.5]), "much too wide"),
        (lambda a, b, *_: bootstrap(a - b + 0.3, [2.5, 97.5]), "expected about"),
    ],
)
def test_wrong_intervals(answer, words, capsys):
    refused(chapter07.paired_interval, answer, words, capsys)


def entropies(whole):
    return np.array([entropy(np.unique(c, return_counts=True)[1], base=2) for c in whole.T])


def joint(whole):
    return entropy(np.unique(whole, axis=0, return_counts=True)[1], base=2)


def pooled(whole):
    return entropies(whole.reshape(-1, 1))[0]


def with_zeros(whole):
    shares = np.array([np.bincount(column + 50, minlength=100) / len(column) for column in whole.T])
    with np.errstate(all="ignore"):
        return -(shares * np.log2(shares)).sum()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda whole: entropies(whole.T).sum(), "You went through the rows"),
        (lambda whole: entropies(whole.T).mean(), "You went through the rows"),
        (joint, "That is the entropy of whole rows"),
        (with_zeros, "Only values that occur"),
        (lambda whole: entropies(whole).sum() * np.log(2), "nats"),
        (lambda whole: -entropies(whole).sum(), "The sign is the other way round"),
        (lambda whole: entropies(whole).mean(), "an image needs all of them"),
        (lambda whole: entropies(whole).sum() * len(whole), "bits of all images"),
        (lambda whole: pooled(whole) * whole.shape[1], "each column has frequencies of its own"),
        (pooled, "take each by itself"),
        (lambda whole: sum(np.log2(len(np.unique(c))) for c in whole.T), "one length for all values"),
        (entropies, "sum over the columns"),
        (lambda whole: 32 * whole.shape[1], "expected 1.0000 bits"),
    ],
)
def test_wrong_bits(answer, words, capsys):
    refused(chapter07.bits_per_image, answer, words, capsys)
