"""What the book's own pages tell of its chapters, read from the notebooks when the site is built.

- `{chapter-minutes}` with a number such as 03: how long the chapter's full run took, from its stamp.
- `{chapter-map}`: a drawing and a table of the chapters: what each builds on, asks and costs, its Colab link.
- `{chapter-figure}` with a number and a name: the picture that the cell with the metadata
  `"aeutils": {"figure": NAME}` has stored, with the cell's alternative text.

A chapter whose outputs come from an earlier version of its code says so below its title, as does the table.
"""

import base64
from functools import cache
from html import escape
from pathlib import Path
from statistics import fmean
from textwrap import wrap

from aeutils.provenance import stale
from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList
import nbformat
from sphinx.util.docutils import SphinxDirective

from maintain import ROOT
from maintain.openings import colab_link, facts

DRAWN = ROOT / "_build" / "drawn"
STALE = "⚠"


@cache
def chapter(path: Path) -> dict:
    """Return what a notebook's metadata tell of it.

    These are `question`, `builds_on` and more as of `openings.facts`; its `number`, `path` and `title`; of
    its stamp `minutes`, `memory` and `date`, None where there is none; `colab`, the link; and `changes`, in
    words, to its code since its outputs were stored.
    """
    notebook = nbformat.read(path, as_version=4)
    stamp = notebook.metadata.get("aeutils", {})
    return facts(notebook, path.name) | {
        "number": int(path.name[:2]),
        "path": path.relative_to(ROOT).with_suffix("").as_posix(),
        "title": notebook.cells[0].source.partition("\n")[0].removeprefix("# "),
        "minutes": stamp.get("minutes"),
        "memory": stamp.get("memory_gb"),
        "date": stamp.get("date"),
        "colab": colab_link(path.name),
        "changes": stale(notebook),
    }


def chapters() -> list[dict]:
    """Return what all chapters tell of themselves, in their order."""
    return [chapter(path) for path in sorted((ROOT / "chapters").glob("[0-9][0-9]_*.ipynb"))]


def minutes_role(name, rawtext, text, lineno, inliner, options=None, content=None):
    """Return the text of `{chapter-minutes}`."""
    found = [c for c in chapters() if c["number"] == int(text)]
    if not found or found[0]["minutes"] is None:
        problem = inliner.reporter.warning(f"chapter {text} has no stamp with minutes", line=lineno)
        return [inliner.problematic(rawtext, rawtext, problem)], [problem]
    return [nodes.Text(f"{found[0]['minutes']:g} minutes")], []


class ChapterMap(SphinxDirective):
    """A drawing of what builds on what (on the web), and a table that says the same and more."""

    def run(self):
        found = chapters()
        rows = ["| chapter | asks | builds on | costs | run in |", "|:--|:--|:--|--:|:--|"]
        for c in found:
            needs = ", ".join(map(str, c["builds_on"])) or "–"
            minutes = f"{c['minutes']:.1f}" if c["minutes"] is not None else "?"
            memory = f"{c['memory']:.1f}" if c["memory"] is not None else "?"
            costs = f"{minutes}\u00a0min, {memory}\u00a0GB"
            link = f"[{c['number']}. {c['title']}](/{c['path']}.ipynb){f' {STALE}' if c['changes'] else ''}"
            rows.append(f"| {link} | {c['question']} | {needs} | {costs} | [Colab]({c['colab']}) |")
        if any(c["changes"] for c in found):
            rows += ["", f"{STALE} The outputs of this chapter come from an earlier version of its code."]
        table = nodes.container()
        lines = StringList(rows, source=self.get_source_info()[0])
        self.state.nested_parse(lines, self.content_offset, table)
        return [nodes.raw("", drawn_map(found), format="html"), *table.children]


def drawn_map(found: list[dict]) -> str:
    """Return an SVG: a box a chapter, placed by the longest way to it, and arrows from what it builds on."""
    depth = {}
    for c in found:
        depth[c["number"]] = 1 + max((depth[n] for n in c["builds_on"]), default=-1)
    rows = {d: [c for c in found if depth[c["number"]] == d] for d in sorted(set(depth.values()))}
    # An arrow from what is reached through another chapter anyway would only cross the others.
    near = {c["number"]: [n for n in c["builds_on"] if depth[n] == depth[c["number"]] - 1] for c in found}
    titles = {c["number"]: wrap(f"{c['number']}. {c['title']}", 14) for c in found}
    width, line, gap = 136, 18, 36  # 14 letters of 14 px have room, wide ones too
    height = line * max(map(len, titles.values())) + 16
    full = max(map(len, rows.values())) * (width + 8)
    place = {}  # the middle of each box's upper edge
    for d, members in rows.items():
        # Each as nearly as can be below what it builds on, so that few arrows cross.
        members = sorted(members, key=lambda c: fmean([place[n][0] for n in near[c["number"]]] or [0]))
        for i, c in enumerate(members):
            place[c["number"]] = full * (i + 0.5) / len(members), d * (height + gap)
    parts = []
    for c in found:
        x, y = place[c["number"]]
        for n in near[c["number"]]:
            x0, y0 = place[n][0], place[n][1] + height
            middle = (y0 + y) / 2
            parts.append(f'<path d="M{x0},{y0} C{x0},{middle} {x},{middle} {x},{y} m-4,-7 l4,7 l4,-7"/>')
        title = titles[c["number"]]
        first = y + height / 2 + 5 - line * (len(title) - 1) / 2
        words = "".join(
            f'<tspan x="{x}" y="{first + line * i}">{escape(part)}</tspan>' for i, part in enumerate(title)
        )
        parts.append(
            f'<a href="../{c["path"]}.html" aria-label="{escape(" ".join(title))}">'
            f'<rect x="{x - width / 2}" y="{y}" width="{width}" height="{height}" rx="6"/>'
            f"<text>{words}</text></a>"
        )
    label = "Map of the chapters: what builds on what. The table below says the same."
    total = len(rows) * (height + gap) - gap
    return (
        f'<div class="chapter-map"><svg viewBox="0 -2 {full} {total + 4}" role="group" '
        f'aria-label="{label}">{"".join(parts)}</svg></div>'
    )


class ChapterFigure(Directive):
    """A figure that a chapter drew: `{chapter-figure} 03 front`."""

    required_arguments = 2

    def run(self):
        number, name = self.arguments
        (path,) = (ROOT / "chapters").glob(f"{number}_*.ipynb")
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.metadata.get("aeutils", {}).get("figure") != name:
                continue
            pictures = [o.data["image/png"] for o in cell.outputs if "image/png" in o.get("data", {})]
            if len(pictures) == 1:
                file = DRAWN / f"{number}_{name}.png"
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(base64.b64decode(pictures[0]))
                alt = cell.metadata.mystnb.image.alt
                uri = f"/{file.relative_to(ROOT).as_posix()}"
                return [nodes.image(uri=uri, alt=alt)]
        raise self.error(f"chapter {number} has stored no figure {name!r}: make execute CHAPTER={number}")


def mark_stale_outputs(app, doctree):
    """Say at the top of a chapter's page that its outputs do not come from the code that is there."""
    path = ROOT / f"{app.env.docname}.ipynb"
    if path.parent != ROOT / "chapters":
        return
    about = chapter(path)
    if not about["changes"]:
        return
    words = (
        f"The outputs of this chapter come from an earlier version of its code, run on {about['date']}. "
        f"Since then: {'; '.join(about['changes'])}. Numbers and figures may differ from those that the code "
        "gives now. For maintainers: "
    )
    title = "Outputs older than the code"
    if about["date"] is None:
        title, words = "Not yet run", "This chapter is yet to be run on the full data. For maintainers: "
    command = nodes.literal("", f"make execute CHAPTER={path.name[:2]}")
    note = nodes.admonition("", nodes.title("", title), classes=["warning", "stale"])
    note += nodes.paragraph("", words, command)
    next(doctree.findall(nodes.title)).parent.insert(1, note)


def setup(app):
    """Register with Sphinx what this module does."""
    app.add_role("chapter-minutes", minutes_role)
    app.add_directive("chapter-map", ChapterMap)
    app.add_directive("chapter-figure", ChapterFigure)
    app.connect("doctree-read", mark_stale_outputs)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
