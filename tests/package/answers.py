"""What the tests of the exercises share."""


def solution(exercise):
    """Run the solution as it is shown, like a reader who pastes it, and return the answer that it defines."""
    names = {}
    exec(exercise.solution_code, names)
    return names[exercise.answer_name]


def refused(exercise, answer, words: str, capsys) -> None:
    """Assert that an answer is not yet right, and that the reader hears these words."""
    assert exercise.check(answer) == "not yet"
    assert words in capsys.readouterr().out
