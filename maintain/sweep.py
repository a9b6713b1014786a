"""Run every chapter over seeds and backends, and write what became of its claims: `python -m maintain.sweep`.

The plan, `PLAN` in `maintain.ledger`, has seeds under each backend on the sample, and some under TensorFlow
on the full data (of which seed 0 is what the chapters have stored) and on clothes in place of the digits.
Each run has one core, and there are as many at a time as cores, and memory, allow.

`ledger.json` is written anew after each run, so a sweep that is stopped loses the runs in flight and no
others; the next one takes up where it ended. Runs of a chapter, or of `aeutils` below it, that have changed
since, or were made with other versions than the pinned ones, are made again, and so are runs that said
nothing, as their kernel died or their data were others.
Networks that chapters share are kept for the sweep, or longer in AEUTILS_CACHE.

    python -m maintain.sweep 03 07 --only sample-jax --only sample-torch --jobs 1

does a part of the plan, and

    python -m maintain.sweep --dask tcp://scheduler:8786

hands the runs to the workers of a Dask cluster, which need this clone and its .venv at the same path.
"""

import argparse
from collections.abc import Callable, Iterator
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

from maintain import ROOT, ledger, sweep_one
from maintain.ledger import LostRun, Run, RunKey
from maintain.runner import find

MEMORY = 4e9  # bytes, above the largest peak of a run
INTERRUPTED = 130  # the exit status after Ctrl-C, as shells have it


def main() -> int:
    """Make the runs that the options name; return the exit status."""
    parser = common_parser(__doc__)
    parser.add_argument("--dask", metavar="ADDRESS", help="of the scheduler of a Dask cluster")
    return with_the_ledger(sweep, parsed(parser))


def common_parser(description: str) -> argparse.ArgumentParser:
    """Return a parser of what all have in common that make runs."""
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    parser.add_argument("chapters", nargs="*", help="such as 03 07; all if none is given")
    parser.add_argument(
        "--only", action="append", choices=ledger.planned_kinds(), help="this kind of run; may be repeated"
    )
    parser.add_argument("--jobs", type=int, help="runs at a time")
    parser.add_argument("--ledger", type=Path, default=ledger.LEDGER, help="the file to read and write")
    parser.set_defaults(dask=None)
    return parser


def parsed(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """Read the command line; `chapters` become numbers such as "03", `only` all kinds where none is named."""
    options = parser.parse_args()
    options.only = options.only or ledger.planned_kinds()
    if options.jobs is not None and options.jobs < 1:
        parser.error(f"--jobs must be 1 or more, got {options.jobs}")
    try:
        options.chapters = list(dict.fromkeys(path.stem[:2] for path in find(*options.chapters)))
    except ValueError as problem:
        parser.error(str(problem))
    return options


def with_the_ledger(work: Callable[[argparse.Namespace], int], options: argparse.Namespace) -> int:
    """Do what the options ask for while nobody else writes their ledger; return the exit status."""
    try:
        with FileLock(options.ledger.with_name(f".{options.ledger.name}.lock"), blocking=False):
            return work(options)
    except Timeout:
        sys.exit(f"nothing was run: another sweep writes {options.ledger}; --ledger names another file")
    except KeyboardInterrupt:
        end_kernels()
        print("stopped: the ledger is as it was", file=sys.stderr)
        return INTERRUPTED


def sweep(options: argparse.Namespace) -> int:
    """Make the runs that the ledger lacks; return the exit status."""
    stamps = ledger.chapter_stamps()
    try:
        runs = ledger.updated_runs(ledger.read(options.ledger), stamps)
        wanted = [
            key
            for key in ledger.planned_keys(stamps)
            if key.kind in options.only and key.chapter in options.chapters
        ]
        lacking = set(ledger.missing_keys(runs, stamps))
        waiting = [key for key in wanted if key in lacking]
        check_possible(waiting, options)
    except (ValueError, OSError) as problem:
        sys.exit(f"nothing was run: {problem}")
    print(f"{len(wanted)} runs are wanted, {len(wanted) - len(waiting)} of them are in {options.ledger.name}")
    by_key = {run.key: run for run in runs}
    lost: list[LostRun] = []
    try:
        ledger.write(by_key.values(), options.ledger)
        with tempfile.TemporaryDirectory(prefix="aeutils-") as cache:
            os.environ.setdefault("AEUTILS_CACHE", cache)
            with (
                tqdm(total=len(waiting), unit="run", smoothing=0) as bar,
                closing(finished_runs(waiting, options)) as results,
            ):
                for run in results:
                    if isinstance(run, Run) and run.stamp != stamps[run.chapter]:
                        reason = "the chapter, or aeutils below it, is not what it was at the start"
                        run = LostRun(run.key, reason)
                    if isinstance(run, LostRun):
                        lost.append(run)
                    else:
                        by_key[run.key] = run
                        ledger.write(by_key.values(), options.ledger)
                    if problem := problem_of(run):
                        bar.write(problem)
                    bar.update()
    except (KeyboardInterrupt, OSError) as problem:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # an impatient second Ctrl-C
        end_kernels()
        with suppress(OSError):  # what came in last, if it was not written to the end
            ledger.write(by_key.values(), options.ledger)
        left = len(set(ledger.missing_keys(by_key.values(), stamps)) & set(waiting))
        why = "stopped" if isinstance(problem, KeyboardInterrupt) else f"stopped, {problem}"
        print(f"{why}: all but the runs in flight are in {options.ledger.name}; {left} are left,", end=" ")
        print("and the same command goes on with them", flush=True)
        return INTERRUPTED
    made = ledger.current_runs(by_key.values(), stamps)
    failed = [run for run in made if run.errors and run.chapter in options.chapters]
    for run in [*failed, *lost]:
        print(problem_of(run))
    if lost:
        print(f"{len(lost)} runs said nothing about the claims; the same command makes them again")
    return int(bool(failed or lost))


def check_possible(waiting: list[RunKey], options: argparse.Namespace, command: str = "make sweep") -> None:
    """Raise ValueError or OSError where a run could not be made here, with what to do.

    Args:
        command: which makes the runs.
    """
    kinds = list(dict.fromkeys(key.kind for key in waiting))
    needed = {key.backend: f"{key.kind} needs" for key in waiting}
    needed |= {"distributed": "--dask needs"} if options.dask else {}
    for module, who in needed.items():
        if importlib.util.find_spec(module) is None:
            others = [name for name in kinds if not name.endswith(f"-{module}")]
            remedy = "make torch" if module == "torch" else f".venv/bin/pip install {module}"
            raise ValueError(
                f"{who} {module}, which is not installed: {remedy}"
                + going_on_with(others, command) * (module != "distributed")
            )
    for source in dict.fromkeys(key.source for key in waiting if key.source != "sample"):
        from aeutils.data import load_mnist  # takes longer than all the others

        try:
            load_mnist(source=source)
        except (ValueError, OSError) as problem:
            others = [name for name in kinds if not name.startswith(f"{source}-")]
            raise ValueError(f"{problem}{going_on_with(others, command)}") from problem


def going_on_with(kinds: list[str], command: str) -> str:
    """Return the command that makes these kinds of runs alone, as the end of a message."""
    return f'\nor go on without it: {command} ONLY="{" ".join(kinds)}"' if kinds else ""


def finished_runs(waiting: list[RunKey], options: argparse.Namespace) -> Iterator[Run | LostRun]:
    """Give each run as soon as it is done."""
    with ExitStack() as stack:
        if options.dask:
            from distributed import Client

            # Workers know nothing of this folder's modules, so they are sent commands.
            where = {"cwd": ROOT, "capture_output": True, "text": True}
            commands = ([sys.executable, "-m", sweep_one.__name__, json.dumps(key)] for key in waiting)
            calls = (joblib.delayed(subprocess.run)(command, **where) for command in commands)
            client = stack.enter_context(Client(options.dask))
            settings = {"backend": "dask", "client": client, "wait_for_workers_timeout": 60}
            at_a_time = options.jobs or "n_jobs"
        else:
            # A run is a kernel, a process of its own; here a thread waits for it. joblib would replace a
            # single thread by the main one, which is to hear Ctrl-C: so there are two, and one may be idle.
            calls = (joblib.delayed(sweep_one.run_chapter)(key) for key in waiting)
            room = max(1, int(psutil.virtual_memory().available // MEMORY))
            at_a_time = options.jobs or min(joblib.cpu_count(), room)
            settings = {"backend": "threading", "n_jobs": max(at_a_time, 2)}
        stack.enter_context(joblib.parallel_config(**settings))
        parallel = joblib.Parallel(return_as="generator_unordered", batch_size=1, pre_dispatch=at_a_time)
        for result in stack.enter_context(closing(parallel(calls))):
            yield run_of_worker(result) if options.dask else result


def run_of_worker(process: subprocess.CompletedProcess) -> Run | LostRun:
    """Return the run that a command of `sweep_one` has printed."""
    try:
        return ledger.run_from_json(process.stdout.splitlines()[-1])
    except (IndexError, ValueError, TypeError):
        said = (process.stderr.strip().splitlines() or ["nothing"])[-1]
        key = RunKey(*json.loads(process.args[-1]))
        return LostRun(key, f"its process gave {process.returncode} and said: {said}")


def problem_of(run: Run | LostRun) -> str:
    """Say in a line what is wrong with a run; "" if nothing is."""
    reasons = [run.reason] if isinstance(run, LostRun) else run.errors
    return f"{run.key}: {reasons[0].splitlines()[0]}" if reasons else ""


def end_kernels() -> None:
    """End the kernels of the runs in flight, and what they have started."""
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            process.kill()


def leave(status: int) -> None:
    """End the process; at once after Ctrl-C, when Python would wait for threads whose kernels were killed."""
    if status == INTERRUPTED:
        sys.stderr.flush()
        os._exit(status)
    sys.exit(status)


if __name__ == "__main__":
    leave(main())
