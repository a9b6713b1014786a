"""What tutorials say, and what the ledger says to it: the entries of `pages/tutorials.yml`, and their boxes.

An entry names the claims that support its statement and those that refute it; one that does both, as it has a
case of each, stands in both lists. A claim is named by its chapter and a beginning of its statement, such as
"02: By Keras' accuracy the all-black image". The box is never typed: `box` works it out from these lists and
the claims that held.
"""

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from aeutils.provenance.hashing import parse
import nbformat
import yaml

from maintain import ROOT, ledger
from maintain.runner import find

FILE = ROOT / "pages" / "tutorials.yml"
BY_DEFINITION, OPEN = "by definition", "open"
BOXES = {  # by whether an entry has claims that support the statement, and claims that refute it
    (True, False): "holds",
    (False, True): "false",
    (True, True): "holds when",
}


@dataclass(frozen=True)
class Claim:
    """A claim as it stands in a chapter's code."""

    chapter: str
    statement: str
    by_construction: bool


@dataclass(frozen=True)
class Entry:
    """A statement as a tutorial would put it, why it has its verdict, and the claims that decide."""

    topic: str
    statement: str
    why: str
    supports: tuple[Claim, ...]
    refutes: tuple[Claim, ...]

    @property
    def claims(self) -> list[Claim]:
        """All that decide, each once."""
        return list(dict.fromkeys(self.supports + self.refutes))


@cache
def claims_of(path: Path) -> tuple[Claim, ...]:
    """Return the claims in a chapter's code, whether or not it was run."""
    cells = nbformat.read(path, as_version=4).cells
    trees = [parse(cell.source) for cell in cells if cell.cell_type == "code"]
    calls = [node for tree in trees if tree for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return tuple(
        Claim(path.stem[:2], call.args[0].value, any(k.arg == "by_construction" for k in call.keywords))
        for call in calls
        if ast.unparse(call.func) == "claim" and call.args and isinstance(call.args[0], ast.Constant)
    )


def read(file: Path) -> list[Entry]:
    """Return the entries of a file, in order.

    Raises:
        ValueError: if one has other fields than an entry's, names no claim, or one that there is not.
    """
    entries = []
    for topic in yaml.safe_load(file.read_text("utf-8")):
        for fields in topic["statements"]:
            about = f"{file.name}, {fields.get('says', fields)!r}"
            unknown = set(fields) ^ {"says", "why", "supports", "refutes"}
            if unknown - {"supports", "refutes"} or len(unknown) == 2:
                raise ValueError(
                    f"{about} must have `says`, `why`, and claims under `supports`, `refutes` or both, "
                    f"got {', '.join(fields)}: write what is missing"
                )
            sides = [tuple(named(n, about) for n in fields.get(s, ())) for s in ("supports", "refutes")]
            entries.append(Entry(topic["topic"], fields["says"], fields["why"], *sides))
    return entries


def named(name: str, about: str) -> Claim:
    """Return the claim with a name such as "02: By Keras' accuracy".

    Raises:
        ValueError: if there is none, or several; `about` says where the name stands.
    """
    number, _, beginning = name.partition(": ")
    stated = [claim for path in find() for claim in claims_of(path) if claim.chapter == number]
    found = [claim for claim in stated if beginning and claim.statement.startswith(beginning)]
    found = [claim for claim in found if claim.statement == beginning] or found
    if len(found) != 1:
        claims = "".join(f"\n  {claim.statement}" for claim in found or stated)
        raise ValueError(
            f"{about}: {name!r} must be a chapter and a beginning of one of its claims, and fits "
            f"{len(found)}: write a beginning of one of these{claims or ', of a chapter that there is'}"
        )
    return found[0]


def box(entry: Entry, held: Iterable[Claim]) -> str:
    """Return the verdict on a statement, given which claims held; open if none of a side's claims did."""
    sides = entry.supports, entry.refutes
    if any(side and not set(side) & set(held) for side in sides):
        return OPEN
    verdict = BOXES[tuple(map(bool, sides))]
    by_definition = all(claim.by_construction for claim in entry.claims)
    return f"{BY_DEFINITION}: {verdict}" if by_definition else verdict


def outcomes(runs: list[ledger.Run], clothes: bool = False) -> dict[tuple[str, str], bool | None]:
    """Return by chapter and statement whether a claim held in every run on digits, or on clothes.

    None stands for a claim that was not judged. One that a run broke off before has not held.
    """
    found = {}
    for claim in ledger.summary(runs):
        made, judged, held = ledger.totals(claim, runs, clothes)
        found[claim["chapter"], claim["statement"]] = held == made if judged else None
    return found


def boxes(entries: list[Entry], runs: list[ledger.Run]) -> list[tuple[str, str]]:
    """Return for each entry the verdicts on digits and on clothes."""
    found = [outcomes(runs, clothes) for clothes in (False, True)]
    return [
        tuple(box(entry, [c for c in entry.claims if o.get((c.chapter, c.statement))]) for o in found)
        for entry in entries
    ]


def unsettled(runs: list[ledger.Run]) -> list[str]:
    """Return a line for each chapter whose claims decide and were not judged, and for each that failed."""
    found = outcomes(runs)
    decide = {claim: entry for entry in read(FILE) for claim in entry.claims}
    lines = []
    for number in sorted({claim.chapter for claim in decide}):
        own = {c: found.get((c.chapter, c.statement)) for c in decide if c.chapter == number}
        open_ones = list(own.values()).count(None)
        if open_ones:
            line = f"{FILE.name}: {open_ones} claims of chapter {number} that decide were not judged"
            lines.append(f"{line}: make sweep CHAPTER={number}")
        lines += [
            f"{FILE.name}, {decide[claim].statement!r}: the claim {claim.statement!r} of chapter {number} "
            "failed, and decides nothing: reword the entry, or name another claim"
            for claim, outcome in own.items()
            if outcome is False
        ]
    return lines
