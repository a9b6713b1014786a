"""Turned and bent images: compared with SciPy, and what a data set of them gives."""

from aeutils.warping import WarpedImages, draw_bends, draw_turns, sample_at
import numpy as np
import pytest
from scipy.ndimage import map_coordinates

generator = np.random.default_rng(0)
IMAGES = generator.random((12, 28, 28)).astype("float32")
SHAPE = (28, 28)


@pytest.mark.parametrize("draw, how_much", [(draw_turns, 10.0), (draw_bends, 3.0)])
def test_pixels_come_from_their_places_as_in_scipy(draw, how_much):
    places = draw(12, how_much, np.random.default_rng(1), SHAPE)
    padded = np.pad(IMAGES, ((0, 0), (1, 1), (1, 1)))
    expected = [
        map_coordinates(image, np.clip(place + 1, 0, 29), order=1)
        for image, place in zip(padded, places.astype("float64"), strict=True)
    ]
    assert np.allclose(sample_at(IMAGES, places), expected, atol=1e-4)


def test_nothing_drawn_changes_nothing():
    for draw in (draw_turns, draw_bends):
        assert np.allclose(sample_at(IMAGES, draw(12, 0.0, generator, SHAPE)), IMAGES, atol=1e-5)


def test_a_quarter_turn_is_numpys():
    places = np.indices(SHAPE).astype("float32")
    turned = sample_at(IMAGES[:1], np.stack([places[1], 27 - places[0]])[None])
    assert np.allclose(turned[0], np.rot90(IMAGES[0]), atol=1e-6)


def test_turns_and_bends_stay_in_their_bounds():
    identity = np.indices(SHAPE)
    bends = draw_bends(50, 1.5, np.random.default_rng(2), SHAPE) - identity
    assert 1.2 < np.abs(bends).max() <= 1.5 and np.abs(np.diff(bends, axis=-1)).max() < 3 / 8
    turns = draw_turns(50, 5.0, np.random.default_rng(2), SHAPE)
    assert np.allclose(turns.mean(axis=(2, 3)), 13.5, atol=1e-4)


def test_a_data_set_has_each_image_once_and_warps_a_share():
    data = WarpedImages(IMAGES, 5, 0, degrees=8.0, share=0.5, max_shift=0)
    assert len(data) == 3
    batches = [data[i][0] for i in range(3)]
    assert [len(batch) for batch in batches] == [5, 5, 2]
    seen = np.concatenate(batches)
    apart = np.abs(seen[:, None] - IMAGES[None]).max(axis=(2, 3)).min(axis=1)
    assert 0 < (apart > 0).sum() < 12
    assert all(np.array_equal(*data[i]) for i in range(3))


def test_the_same_seed_gives_the_same_batches_and_leaves_the_images_alone():
    kept = IMAGES.copy()
    one, other = (WarpedImages(IMAGES, 6, 3, bend=2.0, share=1.0) for _ in range(2))
    for index in range(2):
        assert np.array_equal(one[index][0], other[index][0])
    before = one.order.copy()
    one.on_epoch_end()
    assert not np.array_equal(before, one.order) and np.array_equal(kept, IMAGES)


def test_bad_input():
    for wrong in ({"share": 1.5}, {"degrees": -1.0}, {"bend": -2.0}):
        with pytest.raises(ValueError, match="try 0.5, 8 and 0"):
            WarpedImages(IMAGES, 5, 0, **wrong)
