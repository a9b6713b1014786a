"""What stored numbers came from: hashes of the code that computed them, and the machine it ran on.

A chapter keeps its outputs in its file. `tools/execute.py` stamps it with the hashes of its code
cells and of every `aeutils` module that they reach; `stale` says what no longer fits. The cache of
trained networks uses the same hashes in its keys. Only code counts: comments, docstrings, layout
and the package's version number may change without a new run.
"""

import ast
from collections.abc import Iterable
from functools import cache
import hashlib
import importlib
import io
import json
import os
from pathlib import Path
import platform
import tokenize

PACKAGE = Path(__file__).parent

# Not part of a chapter's stamp. Of the exercises a chapter stores only "not attempted yet", so a
# better hint leaves its numbers as they were; this module computes keys and stamps, never a number.
LEFT_OUT = ("aeutils.exercises", "aeutils.provenance")

# A cell with this tag installs the package where it is missing: nothing that a number depends on.
SETUP_TAG = "setup"


@cache
def code_hash(source: str) -> str:
    """Hash Python code, the same for two texts that differ in comments, docstrings or layout only.

    IPython's magics count as the calls that IPython makes of them. Text that is not Python in any
    way is hashed as it stands.

    Returns:
        The first 16 hexadecimal digits of a sha256, the same under every supported Python.
    """
    tree = _parse(source)
    plain = source if tree is None else _plain(tree)
    return _digest([plain, _is_silenced(source)])


def module_closure(
    sources: str | Iterable[str], package: Path = PACKAGE, left_out: Iterable[str] = LEFT_OUT
) -> tuple[str, ...]:
    """Name the `aeutils` modules that code reaches through its imports, and through theirs.

    Found from the text, without running it: imports inside functions count, `importlib` calls are
    not seen.

    Args:
        sources: the code, as one string or several.
        package: the folder that holds the package, for looking at a copy.
        left_out: modules and subpackages that are neither named nor followed.
    """
    found: set[str] = set()
    waiting = set()
    for source in [sources] if isinstance(sources, str) else sources:
        waiting |= _imports(source, importer=None, package=package)
    while waiting:
        module = waiting.pop()
        if any(f"{module}.".startswith(f"{name}.") for name in left_out):
            continue
        found.add(module)
        waiting |= _imports(_read(module, package), module, package) - found
    return tuple(sorted(found))


def module_hashes(names: Iterable[str], package: Path = PACKAGE) -> dict[str, str]:
    """Return the `code_hash` of each `aeutils` module in `names` (as of `module_closure`)."""
    return {name: code_hash(_read(name, package)) for name in sorted(names)}


def stamp(notebook: dict, package: Path = PACKAGE) -> dict:
    """Return the hashes of a notebook's code: `{"cells": hash, "modules": {name: hash}}`."""
    sources = _code_cells(notebook)
    return {
        "cells": _digest([code_hash(source) for source in sources]),
        "modules": module_hashes(module_closure(sources, package), package),
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


def environment() -> dict:
    """Return `{"backend", "versions", "device"}` of the running Keras; imports it."""
    import keras
    import numpy

    backend = keras.backend.backend()
    library = importlib.import_module(backend)
    versions = {"keras": keras, "numpy": numpy, backend: library}
    return {
        "backend": backend,
        "versions": {name: str(module.__version__) for name, module in versions.items()},
        "device": _gpu(backend, library) or _cpu(),
    }


def _code_cells(notebook: dict) -> list[str]:
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    cells = [cell for cell in cells if SETUP_TAG not in cell["metadata"].get("tags", [])]
    sources = [cell["source"] for cell in cells]
    return [source if isinstance(source, str) else "".join(source) for source in sources]


def _parse(source: str) -> ast.Module | None:
    try:
        return ast.parse(source)
    except SyntaxError:
        from IPython.core.inputtransformer2 import TransformerManager
    try:
        return ast.parse(TransformerManager().transform_cell(source))
    except SyntaxError:
        return None


def _is_silenced(source: str) -> bool:
    """Whether a cell ends in IPython's "show nothing" semicolon, which the syntax tree drops."""
    words = (tokenize.NAME, tokenize.NUMBER, tokenize.STRING, tokenize.OP)
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    except (tokenize.TokenError, SyntaxError):
        return source.rstrip().endswith(";")
    return [token.string for token in tokens if token.type in words][-1:] == [";"]


def _plain(node):
    """Turn a syntax tree into lists, strings and nothing else.

    `ast.dump` prints other text under other Pythons. Here a field that is empty does not appear, as
    one that a later Python adds (`type_params`) is empty in code for an earlier one, and the pieces
    of an f-string are joined, as Pythons cut them differently.
    """
    if isinstance(node, list):
        return [_plain(item) for item in node]
    if isinstance(node, ast.Constant):
        return ["Constant", type(node.value).__name__, repr(node.value)]
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = {name: value for name, value in ast.iter_fields(node) if value not in (None, [])}
    if "body" in fields and isinstance(fields["body"], list):
        fields["body"] = _without_words(node, fields["body"])
    if isinstance(node, ast.JoinedStr):
        fields["values"] = _joined(node.values)
    return [type(node).__name__, *([name, _plain(value)] for name, value in fields.items())]


def _without_words(node: ast.AST, body: list) -> list:
    """Drop a docstring, and the package's version number, from the statements of a node."""
    named = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    # A string that is all there is in a cell is its output, not a docstring.
    documented = named or (isinstance(node, ast.Module) and len(body) > 1)
    first = body[0]
    if documented and isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
        if isinstance(first.value.value, str):
            body = body[1:] or [ast.Pass()]
    return [item for item in body if not _is_version(item)]


def _is_version(item: ast.stmt) -> bool:
    return isinstance(item, ast.Assign) and ast.unparse(item.targets[0]) == "__version__"


def _joined(values: list) -> list:
    merged = []
    for value in values:
        if isinstance(value, ast.Constant) and merged and isinstance(merged[-1], ast.Constant):
            merged[-1] = ast.Constant(merged[-1].value + value.value)
        elif not (isinstance(value, ast.Constant) and value.value == ""):
            merged.append(value)
    return merged


def _digest(plain) -> str:
    text = json.dumps(plain, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@cache
def _import_statements(source: str) -> tuple[ast.Import | ast.ImportFrom, ...]:
    nodes = ast.walk(_parse(source) or ast.Module(body=[]))
    return tuple(node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom))


def _imports(source: str, importer: str | None, package: Path) -> set[str]:
    """Name the `aeutils` modules that one piece of code imports, itself in module `importer`."""
    names = set()
    for node in _import_statements(source):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        else:
            base = _absolute(node, importer, package)
            names |= {base, *(f"{base}.{alias.name}" for alias in node.names)}
    # Importing a module runs the packages above it first.
    names |= {".".join(parts[:i]) for parts in (n.split(".") for n in names) for i in range(1, len(parts))}
    return {name for name in names if _path(name, package)}


def _absolute(node: ast.ImportFrom, importer: str | None, package: Path) -> str:
    if not node.level:
        return node.module
    parts = (importer or "").split(".")
    inside = parts if importer and _path(importer, package).name == "__init__.py" else parts[:-1]
    inside = inside[: len(inside) - node.level + 1]
    return ".".join([*inside, *([node.module] if node.module else [])])


def _path(module: str, package: Path) -> Path | None:
    """Return the file of an `aeutils` module, or None for any other name."""
    root, *rest = module.split(".")
    if root != "aeutils":
        return None
    inner = Path(package, *rest)
    candidates = [inner / "__init__.py", *([inner.with_suffix(".py")] if rest else [])]
    return next((path for path in candidates if path.is_file()), None)


def _read(module: str, package: Path) -> str:
    path = _path(module, package)
    if path is None:
        raise ValueError(f"no module {module} in {package}: give names such as 'aeutils.models'")
    return path.read_text(encoding="utf-8")


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
