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


@pytest.mark.parametrize("wrong", [IMAGES[0], IMAGES[:0], IMAGES.reshape(7, 784)])
def test_wrong_images(wrong):
    with pytest.raises(ValueError) as caught:
        plots_images.image_grid(wrong)
    assert str(caught.value) == (
        f"images must be (n, height, width) with at least one image, got {wrong.shape}: "
        f"reshape flat images, and put a single one in a list"
    )
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
