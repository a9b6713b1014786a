"""The builders: sizes by hand, forward passes against NumPy, weights that are shared."""

from aeutils.models import build_autoencoder, build_decoder, build_encoder, join
import keras
from keras import ops
import numpy as np
import pytest

IMAGES = np.random.default_rng(0).random((5, 28, 28)).astype("float32")


def output(model, inputs):
    return ops.convert_to_numpy(model(inputs))


def count_by_hand(sizes):
    return sum(m * n + n for m, n in zip(sizes[:-1], sizes[1:], strict=True))


def same_weights(one, other):
    return all(np.array_equal(a, b) for a, b in zip(one.get_weights(), other.get_weights(), strict=True))


@pytest.mark.parametrize("code_size, widths", [(1, ()), (3, (6,)), (3, [6, 4])])
def test_shapes_and_parameters(code_size, widths):
    encoder, decoder, autoencoder = build_autoencoder(code_size, widths)
    codes = output(encoder, IMAGES)
    assert codes.shape == (5, code_size)
    assert output(decoder, codes).shape == output(autoencoder, IMAGES).shape == (5, 28, 28)
    sizes = [784, *widths, code_size]
    assert encoder.count_params() == count_by_hand(sizes)
    assert decoder.count_params() == count_by_hand(sizes[::-1])
    assert autoencoder.count_params() == encoder.count_params() + decoder.count_params()


def test_encoder_as_numpy():
    encoder = build_encoder(3, (6, 4))
    w1, b1, w2, b2, w3, b3 = encoder.get_weights()
    hidden = np.maximum(IMAGES.reshape(5, 784) @ w1 + b1, 0)
    hidden = np.maximum(hidden @ w2 + b2, 0)
    np.testing.assert_allclose(output(encoder, IMAGES), hidden @ w3 + b3, atol=1e-5)


def test_decoder_as_numpy():
    decoder = build_decoder(3, (6,), activation="tanh")
    codes = np.random.default_rng(1).normal(size=(5, 3)).astype("float32")
    w1, b1, w2, b2 = decoder.get_weights()
    pixels = 1 / (1 + np.exp(-(np.tanh(codes @ w1 + b1) @ w2 + b2)))
    np.testing.assert_allclose(output(decoder, codes), pixels.reshape(5, 28, 28), atol=1e-5)


def test_activations_of_code_and_pixels():
    activations = dict(code_activation="relu", output_activation=None)
    encoder, decoder, _ = build_autoencoder(3, seed=0, **activations)
    assert (output(encoder, IMAGES) >= 0).all()
    pixels = output(decoder, np.full((5, 3), 100, "float32"))
    assert pixels.min() < 0 and pixels.max() > 1


def test_autoencoder_is_its_two_halves():
    encoder, decoder, autoencoder = build_autoencoder(3, (6,))
    in_two_steps = output(decoder, output(encoder, IMAGES))
    np.testing.assert_allclose(output(autoencoder, IMAGES), in_two_steps, atol=1e-6)


@pytest.mark.parametrize("half", [0, 1])
def test_halves_share_their_weights_with_the_autoencoder(half):
    models = build_autoencoder(3, (6,))
    before = output(models[2], IMAGES)
    models[half].set_weights([weights + 0.1 for weights in models[half].get_weights()])
    assert np.abs(output(models[2], IMAGES) - before).max() > 1e-3


def test_names():
    encoder, decoder, autoencoder = build_autoencoder(3, (6, 5))
    assert (encoder.name, decoder.name, autoencoder.name) == ("encoder", "decoder", "autoencoder")
    assert [layer.name for layer in encoder.layers] == ["flatten", "hidden_1", "hidden_2", "code"]
    assert [layer.name for layer in decoder.layers] == [
        "hidden_1",
        "hidden_2",
        "pixels",
        "reconstructions",
    ]


def test_seeds():
    first, second, other = (build_autoencoder(3, (6,), seed=seed)[2] for seed in (4, 4, 5))
    assert same_weights(first, second)
    assert not same_weights(first, other)
    assert not same_weights(build_autoencoder(3)[2], build_autoencoder(3)[2])


@pytest.mark.parametrize("initializer", ["he_normal", keras.initializers.RandomNormal(stddev=0.05)])
def test_layers_of_one_shape_start_from_different_numbers(initializer):
    encoder, decoder, _ = build_autoencoder(8, (8, 8), kernel_initializer=initializer)
    for half in (encoder, decoder):
        square = [weights for weights in half.get_weights() if weights.shape == (8, 8)]
        assert len(square) == 2 and not np.array_equal(*square)


def test_initializers_are_used():
    normal = keras.initializers.RandomNormal(stddev=0.02, seed=1)
    encoder, decoder, _ = build_autoencoder(3, kernel_initializer=normal)
    zeros = build_decoder(3, (6,), kernel_initializer="zeros")
    for weights in (encoder.get_weights()[0], decoder.get_weights()[0]):
        assert weights.std() == pytest.approx(0.02, rel=0.1)
    assert all((weights == 0).all() for weights in zeros.get_weights())


def test_numpy_sizes_and_saving(tmp_path):
    """NumPy's whole numbers are no obstacle to Keras, nor to its files."""
    _, _, autoencoder = build_autoencoder(np.int64(3), (np.int32(6),))
    autoencoder.save(tmp_path / "autoencoder.keras")
    loaded = keras.saving.load_model(tmp_path / "autoencoder.keras")
    np.testing.assert_array_equal(output(loaded, IMAGES), output(autoencoder, IMAGES))


@pytest.mark.parametrize("build", [build_encoder, build_decoder, build_autoencoder])
@pytest.mark.parametrize("code_size", [0, -2, 2.0, "30", None, True])
def test_wrong_code_sizes(build, code_size):
    with pytest.raises(ValueError, match=f"code_size must .* at least 1, got {code_size!r}: it is"):
        build(code_size)


@pytest.mark.parametrize("build", [build_encoder, build_decoder, build_autoencoder])
@pytest.mark.parametrize("width", [0, -5, 64.0, "64", None, True])
def test_wrong_widths(build, width):
    with pytest.raises(ValueError) as caught:
        build(3, (6, width, 5))
    assert str(caught.value) == (
        f"each of the widths must be a whole number of at least 1, got {width!r}: "
        f"in {(6, width, 5)} it is how many units each hidden layer has"
    )


@pytest.mark.parametrize("build", [build_encoder, build_decoder, build_autoencoder])
@pytest.mark.parametrize("widths", [128, np.int64(128), "128", b"128", 64.0, None, np.array(128)])
def test_widths_that_are_no_sequence(build, widths):
    with pytest.raises(ValueError) as caught:
        build(3, widths)
    assert str(caught.value) == (
        f"widths must be a sequence such as (128,), got {widths!r}: write one hidden layer of 128 units as "
        f"(128,), with its comma, and none as ()"
    )


@pytest.mark.parametrize("widths", [iter((6, 5)), np.array([6, 5]), range(6, 4, -1)])
def test_widths_of_any_sequence_mirrored(widths):
    encoder, decoder, _ = build_autoencoder(3, widths)
    assert [layer.units for layer in encoder.layers[1:]] == [6, 5, 3]
    assert [layer.units for layer in decoder.layers[:-1]] == [5, 6, 784]


@pytest.mark.parametrize("shape", [(8, 6), (8, 6, 1), (8, 6, 3), [np.int64(8), 6], np.array([8, 6, 4])])
def test_images_of_any_size(shape):
    encoder, decoder, autoencoder = build_autoencoder(3, (6,), image_shape=shape)
    images = np.zeros((2, *shape), "float32")
    assert output(encoder, images).shape == (2, 3)
    assert output(autoencoder, images).shape == output(decoder, np.zeros((2, 3))).shape == images.shape
    assert autoencoder.count_params() == 2 * np.prod(shape) * 6 + np.prod(shape) + 6 + 2 * 18 + 3 + 6
    assert all(type(side) is int for side in encoder.input_shape[1:])


@pytest.mark.parametrize("build", [build_encoder, build_decoder, build_autoencoder])
@pytest.mark.parametrize(
    "shape, message",
    [
        (28, r"\(height, width\) or \(height, width, channels\), got 28: pass that of one image"),
        ((28,), r"got \(28,\): pass that of one image, x_train.shape\[1:\]"),
        ((60, 28, 28, 1), "got .*: pass that of one image"),
        ("28", "got '28': pass that of one image"),
        ((28, 0), r"a side must be .* at least 1, got 0: in image_shape=\(28, 0\) it counts pixels"),
        ((28, 28.0), "a side must be .* got 28.0: in image_shape"),
        ((60, 28, 28), "the last part must be a whole number from 1 to 4, got 28: .* it counts channels"),
    ],
)
def test_wrong_image_shapes(build, shape, message):
    with pytest.raises(ValueError, match=message):
        build(3, image_shape=shape)


@pytest.mark.parametrize(
    "activation", ["softmax", "log_softmax", keras.activations.softmax, keras.layers.Softmax()]
)
@pytest.mark.parametrize("build", [build_decoder, build_autoencoder])
def test_pixels_do_not_add_up_to_one(build, activation):
    message = "output_activation must leave each pixel to itself, got .*softmax.* add up to 1: use 'sigmoid'"
    with pytest.raises(ValueError, match=message.replace("softmax", "(?i:softmax)")):
        build(3, output_activation=activation)


@pytest.mark.parametrize("seed", [-1, 2**32, 1.0, "0", True])
def test_wrong_seeds(seed):
    with pytest.raises(ValueError, match=f"seed must be a whole number from 0 to 4294967295, got {seed!r}"):
        build_autoencoder(3, seed=seed)


def test_join_goes_on_sharing():
    encoder, decoder = build_encoder(3), build_decoder(3)
    autoencoder = join(encoder, decoder)
    encoder.set_weights([weights * 0 for weights in encoder.get_weights()])
    np.testing.assert_allclose(output(autoencoder, IMAGES), 0.5)  # the sigmoid of a code of zeros


def test_join_of_halves_that_do_not_fit():
    message = r"codes of shape \(3,\), the decoder takes \(4,\): build both with the same code_size"
    with pytest.raises(ValueError, match=message):
        join(build_encoder(3), build_decoder(4))


@pytest.mark.parametrize("halves, got", [((1, 2), "int and int"), ((None, "a"), "NoneType and str")])
def test_join_of_what_are_no_halves(halves, got):
    message = f"must be Keras models, got {got}: pass what build_encoder and build_decoder give"
    with pytest.raises(ValueError, match=f"^encoder and decoder {message}$"):
        join(*halves)
