"""Codes in files, and images in mosaics: they come back, and the sizes are those of the formulas."""

from aeutils.mosaics import as_file, from_file, mosaic, unmosaic
from aeutils.quantised import NumberCoder
import numpy as np
import pytest

pytestmark = pytest.mark.any_backend

RNG = np.random.default_rng(0)
CODES = np.rint(RNG.normal(0, [0.01, 1, 5], (2000, 3))).astype(int)


def test_codes_come_back():
    coder = NumberCoder(CODES)
    content = coder.encode(CODES[:400], lanes=20)
    assert np.array_equal(coder.decode(content, 400, lanes=20), CODES[:400])
    loaded = NumberCoder.from_bytes(coder.to_bytes())
    assert np.array_equal(loaded.decode(content, 400, lanes=20), CODES[:400])


def test_a_file_is_as_long_as_the_entropy_says():
    coder = NumberCoder(CODES)
    entropy = 0.0
    for column in CODES.T:
        p = np.unique(column, return_counts=True)[1] / len(CODES)
        entropy -= (p * np.log2(p)).sum()
    assert coder.bits(CODES) == pytest.approx(entropy, rel=0.01)
    size = 8 * (len(coder.encode(CODES, lanes=10)) - 10 * 8) / len(CODES)
    assert size == pytest.approx(coder.bits(CODES), rel=1e-3, abs=10 * 32 / len(CODES))


def test_what_was_never_seen_is_moved_to_the_nearest_end():
    coder = NumberCoder(np.array([[0, 5], [3, 5]]))
    far = np.array([[-7, 5], [9, 8]])
    assert coder.clip(far).tolist() == [[0, 5], [3, 5]]
    assert coder.decode(coder.encode(far, 2), 2, 2).tolist() == [[0, 5], [3, 5]]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: NumberCoder(CODES / 2), "codes must be whole numbers (n, code_size)"),
        (lambda: NumberCoder(CODES[0]), "codes must be whole numbers (n, code_size)"),
        (lambda: NumberCoder(CODES).bits(CODES[:, :2]), "whole numbers (n, 3)"),
        (
            lambda: NumberCoder(CODES).encode(CODES, 7),
            "lanes must divide the number of codes, got 7 for 2000",
        ),
        (lambda: mosaic(np.zeros((4, 4))), "images must be (n, height, width)"),
        (lambda: unmosaic(np.zeros((28, 28)), 2), "mosaic of at least 2 images"),
        (lambda: unmosaic(np.zeros((30, 28)), 1), "mosaic of at least 1 images"),
    ],
)
def test_what_is_wrong_is_said(call, words):
    with pytest.raises(ValueError) as error:
        call()
    assert words in str(error.value)


@pytest.mark.parametrize("n", [1, 4, 7])
def test_a_mosaic_comes_apart_again(n):
    images = RNG.integers(0, 256, (n, 28, 28)).astype("uint8")
    assert np.array_equal(unmosaic(from_file(as_file(mosaic(images), "PNG")), n), images)


def test_booleans_make_files_of_one_bit():
    large = RNG.random((280, 280)) < 0.5
    assert len(as_file(large, "PNG")) < 1.2 * large.size / 8
    assert np.array_equal(from_file(as_file(large, "PNG")) > 0, large)
