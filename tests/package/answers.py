"""What the tests of the exercises share."""


def solution(exercise):
    """Return the answer that the exercise's own solution defines."""
    names = {}
    exec(exercise.solution_code, names)
    return names[exercise.answer_name]


def refused(exercise, answer, words: str, capsys) -> None:
    """Assert that an answer is not yet right, and that the reader hears these words."""
    assert exercise.check(answer) == "not yet"
    assert words in capsys.readouterr().out
