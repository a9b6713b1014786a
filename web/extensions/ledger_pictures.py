"""The spread of a claim's numbers over all runs, as a small drawing and as words.

Each named number is a row: for each kind of run a line from the lowest to the highest value, and a mark at
the median. The numbers of one quantity share an axis. Numbers that were the same in all runs are not drawn.
"""

from html import escape
from textwrap import wrap

from aeutils.claim_records import number_in_words

WIDTH, MARGIN = 320, 6
LABEL, LANE, AXIS = 15, 6, 15  # heights of a row's words, of each kind's lane, of an axis with its ends
LONGEST_LINE = 48  # letters of a label
# A kind's own mark, in its order.
MARKS = ("m0-4v8", "m-4 3h8l-4-7z", "m-4 0l4-4 4 4-4 4z", "m-3-3h6v6h-6z", "m-4-3h8l-4 7z")

Spread = dict[str, float]


def measured(kinds: dict[str, dict]) -> dict[str, dict[str, dict[str, Spread]]]:
    """Return what is drawn of a claim: `{quantity: {name: {kind: spread}}}`.

    The names have the order of the full data's runs: those on the sample may have only some of them.

    Args:
        kinds: the claim's `kinds`, as in the ledger's summary.
    """
    found: dict[str, dict[str, dict[str, Spread]]] = {}
    for kind, of_kind in sorted(kinds.items(), key=lambda one: not one[0].startswith("full-")):
        for quantity, named in of_kind["spread"].items():
            for name, spread in named.items():
                found.setdefault(quantity, {}).setdefault(name, {})[kind] = spread
    varying = {
        quantity: {name: spreads for name, spreads in named.items() if not is_constant(spreads)}
        for quantity, named in found.items()
    }
    return {quantity: named for quantity, named in varying.items() if named}


def is_constant(spreads: dict[str, Spread]) -> bool:
    """Whether a number was the same in all runs."""
    return len({value for spread in spreads.values() for value in (spread["low"], spread["high"])}) < 2


def drawing(found: dict[str, dict], kinds: list[str], titles: dict[str, str]) -> str:
    """Return what `measured` gives as SVG; `kinds` in the order of their lanes, `titles` in words."""
    texts, ends, paths, y = [], [], {kind: [] for kind in kinds}, 0
    for quantity, named in found.items():
        values = [v for row in named.values() for s in row.values() for v in (s["low"], s["high"])]
        low, high = min(values), max(values)

        def x(value, low=low, high=high):
            return f"{MARGIN + (WIDTH - 2 * MARGIN) * (value - low) / ((high - low) or 1):.0f}"

        for line in wrap(quantity, LONGEST_LINE):
            texts.append(f'<text class="q" y="{y + 11}">{escape(line)}</text>')
            y += LABEL
        for name, spreads in named.items():
            for line in wrap(name, LONGEST_LINE):
                texts.append(f'<text y="{y + 11}">{escape(line)}</text>')
                y += LABEL
            for kind in kinds:
                if spread := spreads.get(kind):
                    line = f"M{x(spread['low'])} {y + 4}H{x(spread['high'])}"
                    median = f"M{x(spread['median'])} {y + 4}{MARKS[kinds.index(kind)]}"
                    paths[kind].append(line + median)
                y += LANE
            y += 5
        ends.append(f"M0 {y}H{WIDTH}")
        left, right = ends_in_words(low, high)
        texts.append(f'<text class="e" y="{y + 11}">{left}</text>')
        texts.append(f'<text class="e f" x="{WIDTH}" y="{y + 11}">{right}</text>')
        y += AXIS + 4
    drawn = "".join(
        f'<path class="k{i}" d="{"".join(paths[kind])}"/>' for i, kind in enumerate(kinds) if paths[kind]
    )
    return (
        f'<svg class="ledger-spread" role="img" width="{WIDTH}" height="{y}" viewBox="0 0 {WIDTH} {y}">'
        f'<title>{escape(in_words(found, kinds, titles))}</title><path class="a" d="{"".join(ends)}"/>'
        f"{drawn}{''.join(texts)}</svg>"
    )


def lane_mark(lane: int) -> str:
    """Return a kind's mark with its line, for the legend."""
    about = 'class="ledger-spread ledger-mark" aria-hidden="true" width="26" height="10" viewBox="0 0 26 10"'
    return f'<svg {about}><path class="k{lane}" d="M1 5H25M13 5{MARKS[lane]}"/></svg>'


def in_words(found: dict[str, dict], kinds: list[str], titles: dict[str, str]) -> str:
    """Return what `measured` gives as "quantity: name: kind median (low to high), ...; ..."."""
    rows = []
    for quantity, named in found.items():
        for name, spreads in named.items():
            parts = [
                f"{titles[kind]} {spread_in_words(spreads[kind])}" for kind in kinds if spreads.get(kind)
            ]
            rows.append(
                f"{quantity}, {name}: {', '.join(parts)}" if quantity else f"{name}: {', '.join(parts)}"
            )
    return "; ".join(rows)


def spread_in_words(spread: Spread) -> str:
    """Return such as "13.75 (12.10 to 14.20)", or one number where all runs have the same."""
    low, median, high = (number_in_words(spread[name]) for name in ("low", "median", "high"))
    return median if low == high else f"{median} ({low} to {high})"


def ends_in_words(low: float, high: float) -> tuple[str, str]:
    """Return the ends of an axis, with the digits that tell them apart; 0 for one that is nothing beside the
    other."""
    nothing = 1e-5 * max(abs(low), abs(high))
    ends = [0 if abs(end) < nothing else end for end in (low, high)]
    left, right = map(number_in_words, ends)
    digits = 3
    while left == right:
        digits += 1
        left, right = (f"{end:#,.{digits}g}" for end in ends)
    return left, right
