"""Costs are compared with what one counts by hand, and receptive fields with which pixels matter."""

from aeutils.costs import Costs, count_costs, receptive_field
import keras
from keras import layers, ops
import numpy as np
import pytest

pytestmark = pytest.mark.any_backend


def chain(shape, *own):
    return keras.Sequential([keras.Input(shape), *own])


SAME = {"padding": "same"}
BY_HAND = {
    "dense": (chain((4,), layers.Dense(3)), 15, 12),
    "dense at each step": (chain((5, 4), layers.Dense(3)), 15, 5 * 12),
    "convolution": (chain((6, 6, 2), layers.Conv2D(3, 3)), 57, 16 * 9 * 2 * 3),
    "convolution, stride": (chain((6, 6, 2), layers.Conv2D(3, 3, 2, **SAME)), 57, 9 * 54),
    "transposed": (chain((3, 3, 2), layers.Conv2DTranspose(5, 4, 2, **SAME)), 165, 9 * 16 * 10),
    "separable": (chain((6, 6, 2), layers.SeparableConv2D(5, 3)), 18 + 10 + 5, 16 * (18 + 10)),
    "depthwise": (chain((6, 6, 2), layers.DepthwiseConv2D(3)), 20, 16 * 18),
    "nearest": (chain((3, 3, 2), layers.UpSampling2D(2)), 0, 0),
    "bilinear": (chain((3, 3, 2), layers.UpSampling2D(2, interpolation="bilinear")), 0, 4 * 72),
    "simple recurrent": (chain((7, 2), layers.SimpleRNN(3)), 18, 7 * (6 + 9)),
    "GRU": (chain((7, 2), layers.GRU(3)), 3 * (6 + 9 + 6), 7 * 3 * (6 + 9)),
    "LSTM": (chain((7, 2), layers.LSTM(3)), 4 * (6 + 9 + 3), 7 * 4 * (6 + 9)),
    "free": (chain((4, 4, 1), layers.MaxPooling2D(), layers.Flatten(), layers.Reshape((2, 2))), 0, 0),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_costs_are_those_counted_by_hand(name):
    network, parameters, multiply_adds = BY_HAND[name]
    assert count_costs(network) == Costs(parameters, multiply_adds)


def test_models_within_a_model_are_looked_into():
    half = chain((4,), layers.Dense(3))
    assert count_costs(chain((4,), half, layers.Dense(4))) == Costs(31, 24)


def test_an_unknown_layer_and_one_that_is_not_built_are_refused():
    with pytest.raises(ValueError, match="EinsumDense: count its multiply-adds by hand"):
        count_costs(chain((4,), layers.EinsumDense("ab,bc->ac", 3)))
    with pytest.raises(ValueError, match="give it a keras.Input"):
        count_costs(keras.Sequential([layers.Dense(2)]))


ONES = SAME | {"kernel_initializer": "ones"}  # a negative weight may be lost in a maximum with 0
FIELDS = (
    (layers.Conv2D(1, 3, **ONES),),
    (layers.Conv2D(1, 3, 2, **ONES), layers.Conv2D(1, 3, 2, **ONES)),
    (layers.Conv2D(1, 5, **ONES), layers.MaxPooling2D(2), layers.Conv2D(1, 3, **ONES)),
    (layers.Conv2D(1, 3, dilation_rate=2, **ONES), layers.Conv2D(1, 3, **ONES)),
)


@pytest.mark.parametrize("own", FIELDS)
def test_the_receptive_field_is_as_wide_as_the_pixels_that_matter(own):
    network = chain((32, 32, 1), *own)
    images = np.eye(1024, dtype="float32").reshape(-1, 32, 32, 1)  # the largest in a window is its only pixel
    middle = network.output_shape[1] // 2
    unit = ops.convert_to_numpy(network(images))[:, middle, middle, 0].reshape(32, 32)
    assert (np.abs(unit) > 1e-9).any(axis=0).sum() == receptive_field(network)


def test_a_field_that_is_no_square_is_refused():
    with pytest.raises(ValueError, match="count each axis by itself"):
        receptive_field(chain((8, 8, 1), layers.Conv2D(1, (3, 1))))
