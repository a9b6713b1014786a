"""A small world to act in: a pendulum that a weak motor has to swing up, as numbers and as drawn images.

The equations and the reward are those of the pendulum of Gymnasium (Towers et al. 2024, arXiv 2407.17032),
with two of its steps of 0.05 s to an action. A state is `(angle, speed)`: the angle in radians, 0 where the
rod stands upright and growing clockwise, the speed in radians a second. All functions take many
states at once.
"""

from collections.abc import Callable
from typing import NamedTuple

from aeutils.checks import check_finite, check_whole
import numpy as np

TORQUES = np.array([-2.0, 0.0, 2.0])  # what the motor can do, by action; too weak to lift the rod at once
MAX_SPEED = 8.0
_GRAVITY, _STEP, _STEPS_AN_ACTION = 10.0, 0.05, 2


class Experience(NamedTuple):
    """What was seen and done, n times.

    Attributes:
        images: `(3, n, size, size)`: a tenth of a second before an action, at the action, and after it.
        states: the states then, `(3, n, 2)`.
        actions: whole numbers `(n,)`, places in `TORQUES`.
        rewards: of the states at the action, `(n,)`.
    """

    images: np.ndarray
    states: np.ndarray
    actions: np.ndarray
    rewards: np.ndarray


class Played(NamedTuple):
    """The sum of a policy's rewards, and the share of the second half that was upright, `(n,)` each."""

    returns: np.ndarray
    upright: np.ndarray


def draw_states(n: int, rng: np.random.Generator) -> np.ndarray:
    """Return `n` states to start from, `(n, 2)`: any angle, speeds from -1 to 1."""
    n = check_whole(n, "n", "ask for one state at least")
    return np.stack([rng.uniform(-np.pi, np.pi, n), rng.uniform(-1, 1, n)], axis=1)


def step(states: np.ndarray, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the states after an action, a tenth of a second later, and the rewards `(n,)` of what was left.

    A reward is at most 0, which the upright rod at rest with the motor off gets:
    -(angle² + speed² / 10 + torque² / 1000), the angle taken between -π and π.

    Args:
        states: `(n, 2)`, as above.
        actions: whole numbers `(n,)`, 0, 1 or 2: places in `TORQUES`.

    Raises:
        ValueError: for states or actions of other shapes, or an action that there is not.
    """
    states = _check_states(states)
    actions = np.asarray(actions)
    if actions.shape != (len(states),) or not np.isin(actions, range(len(TORQUES))).all():
        raise ValueError(
            f"actions must be {len(states)} whole numbers, 0, 1 or 2, got {actions.dtype} {actions.shape}: "
            f"pass places in TORQUES, one for each state"
        )
    torques = TORQUES[actions.astype(int)]
    angle, speed = wrapped(states[:, 0]), states[:, 1]
    rewards = -(angle**2 + speed**2 / 10 + torques**2 / 1000)
    for _ in range(_STEPS_AN_ACTION):
        speed = speed + (1.5 * _GRAVITY * np.sin(angle) + 3 * torques) * _STEP
        speed = np.clip(speed, -MAX_SPEED, MAX_SPEED)
        angle = angle + speed * _STEP
    return np.stack([wrapped(angle), speed], axis=1), rewards


def wrapped(angles: np.ndarray) -> np.ndarray:
    """Return the same directions as angles from -π to below π."""
    return (np.asarray(angles) + np.pi) % (2 * np.pi) - np.pi


def draw(states: np.ndarray, size: int = 16, discs: np.ndarray | None = None) -> np.ndarray:
    """Return images of the rod, float32 `(n, size, size)` in [0, 1]; its speed cannot be seen.

    The rod leads from the middle of the image to a bob near its edge, white on black, with soft edges.

    Args:
        states: `(n, 2)`, as above.
        size: pixels a side, at least 8.
        discs: where a grey disc, which has nothing to do with the rod, lies behind it: `(n, 2)`, right and
            down from the middle, from -1 to 1 where they are inside.
    """
    states = _check_states(states)
    size = check_whole(size, "size", "choose 16", at_least=8)
    middle = (size - 1) / 2
    down, right = np.mgrid[:size, :size] - middle
    length, half_width, radius = 0.62 * middle, 0.06 * size, 0.13 * size
    directions = np.stack([np.sin(states[:, 0]), -np.cos(states[:, 0])], axis=1)
    x, y = directions[:, 0, None, None], directions[:, 1, None, None]
    along = np.clip(right * x + down * y, 0, length)
    images = _soft(np.hypot(right - along * x, down - along * y), half_width)
    images = np.maximum(images, _soft(np.hypot(right - length * x, down - length * y), radius))
    if discs is not None:
        discs = check_finite(np.asarray(discs, float), "discs")
        if discs.shape != states.shape:
            raise ValueError(f"discs must be {states.shape}, one place for each state, got {discs.shape}")
        across, below = (middle * discs[:, i, None, None] for i in (0, 1))
        images = np.maximum(images, 0.6 * _soft(np.hypot(right - across, down - below), 2 * radius))
    return images.astype("float32")


def wander(
    episodes: int, steps: int, rng: np.random.Generator, size: int = 16, with_disc: bool = False
) -> Experience:
    """Return what random actions lead to: `episodes` times `steps` actions, in no order that matters.

    An action is kept up with probability 0.7, and else drawn anew, so that some runs gain speed.

    Args:
        with_disc: whether a grey disc, which has nothing to do with the rod, drifts about behind it.
    """
    steps = check_whole(steps, "steps", "choose 50")
    states, drift = [draw_states(episodes, rng)], _Drift(episodes, rng)
    places, actions, rewards = [drift.places], [], []
    action = rng.integers(3, size=episodes)
    for _ in range(steps + 1):
        action = np.where(rng.random(episodes) < 0.3, rng.integers(3, size=episodes), action)
        after, reward = step(states[-1], action)
        states.append(after)
        places.append(drift.move())
        actions.append(action)
        rewards.append(reward)
    thrice = [np.concatenate(states[i : i + steps]) for i in range(3)]
    discs = [np.concatenate(places[i : i + steps]) if with_disc else None for i in range(3)]
    images = np.stack([draw(s, size, d) for s, d in zip(thrice, discs, strict=True)])
    return Experience(images, np.stack(thrice), np.concatenate(actions[1:]), np.concatenate(rewards[1:]))


def play(
    policy: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray],
    episodes: int,
    steps: int,
    rng: np.random.Generator,
    size: int = 16,
    with_disc: bool = False,
) -> Played:
    """Let a policy act from hanging rods (within half a radian, at speeds up to 1), and return how it does.

    Upright is within about 26 degrees of it.

    Args:
        policy: is given the images now and a tenth of a second ago, `(episodes, size, size)`, and the states
            `(episodes, 2)`, which only one that may look behind the images will use. Returns the actions.
        steps: actions an episode.
        with_disc: as in `wander`.
    """
    states, drift = draw_states(episodes, rng), _Drift(episodes, rng)
    states[:, 0] = wrapped(np.pi + rng.uniform(-0.5, 0.5, episodes))

    def seen():
        return draw(states, size, drift.places if with_disc else None)

    before = seen()
    states, _ = step(states, np.ones(episodes, int))
    drift.move()
    now, returns, upright = seen(), np.zeros(episodes), np.zeros(episodes)
    for count in range(check_whole(steps, "steps", "choose 100", at_least=2)):
        states, rewards = step(states, policy(now, before, states))
        drift.move()
        before, now = now, seen()
        returns += rewards
        if count >= steps // 2:
            upright += np.cos(states[:, 0]) > 0.9
    return Played(returns, upright / (steps - steps // 2))


class _Drift:
    """Discs that drift, each at its own speed, and turn back at the edges."""

    def __init__(self, n: int, rng: np.random.Generator):
        self.places, self._speeds = rng.uniform(-0.8, 0.8, (n, 2)), rng.normal(0, 0.15, (n, 2))

    def move(self) -> np.ndarray:
        self.places = self.places + self._speeds
        outside = np.abs(self.places) > 0.8
        self._speeds = np.where(outside, -np.sign(self.places) * np.abs(self._speeds), self._speeds)
        return self.places


def _soft(distances: np.ndarray, half_width: float) -> np.ndarray:
    return np.clip(half_width + 0.5 - distances, 0, 1)


def _check_states(states) -> np.ndarray:
    states = np.asarray(states, dtype=float)
    if states.ndim != 2 or states.shape[1] != 2 or not len(states):
        raise ValueError(
            f"states must be (n, 2), angle and speed, with at least one row, got {states.shape}: "
            f"take them from draw_states"
        )
    return check_finite(states, "states")
