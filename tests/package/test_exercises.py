"""Exercises: three verdicts, hints in order; and the mistakes that chapter 1 names."""

import math
import re

from aeutils.exercises import base, chapter01
from aeutils.exercises.base import Exercise, NotYet, call
from aeutils.exercises.shown import table
import keras
from keras import layers
import numpy as np
import pytest


@pytest.fixture(autouse=True)
def shown(monkeypatch):
    """What a reader sees, as Markdown texts."""
    texts = []

    def show(data, metadata=None):
        assert data.keys() == {"text/plain", "text/markdown"}
        assert data["text/plain"] == data["text/markdown"] and not metadata
        texts.append(data["text/markdown"])

    monkeypatch.setattr(base, "show", show)
    return texts


def judge_double(double):
    seen = call(double, 21)
    if seen != 42:
        raise NotYet(f"For 21 your function gave {seen}, expected 42.")
    return "It doubles."


def _double(x):
    return 2 * x


@pytest.fixture
def exercise():
    return Exercise("Exercise 0.1", judge_double, ("think", "think twice", "add"), _double)


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
    assert "not yet. Your answer raised `ZeroDivisionError: division by zero` for `double(21)`." in shown[0]


def test_an_error_is_short_and_without_colours(exercise, shown):
    def double(x):
        raise ValueError("\x1b[1mfirst `line`\x1b[0m\n\n  second   line\nthird line")

    assert exercise.check(double) == "not yet"
    assert "Your answer raised `ValueError: first 'line' second line …` for `double(21)`." in shown[0]

    def long(x):
        raise ValueError("word " * 100)

    exercise.check(long)
    assert len(shown[1]) < 320


def test_a_result_that_cannot_be_used(shown):
    def half(x):
        return x / 2

    exercise = Exercise("Exercise 0.2", lambda half: str(call(half, 3) + 1), ("a",), half)
    assert exercise.check(lambda x: "1.5") == "not yet"
    assert "not yet. What your answer returned cannot be used: `TypeError: can only conca" in shown[0]


def test_other_parameters_than_the_stub_s(exercise, shown):
    assert exercise.check(lambda: 42) == "not yet"
    assert exercise.check(lambda x, y: 42) == "not yet"
    assert "The stub is `double(x)`, yours takes `()`: keep the stub's parameters." in shown[0]
    assert "yours takes `(x, y)`" in shown[1]


def test_an_answer_that_prints(exercise, shown, capsys):
    def double(x):
        print(2 * x)

    assert exercise.check(double) == "not attempted"
    assert capsys.readouterr().out == "42\n"  # once, as asked
    assert shown == [
        "○ Exercise 0.1: not attempted. Fill in `double`: so far it returns nothing: "
        "does it `print` its result where it should `return` it?"
    ]


def test_an_answer_that_forgets_to_return_is_not_asked_about_print(exercise, shown):
    def double(x):
        y = 2 * x  # noqa: F841

    assert exercise.check(double) == "not attempted"
    assert "print" not in shown[0]


@pytest.mark.parametrize("odd", [True, False])
def test_an_answer_that_returns_nothing_in_some_branch(odd, shown):
    def judge(half):
        for x in (3, 4):
            if call(half, x) != x // 2:
                raise NotYet("wrong")
        return "It halves."

    def half(x):
        if x % 2 == odd:
            return x // 2

    def _half(x):
        return x // 2

    exercise = Exercise("Exercise 0.2", judge, ("a",), _half)
    assert exercise.check(half) == "not yet"
    given = 4 if odd else 3
    assert f"For `half({given})` your function returned nothing, for other inputs a value" in shown[0]


def test_a_call_is_written_in_short():
    array = np.zeros((60, 12))
    assert base._written("f", (array, 4, [array, 0.123456], (3,))) == (
        "f(array (60, 12), 4, [array (60, 12), 0.1235], (3,))"
    )
    assert len(base._written("f", (list(range(1000)),))) <= 110


def double_in_place(lists):
    lists[0] *= 2
    return lists[0]


def test_an_answer_may_change_what_it_is_given_but_hears_of_it(shown):
    given = [np.array([3])]

    def judge(double):
        for _ in range(2):
            if (seen := call(double, given)) != [6]:
                raise NotYet(f"Got {seen}.")
        return "It doubles."

    def double(lists):
        return 2 * lists[0]

    exercise = Exercise("Exercise 0.2", judge, ("a",), double)
    assert exercise.check(double_in_place) == "correct" and given[0] == [3]
    assert exercise.check(lambda lists: double_in_place(lists) + 1) == "not yet"
    assert exercise.check(lambda lists: lists[0]) == "not yet"
    assert shown[1].endswith("Got [7]. It also changes what it is given, in place: work on a copy.")
    assert shown[2].endswith("Got [3].")


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


def _rooted(x):
    return math.sqrt(x) + np.abs(x)


def test_a_solution_is_shown_with_the_imports_that_it_needs_and_the_reader_s_name():
    code = Exercise("Exercise 0.1", judge_double, ("add",), _rooted).solution_code
    body = "def rooted(x):\n    return math.sqrt(x) + np.abs(x)"
    assert code == f"import math\nimport numpy as np\n\n\n{body}"


def show_double(double):
    return table(("x", "double(x)", "expected"), [(5, double(5), 10)])


@pytest.fixture
def shown_at_work():
    return Exercise("Exercise 0.1", judge_double, ("add",), _double, shows=show_double)


EXAMPLE = """\
|   x |   double(x) |   expected |
|----:|------------:|-----------:|
|   5 |          10 |         10 |"""


def test_a_correct_answer_is_shown_at_work(shown_at_work, shown):
    shown_at_work.check(lambda x: x + x)
    assert shown == ["✓ Exercise 0.1: correct. It doubles.", EXAMPLE]


def test_no_other_answer_is(shown_at_work, shown):
    shown_at_work.check(lambda x: x * x)
    shown_at_work.check(lambda x: ...)
    shown_at_work.check(None)
    assert [text[0] for text in shown] == ["✗", "○", "○"]


def test_what_is_shown_comes_from_the_answer_itself(shown_at_work, shown):
    shown_at_work.check(lambda x: 42)  # right where it is judged, and nowhere else
    assert shown[1] == EXAMPLE.replace("         10 |         10 |", "         42 |         10 |")


def test_a_solution_is_shown_at_work(shown_at_work, shown):
    shown_at_work.solution()
    assert shown[0].startswith("Exercise 0.1, a solution:") and shown[1:] == [EXAMPLE]


def test_an_example_that_fails_leaves_the_verdict(shown_at_work, shown):
    assert shown_at_work.check({21: 42}.__getitem__) == "correct"
    assert shown[1:] == ["On another example your answer raised `KeyError: 5`."]


def pairs(sizes):
    return zip(sizes[:-1], sizes[1:], strict=True)


@pytest.mark.parametrize(
    "answer, message",
    [
        (lambda s: sum(m * n for m, n in pairs(s)), "every output also has a bias"),
        (lambda s: sum(m * n + m for m, n in pairs(s)), "each *output* of a layer, not"),
        (lambda s: sum(m * n for m, n in pairs(s)) + sum(s), "The input is no layer"),
        (lambda s: sum(m * n + 1 for m, n in pairs(s)), "gave 104450, expected 104608."),
        (lambda s: [m * n + n for m, n in pairs(s)], "got [100480, 4128]: add up the layers' counts."),
        (lambda s: 104608, "For `[5, 3]` your function gave 104608, expected 18."),
    ],
)
def test_wrong_parameter_counts(answer, message, shown):
    assert chapter01.count_parameters.check(answer) == "not yet"
    assert message in shown[0]


@pytest.mark.parametrize(
    "answer, message",
    [
        (lambda image, code: True, "Expected the share, a number, got True"),
        (lambda image, code: np.prod(code) < np.prod(image), "got True: not whether it is a bottleneck"),
        (lambda image, code: 100 * np.prod(code) / np.prod(image), "That is in per cent"),
        (lambda image, code: np.divide(code[0], image), "Expected one number, got shape (2,)"),
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


def test_a_code_as_large_as_the_image_is_among_the_shares(shown):
    assert 1 in [np.prod(code) / np.prod(image) for image, code in chapter01.SHAPES]
    assert chapter01.code_share.check(lambda image, code: np.prod(code) / np.prod(image)) == "correct"
    assert "From 1 on" in shown[0] and re.search(r"\(14, 14, 4\) \| +1 \| +1 \| no ", shown[1])


def halves(code_activation=None, pixel_activation="sigmoid", reshaped=True, fixed_size=None):
    """Return an answer to exercise 1.2, right unless told otherwise."""

    def build_halves(code_size):
        size = fixed_size or code_size
        encoder = keras.Sequential(
            [keras.Input((28, 28)), layers.Flatten(), layers.Dense(size, code_activation)]
        )
        ending = [layers.Reshape((28, 28))] if reshaped else []
        decoder = keras.Sequential([keras.Input((size,)), layers.Dense(784, pixel_activation), *ending])
        return encoder, decoder

    return build_halves


def test_halves_without_hidden_layers_are_right(shown):
    assert chapter01.build_halves.check(halves()) == "correct"


def ends_with(*endings):
    """Return an answer whose encoder has more layers after the one of the code."""

    def build_halves(code_size):
        encoder, decoder = halves()(code_size)
        return keras.Sequential([keras.Input((28, 28)), encoder, *endings]), decoder

    return build_halves


def takes_rows(code_size):
    encoder = keras.Sequential([keras.Input((784,)), layers.Dense(code_size)])
    return encoder, halves()(code_size)[1]


def softmax_of_lines(code_size):
    encoder, decoder = halves(pixel_activation=None)(code_size)
    return encoder, keras.Sequential([keras.Input((code_size,)), decoder, layers.Softmax()])


def functional(code_size):
    images, code = keras.Input((28, 28)), keras.Input((code_size,))
    hidden = layers.LeakyReLU()(layers.Dense(16)(layers.Flatten()(images)))
    linear = layers.Activation("linear")(layers.Dense(code_size, "linear")(hidden))
    pixels = layers.Dense(784, "sigmoid")(layers.Dense(16, "relu")(code))
    return keras.Model(images, linear), keras.Model(code, layers.Reshape((28, 28))(pixels))


@pytest.mark.parametrize("answer", [functional, ends_with(), ends_with(layers.Flatten())])
def test_other_right_halves(answer, shown):
    assert chapter01.build_halves.check(answer) == "correct"


@pytest.mark.parametrize(
    "answer, message",
    [
        (halves(fixed_size=32), "5 images should give codes of shape (5, 7), got (5, 32)."),
        (halves(code_activation="relu"), "out of the activation `relu`"),
        (halves(code_activation="tanh"), "out of the activation `tanh`"),
        (ends_with(layers.Lambda(keras.ops.relu)), "expected a linear code. Has its layer a ReLU or"),
        (ends_with(layers.Lambda(keras.ops.tanh)), "expected a linear code. Has its layer a tanh?"),
        (halves(pixel_activation=None), "which activation keeps the last layer in that range?"),
        (halves(reshaped=False), "784 numbers in a row, expected an image: end it with `Reshape("),
        (lambda code_size: halves()(code_size)[0], "Expected a pair `(encoder, decoder)`, got <S"),
        (lambda code_size: halves()(code_size)[::-1], "takes 7 numbers, as a decoder does: expected `(enc"),
        (takes_rows, "The encoder takes 784 numbers in a row, expected images (28, 28)"),
        (halves(pixel_activation="softmax"), "sum to 1, as a softmax makes them"),
        (softmax_of_lines, "sum to 1, as a softmax makes them"),
        (halves(code_activation="leaky_relu"), "out of the activation `leaky_relu`: expected a linear code"),
        (halves(code_activation=layers.LeakyReLU()), "out of the activation `LeakyReLU`"),
        (ends_with(layers.LeakyReLU()), "out of the activation `LeakyReLU`"),
        (ends_with(layers.Activation("elu")), "out of the activation `elu`"),
        (ends_with(layers.LeakyReLU(), layers.Flatten()), "out of the activation `LeakyReLU`"),
    ],
)
def test_wrong_halves(answer, message, shown):
    assert chapter01.build_halves.check(answer) == "not yet"
    assert message in shown[0]
