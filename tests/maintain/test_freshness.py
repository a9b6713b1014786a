"""`make fresh`: what is stale, in a line each, with the command that mends it; and nothing where all fits."""

from dataclasses import replace

from aeutils import provenance
import nbformat
from nbformat.v4 import new_code_cell, new_notebook
import pytest

from maintain import freshness, ledger, pins, runner
from tests.maintain.test_ledger import run_of


@pytest.fixture
def chapter(tmp_path, monkeypatch):
    """The only chapter of a book, whose outputs fit."""
    monkeypatch.setattr(runner, "CHAPTERS", tmp_path)
    path = tmp_path / "03_training.ipynb"
    notebook = new_notebook(cells=[new_code_cell("x = 1", execution_count=1)])
    notebook.metadata["aeutils"] = provenance.stamp(notebook) | {"source": "full", "versions": {}}
    nbformat.write(notebook, path)
    return path


def edited(path, edit):
    notebook = nbformat.read(path, as_version=4)
    edit(notebook)
    nbformat.write(notebook, path)


def test_nothing_is_said_of_a_chapter_that_fits(chapter):
    assert freshness.stale_outputs() == []


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda n: n.cells[0].update(source="x = 2"), "the notebook's code cells have changed"),
        (lambda n: n.metadata.pop("aeutils"), "the outputs carry no stamp"),
        (lambda n: n.metadata["aeutils"].update(source="sample"), "the outputs are of the data 'sample'"),
        (lambda n: n.metadata["aeutils"].update(versions={"numpy": "1.0"}), "numpy was 1.0, and "),
        (lambda n: n.cells[0].update(execution_count=None), "the cells were not run from the first"),
    ],
)
def test_a_stale_chapter_is_told_with_the_command_that_mends_it(chapter, edit, said):
    edited(chapter, edit)
    (line,) = freshness.stale_outputs()
    assert line.startswith(f"chapter 03: {said}") and line.endswith(": make execute CHAPTER=03")


def test_missing_runs_are_told_a_line_a_kind(chapter, monkeypatch):
    monkeypatch.setattr(ledger, "PLAN", (("sample", "jax", range(2)), ("full", "tensorflow", range(1))))
    (stamp,) = ledger.chapter_stamps().values()
    runs = [run_of(0, stamp=stamp), run_of(1, stamp=stamp), run_of(0, "full", "tensorflow", stamp=stamp)]
    assert freshness.missing_runs(runs) == []
    assert freshness.missing_runs([*runs[:1], replace(runs[1], stamp="earlier")]) == [
        "ledger: 1 runs of sample-jax are lacking, 1 of them known of an earlier state: "
        'make sweep CHAPTER="03" ONLY=sample-jax, or, if no number can have changed, '
        'make refresh CHAPTER="03"',
        "ledger: 1 runs of full-tensorflow are lacking, 0 of them known of an earlier state: "
        'make sweep CHAPTER="03" ONLY=full-tensorflow',
    ]


def test_it_ends_with_1_where_something_is_stale(chapter, monkeypatch, capsys):
    monkeypatch.setattr(ledger, "PLAN", ())
    monkeypatch.setattr(freshness.ledger, "read", lambda: [])
    monkeypatch.setattr(freshness.verdicts, "read", lambda file: [])
    assert freshness.main() == 0
    assert capsys.readouterr().out == "all stored numbers come from the code and the versions of now\n"
    edited(chapter, lambda n: n.cells[0].update(source="x = 2"))
    assert freshness.main() == 1
    assert capsys.readouterr().out.startswith("chapter 03: ")


def test_pins_and_other_versions(tmp_path, monkeypatch):
    file = tmp_path / "requirements.txt"
    monkeypatch.setattr(pins, "PINS", file)
    file.write_text(
        '# a comment\n    # via x\nscikit_learn==1.5\nnumpy==1 ; python_version < "3"\nnumpy==2\n'
    )
    assert pins.pinned_versions() == {"scikit-learn": {"1.5"}, "numpy": {"1", "2"}}
    assert pins.other_versions({"numpy": "2", "torch": "9", "scikit-learn": "1.6"}) == [
        "scikit-learn was 1.6, and 1.5 is pinned"
    ]
    file.write_text("tensorflow-cpu==2.21\n")
    assert pins.pinned_versions()["tensorflow"] == {"2.21"}
    file.write_text("numpy>=2\n")
    with pytest.raises(ValueError, match="must pin one version a line, got 'numpy>=2': make requirements"):
        pins.pinned_versions()
