"""Which definitions code reaches: not one too few, and none because it stands beside one that is reached."""

import ast
from pathlib import Path
import re
import shutil
import sys

from aeutils import provenance
from aeutils.provenance.definitions import closure, module_path
import nbformat
import pytest

from tests import CHAPTERS, ROOT

pytestmark = pytest.mark.any_backend

NOTEBOOKS = {path: nbformat.read(path, as_version=4) for path in CHAPTERS}
MODULES = [
    path
    for path in sorted(ROOT.glob("aeutils/**/*.py"))
    if not {"exercises", "provenance"} & set(path.relative_to(ROOT).parts)
]


def code(path: Path) -> str:
    """Return the code of a chapter that counts."""
    cells = [cell for cell in NOTEBOOKS[path].cells if cell.cell_type == "code"]
    return "\n\n".join(cell.source for cell in cells if "setup" not in cell.metadata.get("tags", []))


# --- On a package made up for it


def reached(folder: Path, modules: dict[str, str], *cells: str, left_out=()) -> set[str]:
    """Write a package of these modules, and return what cells reach: names, and statements that act."""
    for name, text in {"__init__": "", **modules}.items():
        path = folder / "aeutils" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    found = set()
    for module, statements in closure(cells, folder / "aeutils", left_out).modules.items():
        prefix = module.removeprefix("aeutils").removeprefix(".") or "aeutils"
        for one in statements:
            if one.acts:
                found.add(f"{prefix}: {ast.unparse(one.node).splitlines()[0]}")
            elif not isinstance(one.node, ast.Import | ast.ImportFrom):
                found |= {f"{prefix}.{name}" for name in one.defines}
    return found


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("import numpy", ""),
        ("import aeutilsmore", ""),
        ("this is not Python", ""),
        ("import aeutils", ""),
        ("from aeutils import nothing", ""),
        ("from aeutils import a", ""),
        ("import aeutils.a, os", ""),
        ("from aeutils.a import f", "a.f"),
        ("from aeutils.a import f as other", "a.f"),
        ("from aeutils.a import g", "a.g a.f b.h"),
        ("from aeutils import a\na.f()", "a.f"),
        ("from aeutils import a as other\nother.f()", "a.f"),
        ("import aeutils.a\naeutils.a.f()", "a.f"),
        ("import aeutils.a as other\nother.f()", "a.f"),
        ("import aeutils\naeutils.a.f()", "a.f"),
        ("from aeutils.a import b\nb.h()", "b.h"),
        ("from aeutils import a\na.b.h()", "b.h"),
        ("def late():\n    from aeutils.a import f", "a.f"),
        ("def late():\n    from aeutils import a\n    return lambda: a.f", "a.f"),
        ("class Later:\n    import aeutils.a as a\n    f = a.f", "a.f"),
        ("from aeutils import a\na.f = print", "a.f"),
        ("%matplotlib inline\nfrom aeutils.a import f", "a.f"),
        # All of a module that is used other than for an attribute, or for one that it does not have.
        ("from aeutils import a\ngetattr(a, 'f')()", "a.f a.g b.h"),
        ("from aeutils import a\nvars(a)", "a.f a.g b.h"),
        ("from aeutils import a\nother = a\nother.f()", "a.f a.g b.h"),
        ("from aeutils import a\na.__dict__['f']", "a.f a.g b.h"),
        ("from aeutils.a import *", "a.f a.g b.h"),
        ("import aeutils\nprint(aeutils.a)", "a.f a.g b.h"),
    ],
)
def test_what_a_cell_reaches(tmp_path, cell, expected):
    modules = {
        "a": "from . import b\n\ndef f(): return 1\n\ndef g(): return f() + b.h()",
        "b": "import os\n\ndef h(): return os\n\ndef other(): return 2",
    }
    assert reached(tmp_path, modules, cell) == set(expected.split())


@pytest.mark.parametrize(
    ("module", "expected"),
    [
        # What a definition mentions, wherever in it.
        ("def f(): return x\nx = 1\ny = 2", "f x"),
        ("def f(a=x): pass\nx = 1", "f x"),
        ("def f(a: x) -> y: pass\nx = y = 1", "f x y"),
        ("def f():\n    def inner(): return [x for _ in ()]\n    return inner\nx = 1", "f x"),
        ("def f(): return f'{x}'\nx = 1", "f x"),
        ("class f(Base): pass\nclass Base: a = x\nx = 1", "f Base x"),
        ("f = made(2)\ndef made(n): return n", "f made"),
        ("f: x = None\nx = int", "f x"),
        ("f, g = 1, 2", "f g"),
        ("@functools.cache\ndef f(): pass\nimport functools", "f"),
        # A name that a local one hides: one too many.
        ("def f(x): return x\nx = 1", "f x"),
        # All definitions of a name.
        ("try:\n    from scipy import f\nexcept ImportError:\n    def f(): return x\nx = 1", "f x"),
        ("if x:\n    f = 1\nelse:\n    f = 2\nx = 1", "f x"),
        ("f = 1\ng = f\nf = 2\nf += x\nx = 3", "f x"),
        # Who writes a global that is reached.
        ("f = 1\ndef sets():\n    global f\n    f = x\nx = 2", "f sets x"),
        ("def f():\n    def inner():\n        global g\n    inner()\ng = 1", "f g"),
    ],
)
def test_what_a_definition_reaches(tmp_path, module, expected):
    expected = {f"a.{name}" for name in expected.split()}
    module += "\n\ndef beside(): return 1\n\nBESIDE = beside()"
    assert reached(tmp_path, {"a": module}, "from aeutils.a import f") == expected
    assert reached(tmp_path, {"a": module}, "from aeutils import a\na.f") == expected


@pytest.mark.parametrize(
    ("statement", "needed"),
    [
        ("os.environ.setdefault('A', x)", "x"),
        ("os.environ['A'] = x", "x"),
        ("np.a = x", "x"),
        ("TABLE['a'] = x", "x"),
        ("for name in x: pass", "x"),
        ("with x: pass", "x"),
        ("if x(): import os", "x"),
        ("if True: print(x)", "x"),
        ("try:\n    import os\nexcept ImportError:\n    warn(x)", "x"),
        ("@x\ndef g(): pass", "x"),
        ("@keras.saving.register_keras_serializable(x)\nclass A: pass", "x"),
        ("@register[0](x)\ndef g(): pass", "x"),
        ("class A(metaclass=x): pass", "x"),
        ("class A(Base, option=x): pass", "x"),
        ("class A:\n    @x\n    def g(self): pass", "x"),
        ("class A:\n    print(x)", "x"),
        ("del x", "x"),
        ("assert x", "x"),
    ],
)
def test_what_acts_when_a_module_is_imported_is_always_reached(tmp_path, statement, needed):
    modules = {
        "a": f"{statement}\n{needed} = 1\ny = 2",
        "b": "from aeutils import a",
        "c": "import aeutils.a",
    }
    expected = {f"a: {ast.unparse(ast.parse(statement)).splitlines()[0]}", f"a.{needed}"}
    for cell in ("import aeutils.a", "from aeutils.a import y as z", "import aeutils.b", "import aeutils.c"):
        assert expected <= reached(tmp_path, modules, cell) <= expected | {"a.y"}
    assert reached(tmp_path, modules, "import aeutils") == set()


@pytest.mark.parametrize(
    "statement",
    [
        "'a docstring'",
        "pass",
        "x = 1",
        "x: int",
        "x += 1",
        "(x, [y, *z]) = 1, (2, 3)",
        "x = calls(1)",
        "import aeutils.b",
        "import os\nos.path",
        "if TYPE_CHECKING:\n    import os",
        "@dataclass(frozen=True)\nclass A: pass\nfrom dataclasses import dataclass",
        "@functools.lru_cache\ndef f(): pass\nimport functools",
        "class A:\n    'words'\n    a = 1\n    @property\n    def g(self): pass",
    ],
)
def test_what_merely_defines_is_not(tmp_path, statement):
    assert {
        one for one in reached(tmp_path, {"a": statement, "b": ""}, "import aeutils.a") if ":" in one
    } == ({"a: os.path"} if "os.path" in statement else set())


def test_a_decorator_is_known_by_where_it_comes_from(tmp_path):
    own = "def cache(function): return print"
    modules = {"a": "from .functools import cache\n\n@cache\ndef f(): pass", "functools": own}
    assert reached(tmp_path, modules, "import aeutils.a") == {"a: @cache", "functools.cache"}


@pytest.mark.parametrize("statement", ["import seaborn", "from seaborn import set", "import seaborn.set"])
def test_an_import_that_nothing_mentions_is_there_for_its_effect(tmp_path, statement):
    assert reached(tmp_path, {"a": statement}, "import aeutils.a") == {f"a: {statement}"}
    assert closure(["import aeutils.a"], tmp_path / "aeutils").packages == ("seaborn",)
    mentioned = f"{statement}\n\ndef f(): return seaborn.set, set"
    assert reached(tmp_path, {"a": mentioned}, "import aeutils.a") == set()
    assert closure(["import aeutils.a"], tmp_path / "aeutils").packages == ()


def test_what_a_package_passes_on(tmp_path):
    modules = {
        "parts/__init__": "from aeutils.parts.one import f\nfrom . import two\nfrom ..b import g as h\nx = 1",
        "parts/one": "def f(): return LIMIT\nfrom ..b import LIMIT",
        "parts/two": "def f(): return 2",
        "b": "LIMIT = 1\n\ndef g(): return 3",
    }
    assert reached(tmp_path, modules, "from aeutils.parts import f") == {"parts.one.f", "b.LIMIT"}
    assert reached(tmp_path, modules, "from aeutils import parts\nparts.h()") == {"b.g"}
    assert reached(tmp_path, modules, "import aeutils.parts as p\np.two.f()") == {"parts.two.f"}
    assert reached(tmp_path, modules, "from aeutils.parts.two import f") == {"parts.two.f"}


def test_a_star_passes_on_the_whole_module(tmp_path):
    modules = {"a": "from .b import *", "b": "def f(): return 1\n\ndef g(): return 2"}
    expected = {"a: from .b import *", "b.f", "b.g"}
    assert reached(tmp_path, modules, "from aeutils.a import f") == expected


def test_the_packages_above_a_module_are_imported_first(tmp_path):
    modules = {"__init__": "print(1)", "parts/__init__": "print(2)", "parts/one": "f = 3"}
    expected = {"aeutils: print(1)", "parts: print(2)", "parts.one.f"}
    assert reached(tmp_path, modules, "from aeutils.parts.one import f") == expected


def test_modules_that_import_each_other_end(tmp_path):
    modules = {
        "a": "from .b import g\n\ndef f(): return g()",
        "b": "from . import a\n\ndef g(): return a.f()",
        "c": "from .d import x",
        "d": "from .c import x",
    }
    assert reached(tmp_path, modules, "from aeutils.a import f") == {"a.f", "b.g"}
    assert reached(tmp_path, modules, "from aeutils.c import x") == set()


def test_a_function_that_imports_mentions_names_of_its_module_too(tmp_path):
    modules = {
        "a": "def f():\n    from .b import g\n    return g() + h()\n\ndef h(): return 1\n\ndef i(): return 2",
        "b": "def g(): return x\nx = 1",
    }
    assert reached(tmp_path, modules, "from aeutils.a import f") == {"a.f", "a.h", "b.g", "b.x"}


def test_cells_share_their_names(tmp_path):
    modules = {"a": "def f(): return 1\n\ndef g(): return 2"}
    assert reached(tmp_path, modules, "from aeutils import a", "a.f()", "def late(): a.g()") == {"a.f", "a.g"}


def test_what_is_left_out_is_not_followed(tmp_path):
    modules = {
        "a": "from .b import f\nfrom .parts.one import g",
        "b": "f = 1",
        "parts/one": "print(1)\ng = 2",
    }
    cell = "from aeutils.a import f, g\nimport aeutils\naeutils.parts.one.g\naeutils.parts"
    assert reached(tmp_path, modules, cell, left_out=["aeutils.parts"]) == {"b.f"}
    assert reached(tmp_path, modules, cell, left_out=["aeutils.b"]) == {"parts.one: print(1)", "parts.one.g"}


def test_the_import_by_which_a_name_comes_counts(tmp_path):
    def hashed(text):
        reached(tmp_path, {"a": f"{text}\ndef f(): return name()\ndef g(): return pi"})
        return provenance.module_hashes("from aeutils.a import f", tmp_path / "aeutils")

    assert hashed("from math import sin as name") != hashed("from math import cos as name")
    assert hashed("from math import sin as name") == hashed("from math import sin as name, pi")


# --- On the chapters


def stale_chapters(package: Path, edits: dict[str, list[tuple[str, str]]]) -> list[str]:
    """Return the chapters, freshly stamped, that edits in a package of this book make stale."""
    before = {path: provenance.stamp(notebook, package) for path, notebook in NOTEBOOKS.items()}
    texts = {}
    for module, pairs in edits.items():
        file = module_path(module, package)
        text = texts[file] = file.read_text("utf-8")
        for old, new in pairs:
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        file.write_text(text, "utf-8")
    try:
        return [path.stem for path in CHAPTERS if provenance.stamp(NOTEBOOKS[path], package) != before[path]]
    finally:
        for file, text in texts.items():
            file.write_text(text, "utf-8")


@pytest.fixture(scope="module")
def copied(tmp_path_factory) -> Path:
    return shutil.copytree(ROOT / "aeutils", tmp_path_factory.mktemp("copy") / "aeutils")


UNUSED = "import zlib\n\n\ndef used_by_nobody(x):\n    return zlib.crc32(squared_error(x, x))\n\n\n"


@pytest.mark.parametrize(
    ("module", "old", "new", "whose_code_has"),
    [
        ("aeutils.metrics", "def mse(", UNUSED + "def mse(", None),
        ("aeutils.metrics", "data_range=1.0", "data_range=2.0", r"metrics\.ssim\b"),
        ("aeutils.plots", "padding=3)", "padding=4)", r"plots\.bars\b"),
        ("aeutils.training", "verbose=0,", "verbose=1,", r"from aeutils\.(training|recipes) import"),
        ("aeutils.data", "_loaded = mnist.source\n", '_loaded = "full"\n', ""),
    ],
)
def test_an_edit_stales_the_chapters_that_reach_it(copied, module, old, new, whose_code_has):
    found = stale_chapters(copied, {module: [(old, new)]})
    wanted = [path.stem for path in CHAPTERS if whose_code_has is not None]
    wanted = [path.stem for path in CHAPTERS if path.stem in wanted and re.search(whose_code_has, code(path))]
    assert found == wanted and bool(found) == (whose_code_has is not None)


def test_dead_code_may_be_deleted(copied):
    file = module_path("aeutils.metrics", copied)
    text = file.read_text("utf-8")
    file.write_text(text.replace("def mse(", UNUSED + "def mse("), "utf-8")
    assert stale_chapters(copied, {"aeutils.metrics": [(UNUSED, "")]}) == []
    file.write_text(text, "utf-8")


IMPORTS = """
from aeutils import metrics, plots
from aeutils.baselines import PCABaseline, baseline_reconstructions
from aeutils.data import load_mnist, salt_and_pepper
from aeutils.recipes import Recipe
from aeutils.tables import baseline_rows, results_table
"""
USES = """
data = load_mnist("sample")
images = salt_and_pepper(data.x_val[:40], 0.1, seed=0)
rows = baseline_rows(images, images, 3)
table = results_table([*rows, {"model": "", "code": 1, "test error": metrics.psnr(images, images)}])
plots.image_rows({name: found for name, found in baseline_reconstructions(images, images, 2).items()})
recipe = Recipe(3, (4,))
"""


def test_whatever_runs_was_reached(quiet):
    """Cells are run with a look at every call: none goes to a definition that is not in the closure."""
    called = set()

    def look(frame, event, argument):
        called.add((frame.f_code.co_filename, frame.f_code.co_firstlineno))

    names = {}
    exec(IMPORTS, names)
    before = sys.gettrace()
    sys.settrace(look)
    try:
        exec(USES, names)
    finally:
        sys.settrace(before)
    ours = {str(path): path for path in MODULES}
    called = {(ours[file], line) for file, line in called if file in ours}
    lines = {
        (module_path(module), line)
        for module, statements in closure([IMPORTS, USES], left_out=provenance.LEFT_OUT).modules.items()
        for one in statements
        for part in ast.walk(one.node)
        for line in ([part.lineno] if hasattr(part, "lineno") else [])
    }
    assert len(called) > 20 and called <= lines


# --- Forms that the hash cannot follow

DYNAMIC = {"__import__", "compile", "eval", "exec", "globals", "locals", "vars"}
REACHING = {"delattr", "getattr", "hasattr", "setattr"}
LOADERS = {"imp", "importlib", "pkgutil", "runpy"}


def refused(source: str) -> list[str]:
    """Return what code has of names put together while it runs, and of definitions that act from afar."""
    nodes = list(ast.walk(ast.parse(source)))
    modules = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            modules |= {name.asname or name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = "aeutils" if node.level else node.module
            inner = [name for name in node.names if module_path(f"{base}.{name.name}")]
            modules |= {name.asname or name.name for name in inner}
    found = []
    for node in nodes:
        match node:
            case ast.Name(id=name) if name in DYNAMIC:
                found.append(name)
            case ast.Call(func=ast.Name(id=name), args=[ast.Name(id=given), *_]):
                found += [f"{name}({given})"] * (name in REACHING and given in modules)
            case ast.Import(names=names):
                found += [one.name for one in names if one.name.split(".")[0] in LOADERS]
            case ast.ImportFrom(module=module, names=names):
                found += [module] * ((module or "").split(".")[0] in LOADERS)
                found += [f"from {module} import *"] * (names[0].name == "*")
            case ast.Attribute(value=ast.Name(id="sys"), attr="modules"):
                found.append("sys.modules")
            case ast.Attribute(value=ast.Name(id=given), attr=name, ctx=ast.Store()) if given in modules:
                found.append(f"{given}.{name} = ...")
            case ast.FunctionDef(name="__getattr__" | "__init_subclass__" as name):
                found.append(name)
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_modules_keep_to_forms_that_can_be_followed(path):
    assert refused(path.read_text("utf-8")) == []


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_chapters_keep_to_forms_that_can_be_followed(path):
    assert refused(code(path)) == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("globals()['f']()", ["globals"]),
        ("def f(): return locals()", ["locals"]),
        ("vars(metrics)['f']", ["vars"]),
        ("look = eval", ["eval"]),
        ("exec('f()')", ["exec"]),
        ("compile('f()', '', 'eval')", ["compile"]),
        ("__import__('aeutils.metrics')", ["__import__"]),
        ("from aeutils import metrics\ngetattr(metrics, name)", ["getattr(metrics)"]),
        ("from . import metrics as m\nsetattr(m, name, f)", ["setattr(m)"]),
        ("import keras\ngetattr(keras.losses, n), hasattr(keras, n)", ["hasattr(keras)"]),
        ("from aeutils import metrics\nmetrics.f = 1", ["metrics.f = ..."]),
        ("from aeutils.metrics import *", ["from aeutils.metrics import *"]),
        ("from . import *", ["from None import *"]),
        ("import importlib.util", ["importlib.util"]),
        ("from importlib import import_module", ["importlib"]),
        ("import pkgutil, runpy", ["pkgutil", "runpy"]),
        ("import sys\nsys.modules['aeutils']", ["sys.modules"]),
        ("def __getattr__(name): pass", ["__getattr__"]),
        ("class A:\n    def __init_subclass__(cls): pass", ["__init_subclass__"]),
        ("import keras\ngetattr(model, 'f'), re.compile(''), model.compile(), sys.path", []),
        ("from aeutils.metrics import mse\ngetattr(mse, 'f')\nx.f = mse", []),
    ],
)
def test_other_forms_are_refused(source, expected):
    assert refused(source) == expected
