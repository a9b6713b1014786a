"""Images of curves through a few random points: how many numbers make each image is known.

The CURVES of Hinton & Salakhutdinov (2006, doi:10.1126/science.1127647) go through three points of a plane:
six numbers make an image. Theirs are not drawn by this code, and errors on these compare with none on those.
Chapter 15 asks whether an autoencoder's error shows the number.
"""

from typing import NamedTuple

from aeutils.checks import IMAGE_SHAPE, check_whole
from aeutils.models import check_seed
import numpy as np

MARGIN = 4.0  # pixels between the points and the border
FADED = 0.4  # of the ink is left at the end of a curve that fades
_DOTS = 48  # along a curve: closer together than the stroke is wide
_AT_ONCE = 500  # images: a block of distances has some 80 MB


class Curves(NamedTuple):
    """What `draw_curves` gives.

    Attributes:
        images: `(n, 28, 28)` float32 in [0, 1].
        points: `(n, points, 2)`, in pixels (right, down): what made each image.
    """

    images: np.ndarray
    points: np.ndarray


def draw_curves(n: int, points: int = 3, *, pen: float = 1.5, fades: bool = False, seed: int) -> Curves:
    """Draw curves, each through its own points; no noise.

    With two points a curve is a straight line. With three it is the parabola that is at the first point at
    the time 0, at the second at 1/2 and at the third at 1. Points are uniform in a square that keeps `MARGIN`
    from the border; a curve may leave it. A pixel at the distance $d$ from the curve has the value
    $\\exp(-d^2 / 2s^2)$, where $s$ is `pen`.

    Args:
        n: how many curves.
        points: 2 or 3, each of two numbers: 4 or 6 numbers make an image.
        pen: half the width of the stroke, in pixels.
        fades: whether the ink falls along a curve, from 1 at its first point to `FADED` at its last. Without
            that, a curve and the same curve drawn from its other end are one image.
        seed: of the points.

    Raises:
        ValueError: for less than one curve, another number of points, a pen without width, or an unusable
            seed.
    """
    n = check_whole(n, "n", "it is how many curves are drawn")
    points = check_whole(points, "points", "a line has 2 and a curve 3", at_least=2, at_most=3)
    if not 0 < pen < np.inf:
        raise ValueError(f"pen must be a finite number above 0, got {pen!r}: it counts pixels; try 1.5")
    side = IMAGE_SHAPE[0]
    low, high = MARGIN, side - 1 - MARGIN
    drawn = np.random.default_rng(check_seed(seed)).uniform(low, high, (n, points, 2))
    path = _weights(points) @ drawn
    blocks = [_ink(path[first : first + _AT_ONCE], side, pen, fades) for first in range(0, n, _AT_ONCE)]
    return Curves(np.concatenate(blocks), drawn)


def _weights(points: int) -> np.ndarray:
    """Return what each point counts at each time, `(dots, points)`: Lagrange's polynomials."""
    time = np.linspace(0, 1, _DOTS)
    if points == 2:
        return np.stack([1 - time, time], axis=1)
    return np.stack([(2 * time - 1) * (time - 1), 4 * time * (1 - time), time * (2 * time - 1)], axis=1)


def _ink(path: np.ndarray, side: int, pen: float, fades: bool) -> np.ndarray:
    """Return images `(n, side, side)` of paths `(n, dots, 2)`: a pixel takes the dot that inks it most."""
    across, down = ((np.arange(side) - path[:, :, [axis]]) ** 2 / (2 * pen**2) for axis in (0, 1))
    strength = np.linspace(1, FADED, _DOTS) if fades else np.ones(_DOTS)
    distance = down - np.log(strength)[:, None]
    return np.exp(-(distance[:, :, :, None] + across[:, :, None, :]).astype("float32").min(axis=1))
