"""`{tutorials-verdicts}`: what tutorials say, and the verdicts, which `maintain.verdicts` works out.

A table of all, then each statement with its verdict, the reason, and the claims that decide, with links to
their rows of the ledger. All of it stands in the place of the living figure `guesses`, which hides the
verdicts until the reader has guessed; without scripts and in print it is there to read.
"""

from itertools import groupby

from aeutils.claim_records import numbers_in_words
from docutils import nodes
from docutils.statemachine import StringList

from maintain import ledger, verdicts
from web.extensions import ledger_page
from web.extensions.chapter_facts import chapter

STORED = ("full", "tensorflow", 0)  # the run whose outputs a chapter shows


class Verdicts(ledger_page.LedgerDirective):
    """The table and the list, in the place of the living figure."""

    def content_nodes(self):
        self.env.note_dependency(str(verdicts.FILE))
        try:
            entries = verdicts.read(verdicts.FILE)
        except ValueError as problem:
            raise self.error(str(problem)) from problem
        self.known = {(claim["chapter"], claim["statement"]): claim for claim in self.claims}
        boxes = [verdicts.boxes(entry, self.runs) for entry in entries]
        rows = ["| | statement | on digits | on clothes |", "|--:|:--|:--|:--|"]
        rows += [
            f"| {number} | {entry.statement} | {' | '.join(pair)} |"
            for number, (entry, pair) in enumerate(zip(entries, boxes, strict=True), start=1)
        ]
        found = [div("guesses-table", self.table(rows))]
        numbered = enumerate(zip(entries, boxes, strict=True), start=1)
        for topic, group in groupby(numbered, key=lambda one: one[1][0].topic):
            found += [nodes.rubric("", topic), *(self.item(n, *pair) for n, pair in group)]
        start, end = (nodes.raw("", html, format="html") for html in (START, "</div>"))
        return [start, *found, end]

    def item(self, number: int, entry: verdicts.Entry, boxes: tuple[str, str]) -> nodes.container:
        statement = self.paragraph(f"**{number}.** {entry.statement}")
        words = [("On digits ", boxes[0]), (", on clothes ", boxes[1])]
        verdict = nodes.paragraph()
        for before, box in words:
            verdict += [nodes.Text(before), nodes.inline("", box, classes=["guess-box", nodes.make_id(box)])]
        verdict += nodes.Text(".")
        claims = nodes.bullet_list("", *(self.claim(entry, claim) for claim in entry.claims))
        hidden = div("guess-verdict", verdict, self.paragraph(entry.why), claims)
        return div("guess", statement, hidden)

    def claim(self, entry: verdicts.Entry, claim: verdicts.Claim) -> nodes.list_item:
        sides = ["for"] * (claim in entry.supports) + ["against"] * (claim in entry.refutes)
        text = nodes.paragraph("", f"{' and '.join(sides).capitalize()}: ")
        known = self.known.get((claim.chapter, claim.statement))
        facts = chapter(ledger_page.chapter_pages(self.env)[claim.chapter])
        if known is None:
            text += ledger_page.link(claim.statement, f"/{facts['path']}", "doc")
            words = ["not judged yet"]
        else:
            slug = ledger_page.slug(claim.statement)
            text += ledger_page.link(claim.statement, f"ledger-{claim.chapter}-{slug}")
            words = [ledger_page.verdict(known, self.runs)[0], ledger_page.on_clothes(known, self.runs)]
        words += [self.stored_numbers(claim)]
        words = "; ".join(word for word in words if word)
        text += nodes.inline("", f" (chapter {facts['number']}; {words})", classes=["ledger-counts"])
        return nodes.list_item("", text)

    def stored_numbers(self, claim: verdicts.Claim) -> str:
        """Return a claim's numbers, in words, of the run that its chapter shows; "" where there are none."""
        key = ledger.RunKey(claim.chapter, *STORED)
        found = [c for run in self.runs if run.key == key for c in run.claims]
        return next((numbers_in_words(c["numbers"]) for c in found if c["statement"] == claim.statement), "")

    def paragraph(self, markdown: str) -> nodes.paragraph:
        inside = nodes.container()
        lines = StringList([markdown], self.get_source_info()[0])
        self.state.nested_parse(lines, self.content_offset, inside)
        return inside.children[0]


START = '<div class="living" data-living="guesses">'


def div(name: str, *children: nodes.Node) -> nodes.container:
    """Return a container that the site shows as a `div` of this class alone."""
    return nodes.container("", *children, classes=[name], is_div=True)


def setup(app):
    """Register with Sphinx what this module does."""
    app.setup_extension("web.extensions.ledger_page")
    app.add_directive("tutorials-verdicts", Verdicts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
