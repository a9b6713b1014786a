"""The PDF without LaTeX: `make pdf` says what it lacks, and the LaTeX sources have the whole book.

The sources are built into a temporary folder, with every warning an error.
"""

from functools import cache
import os
from pathlib import Path
import re
import shutil
import subprocess
import sys

import aeutils
import nbformat
import pytest

from tests import ROOT
from tests.contents import entries

PAGES = [page for page in entries() if page != "genindex"]  # LaTeX makes its own index
PDF_NAME = "autoencoders-measured"
CHINESE = re.compile("[\u4e00-\u9fff]+")
# The words of a block of HTML that LaTeX leaves as they are.
WORDS = re.compile(r"[A-Za-z][A-Za-z ,.]+[a-z]")


@cache
def markdown(page: str) -> str:
    """Return the prose of a page or a notebook."""
    notebook = ROOT / f"{page}.ipynb"
    if not notebook.is_file():
        return (ROOT / f"{page}.md").read_text("utf-8")
    cells = nbformat.read(notebook, as_version=4).cells
    return "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def build(book: Path, out: Path) -> subprocess.CompletedProcess:
    command = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()"]
    options = ["-n", "-W", "--keep-going", "-q", "--builder", "latex", "--path-output", str(out)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [*command, "build", str(book), *options], capture_output=True, text=True, env=environment
    )


@pytest.fixture(scope="module")
def latex(tmp_path_factory) -> str:
    out = tmp_path_factory.mktemp("book")
    result = build(ROOT, out)
    assert result.returncode == 0, result.stderr
    return (out / "_build" / "latex" / f"{PDF_NAME}.tex").read_text("utf-8")


@pytest.fixture(scope="module")
def prose(latex) -> str:
    """What is no code, on one line."""
    text = re.sub(r"\\begin\{sphinxVerbatim\}.*?\\end\{sphinxVerbatim\}", "", latex, flags=re.DOTALL)
    return re.sub(r"\s+", " ", text)


# --- make pdf


def make_pdf(folder: Path, environment: dict) -> subprocess.CompletedProcess:
    command = [shutil.which("make"), "pdf"]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


@pytest.mark.parametrize("there", [[], ["xelatex", "makeindex", "kpsewhich", "fc-list"]])
def test_without_latexmk_one_line_says_so_and_nothing_is_installed(tmp_path, there):
    """The Makefile stands alone: an attempt to install would end at the missing requirements.txt."""
    programs, book = tmp_path / "programs", tmp_path / "book"
    programs.mkdir()
    book.mkdir()
    shutil.copy(ROOT / "Makefile", book)
    for name in [*there, "python3"]:
        (programs / name).write_text(f"#!/bin/sh\ntouch '{tmp_path}/{name}-ran'\n")
        (programs / name).chmod(0o755)
    result = make_pdf(book, {"PATH": str(programs)})
    assert result.returncode != 0
    (line,) = result.stdout.splitlines()
    assert line.startswith("make pdf lacks latexmk"), line
    assert ("xelatex" in line.split(";")[0]) == (not there)
    assert "apt-get install" in line and "fonts-wqy-microhei" in line
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith("-ran")] == []
    assert [path.name for path in book.iterdir()] == ["Makefile"]


def test_a_font_that_is_missing_is_named(tmp_path):
    for name in ["latexmk", "xelatex", "makeindex", "kpsewhich"]:
        (tmp_path / name).write_text("#!/bin/sh\n")
    (tmp_path / "fc-list").write_text('#!/bin/sh\n[ "$1" = "WenQuanYi Micro Hei" ] || echo found\n')
    for program in tmp_path.iterdir():
        program.chmod(0o755)
    shutil.copy(ROOT / "Makefile", tmp_path)
    result = make_pdf(tmp_path, {"PATH": str(tmp_path)})
    assert result.stdout.startswith("make pdf lacks the font WenQuanYi Micro Hei; "), result.stdout


def test_the_readme_names_the_packages():
    packages = re.search(r"LATEX_PACKAGES := ((?:.*\\\n)*.*)", (ROOT / "Makefile").read_text("utf-8"))
    readme = (ROOT / "README.md").read_text("utf-8")
    missing = [name for name in packages[1].replace("\\\n", " ").split() if name not in readme]
    assert missing == []


# --- The LaTeX sources


def test_every_page_is_a_chapter_and_chapters_have_the_numbers_that_the_text_gives_them(latex):
    titles = [re.search(r"^# (.+)$", markdown(page), re.MULTILINE)[1] for page in PAGES]
    assert re.findall(r"\\chapter\{(.+)\}", latex) == ["Introduction", *titles[1:]]
    depths = re.findall(r"\\setcounter\{secnumdepth\}\{(.+)\}\s*\\chapter", re.sub(r"\n+", "\n", latex))
    assert [depth != "-1" for depth in depths] == [page.startswith("chapters/") for page in PAGES]


def test_the_title_page_has_no_place_left_to_fill(latex):
    assert f"Version {aeutils.__version__}" in latex
    assert not re.search(r"VERSION|REPOSITORY", latex)


@pytest.mark.parametrize("page", PAGES)
def test_what_a_reader_unfolds_on_the_site_is_there(prose, page):
    """Each `<details>`, under its summary in bold, in the chapter's own part."""
    hidden = re.findall(
        r"<details>\s*<summary>(.+?)</summary>(.+?)</details>", markdown(page), flags=re.DOTALL
    )
    assert len(hidden) == markdown(page).count("<details")
    for summary, text in hidden:
        words = max(WORDS.findall(re.sub(r"\s+", " ", text)), key=len)
        bold = rf"\\sphinxstylestrong\{{{re.escape(summary)}\}}"
        assert re.search(rf"{bold}(?:(?!\\end\{{quote\}}).)*{re.escape(words)}", prose), f"{page}: {words}"


@pytest.mark.parametrize("page", PAGES)
def test_the_minutes_are_there(latex, page):
    for minutes in re.findall(r"full data: (\S+) minutes", markdown(page)):
        assert re.search(rf"full\s+data: {re.escape(minutes)} minutes", latex)


def test_chinese_has_its_font(latex):
    terms = {term for page in PAGES for term in CHINESE.findall(markdown(page))}
    assert terms or "pages/glossary" not in PAGES
    set_in_its_font = "".join(re.findall(r"\\DUrole\{chinese\}\{(.+?)\}", latex))
    assert [term for term in sorted(terms) if term not in set_in_its_font] == []


def test_the_references_are_where_their_heading_is(latex):
    start, end = latex.index(r"\begin{sphinxthebibliography}"), latex.index(r"\end{sphinxthebibliography}")
    assert latex.count(r"\begin{sphinxthebibliography}") == 1
    heading = re.findall(r"\\(?:chapter|section)\{(.+)\}", latex[:start])[-1]
    assert heading in {"References", "Bibliography"}
    assert r"\bibitem" in latex[start:end]


def test_no_markup_is_left_over(prose):
    text = re.sub(r"\\sphinxcode\{.*?\}\}|\\\(.*?\\\)", "", prose)
    left_over = r"(?:<|\\textless\{\})/?(?:\w+>|!|\w+\\textgreater)|\*\*\w|\]\(|```|\\\{[\w:-]+\\\}`|\{\[\}\^"
    assert re.findall(left_over, text) == []
    assert r"\color{red}" not in text, "a role or a reference that was not understood"


SMALL_BOOK = f"""
latex:
  use_jupyterbook_latex: false
  latex_engine: xelatex
  latex_documents: {{targetname: {PDF_NAME}.tex}}
sphinx: {{extra_extensions: [web.extensions.latex_fixes]}}
"""


def test_html_that_latex_would_lose_is_an_error(tmp_path):
    book = tmp_path / "book"
    book.mkdir()
    (book / "_config.yml").write_text(SMALL_BOOK)
    (book / "_toc.yml").write_text("format: jb-book\nroot: intro\n")
    page = "# Title\n\n<details><summary>More</summary>\n\n- one\n- two\n\n</details>\n\nlast <!-- unseen -->"
    (book / "intro.md").write_text(page)
    result = build(book, tmp_path)
    assert result.returncode == 0, result.stderr
    latex = (tmp_path / "_build" / "latex" / f"{PDF_NAME}.tex").read_text("utf-8")
    order = [r"\begin{quote}", r"\sphinxstylestrong{More}", "one", "two", r"\end{quote}", "last"]
    places = [latex.index(part, latex.index(r"\chapter{")) for part in order]
    assert places == sorted(places)

    (book / "intro.md").write_text(page + '\n\n<img src="lost.png">\n')
    result = build(book, tmp_path)
    assert result.returncode != 0
    assert "HTML without a meaning in LaTeX" in result.stderr
