"""Carry the ledger's runs over a change of code that changes no number: `python -m maintain.refresh`.

A refactoring makes the runs of a chapter stale although nothing came out otherwise. Here seed 0 of each kind
is run anew, save on the full data. Where every claim of a chapter gives what the ledger has for that run,
with the same numbers to six digits, the kind's other runs are carried over: they get the stamp of the code
as it is now, and the day. Where a number differs, it is named, and nothing of that chapter is carried over.

Compared is what the ledger holds: what became of each claim, and its numbers. A number that a chapter prints
and no claim shows may change unseen here; `make execute` stores it.

The runs on the full data follow the run that the chapter itself has stored: `make execute CHAPTER=03` goes
first. Runs that were made with other versions than the pinned ones are never carried over.
"""

import argparse
from dataclasses import replace
from datetime import UTC, datetime
import os
import sys
import tempfile

from aeutils.claim_records import numbers_in_words
from tqdm import tqdm

from maintain import ledger
from maintain.ledger import LostRun, Run, RunKey
from maintain.pins import other_versions
from maintain.runner import find
from maintain.sweep import (
    check_possible,
    common_parser,
    finished_runs,
    leave,
    parsed,
    problem_of,
    with_the_ledger,
)


def main() -> int:
    """Refresh the chapters that the options name; return 1 if runs are left for a sweep."""
    try:
        return with_the_ledger(refresh, parsed(common_parser(__doc__)))
    except (ValueError, OSError) as problem:
        sys.exit(f"the ledger is as it was: {problem}")


def refresh(options: argparse.Namespace) -> int:
    """Make the runs that tell, carry over what they allow, and write the ledger."""
    stamps = ledger.chapter_stamps()
    runs = {run.key: run for run in ledger.read(options.ledger)}
    wanted = [
        run for run in runs.values() if run.chapter in options.chapters and run.key.kind in options.only
    ]
    stale = [run for run in wanted if is_stale(run, stamps)]
    waiting = [run.key for run in stale if run.seed == 0 and run.source != "full"]
    check_possible(waiting, options, "make refresh")
    made: dict[RunKey, Run | LostRun] = {}
    with tempfile.TemporaryDirectory(prefix="aeutils-") as cache:
        os.environ.setdefault("AEUTILS_CACHE", cache)
        with tqdm(total=len(waiting), unit="run", smoothing=0) as bar:
            for result in finished_runs(waiting, options):
                made[result.key] = result
                bar.update()
    for path in find(*options.chapters):
        stored = ledger.stored_run(path)
        if stored and any(run.key == stored.key for run in stale):
            made[stored.key] = stored
    left = 0
    for number in options.chapters:
        of_chapter = {key: result for key, result in made.items() if key.chapter == number}
        earlier = [run for run in stale if run.chapter == number]
        after, said = carried_over(earlier, of_chapter, stamps[number])
        runs |= {run.key: run for run in after}
        print("".join(f"{line}\n" for line in said), end="")
        left += sum(is_stale(runs[run.key], stamps) for run in earlier)
    ledger.write(runs.values(), options.ledger)
    print(f"{left} runs are left for make sweep" if left else "no run is left for make sweep")
    return int(bool(left))


def is_stale(run: Run, stamps: dict[str, str]) -> bool:
    """Whether a run of a chapter was made with earlier code, and with the versions of now."""
    return run.stamp != stamps.get(run.chapter, run.stamp) and not other_versions(run.versions)


def carried_over(
    earlier: list[Run], made: dict[RunKey, Run | LostRun], stamp: str
) -> tuple[list[Run], list[str]]:
    """Return the runs of a chapter that are current after its runs `made` anew, and what to say of them.

    Args:
        earlier: the chapter's stale runs.
        made: seed 0 of each kind, made with the code of now.
        stamp: of that code.
    """
    before = {run.key: run for run in earlier}
    new = [run for run in made.values() if isinstance(run, Run)]
    lost = [problem_of(run) for run in made.values() if isinstance(run, LostRun)]
    said = lost + [line for run in new for line in differences(before[run.key], run)]
    if said:
        return new, [*said, f"chapter {earlier[0].chapter}: nothing was carried over"]
    today = datetime.now(UTC).date().isoformat()
    allowed = {(run.key.kind, before[run.key].stamp) for run in new}
    carried = [
        replace(run, stamp=stamp, carried=today)
        for run in earlier
        if run.key not in made and (run.key.kind, run.stamp) in allowed
    ]
    counts = f"{len(new)} runs anew, every number equal; {len(carried)} other runs were carried over"
    return [*new, *carried], [f"chapter {new[0].chapter}: {counts}"] if new else []


def differences(before: Run, after: Run) -> list[str]:
    """Say what two runs of one chapter have different, claim by claim; `[]` if nothing."""
    lines = [] if before.errors == after.errors else [f"{after.key}: other errors than before"]
    was, now = ({claim["statement"]: claim for claim in run.claims} for run in (before, after))
    for statement in was | now:
        if was.get(statement) != now.get(statement):
            told = [in_words(of.get(statement)) for of in (was, now)]
            lines.append(f"{after.key}: {statement!r} {told[0]}, and now {told[1]}")
    return lines


def in_words(claim: dict | None) -> str:
    """Say what a run has of a claim, such as "held with PCA-30 13.87"."""
    if claim is None:
        return "was no claim"
    verdict = {True: "held", False: "failed", None: "was not judged"}[claim["holds"]]
    return f"{verdict} with {numbers_in_words(claim['numbers']) or 'no numbers'}"


if __name__ == "__main__":
    leave(main())
