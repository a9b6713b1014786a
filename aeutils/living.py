"""Data of the book's living figures, which compute in the reader's browser from what a chapter found.

A page that is opened from disk may load classic scripts and nothing else, so the data are one: a call
with JSON in it, and arrays in that as base64. `web/living/shared.js` reads them.
"""

import base64
import json
import os
from pathlib import Path

from aeutils.files import written_whole
import keras
import numpy as np


def packed(array, dtype: str) -> dict:
    """Return an array as JSON can hold it: `{"dtype", "shape", "base64"}`, little-endian, row by row.

    Args:
        dtype: what the page unpacks: "uint8", "uint16", "float16" or "float32".

    Raises:
        ValueError: another dtype, or values that it cannot hold.
    """
    if dtype not in ("uint8", "uint16", "float16", "float32"):
        raise ValueError(f"dtype must be uint8, uint16, float16 or float32, got {dtype!r}: choose one")
    array = np.asarray(array)
    kind = np.iinfo(dtype) if dtype.startswith("uint") else np.finfo(dtype)
    if array.size and not (kind.min <= array.min() and array.max() <= kind.max):
        raise ValueError(
            f"values must lie in {kind.min} ... {kind.max} for {dtype}, got {array.min()} ... {array.max()}: "
            f"scale them, or choose a wider dtype"
        )
    values = np.rint(array) if dtype.startswith("uint") else array
    content = np.ascontiguousarray(values, np.dtype(dtype).newbyteorder("<")).tobytes()
    return {"dtype": dtype, "shape": list(array.shape), "base64": base64.b64encode(content).decode()}


def packed_images(images) -> dict:
    """Pack images with values in [0, 1] as grey levels from 0 to 255."""
    return packed(255 * np.asarray(images), "uint8")


def packed_layers(model: keras.Model, dtype: str = "float16") -> list[dict]:
    """Pack the dense layers of a model, first to last: `{"activation", "weights", "biases"}` each.

    Raises:
        ValueError: a layer that has weights and is not dense, which the page could not compute.
    """
    found = []
    for layer in model.layers:
        if isinstance(layer, keras.layers.Dense):
            weights, biases = layer.get_weights()
            activation = keras.activations.serialize(layer.activation)
            shapes = {"weights": packed(weights, dtype), "biases": packed(biases, "float32")}
            found.append({"activation": activation} | shapes)
        elif layer.weights:
            kind = type(layer).__name__
            raise ValueError(f"all layers with weights must be Dense, got {kind}: leave it out")
    return found


def keep(name: str, content: dict) -> int:
    """Write a living figure's data where the book's maintainer wants them; return their size in bytes.

    They go to the folder `AEUTILS_LIVING`, as `NAME.js`. Without that variable, as in a reader's run,
    nothing is written.
    """
    call = f"livingFigures.data({json.dumps(name)}, {json.dumps(content, separators=(',', ':'))});\n"
    folder = os.environ.get("AEUTILS_LIVING")
    if folder:
        with written_whole(Path(folder) / f"{name}.js") as partial:
            partial.write_text(call, encoding="utf-8")
    return len(call.encode())
