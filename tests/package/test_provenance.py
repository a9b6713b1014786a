"""The hashes see every change of code, and nothing else."""

import ast
import shutil
import textwrap

from aeutils import provenance
from aeutils.provenance import hashing, module_hashes, stale, stamp
from aeutils.provenance.hashing import code_hash
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
    assert "type_params" not in str(hashing._plain(node))
    assert "lineno" not in str(hashing._plain(node))


@pytest.fixture
def package(tmp_path):
    """A small package named aeutils."""
    root = tmp_path / "aeutils"
    files = {
        "__init__.py": '__version__ = "1.0"',
        "checks.py": "LIMIT = 1",
        "models.py": "def build(): return 1",
        "plots.py": "from .checks import LIMIT\n\ndef draw(): return LIMIT",
        "exercises/__init__.py": "",
        "exercises/base.py": "from ..models import build",
        "provenance.py": "import json",
    }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_a_stamp_fits_until_code_changes(package):
    book = notebook("from aeutils import exercises, plots", "x = plots.draw()  # one")
    assert stale(book, package) == ["the outputs carry no stamp, so nothing says which code they come from"]
    book["metadata"]["aeutils"] = stamp(book, package)
    assert set(book["metadata"]["aeutils"]["modules"]) == {"aeutils.checks", "aeutils.plots"}
    assert stale(book, package) == []

    (package / "__init__.py").write_text('__version__ = "1.1"')
    (package / "checks.py").write_text("LIMIT = 1  # a limit\nOTHER = 2")
    (package / "models.py").write_text("import torch")  # which this notebook does not reach
    (package / "exercises" / "base.py").write_text("hint = 'better'")
    book["cells"][1]["source"] = ["x = plots.draw()\n", "# another comment"]
    assert stale(book, package) == []

    (package / "checks.py").write_text("LIMIT = 2")
    assert stale(book, package) == ["aeutils.checks has changed"]

    book["cells"][1]["source"] = "x = plots.draw() + 1"
    (package / "models.py").write_text("def build(): return 1")
    (package / "plots.py").write_text("from .models import build\n\ndef draw(): return build()")
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


def test_a_hash_is_of_what_is_reached(package):
    source = "from aeutils.plots import draw"
    before = module_hashes(source, package)
    assert list(before) == ["aeutils.checks", "aeutils.plots"]
    assert module_hashes([source, "x = 1"], package) == before
    text = (package / "plots.py").read_text()
    (package / "plots.py").write_text(f"{text}\n\ndef other(): return 2")
    assert module_hashes(source, package) == before
    assert module_hashes("from aeutils import plots\nprint(plots)", package) != before


def test_the_copy_is_the_package(tmp_path):
    copy = shutil.copytree(provenance.PACKAGE, tmp_path / "aeutils")
    source = "from aeutils.checks import check_images"
    assert "aeutils.checks" in module_hashes(source, copy)
    assert module_hashes(source, copy) == module_hashes(source)


def test_a_package_has_the_name_of_its_distribution():
    found = provenance.distributions(["sklearn", "skimage", "IPython", "numpy", "aeutils_never_heard_of"])
    assert found == {
        "sklearn": "scikit-learn", "skimage": "scikit-image", "IPython": "ipython", "numpy": "numpy",
    }  # fmt: skip


def test_environment_names_backend_versions_and_device():
    import keras

    found = provenance.environment()
    assert found["backend"] == keras.backend.backend()
    assert set(found["versions"]) == {"keras", "numpy", found["backend"]}
    assert found["versions"]["keras"] == keras.__version__
    assert found["device"]


def test_environment_names_the_versions_of_further_packages():
    import sklearn

    always = provenance.environment()["versions"]
    found = provenance.environment(["keras", "sklearn", "aeutils_never_heard_of"])["versions"]
    assert found == always | {"scikit-learn": sklearn.__version__}


def test_a_notebook_s_packages_are_those_that_its_code_reaches(package):
    (package / "checks.py").write_text("import scipy\nimport tqdm\nLIMIT = scipy.pi\nOTHER = tqdm.tqdm")
    (package / "exercises" / "base.py").write_text("import tabulate\ntabulate.PRESERVE_WHITESPACE = True")
    imports = "import json, keras\nfrom aeutils.exercises import base\nfrom aeutils import plots"
    book = notebook(imports, "plots.draw()")
    book["cells"].append(notebook("import pip", tags=["setup"])["cells"][0])
    assert provenance.packages(book, package) == ("keras", "scipy")
