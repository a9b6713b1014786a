"""The other data set: digits beside clothes, clothes beside digits, or none."""

from aeutils import second
from aeutils.data import load_mnist
import numpy as np
import pytest


@pytest.fixture
def digits(monkeypatch):
    monkeypatch.setenv("AEUTILS_DATA", "sample")
    return load_mnist("sample")


def test_beside_clothes_it_is_the_digits_of_the_sample(digits):
    images, labels = second.other_images(digits._replace(source="fashion"))
    assert images.shape == (5000, 28, 28) and images.dtype == np.float32 and labels.dtype == np.int64
    assert images.min() == 0 and images.max() == 1
    known = {image.tobytes(): label for image, label in zip(digits.x_train, digits.y_train, strict=True)}
    found = [known[image.tobytes()] for image in images if image.tobytes() in known]
    assert len(found) >= 3500
    assert len(set(labels[:20])) > 4  # not sorted by class


def test_beside_digits_it_is_clothes(digits, monkeypatch):
    clothes = np.full((6, 28, 28), 255, np.uint8) * (np.arange(6) % 2)[:, None, None].astype(np.uint8)
    monkeypatch.setattr(second, "load_fashion", lambda cache: (clothes, np.arange(6), "from nowhere"))
    images, labels = second.other_images(digits)
    assert sorted(labels) == list(range(6))
    np.testing.assert_array_equal(images.max(axis=(1, 2)), labels % 2)


def test_without_the_files_there_is_none(digits, monkeypatch):
    def fail(cache):
        raise ConnectionError("no network")

    monkeypatch.setattr(second, "load_fashion", fail)
    assert second.other_images(digits) is None
