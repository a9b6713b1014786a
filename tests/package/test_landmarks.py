"""What simple answers score on one's own images: landmarks for a loss that stands still."""

from aeutils import metrics
from aeutils.baselines import MeanImage, PCABaseline
import numpy as np
import pytest

pytestmark = pytest.mark.any_backend

IMAGES = np.random.default_rng(0).random((12, 28, 28)).astype("float32")


@pytest.mark.parametrize("images", [IMAGES, np.round(IMAGES[:, :8, :5]), IMAGES.reshape(12, 14, 14, 4)])
def test_landmarks(images):
    rows = {row.pop("answer"): row for row in metrics.landmarks(images, 3)}
    mean = MeanImage().fit(images).reconstruct(images)
    answers = {
        "all grey (0.5)": np.full_like(images, 0.5),
        "all black": 0 * images,
        "median image": np.broadcast_to(np.median(images, axis=0), images.shape),
        "mean image": mean,
        "PCA-3, cut off": np.clip(PCABaseline(3).fit(images).reconstruct(images), 0, 1),
        "the images themselves": images,
    }
    assert list(rows) == list(answers)
    for name, answer in answers.items():
        assert rows[name] == pytest.approx(
            {
                "squared error": metrics.squared_error(images, answer),
                "MSE": metrics.mse(images, answer),
                "MAE": metrics.mae(images, answer),
                "cross-entropy": metrics.binary_crossentropy(images, answer),
            }
        )
    grey, black, median, mean, pca, floor = rows.values()
    assert grey["cross-entropy"] == pytest.approx(np.log(2))
    assert black["MAE"] == pytest.approx(images.mean()) and grey["MAE"] >= median["MAE"]
    assert floor["squared error"] == 0 and floor["cross-entropy"] < pca["cross-entropy"]
    for single in (grey, black, median):  # no single picture is ahead of these
        assert median["MAE"] <= single["MAE"] + 1e-7
        assert mean["MSE"] <= single["MSE"] and mean["cross-entropy"] <= single["cross-entropy"]


def test_landmarks_of_many_images_are_taken_in_pieces():
    images = np.random.default_rng(1).random((2300, 3, 3)).astype("float32")
    black = metrics.landmarks(images, 2)[1]
    assert black["MSE"] == pytest.approx(np.square(images).mean(), rel=1e-5)


def test_landmarks_need_images_and_a_code_size_that_pca_can_have():
    with pytest.raises(ValueError, match="code_size must be a whole number from 1 to 12, got 32: PCA has at"):
        metrics.landmarks(IMAGES)
    with pytest.raises(ValueError, match="images must .* use .reshape"):
        metrics.landmarks(IMAGES.reshape(12, 784))
