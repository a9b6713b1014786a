"""What holds for the exercises of every chapter; their own wrong answers are in files of their own."""

import base64
from copy import deepcopy
from importlib import import_module
from pathlib import Path
import re

from aeutils.exercises import base
from aeutils.exercises.base import Exercise
import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest

from tests.package.answers import solution

FILES = sorted(Path(base.__file__).parent.glob("chapter*.py"))
MODULES = [import_module(f"aeutils.exercises.{file.stem}") for file in FILES]
EXERCISES = [e for module in MODULES for e in vars(module).values() if isinstance(e, Exercise)]
LEFT_OPEN = ("within (0, 1)", "any")

each_exercise = pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: f"{e.name}-{e.answer_name}")


@pytest.fixture
def shown(monkeypatch):
    """What a reader is shown, in order."""
    texts = []
    monkeypatch.setattr(base, "_show", texts.append)
    return texts


@each_exercise
def test_its_solution_is_correct(exercise, shown):
    assert exercise.check(solution(exercise)) == "correct"
    assert shown[0].startswith(f"✓ {exercise.name}: correct. ")


@each_exercise
@pytest.mark.parametrize("stub", [..., None])
def test_its_stub_is_not_attempted(exercise, stub, shown):
    assert exercise.check(stub) == "not attempted"
    assert f"`{exercise.answer_name}`" in shown[0]


GIVEN_ARRAYS = [e for e in EXERCISES if e.answer_name not in ("build_halves", "Charbonnier")]


@pytest.mark.parametrize("exercise", GIVEN_ARRAYS, ids=lambda e: e.answer_name)
def test_an_answer_that_spoils_its_inputs_is_judged_and_shown_alike(exercise, monkeypatch):
    def spoiling(*arguments):
        result = deepcopy(solution(exercise)(*arguments))
        for argument in arguments:
            for array in argument if isinstance(argument, list) else [argument]:
                if isinstance(array, np.ndarray):
                    array[...] = 0
            if isinstance(argument, list):
                argument.clear()
        return result

    bundles = []
    monkeypatch.setattr(base, "show", lambda **bundle: bundles.append(bundle))
    assert exercise.check(solution(exercise)) == "correct"
    assert exercise.check(spoiling) == "correct"
    assert len(bundles) == 4 and bundles[:2] == bundles[2:]


# One that asks for a class has a stub of another kind, tested with its chapter.
@pytest.mark.parametrize(
    "exercise", [e for e in EXERCISES if e.answer_name.islower()], ids=lambda e: e.answer_name
)
@pytest.mark.parametrize("given", [..., None])
def test_a_stub_that_returns_nothing_is_not_attempted(exercise, given, shown):
    assert exercise.check(lambda *arguments: given) == "not attempted"
    assert f"`{exercise.answer_name}`" in shown[0]


@each_exercise
def test_its_hints_come_one_by_one(exercise, shown, monkeypatch):
    monkeypatch.setattr(exercise, "_hints_given", 0)
    assert 2 <= len(exercise.hints) <= 3
    for _ in exercise.hints:
        exercise.hint()
    assert [text.split(": ", 1)[1] for text in shown] == list(exercise.hints)
    for number, text in enumerate(shown, start=1):
        assert text.startswith(f"{exercise.name}, hint {number} of {len(exercise.hints)}: ")


@each_exercise
def test_its_last_hint_has_code_in_it_and_none_is_given_twice(exercise):
    assert re.search(r"`[^`]+`", exercise.hints[-1])
    assert len(set(exercise.hints)) == len(exercise.hints)


@each_exercise
def test_a_few_words_say_what_it_asks_for(exercise):
    assert exercise.asks != exercise.answer_name and 2 <= len(exercise.asks.split()) <= 9


@each_exercise
def test_its_solution_is_shown_beside_what_was_expected(exercise, monkeypatch):
    bundles = []
    monkeypatch.setattr(base, "show", lambda **bundle: bundles.append(bundle))
    exercise.solution()
    code, example = bundles
    assert exercise.solution_code in code["data"]["text/markdown"]
    if "image/png" in example["data"]:
        assert base64.b64decode(example["data"]["image/png"]).startswith(b"\x89PNG")
        assert len(example["data"]["image/png"]) < 100_000
        words = example["metadata"]["image/png"]["alt"]
        assert len(words.split()) >= 8 and example["data"]["text/plain"] == f"Figure: {words}"
        return
    columns, _, *rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in example["data"]["text/markdown"].splitlines()
    ]
    place = next(i for i, column in enumerate(columns) if column.startswith("expected"))
    assert columns[place - 1].startswith(exercise.answer_name) and len(rows) >= 2
    # A sampled interval is as expected only about; a range of pixels, and the layers, are the reader's.
    exact = [row for row in rows if "about" not in columns[place] and row[place] not in LEFT_OPEN]
    assert [row[place - 1] for row in exact] == [row[place] for row in exact]


@each_exercise
def test_neither_showing_nor_checking_leaves_a_figure_or_a_setting(exercise, capsys):
    settings = dict(matplotlib.rcParams)
    exercise.check(solution(exercise))
    exercise.solution()
    assert plt.get_fignums() == [] and dict(matplotlib.rcParams) == settings


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__[-9:])
def test_a_chapter_has_two_to_four(module):
    own = [value for value in vars(module).values() if isinstance(value, Exercise)]
    numbers = [f"Exercise {int(module.__name__[-2:])}.{i}" for i in range(1, len(own) + 1)]
    assert 2 <= len(own) <= 4 and [exercise.name for exercise in own] == numbers
