"""Exercises of chapter 9, "Noise, sparsity, contraction"."""

from aeutils.exercises.base import Exercise, call
from aeutils.exercises.judging import expect, number
from aeutils.exercises.shown import table
import numpy as np

TITLE = "Noise, sparsity, contraction"


def _living_zeros(codes):
    living = codes[:, (codes != 0).any(axis=0)]
    return (living == 0).mean()


def _codes_with_dead_units(seed: int, dead: int) -> np.ndarray:
    draw = np.random.default_rng(seed)
    codes = draw.normal(size=(40, 6)) * (draw.random((40, 6)) < 0.3)
    codes[0] = 1.5
    codes[1] = 0
    return np.concatenate([codes, np.zeros((40, dead))], axis=1)


def _judge_living_zeros(living_zeros) -> str:
    for seed, dead in ((0, 3), (1, 0), (2, 1)):
        codes = _codes_with_dead_units(seed, dead)
        expected = _living_zeros(codes)
        living, lit = codes[:, (codes != 0).any(axis=0)], codes[(codes != 0).any(axis=1)]
        seen = float(number(call(living_zeros, codes.copy()), "one share of all the numbers that count"))
        misconceptions = {
            "That is in per cent.": 100 * expected,
            "That is the share of numbers that are not zero.": [1 - expected, (codes != 0).mean()],
            "That counts the zeros of dead units, too: leave out columns that are zero for every image.": (
                codes == 0
            ).mean(),
            "You left out images whose code is all zeros: units are the columns.": (lit == 0).mean(),
            "That takes units for dead whose numbers add up to 0 or less: ask whether any is not 0.": (
                codes[:, codes.sum(axis=0) > 0] == 0
            ).mean(),
            "That counts negative numbers as zeros: the size is what matters.": [
                (living <= 0).mean(),
                (codes <= 0).mean(),
            ],
            "That is a number of zeros: divide by how many numbers the living units have.": [
                (living == 0).sum(),
                (codes == 0).sum(),
            ],
            "That divides the living units' zeros by all numbers, those of dead units among them.": (
                (living == 0).sum() / codes.size
            ),
        }
        report = f"For codes of 40 images and {codes.shape[1]} units, {dead} of them dead: got {seen:.4f}, "
        expect(seen, expected, f"{report}expected {expected:.4f}.", misconceptions, rtol=1e-6)
    return "Dead units do not count, images without a single unit on do."


def _show_living_zeros(living_zeros) -> dict:
    rows = []
    for dead in (0, 2, 6):
        codes = _codes_with_dead_units(3, dead)
        rows.append((dead, (codes == 0).mean(), float(living_zeros(codes)), _living_zeros(codes)))
    return table(("dead units beside 6", "all zeros", "living_zeros", "expected"), rows)


living_zeros = Exercise(
    "Exercise 9.1",
    _judge_living_zeros,
    hints=(
        "A unit is a column. Dead is one whose column is zero throughout.",
        "`(codes != 0).any(axis=0)` says which columns are alive.",
        "`living = codes[:, (codes != 0).any(axis=0)]`, then the mean of `living == 0`.",
    ),
    solution=_living_zeros,
    asks="zeros among living units",
    shows=_show_living_zeros,
)


def _k_sparse(codes, k):
    least = np.sort(codes, axis=1)[:, -k, None]
    return np.where(codes >= least, codes, 0)


def _judge_k_sparse(k_sparse) -> str:
    for shape, k in (((5, 8), 3), ((8, 5), 1), ((4, 6), 6)):
        codes = np.random.default_rng(k).normal(size=shape)
        expected = _k_sparse(codes, k)
        seen = np.asarray(call(k_sparse, codes.copy(), k))
        of_units = np.where(codes >= np.sort(codes, axis=0)[-min(k, shape[0]), None], codes, 0)
        sizes = np.abs(codes)
        by_size = np.where(sizes >= np.sort(sizes, axis=1)[:, -k, None], codes, 0)
        in_all = np.where(codes >= np.sort(codes, axis=None)[-k], codes, 0)
        smallest = np.where(codes <= np.sort(codes, axis=1)[:, k - 1, None], codes, 0)
        fewer = np.where(codes > np.sort(codes, axis=1)[:, -k, None], codes, 0)
        misconceptions = {
            "That says which are kept: keep their values.": bool(
                seen.shape == expected.shape and np.array_equal(seen != 0, expected != 0)
            ),
            "You kept only k - 1 of each image: the k-th largest stays, too.": fewer,
            "You kept the k smallest of each image.": smallest,
            "You kept the largest by size: a large negative number is not among the k largest.": by_size,
            "You kept k images for each unit: rows are images, so sort along axis 1.": of_units,
            "You kept k numbers of all images together: k of each image are asked for.": in_all,
            "The shape has to stay: put 0 in place of what is not kept.": seen.shape != codes.shape,
        }
        got = "the right shape, but not the right numbers" if seen.shape == shape else f"shape {seen.shape}"
        report = f"For codes of shape {shape} and k = {k}: got {got}."
        expect(seen, expected, report, misconceptions, rtol=1e-9)
    return "Each image keeps its k largest numbers, as they were."


def _show_k_sparse(k_sparse) -> dict:
    codes = np.array([[0.9, -2.0, 0.3, 0.5], [0.1, 0.2, 0.8, -0.4]])
    seen, expected = np.asarray(k_sparse(codes, 2)), _k_sparse(codes, 2)
    rows = list(zip(_rows(codes), _rows(seen), _rows(expected), strict=True))
    return table(("code", "k_sparse, k = 2", "expected"), rows)


def _rows(array) -> list[str]:
    return [", ".join(f"{value:g}" for value in row) for row in array]


k_sparse = Exercise(
    "Exercise 9.2",
    _judge_k_sparse,
    hints=(
        "What is the smallest number of an image's code that is kept?",
        "`np.sort(codes, axis=1)[:, -k]` is the k-th largest of each image; give it a second axis.",
        "`np.where(codes >= np.sort(codes, axis=1)[:, -k, None], codes, 0)`.",
    ),
    solution=_k_sparse,
    asks="the k-sparse rule",
    shows=_show_k_sparse,
)


def _tanh_slope(kernel, bias, x):
    codes = np.tanh(x @ kernel + bias)
    return ((1 - codes**2) ** 2 @ (kernel**2).sum(axis=0)).mean()


def _judge_tanh_slope(tanh_slope) -> str:
    for seed, (pixels, units) in enumerate(((7, 4), (5, 5), (9, 1))):
        draw = np.random.default_rng(seed)
        kernel, bias, x = draw.normal(size=(pixels, units)), draw.normal(size=units), draw.random((6, pixels))
        codes = np.tanh(x @ kernel + bias)
        lengths, expected = (kernel**2).sum(axis=0), _tanh_slope(kernel, bias, x)
        sigmoid = 1 / (1 + np.exp(-(x @ kernel + bias)))
        seen = float(number(call(tanh_slope, kernel, bias, x), "the mean over the images"))
        misconceptions = {
            "That is the root: the squared norm is asked for.": np.sqrt(expected),
            "That is the sum over the images: take the mean.": len(x) * expected,
            "That is the slope of a sigmoid: the derivative of tanh is 1 - tanh².": [
                ((sigmoid * (1 - sigmoid)) ** 2 @ lengths).mean(),
                ((codes * (1 - codes)) ** 2 @ lengths).mean(),
            ],
            "The slope has to be squared, like the weights.": ((1 - codes**2) @ lengths).mean(),
            "Did you take tanh off? Its derivative at a is 1 - tanh(a)².": [
                ((1 - (x @ kernel + bias) ** 2) ** 2 @ lengths).mean(),
                lengths.sum(),
            ],
            "You left out the bias.": ((1 - np.tanh(x @ kernel) ** 2) ** 2 @ lengths).mean(),
            "You averaged over the units, too: add them up.": expected / units if units > 1 else False,
        }
        report = f"For {pixels} pixels and {units} units: got {seen:.5f}, expected {expected:.5f}."
        expect(seen, expected, report, misconceptions, rtol=1e-6)
    return "The squared slope of each unit, times the squared length of its weights."


def _show_tanh_slope(tanh_slope) -> dict:
    draw, rows = np.random.default_rng(5), []
    kernel, x = draw.normal(size=(20, 3)), draw.random((8, 20))
    for scale in (0.1, 1.0, 10.0):
        seen = float(tanh_slope(scale * kernel, np.zeros(3), x))
        rows.append((scale, seen, _tanh_slope(scale * kernel, np.zeros(3), x)))
    return table(("weights times", "tanh_slope", "expected"), rows)


tanh_slope = Exercise(
    "Exercise 9.3",
    _judge_tanh_slope,
    hints=(
        "The derivative of tanh(a) is 1 - tanh(a)². By the chain rule the entry of J for unit j and pixel i "
        "is that of unit j, times the weight from i to j.",
        "Square and add up: the squared slope of unit j times the sum of the squares of column j.",
        "`codes = np.tanh(x @ kernel + bias)`, then the mean of "
        "`(1 - codes**2) ** 2 @ (kernel**2).sum(axis=0)`.",
    ),
    solution=_tanh_slope,
    asks="the slope of tanh units",
    shows=_show_tanh_slope,
)
