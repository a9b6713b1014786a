"""Networks side by side do what each would do alone."""

from aeutils.side_by_side import SideBySide, bounds_side_by_side, errors_side_by_side, fit_side_by_side
import keras
from keras import ops
import numpy as np
import pytest


def images(count=3, n=40, pixels=12, seed=0):
    return np.random.default_rng(seed).random((n, count, pixels), "float32")


@pytest.mark.parametrize("variational", [False, True])
def test_each_network_is_a_dense_one_with_its_own_weights(variational):
    networks = SideBySide(3, 12, 2, (8,), variational, seed=1)
    x = images()
    logits, mean, _ = (ops.convert_to_numpy(part) for part in networks(x))
    weights = [ops.convert_to_numpy(weight) for weight in networks.weights[:8]]
    for i in range(3):
        h = ops.convert_to_numpy(keras.activations.gelu(x[:, i] @ weights[0][i] + weights[1][i]))
        code = (h @ weights[2][i] + weights[3][i])[:, :2]
        h = ops.convert_to_numpy(keras.activations.gelu(code @ weights[4][i] + weights[5][i]))
        np.testing.assert_allclose(mean[:, i], code, atol=1e-5)
        np.testing.assert_allclose(logits[:, i], h @ weights[6][i] + weights[7][i], atol=1e-5)


def test_the_errors_are_those_of_the_reconstructions():
    networks, x = SideBySide(3, 12, 2, (8,), seed=1), images()
    wanted = ((x - 1 / (1 + np.exp(-ops.convert_to_numpy(networks(x)[0])))) ** 2).sum(axis=2)
    np.testing.assert_allclose(errors_side_by_side(networks, x), wanted, rtol=1e-4)
    to_all = errors_side_by_side(networks, x[:, 1])
    assert to_all.shape == (40, 3)
    np.testing.assert_allclose(to_all[:, 1], wanted[:, 1], rtol=1e-4)


def test_a_network_learns_its_own_images_alone():
    x = np.repeat(np.eye(3, 12, dtype="float32")[None], 64, axis=0)  # network i sees pixel i alone
    seen = []
    fitted = fit_side_by_side(
        x, 2, (8,), rate=0.02, epochs=60, batch_size=16, seed=0, after_epoch=lambda e, _: seen.append(e)
    )
    errors = errors_side_by_side(fitted.networks, np.eye(3, 12, dtype="float32"))
    assert seen == list(range(1, 61)) and len(fitted.losses) == 60
    assert fitted.losses[-1] < fitted.losses[0] / 4
    assert (errors.argmin(axis=0) == [0, 1, 2]).all()


def test_seeds_and_twins_leave_no_trace():
    options = dict(rate=0.01, epochs=2, batch_size=16)
    one = fit_side_by_side(images(), 2, (8,), seed=1, **options).networks
    fit_side_by_side(images(seed=5), 2, (8,), seed=2, noise=0.1, **options)
    again = fit_side_by_side(images(), 2, (8,), seed=1, **options).networks
    for first, second in zip(one.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_allclose(first, second, atol=1e-6)


def test_the_bound_is_crossentropy_and_divergence():
    networks, x = SideBySide(3, 12, 2, (8,), True, seed=1), images()
    logits, mean, log_variance = (ops.convert_to_numpy(part).astype("float64") for part in networks(x))
    kl = 0.5 * (mean**2 + np.exp(log_variance) - 1 - log_variance).sum(axis=2)
    crossentropy = (np.logaddexp(0, logits) - x * logits).sum(axis=2)
    found = ops.convert_to_numpy(networks.losses_of(x, *networks(x)))
    np.testing.assert_allclose(found, kl + crossentropy, rtol=1e-4)
    drawn = bounds_side_by_side(networks, x, draws=2)
    assert drawn.shape == (40, 3) and (drawn > kl).all()


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match=r"must be \(n, count, pixels\), got \(4, 5\)"):
        fit_side_by_side(np.zeros((4, 5)), 2, rate=0.1, epochs=1, batch_size=2, seed=0)
    with pytest.raises(ValueError, match="noise must be a finite number"):
        fit_side_by_side(images(), 2, rate=0.1, epochs=1, batch_size=2, seed=0, noise=-1)
    with pytest.raises(ValueError, match="count"):
        SideBySide(0, 12, 2)
