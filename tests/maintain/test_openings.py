"""Chapters' openings, written from their metadata."""

import sys

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
import pytest

from maintain import openings, runner

NAME = "03_training.ipynb"
PROSE = "# Training\n\nIt trains. **What\nfor?** You will **see**.\n\n- **much**;\n- more?"
FACTS = {"question": "Does it learn?", "builds_on": [1, 2], "prerequisites": "patience."}


def notebook(facts=FACTS, prose=PROSE, **stamp):
    metadata = {"aeutils": stamp} | ({"chapter": facts} if facts is not None else {})
    return new_notebook(cells=[new_markdown_cell(prose), new_code_cell("1")], metadata=metadata)


def test_an_opening_has_what_the_metadata_say_and_its_own_prose():
    found = notebook(FACTS | {"extra_time": "a night"}, minutes=2.0, device="AMD EPYC, 1 cores")
    openings.write_opening(found, NAME)
    assert found.cells[0].source == (
        "# Training\n\nIt trains. **Does it learn?** You will **see**.\n\n- **much**;\n- more?\n\n"
        "**You need** patience.\n"
        "**Time** for all cells with the full data: 2 minutes (AMD EPYC, 1 core), and a night.\n"
        f"[Open this chapter in Colab]({openings.colab_link(NAME)})."
    )
    assert openings.opening(found, NAME) == found.cells[0].source


def test_what_was_written_before_is_replaced():
    found = notebook(minutes=2.0, device="a card")
    openings.write_opening(found, NAME)
    found.metadata["chapter"] = {"question": "And now?", "builds_on": [], "prerequisites": "nothing."}
    found.metadata["aeutils"] = {}
    openings.write_opening(found, NAME)
    text = found.cells[0].source
    assert "**And now?**" in text and "**You need** nothing.\n" in text and "full data: ? minutes." in text
    assert "learn" not in text and text.count("**You need**") == 1


def test_a_notebook_that_is_no_chapter_stays_as_it_is():
    found = notebook(None)
    openings.write_opening(found, NAME)
    assert found.cells[0].source == PROSE


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        (None, "have no question; no builds_on; no prerequisites: write that"),
        ({"question": "Why?", "builds_on": []}, "have no prerequisites: write that"),
        (FACTS | {"builds_on": 1}, "have builds_on 1: write that"),
        (FACTS | {"builds_on": [1, 3]}, "have builds_on 3, which is no earlier chapter: write that"),
        (FACTS | {"question": "Why."}, "have a question that does not end in a question mark: write that"),
        (FACTS | {"minutes": 3}, "have minutes 3: write that"),
    ],
)
def test_metadata_that_lack_something_are_told_with_what_to_write(facts, said):
    with pytest.raises(ValueError, match='^03_training.ipynb: .* need "chapter": {"question": ') as error:
        openings.facts(notebook(facts), NAME)
    assert said in str(error.value)


def test_prose_without_a_place_for_the_question_is_told():
    with pytest.raises(ValueError, match=r"first cell has no place for the question: write \*\*\?\*\* in"):
        openings.opening(notebook(prose="# Training\n\n**You will**"), NAME)


def test_the_command_writes_files(tmp_path, monkeypatch):
    monkeypatch.setattr(runner, "CHAPTERS", tmp_path)
    monkeypatch.setattr(sys, "argv", ["openings.py", "3"])
    for name in (NAME, "04_other.ipynb"):
        nbformat.write(notebook(), tmp_path / name)
    openings.main()
    stored = nbformat.read(tmp_path / NAME, as_version=4)
    assert stored.cells[0].source == openings.opening(notebook(), NAME)
    assert nbformat.read(tmp_path / "04_other.ipynb", as_version=4).cells[0].source == PROSE


def test_a_run_leaves_the_facts_in_place():
    found = notebook(minutes=2.0, device="a card")
    runner.tidy(found)
    assert found.metadata["chapter"] == FACTS
    assert set(found.metadata) == {"chapter", "kernelspec", "language_info"}
