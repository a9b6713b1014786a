"""The network that looks twice: what its encoder computes, and that it is trained once and kept."""

from dataclasses import replace

from aeutils import record
from aeutils.data import Mnist
from aeutils.record import RecordRecipe, build_looking, trained_record
import keras
import numpy as np
import pytest

RECIPE = RecordRecipe(
    code_size=3, widths=(8,), decoder_widths=(8,), again_widths=(6,), optimizer="adam", learning_rate=1e-3,
    batch_size=16, epochs=2,
)  # fmt: skip
generator = np.random.default_rng(0)
IMAGES = [generator.random((n, 28, 28)).astype("float32") for n in (40, 12, 12)]
DATA = Mnist(IMAGES[0], None, IMAGES[1], None, IMAGES[2], None, "own")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("AEUTILS_CACHE", str(tmp_path / "networks"))
    monkeypatch.setenv("AEUTILS_PROGRESS", "off")
    return tmp_path / "networks"


def by_hand(weights, images, looks):
    """The code that NumPy gets from the weights of a network of `RECIPE`'s layers."""

    def gelu(h):
        return np.array(keras.activations.gelu(h))

    e1, a1, e2, a2, d1, b1, d2, b2, s1, c1, s2, c2 = weights
    flat = images.reshape(len(images), -1)
    code = gelu(flat @ e1 + a1) @ e2 + a2
    for _ in range(looks - 1):
        image = 1 / (1 + np.exp(-(gelu(code @ d1 + b1) @ d2 + b2)))
        seen = np.concatenate([flat - image, image, code], axis=1)
        code = code + gelu(seen @ s1 + c1) @ s2 + c2
    return code


@pytest.mark.parametrize("looks", [2, 3])
def test_the_encoder_corrects_its_code_by_what_it_sees(looks):
    encoder, decoder, autoencoder = build_looking(3, (8,), (8,), looks, (6,), seed=1)
    weights = [np.array(keras.ops.convert_to_numpy(w.value)) for w in encoder.weights]
    assert np.allclose(encoder.predict(IMAGES[1], verbose=0), by_hand(weights, IMAGES[1], looks), atol=1e-4)
    whole = autoencoder.predict(IMAGES[1], verbose=0)
    halves = decoder.predict(encoder.predict(IMAGES[1], verbose=0), verbose=0)
    assert whole.shape == IMAGES[1].shape and np.allclose(whole, halves, atol=1e-5)


def test_looks_are_counted_from_one():
    with pytest.raises(ValueError, match="1 is a plain encoder"):
        build_looking(3, (8,), (8,), 0)


def test_the_second_look_adds_weights_to_the_encoder_alone():
    once = build_looking(3, (8,), (8,), 1, seed=1)
    twice = build_looking(3, (8,), (8,), 2, (6,), seed=1)
    more = (784 + 784 + 3 + 1) * 6 + (6 + 1) * 3
    assert twice[2].count_params() - once[2].count_params() == more
    assert twice[1].count_params() == once[1].count_params()


@pytest.mark.slow
def test_it_is_trained_once_and_kept(folder, monkeypatch):
    trained = trained_record(RECIPE, DATA, seed=2)
    assert len(trained.training.history["loss"]) == 2 and len(list(folder.iterdir())) == 1
    monkeypatch.setattr(record, "train_record", None)  # would fail
    again = trained_record(RECIPE, DATA, seed=2)
    assert again.training == trained.training
    for one, other in zip(again.autoencoder.get_weights(), trained.autoencoder.get_weights(), strict=True):
        assert np.array_equal(one, other)


@pytest.mark.slow
def test_another_recipe_seed_or_data_is_another_network():
    keys = {
        record._key(recipe, data, seed)
        for recipe in (RECIPE, replace(RECIPE, options=(("weight_decay", 0.1),)))
        for data in (DATA, DATA._replace(x_train=IMAGES[0][:30]))
        for seed in (0, 1)
    }
    assert len(keys) == 8


@pytest.mark.slow
def test_a_spoiled_file_is_replaced(folder):
    trained_record(RECIPE, DATA, seed=2)
    (file,) = folder.iterdir()
    file.write_bytes(b"spoiled")
    with pytest.warns(UserWarning, match="training anew and replacing it"):
        trained_record(RECIPE, DATA, seed=2)
    assert file.stat().st_size > 1000


def test_earlier_looks_count_in_the_loss_of_training_only():
    _, _, network = build_looking(3, (8,), (8,), 3, (6,), 0.2, seed=1)
    network.compile(keras.optimizers.SGD(0.0), "binary_crossentropy")
    images = IMAGES[0][:16]
    plain = network.evaluate(images, images, verbose=0)
    # At the start the three looks are all but alike, for a later one adds next to nothing.
    assert np.isclose(network.train_on_batch(images, images), 1.4 * plain, rtol=0.05)
    assert np.isclose(network.evaluate(images, images, verbose=0), plain)
