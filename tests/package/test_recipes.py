"""Networks that are trained once: what is kept, what a key depends on, what may go wrong."""

from dataclasses import asdict, fields, replace
import errno
import inspect
from pathlib import Path
import warnings

from aeutils import provenance, recipes
from aeutils.data import Mnist
from aeutils.models import build_autoencoder, build_decoder, build_encoder
from aeutils.recipes import Recipe, trained_autoencoder
from aeutils.training import fit
import keras
import numpy as np
import pytest

pytestmark = pytest.mark.slow

RECIPE = Recipe(code_size=2, widths=(4,), epochs=2, batch_size=16)
generator = np.random.default_rng(0)
IMAGES = [generator.random((n, 28, 28)).astype("float32") for n in (40, 12, 12)]
LABELS = [np.zeros(n, "int64") for n in (40, 12, 12)]
parts = [part for pair in zip(IMAGES, LABELS, strict=True) for part in pair]
DATA = Mnist(*parts, "sample")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The cache folder; it does not exist yet."""
    monkeypatch.setenv("AEUTILS_CACHE", str(tmp_path / "networks"))
    monkeypatch.setenv("AEUTILS_PROGRESS", "off")
    return tmp_path / "networks"


@pytest.fixture(scope="module")
def trained():
    """One network, really trained."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("AEUTILS_PROGRESS", "off")
        return recipes.train(RECIPE, DATA, seed=3)


@pytest.fixture
def trainings(trained, monkeypatch):
    """Hand out that network instead of training; the list shows for which recipes and seeds."""
    calls = []

    def train(recipe, data, seed=0):
        calls.append((recipe, seed))
        return replace(trained, recipe=recipe)

    monkeypatch.setattr(recipes, "train", train)
    return calls


@pytest.fixture
def kept(folder, trainings):
    """The file of a network that is in the cache folder."""
    trained_autoencoder(RECIPE, DATA, seed=3)
    trainings.clear()
    (path,) = folder.iterdir()
    return path


def assert_same_network(found, expected):
    assert (found.recipe, found.training) == (expected.recipe, expected.training)
    pairs = zip(found.autoencoder.get_weights(), expected.autoencoder.get_weights(), strict=True)
    assert all(np.array_equal(a, b) for a, b in pairs)


def quietly(*arguments):
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        return trained_autoencoder(*arguments)


def test_what_a_recipe_gives(trained):
    assert trained.recipe == RECIPE
    assert trained.parameters == (784 * 4 + 4) + (4 * 2 + 2) + (2 * 4 + 4) + (4 * 784 + 784)
    found = trained.reconstruct(DATA.x_test)
    assert found.shape == (12, 28, 28) and 0 < found.min() < found.max() < 1
    codes = trained.encoder.predict(DATA.x_test, verbose=0)
    assert codes.shape == (12, 2)
    in_two_steps = trained.decoder.predict(codes, verbose=0)
    np.testing.assert_allclose(found, in_two_steps, atol=1e-6)
    assert len(trained.training.history["val_loss"]) == 2


@pytest.fixture
def given(monkeypatch):
    """What `recipes.train` passes to `fit`, which does not run."""
    options = {}

    def fit(autoencoder, x_train, x_val, **others):
        options.update(others, x_train=x_train, x_val=x_val)

    monkeypatch.setattr(recipes, "fit", fit)
    return options


def test_every_choice_reaches_the_training(given):
    choices = dict(
        loss="mse", optimizer="adamw", learning_rate=0.01, schedule="cosine",
        max_shift=1, batch_size=7, epochs=9,
    )  # fmt: skip
    activations = dict(activation="gelu", code_activation="relu", output_activation=None)
    recipe = Recipe(3, (6, 5), **activations, **choices, kernel_initializer="zeros", epsilon=1e-9)
    network = recipes.train(recipe, DATA, seed=8)
    assert given.pop("x_train") is DATA.x_train and given.pop("x_val") is DATA.x_val
    extra = {"optimizer_options": {"epsilon": 1e-9}, "seed": 8, "jit_compile": "auto"}
    assert given == choices | extra
    layers = network.encoder.layers[1:] + network.decoder.layers[:-1]
    assert [layer.units for layer in layers] == [6, 5, 3, 5, 6, 784]
    names = [layer.activation.__name__ for layer in layers]
    assert names == ["gelu", "gelu", "relu", "gelu", "gelu", "linear"]
    assert not any(keras.ops.convert_to_numpy(layer.kernel).any() for layer in layers)
    recipes.train(RECIPE, DATA)
    assert not given["optimizer_options"] and given["seed"] == 0


@pytest.mark.parametrize("epochs, worth_it", [(2499, False), (2500, True)])
def test_a_long_training_is_compiled_under_tensorflow(given, epochs, worth_it):
    recipes.train(Recipe(2, (4,), epochs=epochs, batch_size=20), DATA)  # two steps an epoch
    compiled = worth_it and keras.backend.backend() == "tensorflow"
    assert given["jit_compile"] == (True if compiled else "auto")


def test_seed_decides_the_initial_weights(monkeypatch):
    monkeypatch.setattr(recipes, "fit", lambda *_, **__: None)
    first, second, other = (recipes.train(RECIPE, DATA, seed) for seed in (4, 4, 5))
    assert np.array_equal(first.encoder.get_weights()[0], second.encoder.get_weights()[0])
    assert not np.array_equal(first.encoder.get_weights()[0], other.encoder.get_weights()[0])


def test_the_second_call_reads_what_the_first_has_kept(folder, trained, trainings):
    first = quietly(RECIPE, DATA, 3)
    second = quietly(RECIPE, DATA, 3)
    assert trainings == [(RECIPE, 3)]
    assert second is not first
    assert_same_network(second, trained)
    assert second.training.seconds == trained.training.seconds > 0
    np.testing.assert_array_equal(second.reconstruct(DATA.x_test), trained.reconstruct(DATA.x_test))
    assert [path.suffix for path in folder.iterdir()] == [".npz"]


def test_a_network_from_the_cache_has_halves_that_share_its_weights(kept):
    network = trained_autoencoder(RECIPE, DATA, seed=3)
    before = network.reconstruct(DATA.x_test)
    network.encoder.set_weights([weights + 1 for weights in network.encoder.get_weights()])
    assert not np.array_equal(network.reconstruct(DATA.x_test), before)


def test_defaults_are_the_same_everywhere():
    """What a builder or `fit` does unless told otherwise, a recipe does, too."""
    defaults = {field.name: field.default for field in fields(Recipe)}
    compared = set()
    for function in (build_encoder, build_decoder, build_autoencoder, fit):
        for name, parameter in inspect.signature(function).parameters.items():
            if name in defaults and name not in ("code_size", "widths"):  # a recipe names both
                assert parameter.default == defaults[name], (function.__name__, name)
                compared.add(name)
    assert compared == set(defaults) - {"code_size", "widths", "epsilon"}


IN_COLOUR = [generator.random((n, 8, 6, 3)).astype("float32") for n in (40, 12, 12)]
OWN = Mnist(IN_COLOUR[0], None, IN_COLOUR[1], None, IN_COLOUR[2], None, "own")


def test_own_images_of_any_size(folder):
    first, second = (quietly(RECIPE, OWN, 3) for _ in range(2))
    assert first.autoencoder.input_shape == first.autoencoder.output_shape == (None, 8, 6, 3)
    assert first.parameters == (144 * 4 + 4) + (4 * 2 + 2) + (2 * 4 + 4) + (4 * 144 + 144)
    found = second.reconstruct(OWN.x_test)
    np.testing.assert_array_equal(found, first.reconstruct(OWN.x_test))
    assert found.shape == (12, 8, 6, 3) and len(list(folder.iterdir())) == 1


def test_the_same_bytes_as_images_of_another_shape(kept, trainings):
    other = DATA._replace(**{x: getattr(DATA, x).reshape(-1, 14, 56) for x in ("x_train", "x_val")})
    trained_autoencoder(RECIPE, other, seed=3)
    assert len(trainings) == 1


@pytest.mark.parametrize(
    "images, message",
    [
        ((DATA.x_test * 255).astype("uint8"), "floating-point numbers .* got uint8: use .* / 255"),
        (DATA.x_test * 255, "must lie in .* divide by 255"),
        (DATA.x_test[0], r"must be \(n, 28, 28\), got \(28, 28\): use .reshape\(-1, 28, 28\)"),
        (DATA.x_test[..., None], r"got \(12, 28, 28, 1\): use .reshape"),
        (DATA.x_test.reshape(12, 784), r"got \(12, 784\): .*use .reshape"),
        (IN_COLOUR[0], r"got \(40, 8, 6, 3\): resize them to 28 by 28"),
        (DATA.x_test * np.nan, "images must be finite"),
    ],
)
def test_what_cannot_be_reconstructed(trained, images, message):
    with pytest.raises(ValueError, match=message):
        trained.reconstruct(images)


@pytest.mark.parametrize("train", [recipes.train, trained_autoencoder])
@pytest.mark.parametrize("data", [tuple(IMAGES), IMAGES[0], DATA._asdict(), None, tuple(DATA)])
def test_what_is_no_mnist(train, data):
    message = (
        f"data must be what load_mnist gives, got {type(data).__name__}: .* "
        r"Mnist\(x_train, y_train, x_val, y_val, x_test, y_test, 'own'\)"
    )
    with pytest.raises(ValueError, match=message):
        train(RECIPE, data)
    with pytest.raises(ValueError, match="recipe must be a Recipe, got Mnist: pass the recipe first"):
        train(DATA, RECIPE)
    with pytest.raises(ValueError, match="seed must be a whole number .* got 1.0"):
        train(RECIPE, DATA, 1.0)


def test_data_without_validation_images():
    message = (
        "data.x_val must be images, which pick the best epoch, got None: set some apart first, such as x_"
    )
    for train in (recipes.train, trained_autoencoder):
        with pytest.raises(ValueError, match=message):
            train(RECIPE, DATA._replace(x_val=None))


@pytest.mark.parametrize("train", [recipes.train, trained_autoencoder])
def test_images_that_are_none(train):
    several = [np.zeros((28, 28)), np.zeros((30, 30))]
    for part in ("x_train", "x_val"):
        with pytest.raises(
            ValueError, match=f"data.{part} must be an array of images, got .* resize or crop them all"
        ):
            train(RECIPE, DATA._replace(**{part: several}))
    with pytest.raises(
        ValueError, match="got 12 of which 12 are training images: set some apart .* train on$"
    ):
        train(RECIPE, DATA._replace(x_val=DATA.x_train[3:15]))


@pytest.mark.parametrize("train", [recipes.train, trained_autoencoder])
@pytest.mark.parametrize("name", ["batch_size", "epochs"])
@pytest.mark.parametrize("number", [0, "2", None, 2.5])
def test_wrong_numbers_in_a_recipe(train, name, number):
    message = f"{name} must be a whole number of at least 1, got {number!r}: choose one in the recipe"
    with pytest.raises(ValueError, match=message):
        train(replace(RECIPE, **{name: number}), DATA)


@pytest.mark.parametrize(
    "name, choice", [("loss", keras.losses.Huber()), ("activation", keras.activations.relu)]
)
def test_a_recipe_to_keep_has_names_only(name, choice):
    message = f"a recipe whose network is kept must have names and plain numbers only, got {name}=<"
    with pytest.raises(ValueError, match=f"{message}.*: write them so, such as loss='mse'"):
        trained_autoencoder(replace(RECIPE, **{name: choice}), DATA)


OTHER_CHOICES = dict(
    code_size=3, widths=(5,), activation="tanh", code_activation="relu", output_activation=None,
    kernel_initializer="he_normal", loss="mse", optimizer="sgd", learning_rate=0.1, schedule="cosine",
    epsilon=1e-9, max_shift=1, batch_size=8, epochs=3,
)  # fmt: skip


@pytest.mark.parametrize("name", list(asdict(RECIPE)))
def test_another_choice_is_another_network(kept, trainings, name):
    other = replace(RECIPE, **{name: OTHER_CHOICES[name]})
    trained_autoencoder(other, DATA, seed=3)
    assert trainings == [(other, 3)]


@pytest.mark.parametrize(
    "change, restore",
    [
        (
            lambda: keras.config.set_dtype_policy("mixed_bfloat16"),
            lambda: keras.config.set_dtype_policy("float32"),
        ),
        (lambda: keras.config.set_floatx("float64"), lambda: keras.config.set_floatx("float32")),
    ],
)
def test_another_precision_is_another_network(kept, trainings, change, restore):
    change()
    try:
        trained_autoencoder(RECIPE, DATA, seed=3)
    finally:
        restore()
    assert trainings == [(RECIPE, 3)]


def test_another_seed_is_another_network(kept, trainings):
    trained_autoencoder(RECIPE, DATA, seed=4)
    assert trainings == [(RECIPE, 4)]


@pytest.mark.parametrize("part, again", [("x_train", 1), ("x_val", 1), ("x_test", 0), ("y_train", 0)])
def test_other_data_are_another_network_where_the_training_sees_them(kept, trainings, part, again):
    changed = getattr(DATA, part).copy()
    changed.flat[5] = 1 - changed.flat[5]
    trained_autoencoder(RECIPE, DATA._replace(**{part: changed}), seed=3)
    assert len(trainings) == again


def test_other_code_is_another_network(kept, trainings, monkeypatch):
    hashes = provenance.module_hashes
    seen = set()

    def changed(source):
        reached = provenance.definitions.closure([source], left_out=provenance.LEFT_OUT).modules
        seen.update(name for found in reached.values() for one in found for name in one.defines)
        return hashes(source) | {"aeutils.training": "another hash"}

    monkeypatch.setattr(provenance, "module_hashes", changed)
    trained_autoencoder(RECIPE, DATA, seed=3)
    assert trainings == [(RECIPE, 3)]
    assert {"train", "fit", "Recipe", "build_autoencoder", "move_images", "check_images"} <= seen
    assert {"check_network", "check_loss", "Watch"} <= seen
    assert not {"load_mnist", "trained_autoencoder", "BEST", "check_codes", "use_style"} & seen


@pytest.mark.parametrize(
    "change, again",
    [
        (lambda now: {"versions": now["versions"] | {"keras": "9.9"}}, 1),
        (lambda now: {"versions": now["versions"] | {"numpy": "9.9"}}, 1),
        (lambda now: {"backend": "another"}, 1),
        (lambda now: {"device": "another"}, 0),
    ],
)
def test_other_versions_are_another_network(kept, trainings, monkeypatch, change, again):
    now = provenance.environment()
    monkeypatch.setattr(provenance, "environment", lambda: now | change(now))
    trained_autoencoder(RECIPE, DATA, seed=3)
    assert len(trainings) == again


def without_training(path):
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files if name != "training"}
    np.savez(path, **arrays)


def of_another_shape(path):
    with np.load(path) as file:
        arrays = dict(file)
    np.savez(path, **arrays | {"weight_0": np.zeros((3, 3))})


def one_byte_off(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"no archive at all"),
        lambda path: path.write_bytes(path.read_bytes()[:3000]),
        lambda path: np.savez(path, training=np.array({"a": 1}, object)),
        one_byte_off,
        without_training,
        of_another_shape,
    ],
)
def test_a_damaged_file_is_replaced(kept, trained, trainings, damage):
    damage(kept)
    message = "cannot be read .*: training anew and replacing"
    with pytest.warns(UserWarning, match=message) as caught:
        network = trained_autoencoder(RECIPE, DATA, seed=3)
    (warning,) = (warning for warning in caught if warning.category is UserWarning)
    assert str(kept) in str(warning.message)
    assert warning.filename == __file__  # it points at the reader's line
    assert trainings == [(RECIPE, 3)]
    assert_same_network(network, trained)
    assert_same_network(quietly(RECIPE, DATA, 3), trained)
    assert len(trainings) == 1
    assert list(kept.parent.iterdir()) == [kept]


def test_an_unreadable_file_costs_a_training(kept, trained, trainings, monkeypatch):
    def load(*_, **__):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(np, "load", load)
    with pytest.warns(UserWarning, match="cannot be read .*Permission denied.*: training anew"):
        assert_same_network(trained_autoencoder(RECIPE, DATA, seed=3), trained)
    assert len(trainings) == 1


@pytest.mark.parametrize("below", ["", "a/folder"])
def test_a_folder_that_cannot_be_written_costs_a_warning(folder, trained, trainings, below, monkeypatch):
    folder.write_text("a file where the folder should be")
    monkeypatch.setenv("AEUTILS_CACHE", str(folder / below))
    message = "could not be kept in .*: it will be trained again next time; name a folder that can"
    for count in (1, 2):
        with pytest.warns(UserWarning, match=message) as caught:
            network = trained_autoencoder(RECIPE, DATA, seed=3)
        warned = [warning for warning in caught if warning.category is UserWarning]
        assert [warning.filename for warning in warned] == [__file__]
        assert_same_network(network, trained)
        assert len(trainings) == count
    assert folder.read_text() == "a file where the folder should be"
    assert list(folder.parent.iterdir()) == [folder]


@pytest.fixture
def interrupted(monkeypatch):
    """Make saving end half way with an error."""

    def interrupt(error):
        def savez(file, **_):
            file.write(b"half of it")
            raise error

        monkeypatch.setattr(np, "savez", savez)

    return interrupt


def test_a_full_disk_costs_a_warning_and_leaves_nothing(folder, trained, trainings, interrupted):
    interrupted(OSError(errno.ENOSPC, "No space left on device"))
    with pytest.warns(UserWarning, match="could not be kept in .*No space left"):
        assert_same_network(trained_autoencoder(RECIPE, DATA, seed=3), trained)
    assert list(folder.iterdir()) == []


def test_an_interruption_leaves_nothing(folder, trainings, interrupted):
    interrupted(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        trained_autoencoder(RECIPE, DATA, seed=3)
    assert list(folder.iterdir()) == []


def test_two_writers_at_once(folder, trained, trainings, monkeypatch):
    """While one is half way through its file, another writes the same network from start to end."""
    savez = np.savez
    unfinished = []

    def save_slowly(file, **arrays):
        monkeypatch.setattr(np, "savez", savez)
        file.write(b"half of it")
        file.flush()
        assert_same_network(quietly(RECIPE, DATA, 3), trained)
        unfinished.extend(path for path in folder.iterdir() if path.suffix == ".part")
        file.seek(0)
        savez(file, **arrays)

    monkeypatch.setattr(np, "savez", save_slowly)
    assert_same_network(quietly(RECIPE, DATA, 3), trained)
    assert len(trainings) == 2 and len(unfinished) == 1
    assert [path.suffix for path in folder.iterdir()] == [".npz"]
    assert_same_network(quietly(RECIPE, DATA, 3), trained)
    assert len(trainings) == 2


@pytest.mark.parametrize(
    "variables, where",
    [
        ({"AEUTILS_CACHE": "~/mine", "XDG_CACHE_HOME": "/nowhere"}, "mine"),
        ({}, ".cache/aeutils"),
        ({"XDG_CACHE_HOME": "~/other"}, "other/aeutils"),
        ({"AEUTILS_CACHE": ""}, ".cache/aeutils"),
    ],
)
def test_where_the_folder_is(tmp_path, trainings, monkeypatch, variables, where):
    for name in ("AEUTILS_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    quietly(RECIPE, DATA, 3)
    assert [path.suffix for path in Path(tmp_path, where).iterdir()] == [".npz"]
