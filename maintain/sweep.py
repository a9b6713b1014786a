"""Run every chapter over seeds and backends, and write what became of its claims: `python -m maintain.sweep`.

The plan: seeds 0 to 9 under TensorFlow and 0 to 2 under JAX and PyTorch on the sample, seeds 0 to 2 under
TensorFlow on the full data (of which seed 0 is what the chapters have stored). Each run has one core, and
there are as many at a time as cores, and memory, allow.

`ledger.json` is written anew after each run, so a sweep that is stopped loses the runs in flight and no
others; the next one takes up where it ended. Runs of a chapter, or of `aeutils` below it, that have changed
since are made again, and so are runs that said nothing, as their kernel died or their data were others.
Networks that chapters share are kept for the sweep, or longer in AEUTILS_CACHE.

    python -m maintain.sweep 03 07 --only sample-jax --only sample-torch --jobs 1

does a part of the plan, and

    python -m maintain.sweep --dask tcp://scheduler:8786

hands the runs to the workers of a Dask cluster, which need this clone and its .venv at the same path.
"""

import argparse
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
import importlib.util
import json
import os
from pathlib import Path
import signal
import subprocess
import sys
import tempfile

from filelock import FileLock, Timeout
import joblib
import psutil
from tqdm import tqdm

from maintain import ROOT, sweep_one
from maintain.ledger import LEDGER, PLAN, current_stamps, key, kind, known, planned, read, write
from maintain.runner import find
from maintain.sweep_one import run_chapter

MEMORY = 3e9  # bytes, above the largest peak of a run
INTERRUPTED = 130  # the exit status after Ctrl-C, as shells have it


def main() -> int:
    options = parse()
    try:
        with FileLock(options.ledger.with_name(f".{options.ledger.name}.lock"), blocking=False):
            return sweep(options)
    except Timeout:
        sys.exit(f"nothing was run: another sweep writes {options.ledger}; --ledger names another file")
    except KeyboardInterrupt:
        sys.exit("stopped before anything was run")


def parse() -> argparse.Namespace:
    kinds = [f"{source}-{backend}" for source, backend, _ in PLAN]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("chapters", nargs="*", help="such as 03 07; all if none is given")
    parser.add_argument("--only", action="append", choices=kinds, help="this kind of run; may be repeated")
    parser.add_argument("--jobs", type=int, help="runs at a time")
    parser.add_argument("--dask", metavar="ADDRESS", help="of the scheduler of a Dask cluster")
    parser.add_argument("--ledger", type=Path, default=LEDGER, help="the file to read and write")
    options = parser.parse_args()
    options.only = options.only or kinds
    if options.jobs is not None and options.jobs < 1:
        parser.error(f"--jobs must be 1 or more, got {options.jobs}")
    try:
        options.chapters = list(dict.fromkeys(path.stem[:2] for path in find(*options.chapters)))
    except ValueError as problem:
        parser.error(str(problem))
    return options


def sweep(options: argparse.Namespace) -> int:
    """Make the runs that the ledger lacks; return the exit status."""
    stamps = current_stamps()
    try:
        runs, old = known(read(options.ledger), stamps)
        wanted = [one for one in planned(stamps) if kind(one) in options.only]
        wanted = [one for one in wanted if one["chapter"] in options.chapters]
        made = set(map(key, runs))
        waiting = [one for one in wanted if key(one) not in made]
        check(waiting, options)
    except (ValueError, OSError) as problem:
        sys.exit(f"nothing was run: {problem}")
    print(f"{len(wanted)} runs are wanted, {len(wanted) - len(waiting)} of them are in {options.ledger.name}")
    lost = []
    try:
        write(runs, options.ledger, old)
        with tempfile.TemporaryDirectory(prefix="aeutils-") as cache:
            os.environ.setdefault("AEUTILS_CACHE", cache)
            with (
                tqdm(total=len(waiting), unit="run", smoothing=0) as bar,
                closing(results(waiting, options)) as done,
            ):
                for one in done:
                    if "lost" not in one and one["stamp"] != stamps[one["chapter"]]:
                        one["lost"] = "the chapter, or aeutils below it, is not what it was at the start"
                    if "lost" in one:
                        lost.append(one)
                    else:
                        runs.append(one)
                        write(runs, options.ledger, old)
                    if problem := trouble(one):
                        bar.write(problem)
                    bar.update()
    except (KeyboardInterrupt, OSError) as problem:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # an impatient second Ctrl-C
        end_kernels()
        with suppress(OSError):  # what came in last, if it was not written to the end
            write(runs, options.ledger, old)
        left = len(waiting) - len({key(one) for one in runs} & {key(one) for one in waiting})
        why = "stopped" if isinstance(problem, KeyboardInterrupt) else f"stopped, {problem}"
        print(f"{why}: all but the runs in flight are in {options.ledger.name}; {left} are left,", end=" ")
        print("and the same command goes on with them", flush=True)
        return INTERRUPTED
    failed = [one for one in runs if one["errors"] and one["chapter"] in options.chapters]
    for one in [*failed, *lost]:
        print(trouble(one))
    if lost:
        print(f"{len(lost)} runs said nothing about the claims; the same command makes them again")
    return int(bool(failed or lost))


def check(waiting: list[dict], options: argparse.Namespace) -> None:
    """Raise ValueError or OSError where a run could not be made here, with what to do."""
    kinds = list(dict.fromkeys(map(kind, waiting)))
    needed = {one["backend"]: f"{kind(one)} needs" for one in waiting}
    needed |= {"distributed": "--dask needs"} if options.dask else {}
    for module, who in needed.items():
        if importlib.util.find_spec(module) is None:
            others = [name for name in kinds if not name.endswith(f"-{module}")]
            remedy = "make torch" if module == "torch" else f".venv/bin/pip install {module}"
            raise ValueError(
                f"{who} {module}, which is not installed: {remedy}"
                + without(others) * (module != "distributed")
            )
    if any(one["source"] == "full" for one in waiting):
        from aeutils.data import load_mnist  # takes longer than all the others

        try:
            load_mnist(source="full")
        except (ValueError, OSError) as problem:
            others = [name for name in kinds if not name.startswith("full-")]
            raise ValueError(f"{problem}{without(others)}") from problem


def without(others: list[str]) -> str:
    return f'\nor go on without it: make sweep ONLY="{" ".join(others)}"' if others else ""


def results(waiting: list[dict], options: argparse.Namespace) -> Iterator[dict]:
    """Give each run as soon as it is done."""
    with ExitStack() as stack:
        if options.dask:
            from distributed import Client

            # Workers know nothing of this folder's modules, so they are sent commands.
            where = {"cwd": ROOT, "capture_output": True, "text": True}
            commands = ([sys.executable, "-m", sweep_one.__name__, json.dumps(one)] for one in waiting)
            calls = (joblib.delayed(subprocess.run)(command, **where) for command in commands)
            client = stack.enter_context(Client(options.dask))
            settings = {"backend": "dask", "client": client, "wait_for_workers_timeout": 60}
            at_a_time = options.jobs or "n_jobs"
        else:
            # A run is a kernel, a process of its own; here a thread waits for it. joblib would replace a
            # single thread by the main one, which is to hear Ctrl-C: so there are two, and one may be idle.
            calls = (joblib.delayed(run_chapter)(**one) for one in waiting)
            room = max(1, int(psutil.virtual_memory().available // MEMORY))
            at_a_time = options.jobs or min(joblib.cpu_count(), room)
            settings = {"backend": "threading", "n_jobs": max(at_a_time, 2)}
        stack.enter_context(joblib.parallel_config(**settings))
        parallel = joblib.Parallel(return_as="generator_unordered", batch_size=1, pre_dispatch=at_a_time)
        for done in stack.enter_context(closing(parallel(calls))):
            yield understood(done) if options.dask else done


def understood(done: subprocess.CompletedProcess) -> dict:
    """Return the run that a command of `sweep_one.py` has printed."""
    try:
        return json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        said = (done.stderr.strip().splitlines() or ["nothing"])[-1]
        return json.loads(done.args[-1]) | {"lost": f"its process gave {done.returncode} and said: {said}"}


def trouble(one: dict) -> str:
    """Say in a line what is wrong with a run; "" if nothing is."""
    found = [one["lost"]] if "lost" in one else one["errors"]
    where = f"chapter {one['chapter']}, {one['source']} data, {one['backend']}, seed {one['seed']}"
    return f"{where}: {found[0].splitlines()[0]}" if found else ""


def end_kernels() -> None:
    """End the kernels of the runs in flight, and what they have started."""
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            process.kill()


if __name__ == "__main__":
    sys.exit(main())
