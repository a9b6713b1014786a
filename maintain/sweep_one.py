"""One run of a sweep; `python -m maintain.sweep_one JSON`, on a cluster's worker, prints it as JSON."""

import json
import os
import sys

from maintain.ledger import LostRun, Run, RunKey, chapter_stamp, claim_records, run_to_json
from maintain.pins import other_versions
from maintain.runner import find, run

ONE_CORE = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"), "1"
)


def run_chapter(key: RunKey) -> Run | LostRun:
    """Run a chapter in a kernel of its own, on one core."""
    env = os.environ | ONE_CORE | {"KERAS_BACKEND": key.backend, "AEUTILS_PROGRESS": "off"}
    if key.source != "full":  # which may be in a folder that AEUTILS_DATA names
        env["AEUTILS_DATA"] = key.source
    try:
        path = find(key.chapter)[0]
        before = chapter_stamp(path)
        done = run(path, key.seed, go_on=True, env=env)
        after = chapter_stamp(path)
    except Exception as problem:
        return LostRun(key, f"{type(problem).__name__}: {problem}")
    if done.environment is None:
        return LostRun(key, (done.errors or ["it could not say where it ran"])[0])
    if done.source != key.source:
        reasons = [f"it loaded the data {done.source!r}, and {key.source!r} was wanted", *done.errors]
        return LostRun(key, "; ".join(reasons[:2]))
    if before != after:
        return LostRun(key, "the chapter, or aeutils below it, was changed while it ran")
    if others := other_versions(done.environment["versions"]):
        return LostRun(key, f"{others[0]}: make book installs the pinned versions")
    return Run(
        **key._asdict(),
        stamp=before,
        device=done.environment["device"],
        versions=done.environment["versions"],
        errors=done.errors,
        claims=claim_records(done.notebook),
        **done.costs,
    )


if __name__ == "__main__":
    print(run_to_json(run_chapter(RunKey(*json.loads(sys.argv[1])))))
