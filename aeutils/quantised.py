"""Codes as whole numbers, in a file: each number with the frequencies that it had in training codes."""

import io
import lzma

from aeutils.checks import check_whole
from aeutils.coding import Stack, frequencies_of, from_table
import numpy as np


class NumberCoder:
    """Codes `(n, code_size)` of whole numbers to bytes and back, one static table for each number of a code.

    A table covers what occurred in the training codes, from the smallest to the largest; half is added to
    each count. What lies outside is moved to the nearest end (`clip`).

    Args:
        codes: training codes, whole numbers `(n, code_size)`.

    Raises:
        ValueError: for what are no whole numbers in two dimensions.
    """

    def __init__(self, codes):
        codes = _checked_codes(codes)
        self.low, self.high = codes.min(axis=0), codes.max(axis=0)
        self.counts = [
            np.bincount(column - low, minlength=high - low + 1)
            for column, low, high in zip(codes.T, self.low, self.high, strict=True)
        ]
        self._make_tables()

    def _make_tables(self) -> None:
        self._tables = [frequencies_of(counts + 0.5) for counts in self.counts]

    def clip(self, codes) -> np.ndarray:
        """Return codes with every number inside the range of the training codes."""
        return np.clip(_checked_codes(codes, len(self.low)), self.low, self.high)

    def bits(self, codes) -> float:
        """Return the bits a code that the frequencies ask for, without what a file has besides."""
        codes = self.clip(codes)
        total = 0.0
        for column, low, table in zip(codes.T, self.low, self._tables, strict=True):
            total -= np.log2(np.diff(table)[column - low] / table[-1]).sum()
        return float(total / len(codes))

    def encode(self, codes, lanes: int = 100) -> bytes:
        """Return the file of these codes, which are clipped first. `lanes` must divide their number."""
        columns = (self.clip(codes) - self.low).T.reshape(len(self.low), *_rows(len(codes), lanes))
        stack = Stack(lanes)
        for column, table in zip(columns, self._tables, strict=True):
            if len(table) > 2:  # a number that is always the same takes no room
                for symbols in column:
                    stack.push(symbols, from_table(table))
        return stack.to_bytes()

    def decode(self, content: bytes, n: int, lanes: int = 100) -> np.ndarray:
        """Return the n codes of a file that `encode` made with as many lanes."""
        rows, lanes = _rows(n, lanes)
        stack = Stack.from_bytes(content, lanes)
        columns = np.zeros((len(self.low), rows, lanes), "int64")
        for j in reversed(range(len(self.low))):
            table = self._tables[j]
            if len(table) > 2:
                for row in reversed(range(rows)):
                    columns[j, row] = stack.pop(len(table) - 1, from_table(table))
        return columns.reshape(len(self.low), n).T + self.low

    def to_bytes(self) -> bytes:
        """Return the tables, compressed with xz."""
        file = io.BytesIO()
        flat = np.concatenate(self.counts).astype("uint32")
        np.savez(file, low=self.low.astype("int32"), high=self.high.astype("int32"), counts=flat)
        return lzma.compress(file.getvalue(), preset=9)

    @classmethod
    def from_bytes(cls, content: bytes) -> "NumberCoder":
        """Return the coder that `to_bytes` wrote."""
        coder = cls.__new__(cls)
        with np.load(io.BytesIO(lzma.decompress(content))) as arrays:
            coder.low, coder.high = (arrays[name].astype("int64") for name in ("low", "high"))
            ends = np.cumsum(coder.high - coder.low + 1)
            coder.counts = np.split(arrays["counts"].astype("int64"), ends[:-1])
        coder._make_tables()
        return coder


def _rows(n: int, lanes: int) -> tuple[int, int]:
    lanes = check_whole(lanes, "lanes", "it is how many codes are coded at a time")
    if n % lanes:
        raise ValueError(f"lanes must divide the number of codes, got {lanes} for {n}: take {n}, say")
    return n // lanes, lanes


def _checked_codes(codes, code_size: int | None = None) -> np.ndarray:
    array = np.asarray(codes)
    wrong_size = code_size is not None and array.shape[1:] != (code_size,)
    if array.ndim != 2 or 0 in array.shape or array.dtype.kind not in "iu" or wrong_size:
        expected = f"(n, {code_size or 'code_size'})"
        raise ValueError(
            f"codes must be whole numbers {expected}, got {array.dtype} {array.shape}: divide by a step, and "
            f"round, np.rint(codes / step).astype(int)"
        )
    return array.astype("int64")
