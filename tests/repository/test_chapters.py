"""The chapters as files: their form, their figures, their text."""

import base64
import hashlib
import importlib.util
import re

from aeutils import provenance
from aeutils.exercises.base import Exercise
import nbformat

from maintain import LIVING, openings
from tests import ROOT
from tests.contents import entries
from tests.repository.notebooks import (
    CHAPTERS,
    LARGEST_DATA,
    LARGEST_FIGURE,
    LONGEST_CELL,
    NOTEBOOKS,
    SLUG,
    TAG,
    WIDEST_LINE,
    claims,
    code_cells,
    each_chapter,
    markdown,
    tags,
)


def test_the_table_of_contents_lists_every_chapter():
    assert entries(".ipynb") == [f"chapters/{path.stem}" for path in CHAPTERS]
    assert CHAPTERS, "a book without chapters"


@each_chapter
def test_format(path):
    notebook = NOTEBOOKS[path]
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    identities = [cell.get("id") for cell in notebook.cells]
    assert all(identities) and len(set(identities)) == len(identities)
    assert notebook.metadata.kernelspec.name == "python3"
    # The stamp is missing until a chapter was run on the full data, of which `make fresh` tells.
    assert set(notebook.metadata) - {"aeutils"} == {"chapter", "kernelspec", "language_info"}


def test_the_setup_cell_is_the_same_in_every_chapter():
    cells = [code_cells(path)[0] for path in CHAPTERS]
    assert all("setup" in tags(cell) for cell in cells)
    assert len({cell.source for cell in cells}) == 1


@each_chapter
def test_only_the_first_cell_is_setup(path):
    assert not any("setup" in tags(cell) for cell in code_cells(path)[1:])


@each_chapter
def test_markdown_reads_the_same_everywhere(path):
    text = re.sub(r"(?ms)^```.*?^```$", lambda block: block[0].splitlines()[0], markdown(path))
    sphinx = [
        r"(?m)^(```|:::|~~~)+\s*\{",  # a directive
        r"\{[a-zA-Z][\w:+.-]*\}`",  # a role
        r"(?m)^\([\w-]+\)=\s*$",  # a target
        r"(?m)^(\+\+\+|%\s)",  # a block break, a comment
        r"\{\{.*?\}\}",  # a substitution
    ]
    # In TeX two closing braces are common, `{{` and `}}` on one line outside maths are not.
    words = re.sub(r"(?s)\$\$.*?\$\$|\$[^$\n]+\$", "", text)
    assert [match[0] for pattern in sphinx for match in re.finditer(pattern, words)] == []


@each_chapter
def test_images_in_prose_have_a_text(path):
    assert re.findall(r"!\[\s*\]\([^)]*\)", markdown(path)) == []
    assert [tag for tag in re.findall(r"<img[^>]*>", markdown(path)) if "alt=" not in tag] == []


@each_chapter
def test_the_colab_link_is_the_chapter_s_own(path):
    links = re.findall(r"https://colab\.research\.google\.com/[^\s)\]\"']+", markdown(path))
    here = path.relative_to(ROOT).as_posix()
    assert links == [f"https://colab.research.google.com/github/{SLUG}/blob/{TAG}/{here}"]


@each_chapter
def test_links_between_chapters_lead_somewhere(path):
    targets = re.findall(r"\]\(([^)\s]+)\)", markdown(path))
    local = [t.split("#")[0] for t in targets if not re.match(r"[a-z]+:", t)]
    assert [t for t in local if t and not (path.parent / t).exists()] == []


@each_chapter
def test_nothing_on_stderr_and_no_error_but_those_meant(path):
    for cell in code_cells(path):
        assert not [o for o in cell.outputs if o.get("name") == "stderr"], cell.source
        if cell.execution_count is None:  # one that is new: `make fresh` tells of it
            continue
        errors = [o for o in cell.outputs if o.output_type == "error"]
        assert bool(errors) == ("raises-exception" in tags(cell)), cell.source


@each_chapter
def test_cells_are_short(path):
    long = [c.source for c in code_cells(path) if len(c.source.splitlines()) > LONGEST_CELL]
    assert long == []


@each_chapter
def test_formulas_in_outputs_are_set_as_such(path):
    shown = [
        cell
        for cell in code_cells(path)
        for o in cell.outputs
        if "$" in str(o.get("data", {}).get("text/markdown"))
    ]
    assert all(cell.metadata.get("mystnb") == {"markdown_format": "myst"} for cell in shown)


@each_chapter
def test_no_line_of_code_is_cut_off_beside_the_contents(path):
    lines = [line for cell in code_cells(path) for line in cell.source.splitlines()]
    assert [line for line in lines if len(line) > WIDEST_LINE] == []


@each_chapter
def test_figures_are_small_and_have_a_text(path):
    for cell in code_cells(path):
        kinds = [kind for o in cell.outputs for kind in o.get("data", {}) if kind[:6] == "image/"]
        assert set(kinds) <= {"image/png"}, cell.source
        figures = [o.data for o in cell.outputs if "image/png" in o.get("data", {})]
        if figures:
            alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
            assert len(alt.split()) >= 3, f"no description of the figure drawn by:\n{cell.source}"
        for figure in figures:
            assert len(base64.b64decode(figure["image/png"])) <= LARGEST_FIGURE, cell.source


@each_chapter
def test_the_opening_is_what_the_metadata_say(path):
    notebook = NOTEBOOKS[path]
    assert notebook.cells[0].source == openings.opening(notebook, path.name), "make openings"


@each_chapter
def test_prerequisites_name_the_chapters_that_it_builds_on(path):
    about = openings.facts(NOTEBOOKS[path], path.name)
    named = re.findall(r"\[chapter (\d+)\]\((\d+)_", about["prerequisites"])
    assert sorted(int(number) for number, _ in named) == about["builds_on"]
    assert all(int(number) == int(file) for number, file in named)


def test_at_most_one_claim_in_four_needs_the_full_data():
    found = [claim for path in CHAPTERS for claim in claims(path)]
    assert 4 * sum(claim["needs"] == "full" for claim in found) <= len(found)


@each_chapter
def test_the_data_of_living_figures_are_those_that_the_chapter_wrote(path):
    code = "\n".join(cell.source for cell in code_cells(path))
    named = re.findall(r"living\.keep\(\s*\"(\w+)\"", code)
    stored = NOTEBOOKS[path].metadata.get("aeutils", {}).get("living", {})
    assert set(stored) == {f"{name}.js" for name in named} or provenance.stale(NOTEBOOKS[path])
    for name, digest in stored.items():
        content = (LIVING / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == digest, f"make execute CHAPTER={path.stem[:2]}"
        assert len(content) <= LARGEST_DATA
    assert re.findall(r'data-living="(\w+)"', markdown(path)) == named


def test_every_living_figure_s_data_come_from_a_chapter():
    stamps = [notebook.metadata.get("aeutils", {}) for notebook in NOTEBOOKS.values()]
    stored = {name for stamp in stamps for name in stamp.get("living", {})}
    assert {file.name for file in LIVING.iterdir()} == stored


def test_every_work_with_an_identifier_is_in_the_bibliography():
    bibliography = (ROOT / "pages" / "references.bib").read_text("utf-8").lower()
    for path in CHAPTERS:
        cited = re.findall(r"doi\.org/([^\s)\]]+)|arxiv\.org/abs/([\d.]+\d)", markdown(path).lower())
        assert [one for pair in cited for one in pair if one not in bibliography] == [], path.name


@each_chapter
def test_the_exercises_of_the_package_are_those_of_the_chapter(path):
    code = "\n".join(cell.source for cell in code_cells(path))
    module = f"aeutils.exercises.chapter{path.name[:2]}"
    if importlib.util.find_spec(module) is None:  # a chapter that was only laid
        assert "exercises." not in code
        return
    found = [one for one in vars(importlib.import_module(module)).values() if isinstance(one, Exercise)]
    assert re.findall(r"\*\*(Exercise [\d.]+)\.\*\*", markdown(path)) == [one.name for one in found]
    checked = re.findall(r"\bexercises\.(\w+)\.check\((\w+)\)", code)
    assert [answer for _, answer in checked] == [one.answer_name for one in found]
