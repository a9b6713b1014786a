"""The rounding of a card: from NVIDIA's Ampere on, TensorFlow and JAX multiply matrices in TF32 by default.

Each factor is then rounded from 23 bits after the point to 10, and two ways to one number drift apart.
"""

import ast
import json

from keras import ops
import numpy as np

from tests import ROOT

CHAPTER = ROOT / "chapters" / "02_loss_functions.ipynb"
STATEMENT = "Our SSIM is scikit-image's"


def tf32(array) -> np.ndarray:
    """Round to TF32, a half to the even neighbour, as float32 of the same shape."""
    bits = np.array(array, "float32").view("uint32")
    return ((bits + 0xFFF + (bits >> 13 & 1)) & 0xFFFFE000).view("float32")


def claim_of(sources: list[str], statement: str) -> str:
    """Return the source of the one claim that has these words."""
    calls = (node for source in sources for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    claims = [ast.unparse(call) for call in calls if getattr(call.func, "id", None) == "claim"]
    (found,) = [source for source in claims if statement in source]
    return found


def test_tf32_keeps_ten_bits():
    assert tf32([1, 1 + 2**-10, 1 + 2**-11, 1 + 3 * 2**-11, -1.5, 0]).tolist() == [
        1, 1 + 2**-10, 1, 1 + 2**-9, -1.5, 0,
    ]  # fmt: skip


def test_chapter_2_s_ssim_is_scikit_image_s_on_a_card_too(monkeypatch, quiet):
    monkeypatch.setenv("AEUTILS_DATA", "sample")
    cells = json.loads(CHAPTER.read_text("utf-8"))["cells"]
    sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"][1:]
    compares = next(source for source in sources if "ssim_gap = " in source)
    names = {}
    for source in sources[:2] + [s for s in sources if s.startswith("def ssim_index")] + [compares]:
        exec(source, names)
    assert names["ssim_gap"] < 1e-6
    product = ops.matmul
    monkeypatch.setattr(ops, "matmul", lambda a, b: product(*map(tf32, map(ops.convert_to_numpy, (a, b)))))
    exec(compares, names)
    assert names["ssim_gap"] > 1e-4  # it is rounded
    exec(claim_of(sources, STATEMENT), names)
