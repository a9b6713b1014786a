"""The variational autoencoder: against formulas in NumPy, Keras' own training, and itself once saved."""

from aeutils.variational import VAE, BinarisedImages, binarised, fit_vae
import keras
from keras import ops
import numpy as np
import pytest
from scipy.stats import norm

pytestmark = pytest.mark.slow

IMAGES = np.random.default_rng(0).random((48, 6, 5)).astype("float32") ** 2
SMALL = {"code_size": 3, "widths": (7,), "image_shape": (6, 5)}
OPTIONS = {"learning_rate": 1e-2, "epochs": 2, "batch_size": 16, "seed": 3}


def build(seed=0, **settings):
    keras.utils.set_random_seed(seed)
    return VAE(**SMALL | {"seed": seed} | settings)


def arrays(tensors):
    return [ops.convert_to_numpy(tensor) for tensor in tensors]


def apart(one, other):
    return max(np.abs(a - b).max() for a, b in zip(one.get_weights(), other.get_weights(), strict=True))


def test_the_loss_is_the_bound_by_the_definitions():
    vae = build(beta=2.0)
    answer = vae(IMAGES)
    logits, mean, log_variance = arrays(answer)
    p = 1 / (1 + np.exp(-logits.astype("float64")))
    crossentropy = -(IMAGES * np.log(p) + (1 - IMAGES) * np.log1p(-p)).sum(axis=(1, 2))
    # The divergence by quadrature, number by number.
    grid = np.linspace(-12, 12, 4001)
    density = norm.pdf(grid, mean[..., None], np.exp(log_variance[..., None] / 2))
    ratio = np.log(np.maximum(density, 1e-300)) - norm.logpdf(grid)
    kl = (density * ratio).sum(axis=-1) * (grid[1] - grid[0])
    expected = crossentropy.mean() + 2 * kl.sum(axis=1).mean()
    found = float(ops.convert_to_numpy(vae.compute_loss(IMAGES, IMAGES, answer)))
    assert found == pytest.approx(expected, rel=1e-4)


def test_codes_have_the_mean_and_the_variance_that_the_encoder_says():
    vae = build()
    mean, log_variance = arrays(vae.encode(IMAGES[:1]))
    many = np.repeat(IMAGES[:1], 20_000, axis=0)
    seen = []
    vae.decoder = keras.layers.Lambda(lambda codes: seen.append(codes) or codes)
    vae(many)
    codes = ops.convert_to_numpy(seen[0])
    assert codes.mean(axis=0) == pytest.approx(mean[0], abs=0.03)
    assert codes.var(axis=0) == pytest.approx(np.exp(log_variance[0]), rel=0.05)


def test_saved_and_loaded_it_is_the_same(tmp_path):
    vae = build(beta=0.5)
    fit_vae(vae, IMAGES, **OPTIONS)
    vae.save(tmp_path / "vae.keras")
    loaded = keras.saving.load_model(tmp_path / "vae.keras")
    assert apart(vae, loaded) == 0
    assert np.array_equal(vae.draw(5, seed=1), loaded.draw(5, seed=1))
    assert np.array_equal(arrays(vae.encode(IMAGES)), arrays(loaded.encode(IMAGES)))
    assert float(loaded.beta.value) == 0.5
    assert loaded.settings == vae.settings


def test_keras_trains_and_validates_it():
    vae = build()
    vae.compile(keras.optimizers.Adam(1e-2))
    run = vae.fit(IMAGES, IMAGES, validation_data=(IMAGES, IMAGES), epochs=3, batch_size=16, verbose=0)
    assert run.history["val_loss"][-1] < run.history["val_loss"][0]


def test_a_training_leaves_no_trace_in_the_next():
    first, between, second = build(), build(seed=4, beta=3.0), build()
    losses = fit_vae(first, IMAGES, **OPTIONS)
    fit_vae(between, IMAGES, **OPTIONS | {"learning_rate": 0.1})
    assert fit_vae(second, IMAGES, **OPTIONS) == pytest.approx(losses)
    assert apart(first, second) < 1e-6 < apart(first, between)
    assert float(between.beta.value) == 3.0


def test_the_rate_falls_along_half_a_cosine():
    seen = []

    class Look(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            seen.append(float(self.model.optimizer.learning_rate))

    fit_vae(build(), IMAGES, **OPTIONS | {"epochs": 4}, callbacks=[Look()])
    assert seen == pytest.approx(0.01 * (1 + np.cos(np.pi * np.arange(4) / 4)) / 2)


def test_beta_weighs_the_divergence():
    codes = []
    for beta in (0.0, 100.0):
        vae = build(beta=beta)
        fit_vae(vae, IMAGES, **OPTIONS | {"epochs": 40})
        codes.append(arrays(vae.encode(IMAGES))[0])
    assert codes[1].std() < 0.1 * codes[0].std()


def test_images_are_drawn_anew_in_every_epoch():
    feed = BinarisedImages(IMAGES, 20, seed=0)
    assert [len(feed[i][0]) for i in range(len(feed))] == [20, 20, 8]
    batch, target = feed[0]
    assert batch is target
    assert set(np.unique(batch)) == {0.0, 1.0}
    assert not np.array_equal(feed[0][0], feed[0][0])
    order = feed.order
    feed.on_epoch_end()
    assert sorted(feed.order) == sorted(order)
    rng = np.random.default_rng(0)
    mean = np.mean([binarised(IMAGES[:4], rng) for _ in range(4000)], axis=0)
    assert np.abs(mean - IMAGES[:4]).max() < 0.05
    assert np.isfinite(fit_vae(build(), feed, **OPTIONS)).all()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: build(beta=-1), "beta must be"),
        (lambda: build(code_size=0), "code_size must be"),
        (lambda: VAE(**SMALL, seed=-1), "seed must be"),
        (lambda: build().draw(0, seed=0), "n must be"),
        (lambda: fit_vae(build(), IMAGES, **OPTIONS | {"epochs": 0}), "epochs must be"),
        (lambda: fit_vae(build(), 255 * IMAGES, **OPTIONS), "x must lie in"),
        (lambda: BinarisedImages(IMAGES, 0, seed=0), "batch_size must be"),
    ],
)
def test_what_is_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()
