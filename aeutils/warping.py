"""Images that are turned, slanted, stretched or bent a little, afresh in every epoch: more than a shift.

Bending is the elastic distortion of Simard et al. (2003, doi:10.1109/ICDAR.2003.1227801), on a coarse grid.
"""

import math

from aeutils.checks import check_whole
from aeutils.data import draw_shifts, move_images
from aeutils.models import check_seed
import keras
import numpy as np

_KNOTS = 4  # along each axis: the points at which a bend is drawn
_STRETCH = 1 / 120  # of the size, for each degree


def sample_at(images: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return images whose pixels are those at `places` of the given ones, between pixels by bilinear weights.

    Args:
        images: `(n, height, width)`; outside of them everything is 0.
        places: `(n, 2, height, width)`, row and column from which each pixel comes, in pixels from 0.
    """
    n, height, width = images.shape
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1))).reshape(-1)
    rows, columns = np.clip(places[:, 0] + 1, 0, height + 1), np.clip(places[:, 1] + 1, 0, width + 1)
    top, left = np.minimum(rows.astype(int), height), np.minimum(columns.astype(int), width)
    down, right = (rows - top).astype(images.dtype), (columns - left).astype(images.dtype)
    corner = np.arange(n)[:, None, None] * (height + 2) * (width + 2) + top * (width + 2) + left
    upper = padded[corner] * (1 - right) + padded[corner + 1] * right
    corner += width + 2
    lower = padded[corner] * (1 - right) + padded[corner + 1] * right
    return upper * (1 - down) + lower * down


def draw_turns(n: int, degrees: float, rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Return places for `sample_at`: each image turned, slanted and stretched about its centre.

    Turn and slant are uniform up to `degrees` either way, and each axis is stretched or shrunk by up to a
    120th for each degree.
    """
    turn, slant, high, wide = rng.uniform(-degrees, degrees, (4, n))
    cosine, sine = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    matrices = np.array(
        [
            [cosine * (1 + _STRETCH * high), -sine],
            [sine + np.radians(slant), cosine * (1 + _STRETCH * wide)],
        ]
    )
    middle = (np.array(shape) - 1) / 2
    offsets = np.indices(shape).reshape(2, -1) - middle[:, None]
    places = np.einsum("ijn,jp->nip", matrices, offsets) + middle[:, None]
    return places.reshape(n, 2, *shape).astype("float32")


def draw_bends(n: int, pixels: float, rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Return places for `sample_at`: each pixel moved by up to `pixels` along each axis, neighbours alike.

    The moves are uniform at the points of a coarse grid, and bilinear between these.
    """
    knots = rng.uniform(-pixels, pixels, (n, 2, _KNOTS, _KNOTS)).astype("float32")
    down, across = (_between(side) for side in shape)
    moves = down @ knots @ across.T
    return np.indices(shape).astype("float32") + moves


def _between(side: int) -> np.ndarray:
    """Return what each knot counts at each pixel of an axis, `(side, knots)`."""
    place = np.linspace(0, _KNOTS - 1, side)[:, None]
    return np.clip(1 - np.abs(place - np.arange(_KNOTS)), 0, 1).astype("float32")


class WarpedImages(keras.utils.PyDataset):
    """Batches `(images, images)` for Keras: a share of them turned or bent, and all shifted, every time anew.

    Args:
        images: `(n, height, width)` float32 in [0, 1].
        batch_size: images a batch; the last batch of an epoch may be smaller.
        seed: of the order and of all that is drawn.
        degrees: as in `draw_turns`; 0 turns none.
        bend: as in `draw_bends`, in pixels; 0 bends none.
        share: of the images that are turned or bent, chosen anew each time.
        max_shift: as in `aeutils.training.ShiftedImages`.

    Raises:
        ValueError: for a seed, a batch size, or a shift that is none, negative degrees or bends, or a share
            outside of 0 to 1.
    """

    def __init__(self, images, batch_size, seed, *, degrees=0.0, bend=0.0, share=0.5, max_shift=1):
        super().__init__()
        self.batch_size = check_whole(batch_size, "batch_size", "choose one")
        if not (0 <= share <= 1 and degrees >= 0 and bend >= 0):
            raise ValueError(
                f"share must be in 0 to 1, degrees and bend at least 0, got {share}, {degrees} and {bend}: "
                "try 0.5, 8 and 0"
            )
        self.images, self.degrees, self.bend, self.share = images, degrees, bend, share
        self.max_shift, self.generator = max_shift, np.random.default_rng(check_seed(seed))
        self.order = self.generator.permutation(len(images))

    def __len__(self) -> int:
        return math.ceil(len(self.images) / self.batch_size)

    def __getitem__(self, index: int):
        chosen = self.order[index * self.batch_size : (index + 1) * self.batch_size]
        batch, shape, rng = self.images[chosen].copy(), self.images.shape[1:], self.generator
        if self.degrees or self.bend:
            some = np.flatnonzero(rng.random(len(batch)) < self.share)
            for draw, how_much in ((draw_turns, self.degrees), (draw_bends, self.bend)):
                if how_much and len(some):
                    batch[some] = sample_at(batch[some], draw(len(some), how_much, rng, shape))
        if self.max_shift:
            batch = move_images(batch, draw_shifts(len(batch), self.max_shift, rng, min(shape) - 1))
        return batch, batch

    def on_epoch_end(self):
        self.order = self.generator.permutation(len(self.images))
