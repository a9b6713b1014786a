"""The pendulum: its motion against an integrator and the law of energy, its images against its angle."""

from aeutils import world
import numpy as np
import pytest
from scipy.integrate import solve_ivp

RNG = np.random.default_rng


def test_it_moves_as_an_integrator_says():
    start = np.array([[2.8, 0.1]])
    for action, torque in enumerate(world.TORQUES):
        run = solve_ivp(
            lambda t, y, torque=torque: (y[1], 15 * np.sin(y[0]) + 3 * torque), (0, 0.1), start[0], rtol=1e-9
        )
        moved, _ = world.step(start, np.array([action]))
        # Two steps of Euler's method, the speed first, are this near after a tenth of a second.
        np.testing.assert_allclose(moved[0], run.y[:, -1], atol=0.06)


def test_small_swings_have_the_period_of_the_linear_equation():
    states, angles = np.array([[np.pi - 0.05, 0.0]]), []
    for _ in range(200):
        states, _ = world.step(states, np.array([1]))
        angles.append(world.wrapped(states[0, 0] - np.pi))
    spectrum = np.abs(np.fft.rfft(angles))
    assert spectrum.argmax() / 20 == pytest.approx(np.sqrt(15) / (2 * np.pi), abs=0.05)  # in hertz


def test_the_motor_cannot_lift_the_hanging_rod_at_once():
    states = np.array([[np.pi, 0.0]] * 2)
    highest = np.full(2, -1.0)
    for _ in range(100):
        states, _ = world.step(states, np.array([0, 2]))
        highest = np.maximum(highest, np.cos(states[:, 0]))
    assert highest.max() < 0.5


def test_rewards_are_those_of_the_state_that_was_left():
    states = np.array([[0.0, 0.0], [np.pi, 0.0], [-np.pi / 2, 2.0], [2 * np.pi + 0.1, 0.0]])
    _, rewards = world.step(states, np.array([1, 1, 0, 1]))
    np.testing.assert_allclose(rewards, [0, -(np.pi**2), -(np.pi**2 / 4 + 0.4 + 0.004), -0.01])


def test_a_mirrored_state_and_motor_give_the_mirrored_motion_and_image():
    states = world.draw_states(20, RNG(0))
    actions = RNG(1).integers(3, size=20)
    moved, rewards = world.step(states, actions)
    mirrored, others = world.step(-states, 2 - actions)
    np.testing.assert_allclose(np.cos(moved[:, 0]), np.cos(mirrored[:, 0]))
    np.testing.assert_allclose(moved[:, 1], -mirrored[:, 1])
    np.testing.assert_allclose(rewards, others)
    np.testing.assert_allclose(world.draw(-states), world.draw(states)[:, :, ::-1], atol=1e-6)


@pytest.mark.parametrize("size", [8, 16, 21])
def test_the_rod_points_where_the_angle_says(size):
    states = world.draw_states(50, RNG(2))
    images = world.draw(states, size)
    assert images.shape == (50, size, size) and images.dtype == np.float32
    assert 0 <= images.min() and images.max() == 1
    down, right = np.mgrid[:size, :size] - (size - 1) / 2
    x, y = ((images * axis).sum(axis=(1, 2)) for axis in (right, down))
    off = world.wrapped(np.arctan2(x, -y) - states[:, 0])
    assert np.abs(off).max() < 0.12


def test_the_speed_cannot_be_seen():
    slow = np.array([[1.0, 0.0]])
    np.testing.assert_array_equal(world.draw(slow), world.draw(slow + [[0, 5]]))


def test_a_disc_lies_where_it_is_put():
    states = np.array([[0.0, 0.0]])
    added = world.draw(states, 16, np.array([[0.5, 0.5]])) - world.draw(states, 16)
    assert added.min() >= 0
    down, right = np.mgrid[:16, :16] - 7.5
    assert (added * right).sum() / added.sum() == pytest.approx(3.75, abs=0.3)
    assert (added * down).sum() / added.sum() == pytest.approx(3.75, abs=0.3)


def test_experience_follows_the_law_of_the_world():
    found = world.wander(5, 7, RNG(3))
    assert found.images.shape == (3, 35, 16, 16) and found.states.shape == (3, 35, 2)
    after, rewards = world.step(found.states[1], found.actions)
    np.testing.assert_allclose(after, found.states[2])
    np.testing.assert_allclose(rewards, found.rewards)
    np.testing.assert_array_equal(found.images, [world.draw(states) for states in found.states])
    np.testing.assert_array_equal(np.unique(found.actions), [0, 1, 2])


def test_with_a_disc_the_states_are_the_same_and_the_images_are_not():
    without, disc = (world.wander(4, 6, RNG(4), with_disc=with_disc) for with_disc in (False, True))
    np.testing.assert_array_equal(without.states, disc.states)
    assert (disc.images >= without.images).all() and disc.images.sum() > 1.2 * without.images.sum()


def test_play_gives_a_policy_what_it_needs():
    seen = []

    def policy(now, before, states):
        seen.append((now, before, states))
        return np.ones(len(states), int)

    played = world.play(policy, 6, 4, RNG(5))
    assert len(seen) == 4 and played.returns.shape == played.upright.shape == (6,)
    for (_, before, _), (now, _, states) in zip(seen[1:], seen[:-1], strict=True):
        np.testing.assert_array_equal(before, now)
        np.testing.assert_array_equal(now, world.draw(states))
    expected = sum(world.step(states, np.ones(6, int))[1] for _, _, states in seen)
    np.testing.assert_allclose(played.returns, expected)
    assert (played.upright == 0).all()  # a hanging rod that is left alone


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: world.step(np.zeros(2), np.zeros(2, int)), "states must be (n, 2)"),
        (lambda: world.step(np.zeros((3, 2)), np.zeros(2, int)), "actions must be 3 whole numbers"),
        (lambda: world.step(np.zeros((1, 2)), np.array([3])), "actions must be 1 whole numbers"),
        (lambda: world.draw(np.full((1, 2), np.nan)), "states"),
        (lambda: world.draw(np.zeros((1, 2)), 4), "size"),
        (lambda: world.draw(np.zeros((1, 2)), 16, np.zeros((2, 2))), "one place for each state"),
        (lambda: world.draw_states(0, RNG(0)), "n must be"),
    ],
)
def test_bad_input_is_refused(call, words):
    with pytest.raises(ValueError) as error:
        call()
    assert words in str(error.value)
