"""What the cells of a notebook make, need and change, read from their code without running it."""

import ast
import builtins
from collections.abc import Iterator

LATER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)  # what is in them runs when they are called
SCOPES = (*LATER, ast.ClassDef, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
GIVEN = {*dir(builtins), "In", "Out", "get_ipython", "exit", "quit", "display"}  # in every notebook

# Methods that change what they are called on. The function `fit` of aeutils is not among them: it refuses
# a network that was trained before.
CHANGING = {
    "fit", "train_on_batch", "set_weights", "load_weights", "assign", "append", "extend", "insert", "remove",
    "pop", "clear", "sort", "reverse", "add", "update", "setdefault", "fill", "shuffle",
}  # fmt: skip
DRAWING = {"default_rng", "SeedGenerator", "RandomState"}


def own(scope: ast.AST) -> Iterator[ast.AST]:
    """Give the nodes of a scope, but not those inside its functions, classes and comprehensions."""
    outside = set(map(id, around(scope)))
    for node in ast.iter_child_nodes(scope):
        if isinstance(node, ast.arguments):
            yield from (part for part in ast.walk(node) if isinstance(part, ast.arg))
        elif id(node) not in outside:
            yield node
            if not isinstance(node, SCOPES):
                yield from own(node)
            for part in around(node):
                yield part
                yield from own(part)


def around(node: ast.AST) -> list[ast.AST]:
    """Return the parts of a function or class that belong to the scope in which it stands."""
    parts = [*getattr(node, "decorator_list", []), *getattr(node, "bases", [])]
    if isinstance(node, LATER):
        parts += [default for default in node.args.defaults + node.args.kw_defaults if default]
    return parts


def adds(node: ast.AST) -> bool:
    """Whether this is `name |= ...`: new keys for a dictionary, the same again when it is run again."""
    return isinstance(node, ast.AugAssign) and isinstance(node.op, ast.BitOr)


def bound(nodes: list[ast.AST]) -> set[str]:
    """Return the names that the nodes of one scope bind."""
    added = {id(node.target) for node in nodes if adds(node)}
    names = set()
    for node in nodes:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and id(node) not in added:
            names.add(node.id)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        elif isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.ExceptHandler):
            names.add(node.name)
    return names


def placed(scope: ast.AST, local: frozenset = frozenset(), later=False) -> Iterator[tuple]:
    """Give every node below, the names that are local where it stands, and whether it is in a function."""
    for node in own(scope):
        yield node, local, later
        if isinstance(node, SCOPES):
            names = local | bound(list(own(node)))
            yield from placed(node, names, later or isinstance(node, LATER))


def makes(source: str) -> set[str]:
    return bound(list(own(ast.parse(source))))


def needs(source: str) -> tuple[set[str], set[str]]:
    """Return the names that a cell reads before it makes them: as it runs, and in its functions."""
    made, now, inside = set(), set(), set()
    for statement in ast.parse(source).body:
        alone = ast.Module([statement], [])
        makes_here = bound(list(own(alone)))
        read = {False: set(), True: set()}
        for node, local, later in placed(alone):
            if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
                read[later] |= {node.target.id} - local
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                read[later] |= {node.id} - local
        if not isinstance(statement, ast.Assign | ast.AugAssign):
            read[False] -= makes_here  # a loop reads its own variable
        now |= read[False] - made
        made |= makes_here
        inside |= read[True]
    return now - GIVEN, inside - made - now - GIVEN


def root(node: ast.AST) -> str | None:
    """Return the name that `name.attribute[key]` begins with."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def changes(source: str, dictionaries: set[str] = frozenset()) -> dict[str, str]:
    """Return the names of other cells whose contents a cell changes, and how.

    Dictionaries may get further keys, with `=` or `|=`: those are the same when the cell is run again.
    Another name for the same thing (`for network in networks`) is not followed.
    """
    tree = ast.parse(source)
    made, found = makes(source), {}
    for node, local, _ in placed(tree):
        changed = None
        if isinstance(node, ast.Call) and getattr(node.func, "attr", None) in CHANGING:
            changed = root(node.func.value)
        elif isinstance(node, ast.AugAssign):
            changed = None if adds(node) and root(node.target) in dictionaries else root(node.target)
        elif isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
            key = isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store)
            changed = None if key and root(node) in dictionaries else root(node)
        if changed and changed not in local | made:
            found[changed] = ast.unparse(node)
    anew = needs(source)[0] & made
    return found | {name: f"{name} is made anew from its old value" for name in anew}


def dictionaries(sources: list[str]) -> set[str]:
    """Return the names that some cell binds to a dictionary."""
    found = set()
    for node in (node for source in sources for node in ast.walk(ast.parse(source))):
        if isinstance(node, ast.Assign):
            targets, values = node.targets, [node.value] * len(node.targets)
            if isinstance(targets[0], ast.Tuple) and isinstance(node.value, ast.Tuple):
                targets, values = targets[0].elts, node.value.elts
            pairs = zip(targets, values, strict=True)
            found |= {root(t) for t, v in pairs if isinstance(v, ast.Dict | ast.DictComp)}
    return found


def made_twice(sources: list[str]) -> dict[str, list[int]]:
    """Return the names that two cells make and a third one reads, with the cells that make them."""
    makers, readers = {}, {}
    for number, source in enumerate(sources):
        for name in makes(source):
            makers.setdefault(name, []).append(number)
        for name in set.union(*needs(source)):
            readers.setdefault(name, set()).add(number)
    return {n: where for n, where in makers.items() if len(where) > 1 and readers.get(n, set()) - {*where}}


def shared_generators(sources: list[str]) -> set[str]:
    """Return the random generators that one cell makes and another one draws from."""
    found = set()
    for number, source in enumerate(sources):
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
                function = node.value.func
                if getattr(function, "attr", getattr(function, "id", None)) in DRAWING:
                    found |= {(root(target), number) for target in node.targets}
    read = [set.union(*needs(source)) for source in sources]
    return {name for name, maker in found if any(name in r for i, r in enumerate(read) if i != maker)}
