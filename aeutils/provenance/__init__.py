"""What stored numbers came from: hashes of the code that computed them, and the machine it ran on.

A chapter keeps its outputs in its file. `maintain.execute` stamps it with the hashes of its code
cells and of the definitions in `aeutils` that they reach; `stale` says what no longer fits. The cache
of trained networks uses the same hashes in its keys. Only code counts: comments, docstrings, layout
and the package's version number may change without a new run, and so may what a chapter does not reach.
"""

from collections.abc import Iterable
import importlib
from importlib import metadata
import os
from pathlib import Path
import platform
import re

from aeutils.provenance.definitions import PACKAGE, closure
from aeutils.provenance.hashing import code_hash, digest

# Not part of a chapter's stamp. Of the exercises a chapter stores only "not attempted yet", so a better hint
# leaves its numbers as they were; this package computes keys and stamps, never a number.
LEFT_OUT = ("aeutils.exercises", "aeutils.provenance")

# A cell with this tag installs the package where it is missing: nothing that a number depends on.
SETUP_TAG = "setup"


def module_hashes(
    sources: str | Iterable[str], package: Path = PACKAGE, left_out: Iterable[str] = LEFT_OUT
) -> dict[str, str]:
    """Return a hash for each `aeutils` module that code reaches: of the definitions that it reaches there.

    Args:
        sources: the code, as one string or several.
        package: the folder that holds the package, for looking at a copy.
        left_out: modules and subpackages that do not count.
    """
    reached = closure([sources] if isinstance(sources, str) else sources, package, left_out).modules
    return {name: digest([statement.hash for statement in found]) for name, found in reached.items()}


def stamp(notebook: dict, package: Path = PACKAGE) -> dict:
    """Return the hashes of a notebook's code: `{"cells": hash, "modules": {name: hash}}`."""
    sources = _code_cells(notebook)
    return {
        "cells": digest([code_hash(source) for source in sources]),
        "modules": module_hashes(sources, package),
    }


def stale(notebook: dict, package: Path = PACKAGE) -> list[str]:
    """Say in plain words what has changed since the outputs were stored; `[]` if nothing has."""
    stored = notebook["metadata"].get("aeutils")
    if not stored:
        return ["the outputs carry no stamp, so nothing says which code they come from"]
    now = stamp(notebook, package)
    changes = []
    if stored["cells"] != now["cells"]:
        changes.append("the notebook's code cells have changed")
    before, after = stored["modules"], now["modules"]
    both = [name for name in before if name in after]
    changes += [f"{name} has changed" for name in both if before[name] != after[name]]
    changes += [f"{name} is used now and was not then" for name in after if name not in before]
    changes += [f"{name} was used then and is not now" for name in before if name not in after]
    return changes


def packages(notebook: dict, package: Path = PACKAGE) -> tuple[str, ...]:
    """Name the others' packages that a notebook and what it reaches import: "keras", "sklearn", ..."""
    return closure(_code_cells(notebook), package, LEFT_OUT).packages


def distributions(packages: Iterable[str]) -> dict[str, str]:
    """Return the name under which each package is installed, as "scikit-learn" for "sklearn".

    One that is not here is left out.
    """
    installed = metadata.packages_distributions()
    names = {name: installed[name][0] for name in packages if name in installed}
    return {name: re.sub(r"[-_.]+", "-", found).lower() for name, found in names.items()}


def environment(packages: Iterable[str] = ()) -> dict:
    """Return `{"backend", "versions", "device"}` of the running Keras; imports it.

    Args:
        packages: further ones, by the names that `import` takes, whose versions count. They stand under
            the names of their distributions; Keras, NumPy and the backend always do, under their own.
    """
    import keras
    import numpy

    backend = keras.backend.backend()
    library = importlib.import_module(backend)
    modules = {"keras": keras, "numpy": numpy, backend: library}
    versions = {name: str(module.__version__) for name, module in modules.items()}
    others = distributions(set(packages) - versions.keys())
    versions |= {name: metadata.version(name) for name in sorted(others.values())}
    return {
        "backend": backend,
        "versions": versions,
        "device": _gpu(backend, library) or _cpu(),
    }


def _code_cells(notebook: dict) -> list[str]:
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    cells = [cell for cell in cells if SETUP_TAG not in cell["metadata"].get("tags", [])]
    sources = [cell["source"] for cell in cells]
    return [source if isinstance(source, str) else "".join(source) for source in sources]


def _gpu(backend: str, library) -> str | None:
    if backend == "tensorflow":
        gpus = library.config.list_physical_devices("GPU")
        details = library.config.experimental.get_device_details
        return details(gpus[0])["device_name"] if gpus else None
    if backend == "jax":
        device = library.devices()[0]
        return None if device.platform == "cpu" else device.device_kind
    return library.cuda.get_device_name(0) if library.cuda.is_available() else None


def _cpu() -> str:
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        model = lines[0].split(":", 1)[1].strip() if lines else model
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{model}, {available} cores"
