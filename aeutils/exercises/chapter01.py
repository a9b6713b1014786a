"""Exercises of chapter 1, "The encoder and the decoder"."""

import math

from aeutils.checks import IMAGE_SHAPE
from aeutils.exercises.base import Exercise, NotYet, call
import numpy as np


def _judge_parameter_count(count_parameters) -> str:
    for sizes in ([784, 128, 32], [5, 3], [784, 256, 64, 16, 64, 256, 784]):
        steps = list(zip(sizes[:-1], sizes[1:], strict=True))
        expected = sum(m * n + n for m, n in steps)
        seen = call(count_parameters, sizes)
        if seen == expected:
            continue
        reason = ""
        if seen == sum(m * n for m, n in steps):
            reason = " You counted the weights; every output also has a bias."
        elif seen == sum(m * n + m for m, n in steps):
            reason = " A bias belongs to each *output* of a layer, not to each input."
        elif seen == expected + sizes[0]:
            reason = " The input is no layer: it has no biases."
        raise NotYet(f"For `{sizes}` your function gave {seen!r}, expected {expected}.{reason}")
    return "Weights and biases of every layer are counted."


def _judge_halves(build_halves) -> str:
    images = np.random.default_rng(0).random((5, *IMAGE_SHAPE)).astype("float32")
    for code_size in (7, 32):
        halves = call(build_halves, code_size)
        if not isinstance(halves, tuple | list) or len(halves) != 2:
            raise NotYet(f"Expected a pair `(encoder, decoder)`, got {halves!r:.200}.")
        encoder, decoder = halves
        codes = np.asarray(encoder.predict(images, verbose=0))
        if codes.shape != (5, code_size):
            raise NotYet(
                f"With `code_size={code_size}`, 5 images should give codes of shape (5, {code_size}), "
                f"got {codes.shape}."
            )
        found = np.asarray(decoder.predict(codes * 100, verbose=0))
        if found.shape == (5, 784):
            raise NotYet(
                "The decoder gives 784 numbers in a row, expected an image: end it with `Reshape((28, 28))`."
            )
        if found.shape != images.shape:
            raise NotYet(f"5 codes should give images of shape (5, 28, 28), got {found.shape}.")
        if found.min() < 0 or found.max() > 1:
            raise NotYet(
                f"Reconstructions reach from {found.min():.1f} to {found.max():.1f}, pixels from 0 to 1: "
                f"which activation keeps the last layer in that range?"
            )
        if code_size == 32 and (codes >= 0).all():  # by chance once in 2**32 linear encoders
            raise NotYet(
                "No code of 5 random images has a negative number: expected a linear code. "
                "Has its layer a ReLU or a sigmoid?"
            )
        if np.abs(encoder.predict(images * 1000, verbose=0)).max() <= 1:
            raise NotYet(
                "Even pixels of 1000 give no code beyond -1 and 1: expected a linear code. "
                "Has its layer a tanh?"
            )
    return "Shapes, range and the linear code are right."


def _judge_code_share(code_share) -> str:
    for image, code in (((28, 28), (32,)), ((28, 28, 1), (7, 7, 32)), ((64, 64, 3), (8, 8, 16))):
        expected = math.prod(code) / math.prod(image)
        seen = call(code_share, image, code)
        if np.isclose(seen, expected):
            continue
        reason = ""
        if np.isclose(seen, 1 / expected):
            reason = " That is the image's size in codes: turn the fraction round."
        elif np.isclose(seen, math.prod(code[:2]) / math.prod(image[:2])):
            reason = " You left out the channels: a 7 × 7 × 32 code has 32 numbers in each of its 49 places."
        elif np.isclose(seen, code[0] / image[0]):
            reason = " You compared one side only: multiply all of them."
        raise NotYet(
            f"For an image {image} and a code {code}: got {seen:.4g}, expected {expected:.4g}.{reason}"
        )
    return "Above 1, the code is wider than its input and no bottleneck."


count_parameters = Exercise(
    "Exercise 1.1",
    _judge_parameter_count,
    hints=(
        "Go through the layers as pairs: the numbers that go in, the numbers that come out.",
        "`zip(sizes[:-1], sizes[1:])` gives the pairs `(m, n)`.",
        "A dense layer from `m` to `n` numbers has `m * n` weights and `n` biases; add them up.",
    ),
    solution="""
def count_parameters(sizes):
    return sum(m * n + n for m, n in zip(sizes[:-1], sizes[1:]))
""",
    answer_name="count_parameters",
)

build_halves = Exercise(
    "Exercise 1.2",
    _judge_halves,
    hints=(
        "Start from the encoder and the decoder at the top of this chapter; "
        "what has to change with `code_size`?",
        "The encoder's last layer has `code_size` units and no activation; "
        "the decoder's input has `code_size` numbers.",
        "The decoder ends with `Dense(784, activation='sigmoid')` and `Reshape((28, 28))`.",
    ),
    solution="""
import keras
from keras import layers


def build_halves(code_size):
    encoder = keras.Sequential(
        [
            keras.Input((28, 28)),
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
            layers.Dense(code_size),
        ]
    )
    decoder = keras.Sequential(
        [
            keras.Input((code_size,)),
            layers.Dense(64, activation="relu"),
            layers.Dense(784, activation="sigmoid"),
            layers.Reshape((28, 28)),
        ]
    )
    return encoder, decoder
""",
    answer_name="build_halves",
)

code_share = Exercise(
    "Exercise 1.3",
    _judge_code_share,
    hints=(
        "Count the numbers in the code, count the numbers in the image.",
        "The numbers in an array of shape `(a, b, c)` are `a * b * c`; `math.prod(shape)` multiplies them.",
        "The share is the code's count divided by the image's.",
    ),
    solution="""
import math


def code_share(image_shape, code_shape):
    return math.prod(code_shape) / math.prod(image_shape)
""",
    answer_name="code_share",
)
