"""One run of a sweep; `python -m maintain.sweep_one JSON`, on a cluster's worker, prints it as JSON."""

import json
import os
import sys

from maintain.ledger import kept, stamp_of
from maintain.runner import find, run

ONE_CORE = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"), "1"
)


def run_chapter(source: str, backend: str, seed: int, chapter: str) -> dict:
    """Run a chapter in a kernel of its own; return its claims and errors, where it ran, and its stamp.

    Where it says nothing about the claims, the key `lost` has the reason, in words.
    """
    about = {"source": source, "backend": backend, "seed": seed, "chapter": chapter}
    env = os.environ | ONE_CORE | {"KERAS_BACKEND": backend, "AEUTILS_PROGRESS": "off"}
    if source == "sample":
        env["AEUTILS_DATA"] = "sample"
    try:
        path = find(chapter)[0]
        before = stamp_of(path)
        done = run(path, seed, go_on=True, env=env)
        after = stamp_of(path)
    except (Exception, SystemExit) as problem:
        return about | {"lost": f"{type(problem).__name__}: {problem}"}
    if done.environment is None:
        return about | {"lost": (done.errors or ["it could not say where it ran"])[0]}
    if done.source != source:
        reasons = [f"it loaded the data {done.source!r}, and {source!r} was wanted", *done.errors]
        return about | {"lost": "; ".join(reasons[:2])}
    if before != after:
        return about | {"lost": "the chapter, or aeutils below it, was changed while it ran"}
    return about | {
        "device": done.environment["device"],
        "versions": done.environment["versions"],
        **done.costs,
        "errors": done.errors,
        "claims": kept(done.notebook),
        "stamp": before,
    }


if __name__ == "__main__":
    print(json.dumps(run_chapter(**json.loads(sys.argv[1]))))
