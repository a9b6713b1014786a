"""Exercises of chapter 2, "Loss functions"."""

from pathlib import Path
import tempfile

from aeutils import metrics
from aeutils.checks import IMAGE_SHAPE
from aeutils.exercises.base import Exercise, NotAttempted, NotYet, call
from aeutils.exercises.shown import curves, picture, table
import keras
import numpy as np

TITLE = "Loss functions"


def _judge_quantile_loss(quantile_loss) -> str:
    x = np.random.default_rng(0).random(501) ** 3  # skewed, so that mean and median differ
    answers = np.linspace(0, 1, 401)
    for q in (0.5, 0.9, 0.2):
        losses = [call(quantile_loss, x, v, q) for v in answers]
        if any(np.ndim(loss) for loss in losses):
            shape = np.shape(losses[0])
            raise NotYet(f"Expected one number, got shape {shape}: take the mean over the values.")
        best, expected = answers[int(np.argmin(losses))], np.quantile(x, q)
        if abs(best - expected) <= 0.01:
            continue
        reason = ""
        if abs(best - np.quantile(x, 1 - q)) <= 0.01:
            reason = f" That is the quantile {1 - q:.1f}: you have exchanged the two sides."
        elif abs(best - x.mean()) <= 0.01:
            reason = " That is the mean: squares pull harder from afar, and the pull must not depend on that."
        elif abs(best - np.median(x)) <= 0.01:
            reason = (
                f" That is the median: with q = {q}, values above must pull {q / (1 - q):g} times as hard "
                f"as values below."
            )
        elif best in (answers[0], answers[-1]):
            reason = " That is an end of the scale: is your loss negative on one side?"
        raise NotYet(f"With q = {q} your loss is smallest at {best:.3f}, expected {expected:.3f}.{reason}")
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


def _judge_above_floor(above_floor) -> str:
    rng = np.random.default_rng(0)
    grey = rng.random((4, *IMAGE_SHAPE)).astype("float32")
    black_white = (grey > 0.5).astype("float32")
    guesses = np.clip(grey + rng.normal(0, 0.1, grey.shape), 0.05, 0.95).astype("float32")
    for images, what in ((grey, "grey images"), (black_white, "black and white images")):
        seen = call(above_floor, images, guesses)
        if np.ndim(seen):
            raise NotYet(f"Expected one number, got shape {np.shape(seen)}: take the mean over all pixels.")
        entropy, floor = metrics.binary_crossentropy(images, guesses), metrics.crossentropy_floor(images)
        expected = entropy - floor
        if np.isclose(seen, expected, rtol=1e-3, atol=1e-5):
            continue
        reason = ""
        if np.isnan(seen):
            reason = " A logarithm of 0 came in: `metrics` clips the pixels before it takes logarithms."
        elif np.isclose(seen, entropy, rtol=1e-3):
            reason = " That is the cross-entropy itself: the floor is still in it."
        elif np.isclose(seen, -expected, rtol=1e-3):
            reason = " You subtracted the cross-entropy from the floor."
        elif np.isclose(seen, entropy - metrics.crossentropy_floor(guesses), rtol=1e-3):
            reason = " You took the floor of the reconstructions; it belongs to the images."
        elif np.isclose(seen, entropy / floor, rtol=1e-3):
            reason = " You divided by the floor: subtract it."
        elif np.isclose(seen, metrics.mse(images, guesses), rtol=1e-3):
            reason = " That is the squared error, which has no floor."
        elif np.isclose(seen, np.array([784, images.size]) * expected, rtol=1e-3).any():
            reason = " You added the pixels up: expected their mean."
        raise NotYet(f"For {what} you gave {seen:.4f}, expected {expected:.4f}.{reason}")
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


def _judge_charbonnier(Charbonnier) -> str:
    if not (isinstance(Charbonnier, type) and issubclass(Charbonnier, keras.losses.Loss)):
        raise NotYet("Expected a subclass of `keras.losses.Loss`: pass the class itself, without calling it.")
    if Charbonnier.call is keras.losses.Loss.call:
        raise NotAttempted
    x, x_hat = np.random.default_rng(0).random((2, 4, *IMAGE_SHAPE)).astype("float32")
    for epsilon, loss in ((0.5, _made(Charbonnier, epsilon=0.5)), (1e-3, _made(Charbonnier))):
        seen = float(keras.ops.convert_to_numpy(loss(x, x_hat)))
        expected = float(np.sqrt((x - x_hat) ** 2 + epsilon**2).mean())
        if np.isclose(seen, expected, rtol=1e-3):
            continue
        reason = ""
        if np.isclose(seen, np.sqrt((x - x_hat) ** 2 + epsilon).mean(), rtol=1e-3):
            reason = " You added ε, not ε²."
        elif np.isclose(seen, np.sqrt(((x - x_hat) ** 2).mean() + epsilon**2), rtol=1e-2):
            reason = " You took the root of a mean: expected the mean of the pixels' roots."
        elif seen > 20 * expected:
            reason = " You added the pixels up: expected their mean."
        elif epsilon == 1e-3:
            reason = " That is with the default of `epsilon`, which should be 0.001."
        raise NotYet(f"With ε = {epsilon:g} your loss gave {seen:.4f}, expected {expected:.4f}.{reason}")
    _judge_saving(Charbonnier, x)
    return "The values are right, and the loss after loading is equal to the bit."


def _show_charbonnier(Charbonnier) -> dict:
    differences = np.linspace(-1, 1, 81)
    images = np.ones((1, *IMAGE_SHAPE), "float32")
    lines, expected = {}, {}
    for epsilon in (0.5, 0.1, 0.001):
        loss = Charbonnier(epsilon=epsilon)
        values = [loss(0 * images, images * d) for d in differences.astype("float32")]
        lines[f"epsilon = {epsilon}"] = [float(keras.ops.convert_to_numpy(value)) for value in values]
        expected[epsilon] = np.hypot(differences, epsilon)
    words = "the loss over the difference of a pixel, rounded at 0 where epsilon is large, else like |d|"
    return curves(differences, lines, expected, ("difference of each pixel", "Charbonnier"), words)


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
            text = str(error)
            if "Could not locate" in text:
                reason = "Is the class registered (`@keras.saving.register_keras_serializable()`)?"
            elif "unexpected keyword" in text:
                reason = (
                    "`__init__` has to take all that `get_config` gives, `name` and `reduction` too: "
                    "add `**kwargs`."
                )
            else:
                reason = f"Keras said `{type(error).__name__}: {text[:200]}`."
            raise NotYet(f"The values are right, but a saved model could not be loaded. {reason}") from error
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
    solution="""
import numpy as np


def quantile_loss(x, v, q):
    return np.mean(np.where(x > v, q * (x - v), (1 - q) * (v - x)))
""",
    answer_name="quantile_loss",
    asks="a loss whose optimum is a quantile",
    shows=_show_quantile_loss,
)

above_floor = Exercise(
    "Exercise 2.2",
    _judge_above_floor,
    hints=(
        "Which reconstruction reaches the floor? What is its cross-entropy?",
        "The floor belongs to the images: `metrics.crossentropy_floor(images)`.",
        "The cross-entropy is `metrics.binary_crossentropy`; how far above the floor is it?",
    ),
    solution="""
from aeutils import metrics


def above_floor(images, reconstructions):
    return metrics.binary_crossentropy(images, reconstructions) - metrics.crossentropy_floor(images)
""",
    answer_name="above_floor",
    asks="the cross-entropy above its floor",
    shows=_show_above_floor,
)


class _LossExercise(Exercise):
    """Its solution registers a class: the reader's own, of the same name, stays the registered one."""

    def solved(self):
        registered = keras.saving.get_custom_objects()
        before = dict(registered)
        try:
            return super().solved()
        finally:
            registered.clear()
            registered.update(before)


charbonnier = _LossExercise(
    "Exercise 2.3",
    _judge_charbonnier,
    hints=(
        "Start from `SSIMLoss` and its parent in this chapter; three parts make a loss that survives.",
        "`call(self, x, x_hat)` may return one number a pixel: Keras averages what is left.",
        "`get_config` adds `epsilon` to what `super().get_config()` gives, `__init__` passes "
        "`**kwargs` on, and the class is decorated with "
        "`@keras.saving.register_keras_serializable(package='mine')`.",
    ),
    solution="""
import keras
from keras import ops


@keras.saving.register_keras_serializable(package="mine")
class Charbonnier(keras.losses.Loss):
    def __init__(self, epsilon=1e-3, **kwargs):
        super().__init__(**kwargs)
        self.epsilon = epsilon

    def call(self, x, x_hat):
        return ops.sqrt(ops.square(x - x_hat) + self.epsilon**2)

    def get_config(self):
        return {**super().get_config(), "epsilon": self.epsilon}
""",
    answer_name="Charbonnier",
    asks="a Keras loss that survives saving",
    shows=_show_charbonnier,
)
