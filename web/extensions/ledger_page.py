"""The page of the ledger, and in the chapters a link to it beside each claim, both from `ledger.json`.

- `{ledger-summary}`: what was run, where and when, and what failed;
- `{ledger-claims}`: a section a chapter: each claim, how often it held, the spread of its numbers;
- `{ledger-runs}`: minutes and memory of the runs.

A claim's place in its chapter and its row on the page have names made of its words.
"""

from functools import cache
import json
from operator import itemgetter
from pathlib import Path
from statistics import median

from aeutils.claim_records import CLAIM_MIME, numbers_in_words
from docutils import nodes
from docutils.statemachine import StringList
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective

from maintain import ROOT, ledger
from maintain.ledger import LEDGER, PLAN, Run, device_in_words, is_fresh, of_clothes, tally, totals
from maintain.runner import find
from web.extensions.chapter_facts import chapter
from web.extensions.ledger_pictures import drawing, in_words, lane_mark, measured

KINDS = ledger.planned_kinds()
DATA = {"sample": "sample", "full": "full data", "fashion": "clothes"}
BACKENDS = {"tensorflow": "TensorFlow", "jax": "JAX", "torch": "PyTorch"}
NAMES = {f"{s}-{b}": f"{DATA[s]}, {BACKENDS[b]}" for s, b, _ in PLAN}


@cache
def stamps() -> dict[str, str]:
    """Return the stamp of each chapter as it is, by number."""
    return ledger.chapter_stamps()


@cache
def all_runs() -> list[Run]:
    """Return the ledger's runs."""
    return ledger.read()


@cache
def current_runs() -> list[Run]:
    """Return the ledger's runs, without those that a sweep is to replace."""
    return ledger.current_runs(all_runs(), stamps())


@cache
def earlier_runs() -> list[Run]:
    """Return the other runs of the ledger: of an earlier state of a chapter, or with other versions."""
    keys = {run.key for run in current_runs()}
    return [run for run in all_runs() if run.key not in keys]


@cache
def summed_claims() -> list[dict]:
    """Return what became of each claim in the current runs, and last those that only earlier runs judged."""
    summed = ledger.summary(current_runs())
    known = {(claim["chapter"], claim["statement"]) for claim in summed}
    stated = {(path.stem[:2], text) for path in find() for text in statements_by_text(path).values()}
    earlier = [
        claim | {"kinds": {}, "numbers": {}}
        for claim in ledger.summary(earlier_runs())
        if (claim["chapter"], claim["statement"]) in stated - known
    ]
    return summed + earlier


def chapter_pages(env) -> dict[str, Path]:
    """Return the chapters that are pages of the book, by number."""
    return {path.name[:2]: path for path in find() if f"chapters/{path.stem}" in env.found_docs}


def slug(statement: str) -> str:
    """Return the name of a claim's place, made of the words of its statement."""
    return nodes.make_id(statement)


def statements_by_text(path: Path) -> dict[str, str]:
    """Return the statements of a chapter's claims by the text that its outputs show."""
    cells = json.loads(path.read_text("utf-8"))["cells"]
    bundles = [output.get("data", {}) for cell in cells for output in cell.get("outputs", [])]
    return {
        "".join(bundle["text/plain"]): bundle[CLAIM_MIME]["statement"]
        for bundle in bundles
        if CLAIM_MIME in bundle
    }


def verdict(claim: dict, runs: list[Run]) -> tuple[str, bool]:
    """Return in words how often a claim held on digits, and whether it failed there, or was not reached."""
    made, judged, held = totals(claim, runs, clothes=False)
    if held < judged:
        return f"✗ failed in {judged - held} of {made} runs", True
    if judged < made:
        return f"✗ not reached in {made - judged} of {made} runs", True
    return (f"✓ held in {held} of {made} runs" if made else "not judged yet"), False


def on_clothes(claim: dict, runs: list[Run]) -> str:
    """Return in words what became of a claim with clothes in the place of digits; "" if it was not judged."""
    _, judged, held = totals(claim, runs, clothes=True)
    if not judged:
        return ""
    if held == judged:
        return f"also on clothes, in {held} of {judged} runs"
    return f"digits only: on clothes it held in {held} of {judged} runs"


def on_fresh_seeds(claim: dict, runs: list[Run]) -> str:
    """Return in words how often a claim held with seeds that came after its wording was frozen."""
    fresh = [run for run in runs if is_fresh(run.key)]
    judged = judgements(claim, fresh)
    return f"fresh seeds {sum(judged)}/{len(judged)}" if judged else ""


def with_earlier_code(claim: dict, runs: list[Run]) -> str:
    """Return in words how often a claim of these words held in runs of an earlier state of its chapter."""
    judged = judgements(claim, runs)
    return f"with earlier code {sum(judged)}/{len(judged)}" if judged else ""


def judgements(claim: dict, runs: list[Run]) -> list[bool]:
    """Return whether a claim held, for each of the runs that judged it."""
    return [
        found["holds"]
        for run in runs
        for found in run.claims
        if (run.chapter, found["statement"]) == (claim["chapter"], claim["statement"])
        and found["holds"] is not None
    ]


class LedgerDirective(SphinxDirective):
    """What the directives share; `self.claims` and `self.runs` are the ledger's."""

    def run(self) -> list[nodes.Node]:
        self.env.note_dependency(str(LEDGER))
        self.claims, self.runs = summed_claims(), current_runs()
        return self.content_nodes()

    def table(self, lines: list[str]) -> nodes.Node:
        inside = nodes.container()
        self.state.nested_parse(StringList(lines, self.get_source_info()[0]), self.content_offset, inside)
        return inside.children[0]

    def failed(self, number: str | None = None) -> list[dict]:
        claims = [claim for claim in self.claims if number in (None, claim["chapter"])]
        return [claim for claim in claims if verdict(claim, self.runs)[1]]


class Summary(LedgerDirective):
    """What was run, where and when, and what failed."""

    def content_nodes(self):
        by_construction = sum(claim["by_construction"] for claim in self.claims)
        count = f"{len(self.claims) - by_construction} claims that were measured, "
        count += f"{by_construction} that hold by construction, " if by_construction else ""
        count += f"{len(self.runs)} runs of a chapter. "
        failed = self.failed()
        words, name = "On digits each claim held in every run in which it was judged.", "ledger-held"
        if not self.runs:
            words, name = "Not yet run with the chapters as they are now.", "ledger-held"
        if failed:
            one = len(failed) == 1
            words = "1 claim failed, or was" if one else f"{len(failed)} claims failed, or were"
            words = f"✗ {words} not reached, in at least one run on digits:"
            name = "ledger-failed"
        told = nodes.strong("", words, classes=[name])
        found = [nodes.paragraph("", "", nodes.Text(count), told)]
        found += [nodes.bullet_list("", *map(self.failure, failed))] if failed else []
        carried = sum(run.carried is not None for run in self.runs)
        words = (
            f"{carried} of the runs were made with an earlier state of the code and carried over, as seed 0 "
            "of their kind gives equal numbers with the code as it is now."
        )
        found += [nodes.paragraph("", words)] if carried else []
        measured = [claim for claim in self.claims if not claim["by_construction"]]
        counts = [totals(claim, self.runs, clothes=True) for claim in measured]
        always = [held == judged for _, judged, held in counts if judged]
        words = (
            f"With clothes in the place of digits {sum(always)} of {len(always)} measured claims held "
            "in every run."
        )
        found += [nodes.paragraph("", words)] if always else []
        words = (
            f"{len(earlier_runs())} runs of an earlier state of the chapters are kept until they are made "
            "anew, and counted apart."
        )
        found += [nodes.paragraph("", words)] if earlier_runs() else []
        left = len(ledger.missing_keys(self.runs, stamps()))
        words = f"Of the plan {left} runs are to be made yet, or anew, with the chapters as they are now."
        found += [nodes.paragraph("", words)] if left else []
        return [*found, self.kinds(), nodes.paragraph("", self.where())] if self.runs else found

    def failure(self, claim: dict) -> nodes.list_item:
        statement = link(claim["statement"], f"ledger-{claim['chapter']}-{slug(claim['statement'])}")
        text = f": chapter {int(claim['chapter'])}, {verdict(claim, self.runs)[0]}"
        return nodes.list_item("", nodes.paragraph("", "", statement, nodes.Text(text)))

    def kinds(self) -> nodes.Node:
        plan = [key.kind for key in ledger.planned_keys(stamps())]
        lines = ["| data, backend | seeds | runs | planned |", "|:--|:--|--:|--:|"]
        present = [name for name in KINDS if any(run.key.kind == name for run in self.runs)]
        for name in present:
            seeds = [run.seed for run in self.runs if run.key.kind == name]
            which = seeds_in_words(set(seeds))
            lines.append(f"| {NAMES[name]} | {which} | {len(seeds)} | {plan.count(name)} |")
        table = self.table(lines)
        for name, row in zip(present, list(table.findall(nodes.row))[1:], strict=True):
            row.next_node(nodes.paragraph).insert(0, only_on_the_web(f"{lane_mark(KINDS.index(name))} "))
        return table

    def where(self) -> str:
        versions = sorted({f"{n} {v}" for run in self.runs for n, v in run.versions.items()})
        devices = sorted({device_in_words(run.device) for run in self.runs})
        dates = [run.date for run in self.runs]
        period = f"from {min(dates)} to {max(dates)}" if min(dates) != max(dates) else f"on {dates[0]}"
        return f"Run {period}, with {', '.join(versions)}, on: {'; '.join(devices)}."


def seeds_in_words(seeds: set[int]) -> str:
    """Return such as "0 to 4", or "0, 2" where some are left out."""
    first, last = min(seeds), max(seeds)
    together = len(seeds) == last - first + 1
    if first == last:
        return str(first)
    return f"{first} to {last}" if together else ", ".join(map(str, sorted(seeds)))


class Claims(LedgerDirective):
    """A section a chapter, of its claims; what failed comes first."""

    def content_nodes(self):
        paths = chapter_pages(self.env)
        sections = []
        for number in sorted({claim["chapter"] for claim in self.claims} & set(paths)):
            facts = chapter(paths[number])
            title = f"{facts['number']}. {facts['title']}"
            section = nodes.section("", nodes.title("", title), ids=[f"chapter-{number}"], names=[title])
            self.state.document.note_explicit_target(section)
            self.env.note_dependency(str(paths[number]))
            shown = set(statements_by_text(paths[number]).values())
            claims = [claim for claim in self.claims if claim["chapter"] == number]
            failed = self.failed(number)
            found = nodes.bullet_list(classes=["ledger-claims"])
            others = (claim for claim in claims if claim not in failed)
            others = sorted(others, key=itemgetter("by_construction"))
            for claim in [*failed, *others]:
                found += self.item(claim, claim["statement"] in shown)
            section += found
            sections.append(section)
        return sections

    def item(self, claim: dict, shown: bool) -> nodes.list_item:
        name = f"{claim['chapter']}-{slug(claim['statement'])}"
        note_place(self.env, f"ledger-{name}", f"claim-{name}")
        statement = claim["statement"]
        statement = link(statement, f"claim-{name}") if shown else with_code(statement)
        words, failed = verdict(claim, self.runs)
        place = nodes.target("", "", ids=[f"claim-{name}"])
        said = nodes.strong("", words, classes=["ledger-failed" if failed else "ledger-held"])
        text = nodes.container("", nodes.paragraph("", "", place, statement), nodes.paragraph("", "", said))
        text += nodes.paragraph("", self.counts(claim), classes=["ledger-counts"])
        text.is_div = True
        item = nodes.list_item("", text)
        drawn = measured(claim["kinds"])
        if drawn:
            item += only_on_the_web(drawing(drawn, KINDS, NAMES))
            words = in_words(drawn, KINDS, NAMES)
            item += addnodes.only("", nodes.paragraph("", words), expr="latex")
        elif claim["kinds"]:  # judged, with numbers that were the same in all runs
            words = numbers_in_words(claim["numbers"]) or "no numbers"
            item += nodes.paragraph("", words, classes=["ledger-wording"])
        return item

    def counts(self, claim: dict) -> str:
        """Return such as "sample: TensorFlow 10/10, JAX 3/3; full data: TensorFlow 3/3; also on clothes"."""
        found = tally(claim, self.runs)
        parts = ["by construction"] if claim["by_construction"] else []
        for source, data in DATA.items():
            own = {
                name: count
                for name, count in found.items()
                if name.startswith(f"{source}-") and not of_clothes(name)
            }
            judged = [f"{BACKENDS[n.split('-')[1]]} {c['held']}/{c['made']}" for n, c in own.items() if c]
            if judged:
                parts.append(f"{data}: {', '.join(judged)}")
            elif own:
                parts.append(f"not judged on the {data}")
        parts += [on_fresh_seeds(claim, self.runs), on_clothes(claim, self.runs)]
        parts += [with_earlier_code(claim, earlier_runs())]
        return "; ".join(part for part in parts if part)


class Runs(LedgerDirective):
    """Two tables, a chapter a row and a kind of run a column: minutes, and memory."""

    def content_nodes(self):
        found = []
        for name, title in (("minutes", "Minutes"), ("memory_gb", "Memory in GB")) if self.runs else ():
            found += [nodes.paragraph("", "", nodes.strong("", title)), self.table(self.lines(name))]
        return found

    def lines(self, name: str) -> list[str]:
        present = [one for one in KINDS if any(run.key.kind == one for run in self.runs)]
        lines = [
            f"| chapter | {' | '.join(NAMES[one] for one in present)} |",
            "|:--|" + "--:|" * len(present),
        ]
        for number, path in chapter_pages(self.env).items():
            facts = chapter(path)
            cells = [f"[{facts['number']}. {facts['title']}](/{facts['path']}.ipynb)"]
            own = [run for run in self.runs if run.chapter == number]
            by_kind = ([getattr(run, name) for run in own if run.key.kind == one] for one in present)
            cells += map(median_and_largest, by_kind)
            lines.append(f"| {' | '.join(cells)} |")
        return lines


def median_and_largest(values: list[float | None]) -> str:
    """Return median and maximum of what is known, such as "1.2 (1.5)", on one line."""
    known = [value for value in values if value is not None]
    return f"{median(known):.1f}\u00a0({max(known):.1f})" if known else "–"


def with_code(text: str) -> nodes.inline:
    """Return a text in which what stands between backticks is set as code."""
    parts = enumerate(text.split("`"))
    return nodes.inline("", "", *(nodes.literal("", p) if i % 2 else nodes.Text(p) for i, p in parts))


def link(text: str, target: str, kind: str = "myst") -> addnodes.pending_xref:
    """Return a link to a place that `note_place` made known, or of the kind "doc" to a page.

    Of Sphinx's own kind "ref" a link would lose what is code in its text.
    """
    about = {"refdomain": "std", "reftype": kind, "reftarget": target, "refexplicit": True, "refwarn": True}
    return addnodes.pending_xref("", with_code(text), **about)


def note_place(env, label: str, identity: str) -> None:
    """Make a place known to links that are resolved when all pages are read."""
    env.get_domain("std").anonlabels[label] = env.docname, identity


def only_on_the_web(html: str) -> addnodes.only:
    """Return HTML that the PDF leaves out."""
    return addnodes.only("", nodes.raw("", html, format="html"), expr="html")


def mark_claims(app, doctree):
    """Give each claim in a chapter a name, and a link to its row, if it has one."""
    path = ROOT / f"{app.env.docname}.ipynb"
    number = path.name[:2]
    if chapter_pages(app.env).get(number) != path:
        return
    app.env.note_dependency(str(LEDGER))
    known = {claim["statement"]: claim for claim in summed_claims() if claim["chapter"] == number}
    statements = statements_by_text(path)
    for bundle in list(doctree.findall(nodes.container)):
        texts = [block.astext() for block in bundle.findall(nodes.literal_block)]
        statement = next((statements[text] for text in texts if text in statements), None)
        if bundle.get("nb_element") != "mime_bundle" or statement is None:
            continue
        paragraph = next(bundle.findall(nodes.paragraph))
        name = slug(statement)
        note_place(app.env, f"claim-{number}-{name}", f"claim-{name}")
        paragraph.insert(0, nodes.target("", "", ids=[f"claim-{name}"]))
        if statement in known:
            words, failed = verdict(known[statement], current_runs())
            row = link(words.lstrip("✓✗ "), f"ledger-{number}-{name}")
            paragraph += [nodes.Text(" "), nodes.inline("", "", row, classes=["ledger-link"])]


def setup(app):
    """Register with Sphinx what this module does."""
    app.add_directive("ledger-summary", Summary)
    app.add_directive("ledger-claims", Claims)
    app.add_directive("ledger-runs", Runs)
    app.connect("doctree-read", mark_claims)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
