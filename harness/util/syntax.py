"""Python syntax trees: their code as text, and where a statement begins."""

from __future__ import annotations

import ast
from collections.abc import Iterator

#: What can have a docstring beside a module.
Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def code_of(tree: ast.AST) -> str:
    """The code of a syntax tree as text: without docstrings, comments and positions.

    The text is the same in every version of Python. `ast.dump` differs between them in which empty
    fields it leaves out; this leaves out all of them.
    """
    return _text_of(tree)


def has_docstring(node: ast.AST) -> bool:
    """Whether a node is a module, class or function with a docstring."""
    if not isinstance(node, ast.Module | Definition):
        return False
    return ast.get_docstring(node, clean=False) is not None


def first_line(statement: ast.stmt) -> int:
    """The number of the first line of a statement, its decorators included."""
    decorators = statement.decorator_list if isinstance(statement, Definition) else []
    return min([statement.lineno, *(decorator.lineno for decorator in decorators)])


def _text_of(value: object) -> str:
    """A syntax tree, or what a field of one holds, as text."""
    if isinstance(value, ast.AST):
        fields = (f"{name}={text}" for name, text in _fields(value))
        return f"{type(value).__name__}({','.join(fields)})"
    if isinstance(value, list):
        return f"[{','.join(map(_text_of, value))}]"
    return ascii(value)


def _fields(node: ast.AST) -> Iterator[tuple[str, str]]:
    """The names and texts of the fields of a node that are not empty."""
    for name, value in ast.iter_fields(node):
        executed = value
        if name == "body" and has_docstring(node):
            executed = value[1:]
        elif isinstance(node, ast.JoinedStr):  # Python 3.12.0 and 3.12.1 add empty texts
            executed = [part for part in value if not _is_empty_text(part)]
        if executed is not None and executed != [] and name not in ("kind", "type_comment"):
            yield name, _text_of(executed)


def _is_empty_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value == ""
