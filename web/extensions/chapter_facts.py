"""What the book's own pages tell of its chapters, read from the notebooks when the site is built.

- `{chapter-minutes}` with a number such as 03: how long the chapter's full run took, from its stamp.
- `{chapter-map}`: a drawing and a table of the chapters: what each builds on, asks and costs, its
  Colab link.
- `{chapter-figure}` with a number and a name: the picture that the cell with the metadata
  `"aeutils": {"figure": NAME}` has stored, with the cell's alternative text.
"""

import base64
from functools import cache
from html import escape
import json
from pathlib import Path
import re

from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

from maintain import ROOT

DRAWN = ROOT / "_build" / "drawn"


@cache
def chapter(path: Path) -> dict:
    """Return a chapter's number, title, question, what it builds on, minutes, memory, Colab link."""
    notebook = json.loads(path.read_text("utf-8"))
    text = "\n\n".join("".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "markdown")
    opening = text.split("## ", 1)[0]
    needs = re.search(r"\*\*You need\*\*(.*?)\*\*Time\*\*", opening, re.DOTALL)[1]
    needs = re.split(r"[;,] (?:or|explains)", needs)[0]
    lists = re.findall(r"chapters? (\d(?:(?:, | and )\d)*)", needs)
    builds_on = set(re.findall(r"\d", " ".join(lists)))
    stamp = notebook["metadata"].get("aeutils", {})
    return {
        "number": int(path.name[:2]),
        "path": path.relative_to(ROOT).with_suffix("").as_posix(),
        "title": re.search(r"^# (.+)$", text, re.MULTILINE)[1],
        "question": re.search(r"\*\*([^*]+\?)\*\*", opening)[1].replace("\n", " "),
        "builds_on": sorted(int(n) for n in builds_on),
        "minutes": stamp.get("minutes"),
        "memory": stamp.get("memory_gb"),
        "colab": re.search(r"https://colab[^)\s]+", opening)[0],
    }


def chapters() -> list[dict]:
    return [chapter(path) for path in sorted((ROOT / "chapters").glob("[0-9][0-9]_*.ipynb"))]


def minutes_role(name, rawtext, text, lineno, inliner, options=None, content=None):
    found = [c for c in chapters() if c["number"] == int(text)]
    if not found or found[0]["minutes"] is None:
        problem = inliner.reporter.warning(f"chapter {text} has no stamp with minutes", line=lineno)
        return [inliner.problematic(rawtext, rawtext, problem)], [problem]
    return [nodes.Text(f"{found[0]['minutes']:g} minutes")], []


class ChapterMap(SphinxDirective):
    """A drawing of what builds on what (on the web), and a table that says the same and more."""

    def run(self):
        found = chapters()
        rows = ["| | chapter | asks | builds on | minutes | memory | |", "|--:|:--|:--|:--|--:|--:|:--|"]
        for c in found:
            needs = ", ".join(map(str, c["builds_on"])) or "–"
            minutes = f"{c['minutes']:g}" if c["minutes"] is not None else "?"
            memory = f"{c['memory']:.1f} GB" if c["memory"] is not None else "?"
            link = f"[{c['title']}](/{c['path']}.ipynb)"
            rows.append(f"| {c['number']} | {link} | {c['question']} | {needs} | {minutes} | {memory} ")
            rows[-1] += f"| [Colab]({c['colab']}) |"
        drawing = nodes.raw("", drawn_map(found), format="html")
        table = nodes.container()
        lines = StringList(rows, source=self.get_source_info()[0])
        self.state.nested_parse(lines, self.content_offset, table)
        return [drawing, *table.children]


def drawn_map(found: list[dict]) -> str:
    """Return an SVG: a box a chapter, placed by the longest way to it, and a line from what it builds on."""
    depth = {}
    for c in found:
        depth[c["number"]] = 1 + max((depth[n] for n in c["builds_on"]), default=-1)
    columns = {d: [c for c in found if depth[c["number"]] == d] for d in sorted(set(depth.values()))}
    width, height, gap = 230, 44, 40
    tallest = max(map(len, columns.values()))
    total = tallest * (height + 16)
    place = {}
    for d, members in columns.items():
        for i, c in enumerate(members):
            place[c["number"]] = d * (width + gap), total * (i + 0.5) / len(members)
    full = len(columns) * (width + gap) - gap
    parts = []
    for c in found:
        # A line to what is reached through another chapter anyway would only cross the others.
        near = [n for n in c["builds_on"] if depth[n] == depth[c["number"]] - 1]
        for n in near:
            (x0, y0), (x1, y1) = place[n], place[c["number"]]
            start, middle = x0 + width, x0 + width + gap / 2
            parts.append(f'<path d="M{start},{y0} C{middle},{y0} {middle},{y1} {x1},{y1}"/>')
    for c in found:
        x, y = place[c["number"]]
        parts.append(
            f'<a href="../{c["path"]}.html">'
            f'<rect x="{x}" y="{y - height / 2}" width="{width}" height="{height}" rx="6"/>'
            f'<text x="{x + width / 2}" y="{y + 5}">{c["number"]}. {escape(c["title"])}</text></a>'
        )
    label = "Map of the chapters: what builds on what. The table below says the same."
    return (
        f'<div class="chapter-map"><svg viewBox="-2 0 {full + 4} {total}" role="group" '
        f'aria-label="{label}">{"".join(parts)}</svg></div>'
    )


class ChapterFigure(Directive):
    """A figure that a chapter drew: `{chapter-figure} 03 front`."""

    required_arguments = 2

    def run(self):
        number, name = self.arguments
        (path,) = (ROOT / "chapters").glob(f"{number}_*.ipynb")
        for cell in json.loads(path.read_text("utf-8"))["cells"]:
            if cell["metadata"].get("aeutils", {}).get("figure") != name:
                continue
            pictures = [o["data"]["image/png"] for o in cell["outputs"] if "image/png" in o.get("data", {})]
            if len(pictures) == 1:
                file = DRAWN / f"{number}_{name}.png"
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(base64.b64decode("".join(pictures[0])))
                alt = cell["metadata"]["mystnb"]["image"]["alt"]
                uri = f"/{file.relative_to(ROOT).as_posix()}"
                return [nodes.image(uri=uri, alt=alt)]
        raise self.error(f"chapter {number} has stored no figure {name!r}: make execute CHAPTER={number}")


def setup(app):
    app.add_role("chapter-minutes", minutes_role)
    app.add_directive("chapter-map", ChapterMap)
    app.add_directive("chapter-figure", ChapterFigure)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
