"""An entropy coder: symbols with known probabilities become bytes, and come back, last in, first out.

Range asymmetric numeral systems (rANS; Duda 2013, arXiv 1311.2540), many symbols at a time with NumPy: each
*lane* is a coder of its own with a number of 64 bits as its state, and all lanes share one pile of 32-bit
words (Giesen 2014, arXiv 1402.3392). Whole numbers only, so that every machine gets the same bytes. It
needs NumPy alone: a process that decodes has to load neither Keras nor a network.

A distribution over symbols 0 ... n - 1 is a *cumulative*: a function that gives, for a whole number i for
each lane, the total of the frequencies of all symbols below i. It begins with 0 at i = 0, ends with
2**precision at i = n, and rises by at least 1 with each symbol.
"""

from collections.abc import Callable

from aeutils.checks import check_whole
import numpy as np

Cumulative = Callable[[np.ndarray], np.ndarray]

PRECISION = 16  # frequencies of a distribution add up to 2**16, unless told otherwise
_MOST = 28  # so that a state, of at least 32 bits, tells frequencies apart
_HALF = np.uint64(32)
_LEAST = np.uint64(1 << 32)  # between calls every state is at least this
_WORD = np.uint64((1 << 32) - 1)


class Stack:
    """Symbols that were pushed, in as few bits as their frequencies ask for; `pop` gives back the latest.

    Args:
        lanes: how many symbols one call takes. Each lane costs 8 bytes, so take few where there are few
            symbols, and many for speed.
        words: what the stack holds already, whole numbers from 0 to 2**32 - 1, the last on top: bits-back
            coding draws its first codes from them. None, or one for each lane at least.

    Raises:
        ValueError: for less than one lane, for words that are no such numbers, or for too few.
    """

    def __init__(self, lanes: int, words=()):
        self.lanes = check_whole(lanes, "lanes", "it is how many symbols one call takes")
        words = _checked_words(words, self.lanes)
        self._height = max(len(words) - self.lanes, 0)
        self._pile, top = words[: self._height], words[self._height :]
        # A state of 2**32 ends in zeros: what is popped from it would not be random.
        self._state = _LEAST | (top if len(top) else np.zeros(self.lanes)).astype("uint64")

    @property
    def bits(self) -> float:
        """What it holds, in bits: those of the words, and the logarithms of the states."""
        return 32.0 * self._height + float(np.log2(self._state.astype("float64")).sum())

    def push(self, symbols, cumulative: Cumulative, precision: int = PRECISION) -> None:
        """Put a symbol for each lane on top.

        Args:
            symbols: whole numbers `(lanes,)`.
            cumulative: the distribution of each; see the module.
            precision: the frequencies add up to 2**precision.

        Raises:
            ValueError: for another number of symbols, for what are no whole numbers, for a symbol whose
                frequency is not from 1 to 2**precision, or a precision that is not from 1 to 28. The stack
                is then as it was.
        """
        symbols = self._checked_symbols(symbols)
        total = np.uint64(1 << _checked_precision(precision))
        start, end = (np.asarray(cumulative(i)).astype("int64") for i in (symbols, symbols + 1))
        if (end <= start).any() or start.min() < 0 or end.max() > int(total):
            worst = int(np.argmax((end <= start) | (start < 0) | (end > int(total))))
            raise ValueError(
                f"a symbol's frequency must be from 1 to 2**{precision}, got {end[worst] - start[worst]} for "
                f"symbol {symbols[worst]} in lane {worst}: give every symbol that occurs at least 1"
            )
        start, frequency = start.astype("uint64"), (end - start).astype("uint64")
        shift = np.uint64(precision)
        full = (self._state >> (np.uint64(64) - shift)) >= frequency
        if full.any():
            self._put((self._state[full] & _WORD).astype("uint32"))
            self._state[full] >>= _HALF
        whole, rest = np.divmod(self._state, frequency)
        self._state = (whole << shift) + start + rest

    def pop(self, n_symbols: int, cumulative: Cumulative, precision: int = PRECISION) -> np.ndarray:
        """Take the symbol that is on top in each lane, int64 `(lanes,)`.

        With the distribution it was pushed with this undoes the push to the last bit. With another one it
        draws a symbol from that distribution, and a push of the same symbol undoes the pop.

        Args:
            n_symbols: how many symbols the distribution has.
            cumulative, precision: as for `push`.

        Raises:
            ValueError: where the pile is empty, for less than one symbol, a cumulative that does not begin
                with 0 and end with 2**precision, or a precision that is not from 1 to 28.
        """
        n_symbols = check_whole(n_symbols, "n_symbols", "it is how many symbols the distribution has")
        shift = np.uint64(_checked_precision(precision))
        slot = (self._state & np.uint64((1 << precision) - 1)).astype("int64")
        low, high = np.zeros(self.lanes, "int64"), np.full(self.lanes, n_symbols)
        start, end = (np.broadcast_to(np.asarray(cumulative(i)), low.shape) for i in (low, high))
        if start.any() or (end != 1 << precision).any():
            raise ValueError(
                f"a cumulative must begin with 0 and end with {1 << precision} = 2**precision, got "
                f"{start.max()} at 0 and {end.max()} at {n_symbols}: see frequencies_of"
            )
        for _ in range(int(n_symbols - 1).bit_length()):  # halves what is left, in all lanes at once
            middle = (low + high) // 2
            found = np.asarray(cumulative(middle)).astype("int64")
            below = found <= slot
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        start, end = (np.asarray(cumulative(i)).astype("int64") for i in (low, low + 1))
        frequency, rest = (end - start).astype("uint64"), (slot - start).astype("uint64")
        state = frequency * (self._state >> shift) + rest
        empty = state < _LEAST
        needed = int(empty.sum())
        if needed > self._height:
            raise ValueError(
                f"the pile must hold {needed} words more, got {self._height}: pop no more than was pushed, "
                f"or begin with Stack(lanes, words)"
            )
        if needed:
            taken = self._pile[self._height - needed : self._height].astype("uint64")
            state[empty] = (state[empty] << _HALF) | taken
            self._height -= needed
        self._state = state
        return low

    def to_bytes(self) -> bytes:
        """Return all of it: the words, then the states, little-endian."""
        pile = self._pile[: self._height].astype("<u4")
        return pile.tobytes() + self._state.astype("<u8").tobytes()

    @classmethod
    def from_bytes(cls, content: bytes, lanes: int) -> "Stack":
        """Return the stack that `to_bytes` wrote.

        Raises:
            ValueError: if these are not the bytes of a stack with so many lanes.
        """
        stack = cls(lanes)
        cut = len(content) - 8 * stack.lanes
        if cut < 0 or cut % 4:
            raise ValueError(
                f"content must be words of 4 bytes and {stack.lanes} states of 8, got {len(content)} bytes: "
                f"read the whole file, with the lanes it was written with"
            )
        stack._state = np.frombuffer(content[cut:], "<u8").astype("uint64")
        if (stack._state < _LEAST).any():
            raise ValueError(
                f"content must end in {stack.lanes} states of at least 2**32, got {stack._state.min()}: "
                f"these are not the bytes of a stack with so many lanes"
            )
        stack._pile = np.frombuffer(content[:cut], "<u4").astype("uint32")
        stack._height = len(stack._pile)
        return stack

    def _put(self, words: np.ndarray) -> None:
        end = self._height + len(words)
        if end > len(self._pile):
            self._pile = np.concatenate([self._pile, np.zeros(end + 1024, "uint32")])
        self._pile[self._height : end] = words
        self._height = end

    def _checked_symbols(self, symbols) -> np.ndarray:
        array = np.asarray(symbols)
        if array.shape != (self.lanes,) or array.dtype.kind not in "iu":
            raise ValueError(
                f"symbols must be {self.lanes} whole numbers, one for each lane, got {array.dtype} "
                f"{array.shape}: round them, and take as many lanes as symbols"
            )
        return array.astype("int64")


def uniform(n_symbols: int, precision: int = PRECISION) -> Cumulative:
    """Return the cumulative of a distribution in which all symbols are equally likely, as near as can be."""
    n_symbols = check_whole(n_symbols, "n_symbols", "it has at most 2**precision", 1, 1 << precision)
    return lambda i: (np.asarray(i, "int64") << precision) // n_symbols


def from_table(cumulatives) -> Cumulative:
    """Return the cumulative that a table holds: `(n + 1,)` for all lanes, or `(lanes, n + 1)`."""
    table = np.asarray(cumulatives)
    if table.ndim == 1:
        return lambda i: table[i]
    rows = np.arange(len(table))
    return lambda i: table[rows, i]


def frequencies_of(weights, precision: int = PRECISION) -> np.ndarray:
    """Return the table of a distribution, int64 `(..., n + 1)`, from weights `(..., n)` such as counts.

    Weights are scaled to add up to 1, and every symbol gets a frequency of at least 1, so that any can be
    coded.

    Raises:
        ValueError: for weights that are negative or not finite or add up to 0, or for more symbols than
            2**precision.
    """
    weights = np.asarray(weights, "float64")
    n = weights.shape[-1] if weights.ndim else 0
    spare = (1 << _checked_precision(precision)) - n
    if not n or spare < 0 or not np.isfinite(weights).all() or (weights < 0).any():
        raise ValueError(
            f"weights must be finite, not negative, and for 1 to 2**{precision} symbols, got {weights.shape} "
            f"from {weights.min() if n else None}: pass counts or probabilities along the last axis"
        )
    below = np.concatenate([np.zeros((*weights.shape[:-1], 1)), np.cumsum(weights, axis=-1)], axis=-1)
    if (below[..., -1] <= 0).any():
        raise ValueError("weights must add up to more than 0, got a row of zeros: add 1 to all counts")
    share = below / below[..., -1:]
    return np.arange(n + 1) + np.floor(share * spare).astype("int64")


def _checked_precision(precision) -> int:
    return check_whole(precision, "precision", "the states have no more to spare", 1, _MOST)


def _checked_words(words, lanes: int) -> np.ndarray:
    array = np.asarray(words)
    whole = array.size == 0 or array.dtype.kind in "iu"
    if array.ndim != 1 or not whole or (array.size and (array.min() < 0 or array.max() > int(_WORD))):
        raise ValueError(
            f"words must be whole numbers from 0 to 2**32 - 1, one after the other, got {array.dtype} "
            f"{array.shape}: np.frombuffer(content, 'uint32') makes them of bytes"
        )
    if 0 < array.size < lanes:
        raise ValueError(
            f"words must be none or at least {lanes}, one for each lane, got {array.size}: add some"
        )
    return array.astype("uint32")
