"""What a network costs, counted by hand: parameters, multiply-adds, and how far back a unit sees.

A multiply-add is one product added to a sum. Biases, activations and pooling multiply nothing and count as 0.
"""

from collections.abc import Iterator
import math
from typing import NamedTuple

import keras
from keras import layers

_FREE = (
    layers.InputLayer, layers.Flatten, layers.Reshape, layers.Activation, layers.ReLU, layers.MaxPooling2D,
    layers.AveragePooling2D, layers.ZeroPadding2D, layers.Cropping2D, layers.RepeatVector, layers.Masking,
    layers.Dropout, layers.Concatenate,
)  # fmt: skip


class Costs(NamedTuple):
    """Costs of one network for one image: `parameters` that are trained or not, and `multiply_adds`."""

    parameters: int
    multiply_adds: int


def count_costs(network: keras.Model) -> Costs:
    """Count the parameters of a network, and the multiply-adds that one image takes.

    Args:
        network: built, of layers that this module knows: dense, convolutional (plain, transposed, separable,
            depthwise), resizing, recurrent, and those that multiply nothing. It looks into models within.

    Raises:
        ValueError: for a network that is not built, or a layer of another kind.
    """
    if not network.built:
        raise ValueError("network must be built, to know the size of its maps: give it a keras.Input")
    return Costs(network.count_params(), sum(map(_multiply_adds, _leaves(network))))


def _leaves(network: keras.Model) -> Iterator[layers.Layer]:
    for layer in network.layers:
        if isinstance(layer, keras.Model):
            yield from _leaves(layer)
        else:
            yield layer


def _multiply_adds(layer: layers.Layer) -> int:
    if isinstance(layer, _FREE):
        return 0
    if isinstance(layer, layers.Dense):
        places = math.prod(layer.output.shape[1:-1])
        return places * math.prod(layer.kernel.shape)
    if isinstance(layer, layers.UpSampling2D):  # nearest neighbours are copies; bilinear ones mix four
        return 4 * math.prod(layer.output.shape[1:]) if layer.interpolation == "bilinear" else 0
    if isinstance(layer, layers.Conv2DTranspose):  # every number of the input is spread over one kernel
        return math.prod(layer.input.shape[1:3]) * math.prod(layer.kernel.shape)
    if isinstance(layer, layers.SeparableConv2D):
        kernels = math.prod(layer.depthwise_kernel.shape) + math.prod(layer.pointwise_kernel.shape)
        return math.prod(layer.output.shape[1:3]) * kernels
    if isinstance(layer, layers.Conv2D | layers.DepthwiseConv2D):
        return math.prod(layer.output.shape[1:3]) * math.prod(layer.kernel.shape)
    if isinstance(layer, layers.GRU | layers.LSTM | layers.SimpleRNN):
        kernels = layer.cell.kernel.shape, layer.cell.recurrent_kernel.shape
        return layer.input.shape[1] * sum(map(math.prod, kernels))
    raise ValueError(
        f"{layer.name} must be a layer of a kind that is counted here, got {type(layer).__name__}: "
        f"count its multiply-adds by hand"
    )


def receptive_field(network: keras.Model) -> int:
    """Return the side, in pixels, of the square that one unit behind the last convolution sees.

    Layer by layer, a kernel of $k$ adds $(k - 1)$ times the product of all strides so far. Dense layers are
    left out: behind one, a unit sees everything.

    Args:
        network: built, a chain of layers with square kernels and equal strides both ways.

    Raises:
        ValueError: for kernels that are not square, or strides that differ.
    """
    side, jump = 1, 1
    for layer in _leaves(network):
        sizes = getattr(layer, "kernel_size", getattr(layer, "pool_size", None))
        if sizes is None or isinstance(layer, layers.Conv2DTranspose):
            continue
        dilation = getattr(layer, "dilation_rate", (1, 1))
        if len({*sizes}) > 1 or len({*layer.strides}) > 1 or len({*dilation}) > 1:
            raise ValueError(
                f"{layer.name} must have a square kernel and one stride, got {sizes} and {layer.strides}: "
                f"count each axis by itself"
            )
        side += (sizes[0] - 1) * dilation[0] * jump
        jump *= layer.strides[0]
    return side
