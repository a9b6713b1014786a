"""What each statement of a module defines, mentions and imports, and whether it does more than that."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from typing import NamedTuple

from aeutils.provenance.hashing import parse, statement_hash

NAME = "aeutils"

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_SCOPES = (*_FUNCTIONS, ast.ClassDef, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)

# Decorators that keep to the definition below them; any other one may enter it somewhere.
_HARMLESS = {
    "abc.abstractmethod",
    "classmethod",
    "contextlib.contextmanager",
    "dataclasses.dataclass",
    "functools.cache",
    "functools.cached_property",
    "functools.lru_cache",
    "functools.total_ordering",
    "functools.wraps",
    "property",
    "staticmethod",
}


class Import(NamedTuple):
    """One name of an import: `from MODULE import NAME as BOUND`, with `level` dots before MODULE.

    `name` is None for `import MODULE as BOUND`. `import a.b` stands here as two: one that loads a.b and binds
    nothing, and one that binds a.
    """

    module: str
    name: str | None
    bound: str | None
    level: int

    @property
    def full_name(self) -> str:
        return "." * self.level + ".".join(filter(None, (self.module, self.name)))

    @property
    def of_this_package(self) -> bool:
        return self.level > 0 or self.module.partition(".")[0] == NAME


@dataclass(frozen=True, eq=False)
class Statement:
    """A statement at the top level of a module, or one name of an import there.

    Attributes:
        defines: the names that it binds in its module, and the globals that functions in it write.
        mentions: the names in it, with the attributes that are taken of them: `("metrics", "ssim")`.
        imports: all imports in it.
        loads: those among them that run when the module is imported.
        acts: whether it may do more than bind names when the module is imported.
    """

    node: ast.stmt
    defines: frozenset[str]
    mentions: frozenset[tuple[str, ...]]
    imports: tuple[Import, ...]
    loads: tuple[Import, ...]
    acts: bool

    @cached_property
    def hash(self) -> str:
        """The `statement_hash`."""
        return statement_hash(self.node)


@cache
def statements(source: str) -> tuple[Statement, ...]:
    """Return the statements at the top level of a module or a cell: of an import one for each name.

    Texts that stand for themselves, such as docstrings, are left out.
    """
    tree = parse(source) or ast.Module(body=[], type_ignores=[])
    nodes = [part for node in tree.body for part in _parts(node)]
    mentions = [frozenset(_mentions(node)) for node in nodes]
    mentioned = {path[0] for paths in mentions for path in paths}
    full_names = {one.bound: one.full_name for node in nodes for one in _imports(_walk(node, _FUNCTIONS))}
    found = []
    for node, paths in zip(nodes, mentions, strict=True):
        bound = frozenset(_bound(node))
        written = {name for part in ast.walk(node) if isinstance(part, ast.Global) for name in part.names}
        loads = tuple(_imports(_walk(node, _FUNCTIONS)))
        # An import that nothing mentions is there for its effect; those of this package are known.
        unused = isinstance(node, ast.Import | ast.ImportFrom) and not bound & mentioned
        acts = _acts(node, full_names) or (unused and not loads[0].of_this_package)
        found.append(Statement(node, bound | written, paths, tuple(_imports(ast.walk(node))), loads, acts))
    return tuple(found)


def _parts(node: ast.stmt) -> list[ast.stmt]:
    """Return a statement, an import as one for each name, a text that stands for itself as none."""
    if isinstance(node, ast.Import):
        return [ast.Import(names=[name]) for name in node.names]
    if isinstance(node, ast.ImportFrom):
        return [ast.ImportFrom(node.module, [name], node.level) for name in node.names]
    is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return [] if is_text else [node]


def _walk(node: ast.AST, closed: tuple[type, ...]) -> Iterator[ast.AST]:
    """Yield a node and all below it, but nothing inside one of the types in `closed`."""
    yield node
    if not isinstance(node, closed):
        for child in ast.iter_child_nodes(node):
            yield from _walk(child, closed)


def _imports(nodes: Iterable[ast.AST]) -> Iterator[Import]:
    for node in nodes:
        if isinstance(node, ast.ImportFrom):
            for name in node.names:
                yield Import(node.module or "", name.name, name.asname or name.name, node.level)
        elif isinstance(node, ast.Import):
            for name in node.names:
                first = name.name.partition(".")[0]
                yield Import(name.name, None, name.asname or (first if first == name.name else None), 0)
                if not name.asname and first != name.name:
                    yield Import(first, None, first, 0)


def _bound(node: ast.stmt) -> Iterator[str]:
    """Yield the names that a statement binds where it stands."""
    for part in _walk(node, _SCOPES):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            yield part.id
        elif isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield part.name
        elif isinstance(part, ast.alias):
            yield part.asname or part.name.partition(".")[0]


def _mentions(node: ast.AST) -> Iterator[tuple[str, ...]]:
    path = _dotted(node)
    if path:
        yield path
    else:
        for child in ast.iter_child_nodes(node):
            yield from _mentions(child)


def _dotted(node: ast.AST) -> tuple[str, ...]:
    """Return `("a", "b", "c")` for the expression `a.b.c`, and `()` for one that is no such chain."""
    if isinstance(node, ast.Name):
        return (node.id,)
    before = _dotted(node.value) if isinstance(node, ast.Attribute) else ()
    return (*before, node.attr) if before else ()


def _acts(node: ast.stmt, full_names: dict[str, str]) -> bool:
    """Say whether a statement may do more than bind names; `full_names` has those of what is imported."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return not _is_plainly_decorated(node, full_names)
        case ast.ClassDef(keywords=[]) if _is_plainly_decorated(node, full_names):
            inner = node.body
        case ast.If() if not any(isinstance(part, ast.Call) for part in ast.walk(node.test)):
            inner = node.body + node.orelse
        case ast.Try():
            caught = [statement for handler in node.handlers for statement in handler.body]
            inner = node.body + caught + node.orelse + node.finalbody
        case ast.Assign():
            return not all(map(_is_of_names, node.targets))
        case ast.AnnAssign() | ast.AugAssign():
            return not _is_of_names(node.target)
        case ast.Import() | ast.ImportFrom():
            return node.names[0].name == "*"
        case ast.Pass() | ast.Expr(value=ast.Constant()):
            return False
        case _:
            return True
    return any(_acts(statement, full_names) for statement in inner)


def _is_plainly_decorated(node, full_names: dict[str, str]) -> bool:
    called = [one.func if isinstance(one, ast.Call) else one for one in node.decorator_list]
    paths = [_dotted(one) or ("",) for one in called]
    return {".".join((full_names.get(first, first), *rest)) for first, *rest in paths} <= _HARMLESS


def _is_of_names(target: ast.expr) -> bool:
    """Whether an assignment binds names only, and enters nothing in an object that is there."""
    return not any(isinstance(part, ast.Attribute | ast.Subscript) for part in ast.walk(target))
