r"""What the PDF needs beyond what Sphinx writes: a title page, fonts with every character, all of the text.

Sphinx drops raw HTML in LaTeX, takes the first page's text for a preface without a title and its sections
for chapters, puts the references behind everything, and sets all columns of a table flush left. The
transforms here mend that on the one document that the LaTeX builder assembles from all pages; no other
builder sees them. A raw HTML tag that is not known here is a warning, since its meaning would be lost.
"""

import re

from aeutils import __version__
from docutils import nodes
from sphinx import addnodes
from sphinx.builders.latex.nodes import thebibliography
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

LOGGER = logging.getLogger(__name__)
NUMBERED = "chapters/"  # the pages that the text calls "chapter 1" and so on
ONLY_ON_THE_SITE = {"genindex"}  # LaTeX makes its own index
ALIGNED = {"text-left": "L", "text-center": "C", "text-right": "R"}
LONGEST_TABLE = 30  # rows; Sphinx breaks a longer one over pages, with columns of its own

SUMMARY = re.compile(r"<details[^>]*>\s*<summary>(?P<text>.*?)</summary>", re.DOTALL)
# What may go: comments, the wrapping of a living figure (what stands in it stays), and the map of the
# chapters, beside which a table says the same.
IGNORED = re.compile(
    r'\s*(?:(?:<!--.*?-->|<div class="living"[^>]*>|</div>|<div class="chapter-map">.*</div>)\s*)*', re.DOTALL
)

# FreeSerif has the signs that the text uses (ticks, Greek letters), DejaVu Sans Mono those of the code.
# Neither has Chinese characters: runs of them are marked, and set in a font of their own.
CHINESE = re.compile("([\u3000-\u303f\u3400-\u4dbf\u4e00-\u9fff\uff00-\uffef]+)")
FONTS = r"""
\setmainfont{FreeSerif}[Extension=.otf, UprightFont=*, ItalicFont=*Italic, BoldFont=*Bold,
  BoldItalicFont=*BoldItalic]
\setsansfont{FreeSans}[Extension=.otf, UprightFont=*, ItalicFont=*Oblique, BoldFont=*Bold,
  BoldItalicFont=*BoldOblique]
\setmonofont{DejaVu Sans Mono}[Scale=0.86]
\newfontfamily\chinese{WenQuanYi Micro Hei}[Scale=0.92]
"""

PREAMBLE = r"""
\makeatletter
\newcommand\DUrolechinese[1]{{\chinese #1}}
% The bibliography's page has a heading of its own.
\renewenvironment{sphinxthebibliography}[1]
  {\begingroup\renewcommand\chapter[2]{}\let\@mkboth\@gobbletwo\begin{thebibliography}{#1}}
  {\end{thebibliography}\endgroup}
% 110 characters of code fit a line; what a cell shows is white, the code grey.
\fvset{fontsize=\footnotesize}
\newenvironment{sphinxclasscell_output}{\sphinxsetup{VerbatimColor={named}{white}}}{}
\titleformat{\chapter}[display]{\sffamily\bfseries\color{TitleColor}}
  {\Large\chaptertitlename\ \thechapter}{0.5ex}{\Huge}
\titlespacing*{\chapter}{0pt}{0pt}{4ex}
\renewcommand\sphinxstyleindexentry[1]{#1}
\setlength\tymin{60pt}
\setlength\emergencystretch{3em}
\makeatother
"""

TITLE_PAGE = r"""
\makeatletter
\begin{titlepage}
  \pdfbookmark[0]{\@title}{title}
  \hypersetup{pdftitle={\@title}, pdfauthor={\@author}}
  \vspace*{0.25\textheight}
  {\Huge\sffamily\bfseries \@title\par}
  \vspace{1em}
  {\Large A book on autoencoders in Keras 3 that measures every claim it makes\par}
  \vspace{4em}
  {\large \@author\par}
  \vspace{1em}
  {\large Version VERSION\par}
  \vfill
  {\small\raggedright Code under the MIT licence. Text and figures under
  \href{https://creativecommons.org/licenses/by/4.0/}{CC BY 4.0}, with the digits of MNIST under
  \href{https://creativecommons.org/licenses/by-sa/3.0/}{CC BY-SA 3.0}.\\
  \url{REPOSITORY}\par}
\end{titlepage}
\makeatother
"""


def set_up_latex(app, config):
    """Fill in Sphinx' LaTeX settings; what `_config.yml` sets in `latex_elements` goes first."""
    repository = config.html_theme_options.get("repository_url", "")
    title_page = TITLE_PAGE.replace("VERSION", __version__).replace("REPOSITORY", repository)
    elements = {
        "papersize": "a4paper",
        "extraclassoptions": "oneside,openany",
        "fontpkg": FONTS,
        "fncychap": "",
        "preamble": PREAMBLE,
        "maketitle": title_page,
        "sphinxsetup": "hmargin=2.2cm, vmargin=2.5cm, "
        "verbatimforcewraps=true, VerbatimBorderColor={gray}{0.8}",
    }
    config.latex_elements = elements | config.latex_elements
    config.latex_use_xindy = False  # MakeIndex comes with every TeX, xindy does not
    config.latex_domain_indices = False


class LatexFix(SphinxPostTransform):
    """A change of the whole book's document, for LaTeX alone."""

    formats = ("latex",)


class KeepDetails(LatexFix):
    """Turn `<details>` into an indented block under its summary in bold."""

    default_priority = 100

    def run(self, **kwargs):
        for raw in list(self.raw_html()):
            if summary := SUMMARY.fullmatch(raw.astext().strip()):
                self.keep(raw, summary["text"].strip())
        for raw in self.raw_html():
            if not IGNORED.fullmatch(raw.astext()):
                LOGGER.warning("HTML without a meaning in LaTeX: %r", raw.astext()[:60], location=raw)

    def raw_html(self):
        return (raw for raw in self.document.findall(nodes.raw) if raw.get("format") == "html")

    def keep(self, start, summary):
        parent, place = start.parent, start.parent.index(start)
        ends = (i for i, node in enumerate(parent) if i > place and node.astext().strip() == "</details>")
        end = next(ends, None)
        if end is not None:
            bold = nodes.paragraph("", "", nodes.strong("", summary))
            parent[place : end + 1] = [nodes.block_quote("", bold, *parent[place + 1 : end])]


class AlignColumns(LatexFix):
    """Give the columns of a table the alignment that its Markdown asks for, left where it asks for none."""

    default_priority = 110

    def run(self, **kwargs):
        for table in list(self.document.findall(nodes.table)):
            rows = list(table.findall(nodes.row))
            if len(rows) <= LONGEST_TABLE:
                columns = [ALIGNED.get(" ".join(entry["classes"]), "L") for entry in rows[0]]
                place = table.parent.index(table)
                table.parent.insert(place, addnodes.tabular_col_spec(spec="".join(columns)))


class MarkChinese(LatexFix):
    """Put each run of Chinese characters in an element that the preamble gives a font."""

    default_priority = 115

    def run(self, **kwargs):
        for text in list(self.document.findall(nodes.Text)):
            if CHINESE.search(text) and not isinstance(text.parent, nodes.FixedTextElement):
                runs = CHINESE.split(text)  # every second one is Chinese
                new = [nodes.inline("", run, classes=["chinese"]) for run in runs]
                new[::2] = [nodes.Text(run) for run in runs[::2]]
                text.parent.replace(text, new)


class ArrangePages(LatexFix):
    """Make the first page a chapter like the others; number those that are chapters."""

    default_priority = 120

    def run(self, **kwargs):
        first = self.document.next_node(nodes.section)
        inner = nodes.section("", nodes.title("", "Introduction"), ids=first["ids"], names=first["names"])
        tables = [node for node in first.findall(nodes.compound) if "toctree-wrapper" in node["classes"]]
        for table in tables:
            table.parent.remove(table)
        title, *rest = first
        # Without its name, so that the label of the page is set once.
        page = addnodes.start_of_file("", inner, docname=self.document.attributes.pop("docname"))
        first.clear()
        first["ids"], first["names"] = [], []
        inner += rest
        first += [title, page, *tables]
        for page in list(self.document.findall(addnodes.start_of_file)):
            if page["docname"] in ONLY_ON_THE_SITE:
                page.parent.remove(page)
                continue
            depth = "1" if page["docname"].startswith(NUMBERED) else "-1"
            page.insert(0, nodes.raw("", rf"\setcounter{{secnumdepth}}{{{depth}}}", format="latex"))


class MarkBibliography(LatexFix):
    """Leave a mark where the references are, before Sphinx gathers them at the end (priority 750)."""

    default_priority = 740

    def run(self, **kwargs):
        first = next(self.document.findall(nodes.citation), None)
        if first is not None:
            first.parent.insert(first.parent.index(first), nodes.comment(classes=["bibliography"]))


class PlaceBibliography(LatexFix):
    """Put the references back where they were."""

    default_priority = 760

    def run(self, **kwargs):
        for mark in list(self.document.findall(nodes.comment)):
            if "bibliography" in mark["classes"]:
                references = next(self.document.findall(thebibliography))
                references.parent.remove(references)
                mark.replace_self(references)


def setup(app):
    """Register with Sphinx what this module does."""
    app.connect("config-inited", set_up_latex, priority=900)
    for fix in (KeepDetails, AlignColumns, MarkChinese, ArrangePages, MarkBibliography, PlaceBibliography):
        app.add_post_transform(fix)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
