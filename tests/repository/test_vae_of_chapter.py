"""The VAE that chapter 10 writes out, and the package's, which chapters after it use, are the same."""

import ast

from aeutils import variational
from aeutils.models import build_decoder, build_encoder
import keras
from keras import ops
import numpy as np
import pytest

from tests.repository.notebooks import CHAPTERS, code_cells

pytestmark = pytest.mark.slow

WANTED = {"crossentropy", "kl_units", "TwoHalves", "VAE"}


def written_out() -> type:
    """Return the class of the chapter, from the cells that define it and what it calls."""
    names = {"keras": keras, "ops": ops, "build_encoder": build_encoder, "build_decoder": build_decoder}
    (path,) = (path for path in CHAPTERS if path.stem.startswith("10_"))
    for cell in code_cells(path):
        nodes = ast.parse(cell.source).body
        if WANTED & {getattr(node, "name", None) for node in nodes}:
            exec(cell.source, names)
    return names["VAE"]


def test_both_have_the_same_loss():
    images = np.random.default_rng(0).random((9, 28, 28)).astype("float32")
    losses, weights = [], None
    for kind in (written_out(), variational.VAE):
        vae = kind(3, (8,), beta=2.0, seed=5)
        weights = weights or vae.get_weights()
        vae.set_weights(weights)
        found = vae.compute_loss(images, images, vae(images))
        losses.append(float(ops.convert_to_numpy(found)))
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
