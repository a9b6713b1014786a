"""The ledger: every run of every chapter, and what became of each claim in it."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
import hashlib
import json
from pathlib import Path
from statistics import median
from typing import NamedTuple

from aeutils.files import written_whole
from aeutils.provenance import stale, stamp
import nbformat

from maintain.pins import other_versions, pinned_versions
from maintain.runner import claims, find

LEDGER = Path(__file__).with_name("ledger.json")
PLAN = (
    ("sample", "tensorflow", range(10)),
    ("sample", "jax", range(3)),
    ("sample", "torch", range(3)),
    ("full", "tensorflow", range(3)),
    ("fashion", "tensorflow", range(3)),
)
FRESH_SEEDS = range(5, 10)  # of the sample under TensorFlow: first run once a claim's wording is frozen


class RunKey(NamedTuple):
    """Which run it is: of a chapter such as "03", on the "sample", the "full" data or "fashion"."""

    chapter: str
    source: str
    backend: str
    seed: int

    @property
    def kind(self) -> str:
        """Such as "sample-jax"."""
        return f"{self.source}-{self.backend}"

    def __str__(self) -> str:
        return f"chapter {self.chapter}, {self.source} data, {self.backend}, seed {self.seed}"


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run of a chapter, and what became of its claims.

    Attributes:
        stamp: of the chapter's code at the time (`chapter_stamp`).
        versions: of the packages that this code imports, by name.
        minutes: wall-clock time.
        memory_gb: the kernel's largest memory; None where it is not known.
        errors: of cells that should not raise, in words.
        claims: in order, each with `statement`, `needs`, `by_construction`, `holds` (None if it was not
            judged) and `numbers`, `{quantity: {name: number}}`, empty in runs that were made before claims
            had numbers as data.
        carried: the day on which it was carried over from an earlier state of the code that gives equal
            numbers (`maintain.refresh`); None where it was made with the code of its stamp.
    """

    chapter: str
    source: str
    backend: str
    seed: int
    stamp: str
    date: str
    device: str
    versions: dict[str, str]
    minutes: float
    memory_gb: float | None
    errors: list[str]
    claims: list[dict]
    carried: str | None = None

    @property
    def key(self) -> RunKey:
        """Which run of the plan it is."""
        return RunKey(self.chapter, self.source, self.backend, self.seed)


@dataclass(frozen=True)
class LostRun:
    """A run that says nothing about the claims, and why."""

    key: RunKey
    reason: str


def device_in_words(device: str) -> str:
    """Return a device as a reader is told it, such as "AMD EPYC, 1 core"."""
    return device.replace(", 1 cores", ", 1 core")


def planned_kinds() -> list[str]:
    """Return the kinds of runs that the plan has, such as "sample-jax"."""
    return [f"{source}-{backend}" for source, backend, _ in PLAN]


def planned_keys(chapters: Iterable[str]) -> list[RunKey]:
    """Return every run of the plan; of each seed chapter 3 first, as others take its network."""
    in_order = sorted(chapters, key=lambda number: (number != "03", number))
    return [
        RunKey(number, source, backend, seed)
        for source, backend, seeds in PLAN
        for seed in seeds
        for number in in_order
    ]


# --- The file


def read(path: Path = LEDGER) -> list[Run]:
    """Return the runs of a ledger; none where there is no such file.

    Raises:
        ValueError: if the file holds something else.
    """
    try:
        book = json.loads(path.read_text("utf-8")) if path.exists() else {"statements": {}, "runs": []}
        return [_run_from_json(entry, book["statements"]) for entry in book["runs"]]
    except (ValueError, KeyError, TypeError, IndexError) as problem:
        raise ValueError(
            f"{path} holds no ledger ({type(problem).__name__}: {problem}): "
            "take it from git again, or move it away"
        ) from problem


def write(runs: Iterable[Run], path: Path = LEDGER) -> None:
    """Write a ledger whole or not at all: each statement, with its numbers' names, once; one run a line."""
    statements: dict[str, list] = {}
    entries = [_run_to_json(run, statements) for run in sorted(runs, key=lambda run: run.key)]
    with written_whole(path) as partial:
        sections = [
            f'"{number}": {_one_a_line(of_chapter)}' for number, of_chapter in sorted(statements.items())
        ]
        text = '{"statements": {\n' + ",\n".join(sections) + '\n},\n"runs": ' + _one_a_line(entries) + "}\n"
        partial.write_text(text, "utf-8")


def _one_a_line(entries: list) -> str:
    return "[\n" + ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in entries) + "\n]"


def _run_to_json(run: Run, statements: dict[str, list]) -> dict:
    """Replace what claims say by its place among the chapter's statements, to which new ones are added."""
    known = statements.setdefault(run.chapter, [])
    judged = []
    for claim in run.claims:
        names = {quantity: list(named) for quantity, named in claim["numbers"].items()}
        statement = [claim["statement"], claim["needs"], claim["by_construction"], names]
        if statement not in known:
            known.append(statement)
        place = known.index(statement)
        in_order = known[place][3]  # equal to `names`, if perhaps in another order
        values = [claim["numbers"][quantity][name] for quantity, named in in_order.items() for name in named]
        judged.append([place, claim["holds"], values])
    entry = asdict(run) | {"claims": judged}
    return {name: value for name, value in entry.items() if name != "carried" or value}


def _run_from_json(entry: dict, statements: dict[str, list]) -> Run:
    judged = []
    for place, holds, values in entry["claims"]:
        statement, needs, by_construction, names = statements[entry["chapter"]][place]
        left = iter(values)
        numbers = {quantity: {name: next(left) for name in named} for quantity, named in names.items()}
        judged.append(
            {
                "statement": statement,
                "needs": needs,
                "by_construction": by_construction,
                "holds": holds,
                "numbers": numbers,
            }
        )
    return Run(**(entry | {"claims": judged}))


def run_from_json(text: str) -> Run | LostRun:
    """Return what `run_to_json` has written.

    Raises:
        ValueError, TypeError: if it is something else.
    """
    entry = json.loads(text)
    return LostRun(RunKey(*entry["key"]), entry["reason"]) if "reason" in entry else Run(**entry)


def run_to_json(run: Run | LostRun) -> str:
    """Return a run as one line, for another process to read."""
    return json.dumps(asdict(run))


# --- Which runs are of the chapters as they are


def chapter_stamp(path: Path) -> str:
    """Return one hash for all code that a chapter's numbers come from."""
    parts = stamp(nbformat.read(path, as_version=4))
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def chapter_stamps() -> dict[str, str]:
    """Return the stamp of each chapter as it is, by number."""
    return {path.stem[:2]: chapter_stamp(path) for path in find()}


def current_runs(runs: Iterable[Run], stamps: dict[str, str]) -> list[Run]:
    """Return the runs whose code is that of the chapters, and whose versions are the pinned ones."""
    pins = pinned_versions()
    return [
        run for run in runs if run.stamp == stamps.get(run.chapter) and not other_versions(run.versions, pins)
    ]


def missing_keys(runs: Iterable[Run], stamps: dict[str, str]) -> list[RunKey]:
    """Return the runs of the plan that were not made yet, or with earlier code or other versions."""
    made = {run.key for run in current_runs(runs, stamps)}
    return [key for key in planned_keys(stamps) if key not in made]


def updated_runs(runs: Iterable[Run], stamps: dict[str, str]) -> list[Run]:
    """Return the runs that the plan has, and in place of one the run that a chapter has stored since.

    Runs of an earlier state of a chapter stay until they are made again.
    """
    by_key = {run.key: run for run in runs}
    failed = {run.key for run in current_runs(by_key.values(), stamps) if run.errors}
    by_key |= {run.key: run for run in map(stored_run, find()) if run and run.key not in failed}
    return [by_key[key] for key in planned_keys(stamps) if key in by_key]


def stored_run(path: Path) -> Run | None:
    """Return the run that a chapter has stored, if its outputs fit its code."""
    notebook = nbformat.read(path, as_version=4)
    if stale(notebook):
        return None
    about = {"memory_gb": None} | notebook.metadata["aeutils"]
    known = {field.name: about[field.name] for field in fields(Run) if field.name in about}
    run_data = {"chapter": path.stem[:2], "seed": 0, "stamp": chapter_stamp(path), "errors": []}
    return Run(**known | run_data, claims=claim_records(notebook))


def claim_records(notebook) -> list[dict]:
    """Return what the ledger keeps of a notebook's claims, in order."""
    names = ("statement", "needs", "by_construction", "holds", "numbers")
    return [{name: claim[name] for name in names} for claim in claims(notebook)]


# --- What the runs say of the claims


def summary(runs: Iterable[Run]) -> list[dict]:
    """Return a claim an entry: in how many runs it was judged and held, and the spread of its numbers.

    Those of each kind of run (such as "sample-jax") stand apart: under `kinds`, each with `held`, `judged`
    and `spread`. `numbers` are those of one run: the one with the most, if possible of those that judged it.
    """
    found: dict[tuple, list] = {}
    for run in runs:
        for claim in run.claims:
            found.setdefault((run.chapter, claim["statement"]), []).append((run.key.kind, claim))
    entries = []
    for (chapter, statement), results in found.items():
        kinds = {}
        for name in dict.fromkeys(name for name, _ in results):
            of_kind = [claim for kind, claim in results if kind == name]
            judged = [claim["holds"] for claim in of_kind if claim["holds"] is not None]
            kinds[name] = {"held": sum(judged), "judged": len(judged), "spread": spread(of_kind)}
        shown = max((claim for _, claim in results), key=_fullness)
        about = {name: shown[name] for name in ("needs", "by_construction")}
        numbers = {quantity: named for quantity, named in shown["numbers"].items() if named}
        entries.append(
            {"chapter": chapter, "statement": statement, "kinds": kinds, "numbers": numbers} | about
        )
    return entries


def _fullness(claim: dict) -> tuple[bool, int]:
    return claim["holds"] is not None, sum(map(len, claim["numbers"].values()))


def tally(claim: dict, runs: list[Run]) -> dict[str, dict | None]:
    """Return by kind how many runs were made, judged a claim of the summary, and found it to hold.

    None stands for a kind of run that is not to judge it.
    """
    found = {}
    for name in planned_kinds():
        made = sum(run.chapter == claim["chapter"] and run.key.kind == name for run in runs)
        meant = claim["needs"] is None or name.startswith(f"{claim['needs']}-")
        if made:
            counts = claim["kinds"].get(name, {"held": 0, "judged": 0})
            found[name] = (
                {"made": made, "judged": counts["judged"], "held": counts["held"]} if meant else None
            )
    return found


def of_clothes(kind: str) -> bool:
    """Whether a kind of run has clothes in the place of digits."""
    return kind.startswith("fashion-")


def is_fresh(key: RunKey) -> bool:
    """Whether a run has a seed that was first run once the wording was frozen."""
    return key.kind == "sample-tensorflow" and key.seed in FRESH_SEEDS


def totals(claim: dict, runs: list[Run], clothes: bool) -> tuple[int, int, int]:
    """Return how many runs on digits, or on clothes, were to judge a claim, judged it, and found it true."""
    counts = [count for kind, count in tally(claim, runs).items() if count and of_clothes(kind) == clothes]
    made, judged, held = (sum(count[name] for count in counts) for name in ("made", "judged", "held"))
    return made, judged, held


def spread(claims: list[dict]) -> dict[str, dict[str, dict[str, float]]]:
    """Return `{quantity: {name: {"low", "median", "high"}}}` of the numbers that the claims have."""
    values: dict[str, dict[str, list]] = {}
    for claim in claims:
        for quantity, named in claim["numbers"].items():
            for name, value in named.items():
                values.setdefault(quantity, {}).setdefault(name, []).append(value)
    return {
        quantity: {
            name: {"low": min(found), "median": median(found), "high": max(found)}
            for name, found in named.items()
        }
        for quantity, named in values.items()
    }
