"""Figures: what is drawn, onto which axes, and that nothing is shown."""

from aeutils import plots
from aeutils.training import Training
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
    with pytest.raises(ValueError, match="at least one row of images, got none"):
        plots.image_rows({})


@pytest.mark.parametrize("wrong", [IMAGES[:9], IMAGES.reshape(12, 784), IMAGES[..., None], IMAGES[0]])
def test_wrong_rows(wrong):
    with pytest.raises(ValueError) as caught:
        plots.image_rows({"original": IMAGES, "wrong": wrong})
    assert str(caught.value) == (
        f"row 'wrong' must be at least 10 images (m, 28, 28), got shape {wrong.shape}: "
        f"pass more images, or a smaller n"
    )
    assert plt.get_fignums() == []


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
