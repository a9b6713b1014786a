"""Networks in whole numbers: the same answer to the last bit in every process, on every machine.

Sums of floating-point numbers depend on their order, and libraries add in orders of their own. An entropy
coder whose probabilities differ in one bit decodes nonsense. Sums of whole numbers do not depend on their
order (Ballé et al. 2019, *Integer networks for data compression with latent-variable models*, ICLR). NumPy
and SciPy are all that is needed here.
"""

from collections.abc import Callable, Sequence
import io
import lzma

from aeutils.checks import check_whole
from aeutils.coding import Cumulative
import numpy as np
from scipy.special import ndtr, ndtri

UNIT = 256  # a 1 of the network is 256 here: numbers are counted in 256ths
_LARGEST = 2**53  # whole numbers up to it are exact in float64


class IntegerNetwork:
    """Dense layers with ReLU between them, in whole numbers throughout.

    Numbers that go in and come out are counted in 256ths (`UNIT`). The products are added in float64, which
    is exact for whole numbers below 2**53, and is fast.

    Args:
        layers: for each layer a kernel `(inputs, units)`, whole numbers; a bias `(units,)`; and by how many
            bits each unit's sum is shifted to the right, `(units,)`.
    """

    def __init__(self, layers: Sequence[tuple[np.ndarray, np.ndarray, np.ndarray]]):
        self.layers = [tuple(np.asarray(part) for part in layer) for layer in layers]

    @classmethod
    def from_weights(cls, weights: Sequence[np.ndarray], bits: int = 8) -> "IntegerNetwork":
        """Round the weights of dense layers, `[kernel, bias, kernel, bias, ...]`, of `get_weights`.

        Each unit has a step of its own, a power of two, so that its largest weight fits into `bits` bits.

        Raises:
            ValueError: for weights that are no kernels and biases, or bits that are not from 2 to 16.
        """
        bits = check_whole(bits, "bits", "8 is a good number", 2, 16)
        shapes = [np.shape(weight) for weight in weights]
        fits = [len(k) == 2 and b == k[1:] for k, b in zip(shapes[::2], shapes[1::2], strict=False)]
        if not weights or len(weights) % 2 or not all(fits):
            raise ValueError(
                f"weights must be a kernel and a bias for each dense layer, got shapes {shapes}: pass "
                f"get_weights() of a network of dense layers"
            )
        layers = []
        for kernel, bias in zip(weights[::2], weights[1::2], strict=True):
            largest = np.maximum(np.abs(kernel).max(axis=0), 2.0**-15)
            shift = np.floor(np.log2((2 ** (bits - 1) - 1) / largest)).astype("int64").clip(0, 20)
            whole = np.rint(kernel.astype("float64") * 2.0**shift).astype("int8" if bits <= 8 else "int16")
            layers.append((whole, np.rint(bias * UNIT * 2.0**shift).astype("int32"), shift.astype("uint8")))
        return cls(layers)

    def __call__(self, inputs) -> np.ndarray:
        """Return what the network makes of whole numbers `(n, ...)`, as int64 `(n, outputs)`."""
        values = np.asarray(inputs).reshape(len(inputs), -1).astype("float64")
        for number, (kernel, bias, shift) in enumerate(self.layers):
            sums = values @ kernel.astype("float64") + bias
            if np.abs(sums).max(initial=0) >= _LARGEST:
                raise ValueError("sums must stay below 2**53, got more: give smaller inputs or weights")
            values = np.floor(sums / 2.0**shift + 0.5)  # exact: division by a power of two
            if number + 1 < len(self.layers):
                values = np.maximum(values, 0)
        return values.astype("int64")

    def to_bytes(self) -> bytes:
        """Return its weights, compressed with xz."""
        file = io.BytesIO()
        np.savez(file, *(part for layer in self.layers for part in layer))
        return lzma.compress(file.getvalue(), preset=9)

    @classmethod
    def from_bytes(cls, content: bytes) -> "IntegerNetwork":
        """Return the network that `to_bytes` wrote.

        Raises:
            ValueError: for bytes that are none.
        """
        try:
            with np.load(io.BytesIO(lzma.decompress(content))) as arrays:
                parts = [arrays[f"arr_{i}"] for i in range(len(arrays.files))]
        except (lzma.LZMAError, OSError, ValueError) as error:
            raise ValueError(
                f"content must be what to_bytes wrote, got {len(content)} other bytes: read the whole file"
            ) from error
        return cls([tuple(parts[i : i + 3]) for i in range(0, len(parts), 3)])


def prior_centres(n_bins: int) -> np.ndarray:
    """Return the middle of each of `n_bins` equally likely bins of N(0, 1), in 256ths: int64 `(n_bins,)`."""
    return np.rint(UNIT * ndtri((np.arange(n_bins) + 0.5) / n_bins)).astype("int64")


def posterior(outputs: np.ndarray, n_bins: int, precision: int) -> Callable[[int], Cumulative]:
    """Return the normal distributions that an encoder says, over equally likely bins of N(0, 1).

    Args:
        outputs: means and logarithms of variances, side by side, in 256ths: `(lanes, 2 * code_size)`.
        n_bins, precision: as the coder takes them; every bin has a frequency of at least 1.

    Returns:
        A function that gives, for number j of the code, its cumulative.
    """
    edges = ndtri(np.arange(n_bins + 1) / n_bins)
    mean, log_variance = np.split(np.asarray(outputs) / UNIT, 2, axis=1)
    deviation, spare = np.exp(log_variance / 2), (1 << precision) - n_bins

    def of_number(j: int) -> Cumulative:
        def cumulative(i):
            return i + np.floor(spare * ndtr((edges[i] - mean[:, j]) / deviation[:, j])).astype("int64")

        return cumulative

    return of_number
