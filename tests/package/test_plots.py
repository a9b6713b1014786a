"""Figures: what is drawn, onto which axes, and that nothing is shown."""

from types import SimpleNamespace

from aeutils import plots
from aeutils.training import Training
import keras
from matplotlib.figure import Figure
import matplotlib.pyplot as plt
import numpy as np
import pytest

IMAGES = np.random.default_rng(0).random((12, 28, 28)).astype("float32")
SHORT = Training({"loss": [3.0, 2.0], "squared_error": [50.0, 40.0]}, 1.0, 2)
LONG = Training(
    {
        "loss": [3.0, 2.0, 1.0],
        "squared_error": [60.0, 30.0, 10.0],
        "val_loss": [3.1, 2.1, 2.2],
        "val_squared_error": [61.0, 31.0, 32.0],
    },
    1.0,
    2,
)

pytestmark = [pytest.mark.usefixtures("quiet"), pytest.mark.any_backend]


def test_rows_of_images():
    figure = plots.image_rows({"original": IMAGES, "reconstruction": IMAGES[::-1] * 3 - 1}, n=4)
    assert isinstance(figure, Figure)
    axes = np.reshape(figure.axes, (2, 4))
    for ax, image in zip(axes.ravel(), [*IMAGES[:4], *(IMAGES[::-1] * 3 - 1)[:4]], strict=True):
        (drawn,) = ax.images
        np.testing.assert_array_equal(drawn.get_array(), image)
        assert drawn.get_clim() == (0, 1) and drawn.get_cmap().name == "gray"
        assert len(ax.get_xticks()) == len(ax.get_yticks()) == 0
    labels = [[ax.get_ylabel() for ax in line] for line in axes]
    assert labels == [["original", "", "", ""], ["reconstruction", "", "", ""]]


def test_one_row_of_one_image():
    assert len(plots.image_rows({"one": IMAGES}, n=1).axes) == 1


def test_rows_have_ten_images_where_nothing_is_said():
    assert len(plots.image_rows({"ten": IMAGES}).axes) == 10


def test_no_rows():
    with pytest.raises(ValueError, match="rows must be a mapping of names to images, got an empty one"):
        plots.image_rows({})


COLOUR = np.random.default_rng(1).random((12, 9, 6, 4)).astype("float32")


def test_rows_in_colour_and_of_other_sizes():
    rows = {"grey": IMAGES, "colour": COLOUR[..., :3] * 2 - 0.5, "opacity": COLOUR, "one": COLOUR[..., :1]}
    figure = plots.image_rows(rows, 2)
    drawn = [np.asarray(ax.images[0].get_array()) for ax in figure.axes]
    assert [image.shape for image in drawn[::2]] == [(28, 28), (9, 6, 3), (9, 6, 4), (9, 6)]
    np.testing.assert_array_equal(drawn[2], np.clip(rows["colour"][0], 0, 1))
    np.testing.assert_allclose(drawn[5], COLOUR[1])
    ratios = figure.axes[0].get_gridspec().get_height_ratios()
    assert ratios == [1, 1.5, 1.5, 1.5]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (IMAGES[:9], "row 'wrong' must be at least 10 images, got 9: pass more images, or a smaller n"),
        (
            IMAGES.reshape(12, 784),
            r"row 'wrong' must be \(n, .*, got \(12, 784\): .*use .reshape\(-1, 28, 28\)",
        ),
        (IMAGES[0], r"row 'wrong' .* got \(28, 28\): for a single image use images\[None\]"),
        (np.zeros((12, 9, 3)), "row .wrong. .*: for a single image use"),
        (COLOUR[..., :2], r"row 'wrong' must be grey .* leave out the opacity: images\[..., 0\]"),
        (
            (255 * IMAGES).astype("uint8"),
            r"row 'wrong' must be at most 1, which is drawn as white, got uint8 up to 25.: divide by 255",
        ),
        (IMAGES * np.nan, "row 'wrong' must be finite, got 7840 NaN"),
        ([IMAGES[0], IMAGES[0, :5]], r"row 'wrong' must be an array of images, got \(28, 28\) and \(5, 28\)"),
        ("folder", "row 'wrong' must be an array of images, got the path 'folder'"),
        ((IMAGES, np.arange(12)), r"row 'wrong' .* got a pair"),
        (iter(IMAGES), "row 'wrong' must be an array of images, got .*iterator: collect all"),
        (7, r"row 'wrong' must be \(n, "),
    ],
)
def test_wrong_rows(wrong, message):
    with pytest.raises(ValueError, match=message):
        plots.image_rows({"original": IMAGES, "wrong": wrong})
    assert plt.get_fignums() == []


@pytest.mark.parametrize("rows", [IMAGES, [IMAGES], "x_test"])
def test_rows_that_have_no_name(rows):
    with pytest.raises(ValueError, match="rows must be a mapping .*: give each a name, as in image_rows"):
        plots.image_rows(rows)


@pytest.mark.parametrize("n", [0, -1, 2.5, "3", None, True])
def test_wrong_n(n):
    with pytest.raises(ValueError, match="n must be a whole number of at least 1, got .*: it is how many"):
        plots.image_rows({"original": IMAGES}, n)


def test_what_numpy_can_read_is_drawn():
    for images in (
        list(IMAGES),
        IMAGES > 0.5,
        (IMAGES > 0.5).astype(int),
        keras.ops.convert_to_tensor(IMAGES),
    ):
        assert len(plots.image_rows({"a": images}, 2).axes) == 2


def test_learning_curves():
    _, ax = plt.subplots()
    assert plots.learning_curves({"without validation": SHORT, "with": LONG}, ax) is ax
    *lines, solid, dashed = ax.lines  # the last two are there for the legend
    curves = [(line.get_xdata().tolist(), list(line.get_ydata())) for line in lines]
    assert curves == [
        ([1, 2], [50.0, 40.0]),
        ([1, 2, 3], [60.0, 30.0, 10.0]),
        ([1, 2, 3], [61.0, 31.0, 32.0]),
    ]
    assert [line.get_linestyle() for line in lines] == ["--", "--", "-"]
    assert len(solid.get_xdata()) == len(dashed.get_xdata()) == 0
    assert (solid.get_linestyle(), dashed.get_linestyle()) == ("-", "--")
    colours = [line.get_color() for line in lines]
    assert colours[1] == colours[2] != colours[0]
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names == ["without validation", "with", "validation", "training"]
    assert ax.get_yscale() == "log" and ax.get_xscale() == "linear"
    assert ax.get_xlabel() == "epoch" and ax.get_ylabel() == "squared error per image"


def test_a_logarithmic_axis_has_plain_numbers():
    figure, ax = plt.subplots()
    ax.set(yscale="log", ylim=(4, 60))
    plots.plain_numbers(ax.yaxis)
    figure.canvas.draw()
    ticks = ax.get_yticklabels(minor=False) + ax.get_yticklabels(minor=True)
    shown = [tick.get_text() for tick in ticks if 4 <= tick.get_position()[1] <= 60]
    assert sorted(shown, key=float) == ["5", "7", "10", "20", "30", "50"]


KERAS_HISTORY = keras.callbacks.History()
KERAS_HISTORY.history = {"loss": [1.0], "val_loss": [2.0]}


@pytest.mark.parametrize(
    ("trainings", "message"),
    [
        (
            {"a": LONG.history},
            "training 'a' must .* got dict: pass what fit returned, such as run, and not run",
        ),
        (
            {"a": KERAS_HISTORY},
            "got a history of loss, val_loss alone: train with aeutils.training.fit, which",
        ),
        ({"a": SimpleNamespace(training=LONG)}, "got SimpleNamespace: pass its .training"),
        ({"a": None}, "got NoneType: pass what fit returned"),
        ({"b": LONG, "a": (LONG,)}, "training 'a' .* got tuple: pass what fit returned"),
        (LONG, "trainings must be a mapping .* got Training: give each a name, as in learning_curves"),
        ([LONG], "trainings must be a mapping .* got list: give"),
        ({}, "trainings must be a mapping .* got an empty one: give"),
    ],
)
def test_what_is_no_training(trainings, message):
    with pytest.raises(ValueError, match=message):
        plots.learning_curves(trainings)
    assert plt.get_fignums() == []


def test_curves_of_keras_own_fit_with_the_metric():
    history = keras.callbacks.History()
    history.history = {"loss": [1.0, 0.5], "squared_error": [20.0, 10.0]}
    assert list(plots.learning_curves({"a": history}).lines[0].get_ydata()) == [20, 10]


def test_level_lines():
    _, ax = plt.subplots()
    assert plots.level_lines({"mean image": 52.7, "PCA-30": 13.87}, ax) is ax
    assert [list(line.get_ydata()) for line in ax.lines] == [[52.7, 52.7], [13.87, 13.87]]
    assert [(text.get_text(), text.xy[1]) for text in ax.texts] == [
        ("mean image", 52.7),
        ("PCA-30", 13.87),
    ]


def test_bars():
    _, ax = plt.subplots()
    assert plots.bars(["article", "best"], [14.84, 2.271], ax, decimals=1) is ax
    assert [bar.get_width() for bar in ax.patches] == [14.84, 2.271]
    assert [text.get_text() for text in ax.texts] == ["14.8", "2.3"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["article", "best"]
    bottom, top = ax.get_ylim()
    assert bottom > top  # the first bar is the uppermost


@pytest.mark.parametrize(
    "draw", [lambda: plots.learning_curves({"a": LONG}), lambda: plots.bars(["a"], [1.0])]
)
def test_axes_of_their_own(draw):
    _, other = plt.subplots()
    ax = draw()
    assert ax is not other and ax.has_data() and not other.has_data()
    assert [text.get_text() for text in ax.texts] in ([], ["1.00"])


def test_bars_need_a_name_each():
    with pytest.raises(ValueError):
        plots.bars(["a", "b", "c"], [1.0, 2.0])


def test_style():
    plots.use_style()
    figure, ax = plt.subplots()
    assert figure.get_facecolor() == (1, 1, 1, 1)  # opaque, for the dark page
    cycle = [entry["color"] for entry in plt.rcParams["axes.prop_cycle"]]
    assert len(set(cycle)) == 7 and cycle[0] == plots.BLUE
    assert ax.plot([1, 2])[0].get_color() == plots.BLUE
