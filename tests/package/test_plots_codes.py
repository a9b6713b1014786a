"""Planes of codes: digits beside colours, decoded images in their places, walks along one number."""

from aeutils.plots import codes as plots_codes
import matplotlib.pyplot as plt
import numpy as np
import pytest

GENERATOR = np.random.default_rng(0)
LABELS = np.tile(np.arange(10), 5)
CODES = GENERATOR.standard_normal((50, 2)) + 10 * LABELS[:, None]

pytestmark = [pytest.mark.usefixtures("quiet"), pytest.mark.any_backend]


def test_a_plane_of_codes():
    _, ax = plt.subplots()
    assert plots_codes.code_plane(CODES, LABELS, ax) is ax
    assert len(ax.collections) == 10
    colours = set()
    for label, drawn in enumerate(ax.collections):
        np.testing.assert_allclose(drawn.get_offsets(), CODES[LABELS == label])
        colours.add(tuple(drawn.get_facecolor()[0][:3]))
    assert len(colours) == 10
    shapes = {len(drawn.get_paths()[0].vertices) for drawn in ax.collections}
    assert len(shapes) > 1  # each digit its own marker, not one dot for all


def test_a_class_is_named_at_its_median():
    ax = plots_codes.code_plane(CODES, LABELS)
    assert [text.get_text() for text in ax.texts] == [str(digit) for digit in range(10)]
    for digit, text in enumerate(ax.texts):
        np.testing.assert_allclose(text.xy, np.median(CODES[LABELS == digit], axis=0))


def test_names_that_would_overlap_stand_apart():
    codes = np.repeat(np.array([[0.0, 0.0], [1.0, 1.0]]), 25, axis=0) + 1e-3 * CODES
    ax = plots_codes.code_plane(codes, np.repeat([3, 5, 5, 8, 8], 10))
    low, high = (np.array(ends) for ends in zip(ax.get_xlim(), ax.get_ylim(), strict=True))
    places = [(np.array(text.xyann) - low) / (high - low) for text in ax.texts]
    gaps = [np.linalg.norm(a - b) for i, a in enumerate(places) for b in places[:i]]
    assert min(gaps) > 0.08


def test_a_plane_without_names_or_with_its_middle_only():
    ax = plots_codes.code_plane(CODES, LABELS, names=False)
    assert len(ax.texts) == 0 and ax.get_xlim()[1] > CODES[:, 0].max()
    ax = plots_codes.code_plane(CODES, LABELS, share=0.5)
    assert np.quantile(CODES[:, 0], 0.75) < ax.get_xlim()[1] < CODES[:, 0].max()
    with pytest.raises(ValueError, match=r"share must lie in \(0, 1\], got 95: write 95 per cent as 0.95"):
        plots_codes.code_plane(CODES, LABELS, share=95)


def test_images_stand_at_their_places_and_cover_none():
    images = GENERATOR.random((4, 28, 28))
    places = np.array([[0.0, 0.0], [10.0, 20.0], [10.1, 20.1], [0.0, 20.0]])
    ax = plots_codes.images_on_plane(images, places, side=0.1)
    assert [drawn.get_extent() for drawn in ax.images] == [
        pytest.approx([x - 0.505, x + 0.505, y - 1.005, y + 1.005]) for x, y in places[[0, 1, 3]]
    ]
    np.testing.assert_array_equal(ax.images[1].get_array(), images[1])
    assert ax.images[0].get_clim() == (0, 1)


def test_images_of_other_codes():
    with pytest.raises(ValueError, match=r"images must be \(50, height, width\), got \(4, 28, 28\)"):
        plots_codes.images_on_plane(np.zeros((4, 28, 28)), CODES)
    with pytest.raises(ValueError, match=r"codes must be \(n, 2\)"):
        plots_codes.images_on_plane(np.zeros((50, 28, 28)), CODES[:, :1])


@pytest.mark.parametrize("wrong", [CODES[:, :1], CODES[0], np.zeros((0, 2)), np.zeros((50, 3))])
def test_codes_that_fit_no_plane(wrong):
    with pytest.raises(ValueError) as caught:
        plots_codes.code_plane(wrong, LABELS)
    assert str(caught.value) == (
        f"codes must be (n, 2) with at least one row, got {wrong.shape}: "
        f"bring longer codes to the plane first, with PCA for instance"
    )
    assert plt.get_fignums() == []


def test_labels_of_other_codes():
    with pytest.raises(ValueError, match=r"labels must be \(50,\), one for each code, got \(49,\)"):
        plots_codes.code_plane(CODES, LABELS[:49])


def test_more_classes_than_colours():
    with pytest.raises(ValueError, match="at most 10 classes, got 50: draw some of them"):
        plots_codes.code_plane(CODES, np.arange(50))


def paint(codes):
    """Decode to images of 4 by 3 pixels that hold the first number above, the second below."""
    images = np.empty((len(codes), 4, 3))
    images[:, :2], images[:, 2:] = codes[:, 0, None, None], codes[:, 1, None, None]
    return images


def test_a_decoded_plane():
    _, ax = plt.subplots()
    assert plots_codes.decoded_plane(paint, (0, 1), (0, 0.5), 5, ax) is ax
    (drawn,) = ax.images
    picture = np.asarray(drawn.get_array())
    assert picture.shape == (20, 15)
    assert drawn.get_extent() == [0, 1, 0, 0.5] and drawn.get_clim() == (0, 1)
    np.testing.assert_allclose(picture[0, ::3], [0.1, 0.3, 0.5, 0.7, 0.9], atol=1e-6)
    # The second number rises upwards, and the picture's first row is its uppermost.
    np.testing.assert_allclose(picture[2::4, 0], [0.45, 0.35, 0.25, 0.15, 0.05], atol=1e-6)
    assert drawn.origin == "upper"


def test_a_grid_over_the_plane():
    grid = plots_codes.plane_grid((0, 4), (-1, 1), 2)
    assert grid.dtype == np.float32
    assert grid.tolist() == [[1, -0.5], [3, -0.5], [1, 0.5], [3, 0.5]]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (((1, 0), (0, 1), 3), "x_range must rise, got 1 to 0: put the lower end first"),
        (((0, 1), (2, 2), 3), "y_range must rise, got 2 to 2: put the lower end first"),
        ((1, (0, 1), 3), "x_range must be two numbers, got 1: write it as"),
        (((0, 1), (0, 1, 2), 3), r"y_range must be two numbers, got \(0, 1, 2\)"),
        (((0, 1), (0, 1), 0), "n must be a whole number of at least 1, got 0"),
        (((0, 1), (0, 1), 1.5), "n must be a whole number of at least 1, got 1.5"),
    ],
)
def test_wrong_grids(arguments, words):
    with pytest.raises(ValueError, match=words):
        plots_codes.plane_grid(*arguments)
    with pytest.raises(ValueError, match=words):
        plots_codes.decoded_plane(paint, *arguments)
    assert plt.get_fignums() == []


def test_a_decoder_that_returns_no_images():
    with pytest.raises(
        ValueError, match=r"what the decoder returns must be \(n, height, width\) .* got \(4, 2\)"
    ):
        plots_codes.decoded_plane(lambda codes: codes, (0, 1), (0, 1), 2)


def test_a_decoder_that_returns_other_images():
    with pytest.raises(ValueError, match=r"must return 4 images for codes \(4, 2\), got \(3, 4, 3\): pass"):
        plots_codes.decoded_plane(lambda codes: paint(codes)[1:], (0, 1), (0, 1), 2)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_a_decoded_plane_in_colour(channels):
    grey = np.asarray(plots_codes.decoded_plane(paint, (0, 1), (0, 2), 3).images[0].get_array())
    decoder = lambda codes: np.repeat(paint(codes)[..., None], channels, axis=-1)  # noqa: E731
    picture = np.asarray(plots_codes.decoded_plane(decoder, (0, 1), (0, 2), 3).images[0].get_array())
    if channels == 1:
        np.testing.assert_array_equal(picture, grey)
    else:
        assert picture.shape == (12, 9, 4)
        np.testing.assert_allclose(picture[..., 1], np.clip(grey, 0, 1))


def test_a_walk_of_one_value():
    with pytest.raises(ValueError, match=r"values must be numbers in a row, got 0.5: write .* as \[0.5\]"):
        plots_codes.traverse([1.0, 2.0], 1, 0.5)


def test_a_walk_along_one_number():
    code = np.array([1.0, 2.0, 3.0])
    assert plots_codes.traverse(code, 1, [-5, 5]).tolist() == [[1, -5, 3], [1, 5, 3]]
    assert code.tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("code", "number", "words"),
    [
        (CODES, 0, r"code must be one code \(code_size,\), got \(50, 2\): pick one row"),
        (CODES[0], 2, "number must be a whole number from 0 to 1, got 2"),
        (CODES[0], -1, "number must be a whole number from 0 to 1, got -1"),
        (CODES[0], 0.5, "number must be a whole number from 0 to 1, got 0.5"),
    ],
)
def test_wrong_walks(code, number, words):
    with pytest.raises(ValueError, match=words):
        plots_codes.traverse(code, number, [0])


def test_values_between_whole_numbers_are_not_cut_off():
    walked = plots_codes.traverse([0, 0], 0, [-0.5, 0.5])
    assert walked.dtype == "float32" and walked[:, 0].tolist() == [-0.5, 0.5]
