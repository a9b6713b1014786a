"""Exercises of chapter 15, "Choosing a structure"."""

from aeutils.exercises.base import Exercise, call
from aeutils.exercises.judging import expect, number
from aeutils.exercises.shown import table
import numpy as np

TITLE = "Choosing a structure"


def _foretell(values, errors, value):
    slope, height = np.polyfit(np.log(values), np.log(errors), 1)
    return np.exp(height) * value**slope


def _judge_foretell(foretell) -> str:
    values = np.array([500.0, 1000.0, 2000.0, 4000.0])
    for errors, what in (
        (90 * values**-0.3, "points that lie on a power law"),
        (np.array([16.0, 12.5, 11.0, 8.5]), "points that do not quite"),
    ):
        expected = _foretell(values, errors, 32_000.0)
        seen = float(number(call(foretell, values.copy(), errors.copy(), 32_000.0), "the foretold error"))
        slope, height = np.polyfit(np.log(values), np.log(errors), 1)
        straight = np.polyfit(values, errors, 1)
        half = np.polyfit(np.log(values), errors, 1)
        misconceptions = {
            "That is the logarithm of the error: undo it with `np.exp`.": np.log(expected),
            "That is a straight line through values and errors as they are: take the logarithms of both.": (
                np.polyval(straight, 32_000)
            ),
            "You took the logarithm of the values, but not of the errors.": np.polyval(half, np.log(32_000)),
            "The exponent has the wrong sign: the error falls.": np.exp(height) * 32_000**-slope,
            "The height of the line is the logarithm of the factor: `np.exp` of it is wanted.": (
                height * 32_000**slope
            ),
            "A line through the first and the last point leaves the others out: fit all of them.": bool(
                np.isclose(seen, _foretell(values[[0, -1]], errors[[0, -1]], 32_000))
            ),
        }
        report = f"For {what}: got {seen:.4g}, expected {expected:.4g}."
        expect(seen, expected, report, misconceptions, rtol=1e-4)
    return "A line on logarithmic paper is a power law; whether it holds, only a new point can tell."


def _show_foretell(foretell) -> dict:
    values = np.array([250.0, 500.0, 1000.0, 2000.0])
    errors = 4 + 400 * values**-0.6  # it bends towards 4
    rows = [
        (int(n), float(foretell(values, errors, n)), float(_foretell(values, errors, n)), 4 + 400 * n**-0.6)
        for n in (4000.0, 16_000.0, 64_000.0)
    ]
    return table(("images", "foretell", "expected", "the truth, which bends"), rows)


foretell = Exercise(
    "Exercise 15.1",
    _judge_foretell,
    hints=(
        "A power law $E = a n^{-b}$ is a straight line in the logarithms: $\\log E = \\log a - b \\log n$.",
        "`np.polyfit(x, y, 1)` gives slope and height of the line through all points.",
        "`slope, height = np.polyfit(np.log(values), np.log(errors), 1)`, then `np.exp` of the line's value.",
    ),
    solution=_foretell,
    asks="an error that a power law foretells",
    shows=_show_foretell,
)


def _found_within(errors, training_seconds, own_seconds, budget):
    ends = np.cumsum(np.asarray(training_seconds) + own_seconds)
    done = np.asarray(errors)[ends <= budget]
    return done.min() if len(done) else np.inf


def _judge_found_within(found_within) -> str:
    errors = [14.0, 11.0, 12.0, 9.0, 8.0]
    seconds = [10.0, 20.0, 10.0, 20.0, 10.0]
    for own, budget, what in (
        (0.0, 45.0, "no seconds of its own and 45 seconds"),
        (3.0, 71.5, "3 seconds of its own a trial and 71.5 seconds"),
        (1.0, 200.0, "time for all trials"),
        (0.5, 5.0, "no time for the first trial"),
    ):
        expected = _found_within(errors, seconds, own, budget)
        seen = float(number(call(found_within, list(errors), list(seconds), own, budget), "the lowest error"))
        done = np.cumsum(np.array(seconds) + own) <= budget
        begun = np.concatenate([[True], done[:-1]])
        misconceptions = {
            "Where no trial is done in time, nothing was found: return `np.inf`.": bool(np.isinf(expected)),
            "The search's own seconds count, too.": _found_within(errors, seconds, 0.0, budget),
            "The own seconds are those of one trial: they count at each.": min(
                np.array(errors)[np.cumsum(seconds) + own <= budget], default=np.inf
            ),
            "A trial that was begun but not done within the budget has found nothing yet.": (
                np.array(errors)[begun].min()
            ),
            "That is the last error within the budget: the lowest of them is wanted.": (
                np.array(errors)[done][-1] if done.any() else np.inf
            ),
            "That is the lowest of all errors, whatever the budget.": min(errors),
        }
        report = f"With {what}: got {seen:.4g}, expected {expected:.4g}."
        expect(seen, expected, report, misconceptions, rtol=1e-6)
    return "A search that thinks for long has to find more to be ahead at the same time."


def _show_found_within(found_within) -> dict:
    generator = np.random.default_rng(1)
    errors, seconds = generator.uniform(8, 20, 40), generator.uniform(1, 4, 40)
    rows = [
        (own, budget, *(float(f(errors, seconds, own, budget)) for f in (found_within, _found_within)))
        for own in (0.0, 1.0, 4.0)
        for budget in (20, 80)
    ]
    return table(("own seconds a trial", "budget (s)", "found_within", "expected"), rows)


found_within = Exercise(
    "Exercise 15.2",
    _judge_found_within,
    hints=(
        "A trial ends when its training, those before it, and the search's own thinking are done.",
        "`np.cumsum(np.asarray(training_seconds) + own_seconds)` has the end of each trial.",
        "Take the errors whose end is at most `budget`; their minimum, or `np.inf` where there is none.",
    ),
    solution=_found_within,
    asks="what a search has found in time",
    shows=_show_found_within,
)


def _better_code(matrix, bias, image, code, rate, steps):
    for _ in range(steps):
        wrong = code @ matrix + bias - image
        code = code - rate * 2 * wrong @ matrix.T
    return code


def _judge_better_code(better_code) -> str:
    generator = np.random.default_rng(3)
    matrix, bias = generator.normal(size=(4, 20)) / 5, generator.normal(size=20)
    image, code = generator.normal(size=20), generator.normal(size=4)
    for rate, steps in ((0.1, 1), (0.05, 7)):
        given = matrix.copy(), bias.copy(), image.copy(), code.copy()
        expected = _better_code(matrix, bias, image, code, rate, steps)
        seen = np.asarray(call(better_code, *given, rate, steps))
        centred = _better_code(matrix, 0 * bias, image, code, rate, steps)
        misconceptions = {
            "The derivative of a square has a 2.": _better_code(matrix, bias, image, code, rate / 2, steps),
            "The step goes uphill: subtract the gradient.": _better_code(
                matrix, bias, image, code, -rate, steps
            ),
            "Only one step was made.": _better_code(matrix, bias, image, code, rate, 1),
            "The decoder has a bias, too.": centred,
            "That is the code as it came.": code,
            "The gradient of a mean over the pixels is smaller by their number: sum them.": _better_code(
                matrix, bias, image, code, rate / 20, steps
            ),
            f"A code of four numbers was expected, got shape {seen.shape}.": seen.shape != (4,),
        }
        report = f"For {steps} steps: got {seen.round(3)}, expected {expected.round(3)}."
        expect(seen, expected, report, misconceptions, rtol=1e-5, atol=1e-7)
    return "No weight of the decoder was touched: the code alone moved."


def _show_better_code(better_code) -> dict:
    generator = np.random.default_rng(4)
    matrix, image = generator.normal(size=(4, 20)) / 5, generator.normal(size=20)
    start, bias = np.zeros(4), np.zeros(20)
    best = np.linalg.lstsq(matrix.T, image, rcond=None)[0]

    def error(code):
        return float(((code @ matrix - image) ** 2).sum())

    rows = [
        (
            steps,
            *(error(f(matrix, bias, image, start, 0.1, steps)) for f in (better_code, _better_code)),
            error(best),
        )
        for steps in (0, 1, 10, 100)
    ]
    return table(("steps", "better_code: error", "expected", "of the best code there is"), rows)


better_code = Exercise(
    "Exercise 15.3",
    _judge_better_code,
    hints=(
        "The error is the sum of the squares of `code @ matrix + bias - image`.",
        "Its gradient with respect to the code is `2 * (code @ matrix + bias - image) @ matrix.T`.",
        "`for _ in range(steps): code = code - rate * gradient`, with the gradient at the current code.",
    ),
    solution=_better_code,
    asks="a better code by gradient descent",
    shows=_show_better_code,
)
