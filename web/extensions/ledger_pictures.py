"""The spread of a claim's numbers over all runs, as a small drawing and as words.

The numbers of a claim are those in its wording, such as the three of "12.10 < 13.75 < 53.46". A whole number
that is the same in all runs, such as a code size, is part of the words around it. Each other one, and each
percentage, is a row: for each kind of run a line from the lowest to the highest value, and a mark at the
median. Numbers that can be compared share an axis.
"""

from html import escape
import re

WIDTH, MARGIN = 320, 6
LABEL, LANE, AXIS = 15, 6, 15  # heights of a row's words, of each kind's lane, of an axis with its ends
LONGEST_LABEL, LONGEST_UNIT = 48, 30
LARGEST_RATIO = 30  # of numbers on one axis
MARKS = ("m0-4v8", "m-4 3h8l-4-7z", "m-4 0l4-4 4 4-4 4z", "m-3-3h6v6h-6z")  # a kind's own, in its order
UNIT = re.compile(r"\s?(%|[a-z]+)?")
SEPARATOR = re.compile(r"[,;<>()≤≥]|\b(?:against|and|or|but|to)\b")
JOINT = re.compile(r"^(?:[\s,;<>()≤≥]|(?:against|and|or|but|to)\b)+")
COUNTED = {"%", "times", "points"}


def measured_rows(wording: str, kinds: dict[str, dict], number: re.Pattern) -> list[dict]:
    """Return what is drawn of a claim, a number an entry.

    Each has its `label`, `token` (as worded), `part` of the wording, `unit`, and `spread` by kind. Nothing is
    drawn where runs are not worded alike, or where all of them have the same numbers.

    Args:
        wording: the claim's detail in one run.
        kinds: the claim's `kinds`, as in the ledger.
        number: what a number looks like.
    """
    tokens = list(number.finditer(wording))
    spreads = {name: of_kind["numbers"] for name, of_kind in kinds.items() if of_kind["numbers"]}
    if any(len(numbers) != len(tokens) for numbers in spreads.values()):
        return []
    found, start = [], 0
    for i, token in enumerate(tokens):
        spread = {name: numbers[i] for name, numbers in spreads.items()}
        if is_constant(spread) and token[0].isdigit() and not wording.startswith("%", token.end()):
            continue
        after = wording[token.end() : tokens[i + 1].start() if i + 1 < len(tokens) else None]
        unit = SEPARATOR.split(after)[0].rstrip()
        unit = unit if len(unit) <= LONGEST_UNIT else ""
        before = wording[start : token.start()]
        found.append(
            {
                "label": JOINT.sub("", before) + token[0] + unit,
                "token": token[0],
                "part": len(re.findall(r"[,;]\s", wording[: token.start()])),
                "unit": UNIT.match(unit)[1] if UNIT.match(unit)[1] in COUNTED else None,
                "spread": spread,
            }
        )
        start = token.end() + len(unit)
    return [] if all(is_constant(row["spread"]) for row in found) else found


def is_constant(spread: dict[str, dict]) -> bool:
    """Whether a number was the same in all runs."""
    return len({value for s in spread.values() for value in (s["low"], s["high"])}) < 2


def axes(found: list[dict]) -> list[list[dict]]:
    """Return the rows by axis: parts of a wording that are built alike, with numbers of one order."""
    parts: dict[int, list[dict]] = {}
    for row in found:
        parts.setdefault(row["part"], []).append(row)
    together: list[list[list[dict]]] = []
    for part in parts.values():
        shape = [row["unit"] for row in part]
        for axis in together:
            if [row["unit"] for row in axis[0]] == shape and ratio([*sum(axis, []), *part]) <= LARGEST_RATIO:
                axis.append(part)
                break
        else:
            together.append([part])
    return [sum(axis, []) for axis in together]


def ratio(found: list[dict]) -> float:
    """Return the largest median of the rows over the smallest, signs and zeros apart."""
    sizes = [abs(spread["median"]) for row in found for spread in row["spread"].values()]
    sizes = [size for size in sizes if size] or [1]
    return max(sizes) / min(sizes)


def drawing(found: list[dict], kinds: list[str], names: dict[str, str]) -> str:
    """Return the rows as SVG; `kinds` in the order of their lanes, `names` in words for its title."""
    texts, ends, paths, y = [], [], {kind: [] for kind in kinds}, 0
    for axis in axes(found):
        values = [v for row in axis for s in row["spread"].values() for v in (s["low"], s["high"])]
        low, high = min(values), max(values)

        def x(value, low=low, high=high):
            return f"{MARGIN + (WIDTH - 2 * MARGIN) * (value - low) / ((high - low) or 1):.0f}"

        for row in axis:
            texts.append(f'<text y="{y + 11}">{escape(shortened_label(row["label"]))}</text>')
            y += LABEL
            for kind in kinds:
                if spread := row["spread"].get(kind):
                    line = f"M{x(spread['low'])} {y + 4}H{x(spread['high'])}"
                    median = f"M{x(spread['median'])} {y + 4}{MARKS[kinds.index(kind)]}"
                    paths[kind].append(line + median)
                y += LANE
            y += 5
        ends.append(f"M0 {y}H{WIDTH}")
        left, right = (value_in_words(end, axis[0]["token"]) for end in (low, high))
        texts.append(f'<text class="e" y="{y + 11}">{left}</text>')
        texts.append(f'<text class="e f" x="{WIDTH}" y="{y + 11}">{right}</text>')
        y += AXIS + 4
    drawn = "".join(
        f'<path class="k{i}" d="{"".join(paths[kind])}"/>' for i, kind in enumerate(kinds) if paths[kind]
    )
    title = escape("; ".join(row_in_words(row, kinds, names) for row in found))
    return (
        f'<svg class="ledger-spread" role="img" width="{WIDTH}" height="{y}" viewBox="0 0 {WIDTH} {y}">'
        f'<title>{title}</title><path class="a" d="{"".join(ends)}"/>{drawn}{"".join(texts)}</svg>'
    )


def lane_mark(lane: int) -> str:
    """Return a kind's mark with its line, for the legend."""
    about = 'class="ledger-spread ledger-mark" aria-hidden="true" width="26" height="10" viewBox="0 0 26 10"'
    return f'<svg {about}><path class="k{lane}" d="M1 5H25M13 5{MARKS[lane]}"/></svg>'


def row_in_words(row: dict, kinds: list[str], names: dict[str, str]) -> str:
    """Return a row as "label: median (low to high) with kind, ..."."""
    parts = []
    for kind in kinds:
        if spread := row["spread"].get(kind):
            values = {name: value_in_words(value, row["token"]) for name, value in spread.items()}
            several = f" ({values['low']} to {values['high']})" if values["low"] != values["high"] else ""
            parts.append(f"{names[kind]} {values['median']}{several}")
    return f"{row['label']}: {', '.join(parts)}"


def value_in_words(value: float, token: str) -> str:
    """Return a value with the digits that the token has; a half of two whole numbers has its own."""
    digits = len(re.search(r"\.?(\d*)(?:e.*)?$", token)[1]) if "." in token else 0
    if "e" in token:
        return f"{value:.{digits}e}"
    return f"{value:,.{digits}f}" if digits or value == round(value) else f"{value:,.1f}"


def shortened_label(label: str) -> str:
    """Return a label that has room, with the start of a long one cut off."""
    return label if len(label) <= LONGEST_LABEL else f"… {label[2 - LONGEST_LABEL :]}"
