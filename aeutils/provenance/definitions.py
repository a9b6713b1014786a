"""Which definitions some code reaches: top-level functions, classes and constants of `aeutils`.

Found from the text, by following names: through imports of any form (inside functions, of a module that is
then used by attribute, of what a package passes on), and from a definition that is reached to those that it
mentions in its turn. A name is followed wherever it stands, even where a local one hides it: rather one
definition too many than one too few. For the same reason these are reached without being mentioned:

- the statements of an imported module that do more than define, such as `os.environ.setdefault(...)`;
- a definition under a decorator that is not known to be harmless, or a class with a metaclass;
- a function that writes a global that is reached;
- an import that nothing in its module mentions: it is there for what it does;
- the whole module, where a module is used other than for an attribute, as in `getattr(metrics, name)`.

What is not seen: names put together while the code runs (a test refuses `globals()` and the like in the
modules that count), code in strings, and what the value of a constant does besides being computed.
"""

from collections.abc import Iterable
from pathlib import Path
import sys
from typing import NamedTuple

from aeutils.provenance.statements import NAME, Import, Statement, statements

PACKAGE = Path(__file__).parents[1]


class Closure(NamedTuple):
    """What code reaches.

    Attributes:
        modules: by name, the statements that are reached in it, in the module's order; at least one each.
        packages: the others' packages that these and the code itself import, such as "numpy", sorted.
    """

    modules: dict[str, list[Statement]]
    packages: tuple[str, ...]


def closure(sources: Iterable[str], package: Path = PACKAGE, left_out: Iterable[str] = ()) -> Closure:
    """Follow the names in pieces of code that share one namespace, such as a notebook's cells.

    Args:
        package: the folder that holds the package, for looking at a copy.
        left_out: modules and subpackages that are not followed.
    """
    walk = _Walk(package, tuple(left_out))
    cells = tuple(statement for source in sources for statement in statements(source))
    walk.enter("", cells)
    for statement in cells:
        walk.reach("", statement)
    walk.finish()
    ours = sorted(name for name, reached in walk.reached.items() if name and reached)
    modules = {name: [one for one in walk.modules[name] if one in walk.reached[name]] for name in ours}
    return Closure(modules, tuple(sorted(walk.packages - sys.stdlib_module_names)))


class _Walk:
    """Where following the names has come to."""

    def __init__(self, package: Path, left_out: tuple[str, ...]):
        self.package, self.left_out = package, left_out
        self.modules: dict[str, tuple[Statement, ...]] = {}
        self.reached: dict[str, set[Statement]] = {}
        self.packages: set[str] = set()
        self._followed: set[tuple[str, tuple[str, ...]]] = set()
        self._waiting: list[tuple[str, Statement]] = []

    def enter(self, module: str, found: tuple[Statement, ...]) -> None:
        """Take up a module that is imported: the modules that it loads, and its statements that act."""
        self.modules[module], self.reached[module] = found, set()
        for statement in found:
            for one in statement.loads:
                self.load(*self.modules_of(module, one))
            if statement.acts:
                self.reach(module, statement)

    def load(self, *modules: str) -> None:
        """Enter those of the modules that are followed and new, the packages above each first."""
        for module in modules:
            above = module.rpartition(".")[0]
            if above and above not in self.modules:
                self.load(above)
            path = None if self.is_left_out(module) else module_path(module, self.package)
            if path and module not in self.modules:
                self.enter(module, statements(path.read_text("utf-8")))

    def is_left_out(self, module: str) -> bool:
        return any(f"{module}.".startswith(f"{name}.") for name in self.left_out)

    def reach(self, module: str, statement: Statement) -> None:
        if statement not in self.reached[module]:
            self.reached[module].add(statement)
            self._waiting.append((module, statement))

    def finish(self) -> None:
        """Follow what the statements that are reached import and mention, until there is nothing new."""
        while self._waiting:
            module, statement = self._waiting.pop()
            for one in statement.imports:
                base, *inner = self.modules_of(module, one)
                self.load(base, *inner)
                if not one.of_this_package:
                    self.packages.add(base.partition(".")[0])
                elif one.name == "*":
                    self.reach_attribute(base)
                elif one.name:
                    for imported in self.defining(base, one.name):
                        self.reach(base, imported)
            for name, *rest in statement.mentions:
                self.follow_imports(module, statement, name, *rest)
                self.reach_name(module, name, *rest)

    def defining(self, module: str, name: str) -> list[Statement]:
        """Return the statements of a module that bind or write a name, if the module is followed."""
        return [statement for statement in self.modules.get(module, ()) if name in statement.defines]

    def reach_name(self, module: str, name: str, *rest: str) -> bool:
        """Reach what a module defines or imports as `name`; return whether there is such a thing."""
        found = self.defining(module, name)
        for statement in found:
            self.reach(module, statement)
            self.follow_imports(module, statement, name, *rest)
        return bool(found)

    def follow_imports(self, module: str, statement: Statement, name: str, *rest: str) -> None:
        """Reach what a statement imports as `name`, or the attributes `rest` of it."""
        for one in statement.imports:
            if one.bound != name:
                continue
            base, *inner = self.modules_of(module, one)
            if inner and base == module:  # a package that imports a module of its own
                self.reach_attribute(*inner, *rest)
            else:
                self.reach_attribute(base, *([one.name] if one.name else []), *rest)

    def reach_attribute(self, module: str, *names: str) -> None:
        """Reach what a module has as `names`, each an attribute of the one before; all of it without any."""
        if (module, names) in self._followed:
            return
        self._followed.add((module, names))
        self.load(module)
        if module not in self.modules or (names and self.reach_name(module, *names)):
            return
        inner = f"{module}.{names[0]}" if names else ""
        if inner and module_path(inner, self.package):
            self.reach_attribute(inner, *names[1:])
        else:
            for statement in self.modules[module]:  # no such name, or none asked for: all of it
                self.reach(module, statement)

    def modules_of(self, importer: str, one: Import) -> list[str]:
        """Return the module that an import names, and the one that it may take from there."""
        base = one.module
        if one.level:
            parts = importer.split(".")
            path = module_path(importer, self.package)
            inside = parts if path and path.name == "__init__.py" else parts[:-1]
            base = ".".join([*inside[: len(inside) - one.level + 1], *filter(None, [one.module])])
        return [base, *([f"{base}.{one.name}"] if one.name else [])]


def module_path(module: str, package: Path = PACKAGE) -> Path | None:
    """Return the file of an `aeutils` module, or None for any other name."""
    root, *rest = module.split(".")
    if root != NAME:
        return None
    inner = Path(package, *rest)
    candidates = [inner / "__init__.py", *([inner.with_suffix(".py")] if rest else [])]
    return next((path for path in candidates if path.is_file()), None)
