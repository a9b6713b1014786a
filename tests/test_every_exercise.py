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
from answers import solution
import pytest

MODULES = [chapter01, chapter02, chapter03, chapter04, chapter05, chapter06, chapter07]
EXERCISES = [e for module in MODULES for e in vars(module).values() if isinstance(e, Exercise)]

each_exercise = pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: f"{e.name}-{e.answer_name}")


def test_no_chapter_is_left_out():
    files = sorted(Path(base.__file__).parent.glob("chapter*.py"))
    assert [Path(module.__file__) for module in MODULES] == files


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


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__[-9:])
def test_a_chapter_has_two_to_four(module):
    own = [value for value in vars(module).values() if isinstance(value, Exercise)]
    numbers = [f"Exercise {int(module.__name__[-2:])}.{i}" for i in range(1, len(own) + 1)]
    assert 2 <= len(own) <= 4 and [exercise.name for exercise in own] == numbers
