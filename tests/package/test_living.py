"""Data for the living figures: what a page unpacks is what was packed."""

import base64
import json

from aeutils import living
from aeutils.models import build_decoder
import keras
import numpy as np
import pytest


def unpacked(packed: dict) -> np.ndarray:
    """Read as the page's script does: bytes in the order of the least significant first."""
    kind = np.dtype(packed["dtype"]).newbyteorder("<")
    return np.frombuffer(base64.b64decode(packed["base64"]), kind).reshape(packed["shape"])


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float16", "float32"])
def test_what_is_packed_can_be_unpacked(dtype):
    values = np.random.default_rng(0).integers(0, 200, (3, 5, 2)).T  # not contiguous
    assert np.array_equal(unpacked(living.packed(values, dtype)), values)


def test_whole_numbers_are_rounded_and_not_cut():
    assert unpacked(living.packed([0.4, 0.6, 254.6], "uint8")).tolist() == [0, 1, 255]


def test_images_become_grey_levels():
    images = np.linspace(0, 1, 2 * 784, dtype="float32").reshape(2, 28, 28)
    assert np.abs(unpacked(living.packed_images(images)) / 255 - images).max() < 0.5 / 255 + 1e-6


@pytest.mark.parametrize("values", [[-1, 0], [0, 70_000]])
def test_values_that_do_not_fit_are_refused(values):
    with pytest.raises(ValueError, match="scale them, or choose a wider dtype"):
        living.packed(values, "uint16")


def test_another_dtype_is_refused():
    with pytest.raises(ValueError, match="got 'int64': choose one"):
        living.packed([1], "int64")


def test_layers_compute_what_the_model_computes():
    decoder = build_decoder(2, (5, 4), "relu")
    a = codes = np.random.default_rng(1).normal(size=(7, 2)).astype("float32")
    packed = living.packed_layers(decoder, "float32")
    assert [layer["activation"] for layer in packed] == ["relu", "relu", "sigmoid"]
    functions = {"relu": lambda x: np.maximum(x, 0), "sigmoid": lambda x: 1 / (1 + np.exp(-x))}
    for layer in packed:
        a = functions[layer["activation"]](a @ unpacked(layer["weights"]) + unpacked(layer["biases"]))
    assert np.allclose(a.reshape(7, 28, 28), decoder.predict(codes, verbose=0), atol=1e-5)


def test_layers_that_the_page_cannot_compute_are_refused():
    model = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Conv2D(2, 3)])
    with pytest.raises(ValueError, match="must be Dense, got Conv2D"):
        living.packed_layers(model)


def test_without_a_folder_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.delenv("AEUTILS_LIVING", raising=False)
    monkeypatch.chdir(tmp_path)
    assert living.keep("numbers", {"a": [1, 2]}) > 20
    assert list(tmp_path.iterdir()) == []


def test_what_is_kept_is_one_call_with_json_in_it(tmp_path, monkeypatch):
    monkeypatch.setenv("AEUTILS_LIVING", str(tmp_path / "data"))
    content = {"näme": "µ", "list": [1.5, None]}
    size = living.keep("numbers", content)
    text = (tmp_path / "data" / "numbers.js").read_text("utf-8")
    assert len(text.encode()) == size
    assert text.startswith('livingFigures.data("numbers", ') and text.endswith(");\n")
    assert json.loads(text[len('livingFigures.data("numbers", ') : -3]) == content
