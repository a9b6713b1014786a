"""The exercises of chapter 2: a wrong answer hears what is wrong about it."""

from aeutils import metrics
from aeutils.exercises import chapter02
import keras
from keras import ops
import numpy as np
import pytest

from tests.package.answers import solution


def verdict(exercise, answer, capsys) -> tuple[str, str]:
    status = exercise.check(answer)
    return status, capsys.readouterr().out


class Stub(keras.losses.Loss): ...


@pytest.mark.parametrize(
    ("exercise", "stub"),
    [
        (chapter02.quantile_loss, lambda x, v, q: ...),
        (chapter02.above_floor, lambda images, reconstructions: None),
        (chapter02.charbonnier, Stub),
        (chapter02.stray_values, lambda: ...),
    ],
)
def test_stubs_are_not_attempted(exercise, stub):
    assert exercise.check(stub) == "not attempted"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda x, v, q: np.mean(np.where(x > v, (1 - q) * (x - v), q * (v - x))), "exchanged the two sides"),
        (lambda x, v, q: np.mean((x - v) ** 2), "That is the mean"),
        (lambda x, v, q: np.mean(np.abs(x - v)), "That is the median"),
        (lambda x, v, q: np.where(x > v, q * (x - v), (1 - q) * (v - x)), "take the mean over the values"),
        (lambda x, v, q: np.mean(q * (x - v)), "an end of the scale"),
        (0.5, "Expected a function"),
    ],
)
def test_wrong_quantile_losses(answer, words, capsys):
    status, said = verdict(chapter02.quantile_loss, answer, capsys)
    assert status == "not yet" and words in said


def plain_divergence(x, p):
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.mean(x * np.log(x / p) + (1 - x) * np.log((1 - x) / (1 - p)))


bce, floor = metrics.binary_crossentropy, metrics.crossentropy_floor


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (bce, "the floor is still in it"),
        (lambda x, p: floor(x) - bce(x, p), "subtracted the cross-entropy from the floor"),
        (lambda x, p: bce(x, p) - floor(p), "it belongs to the images"),
        (lambda x, p: bce(x, p) / floor(x), "subtract it"),
        (lambda x, p: 784 * (bce(x, p) - floor(x)), "added the pixels up"),
        (metrics.mse, "That is the squared error"),
        (plain_divergence, "logarithm of 0"),
        (lambda x, p: np.zeros(len(x)), "Expected one number"),
        (lambda x, p: bce(p, x) - floor(x), "expected"),
    ],
)
def test_wrong_parts_above_the_floor(answer, words, capsys):
    status, said = verdict(chapter02.above_floor, answer, capsys)
    assert status == "not yet" and words in said


class Unregistered(solution(chapter02.charbonnier)): ...


@keras.saving.register_keras_serializable("wrong")
class Forgetful(Unregistered):
    def get_config(self):
        return keras.losses.Loss.get_config(self)


@keras.saving.register_keras_serializable("wrong")
class Closed(Unregistered):
    def __init__(self, epsilon=1e-3):
        super().__init__(epsilon)


@keras.saving.register_keras_serializable("wrong")
class NotSquared(Unregistered):
    def call(self, x, x_hat):
        return ops.sqrt(ops.square(x - x_hat) + self.epsilon)


@keras.saving.register_keras_serializable("wrong")
class RootOfMean(Unregistered):
    def call(self, x, x_hat):
        return ops.sqrt(ops.mean(ops.square(x - x_hat)) + self.epsilon**2)


@keras.saving.register_keras_serializable("wrong")
class Summed(Unregistered):
    def call(self, x, x_hat):
        return ops.sum(super().call(x, x_hat), axis=(1, 2))


@keras.saving.register_keras_serializable("wrong")
class OtherDefault(Unregistered):
    def __init__(self, epsilon=0.1, **kwargs):
        super().__init__(epsilon, **kwargs)


class NoArgument(Unregistered):
    def __init__(self):
        super().__init__()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Unregistered, "Is the class registered"),
        (Forgetful, "`epsilon` was forgotten"),
        (Closed, "add `**kwargs`"),
        (NotSquared, "You added ε, not ε²"),
        (RootOfMean, "root of a mean"),
        (Summed, "added the pixels up"),
        (OtherDefault, "default of `epsilon`"),
        (NoArgument, "see to `__init__`"),
        (Unregistered(), "pass the class itself"),
        (lambda x, x_hat: 0, "Expected a subclass"),
    ],
)
def test_wrong_charbonnier_losses(answer, words, capsys):
    status, said = verdict(chapter02.charbonnier, answer, capsys)
    assert status == "not yet" and words in said


def test_the_solution_is_registered_under_another_name_than_a_reader_s():
    assert keras.saving.get_registered_name(chapter02.charbonnier.right_answer) == "mine>_Charbonnier"


def test_the_solution_leaves_the_reader_s_own_class_registered(capsys):
    @keras.saving.register_keras_serializable(package="mine")
    class Charbonnier(Unregistered): ...

    chapter02.charbonnier.solution()
    assert keras.saving.get_registered_object("mine>Charbonnier") is Charbonnier


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda: [0.2, 0.5, 0.8], "All three agree"),
        (lambda: [0.0, 0.0, 0.0, 0.1, 1.0], "It lies between the two"),
        (lambda: [0.0] + 40 * [0.8] + 40 * [0.82], "by less than 0.02"),
        (lambda: [0, 204, 255], "lie in [0, 1]"),
        (lambda: [[0.0, 0.8], [1.0, 1.0]], "a list of 1 to 100 numbers"),
        (lambda: [], "a list of 1 to 100 numbers"),
    ],
)
def test_wrong_stray_values(answer, words, capsys):
    status, said = verdict(chapter02.stray_values, answer, capsys)
    assert status == "not yet" and words in said


def test_the_stray_values_of_the_solution_are_exact():
    """By hand: 4 (1 - v) = 4 (v - 0.8) + 0.2, so v = 0.875; mean and median are 0.8."""
    found = chapter02._three_answers(chapter02._stray_values())
    assert np.allclose(found, (0.8, 0.8, 0.875), rtol=0, atol=1e-9)


def test_stray_values_below_both_are_right_too(capsys):
    assert verdict(chapter02.stray_values, lambda: [1.0] + 4 * [0.2] + 4 * [0.0], capsys)[0] == "correct"
