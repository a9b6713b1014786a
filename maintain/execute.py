"""Run chapters and store what they show: `python -m maintain.execute [03 ...]`, or all of them.

Storing takes the full data. Each chapter is stamped with what it was computed from
(`aeutils.provenance`); one that fails stays as it was. To look without storing:

    python -m maintain.execute 03 --check --source sample --seed 7

prints the chapter's claims and whether they held. KERAS_BACKEND chooses the backend.
"""

import argparse
import hashlib
import os
from pathlib import Path
import sys
import tempfile

from aeutils.claim_records import numbers_in_words
from aeutils.data import load_mnist
from aeutils.files import written_whole
from aeutils.provenance import stamp
import nbformat

from maintain import LIVING
from maintain.openings import write_opening
from maintain.runner import claims, find, run, tidy


def main() -> int:
    """Run the chapters that the options name; return the exit status."""
    options = parse()
    sys.stdout.reconfigure(errors="backslashreplace")  # claims have signs that not every locale knows
    try:
        chapters = find(*options.chapters)
        if not options.check and not os.access(chapters[0].parent, os.W_OK):
            raise PermissionError(f"{chapters[0].parent} cannot be written")
        for path in [] if options.check else chapters:
            write_opening(nbformat.read(path, as_version=4), path.name)  # whether it can be, before the run
        load_mnist(source=options.source)
    except (ValueError, OSError) as problem:
        sys.exit(f"nothing was run: {problem}")
    # The chapters share the networks that they train: in AEUTILS_CACHE, or for this run only.
    with tempfile.TemporaryDirectory(prefix="aeutils-") as cache:
        env = {"AEUTILS_CACHE": cache} | os.environ | {"AEUTILS_PROGRESS": "off"}
        env |= {"AEUTILS_DATA": options.source} if options.source != "full" else {}
        passed = {}
        try:
            for path in chapters:
                passed[path.stem[:2]] = check(path, options, env) if options.check else store(path, env)
        except ValueError as problem:
            sys.exit(f"{path.stem}: {problem}")
        except KeyboardInterrupt:
            done = [] if options.check else [number for number, stored in passed.items() if stored]
            stored = f"stored {', '.join(done)}; the others are" if done else "nothing was stored; all is"
            sys.exit(f"interrupted: {stored} as before")
    return int(not all(passed.values()))


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("chapters", nargs="*", help="numbers such as 03; all if none is given")
    parser.add_argument("--check", action="store_true", help="store nothing, print the claims")
    parser.add_argument("--source", choices=["full", "sample", "fashion"], default="full")
    parser.add_argument("--seed", type=int, help="the seed to use in place of the chapter's own")
    options = parser.parse_args()
    if not options.check and (options.source != "full" or options.seed is not None):
        parser.error("what is stored has the full data and the chapter's own seed: add --check")
    return options


def store(path: Path, env: dict) -> bool:
    """Run a chapter on the full data in this environment, and store what it shows; return whether it was."""
    print(f"{path.stem}: running on the full data ...", flush=True)
    before = path.read_bytes(), stamp(nbformat.read(path, as_version=4))
    networks = cached_networks(env)
    with tempfile.TemporaryDirectory(prefix="aeutils-living-") as living:
        done = run(path, env=env | {"AEUTILS_LIVING": living})
        figures = {file.name: file.read_bytes() for file in sorted(Path(living).iterdir())}
    notebook, errors = done.notebook, done.errors
    if not errors and done.source != "full":
        errors = [f"it loaded the data {done.source!r}, and what is stored needs 'full'"]
    if before != (path.read_bytes(), stamp(notebook)):
        errors += ["the chapter, or aeutils below it, was changed while it ran: run it again"]
    if errors:
        print(f"{path.stem}: not stored\n  " + "\n  ".join(errors))
        return False
    earlier = notebook.metadata.get("aeutils", {})
    tidy(notebook)
    costs = done.costs
    living_data = {name: hashlib.sha256(content).hexdigest() for name, content in figures.items()}
    notebook.metadata["aeutils"] = stamp(notebook) | done.environment | {"source": done.source} | costs
    notebook.metadata["aeutils"]["living"] = living_data
    write_opening(notebook, path.name)
    for name, content in figures.items():
        with written_whole(LIVING / name) as partial:
            partial.write_bytes(content)
    with written_whole(path) as partial:
        nbformat.write(nbformat.from_dict(notebook), partial)
    print(f"{path.stem}: stored, {costs['minutes']} minutes, {costs['memory_gb']} GB at most", end="")
    print(f", {done.environment['backend']} on {done.environment['device']}")
    print(compared(earlier, done.seconds / 60, cached_networks(env) - networks), end="")
    return True


def cached_networks(env: dict) -> int:
    """Return how many networks the cache folder of this environment has."""
    return len(list(Path(env["AEUTILS_CACHE"]).glob("*.npz")))


def compared(earlier: dict, minutes: float, trained: int) -> str:
    """Say how much faster or slower a run was than the one whose stamp this is; "" if it has no minutes.

    Args:
        earlier: the stamp.
        minutes: that the run took.
        trained: how many networks it trained and kept; the earlier one may have found them in the cache.
    """
    before = earlier.get("minutes")
    if not before or minutes <= 0:
        return ""
    times = max(before / minutes, minutes / before)
    change = f"{times:.1f} times {'faster' if minutes < before else 'slower'} now"
    change = change if times >= 1.05 else "as fast now"
    caveat = f", with {trained} shared network{'s' * (trained > 1)} to train, which may have been kept then"
    where = f"{earlier['backend']} on {earlier['device']}"
    return f"  stored before: {before:g} minutes, {where}: {change}{caveat if trained else ''}\n"


def check(path: Path, options: argparse.Namespace, env: dict) -> bool:
    """Run a chapter as the options say and print its claims; return whether all of it went well."""
    print(f"{path.stem}: {options.source} data, seed {options.seed or 0}", flush=True)
    networks = cached_networks(env)
    done = run(path, options.seed, go_on=True, env=env)
    found = claims(done.notebook)
    for claim in found:
        mark = {True: "held  ", False: "FAILED", None: "waived"}[claim["holds"]]
        words = numbers_in_words(claim["numbers"])
        print(f"  {mark}  {claim['statement']}{f' ({words})' * bool(words)}")
    print("".join(f"  {error}\n" for error in done.errors), end="")
    held, waived = (sum(claim["holds"] is value for claim in found) for value in (True, None))
    print(f"  {held} held, {waived} waived, {len(done.errors)} errors, {done.seconds:.0f} seconds", end="")
    print(f", {done.costs['memory_gb']} GB at most")
    if options.source == "full":
        earlier = done.notebook.metadata.get("aeutils", {})
        print(compared(earlier, done.seconds / 60, cached_networks(env) - networks), end="")
    return not done.errors


if __name__ == "__main__":
    sys.exit(main())
