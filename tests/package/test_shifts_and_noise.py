"""Shifted images and noise against oracles: naive loops, counts, symmetry."""

from aeutils.data import draw_shifts, move_images, salt_and_pepper
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
import numpy as np
import pytest

pytestmark = pytest.mark.any_backend

PIXELS = st.floats(0, 1, width=32)
SIDES = st.integers(1, 9)
SHAPES = st.one_of(
    st.just((28, 28)), st.tuples(SIDES, SIDES), st.tuples(SIDES, SIDES, st.sampled_from([1, 3]))
)
COUNTED = st.tuples(st.integers(0, 4), SHAPES).map(lambda counted: (counted[0], *counted[1]))
IMAGES = COUNTED.flatmap(lambda shape: hnp.arrays("float32", shape, elements=PIXELS, fill=PIXELS))
SEEDS = st.integers(0, 2**32)


def shift_one(image: np.ndarray, down: int, right: int) -> np.ndarray:
    """Move one image pixel by pixel."""
    moved = np.zeros_like(image)
    height, width = image.shape[:2]
    for row in range(height):
        for column in range(width):
            if 0 <= row + down < height and 0 <= column + right < width:
                moved[row + down, column + right] = image[row, column]
    return moved


@settings(deadline=None)
@given(IMAGES, st.integers(0, 27), SEEDS)
def test_shifts_equal_a_naive_loop(images, max_shift, seed):
    before = images.copy()
    shifts = draw_shifts(len(images), max_shift, np.random.default_rng(seed))
    shifted = move_images(images, shifts)
    for image, moved, shift in zip(images, shifted, shifts, strict=True):
        np.testing.assert_array_equal(moved, shift_one(image, *shift))
    np.testing.assert_array_equal(images, before)
    assert shifted.dtype == images.dtype and not np.shares_memory(shifted, images)


@settings(deadline=None)
@given(st.integers(0, 50), st.integers(0, 27), SEEDS)
def test_shifts_are_drawn_from_all_that_are_allowed(n, max_shift, seed):
    shifts = draw_shifts(n, max_shift, np.random.default_rng(seed))
    assert shifts.shape == (n, 2) and np.issubdtype(shifts.dtype, np.integer)
    assert (np.abs(shifts) <= max_shift).all()
    np.testing.assert_array_equal(shifts, draw_shifts(n, max_shift, np.random.default_rng(seed)))


@settings(deadline=None)
@given(IMAGES)
def test_a_shift_of_zero_changes_nothing(images):
    shifted = move_images(images, np.zeros((len(images), 2), int))
    np.testing.assert_array_equal(shifted, images)
    assert not np.shares_memory(shifted, images)


@pytest.mark.parametrize("shape", [(4, 6), (4, 6, 3), (1, 1)])
@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("beyond", [0, 1, 2, 1000])
def test_a_shift_by_a_whole_side_or_more_leaves_black(shape, sign, beyond):
    images = np.ones((2, *shape), "float32")
    height, width = shape[:2]
    shifts = sign * np.array([[height + beyond, 0], [0, width + beyond]])
    np.testing.assert_array_equal(move_images(images, shifts), np.zeros_like(images))
    shifts = sign * np.array([[height - 1, 0], [0, width - 1]])
    last_row, last_column = move_images(images, shifts)
    assert (last_row.sum(), last_column.sum()) == (images[0, 0].sum(), images[0, :, 0].sum())


@pytest.mark.parametrize("dtype", ["uint8", "float16", "float32", "float64", "bool"])
def test_shifts_keep_the_dtype(dtype):
    assert move_images(np.ones((2, 28, 28), dtype), np.ones((2, 2), int)).dtype == dtype


def test_shifts_are_independent_and_uniform():
    """A single dot shows where each image went: 9 places, each in a ninth of the cases."""
    images = np.zeros((9000, 28, 28), "float32")
    images[:, 14, 14] = 1
    rng = np.random.default_rng(0)
    shifts = draw_shifts(9000, 1, rng)
    places = move_images(images, shifts).sum(axis=0)
    assert places.sum() == 9000 and places[13:16, 13:16].sum() == 9000
    assert np.abs(places[13:16, 13:16] - 1000).max() < 5 * np.sqrt(1000)
    assert not np.array_equal(shifts, draw_shifts(9000, 1, rng))  # new shifts on each call


@settings(deadline=None)
@given(
    IMAGES.filter(np.size).filter(lambda images: images.shape[-1] < 3 or images.ndim == 4),
    st.floats(0, 1),
    SEEDS,
)
def test_salt_and_pepper_leaves_a_pixel_or_makes_it_0_or_1(images, fraction, seed):
    before = images.copy()
    noisy = salt_and_pepper(images, fraction, seed)
    assert ((noisy == images) | (noisy == 0) | (noisy == 1)).all()
    assert noisy.dtype == "float32" and noisy.shape == images.shape
    assert not np.shares_memory(noisy, images)
    np.testing.assert_array_equal(images, before)
    np.testing.assert_array_equal(noisy, salt_and_pepper(images, fraction, seed))


@settings(deadline=None, max_examples=30)
@given(st.floats(0, 1), SEEDS)
def test_salt_and_pepper_hits_the_fraction_asked_for(fraction, seed):
    grey = np.full((20, 28, 28), 0.5, "float32")
    noisy = salt_and_pepper(grey, fraction, seed)
    room = 6 * np.sqrt(0.25 / grey.size)  # six standard deviations of a share, at most
    assert abs((noisy == 1).mean() - fraction / 2) < room
    assert abs((noisy == 0).mean() - fraction / 2) < room


def test_salt_and_pepper_at_both_ends():
    grey = np.full((5, 28, 28), 0.5)
    np.testing.assert_array_equal(salt_and_pepper(grey, 0, 0), grey)
    assert set(np.unique(salt_and_pepper(grey, 1, 0))) == {0, 1}
    assert not np.array_equal(salt_and_pepper(grey, 0.5, 0), salt_and_pepper(grey, 0.5, 1))


IMAGE = np.zeros((1, 28, 28), "float32")
RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: draw_shifts(1, -1, RNG), "max_shift must be .* from 0 to 27, got -1: .*try 1"),
        (lambda: draw_shifts(1, 28, RNG), "max_shift .* got 28"),
        (lambda: draw_shifts(1, 10, RNG, at_most=9), "max_shift must be .* from 0 to 9, got 10"),
        (lambda: draw_shifts(1, 1.0, RNG), "max_shift .* got 1.0"),
        (lambda: draw_shifts(1, True, RNG), "max_shift .* got True"),
        (lambda: draw_shifts(1, "1", RNG), "max_shift .* got '1'"),
        (
            lambda: draw_shifts(1, 1, 0),
            r"rng must be .*, got 0: pass np.random.default_rng\(seed\)",
        ),
        (lambda: draw_shifts(1, 1, None), "rng must be .*, got None"),
        (
            lambda: salt_and_pepper(IMAGE, -0.1, 0),
            "fraction must be .* got -0.1: write 10 per cent as 0.1",
        ),
        (lambda: salt_and_pepper(IMAGE, 10, 0), "fraction .* got 10:"),
        (lambda: salt_and_pepper(IMAGE, float("nan"), 0), "fraction .* got nan"),
        (lambda: salt_and_pepper(IMAGE, "0.1", 0), "fraction .* got '0.1'"),
        (lambda: salt_and_pepper(IMAGE, True, 0), "fraction .* got True"),
        (lambda: salt_and_pepper(IMAGE, 0.1, None), "seed must be .* got None: use 0"),
        (lambda: salt_and_pepper(IMAGE, 0.1, -1), "seed .* got -1"),
        (lambda: salt_and_pepper(IMAGE, 0.1, 0.5), "seed .* got 0.5"),
        (lambda: salt_and_pepper(IMAGE + 2, 0.1, 0), "images must lie in \\[0, 1\\]"),
        (lambda: salt_and_pepper(IMAGE.astype("uint8"), 0.1, 0), "floating-point"),
    ],
)
def test_arguments_out_of_range(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_numpy_numbers_are_numbers():
    draw_shifts(1, np.int64(1), RNG)
    draw_shifts(1, 40, RNG, at_most=np.int64(63))
    salt_and_pepper(IMAGE, np.float32(0.1), np.int64(0))
