"""The ledger: every run of every chapter, and what became of each claim in all of them."""

from collections.abc import Iterable
import hashlib
import json
from pathlib import Path
import re
from statistics import median

from aeutils.files import written_whole
from aeutils.provenance import stale, stamp
import nbformat

from maintain.runner import claims, find

LEDGER = Path(__file__).with_name("ledger.json")
PLAN = (
    ("sample", "tensorflow", range(10)),
    ("sample", "jax", range(3)),
    ("sample", "torch", range(3)),
    ("full", "tensorflow", range(3)),
)
NUMBER = re.compile(r"(?<![\w.])[-−]?\d+(?:,\d{3})*(?:\.\d+)?(?:e[-+]?\d+)?")


def key(run: dict) -> tuple:
    return run["chapter"], run["source"], run["backend"], run["seed"]


def kind(run: dict) -> str:
    return f"{run['source']}-{run['backend']}"


def planned(chapters: Iterable[str]) -> list[dict]:
    """Return every run of the plan; of each seed chapter 3 first, as others take its network."""
    in_order = sorted(chapters, key=lambda number: (number != "03", number))
    return [
        {"source": source, "backend": backend, "seed": seed, "chapter": number}
        for source, backend, seeds in PLAN
        for seed in seeds
        for number in in_order
    ]


def missing(runs: list[dict], stamps: dict[str, str]) -> list[dict]:
    """Return the runs of the plan that were not made yet, or with other code than the chapters', by stamp."""
    made = {key(one) for one in runs if one["stamp"] == stamps.get(one["chapter"])}
    return [one for one in planned(stamps) if key(one) not in made]


def read(path: Path = LEDGER) -> list[dict]:
    """Return the runs of a ledger; none where there is no such file.

    Raises:
        ValueError: if the file holds something else.
    """
    try:
        runs = json.loads(path.read_text("utf-8"))["runs"] if path.exists() else []
        for run in runs:
            key(run), run["stamp"], run["errors"], run["claims"]
        return runs
    except (ValueError, KeyError, TypeError) as problem:
        raise ValueError(
            f"{path} holds no ledger ({type(problem).__name__}: {problem}): "
            "take it from git again, or move it away"
        ) from problem


def write(runs: list[dict], path: Path = LEDGER, old: Iterable[dict] = ()) -> None:
    """Write a ledger whole or not at all, one run and one claim a line.

    Runs in `old`, of an earlier state of their chapters, stand among the others until they are made again;
    of the claims they say nothing.
    """
    made = set(map(key, runs))
    everything = [*runs, *(run for run in old if key(run) not in made)]
    parts = []
    for name, entries in (
        ("claims", summary(sorted(runs, key=key))),
        ("runs", sorted(everything, key=key)),
    ):
        lines = ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in entries)
        parts.append(f'"{name}": [\n{lines}\n]')
    with written_whole(path) as partial:
        partial.write_text("{" + ",\n".join(parts) + "}\n", "utf-8")


def summary(runs: list[dict]) -> list[dict]:
    """Return a claim an entry: in how many runs it was judged and held, median and range of its numbers.

    Those of each kind of run (such as "sample-jax") stand apart. The numbers are the ones in the claim's
    detail, in order, which `wording` has as the first run put it.
    """
    found = {}
    for run in runs:
        for claim in run["claims"]:
            of_claim = found.setdefault((run["chapter"], claim["statement"]), [])
            of_claim.append((kind(run), claim))
    entries = []
    for (chapter, statement), results in found.items():
        kinds = {}
        for name in dict.fromkeys(name for name, _ in results):
            of_kind = [claim for kind_of_run, claim in results if kind_of_run == name]
            judged = [claim["holds"] for claim in of_kind if claim["holds"] is not None]
            kinds[name] = {"held": sum(judged), "judged": len(judged), "numbers": spread(of_kind)}
        first = results[0][1]
        about = {"chapter": chapter, "statement": statement, "needs": first["needs"]}
        entries.append(about | {"wording": first["detail"], "kinds": kinds})
    return entries


def spread(claims: list[dict]) -> list[dict]:
    """Return median and range of each number in the claims' details; `[]` if they are not worded alike."""
    values = [numbers(claim["detail"]) for claim in claims]
    if len({len(v) for v in values}) > 1:
        return []
    return [{"median": median(v), "low": min(v), "high": max(v)} for v in zip(*values, strict=True)]


def numbers(detail: str) -> list[float]:
    return [float(n.replace(",", "").replace("−", "-")) for n in NUMBER.findall(detail)]


def known(runs: list[dict], stamps: dict[str, str]) -> tuple[list[dict], list[dict]]:
    """Return the runs of the chapters as they are, with those that they have stored, and the runs to replace.

    What is neither, as the plan no longer has it, is left out.
    """
    now = [one for one in runs if one["stamp"] == stamps.get(one["chapter"])]
    fresh = {key(one): one for one in map(stored, find()) if one}
    fresh |= {key(one): one for one in now if one["errors"] or key(one) not in fresh}
    plan = set(map(key, planned(stamps)))
    old = [one for one in runs if one not in now and key(one) in plan]
    return [one for one in fresh.values() if key(one) in plan], old


def stored(path: Path) -> dict | None:
    """Return the run that a chapter has stored, if its outputs fit its code."""
    notebook = nbformat.read(path, as_version=4)
    about = notebook.metadata.get("aeutils", {})
    if stale(notebook):
        return None
    names = ("source", "backend", "date", "device", "versions", "minutes", "memory_gb")
    run_data = {name: about.get(name) for name in names}
    run_data |= {"seed": 0, "chapter": path.stem[:2], "stamp": stamp_of(path)}
    return run_data | {"errors": [], "claims": kept(notebook)}


def kept(notebook) -> list[dict]:
    names = ("statement", "needs", "holds", "detail")
    return [{name: claim[name] for name in names} for claim in claims(notebook)]


def current_stamps() -> dict[str, str]:
    """Return the stamp of each chapter as it is, by number."""
    return {path.stem[:2]: stamp_of(path) for path in find()}


def stamp_of(path: Path) -> str:
    """Return one hash for all that a chapter's numbers come from."""
    parts = stamp(nbformat.read(path, as_version=4))
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]
