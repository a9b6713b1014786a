"""Grids of images and maps of signed errors: what is drawn, and on which scale."""

from aeutils import plots
from aeutils.plots import images as plots_images
from matplotlib.colors import to_rgb
import matplotlib.pyplot as plt
import numpy as np
import pytest

IMAGES = np.random.default_rng(0).random((7, 28, 28)).astype("float32")

pytestmark = [pytest.mark.usefixtures("quiet"), pytest.mark.any_backend]


def test_a_grid():
    _, ax = plt.subplots()
    assert plots_images.image_grid(IMAGES, 3, ax) is ax
    (drawn,) = ax.images
    picture = np.ma.filled(drawn.get_array(), np.nan)
    assert picture.shape == (3 * 28 + 2 * 2, 3 * 28 + 2 * 2)
    for i, image in enumerate(IMAGES):
        top, left = 30 * (i // 3), 30 * (i % 3)
        np.testing.assert_allclose(picture[top : top + 28, left : left + 28], image)
    assert np.isnan(picture[28:30]).all() and np.isnan(picture[60:, 30:]).all()  # gaps, empty places
    assert drawn.get_clim() == (0, 1) and drawn.get_cmap().name == "gray"
    assert not ax.axison


def test_a_grid_of_fewer_images_than_columns():
    picture = plots_images.image_grid(IMAGES[:2, :5, :4], 5).images[0].get_array()
    assert picture.shape == (5, 4 + 2 + 4)


def test_a_scale_of_its_own_has_to_be_asked_for():
    dark = plots_images.image_grid(IMAGES * 0.5).images[0]
    assert dark.get_clim() == (0, 1)
    assert plots_images.image_grid(IMAGES, low=-2, high=3).images[0].get_clim() == (-2, 3)


COLOUR = np.random.default_rng(1).random((3, 9, 6, 4)).astype("float32")


def test_a_grid_in_colour():
    drawn = plots_images.image_grid(COLOUR[..., :3] * 2 - 0.5, 2, low=-0.5, high=1.5).images[0]
    picture = np.asarray(drawn.get_array())
    assert picture.shape == (9 + 2 + 9, 6 + 2 + 6, 4)
    np.testing.assert_allclose(picture[:9, :6, :3], COLOUR[0, ..., :3], atol=1e-6)
    np.testing.assert_allclose(picture[11:, :6, :3], COLOUR[2, ..., :3], atol=1e-6)
    assert (picture[:9, :6, 3] == 1).all()
    assert (picture[9:11, :, 3] == 0).all() and (picture[11:, 6:, 3] == 0).all()  # gaps, empty places


def test_a_grid_with_opacity_and_values_outside():
    picture = np.asarray(plots_images.image_grid(COLOUR * [2, 2, 2, 1]).images[0].get_array())
    np.testing.assert_allclose(picture[:9, :6], np.clip(COLOUR[0] * [2, 2, 2, 1], 0, 1))


def test_one_channel_is_grey():
    picture = plots_images.image_grid(IMAGES[..., None]).images[0].get_array()
    assert picture.ndim == 2


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (IMAGES[0], r"got \(28, 28\): for a single image use images\[None\]"),
        (IMAGES[:0], r"at least one image, got \(0, 28, 28\): check the selection"),
        (IMAGES.reshape(7, 784), r"got \(7, 784\): .*use .reshape\(-1, 28, 28\)"),
        (np.zeros((9, 9, 3)), "for a single image use"),
        (COLOUR[..., :2], "leave out the opacity"),
        (np.moveaxis(COLOUR, -1, 1), r"move the channels to the end: np.moveaxis\(images, 1, -1\)"),
    ],
)
def test_wrong_images(wrong, message):
    with pytest.raises(ValueError, match=message):
        plots_images.image_grid(wrong)
    assert plt.get_fignums() == []


@pytest.mark.parametrize("columns", [0, -1, 2.5, True, "5"])
def test_wrong_columns(columns):
    with pytest.raises(ValueError, match="columns must be a whole number of at least 1, got .*: try 5"):
        plots_images.image_grid(IMAGES, columns)


def test_a_scale_that_does_not_rise():
    with pytest.raises(ValueError, match="low must be below high, got 1 and 1: the scale"):
        plots_images.image_grid(IMAGES, low=1, high=1)


def test_error_maps():
    _, ax = plt.subplots()
    brighter = IMAGES + 0.25
    assert plots_images.error_maps(IMAGES, brighter, 3, ax, limit=0.5) is ax
    (drawn,) = ax.images
    np.testing.assert_allclose(drawn.get_array()[:28, :28], 0.25, atol=1e-6)
    assert drawn.get_clim() == (-0.5, 0.5) and drawn.get_cmap() is plots_images.SIGNED
    _, bar = ax.figure.axes
    assert bar.get_ylabel() == "reconstruction − image"
    assert len(plots_images.error_maps(IMAGES, brighter, colour_bar=False).figure.axes) == 1


def test_error_maps_of_colours_are_the_mean_over_the_channels():
    found = COLOUR + np.array([0.3, 0, 0, -0.1], "float32")
    drawn = plots_images.error_maps(COLOUR, found).images[0]
    np.testing.assert_allclose(drawn.get_array()[:9, :6], 0.05, atol=1e-6)


def test_the_signed_scale_is_white_at_zero_and_names_its_ends():
    for place, colour in ((0.0, plots.BLUE), (0.5, "white"), (1.0, plots.RED)):
        np.testing.assert_allclose(plots_images.SIGNED(place)[:3], to_rgb(colour), atol=0.01)


@pytest.mark.parametrize("limit", [0, -1, "1", float("nan")])
def test_wrong_limit(limit):
    with pytest.raises(ValueError, match="limit must be a number above 0, got .*: pixels in"):
        plots_images.error_maps(IMAGES, IMAGES, limit=limit)


def test_reconstructions_of_other_images():
    with pytest.raises(ValueError, match="must have one shape"):
        plots_images.error_maps(IMAGES, IMAGES[:3])
    assert plt.get_fignums() == []


def test_grey_levels_up_to_255_are_refused_where_1_is_white():
    images = np.full((2, 8, 8), 200, "uint8")
    with pytest.raises(
        ValueError, match="at most 1, which is drawn as white, got uint8 up to 200: divide by 255"
    ):
        plots_images.image_grid(images)
    assert plots_images.image_grid(images, high=255).images
    assert plots_images.image_grid(images // 200).images  # black and white
