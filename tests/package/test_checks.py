"""Each check: what it lets through, and each error: what was given, was expected, what to do."""

from aeutils.checks import check_code_size, check_codes, check_images, check_reconstructions
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
import numpy as np
import pytest

pytestmark = pytest.mark.any_backend

IMAGES = np.full((3, 28, 28), 0.5, "float32")


def with_pixel(value, dtype="float32"):
    images = IMAGES.astype(dtype)
    images[1, 2, 3] = value
    return images


@settings(deadline=None)
@given(hnp.arrays("float32", (2, 28, 28), elements=st.floats(0, 1, width=32)))
def test_images_in_range_pass_unchanged(images):
    before = images.copy()
    checked = check_images(images)
    assert checked.dtype == "float32"
    np.testing.assert_array_equal(checked, before)


@pytest.mark.parametrize("dtype", ["float16", "float64"])
def test_other_floats_become_float32(dtype):
    checked = check_images(IMAGES.astype(dtype))
    assert checked.dtype == "float32"
    np.testing.assert_array_equal(checked, IMAGES)


def test_lists_and_tensors_pass():
    assert check_images(IMAGES.astype("float64").tolist()).shape == (3, 28, 28)


def test_rounding_passes():
    for value in (-5e-7, 1 + 5e-7):
        check_images(with_pixel(value))


WRONG_SHAPES = [
    (np.zeros((28, 28)), r"must be \(n, 28, 28\), got \(28, 28\): use .reshape\(-1, 28, 28\)"),
    (np.zeros((3, 784)), r"got \(3, 784\): use .reshape"),
    (np.zeros((3, 28, 28, 1)), r"got \(3, 28, 28, 1\): use .reshape"),
    (np.zeros((3, 32, 32)), r"got \(3, 32, 32\): pass whole images of 28 by 28 pixels"),
    (np.zeros((3, 28, 27)), r"got \(3, 28, 27\): pass whole images"),
    (np.float64(1), r"got \(\): pass whole images"),
    ([], r"got \(0,\): pass whole images"),
    (np.zeros((0, 784)), r"got \(0, 784\): pass whole images"),
    (
        np.zeros((0, 28, 28)),
        r"at least one image, got \(0, 28, 28\): check the selection",
    ),
    (np.zeros((1, 28, 28), "uint8"), r"got uint8: use .astype\('float32'\) / 255"),
    (np.zeros((1, 28, 28), "int64"), r"got int64: use .astype\('float32'\)$"),
    (np.zeros((1, 28, 28), "bool"), r"got bool: use .astype\('float32'\)$"),
    (
        with_pixel(np.nan),
        r"finite, got 1 NaN or infinite values in \(3, 28, 28\): find where",
    ),
    (with_pixel(np.inf), "got 1 NaN or infinite"),
    (with_pixel(-np.inf), "got 1 NaN or infinite"),
    (with_pixel(1e300, "float64"), "got 1 NaN or infinite"),
]
WRONG_RANGES = [
    (
        IMAGES * 510,
        r"\[0, 1\], got \(3, 28, 28\) with minimum 255 and maximum 255: divide by",
    ),
    (with_pixel(1.5), r"with minimum 0.5 and maximum 1.5: rescale or clip the pixels to \[0, 1\]"),
    (
        with_pixel(-0.5),
        "with minimum -0.5 and maximum 0.5: rescale or clip the pixels to",
    ),
    (with_pixel(300), "maximum 300: rescale or clip"),
    (with_pixel(1 + 2e-6), "maximum 1.000002: rescale or clip"),
    (with_pixel(-2e-6), "minimum -2e-06 and maximum 0.5: rescale"),
]


@pytest.mark.parametrize("images, message", WRONG_SHAPES + WRONG_RANGES)
def test_wrong_images(images, message):
    with pytest.raises(ValueError, match=message) as caught:
        check_images(images, "x_test")
    assert str(caught.value).startswith("x_test must ")


def test_reconstructions_pass_outside_the_range():
    """As those of PCA, which leave [0, 1]."""
    images, reconstructions = check_reconstructions(IMAGES.astype("float64"), IMAGES * 6 - 1)
    assert images.dtype == reconstructions.dtype == "float32"
    np.testing.assert_array_equal(images, IMAGES)
    np.testing.assert_array_equal(reconstructions, IMAGES * 6 - 1)


@pytest.mark.parametrize("reconstructions, message", WRONG_SHAPES)
def test_wrong_reconstructions(reconstructions, message):
    with pytest.raises(ValueError, match=message) as caught:
        check_reconstructions(IMAGES, reconstructions)
    assert str(caught.value).startswith("reconstructions must ")


@pytest.mark.parametrize("images, message", WRONG_SHAPES + WRONG_RANGES)
def test_wrong_images_beside_reconstructions(images, message):
    with pytest.raises(ValueError, match=message) as caught:
        check_reconstructions(images, IMAGES)
    assert str(caught.value).startswith("images must ")


def test_reconstructions_of_other_images():
    message = r"one shape, got \(3, 28, 28\) and \(2, 28, 28\): pass the reconstructions of"
    with pytest.raises(ValueError, match=message):
        check_reconstructions(IMAGES, IMAGES[:2])


@settings(deadline=None)
@given(hnp.arrays("float64", (4, 3), elements=st.floats(-1e6, 1e6, width=32)))
def test_codes_pass_unchanged(codes):
    checked = check_codes(codes, 3)
    assert checked.dtype == "float32"
    np.testing.assert_array_equal(checked, codes)


@pytest.mark.parametrize(
    "codes, message",
    [
        (
            np.zeros((5, 2)),
            r"must be \(n, 3\), got \(5, 2\): pass what this model's encoder returns",
        ),
        (np.zeros(3), r"got \(3,\): pass what"),
        (np.zeros((1, 3, 1)), r"got \(1, 3, 1\): pass what"),
        (np.zeros((0, 3)), r"got \(0, 3\): pass what"),
        ([[1, 2, np.nan]], r"codes must be finite, got 1 NaN or infinite values in \(1, 3\)"),
        ([[np.inf, 2, -np.inf]], "got 2 NaN"),
    ],
)
def test_wrong_codes(codes, message):
    with pytest.raises(ValueError, match=message):
        check_codes(codes, 3)


@pytest.mark.parametrize("code_size", [1, 30, 784, np.int64(30), np.uint8(2)])
def test_code_sizes_pass(code_size):
    checked = check_code_size(code_size, at_most=784)
    assert checked == code_size and type(checked) is int
    assert check_code_size(code_size) == code_size


@pytest.mark.parametrize("code_size", [0, -3, 1.0, 30.5, "30", None, True, np.float32(2), [2]])
def test_wrong_code_sizes(code_size):
    with pytest.raises(ValueError) as caught:
        check_code_size(code_size)
    assert str(caught.value) == (
        f"code_size must be a whole number, at least 1, got {code_size!r}: "
        f"it is how many numbers the code of one image has"
    )


@pytest.mark.parametrize("code_size", [0, 11, "3"])
def test_code_sizes_beyond_a_bound(code_size):
    with pytest.raises(ValueError, match=f"a whole number, from 1 to 10, got {code_size!r}: "):
        check_code_size(code_size, at_most=10)
    assert check_code_size(10, at_most=10) == 10
