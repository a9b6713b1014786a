"""Each check: what it lets through, and each error: what was given, was expected, what to do."""

from pathlib import Path

from aeutils.checks import check_code_size, check_images, check_reconstructions
from aeutils.data import Mnist
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
import numpy as np
from PIL import Image
import pytest

pytestmark = pytest.mark.any_backend

IMAGES = np.full((3, 28, 28), 0.5, "float32")


DATA = Mnist(*[IMAGES] * 6, "own")
ONE_EACH = np.empty(2, object)  # as pandas gives a column of images
ONE_EACH[:] = [IMAGES[0], IMAGES[1]]


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


ANY_SIZE = r"must be \(n, height, width\) or \(n, height, width, channels\), got "
GREY = r"make them grey: images\[..., :3\].mean\(axis=-1\)$"
SMALLER = r"resize them to 28 by 28 before they become an array \(with Pillow: image.resize\(\(28, 28\)\)\)"

# What is no set of images of any size.
NO_IMAGES = [
    (np.zeros((28, 28)), ANY_SIZE + r"\(28, 28\): for a single image use images\[None\]$"),
    (np.zeros((40, 60, 3)), r"got \(40, 60, 3\): for a single image use images\[None\]$"),
    (np.zeros((3, 784)), r"got \(3, 784\): for flat images use .reshape\(-1, 28, 28\); a table"),
    (np.zeros((3, 1024)), r"got \(3, 1024\): for flat images use .reshape\(-1, 32, 32\); a table"),
    (np.zeros((0, 784)), r"got \(0, 784\): for flat images use .reshape"),
    (np.zeros((28, 28, 1)), r"got \(28, 28, 1\): for a single image use images\[None\]$"),
    (np.zeros((28, 28, 2)), r"got \(28, 28, 2\): for a single image use"),
    (
        np.zeros((200, 12)),
        r"for flat images use .reshape\(-1, height, width\); a table is not made of images",
    ),
    (np.zeros((784, 12)), r"got \(784, 12\): for flat images .*a table is not made of images"),
    (
        np.zeros((3, 3, 32, 32)),
        r"got \(3, 3, 32, 32\): move the channels to the end: np.moveaxis\(images, 1, -1\)",
    ),
    (np.zeros((2, 60, 28, 28)), r"got \(2, 60, 28, 28\): at most 4 channels, in the last axis"),
    (np.float64(1), r"got \(\): pass whole images"),
    ([], r"got \(0,\): pass whole images"),
    ([1.0, 2.0], r"got \(2,\): pass whole images"),
    (np.zeros((0, 28, 28)), r"at least one image, got \(0, 28, 28\): check the selection"),
    (np.zeros((3, 28, 0)), r"at least one image, got \(3, 28, 0\): check the selection"),
    (np.zeros((1, 28, 28), "uint8"), r"got uint8: use .astype\('float32'\)$"),  # black and white
    (np.full((1, 28, 28), 9, "uint8"), r"got uint8: use .astype\('float32'\) / 255$"),
    (np.full((1, 28, 28), 900, "uint16"), r"got uint16: use .astype\('float32'\) / 65535$"),
    (np.zeros((1, 28, 28), "int64"), r"got int64: use .astype\('float32'\)$"),
    (np.zeros((1, 28, 28), "bool"), r"got bool: use .astype\('float32'\)$"),
    ("my_folder", r"got the path 'my_folder', which does not exist: read the files, .*np.stack"),
    (Path("my_folder"), r"got the path 'my_folder', which does not exist: read the files"),
    ([Path("a.png"), Path("b.png")], r"got 2 paths: read the files, .*Path\('my_folder'\).glob"),
    (["a.png"], r"got 1 paths: read the files"),
    ([None, IMAGES[0]], "got None among them: look for the file that could not be read$"),
    (DATA, r"got Mnist: pass one of its parts, such as data.x_train$"),
    (
        np.ma.masked_array(IMAGES),
        r"got a masked array, whose mask would be ignored: fill it, images.filled\(0\)$",
    ),
    ([IMAGES, IMAGES[:1]], r"got 2 arrays of images: make one of them, np.concatenate\(arrays\)$"),
    ([IMAGES, IMAGES], "got 2 arrays of images: make one of them"),
    (ONE_EACH, r"got an array of arrays: make one of them, np.stack\(list\(images\)\)$"),
    (None, "got NoneType: collect all images in one array"),
    ({"x": IMAGES}, "got dict: collect all images in one array"),
    (iter([IMAGES]), r"got list_iterator: .*np.concatenate\(list\(batches\)\); from batches with labels"),
    (
        (IMAGES, np.zeros(3)),
        r"got a pair, \(3, 28, 28\) and \(3,\): pass the images alone, such as its first part",
    ),
    ([IMAGES, np.zeros(3)], r"got a pair, \(3, 28, 28\) and \(3,\)"),
    ((IMAGES, IMAGES), r"got a pair, \(3, 28, 28\) twice: pass the images alone"),
    (((IMAGES, np.zeros(3)), (IMAGES, np.zeros(3))), r"got a tuple of 2 pairs: .*such as pairs\[0\]\[0\]$"),
    (
        [np.zeros((28, 28)), np.zeros((30, 28))],
        r"got \(28, 28\) and \(30, 28\): resize or crop them all to one size first",
    ),
    ([np.zeros((n, 28)) for n in (28, 30, 29)], r"got \(28, 28\) and \(30, 28\) and others: resize"),
    ([np.zeros((28, 28)), np.zeros((28, 28, 3))], "make all of them grey or all of them coloured"),
]
# And what is one, of another size than was asked for: how it becomes images of 28 by 28 pixels.
OTHER_SIZES = [
    (np.zeros((28, 28)), r"must be \(n, 28, 28\), got \(28, 28\): use .reshape\(-1, 28, 28\)$"),
    (np.zeros((512, 784)), r"got \(512, 784\): .*use .reshape\(-1, 28, 28\)$"),
    (np.zeros((3, 28, 28, 1)), r"got \(3, 28, 28, 1\): use .reshape\(-1, 28, 28\)$"),
    (np.zeros((3, 1, 28, 28)), r"got \(3, 1, 28, 28\): use .reshape\(-1, 28, 28\)$"),
    (np.zeros((3, 28, 28, 3)), r"got \(3, 28, 28, 3\): " + GREY),
    (np.zeros((3, 28, 28, 4)), r"got \(3, 28, 28, 4\): " + GREY),  # the opacity is no colour
    (np.zeros((3, 28, 28, 2)), r"make them grey: images\[..., :1\].mean"),
    (np.zeros((50, 140, 140)), r"got \(50, 140, 140\): " + SMALLER + "$"),
    (np.zeros((50, 224, 224)), SMALLER + "$"),
    (np.zeros((49, 64, 64)), SMALLER + "$"),
    (np.zeros((5, 14, 56)), SMALLER + "$"),
    (np.zeros((49, 32, 32, 3)), SMALLER + ", and " + GREY),
    (np.zeros((3, 3, 32, 32)), r"move the channels to the end: .*, and " + SMALLER + ", and " + GREY),
    (np.zeros((28, 28, 3)), r"put a single image into an array: images\[None\], and " + GREY),
    (
        np.zeros((200, 12)),
        "pass whole images of 28 by 28 pixels, and only those; a table is not made of images",
    ),
    (
        np.zeros((784, 12)),
        "pass whole images of 28 by 28 pixels, and only those; a table is not made of images",
    ),
]
NOT_FINITE = [
    (with_pixel(np.nan), r"finite, got 1 NaN or infinite values in \(3, 28, 28\): find where"),
    (with_pixel(np.inf), "got 1 NaN or infinite"),
    (with_pixel(-np.inf), "got 1 NaN or infinite"),
    (with_pixel(1e300, "float64"), "got 1 NaN or infinite"),
]
WRONG_RANGES = [
    (
        IMAGES * 510,
        r"\[0, 1\], got \(3, 28, 28\) with minimum 255 and maximum 255: divide by",
    ),
    (with_pixel(1.5), r"with minimum 0.5 and maximum 1.5: clip them, np.clip\(images, 0, 1\)$"),
    (
        with_pixel(-0.5),
        r"minimum -0.5 and maximum 0.5: from \[-1, 1\] use \(images \+ 1\) / 2; undo a standardisation;",
    ),
    (with_pixel(-0.02), "maximum 0.5: clip them"),  # as a resize leaves it
    (with_pixel(300), "maximum 300: divide by 65535 if they have 16 bits, or by the largest value"),
    (with_pixel(1 + 2e-6), "maximum 1.000002: clip them"),
    (with_pixel(-2e-6), "minimum -2e-06 and maximum 0.5: clip them"),
]


@pytest.mark.parametrize("images, message", NO_IMAGES + NOT_FINITE + WRONG_RANGES)
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


@pytest.mark.parametrize("shape", [(1, 1), (8, 8), (140, 90), (28, 28, 1), (32, 32, 3), (5, 4, 4)])
def test_images_of_any_size_pass(shape):
    images = np.full((2, *shape), 0.5, "float32")
    np.testing.assert_array_equal(check_images(images), images)
    np.testing.assert_array_equal(check_images(images, shape=shape), images)
    checked = check_reconstructions(images, 2 * images)
    np.testing.assert_array_equal(checked[1], 2 * images)


@pytest.mark.parametrize("images, message", OTHER_SIZES)
def test_images_of_another_size(images, message):
    with pytest.raises(ValueError, match=message):
        check_images(images, "x_test", (28, 28))


@pytest.mark.parametrize(
    "given, wanted, message",
    [
        (
            (3, 28, 28),
            (28, 28, 1),
            r"must be \(n, 28, 28, 1\), got \(3, 28, 28\): use .reshape\(-1, 28, 28, 1\)$",
        ),
        ((3, 784), (28, 28, 1), r"use .reshape\(-1, 28, 28, 1\)$"),
        ((3, 3072), (32, 32, 3), r"use .reshape\(-1, 32, 32, 3\)$"),
        ((32, 32, 3), (32, 32, 3), r"put a single image into an array: images\[None\]$"),
        ((3, 28, 28, 3), (28, 28, 1), r"make them grey: images\[..., :3\].mean\(axis=-1, keepdims=True\)$"),
        ((3, 32, 32), (32, 32, 3), r"each channel: np.repeat\(images\[..., None\], 3, axis=-1\)$"),
        ((3, 32, 32, 1), (32, 32, 3), r"each channel: np.repeat\(images\[..., :1\], 3, axis=-1\)$"),
        ((3, 32, 32, 4), (32, 32, 3), r"leave the opacity out: images\[..., :3\]$"),
        (
            (3, 20, 30),
            (30, 20),
            r"resize them to 30 by 20 before .* \(with Pillow: image.resize\(\(20, 30\)\)\)$",
        ),
    ],
)
def test_images_for_a_network_of_another_shape(given, wanted, message):
    with pytest.raises(ValueError, match=message):
        check_images(np.zeros(given), shape=wanted)


def test_remedies_help():
    """What a message says, done, passes."""
    colour = np.random.default_rng(0).random((3, 40, 50, 4))
    grey = colour[..., :3].mean(axis=-1)
    small = np.stack([Image.fromarray(image.astype("float32")).resize((28, 28)) for image in grey])
    assert check_images(small, shape=(28, 28)).shape == (3, 28, 28)
    assert check_images(np.moveaxis(np.zeros((3, 3, 32, 32)), 1, -1)).shape == (3, 32, 32, 3)
    assert check_images(list(grey)).shape == (3, 40, 50)  # a list of images, of one size
    assert check_images([image[..., None] for image in grey[:2]]).shape == (2, 40, 50, 1)
    assert check_images(tuple(grey[:2])).shape == (2, 40, 50)


def test_the_code_that_reads_a_folder_gives_what_the_network_takes(tmp_path):
    for i in range(3):
        Image.new("RGB", (30, 40), (i, 2 * i, 3 * i)).save(tmp_path / f"{i}.png")
    for shape in ((28, 28), (20, 30), (20, 30, 1), (8, 9, 3), (8, 9, 4)):
        with pytest.raises(ValueError) as caught:
            check_images(tmp_path, shape=shape)
        code = str(caught.value).partition("Path: ")[2]
        found = eval(code, {"np": np, "Image": Image, "Path": Path})
        assert check_images(found, shape=shape).shape == (3, *shape)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="empty', an empty folder: read the files"):
        check_images(tmp_path / "empty")


def test_only_what_was_computed_may_come_from_a_learning_rate():
    with pytest.raises(ValueError, match=r"on \(a missing value or a division by zero, for instance\)$"):
        check_images(with_pixel(np.nan))
    with pytest.raises(ValueError, match=r"\(often a learning rate that is too high\)$"):
        check_reconstructions(IMAGES, with_pixel(np.nan))


@pytest.mark.parametrize("reconstructions, message", OTHER_SIZES + NOT_FINITE)
def test_wrong_reconstructions(reconstructions, message):
    with pytest.raises(ValueError, match=message) as caught:
        check_reconstructions(IMAGES, reconstructions)
    assert str(caught.value).startswith("reconstructions must ")


@pytest.mark.parametrize("images, message", NO_IMAGES + NOT_FINITE + WRONG_RANGES)
def test_wrong_images_beside_reconstructions(images, message):
    with pytest.raises(ValueError, match=message) as caught:
        check_reconstructions(images, IMAGES)
    assert str(caught.value).startswith("images must ")


def test_reconstructions_of_other_images():
    message = r"one shape, got \(3, 28, 28\) and \(2, 28, 28\): pass the reconstructions of"
    with pytest.raises(ValueError, match=message):
        check_reconstructions(IMAGES, IMAGES[:2])


@pytest.mark.parametrize("code_size", [1, 30, 784, np.int64(30), np.uint8(2)])
def test_code_sizes_pass(code_size):
    checked = check_code_size(code_size, at_most=784)
    assert checked == code_size and type(checked) is int
    assert check_code_size(code_size) == code_size


@pytest.mark.parametrize("code_size", [0, -3, 1.0, 30.5, "30", None, True, np.float32(2)])
def test_wrong_code_sizes(code_size):
    with pytest.raises(ValueError) as caught:
        check_code_size(code_size)
    assert str(caught.value) == (
        f"code_size must be a whole number of at least 1, got {code_size!r}: "
        f"it is how many numbers the code of one image has"
    )


def test_an_array_is_no_code_size_and_its_numbers_do_not_fill_the_screen():
    with pytest.raises(ValueError, match=r"got an array \(3, 28, 28\): it is how many"):
        check_code_size(IMAGES)
    with pytest.raises(ValueError, match=r"got an array \(1,\)"):
        check_code_size([2])


@pytest.mark.parametrize("code_size", [0, 11, "3"])
def test_code_sizes_beyond_a_bound(code_size):
    with pytest.raises(ValueError, match=f"a whole number from 1 to 10, got {code_size!r}: "):
        check_code_size(code_size, at_most=10)
    assert check_code_size(10, at_most=10) == 10
