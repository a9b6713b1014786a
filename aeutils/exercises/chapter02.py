"""Exercises of chapter 2, "Loss functions"."""

from pathlib import Path
import tempfile

from aeutils import metrics
from aeutils.checks import IMAGE_SHAPE
from aeutils.exercises.base import Exercise, NotAttempted, NotYet, call
from aeutils.exercises.judging import expect, explain, number
from aeutils.exercises.shown import curves, picture, table
import keras
from keras import ops
import numpy as np

TITLE = "Loss functions"


def _quantile_loss(x, v, q):
    return np.mean(np.where(x > v, q * (x - v), (1 - q) * (v - x)))


def _judge_quantile_loss(quantile_loss) -> str:
    x = np.random.default_rng(0).random(501) ** 3  # skewed, so that mean and median differ
    answers = np.linspace(0, 1, 401)
    for q in (0.5, 0.9, 0.2):
        losses = [number(call(quantile_loss, x, v, q), "take the mean over the values") for v in answers]
        best, expected = answers[int(np.argmin(losses))], np.quantile(x, q)
        misconceptions = {
            f"That is the quantile {1 - q:.1f}: you have exchanged the two sides.": np.quantile(x, 1 - q),
            "That is the mean: squares pull harder from afar, and the pull must not depend "
            "on that.": x.mean(),
            f"That is the median: with q = {q}, values above must pull {q / (1 - q):g} times as hard "
            f"as values below.": np.median(x),
            "That is an end of the scale: is your loss negative on one side?": best in (0, 1),
        }
        report = f"With q = {q} your loss is smallest at {best:.3f}, expected {expected:.3f}."
        expect(best, expected, report, misconceptions, atol=0.01)
    return "Values above the answer pull with weight q, those below with 1 − q."


def _show_quantile_loss(quantile_loss) -> dict:
    x = np.random.default_rng(0).random(501) ** 3
    answers = np.linspace(0, 1, 1001)

    def draw(figure):
        ax = figure.subplots()
        for q in (0.2, 0.5, 0.9):
            loss = np.array([quantile_loss(x, v, q) for v in answers])
            lowest, expected = answers[loss.argmin()], np.quantile(x, q)
            ax.plot(answers, loss, label=f"q = {q}: lowest at {lowest:.2f}, expected {expected:.2f}")
            ax.axvline(expected, color="black", linestyle=":", linewidth=1.2)
        ax.set(xlabel="the answer v (dotted: the quantiles)", ylabel="quantile_loss")
        ax.legend(fontsize="small", frameon=True, framealpha=1)

    words = "the loss over the answer for three q, each curve lowest at the quantile q of the values"
    return picture(draw, words)


quantile_loss = Exercise(
    "Exercise 2.1",
    _judge_quantile_loss,
    hints=(
        "In the absolute error every value pulls with force 1. At the median as many pull up as down. "
        "Which forces balance at the quantile q?",
        "A share 1 − q lies above the quantile and a share q below: a pull of q from above and of 1 − q from "
        "below balance.",
        "`np.where(x > v, above, below)` takes the one or the other for each value: its distance from `v` "
        "times the pull of its side. Then the mean.",
    ),
    solution=_quantile_loss,
    asks="a loss whose optimum is a quantile",
    shows=_show_quantile_loss,
)


def _above_floor(images, reconstructions):
    return metrics.binary_crossentropy(images, reconstructions) - metrics.crossentropy_floor(images)


def _judge_above_floor(above_floor) -> str:
    rng = np.random.default_rng(0)
    grey = rng.random((4, *IMAGE_SHAPE)).astype("float32")
    black_white = (grey > 0.5).astype("float32")
    guesses = np.clip(grey + rng.normal(0, 0.1, grey.shape), 0.05, 0.95).astype("float32")
    for images, what in ((grey, "grey images"), (black_white, "black and white images")):
        seen = number(call(above_floor, images, guesses), "take the mean over all pixels")
        entropy, floor = metrics.binary_crossentropy(images, guesses), metrics.crossentropy_floor(images)
        expected, other_floor = entropy - floor, entropy - metrics.crossentropy_floor(guesses)
        misconceptions = {
            "A logarithm of 0 came in: `metrics` clips the pixels before it takes logarithms.": np.nan,
            "That is the cross-entropy itself: the floor is still in it.": entropy,
            "You subtracted the cross-entropy from the floor.": -expected,
            "You took the floor of the reconstructions; it belongs to the images.": other_floor,
            "You divided by the floor: subtract it.": entropy / floor,
            "That is the squared error, which has no floor.": metrics.mse(images, guesses),
            "You added the pixels up: expected their mean.": [784 * expected, images.size * expected],
        }
        report = f"For {what} you gave {seen:.4f}, expected {expected:.4f}."
        expect(seen, expected, report, misconceptions, rtol=1e-3, atol=1e-5)
    seen = call(above_floor, grey, grey)
    if abs(seen) > 1e-5:
        raise NotYet(f"A perfect reconstruction should give 0, got {seen:.4f}.")
    return "0 for a perfect reconstruction, grey or not."


def _show_above_floor(above_floor) -> dict:
    grey = np.random.default_rng(0).random((4, *IMAGE_SHAPE)).astype("float32")
    sharp, rows = (grey > 0.5).astype("float32"), []
    for what, images, found in (
        ("grey, reconstructed as 0.5", grey, np.full_like(grey, 0.5)),
        ("grey, perfect", grey, grey),
        ("black and white, perfect", sharp, sharp),
    ):
        entropy, floor = metrics.binary_crossentropy(images, found), metrics.crossentropy_floor(images)
        numbers = entropy, floor, above_floor(images, found), entropy - floor
        rows.append((what, *(f"{abs(round(float(number), 4)):.4f}" for number in numbers)))
    return table(("images", "cross-entropy", "floor", "above_floor", "expected"), rows)


above_floor = Exercise(
    "Exercise 2.2",
    _judge_above_floor,
    hints=(
        "Which reconstruction reaches the floor? What is its cross-entropy?",
        "The floor belongs to the images: `metrics.crossentropy_floor(images)`.",
        "The cross-entropy is `metrics.binary_crossentropy`; how far above the floor is it?",
    ),
    solution=_above_floor,
    asks="the cross-entropy above its floor",
    shows=_show_above_floor,
)


@keras.saving.register_keras_serializable(package="mine")
class _Charbonnier(keras.losses.Loss):
    def __init__(self, epsilon=1e-3, **kwargs):
        super().__init__(**kwargs)
        self.epsilon = epsilon

    def call(self, x, x_hat):
        return ops.sqrt(ops.square(x - x_hat) + self.epsilon**2)

    def get_config(self):
        return {**super().get_config(), "epsilon": self.epsilon}


def _judge_charbonnier(Charbonnier) -> str:
    if not (isinstance(Charbonnier, type) and issubclass(Charbonnier, keras.losses.Loss)):
        raise NotYet("Expected a subclass of `keras.losses.Loss`: pass the class itself, without calling it.")
    if Charbonnier.call is keras.losses.Loss.call:
        raise NotAttempted
    x, x_hat = np.random.default_rng(0).random((2, 4, *IMAGE_SHAPE)).astype("float32")
    squares = (x - x_hat) ** 2
    for epsilon, loss in ((0.5, _made(Charbonnier, epsilon=0.5)), (1e-3, _made(Charbonnier))):
        seen = float(ops.convert_to_numpy(loss(x, x_hat)))
        expected = float(np.sqrt(squares + epsilon**2).mean())
        root_of_mean = np.isclose(seen, np.sqrt(squares.mean() + epsilon**2), rtol=1e-2)
        misconceptions = {
            "You added ε, not ε².": np.sqrt(squares + epsilon).mean(),
            "You took the root of a mean: expected the mean of the pixels' roots.": root_of_mean,
            "You added the pixels up: expected their mean.": seen > 20 * expected,
            "That is with the default of `epsilon`, which should be 0.001.": epsilon == 1e-3,
        }
        report = f"With ε = {epsilon:g} your loss gave {seen:.4f}, expected {expected:.4f}."
        expect(seen, expected, report, misconceptions, rtol=1e-3)
    _judge_saving(Charbonnier, x)
    return "The values are right, and the loss after loading is equal to the bit."


def _judge_saving(Charbonnier, x) -> None:
    """Raise `NotYet` unless a model with this loss has the same loss after saving and loading."""
    model = keras.Sequential([keras.Input(IMAGE_SHAPE), keras.layers.EinsumDense("nij,jk->nik", (28, 28))])
    model.compile(loss=Charbonnier(epsilon=0.5))
    before = model.evaluate(x, x, verbose=0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        try:
            loaded = keras.saving.load_model(path)
        except Exception as error:
            said = str(error)
            unknown = "Could not locate" in said
            misconceptions = {
                "Is the class registered (`@keras.saving.register_keras_serializable()`)?": unknown,
                "`__init__` has to take all that `get_config` gives, `name` and `reduction` too: "
                "add `**kwargs`.": "unexpected keyword" in said,
                f"Keras said `{type(error).__name__}: {said[:200]}`.": True,
            }
            report = "The values are right, but a saved model could not be loaded."
            raise NotYet(report + explain(said, misconceptions)) from error
        after = loaded.evaluate(x, x, verbose=0)
    if before != after:
        raise NotYet(
            f"Saved and loaded, the loss changed from {before:.4f} to {after:.4f}: `epsilon` was forgotten, "
            f"expected it in `get_config`."
        )


def _made(Charbonnier, **arguments):
    try:
        return Charbonnier(**arguments)
    except TypeError as error:
        given = ", ".join(f"{name}={value}" for name, value in arguments.items())
        raise NotYet(f"`Charbonnier({given})` raised `TypeError: {error}`: see to `__init__`.") from error


def _show_charbonnier(Charbonnier) -> dict:
    differences = np.linspace(-1, 1, 81)
    images = np.ones((1, *IMAGE_SHAPE), "float32")
    lines, expected = {}, {}
    for epsilon in (0.5, 0.1, 0.001):
        loss = Charbonnier(epsilon=epsilon)
        values = [loss(0 * images, images * d) for d in differences.astype("float32")]
        lines[f"epsilon = {epsilon}"] = [float(ops.convert_to_numpy(value)) for value in values]
        expected[epsilon] = np.hypot(differences, epsilon)
    words = "the loss over the difference of a pixel, rounded at 0 where epsilon is large, else like |d|"
    return curves(differences, lines, expected, ("difference of each pixel", "Charbonnier"), words)


charbonnier = Exercise(
    "Exercise 2.3",
    _judge_charbonnier,
    hints=(
        "Start from `SSIMLoss` and its parent in this chapter; three parts make a loss that survives.",
        "`call(self, x, x_hat)` may return one number a pixel: Keras averages what is left.",
        "`get_config` adds `epsilon` to what `super().get_config()` gives, `__init__` passes "
        "`**kwargs` on, and the class is decorated with "
        "`@keras.saving.register_keras_serializable(package='mine')`.",
    ),
    solution=_Charbonnier,
    asks="a Keras loss that survives saving",
    shows=_show_charbonnier,
)


def _stray_values():
    return [0.0] + 4 * [0.8] + 4 * [1.0]


def _huber_curve(values) -> tuple[np.ndarray, np.ndarray]:
    """Return answers from 0 to 1 and Huber's mean loss of each, with a threshold of 0.2."""
    answers = np.linspace(0, 1, 1001)
    distances = np.abs(np.asarray(values, "float64")[:, None] - answers)
    losses = np.where(distances <= 0.2, distances**2 / 2, 0.2 * (distances - 0.1))
    return answers, losses.mean(axis=0)


def _three_answers(values) -> tuple[float, float, float]:
    """Return the mean, the median and Huber's answer, of several the one that is nearest to the two."""
    answers, losses = _huber_curve(values)
    mean, median = float(np.mean(values)), float(np.median(values))
    lowest = answers[losses <= losses.min() + 1e-12]
    between = np.clip(lowest, min(mean, median), max(mean, median))
    return mean, median, float(lowest[np.abs(lowest - between).argmin()])


def _judge_stray_values(stray_values) -> str:
    values = np.asarray(call(stray_values), "float64")
    if values.ndim != 1 or not 1 <= len(values) <= 100:
        raise NotYet(f"Expected a list of 1 to 100 numbers, got shape {values.shape}.")
    if not np.all((values >= 0) & (values <= 1)):
        raise NotYet(
            f"Expected pixels, which lie in [0, 1], got values from {values.min()} to {values.max()}."
        )
    mean, median, huber = _three_answers(values)
    outside = max(huber - max(mean, median), min(mean, median) - huber)
    agree = np.ptp([mean, median, huber]) < 0.005
    misconceptions = {
        "All three agree, as they do where the values are alike to the left and to the right.": agree,
        "It is outside, by less than 0.02: move the far values further away, or balance the near ones "
        "better.": outside > 0.001,
        "It lies between the two, or on one of them.": True,
    }
    report = f"Mean {mean:.3f}, median {median:.3f}, Huber's answer {huber:.3f}: expected it outside by 0.02."
    expect(outside > 0.0199, True, report, misconceptions)
    return f"Huber's answer, {huber:.3f}, is not between the mean, {mean:.3f}, and the median, {median:.3f}."


def _show_stray_values(stray_values) -> dict:
    values = stray_values()
    answers, losses = _huber_curve(values)
    mean, median, huber = _three_answers(values)

    def draw(figure):
        ax = figure.subplots()
        ax.plot(answers, losses, label=f"Huber, lowest at {huber:.3f}")
        ax.axvline(mean, color="black", linestyle="--", label=f"mean {mean:.3f}")
        ax.axvline(median, color="black", linestyle=":", label=f"median {median:.3f}")
        ax.set(xlabel="the answer v", ylabel="mean Huber loss, δ = 0.2")
        ax.legend(fontsize="small", frameon=True, framealpha=1)

    return picture(draw, "Huber's mean loss over the answer, lowest outside the mean and the median")


stray_values = Exercise(
    "Exercise 2.4",
    _judge_stray_values,
    hints=(
        "The median counts values, the mean weighs each by its distance. Huber's answer is a mean of the "
        "near values, on which the far ones pull with a force of δ each, whatever their distance.",
        "Let one far value draw the mean down to the median: then Huber's answer, on which that value pulls "
        "less, stays above both.",
        "Try four values at 0.8, four at 1 and one far below: the median is 0.8. Where does the far one have "
        "to be for the mean to be 0.8 too? `[0.0] + 4 * [0.8] + ...`",
    ),
    solution=_stray_values,
    asks="a Huber answer beyond mean and median",
    shows=_show_stray_values,
)
