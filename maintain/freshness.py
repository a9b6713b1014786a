"""Whether all stored numbers come from the code and the versions of now: `python -m maintain.freshness`.

It says in a line each what is stale, and the command that mends it. Asked are the outputs that the chapters
have stored, the runs of the ledger, and the claims by which statements of tutorials are judged.
"""

from pathlib import Path
import sys

from aeutils import provenance
import nbformat

from maintain import ledger, verdicts
from maintain.pins import other_versions
from maintain.runner import find


def reasons_for_a_new_run(path: Path) -> list[str]:
    """Say why the outputs of a chapter are not those of its code, the pinned versions and the full data."""
    notebook = nbformat.read(path, as_version=4)
    about = notebook.metadata.get("aeutils", {})
    reasons = provenance.stale(notebook) + other_versions(about.get("versions", {}))
    if about.get("source", "full") != "full":
        reasons.append(f"the outputs are of the data {about['source']!r}, and 'full' is wanted")
    cells = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    if [cell.execution_count for cell in cells] != list(range(1, len(cells) + 1)):
        reasons.append("the cells were not run from the first to the last")
    return reasons


def stale_outputs() -> list[str]:
    """Return a line for each chapter whose outputs are to be made anew."""
    reasons = {path.stem[:2]: reasons_for_a_new_run(path) for path in find()}
    return [
        f"chapter {number}: {'; '.join(found)}: make execute CHAPTER={number}"
        for number, found in reasons.items()
        if found
    ]


def missing_runs(runs: list[ledger.Run]) -> list[str]:
    """Return a line for each kind of run that the ledger lacks of the plan, or has of an earlier state."""
    stamps = ledger.chapter_stamps()
    lacking = ledger.missing_keys(runs, stamps)
    known = {run.key for run in runs}
    lines = []
    for kind in dict.fromkeys(key.kind for key in lacking):
        keys = [key for key in lacking if key.kind == kind]
        numbers = " ".join(sorted({key.chapter for key in keys}))
        options = f'CHAPTER="{numbers}" ONLY={kind}'
        earlier = [key for key in keys if key in known]
        known_before = f"{len(earlier)} of them known of an earlier state"
        line = f"ledger: {len(keys)} runs of {kind} are lacking, {known_before}"
        remedy = f"make sweep {options}"
        if earlier:
            numbers = " ".join(sorted({key.chapter for key in earlier}))
            remedy += f', or, if no number can have changed, make refresh CHAPTER="{numbers}"'
        lines.append(f"{line}: {remedy}")
    return lines


def main() -> int:
    """Print what is stale; return 1 if anything is."""
    try:
        runs = ledger.read()
        lines = stale_outputs() + missing_runs(runs)
        lines += verdicts.unsettled(ledger.current_runs(runs, ledger.chapter_stamps()))
    except ValueError as problem:
        sys.exit(str(problem))
    print("\n".join(lines) or "all stored numbers come from the code and the versions of now")
    return int(bool(lines))


if __name__ == "__main__":
    sys.exit(main())
