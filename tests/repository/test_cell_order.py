"""Cells run out of order, twice, or after a restart: a clear message, or the same numbers.

Shown over the code of all chapters: a cell that lacks what stands above it stops at the first name that is
missing; no cell changes what another one made; no name that two cells make is read by a third.
"""

from pathlib import Path

import nbformat
import pytest

from tests import CHAPTERS
from tests.repository.cell_names import (
    GIVEN,
    changes,
    dictionaries,
    made_twice,
    makes,
    needs,
    shared_generators,
)

# A cell may train what another one built if it first sets the weights back.
RESTORED = {"01_encoder_decoder": {"autoencoder"}}

each_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)


def cells(path: Path) -> list[str]:
    """Return a chapter's code, cell by cell, without the setup cell, which needs and makes nothing."""
    notebook = nbformat.read(path, as_version=4)
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"][1:]


# --- What is found, and what is not


@pytest.mark.parametrize(
    "source",
    [
        "this.fit(x)",
        "this.train_on_batch(x, x)",
        "this.encoder.set_weights(weights)",
        "this[0].append(1)",
        "this += [1]",
        "this |= more",
        "this['a'] += 1",
        "this['a'] = 1",
        "this[0], other = 1, 2",
        "this.trainable = False",
        "del this[0]",
        "this = this / 255",
        "this, other = this[1:], 0",
        "for row in rows:\n    this.append(row)",
        "rows = [this.pop() for _ in range(3)]",
        "def add(row):\n    this.append(row)",
        "add = lambda row: this.append(row)",
        "def add(row, rows=this.pop()):\n    return rows + [row]",
        "class Watch(Callback):\n    def on_epoch_end(self, epoch, logs):\n        this.append(epoch)",
    ],
)
def test_a_change_is_found(source):
    assert list(changes(source)) == ["this"]


@pytest.mark.parametrize(
    "source",
    [
        "this = build()\nthis.fit(x)",
        "this = []\nfor row in rows:\n    this.append(row)",
        "this = x / 255\nthis = this - 0.5\nthis += 1",
        "fit(this, x)",
        "Mean().fit(this)",
        "found['a'] = this\nfound |= {'b': this}",
        "def add(this):\n    this.append(1)\n    this[0] += 1",
        "class This:\n    def __init__(self):\n        self.rows = []\n        self.rows.append(1)",
        "total = sum(this) + this.sum()",
    ],
)
def test_what_changes_nothing_of_another_cell_s(source):
    assert changes(source, {"found"}) == {}


@pytest.mark.parametrize(
    ("sources", "found"),
    [
        (["x = 1", "x = 2", "print(x)"], {"x": [0, 1]}),
        (["x = 1", "for x in range(3):\n    pass", "def f():\n    return x"], {"x": [0, 1]}),
        (["import x", "def x(): pass", "y = [x(i) for i in range(3)]"], {"x": [0, 1]}),
        (["x = 1", "x = 2\nprint(x)", "def f(x):\n    return x"], {}),
        (["x = {}", "x |= {1: 2}", "print(x)"], {}),
        (["x = 1", "y = [x for x in range(3)]", "print(x)"], {}),
        (["x = 1", "x = 2", "x = 3\nprint(x)"], {}),
        (["x = 1", "x = 2", "for x in range(3):\n    print(x)"], {}),
    ],
)
def test_names_that_are_made_twice(sources, found):
    assert made_twice(sources) == found


def test_generators_that_are_shared():
    makes_one = "g = np.random.default_rng(0)\nx = g.random(3)"
    assert shared_generators([makes_one, "y = g.random(3)"]) == {"g"}
    assert shared_generators([makes_one, "def f(n):\n    return g.random(n)"]) == {"g"}
    assert shared_generators([makes_one, makes_one.replace("x", "y")]) == set()


def test_dictionaries_are_told_from_lists():
    sources = ["a = {}", "b, c = [], {1: 2}", "d = {k: 1 for k in a}", "e = [1]"]
    assert dictionaries(sources) == {"a", "c", "d"}


# --- The chapters


@each_chapter
def test_a_cell_without_those_above_it_names_what_is_missing(path):
    """As after a restart of the kernel: every cell is run in an empty namespace."""
    parameters, imports, *others = cells(path)
    assert needs(imports)[0] <= {"seed"}  # not run here: it loads Keras first
    above = makes(parameters) | makes(imports)
    for source in others:
        missing, inside = needs(source)
        if missing:
            with pytest.raises(NameError) as caught:
                exec(compile(source, path.name, "exec"), {"__name__": "__main__"})
            assert caught.value.name in (missing | inside) & above, source
            assert f"'{caught.value.name}' is not defined" in str(caught.value)
        above |= makes(source)
    assert len(above) > 5


@each_chapter
def test_no_name_hides_one_that_python_gives(path):
    """Where its cell was not run, Python's own would be taken in its place."""
    assert set.union(*map(makes, cells(path))) & GIVEN == set()


@each_chapter
def test_no_cell_changes_what_another_one_made(path):
    sources = cells(path)
    known = dictionaries(sources)
    for source in sources:
        found = changes(source, known)
        for name in RESTORED.get(path.stem, ()):
            if source.startswith(f"{name}.set_weights(first_weights)"):
                found.pop(name)
        assert found == {}, source


@each_chapter
def test_no_name_that_two_cells_make_is_read_by_a_third(path):
    assert made_twice(cells(path)) == {}


@each_chapter
def test_no_two_cells_draw_from_one_generator(path):
    assert shared_generators(cells(path)) == set()
