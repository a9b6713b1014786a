"""`maintain/execute.py`: what it stores, and what it leaves as it was."""

import hashlib
import os
from pathlib import Path
import sys

from aeutils import provenance
from aeutils.claim_records import CLAIM_MIME, as_pairs
from aeutils.data import Mnist
import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
import pytest

from maintain import execute as execute_script
from maintain import runner

FACTS = {"question": "Is it good?", "builds_on": [], "prerequisites": "nothing."}
ENVIRONMENT = {"backend": "tensorflow", "versions": {"keras": "3.15.1"}, "device": "a CPU, 2 cores"}


@pytest.fixture
def execute(tmp_path, monkeypatch):
    """The script, with a folder of one chapter, and with data that take no time to load."""
    monkeypatch.setattr(runner, "CHAPTERS", tmp_path)
    monkeypatch.setattr(execute_script, "load_mnist", lambda source: Mnist(*[None] * 6, source))
    for name in ("AEUTILS_CACHE", "AEUTILS_DATA"):
        monkeypatch.delenv(name, raising=False)
    cells = [new_markdown_cell("# Evaluation\n\n**?**"), new_code_cell("seed = 0\nprint(seed + 1)")]
    notebook = new_notebook(cells=cells, metadata={"chapter": FACTS})
    nbformat.write(notebook, tmp_path / "07_evaluation.ipynb")
    return execute_script


@pytest.fixture
def chapter(tmp_path, execute):
    return tmp_path / "07_evaluation.ipynb"


def runs(monkeypatch, execute, *arguments, outputs=(), data="full", errors=(), meanwhile=None):
    """Call the script with a run that gives these outputs; return its exit status."""

    def run(path, seed=None, go_on=False, env=None):
        notebook = nbformat.read(path, as_version=4)
        notebook.cells[1].outputs = list(outputs)
        if meanwhile:
            meanwhile(path, env)
        return runner.Execution(notebook, 84.0, data, 1_560_000_000, ENVIRONMENT, list(errors))

    monkeypatch.setattr(execute, "run", run)
    monkeypatch.setattr(sys, "argv", ["execute.py", *arguments])
    return execute.main()


def test_a_run_is_stored_with_its_stamp_and_its_minutes(monkeypatch, execute, chapter):
    printed = [new_output("stream", text="1\n"), new_output("stream", name="stderr", text="chatter")]
    assert runs(monkeypatch, execute, "7", outputs=printed) == 0
    stored = nbformat.read(chapter, as_version=4)
    assert [output.text for output in stored.cells[1].outputs] == ["1\n"]
    assert stored.cells[0].source.startswith("# Evaluation\n\n**Is it good?**\n\n**You need** nothing.\n")
    assert f"full data: 1.4 minutes ({ENVIRONMENT['device']})." in stored.cells[0].source
    assert stored.metadata["chapter"] == FACTS
    assert provenance.stale(stored) == []
    about = stored.metadata["aeutils"]
    assert {name: about[name] for name in ENVIRONMENT} == ENVIRONMENT
    assert (about["source"], about["minutes"], about["memory_gb"]) == ("full", 1.4, 1.6)
    assert [path.name for path in chapter.parent.iterdir()] == [chapter.name]


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (dict(errors=["cell 2: NameError: x"]), "NameError"),
        (dict(data="sample"), "needs 'full'"),
        (dict(data=""), "needs 'full'"),
    ],
)
def test_what_fails_stays_as_it_was(monkeypatch, execute, chapter, capsys, problem, said):
    before = chapter.read_bytes()
    assert runs(monkeypatch, execute, **problem) == 1
    assert chapter.read_bytes() == before
    printed = capsys.readouterr().out
    assert "not stored" in printed and said in printed


def test_a_chapter_that_is_edited_while_it_runs_keeps_the_edit(monkeypatch, execute, chapter, capsys):
    def edit(path, env):
        path.write_text(path.read_text("utf-8").replace("seed + 1", "seed + 2"), "utf-8")

    assert runs(monkeypatch, execute, meanwhile=edit) == 1
    assert "seed + 2" in chapter.read_text("utf-8")
    assert "was changed while it ran" in capsys.readouterr().out


def test_an_interrupted_write_leaves_the_chapter_whole(monkeypatch, execute, chapter):
    before = chapter.read_bytes()

    def half(notebook, path):
        Path(path).write_text("{", "utf-8")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(execute.nbformat, "write", half)
    with pytest.raises(OSError, match="No space"):
        runs(monkeypatch, execute)
    assert chapter.read_bytes() == before
    assert [path.name for path in chapter.parent.iterdir()] == [chapter.name]


@pytest.mark.parametrize("source", ["sample", "fashion"])
def test_a_check_shows_the_claims_and_stores_nothing(monkeypatch, execute, chapter, capsys, source):
    before = chapter.read_bytes()
    held = (True, None, False)
    numbers = {"": {"one": 1, "more": 2.5}}
    records = [dict(statement=f"S{i}", numbers=numbers, holds=holds) for i, holds in enumerate(held)]
    outputs = [
        new_output("display_data", data={CLAIM_MIME: record | {"numbers": as_pairs(numbers)}})
        for record in records
    ]
    arguments = ["7", "--check", "--source", source, "--seed", "3"]
    kernel = {}
    looks = lambda _, env: kernel.update(env)  # noqa: E731
    assert runs(monkeypatch, execute, *arguments, outputs=outputs, data=source, meanwhile=looks) == 0
    printed = capsys.readouterr().out
    assert "held    S0 (one 1, more 2.50)" in printed and "waived  S1" in printed and "FAILED  S2" in printed
    assert "1 held, 1 waived, 0 errors, 84 seconds, 1.6 GB at most" in printed
    assert chapter.read_bytes() == before
    assert kernel["AEUTILS_DATA"] == source and "AEUTILS_DATA" not in os.environ


@pytest.mark.parametrize("arguments", [["--seed", "3"], ["--source", "sample"], ["--source", "fashion"]])
def test_nothing_but_the_full_data_and_the_chapter_s_seed_is_stored(monkeypatch, execute, arguments, capsys):
    with pytest.raises(SystemExit):
        runs(monkeypatch, execute, *arguments)
    assert "add --check" in capsys.readouterr().err


def test_a_chapter_that_does_not_exist(monkeypatch, execute):
    with pytest.raises(SystemExit, match="nothing was run: .* has no chapter 9"):
        runs(monkeypatch, execute, "9")


@pytest.mark.parametrize("given", [None, "a/folder"])
def test_networks_are_kept_where_they_are_asked_to_be(monkeypatch, execute, tmp_path, given):
    seen = []
    if given:
        monkeypatch.setenv("AEUTILS_CACHE", given)
    assert runs(monkeypatch, execute, meanwhile=lambda _, env: seen.append(env["AEUTILS_CACHE"])) == 0
    assert (seen == [given]) if given else not Path(seen[0]).exists()


def keeps(name, content):
    """Return what a chapter does when it hands data to a living figure."""

    def meanwhile(path, env):
        folder = Path(env["AEUTILS_LIVING"])
        (folder / name).write_text(content)

    return meanwhile


def test_data_of_living_figures_are_stored_and_stamped_with_the_chapter(monkeypatch, execute, chapter):
    monkeypatch.setattr(execute, "LIVING", chapter.parent / "data")
    assert runs(monkeypatch, execute, "7", meanwhile=keeps("figure.js", "new")) == 0
    assert (chapter.parent / "data" / "figure.js").read_text() == "new"
    digest = hashlib.sha256(b"new").hexdigest()
    assert nbformat.read(chapter, as_version=4).metadata["aeutils"]["living"] == {"figure.js": digest}


def test_a_chapter_that_fails_leaves_the_data_of_its_figures(monkeypatch, execute, chapter):
    folder = chapter.parent / "data"
    folder.mkdir()
    (folder / "figure.js").write_text("old")
    monkeypatch.setattr(execute, "LIVING", folder)
    assert runs(monkeypatch, execute, "7", meanwhile=keeps("figure.js", "new"), errors=["cell 2"]) == 1
    assert (folder / "figure.js").read_text() == "old"


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (19.6, "  stored before: 19.6 minutes, jax on a GPU: 14.0 times faster now\n"),
        (0.7, "  stored before: 0.7 minutes, jax on a GPU: 2.0 times slower now\n"),
        (1.4, "  stored before: 1.4 minutes, jax on a GPU: as fast now\n"),
        (None, ""),
    ],
)
def test_a_run_is_compared_with_the_one_that_it_replaces(
    monkeypatch, execute, chapter, capsys, minutes, said
):
    notebook = nbformat.read(chapter, as_version=4)
    if minutes:
        notebook.metadata["aeutils"] = dict(minutes=minutes, backend="jax", device="a GPU")
    nbformat.write(notebook, chapter)
    for arguments in (["--check"], []):
        assert runs(monkeypatch, execute, *arguments) == 0
        printed = capsys.readouterr().out
        assert printed.endswith("\n" + said) and printed.count("stored before") == bool(minutes)
    assert "1.6 GB at most, tensorflow on a CPU, 2 cores\n" in printed


@pytest.mark.parametrize(
    ("found", "trained", "said"),
    [
        (2, 0, "2.0 times slower now\n"),
        (0, 1, "2.0 times slower now, with 1 shared network to train, which may have been kept then\n"),
        (1, 2, "2.0 times slower now, with 2 shared networks to train, which may have been kept then\n"),
    ],
)
def test_of_networks_that_a_run_had_to_train_its_comparison_tells(
    monkeypatch, execute, chapter, capsys, tmp_path_factory, found, trained, said
):
    """A run that finds them kept takes minutes less, on whatever machine."""
    cache = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("AEUTILS_CACHE", str(cache))
    for number in range(found):
        (cache / f"{number}.npz").touch()
    notebook = nbformat.read(chapter, as_version=4)
    notebook.metadata["aeutils"] = dict(minutes=0.7, backend="jax", device="a GPU")
    nbformat.write(notebook, chapter)

    def train(path, env):
        for _ in range(trained):
            (cache / f"{len(list(cache.iterdir()))}.npz").touch()

    for arguments in (["--check"], []):
        assert runs(monkeypatch, execute, *arguments, meanwhile=train) == 0
        assert capsys.readouterr().out.endswith(said)
