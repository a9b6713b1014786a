"""The hashes see every change of code, and nothing else."""

import ast
import shutil
import textwrap

from aeutils import provenance
from aeutils.provenance import code_hash, module_closure, module_hashes, stale, stamp
import pytest

FUNCTION = '''
"""A module."""

import math  # for the root

def root(x):
    """Return the square root."""
    # the positive one
    return math.sqrt(x)
'''


def notebook(*sources, tags=()):
    cells = [{"cell_type": "code", "source": source, "metadata": {"tags": list(tags)}} for source in sources]
    return {"cells": cells, "metadata": {}}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("# the positive one", "# never negative"),
        ("# for the root", ""),
        ('"""Return the square root."""', '"""Return its root,\n\n    which is positive."""'),
        ('    """Return the square root."""\n', ""),
        ('"""A module."""', ""),
        ("math.sqrt(x)", "math.sqrt(\n        x,\n    )"),
    ],
)
def test_words_and_layout_do_not_count(old, new):
    assert old in FUNCTION
    assert code_hash(FUNCTION.replace(old, new)) == code_hash(FUNCTION)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("math.sqrt(x)", "math.sqrt(x + 0)"),
        ("math.sqrt(x)", "math.cbrt(x)"),
        ("def root(x)", "def root(x, y=None)"),
        ("return ", ""),
        ("import math", "import cmath as math"),
    ],
)
def test_code_counts(old, new):
    assert code_hash(FUNCTION.replace(old, new)) != code_hash(FUNCTION)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x = 1", "x = 1.0"),
        ("x = 1", "x = True"),
        ("x = 'a'", "x = b'a'"),
        ("x = None", "x = ..."),
        ("f(None)", "f()"),
        ("{**x}", "{None: x}"),
        ("plot();", "plot()"),
        ("'shown by the cell'", "'another text'"),
        ("%matplotlib inline", "%matplotlib widget"),
        ("!pip list", "!pip check"),
        ("%%time\nf()", "%%time\ng()"),
        ("neither Python nor magic", "neither the one nor the other"),
        ("x[1:2]", "x[1, 2]"),
        ("f'{x:.2f}'", "f'{x:.3f}'"),
        ("f'{x!r}'", "f'{x}'"),
    ],
)
def test_small_differences_are_seen(one, other):
    assert code_hash(one) != code_hash(other)


def test_comments_beside_magics_do_not_count():
    assert code_hash("%matplotlib inline\nx = 1  # one") == code_hash("%matplotlib inline\nx = 1")


def test_comments_after_the_last_semicolon_do_not_count():
    assert code_hash("plot();  # done\n# really") == code_hash("plot();")
    assert code_hash("plot()  # done;") == code_hash("plot()")
    assert code_hash("plot(';')\n") == code_hash("plot(';')")


def test_a_docstring_alone_is_a_pass():
    assert code_hash('class A(Exception):\n    """Why."""') == code_hash("class A(Exception): pass")


def test_the_version_number_does_not_count():
    assert code_hash('import os\n__version__ = "1"') == code_hash('import os\n__version__ = "2"')


def test_pieces_of_an_f_string_are_joined():
    assert code_hash("f'a' 'b' f'{x}' ''") == code_hash("f'ab{x}'")


def test_every_supported_python_gives_the_same_hash():
    """The value was computed under Python 3.11; the test runs under whichever Python is here."""
    source = textwrap.dedent(
        '''
        """Words."""
        from __future__ import annotations
        import numpy as np
        @decorator(1, *a, k=2, **b)
        class Model(Base, metaclass=Meta):
            """Words."""
            size: int = 32
        async def f(a, /, b: float = 1e-3, *c, d=None, **e) -> "tuple[int, ...]":
            """Words."""
            async with x as y, z: pass
            return [i async for i in y if i] or {k: v for k, v in e.items()} or {*c} or {**e}
        def g():
            try:
                yield (n := 3j)
            except* (ValueError, TypeError) as error:
                raise RuntimeError(f"{n=} {error!r:>{10}} {'a' 'b'}{{}}" f" {1:.2f}") from error
            finally:
                global h
        match x:
            case {"a": 1, **rest} | [1, *_]: a[1:2, ..., ::-1] = b"" if not x else -1
            case Point(x=0) if x: lambda *a, k=None: (a, k)
            case None | _: del x.y; assert x is not None, u"text"
        for i in range(3): x @= i
        else: print(0x10, 1_000, True, "\\n", r"\\d")
        '''
    )
    assert code_hash(source) == "523072dc4e8f4822"


def test_the_plain_form_drops_fields_that_are_empty():
    node = ast.parse("def f(): return 1").body[0]
    node.type_params = []  # as Python 3.12 has it
    assert "type_params" not in str(provenance._plain(node))
    assert "lineno" not in str(provenance._plain(node))


@pytest.fixture
def package(tmp_path):
    """A small package named aeutils, with every form of import in it."""
    root = tmp_path / "aeutils"
    files = {
        "__init__.py": '__version__ = "1.0"',
        "data.py": "import numpy as np\nfrom aeutils import checks",
        "checks.py": "LIMIT = 1",
        "models.py": "import keras",
        "training.py": "def fit():\n    from .models import build\n    import aeutils.data as data",
        "plots.py": "from . import checks",
        "exercises/__init__.py": "",
        "exercises/base.py": "from ..training import fit",
        "provenance.py": "import json",
    }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import numpy", ""),
        ("import aeutils", "aeutils"),
        ("from aeutils import plots", "aeutils aeutils.checks aeutils.plots"),
        ("from aeutils.data import load_mnist", "aeutils aeutils.checks aeutils.data"),
        ("import aeutils.models as m, os", "aeutils aeutils.models"),
        (
            "if True:\n    from aeutils.training import fit",
            "aeutils aeutils.checks aeutils.data aeutils.models aeutils.training",
        ),
        ("from aeutils.exercises.base import Exercise", "aeutils"),
        ("from aeutils import exercises, provenance", "aeutils"),
        ("from aeutils.provenance import code_hash", "aeutils"),
        ("%matplotlib inline\nfrom aeutils import models", "aeutils aeutils.models"),
        ("import aeutilsmore", ""),
        ("this is not Python", ""),
    ],
)
def test_module_closure(package, source, expected):
    assert module_closure(source, package) == tuple(expected.split())


def test_module_closure_of_several_cells(package):
    cells = ["from aeutils import models", "from aeutils import checks"]
    assert module_closure(cells, package) == ("aeutils", "aeutils.checks", "aeutils.models")


def test_relative_imports_of_a_subpackage(package):
    (package / "parts").mkdir()
    (package / "parts" / "__init__.py").write_text("from .. import models\nfrom .one import f")
    (package / "parts" / "one.py").write_text("from ..checks import LIMIT\nfrom . import two")
    (package / "parts" / "two.py").write_text("")
    parts = ("aeutils.parts", "aeutils.parts.one", "aeutils.parts.two")
    expected = ("aeutils", "aeutils.checks", "aeutils.models", *parts)
    assert module_closure("import aeutils.parts", package) == expected


def test_nothing_left_out(package):
    source = "from aeutils.exercises.base import Exercise"
    found = module_closure(source, package, left_out=())
    assert "aeutils.exercises.base" in found and "aeutils.training" in found


def test_modules_that_import_each_other_end(package):
    (package / "checks.py").write_text("from aeutils import plots")
    assert module_closure("import aeutils.plots", package) == (
        "aeutils",
        "aeutils.checks",
        "aeutils.plots",
    )


def test_module_hashes_names_what_is_missing(package):
    assert list(module_hashes(["aeutils.models", "aeutils.data"], package)) == [
        "aeutils.data",
        "aeutils.models",
    ]
    with pytest.raises(ValueError, match=r"no module aeutils\.nothing in .*aeutils"):
        module_hashes(["aeutils.nothing"], package)


def test_a_stamp_fits_until_code_changes(package):
    book = notebook("from aeutils import plots", "x = 1  # one")
    assert stale(book, package) == ["the outputs carry no stamp, so nothing says which code they come from"]
    book["metadata"]["aeutils"] = stamp(book, package)
    assert stale(book, package) == []

    (package / "checks.py").write_text("LIMIT = 1  # a limit")
    (package / "models.py").write_text("import torch")  # which this notebook does not reach
    (package / "exercises" / "base.py").write_text("hint = 'better'")
    book["cells"][1]["source"] = ["x = 1\n", "# another comment"]
    assert stale(book, package) == []

    (package / "checks.py").write_text("LIMIT = 2")
    assert stale(book, package) == ["aeutils.checks has changed"]

    book["cells"][1]["source"] = "x = 2"
    (package / "plots.py").write_text("from . import models")
    assert stale(book, package) == [
        "the notebook's code cells have changed",
        "aeutils.plots has changed",
        "aeutils.models is used now and was not then",
        "aeutils.checks was used then and is not now",
    ]


def test_where_one_cell_ends_counts():
    assert stamp(notebook("f()\ng()"))["cells"] != stamp(notebook("f()", "g()"))["cells"]


def test_the_setup_cell_does_not_count():
    one, other = (notebook(f"!pip install aeutils=={v}", tags=["setup"]) for v in "12")
    assert stamp(one) == stamp(other)


def test_the_copy_is_the_package(tmp_path):
    copy = shutil.copytree(provenance.PACKAGE, tmp_path / "aeutils")
    names = module_closure("from aeutils import checks", copy)
    assert names == ("aeutils", "aeutils.checks")
    assert module_hashes(names, copy) == module_hashes(names)


def test_environment_names_backend_versions_and_device():
    import keras

    found = provenance.environment()
    assert found["backend"] == keras.backend.backend()
    assert set(found["versions"]) == {"keras", "numpy", found["backend"]}
    assert found["versions"]["keras"] == keras.__version__
    assert found["device"]
