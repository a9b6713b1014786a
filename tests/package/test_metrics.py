"""Metrics against scikit-image, Keras and closed forms, and what holds for every pair."""

import math
import warnings

from aeutils import metrics
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
import keras
from keras import ops
import numpy as np
import pytest
import skimage.metrics

PIXELS = 784
PAIRWISE = (
    metrics.squared_errors,
    metrics.squared_error,
    metrics.mse,
    metrics.mae,
    metrics.binary_crossentropy,
    metrics.psnr,
    metrics.ssim,
)
generator = np.random.default_rng(0)
IMAGES = generator.random((4, 28, 28)).astype("float32")
NOISE = generator.normal(0, 0.2, IMAGES.shape)
RECONSTRUCTIONS = np.clip(IMAGES + NOISE, 0.01, 0.99).astype("float32")

some_images = hnp.arrays("float32", (3, 28, 28), elements=st.floats(0, 1, width=32))
some_reconstructions = hnp.arrays("float32", (3, 28, 28), elements=st.floats(-2, 3, width=32))


def keras_mean(loss):
    return float(ops.mean(loss(IMAGES, RECONSTRUCTIONS)))


@pytest.mark.parametrize(
    "metric, loss",
    [
        (metrics.mse, keras.losses.mean_squared_error),
        (metrics.mae, keras.losses.mean_absolute_error),
        (metrics.binary_crossentropy, keras.losses.binary_crossentropy),
    ],
)
def test_as_keras(metric, loss):
    assert metric(IMAGES, RECONSTRUCTIONS) == pytest.approx(keras_mean(loss), rel=1e-5)


def test_crossentropy_of_certain_mistakes_is_clipped_as_in_keras():
    black, white = np.zeros((1, 28, 28), "float32"), np.ones((1, 28, 28), "float32")
    expected = float(ops.mean(keras.losses.binary_crossentropy(white, black)))
    assert metrics.binary_crossentropy(white, black) == pytest.approx(expected, rel=1e-5)
    assert metrics.binary_crossentropy(white, -5 * white) == pytest.approx(-math.log(1e-7))


@pytest.mark.parametrize(
    "metric, oracle",
    [
        (metrics.mse, skimage.metrics.mean_squared_error),
        (metrics.psnr, lambda x, y: skimage.metrics.peak_signal_noise_ratio(x, y, data_range=1)),
        (metrics.ssim, lambda x, y: skimage.metrics.structural_similarity(x, y, data_range=1)),
    ],
)
def test_as_scikit_image(metric, oracle):
    expected = [oracle(x, y) for x, y in zip(IMAGES, RECONSTRUCTIONS, strict=True)]
    assert metric(IMAGES, RECONSTRUCTIONS) == pytest.approx(np.mean(expected), rel=1e-6)


@pytest.mark.parametrize("a, b", [(0.25, 0.75), (1.0, 0.5), (0.125, 0.0625)])
def test_of_two_greys(a, b):
    """Constant images have closed forms; Wang et al. 2004, equation 6, for the SSIM."""
    images, reconstructions = np.full((2, 28, 28), a), np.full((2, 28, 28), b)
    found = [metric(images, reconstructions) for metric in PAIRWISE[1:]]
    luminance = (2 * a * b + 0.01**2) / (a**2 + b**2 + 0.01**2)
    expected = [
        PIXELS * (a - b) ** 2,
        (a - b) ** 2,
        abs(a - b),
        -a * math.log(b) - (1 - a) * math.log(1 - b),
        -20 * math.log10(abs(a - b)),
        luminance,
    ]
    assert found == pytest.approx(expected, rel=1e-5)


def test_squared_errors_are_one_number_an_image():
    images = np.zeros((3, 28, 28))
    reconstructions = images.copy()
    reconstructions[1, 4, 5] = 3
    reconstructions[2, :2, 0] = -1
    np.testing.assert_array_equal(metrics.squared_errors(images, reconstructions), [0, 9, 2])


def test_psnr_is_averaged_in_decibels():
    """Not the PSNR of the average error, which would be about 23.0."""
    images = np.zeros((2, 28, 28))
    reconstructions = np.stack([np.full((28, 28), 0.1), np.full((28, 28), 0.01)])
    assert metrics.psnr(images, reconstructions) == pytest.approx((20 + 40) / 2)


def test_floor_of_grey_is_its_entropy_and_of_black_and_white_nothing():
    grey = np.full((1, 28, 28), 0.25)
    entropy = -0.25 * math.log(0.25) - 0.75 * math.log(0.75)
    assert metrics.crossentropy_floor(grey) == pytest.approx(entropy)
    assert metrics.crossentropy_floor(np.round(IMAGES)) == pytest.approx(0, abs=2e-7)


@settings(deadline=None)
@given(some_images, some_reconstructions)
def test_relations(images, reconstructions):
    errors = metrics.squared_errors(images, reconstructions)
    squared_error = metrics.squared_error(images, reconstructions)
    mse, mae = metrics.mse(images, reconstructions), metrics.mae(images, reconstructions)
    assert errors.shape == (3,) and (errors >= 0).all()
    assert squared_error == pytest.approx(errors.mean())
    assert squared_error == pytest.approx(PIXELS * mse)
    assert mae**2 <= mse * (1 + 1e-9)  # Jensen
    with np.errstate(divide="ignore"):
        decibels = -10 * np.log10(errors / PIXELS)
    assert metrics.psnr(images, reconstructions) == pytest.approx(decibels.mean())
    assert metrics.ssim(images, reconstructions) <= 1 + 1e-6


@settings(deadline=None)
@given(some_images, some_reconstructions)
def test_no_crossentropy_is_below_the_floor(images, reconstructions):
    floor = metrics.crossentropy_floor(images)
    assert 0 <= floor <= math.log(2) + 1e-9
    assert metrics.binary_crossentropy(images, images) == floor
    assert metrics.binary_crossentropy(images, reconstructions) >= floor - 1e-9


@settings(deadline=None)
@given(some_images)
def test_of_identical_images(images):
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # an infinite PSNR is no reason to warn
        assert metrics.psnr(images, images) == math.inf
    assert metrics.squared_error(images, images) == 0
    assert metrics.mse(images, images) == metrics.mae(images, images) == 0
    assert metrics.ssim(images, images) == pytest.approx(1)


@settings(deadline=None)
@given(some_images, some_reconstructions, st.permutations(range(3)))
def test_order_of_the_images_does_not_matter(images, reconstructions, order):
    for metric in PAIRWISE[1:]:
        before = metric(images, reconstructions)
        assert metric(images[order], reconstructions[order]) == pytest.approx(before, rel=1e-9)


@settings(deadline=None, max_examples=20)
@given(some_images, some_reconstructions)
def test_inputs_stay_as_they_were(images, reconstructions):
    copies = images.copy(), reconstructions.copy()
    for metric in PAIRWISE:
        metric(images, reconstructions)
    metrics.crossentropy_floor(images)
    np.testing.assert_array_equal(images, copies[0])
    np.testing.assert_array_equal(reconstructions, copies[1])


@pytest.mark.parametrize("metric", PAIRWISE)
def test_lists_give_what_arrays_give(metric):
    np.testing.assert_array_equal(
        metric(IMAGES.tolist(), RECONSTRUCTIONS.tolist()), metric(IMAGES, RECONSTRUCTIONS)
    )


def test_reconstructions_may_leave_the_range():
    white, beyond = np.ones((1, 28, 28)), np.full((1, 28, 28), 3.0)
    assert metrics.squared_error(white, beyond) == 4 * PIXELS
    assert metrics.mae(white, beyond) == 2


COLOUR = generator.random((3, 9, 12, 3)).astype("float32")
PAINTED = np.clip(COLOUR + generator.normal(0, 0.2, COLOUR.shape), 0.01, 0.99).astype("float32")


@pytest.mark.parametrize("metric", [m for m in PAIRWISE if m is not metrics.ssim])
@pytest.mark.parametrize("channels", [1, 2, 3])
def test_images_of_any_size_and_channels_count_by_their_values(metric, channels):
    """As grey images of the same values; a (28, 28) of another form included."""
    images, reconstructions = COLOUR[..., :channels], PAINTED[..., :channels]
    as_grey = [array.reshape(3, 9, 12 * channels) for array in (images, reconstructions)]
    np.testing.assert_allclose(metric(images, reconstructions), metric(*as_grey), rtol=1e-12)
    of_784 = [array[:, :, None].reshape(4, 49, 16) for array in (IMAGES, RECONSTRUCTIONS)]
    np.testing.assert_allclose(metric(*of_784), metric(IMAGES, RECONSTRUCTIONS), rtol=1e-12)


def test_colour_as_scikit_image():
    pairs = list(zip(COLOUR, PAINTED, strict=True))
    ssim = [skimage.metrics.structural_similarity(*pair, data_range=1, channel_axis=2) for pair in pairs]
    psnr = [skimage.metrics.peak_signal_noise_ratio(*pair, data_range=1) for pair in pairs]
    assert metrics.ssim(COLOUR, PAINTED) == pytest.approx(np.mean(ssim))
    assert metrics.psnr(COLOUR, PAINTED) == pytest.approx(np.mean(psnr))
    grey = metrics.ssim(IMAGES, RECONSTRUCTIONS)
    assert metrics.ssim(IMAGES[..., None], RECONSTRUCTIONS[..., None]) == pytest.approx(grey)


def test_ssim_of_images_smaller_than_its_window():
    small = IMAGES[:, :6, :9]
    with pytest.raises(ValueError, match=r"window of 7 by 7 pixels, got \(4, 6, 9\): use mse or psnr"):
        metrics.ssim(small, small)
    assert metrics.ssim(IMAGES[:, :7, :7], IMAGES[:, :7, :7]) == pytest.approx(1)


@pytest.mark.parametrize("metric", PAIRWISE)
@pytest.mark.parametrize(
    "images, reconstructions, message",
    [
        (np.zeros((2, 784)), IMAGES, r"images must be \(n, .*, got \(2, 784\): .*use .reshape"),
        (IMAGES, np.zeros((4, 28, 28, 1)), r"reconstructions must .* got \(4, 28, 28, 1\): use"),
        (np.zeros((0, 28, 28)), np.zeros((0, 28, 28)), r"at least one image, got \(0, 28, 28\)"),
        (np.zeros((4, 28, 28), "uint8"), IMAGES, r"images .* got uint8: use .astype"),
        (IMAGES, np.zeros((4, 28, 28), "int64"), r"reconstructions .* got int64: use .astype"),
        (IMAGES * 255, IMAGES, r"images must .* in \[0, 1\], got .* maximum 25\d.*: divide by 255"),
        (IMAGES - 1, IMAGES, r"images must .* minimum -.*clip"),
        (IMAGES * np.nan, IMAGES, "images must be finite, got 3136 NaN"),
        (IMAGES, IMAGES + np.inf, "reconstructions must be finite, got 3136 NaN"),
        (IMAGES, IMAGES[:3], r"one shape, got \(4, 28, 28\) and \(3, 28, 28\): pass the recon"),
    ],
)
def test_wrong_arrays(metric, images, reconstructions, message):
    with pytest.raises(ValueError, match=message):
        metric(images, reconstructions)


@pytest.mark.parametrize(
    "images, message",
    [
        (IMAGES[0], r"got \(28, 28\): for a single image use images\[None\]"),
        (IMAGES * 2, "maximum"),
        (IMAGES > 0.5, "got bool: use"),
    ],
)
def test_floor_of_wrong_arrays(images, message):
    with pytest.raises(ValueError, match=f"images must .*{message}"):
        metrics.crossentropy_floor(images)
