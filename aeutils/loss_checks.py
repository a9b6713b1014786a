"""Do a network's output and its loss fit? Keras clips for cross-entropy what leaves (0, 1), and says nothing.

Where it clips there is no gradient, so such a network learns little or nothing.
"""

import warnings

import keras
import numpy as np

_FROM_0_TO_1 = ("sigmoid", "hard_sigmoid", "sparse_sigmoid")
_SUM_TO_1 = ("softmax", "sparsemax")
_ANY_NUMBER = ("linear", "leaky_relu", "hard_shrink", "soft_shrink", "tanh_shrink", "threshold", "glu")
_OTHERS = (
    *("relu", "relu6", "elu", "celu", "selu", "gelu", "silu", "hard_silu", "mish", "exponential"),
    *("softplus", "squareplus", "sparse_plus", "tanh", "hard_tanh", "softsign", "log_sigmoid", "log_softmax"),
)
_NAMES = _FROM_0_TO_1 + _SUM_TO_1 + _ANY_NUMBER + _OTHERS

_OF_LAYERS = dict(ReLU="relu", LeakyReLU="leaky_relu", PReLU="leaky_relu", ELU="elu", Softmax="softmax")
_OF_LAYERS |= {f"{kind}Normalization": "linear" for kind in ("Batch", "Layer", "Group", "RMS")}
# Layers and operations that hand on the numbers that they get, some of them or each several times.
_PASSING = {"Reshape", "Flatten", "Permute", "Transpose", "Squeeze", "ExpandDims", "Identity", "RepeatVector"}
_PASSING |= {f"{kind}{rank}D" for kind in ("Cropping", "UpSampling", "SpatialDropout") for rank in (1, 2, 3)}
# Of use in training only.
_PASSING |= {"Dropout", "AlphaDropout", "GaussianDropout", "GaussianNoise", "ActivityRegularization"}

_NEVER_NEGATIVE = ("relu", "relu6", "exponential", "softplus", "squareplus", "sparse_plus")

_BINARY = ("binary_crossentropy", "binary_focal_crossentropy")
_NOT_OF_PIXELS = {
    "kl_divergence": "compares distributions, whose numbers add up to 1",
    "cosine_similarity": "compares directions, whatever the brightness",
    "hinge": "compares signs, -1 and 1",
    "squared_hinge": "compares signs, -1 and 1",
}
_NOT_OF_PIXELS |= dict.fromkeys(
    (
        *("categorical_crossentropy", "categorical_focal_crossentropy", "sparse_categorical_crossentropy"),
        *("categorical_generalized_cross_entropy", "categorical_hinge"),
    ),
    "takes each row of pixels for one choice among classes",
)
_ROUNDING = 1e-6
_TO_USE = "use 'binary_crossentropy' or 'mse'"


def check_loss(network: keras.Model, loss, images: np.ndarray) -> None:
    """Compare a network's last activation with the loss.

    Where that is not known, the network's output for some images stands for it in cross-entropy, and any
    other loss passes. Warns of a last ReLU, of a softmax, and of squared errors of logits.

    Raises:
        ValueError: for cross-entropy of an output that leaves (0, 1), or of logits that cannot be any number,
            for a Poisson loss of an output that may be negative, and for what is no loss of images.
    """
    kind, from_logits = _kind(loss)
    activation = last_activation(network)
    if kind in _NOT_OF_PIXELS:
        raise ValueError(f"loss must compare pixels, got {kind}, which {_NOT_OF_PIXELS[kind]}: {_TO_USE}")
    if activation is None:
        if kind not in _BINARY or from_logits or not (reach := _reach_beyond(network, images)):
            return
        ends = reach
    else:
        ends = "the network ends " + ("without one" if activation == "linear" else f"with {activation!r}")
    sigmoid = "end with a sigmoid (output_activation='sigmoid')"
    if kind in _BINARY and from_logits:
        if activation not in _ANY_NUMBER:
            raise ValueError(
                f"with from_logits=True the output must be free to be any number, and {ends}: leave "
                f"from_logits out and {sigmoid}, or end without an activation"
            )
        _warn(
            "the network gives logits, and squared errors are those of the logits: take keras.ops.sigmoid "
            "of its output before you measure"
        )
    elif kind in _BINARY and activation not in _FROM_0_TO_1:
        why = "whose numbers add up to 1" if activation in _SUM_TO_1 else "so its pixels leave (0, 1)"
        remedy = sigmoid
        if activation not in _SUM_TO_1:
            remedy += ", or use loss='mse'"
        if activation is None or activation in _ANY_NUMBER:
            remedy += ", or" + ", if it has no activation," * (activation is None)
            remedy += " loss=keras.losses.BinaryCrossentropy(from_logits=True) (a recipe takes names only)"
        raise ValueError(f"{kind} needs an activation that stays in (0, 1), and {ends}, {why}: {remedy}")
    elif kind == "poisson" and activation not in (*_NEVER_NEGATIVE, *_FROM_0_TO_1, *_SUM_TO_1):
        raise ValueError(
            f"poisson needs an activation that stays above 0, and {ends}, so its pixels may be negative: "
            f"{sigmoid}, or use loss='mse'"
        )
    elif activation in ("relu", "relu6"):
        _warn(
            f"{ends}: a pixel whose input falls below zero gets no gradient and may stay black; {sigmoid}, "
            f"or without an activation"
        )
    elif activation in _SUM_TO_1:
        _warn(f"{ends}, whose numbers add up to 1: the pixels of an image do not; {sigmoid}")


def check_output_activation(activation) -> None:
    """Raise ValueError for an activation that makes the pixels of an image add up to 1."""
    if activation_name(activation) in (*_SUM_TO_1, "log_softmax"):
        raise ValueError(
            f"output_activation must leave each pixel to itself, got {activation!r}, which makes numbers "
            f"that add up to 1: use 'sigmoid'"
        )


def last_activation(layer) -> str | None:
    """Return the name of the activation that a network's (or a layer's) output comes from.

    Nested networks are entered, and layers that reshape or repeat are passed. "linear" stands for none, and
    `None` for what is not known: a layer or an activation that is not Keras' own, a subclassed network.
    """
    if isinstance(layer, keras.Model):
        # Sorted by depth: while each of the last ones has one input, the one before it is that input.
        operations = layer.layers if isinstance(layer, keras.Sequential) else getattr(layer, "operations", ())
        for operation in reversed(operations):
            if type(operation).__name__ not in _PASSING:
                return last_activation(operation)
        return None
    if not type(layer).__module__.startswith("keras."):
        return None
    kind = type(layer).__name__
    if isinstance(layer, keras.layers.TimeDistributed):
        return last_activation(layer.layer)
    if not isinstance(layer, keras.layers.Layer):  # an operation, such as keras.ops.sigmoid
        words = "".join("_" + letter.lower() if letter.isupper() else letter for letter in kind)
        return words[1:] if words[1:] in _NAMES else None
    return _OF_LAYERS.get(kind) or activation_name(getattr(layer, "activation", None))


def activation_name(activation) -> str | None:
    """Return the name of an activation of Keras' own, given by name, as function or as layer; or `None`."""
    if isinstance(activation, keras.layers.Layer):
        return last_activation(activation)
    if isinstance(activation, str):
        activation = keras.activations.get(activation)
    return next((n for n in _NAMES if activation and getattr(keras.activations, n, None) is activation), None)


def _kind(loss) -> tuple[str | None, bool]:
    """Return the name of a loss that is looked at here (`None` for another), and whether it takes logits."""
    if isinstance(loss, list | tuple) and len(loss) == 1:
        (loss,) = loss
    if getattr(loss, "__module__", None) == "aeutils.metrics":
        raise ValueError(
            f"loss must be computed from tensors, got aeutils.metrics.{loss.__name__}, which measures "
            f"arrays: use 'binary_crossentropy', 'mse' or 'mae', by these names"
        )
    try:
        loss = keras.losses.get(loss)
    except (ValueError, TypeError) as error:
        if not isinstance(loss, str):
            return None, False  # `compile` takes a dictionary, too
        raise ValueError(f"loss must be a Keras loss or its name, got {loss!r}: {_TO_USE}") from error
    if loss is None:
        raise ValueError(f"loss must be a Keras loss or its name, got None: {_TO_USE}")
    function = getattr(loss, "fn", None) if type(loss).__module__.startswith("keras.") else loss
    names = (*_BINARY, *_NOT_OF_PIXELS, "poisson")
    name = next((name for name in names if getattr(keras.losses, name, loss) is function), None)
    return name, name is not None and getattr(loss, "from_logits", False)


def _reach_beyond(network: keras.Model, images: np.ndarray) -> str | None:
    """Say how far a network's output for images leaves [0, 1], if it does; no state changes."""
    with keras.StatelessScope():
        output = keras.tree.flatten(network(images, training=False))[0]
    low, high = float(keras.ops.min(output)), float(keras.ops.max(output))
    if low >= -_ROUNDING and high <= 1 + _ROUNDING:
        return None
    return f"the network, untrained, gives pixels from {low:.3g} to {high:.3g}"


def _warn(words: str) -> None:
    warnings.warn(words, stacklevel=4)  # the line that calls fit
