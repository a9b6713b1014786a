"""Exercises of chapter 1, "The encoder and the decoder"."""

import math

from aeutils.checks import IMAGE_SHAPE
from aeutils.exercises.base import Exercise, NotYet, call
from aeutils.exercises.judging import expect, number, pair, refuse
from aeutils.exercises.shown import table
import keras
from keras import layers
import numpy as np

TITLE = "The encoder and the decoder"

SHAPING = ("Flatten", "Reshape", "Dropout", "Identity")
CHAINS = ([784, 128, 32], [5, 3], [784, 256, 64, 16, 64, 256, 784])
SHAPES = (((28, 28), (32,)), ((28, 28, 1), (7, 7, 32)), ((64, 64, 3), (8, 8, 16)), ((28, 28, 1), (14, 14, 4)))


def _count_parameters(sizes):
    return sum(m * n + n for m, n in zip(sizes[:-1], sizes[1:], strict=True))


def _judge_parameter_count(count_parameters) -> str:
    for sizes in CHAINS:
        weights = sum(m * n for m, n in zip(sizes[:-1], sizes[1:], strict=True))
        expected = weights + sum(sizes[1:])
        seen = call(count_parameters, list(sizes))
        if np.ndim(seen):
            raise NotYet(f"Expected one number for `{sizes}`, got {seen!r:.100}: add up the layers' counts.")
        misconceptions = {
            "You counted the weights; every output also has a bias.": weights,
            "A bias belongs to each *output* of a layer, not to each input.": weights + sum(sizes[:-1]),
            "The input is no layer: it has no biases.": weights + sum(sizes),
        }
        report = f"For `{sizes}` your function gave {seen!r}, expected {expected}."
        expect(seen, expected, report, misconceptions)
    return "Weights and biases of every layer are counted."


def _show_parameter_count(count_parameters) -> dict:
    rows = [(str(sizes), count_parameters(list(sizes)), _count_parameters(sizes)) for sizes in CHAINS]
    return table(("sizes", "count_parameters(sizes)", "expected"), rows)


count_parameters = Exercise(
    "Exercise 1.1",
    _judge_parameter_count,
    hints=(
        "Go through the layers as pairs: the numbers that go in, the numbers that come out.",
        "`zip(sizes[:-1], sizes[1:])` gives the pairs `(m, n)`.",
        "A dense layer from `m` to `n` numbers has `m * n` weights and `n` biases; add them up.",
    ),
    solution=_count_parameters,
    asks="parameters of a chain of dense layers",
    shows=_show_parameter_count,
)


def _build_halves(code_size):
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


def _judge_halves(build_halves) -> str:
    images = np.random.default_rng(0).random((5, *IMAGE_SHAPE)).astype("float32")
    for code_size in (7, 32):
        halves = call(build_halves, code_size)
        encoder, decoder = pair(halves, "(encoder, decoder)", f"{halves!r:.200}")
        takes, decodes = _input_shape(encoder), _input_shape(decoder)
        problems = {
            f"The first of the pair takes {code_size} numbers, as a decoder does: expected "
            f"`(encoder, decoder)`, in this order.": takes == (code_size,) and decodes != takes,
            "The encoder takes 784 numbers in a row, expected images (28, 28): begin it with "
            "`keras.Input((28, 28))` and `Flatten()`.": takes == (math.prod(IMAGE_SHAPE),),
        }
        refuse(problems)
        codes = np.asarray(encoder.predict(images, verbose=0))
        if codes.shape != (5, code_size):
            raise NotYet(
                f"With `code_size={code_size}`, 5 images should give codes of shape (5, {code_size}), "
                f"got {codes.shape}."
            )
        _judge_pixels(np.asarray(decoder.predict(codes * 100, verbose=0)))
        _judge_codes(encoder, images, codes)
    return "Shapes, range and the linear code are right."


def _judge_pixels(found: np.ndarray) -> None:
    flat = found.shape == (5, 784)
    problems = {
        "The decoder gives 784 numbers in a row, expected an image: end it with `Reshape((28, 28))`.": flat,
        f"5 codes should give images of shape (5, 28, 28), got {found.shape}.": found.shape != (5, 28, 28),
    }
    refuse(problems)
    sums = [found.sum(axis=axes) for axes in ((1, 2), 1, 2)]
    problems = {
        "The pixels of an image, or of each of its lines, sum to 1, as a softmax makes them: one can "
        "be bright only if the others are dark. Expected each to be free between 0 and 1: a "
        "sigmoid.": any(np.allclose(each, 1, atol=1e-3) for each in sums),
        f"Reconstructions reach from {found.min():.1f} to {found.max():.1f}, pixels from 0 to 1: "
        f"which activation keeps the last layer in that range?": found.min() < 0 or found.max() > 1,
    }
    refuse(problems)


def _judge_codes(encoder, images: np.ndarray, codes: np.ndarray) -> None:
    activation = _last_activation(encoder)
    none_negative = codes.shape[1] == 32 and (codes >= 0).all()  # by chance once in 2**32 linear encoders
    largest = np.abs(encoder.predict(images * 1000, verbose=0)).max()
    problems = {
        f"The code comes out of the activation `{activation}`: expected a linear code, each number "
        f"as its weighted sum gives it, negative ones too.": bool(activation),
        "No code of 5 random images has a negative number: expected a linear code. "
        "Has its layer a ReLU or a sigmoid?": none_negative,
        "Even pixels of 1000 give no code beyond -1 and 1: expected a linear code. "
        "Has its layer a tanh?": largest <= 1,
    }
    refuse(problems)


def _input_shape(model) -> tuple | None:
    try:
        return tuple(model.input_shape[1:])
    except Exception:  # not built, or no model: `predict` will tell
        return None


def _last_activation(model) -> str:
    """Return the name of the activation that a model ends with, "" if there is none."""
    for layer in reversed(getattr(model, "layers", [])):
        kind = type(layer).__name__
        if hasattr(layer, "layers"):  # a model within the model
            return _last_activation(layer)
        if kind in ("ReLU", "LeakyReLU", "PReLU", "ELU", "Softmax"):
            return kind
        activation = getattr(layer, "activation", None)
        name = getattr(activation, "__name__", type(activation).__name__)
        if activation is not None and name != "linear":
            return name
        if activation is None and kind in SHAPING or kind == "Activation":
            continue  # what comes before counts
        return ""
    return ""


def _show_halves(build_halves) -> dict:
    images, rows = np.random.default_rng(0).random((5, *IMAGE_SHAPE)).astype("float32"), []
    for code_size in (2, 32):
        encoder, decoder = build_halves(code_size)
        codes = np.asarray(encoder.predict(images, verbose=0))
        found = np.asarray(decoder.predict(codes, verbose=0))
        rows += [
            (f"shape of 5 codes, code_size = {code_size}", codes.shape, (5, code_size)),
            ("shape of their reconstructions", found.shape, images.shape),
            ("lowest and highest pixel", (found.min(), found.max()), "within (0, 1)"),
            ("parameters, encoder and decoder", (encoder.count_params(), decoder.count_params()), "any"),
        ]
    return table(("", "build_halves(code_size)", "expected"), rows)


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
    solution=_build_halves,
    asks="encoder and decoder for any code size",
    shows=_show_halves,
)


def _code_share(image_shape, code_shape):
    return math.prod(code_shape) / math.prod(image_shape)


def _judge_code_share(code_share) -> str:
    for image, code in SHAPES:
        expected = math.prod(code) / math.prod(image)
        seen = call(code_share, image, code)
        if isinstance(seen, bool | np.bool_):
            raise NotYet(f"Expected the share, a number, got {seen}: not whether it is a bottleneck.")
        number(seen, "multiply the sides")
        flat = math.prod(code[:2]) / math.prod(image[:2])
        misconceptions = {
            "That is the image's size in codes: turn the fraction round.": 1 / expected,
            "That is in per cent: a share of one half is 0.5.": 100 * expected,
            "You left out the channels: a 7 × 7 × 32 code has 32 numbers in each of its 49 places.": flat,
            "You compared one side only: multiply all of them.": code[0] / image[0],
        }
        report = f"For an image {image} and a code {code}: got {seen:.4g}, expected {expected:.4g}."
        expect(seen, expected, report, misconceptions, rtol=1e-5)
    return "From 1 on, the code has room for a copy of the image and is no bottleneck."


def _show_code_share(code_share) -> dict:
    rows = []
    for image, code in SHAPES:
        share, expected = float(code_share(image, code)), _code_share(image, code)
        rows.append((image, code, share, expected, "yes" if expected < 1 else "no"))
    return table(("image", "code", "code_share(image, code)", "expected", "bottleneck"), rows)


code_share = Exercise(
    "Exercise 1.3",
    _judge_code_share,
    hints=(
        "Count the numbers in the code, count the numbers in the image.",
        "The numbers in an array of shape `(a, b, c)` are `a * b * c`; `math.prod(shape)` multiplies them.",
        "The share is the code's count divided by the image's, each by `math.prod`.",
    ),
    solution=_code_share,
    asks="a code's share of its image",
    shows=_show_code_share,
)
