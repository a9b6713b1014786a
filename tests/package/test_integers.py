"""Networks in whole numbers: near the real ones, exact in any order, and themselves once saved."""

from aeutils.coding import Stack
from aeutils.integers import UNIT, IntegerNetwork, posterior, prior_centres
import numpy as np
import pytest
from scipy.stats import norm

pytestmark = pytest.mark.any_backend

RNG = np.random.default_rng(0)
WEIGHTS = [
    RNG.normal(size=(20, 9)) / 3, RNG.normal(size=9), RNG.normal(size=(9, 4)), RNG.normal(size=4),
]  # fmt: skip
INPUTS = RNG.integers(0, 3 * UNIT, (30, 4, 5))


def in_floats(inputs):
    hidden = np.maximum(inputs.reshape(len(inputs), -1) / UNIT @ WEIGHTS[0] + WEIGHTS[1], 0)
    return hidden @ WEIGHTS[2] + WEIGHTS[3]


@pytest.mark.parametrize(("bits", "within"), [(16, 0.05), (8, 0.5)])
def test_it_is_near_the_network_in_floats(bits, within):
    found = IntegerNetwork.from_weights(WEIGHTS, bits)(INPUTS) / UNIT
    assert np.abs(found - in_floats(INPUTS)).max() < within


def test_it_is_what_python_s_whole_numbers_say():
    network = IntegerNetwork.from_weights(WEIGHTS)
    values = [[int(v) for v in image.ravel()] for image in INPUTS[:3]]
    for number, (kernel, bias, shift) in enumerate(network.layers):
        sums = [
            [sum(v * int(w) for v, w in zip(row, kernel[:, j], strict=True)) + int(bias[j]) for row in values]
            for j in range(len(bias))
        ]
        values = [
            [(2 * s + (1 << int(shift[j]))) >> (int(shift[j]) + 1) for s in of] for j, of in enumerate(sums)
        ]
        values = [list(row) for row in zip(*values, strict=True)]
        values = values if number else [[max(v, 0) for v in row] for row in values]
    assert network(INPUTS[:3]).tolist() == values


def test_neither_the_order_of_the_sums_nor_the_batch_matters():
    network, order = IntegerNetwork.from_weights(WEIGHTS), RNG.permutation(20)
    kernel, *rest = network.layers[0]
    turned = IntegerNetwork([(kernel[order], *rest), network.layers[1]])
    flat = INPUTS.reshape(30, 20)
    assert np.array_equal(turned(flat[:, order]), network(flat))
    assert np.array_equal(np.concatenate([network(one[None]) for one in flat]), network(flat))


def test_saved_it_is_the_same():
    network = IntegerNetwork.from_weights(WEIGHTS, 12)
    loaded = IntegerNetwork.from_bytes(network.to_bytes())
    assert np.array_equal(loaded(INPUTS), network(INPUTS))


def test_the_bins_are_equally_likely():
    centres = prior_centres(8) / UNIT
    assert norm.cdf(centres) == pytest.approx((np.arange(8) + 0.5) / 8, abs=1e-3)


def test_the_posterior_is_the_normal_distribution_over_the_bins():
    outputs = np.array([[0, 64, 0, -512], [300, -300, -256, 256]])
    of_number = posterior(outputs, 16, 24)
    bins = np.arange(17)
    for lane in range(2):
        for j in range(2):
            table = np.array([of_number(j)(np.full(2, i))[lane] for i in bins])
            mean, variance = outputs[lane, j] / UNIT, np.exp(outputs[lane, 2 + j] / UNIT)
            known = norm.cdf(norm.ppf(bins / 16), mean, variance**0.5)
            assert table[0] == 0 and table[-1] == 2**24 and np.diff(table).min() >= 1
            assert table / 2**24 == pytest.approx(known, abs=1e-5)


def test_a_code_drawn_from_the_stack_goes_back():
    of_number = posterior(RNG.integers(-300, 300, (50, 4)), 1024, 24)
    stack = Stack(50, RNG.integers(0, 2**32, 200))
    before = stack.to_bytes()
    drawn = [stack.pop(1024, of_number(j), 24) for j in range(2)]
    for j in (1, 0):
        stack.push(drawn[j], of_number(j), 24)
    assert stack.to_bytes() == before


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: IntegerNetwork.from_weights([]), "a kernel and a bias for each dense layer"),
        (lambda: IntegerNetwork.from_weights(WEIGHTS[:3]), "a kernel and a bias for each dense layer"),
        (lambda: IntegerNetwork.from_weights(WEIGHTS, 1), "bits must be a whole number from 2 to 16"),
        (lambda: IntegerNetwork.from_bytes(b"something"), "what to_bytes wrote, got 9 other bytes"),
        (lambda: IntegerNetwork.from_weights(WEIGHTS)(np.full((1, 20), 2**52)), "below 2**53"),
    ],
)
def test_what_is_wrong_is_said(call, words):
    with pytest.raises(ValueError) as error:
        call()
    assert words in str(error.value)
