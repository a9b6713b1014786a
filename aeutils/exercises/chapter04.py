"""Exercises of chapter 4, "Visualisation"."""

from aeutils.exercises.base import Exercise, NotYet, call
from aeutils.exercises.judging import expect
from aeutils.exercises.shown import image_pairs, picture, strokes
import numpy as np

TITLE = "Visualisation"


def _worst_images(images, reconstructions, k):
    errors = np.square(images - reconstructions).sum(axis=(1, 2))
    return np.argsort(errors)[::-1][:k]


def _judge_worst_images(worst_images) -> str:
    generator = np.random.default_rng(4)
    images = generator.random((40, 28, 28)).astype("float32")
    # Errors in a known order, with both signs, so that neither a sum of differences nor a maximum finds it.
    sizes = generator.permutation(np.linspace(0.05, 0.9, 40)).astype("float32")
    signs = generator.choice([-1, 1], images.shape).astype("float32")
    reconstructions = images + sizes[:, None, None] * signs
    reconstructions[7] = images[7]
    reconstructions[7, 3, 3] += 5  # one pixel far off: the largest difference, not the largest error
    errors = np.square(images - reconstructions).sum(axis=(1, 2))
    sums = (reconstructions - images).sum(axis=(1, 2))
    for k in (1, 6):
        expected = np.argsort(-errors)[:k].tolist()
        seen = np.asarray(call(worst_images, images, reconstructions, k))
        if seen.shape != (k,):
            raise NotYet(f"For k = {k}: expected {k} indices, got an array of shape {seen.shape}.")
        finds_7 = seen[0] == 7
        misconceptions = {
            "These are the right ones in reverse: the worst comes first.": expected[::-1],
            "These are the images with the smallest errors.": np.argsort(errors)[:k],
            "Image 7 has one pixel that is far off; its error, summed over all pixels, is small.": finds_7,
            "Differences of both signs cancel in a sum: square them first.": np.argsort(-sums)[:k],
        }
        report = f"For 40 images and k = {k}: got {seen.tolist()}, expected {expected}."
        expect(seen, expected, report, misconceptions)
    return "The worst images, the worst first."


def _show_worst_images(worst_images) -> dict:
    images = strokes(12, seed=4)
    blurred = (images + np.roll(images, 1, axis=1) + np.roll(images, 2, axis=2)) / 3
    shares = np.random.default_rng(4).permutation(np.linspace(0, 1, 12)).astype("float32")[:, None, None]
    found = images + shares * (blurred - images)
    errors = np.square(images - found).sum(axis=(1, 2))
    expected = np.sort(errors)[::-1]
    pairs = [(images[i], found[i], f"{errors[i]:.2f} ({expected[place]:.2f})")
             for place, i in enumerate(np.asarray(worst_images(images, found, 5)))]  # fmt: skip
    words = "five images of twelve and their reconstructions, with their errors and those expected, falling"
    return image_pairs(pairs, ("image", "reconstruction"), "squared error (expected)", words)


worst_images = Exercise(
    "Exercise 4.1",
    _judge_worst_images,
    hints=(
        "First one number an image: its squared error, summed over both axes of pixels.",
        "`metrics.squared_errors` gives these numbers; `np.argsort` gives the places, the smallest first.",
        "Turn the order round with `[::-1]`, then take the first `k`.",
    ),
    solution=_worst_images,
    asks="the images with the largest errors",
    shows=_show_worst_images,
)


def _common_scale(panels):
    limit = max(np.abs(panel).max() for panel in panels)
    return -limit, limit


def _judge_common_scale(common_scale) -> str:
    cases = (
        ([np.array([[0.1, -0.2], [0.3, 0.0]]), np.array([[0.05, 0.5]])], 0.5),
        ([np.array([[0.1, -0.8], [0.3, 0.0]]), np.array([[0.05], [0.5], [0.2]])], 0.8),
        ([np.full((3, 3), -2.0), np.full((2, 2), -0.5), np.full((1, 4), -3.0)], 3.0),
    )
    for panels, limit in cases:
        low, high = min(p.min() for p in panels), max(p.max() for p in panels)
        first, by_highest = np.abs(panels[0]).max(), (-abs(high), abs(high))
        seen = call(common_scale, panels)
        if not isinstance(seen, tuple | list | np.ndarray) or np.shape(seen) != (2,):
            raise NotYet(f"Expected a pair `(vmin, vmax)`, got {seen!r}.")
        bottom, top = (float(end) for end in seen)
        misconceptions = {
            "Zero is not in the middle of this scale, so it would not be drawn in white.": (low, high),
            "The lowest value counts as well: it may lie further from 0 than the highest.": by_highest,
            "That is the scale of the first panel; another one reaches further.": (-first, first),
            "No value is cut off, but a scale this wide makes all of them pale.": top > limit,
            "The scale must reach the value furthest from 0, in whichever panel it is.": True,
        }
        report = (
            f"For {len(panels)} panels with values from {low:g} to {high:g}: got ({bottom:g}, {top:g}), "
            f"expected ({-limit:g}, {limit:g})."
        )
        expect((bottom, top), (-limit, limit), report, misconceptions, rtol=1e-5)
    return "One scale, symmetric around zero, for panels of any shape."


def _show_common_scale(common_scale) -> dict:
    first, second = strokes(2, seed=2) - strokes(2, seed=3)
    panels = [first, 0.5 * second[4:24]]
    low, high = (float(end) for end in common_scale(panels))
    limit = max(float(np.abs(panel).max()) for panel in panels)

    def draw(figure):
        for ax, panel in zip(figure.subplots(1, 2), panels, strict=True):
            drawn = ax.imshow(panel, cmap="RdBu_r", vmin=low, vmax=high)
            ax.set(xticks=[], yticks=[], title=f"from {panel.min():.2f} to {panel.max():.2f}")
            ax.grid(False)
        figure.colorbar(drawn, ax=figure.axes, shrink=0.8)
        figure.suptitle(f"common_scale: {low:.2f} to {high:.2f}, expected {-limit:.2f} to {limit:.2f}")

    return picture(draw, "two panels of signed values on one scale, white at zero, red above, blue below")


common_scale = Exercise(
    "Exercise 4.2",
    _judge_common_scale,
    hints=(
        "Which single number decides such a scale? Think of the value furthest from zero.",
        "Its size is the largest absolute value, over all panels.",
        "Panels of different shapes make no common array: take `np.abs(panel).max()` of each first.",
    ),
    solution=_common_scale,
    asks="one colour scale for signed panels",
    shows=_show_common_scale,
)


def _interpolate(codes_a, codes_b, steps):
    shares = np.linspace(0, 1, steps)[:, None]
    return codes_a[:, None] + shares * (codes_b - codes_a)[:, None]


def _judge_interpolate(interpolate) -> str:
    generator = np.random.default_rng(4)
    for n, code_size, steps in ((3, 30, 5), (4, 2, 2), (1, 7, 11)):
        a, b = generator.standard_normal((2, n, code_size))
        expected = np.linspace(a, b, steps, axis=1)
        seen = np.asarray(call(interpolate, a, b, steps))
        size = f"{n} pairs of codes of {code_size} numbers and {steps} steps"
        swapped = steps, n, code_size
        misconceptions = {
            "The walk of one pair should lie in one row: swap the first two axes.": swapped,
            "Both ends count as steps.": [(n, steps + 1, code_size), (n, steps + 2, code_size)],
        }
        report = f"For {size}: got the shape {seen.shape}, expected {expected.shape}."
        expect(seen.shape, expected.shape, report, misconceptions)
        ends_elsewhere = not np.allclose(seen[:, -1], b)
        misconceptions = {
            "Your walks go from `codes_b` to `codes_a`.": expected[:, ::-1],
            "The first step should be `codes_a`.": not np.allclose(seen[:, 0], a),
            "The last step should be `codes_b`: `steps` points have `steps - 1` gaps.": ends_elsewhere,
            "The ends are right; between them the steps should be equally long, on a straight line.": True,
        }
        report = f"For {size}: some codes are up to {np.abs(seen - expected).max():.3g} off."
        expect(seen, expected, report, misconceptions, rtol=1e-5, atol=1e-8)
    return "Straight walks with both ends, one pair a row."


def _show_interpolate(interpolate) -> dict:
    a = np.array([[0.0, 0.0], [1.0, 3.0], [4.0, 2.5]])
    b = np.array([[3.0, 1.0], [2.0, 0.5], [4.5, 0.0]])
    walks, expected = interpolate(a, b, 6), np.linspace(a, b, 6, axis=1)

    def draw(figure):
        ax = figure.subplots()
        for walk, line in zip(np.asarray(walks), expected, strict=True):
            ax.plot(*walk.T, "o", markersize=5)
            ax.plot(*line.T, "ko", markersize=10, fillstyle="none")
        for name, ends in (("a", a), ("b", b)):
            for x, y in ends:
                ax.annotate(name, (x, y), (8, 4), textcoords="offset points")
        ax.set(xlabel="first number of the code", ylabel="second", title="dots: interpolate; rings: expected")

    return picture(draw, "three straight walks from a to b in a plane of codes, six even steps each")


interpolate = Exercise(
    "Exercise 4.3",
    _judge_interpolate,
    hints=(
        "A point on the way is `codes_a + share * (codes_b - codes_a)`, with a share from 0 to 1.",
        "`np.linspace(0, 1, steps)` gives the shares; both ends are among them.",
        "Give the shares the shape `(steps, 1)` and the codes `(n, 1, code_size)`: NumPy does the rest.",
    ),
    solution=_interpolate,
    asks="straight walks between codes",
    shows=_show_interpolate,
)
