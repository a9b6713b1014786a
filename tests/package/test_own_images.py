"""What the study page says of a reader's own images: its code, run on a folder of pictures."""

import re

import matplotlib
import numpy as np
from PIL import Image
import pytest

from tests import ROOT

matplotlib.use("Agg")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Pictures in colour, of several sizes, in a folder as the page names it."""
    generator = np.random.default_rng(0)
    (tmp_path / "my_folder").mkdir()
    for i in range(30):
        pixels = generator.integers(0, 256, (20 + i, 50 - i, 3), dtype="uint8")
        Image.fromarray(pixels).save(tmp_path / "my_folder" / f"{i:02}.png")
    monkeypatch.chdir(tmp_path)


def code_blocks():
    page = (ROOT / "pages" / "study.md").read_text("utf-8")
    section = page[page.index("### Your own images") : page.index("### Keeping your progress")]
    return re.findall(r"```python\n(.+?)```", section, flags=re.DOTALL)


def test_pictures_of_several_sizes_become_data(folder):
    scope = {}
    for block in code_blocks():
        exec(block, scope)
    data = scope["data"]
    assert [part.shape for part in (data.x_train, data.x_val, data.x_test)] == [
        (21, 28, 28),
        (3, 28, 28),
        (6, 28, 28),
    ]
    assert data.x_train.dtype == "float32" and 0 <= data.x_train.min() and data.x_train.max() <= 1


def test_they_train_in_grey_and_in_colour(folder):
    from aeutils.recipes import Recipe, train

    for mode, shape in (("L", (28, 28)), ("RGB", (28, 28, 3))):
        scope = {}
        exec(code_blocks()[0].replace('convert("L")', f'convert("{mode}")'), scope)
        trained = train(Recipe(4, (8,), epochs=1), scope["data"])
        assert trained.reconstruct(scope["data"].x_test).shape == (6, *shape)
