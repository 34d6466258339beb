"""A Python source as a sequence of units: imports, functions, methods, and other statements.

The texts of all units, one after the other, are the text of the file. A unit owns the comments and
empty lines before it.
"""

from __future__ import annotations

import ast
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from harness.util.syntax import Definition, code_of, first_line

#: Characters of a statement that has no name of its own and is named by its text.
LONGEST_NAME = 60
_DOCSTRING = "docstring"


@dataclass(frozen=True, eq=False)
class Unit:
    """One statement of a module or of a class body, or the head of a class.

    ``nodes`` is its syntax; it is empty for the text after the last statement, and for a docstring.
    ``first`` and ``last`` are the numbers of its lines without what it owns before them. ``body``
    holds the units of a class that can be taken apart: its head, named as the class, and then its
    statements, named ``Class.name``.
    """

    name: str
    text: str
    nodes: tuple[ast.AST, ...]
    first: int
    last: int
    body: tuple[Unit, ...] = ()

    @cached_property
    def code(self) -> str:
        """Its code as text, which does not depend on docstrings, comments and layout."""
        return "".join(map(code_of, self.nodes))

    @property
    def statements(self) -> list[ast.stmt]:
        """The statements among its nodes: none of the head of a class."""
        return [node for node in self.nodes if isinstance(node, ast.stmt)]

    def has_code_of(self, other: Unit) -> bool:
        """Whether two units differ in docstrings, comments and layout alone."""
        return self.text == other.text or self.code == other.code


def units_of(text: str) -> list[Unit]:
    """The units of a source, in order.

    Raises:
        SyntaxError: the text is not Python of this version.
    """
    tree = ast.parse(text)
    lines = lines_of(text)
    units = list(_units_in(tree.body, lines, 0, ""))
    end = units[-1].last if units else 0
    rest = "".join(lines[end:])
    return [*units, Unit("end", rest, (), end + 1, len(lines))] if rest else units


def lines_of(text: str) -> list[str]:
    """The lines of a source, each with its line feed; no other character ends a line."""
    return list(io.StringIO(text))


def bound_names(statements: Sequence[ast.stmt]) -> Iterator[str]:
    """The names that statements bind in their own scope; star imports are left out."""
    for statement in statements:
        if isinstance(statement, Definition):
            yield statement.name
        elif isinstance(statement, ast.Import | ast.ImportFrom):
            for alias in statement.names:
                if alias.name != "*":
                    yield alias.asname or alias.name.partition(".")[0]
        else:
            yield from _names_stored(statement)


def star_imports(statements: Sequence[ast.stmt]) -> Iterator[ast.ImportFrom]:
    """The imports of all names of a module, those in blocks included."""
    for statement in statements:
        if not isinstance(statement, Definition):
            for node in ast.walk(statement):
                if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
                    yield node


def _names_stored(node: ast.AST) -> Iterator[str]:
    """The names that a statement binds, blocks included, functions and classes excluded."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Definition | ast.Import | ast.ImportFrom):
            yield from bound_names([child])
        elif isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store):
            yield child.id
        elif not isinstance(child, ast.Lambda):
            yield from _names_stored(child)


def _units_in(
    body: Sequence[ast.stmt], lines: Sequence[str], start: int, prefix: str
) -> Iterator[Unit]:
    """The units of a body; ``start`` is the number of the last line before it."""
    taken: dict[str, int] = {}
    for group in _on_separate_lines(body):
        first, last = first_line(group[0]), _last_line(group[-1])
        name = f"{prefix}{_name(group[0], is_first=group[0] is body[0])}"
        taken[name] = taken.get(name, 0) + 1
        if taken[name] > 1:  # a getter and its setter, or a name that is bound again
            name = f"{name} ({taken[name]})"
        nodes = () if name == f"{prefix}{_DOCSTRING}" else tuple(group)
        unit = Unit(name, "".join(lines[start:last]), nodes, first, last)
        if len(group) == 1 and not prefix and isinstance(group[0], ast.ClassDef):
            unit = replace(unit, body=tuple(_class_units(unit, group[0], lines, start)))
        yield unit
        start = last


def _class_units(
    unit: Unit, node: ast.ClassDef, lines: Sequence[str], start: int
) -> Iterator[Unit]:
    """The head of a class and the units of its body; nothing where they share a line."""
    first = first_line(node.body[0])
    indentation = lines[first - 1][: node.body[0].col_offset]
    if indentation.strip() or first <= node.lineno:
        return
    head = (*node.decorator_list, *node.bases, *node.keywords)
    yield Unit(unit.name, "".join(lines[start : first - 1]), head, unit.first, first - 1)
    yield from _units_in(node.body, lines, first - 1, f"{unit.name}.")


def _on_separate_lines(body: Sequence[ast.stmt]) -> list[list[ast.stmt]]:
    """The statements of a body; those that share a line stay together."""
    groups: list[list[ast.stmt]] = []
    for statement in body:
        if groups and first_line(statement) <= _last_line(groups[-1][-1]):
            groups[-1].append(statement)
        else:
            groups.append([statement])
    return groups


def _name(statement: ast.stmt, *, is_first: bool) -> str:
    """The name of a unit: what it defines, or else the beginning of its text."""
    if isinstance(statement, Definition):
        return statement.name
    if isinstance(statement, ast.Assign):
        return ", ".join(map(ast.unparse, statement.targets))
    if isinstance(statement, ast.AnnAssign | ast.AugAssign):
        return ast.unparse(statement.target)
    if is_first and isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return _DOCSTRING
    return ast.unparse(statement).partition("\n")[0][:LONGEST_NAME]


def _last_line(statement: ast.stmt) -> int:
    return statement.end_lineno or statement.lineno
