"""Exercises: three verdicts, hints in order; and the mistakes that chapter 1 names."""

from aeutils.exercises import base, chapter01
from aeutils.exercises.base import Exercise, NotYet, call
from IPython.display import Markdown
import keras
from keras import layers
import numpy as np
import pytest


@pytest.fixture(autouse=True)
def shown(monkeypatch):
    """What a reader sees, as Markdown texts."""
    texts = []

    def display(shown, raw=False):
        if raw:
            assert shown["text/plain"] == shown["text/markdown"]
            texts.append(shown["text/markdown"])
        else:
            assert isinstance(shown, Markdown)
            texts.append(shown.data)

    monkeypatch.setattr(base, "display", display)
    return texts


def judge_double(double):
    seen = call(double, 21)
    if seen != 42:
        raise NotYet(f"For 21 your function gave {seen}, expected 42.")
    return "It doubles."


@pytest.fixture
def exercise():
    code = "\ndef double(x):\n    return 2 * x\n"
    return Exercise("Exercise 0.1", judge_double, ("think", "think twice", "add"), code, "double")


def test_correct(exercise, shown):
    assert exercise.check(lambda x: x + x) == "correct"
    assert shown == ["✓ Exercise 0.1: correct. It doubles."]


def test_not_yet(exercise, shown):
    assert exercise.check(lambda x: x * x) == "not yet"
    assert shown == ["✗ Exercise 0.1: not yet. For 21 your function gave 441, expected 42."]


@pytest.mark.parametrize("stub", [None, ...])
def test_not_attempted(exercise, shown, stub):
    assert exercise.check(stub) == "not attempted"
    assert exercise.check(lambda x: stub) == "not attempted"
    assert shown == [
        "○ Exercise 0.1: not attempted. Replace the `...` of `double` and run the cell again.",
        "○ Exercise 0.1: not attempted. Fill in `double`: so far it returns nothing.",
    ]


def test_an_answer_that_raises(exercise, shown):
    assert exercise.check(lambda x: x / 0) == "not yet"
    assert exercise.check(lambda: 42) == "not yet"
    assert "not yet. Your answer raised `ZeroDivisionError: division by zero`." in shown[0]
    assert "Your answer raised `TypeError: " in shown[1]


def test_an_answer_that_is_no_function(exercise, shown):
    assert exercise.check(42) == "not yet"
    (text,) = shown
    assert "Expected a function, got int 42: pass it without calling it." in text


def test_hints_come_in_order_and_the_last_one_stays(exercise, shown):
    for _ in range(4):
        exercise.hint()
    assert shown == [
        "Exercise 0.1, hint 1 of 3: think",
        "Exercise 0.1, hint 2 of 3: think twice",
        "Exercise 0.1, hint 3 of 3: add",
        "Exercise 0.1, hint 3 of 3: add",
    ]


def test_a_solution_is_shown_as_code(exercise, shown):
    exercise.solution()
    code = "```python\ndef double(x):\n    return 2 * x\n```"
    assert shown == [f"Exercise 0.1, a solution:\n\n{code}"]


def pairs(sizes):
    return zip(sizes[:-1], sizes[1:], strict=True)


@pytest.mark.parametrize(
    "answer, message",
    [
        (lambda s: sum(m * n for m, n in pairs(s)), "every output also has a bias"),
        (lambda s: sum(m * n + m for m, n in pairs(s)), "each *output* of a layer, not"),
        (lambda s: sum(m * n for m, n in pairs(s)) + sum(s), "The input is no layer"),
        (lambda s: sum(m * n + 1 for m, n in pairs(s)), "gave 104450, expected 104608."),
        (lambda s: 104608, "For `[5, 3]` your function gave 104608, expected 18."),
    ],
)
def test_wrong_parameter_counts(answer, message, shown):
    assert chapter01.count_parameters.check(answer) == "not yet"
    assert message in shown[0]


@pytest.mark.parametrize(
    "answer, message",
    [
        (lambda image, code: np.prod(image) / np.prod(code), "turn the fraction round"),
        (lambda image, code: code[0] / image[0], "You compared one side only"),
        (
            lambda image, code: np.prod(code[:2]) / np.prod(image[:2]),
            "You left out the channels",
        ),
        (lambda image, code: np.prod(code) / 784, "code (8, 8, 16): got 1.306, expected 0.08333."),
    ],
)
def test_wrong_shares(answer, message, shown):
    assert chapter01.code_share.check(answer) == "not yet"
    assert message in shown[0]


def halves(code_activation=None, pixel_activation="sigmoid", reshaped=True, fixed_size=None):
    """Return an answer to exercise 1.2, right unless told otherwise."""

    def build_halves(code_size):
        size = fixed_size or code_size
        encoder = keras.Sequential(
            [keras.Input((28, 28)), layers.Flatten(), layers.Dense(size, code_activation)]
        )
        ending = [layers.Reshape((28, 28))] if reshaped else []
        decoder = keras.Sequential(
            [keras.Input((size,)), layers.Dense(784, pixel_activation), *ending]
        )
        return encoder, decoder

    return build_halves


def test_halves_without_hidden_layers_are_right(shown):
    assert chapter01.build_halves.check(halves()) == "correct"


@pytest.mark.parametrize(
    "answer, message",
    [
        (halves(fixed_size=32), "5 images should give codes of shape (5, 7), got (5, 32)."),
        (halves(code_activation="relu"), "expected a linear code. Has its layer a ReLU or"),
        (halves(code_activation="tanh"), "expected a linear code. Has its layer a tanh?"),
        (halves(pixel_activation=None), "which activation keeps the last layer in that range?"),
        (halves(reshaped=False), "784 numbers in a row, expected an image: end it with `Reshape("),
        (lambda code_size: halves()(code_size)[0], "Expected a pair `(encoder, decoder)`, got <S"),
        (lambda code_size: halves()(code_size)[::-1], "Your answer raised `"),
    ],
)
def test_wrong_halves(answer, message, shown):
    assert chapter01.build_halves.check(answer) == "not yet"
    assert message in shown[0]
