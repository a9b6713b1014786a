"""Images of known making: drawn where their points say, and nothing else about them varies."""

from aeutils.curves import FADED, draw_curves
import numpy as np
import pytest
from scipy.interpolate import lagrange

pytestmark = pytest.mark.any_backend


def test_they_are_images():
    images, points = draw_curves(20, seed=0)
    assert images.shape == (20, 28, 28) and images.dtype == "float32" and points.shape == (20, 3, 2)
    assert 0 <= images.min() and images.max() <= 1


@pytest.mark.parametrize("points", [2, 3])
def test_a_pixel_is_as_dark_as_its_distance_says(points):
    """Against a curve of scipy's polynomials, ten times as dense."""
    drawn = draw_curves(5, points, pen=1.2, seed=1)
    times, places = np.linspace(0, 1, points), np.linspace(0, 1, 1000)
    rows, columns = np.mgrid[:28, :28]
    for image, ends in zip(drawn.images, drawn.points, strict=True):
        right, down = (lagrange(times, ends[:, axis])(places) for axis in (0, 1))
        squared = (rows[..., None] - down) ** 2 + (columns[..., None] - right) ** 2
        assert np.abs(image - np.exp(-squared.min(axis=-1) / (2 * 1.2**2))).max() < 0.06


def test_a_line_drawn_from_its_other_end_is_the_same_image_unless_it_fades(monkeypatch):
    for fades, same in ((False, True), (True, False)):
        images, points = draw_curves(3, 2, fades=fades, seed=2)

        class Swapped:
            def uniform(self, low, high, shape, points=points):
                return points[:, ::-1]

        with monkeypatch.context() as patch:
            patch.setattr(np.random, "default_rng", lambda seed: Swapped())
            turned = draw_curves(3, 2, fades=fades, seed=2).images
        assert np.allclose(images, turned, atol=1e-5) == same


def test_a_line_that_fades_ends_pale():
    images, points = draw_curves(50, 2, fades=True, seed=3)
    longest = np.argmax(np.linalg.norm(points[:, 0] - points[:, 1], axis=1))
    first, last = (images[(longest, *np.round(end[::-1]).astype(int))] for end in points[longest])
    assert first > 0.75 and abs(last - FADED) < 0.15


def test_a_seed_decides_everything():
    assert np.array_equal(draw_curves(4, seed=5).images, draw_curves(4, seed=5).images)
    assert not np.array_equal(draw_curves(4, seed=5).images, draw_curves(4, seed=6).images)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"n": 0}, "how many curves"),
        ({"points": 4}, "a line has 2 and a curve 3"),
        ({"pen": 0}, "it counts pixels"),
        ({"seed": -1}, "seed"),
    ],
)
def test_bad_input(change, words):
    with pytest.raises(ValueError, match=words):
        draw_curves(**({"n": 2, "points": 3, "pen": 1.0, "seed": 0} | change))
