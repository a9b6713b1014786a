"""Hashes of Python code that see every change of the code, and none of its words or its layout."""

import ast
from functools import cache
import hashlib
import io
import json
import tokenize


@cache
def code_hash(source: str) -> str:
    """Hash Python code, the same for two texts that differ in comments, docstrings or layout only.

    IPython's magics count as the calls that IPython makes of them. Text that is not Python in any
    way is hashed as it stands.

    Returns:
        The first 16 hexadecimal digits of a sha256, the same under every supported Python.
    """
    tree = parse(source)
    plain = source if tree is None else _plain(tree)
    return digest([plain, _is_silenced(source)])


def statement_hash(statement: ast.stmt) -> str:
    """Hash one statement in the same way. A version number, as any `__version__ = ...`, does not count."""
    return digest(_plain(ast.Module(body=[statement], type_ignores=[])))


def digest(plain) -> str:
    """Return the first 16 hexadecimal digits of the sha256 of what JSON can hold."""
    text = json.dumps(plain, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def parse(source: str) -> ast.Module | None:
    """Return the syntax tree of Python code, IPython's magics as calls; None if it is no code."""
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
