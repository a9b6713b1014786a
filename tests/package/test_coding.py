"""The entropy coder: what was pushed comes back, in as many bits as the entropy says."""

from aeutils.coding import Stack, frequencies_of, from_table, uniform
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
import numpy as np
import pytest

pytestmark = pytest.mark.any_backend

WEIGHTS = arrays("float64", st.integers(1, 40), elements=st.floats(0, 1000))


@settings(max_examples=60, deadline=None)
@given(WEIGHTS, st.integers(1, 9), st.integers(6, 28), st.integers(0, 2**32 - 1), st.integers(0, 30))
def test_what_was_pushed_comes_back(weights, lanes, precision, seed, steps):
    weights[0] += 1
    table = frequencies_of(weights, precision)
    symbols = np.random.default_rng(seed).integers(0, len(weights), (steps, lanes))
    stack = Stack(lanes)
    for row in symbols:
        stack.push(row, from_table(table), precision)
    stack = Stack.from_bytes(stack.to_bytes(), lanes)
    for row in symbols[::-1]:
        assert np.array_equal(stack.pop(len(weights), from_table(table), precision), row)
    assert stack.to_bytes() == Stack(lanes).to_bytes()


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 9), st.integers(2, 300), st.integers(0, 2**32 - 1))
def test_a_pop_is_undone_by_a_push(lanes, n, seed):
    rng = np.random.default_rng(seed)
    stack = Stack(lanes, rng.integers(0, 2**32, 50 * lanes))
    before = stack.to_bytes()
    drawn = [stack.pop(n, uniform(n, 20), 20) for _ in range(20)]
    for symbols in drawn[::-1]:
        stack.push(symbols, uniform(n, 20), 20)
    assert stack.to_bytes() == before


@pytest.mark.parametrize("precision", [12, 16, 24])
def test_the_length_is_the_entropy(precision):
    rng = np.random.default_rng(0)
    p = np.array([0.6, 0.2, 0.1, 0.06, 0.04])
    counts = np.array([30_000, 10_000, 5_000, 3_000, 2_000])
    symbols = rng.permutation(np.repeat(np.arange(5), counts)).reshape(-1, 50)
    stack, table = Stack(50), from_table(frequencies_of(counts, precision))
    for row in symbols:
        stack.push(row, table, precision)
    entropy = -(counts * np.log2(p)).sum()
    assert stack.bits - Stack(50).bits == pytest.approx(entropy, rel=1e-3)
    assert 8 * len(stack.to_bytes()) <= 1.001 * entropy + 50 * 64


def test_popped_words_are_draws_of_the_distribution():
    rng = np.random.default_rng(1)
    stack = Stack(100, rng.integers(0, 2**32, 5000))
    table = from_table(frequencies_of([1, 2, 5]))
    drawn = np.concatenate([stack.pop(3, table) for _ in range(200)])
    assert np.bincount(drawn) / len(drawn) == pytest.approx([1 / 8, 2 / 8, 5 / 8], abs=0.01)


def test_each_lane_may_have_a_table_of_its_own():
    tables = frequencies_of([[1, 9], [9, 1], [1, 1]])
    stack = Stack(3)
    for _ in range(100):
        stack.push(np.array([1, 0, 0]), from_table(tables))
    assert stack.bits - Stack(3).bits == pytest.approx(100 * (1 - 2 * np.log2(0.9)), rel=1e-3)


@given(WEIGHTS, st.integers(6, 28))
@settings(max_examples=60, deadline=None)
def test_frequencies_are_whole_and_follow_the_weights(weights, precision):
    weights[0] += 1
    table = frequencies_of(weights, precision)
    frequencies = np.diff(table)
    assert table[0] == 0 and table[-1] == 2**precision and frequencies.min() >= 1
    share = weights / weights.sum()
    assert np.abs(frequencies / 2**precision - share).max() <= (len(weights) + 2) / 2**precision


def test_uniform_frequencies_differ_by_one_at_most():
    frequencies = np.diff(uniform(7, 10)(np.arange(8)))
    assert frequencies.sum() == 1024 and np.ptp(frequencies) == 1


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: Stack(0), "lanes must be a whole number of at least 1"),
        (lambda: Stack(2, [1]), "words must be none or at least 2"),
        (lambda: Stack(2, [-1]), "words must be whole numbers from 0"),
        (lambda: Stack(2, [0.5]), "words must be whole numbers from 0"),
        (lambda: Stack(2).push([0, 1, 1], uniform(2)), "symbols must be 2 whole numbers"),
        (lambda: Stack(2).push([0.0, 1.0], uniform(2)), "round them"),
        (lambda: Stack(2).push([0, 1], from_table([0, 1 << 16, 1 << 16])), "got 0 for symbol 1 in lane 1"),
        (lambda: Stack(2).push([0, 2], uniform(2)), "symbol's frequency must be from 1"),
        (lambda: Stack(2).push([0, 1], uniform(2), 40), "precision must be a whole number from 1 to 28"),
        (lambda: Stack(2).pop(2, uniform(2, 12)), "must begin with 0 and end with 65536"),
        (lambda: Stack(2).pop(0, uniform(2)), "n_symbols must be"),
        (lambda: [Stack(2).pop(2, uniform(2)) for _ in range(1)], "the pile must hold 2 words more, got 0"),
        (lambda: Stack.from_bytes(bytes(7), 1), "got 7 bytes"),
        (lambda: Stack.from_bytes(bytes(16), 1), "states of at least 2"),
        (lambda: uniform(0), "n_symbols must be"),
        (lambda: frequencies_of([1, -1]), "must be finite, not negative"),
        (lambda: frequencies_of([0, 0]), "a row of zeros"),
        (lambda: frequencies_of(np.ones(300), 8), "for 1 to 2**8 symbols"),
        (lambda: frequencies_of([]), "must be finite, not negative"),
    ],
)
def test_what_is_wrong_is_said(call, words):
    with pytest.raises(ValueError) as error:
        call()
    assert words in str(error.value)


def test_a_refused_push_leaves_the_stack_as_it_was():
    stack = Stack(2)
    stack.push([0, 1], uniform(2))
    before = stack.to_bytes()
    with pytest.raises(ValueError):
        stack.push([0, 5], uniform(2))
    assert stack.to_bytes() == before
