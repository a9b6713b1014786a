"""What holds for the exercises of every chapter; their own wrong answers are in files of their own."""

from pathlib import Path

from aeutils.exercises import (
    base,
    chapter01,
    chapter02,
    chapter03,
    chapter04,
    chapter05,
    chapter06,
    chapter07,
)
from aeutils.exercises.base import Exercise
import pytest

MODULES = [chapter01, chapter02, chapter03, chapter04, chapter05, chapter06, chapter07]
EXERCISES = [e for module in MODULES for e in vars(module).values() if isinstance(e, Exercise)]

each_exercise = pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: f"{e.name}-{e.answer_name}")


def test_no_chapter_is_left_out():
    files = sorted(Path(base.__file__).parent.glob("chapter*.py"))
    assert [Path(module.__file__) for module in MODULES] == files


@each_exercise
def test_its_solution_is_correct(exercise):
    names = {}
    exec(exercise.solution_code, names)
    assert exercise.check(names[exercise.answer_name]) == "correct"


@each_exercise
@pytest.mark.parametrize("stub", [..., None])
def test_its_stub_is_not_attempted(exercise, stub):
    assert exercise.check(stub) == "not attempted"


# One that asks for a class has a stub of another kind, tested with its chapter.
@pytest.mark.parametrize(
    "exercise", [e for e in EXERCISES if e.answer_name.islower()], ids=lambda e: e.answer_name
)
def test_a_stub_that_returns_nothing_is_not_attempted(exercise):
    assert exercise.check(lambda *arguments: ...) == "not attempted"
    assert exercise.check(lambda *arguments: None) == "not attempted"


@each_exercise
def test_its_hints_come_one_by_one(exercise, capsys, monkeypatch):
    monkeypatch.setattr(exercise, "_hints_given", 0)
    assert 2 <= len(exercise.hints) <= 3
    for number in range(1, len(exercise.hints) + 1):
        exercise.hint()
        assert f"hint {number} of {len(exercise.hints)}" in capsys.readouterr().out


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__[-9:])
def test_a_chapter_has_two_to_four(module):
    own = [value for value in vars(module).values() if isinstance(value, Exercise)]
    numbers = [f"Exercise {int(module.__name__[-2:])}.{i}" for i in range(1, len(own) + 1)]
    assert 2 <= len(own) <= 4 and [exercise.name for exercise in own] == numbers
