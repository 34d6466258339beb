"""What a part of the donor refers to that the base lacks, and that therefore comes along with it.

Only what the sources show is found: imported names, names of the module, attributes of imported
modules, and attributes of ``self``. A transplant that lacks anything else fails, and one trial is
wasted.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache

from harness.bisect.transplant.graft import Graft, Part
from harness.bisect.transplant.package import Package, absolute_module, module_of
from harness.bisect.transplant.units import Unit, bound_names

#: Dotted names that occur in a unit, such as ``backend.numpy.zeros``, as their words.
Chain = tuple[str, ...]
Import = ast.Import | ast.ImportFrom


class Needs:
    """Finds what the parts of one graft need; it is called with one part."""

    def __init__(self, graft: Graft) -> None:
        self._graft = graft
        self._base = graft.base
        self._donor = graft.donor

    def __call__(self, part: Part) -> list[Part]:
        """What has to come along with a part, itself left out."""
        needed = dict.fromkeys(self._needed(part))
        return [other for other in needed if other != part]

    def _needed(self, part: Part) -> Iterator[Part]:
        if not part.name:
            yield from self._needed_by_file(part.file)
            return
        place = self._graft.place(part)
        if place is None:
            return
        if place.donor:
            yield from self._needed_by_unit(part.file, place.donor)
        elif place.base:
            yield from self._needed_by_removal(part.file, place.base)

    def _needed_by_file(self, file: str) -> Iterator[Part]:
        """What a new file needs: the folders that it is in, and what its units need."""
        parts = file.split("/")[:-1]
        for length in range(1, len(parts) + 1):
            parent = "/".join([*parts[:length], "__init__.py"])
            if parent in self._donor.files and parent not in self._base.files:
                yield Part(parent)
        for unit in self._donor.units(file) or []:
            yield from self._needed_by_unit(file, unit)

    def _needed_by_unit(self, file: str, unit: Unit) -> Iterator[Part]:
        for statement in imports_in(unit):
            yield from self._needed_by_import(file, statement)
        owner = unit.name.partition(".")[0] if "." in unit.name else ""
        for chain in chains_in(unit):
            if chain[0] in ("self", "cls") and owner and len(chain) > 1:
                yield from self._needed_attribute(file, owner, chain[1], frozenset())
            else:
                yield from self._needed_by_chain(file, chain)

    def _needed_by_import(self, file: str, statement: Import) -> Iterator[Part]:
        if isinstance(statement, ast.Import):
            for alias in statement.names:
                yield from self._needed_file(alias.name)
            return
        module = absolute_module(file, statement.module, statement.level)
        yield from self._needed_file(module)
        source = self._donor.module_file(module)
        for alias in statement.names:
            if source and alias.name != "*":
                yield from self._needed_name(source, alias.name)

    def _needed_file(self, module: str) -> Iterator[Part]:
        file = self._donor.module_file(module)
        if file and file not in self._base.files:
            yield Part(file)

    def _needed_name(self, file: str, name: str) -> Iterator[Part]:
        """What brings a name into a module of the base, if the base lacks it there."""
        yield from self._needed_file(f"{module_of(file)}.{name}")
        if file not in self._base.files:
            yield Part(file)
        elif not self._base.has(file, name) and (binder := self._donor.binder(file, name)):
            yield from self._parts_at(*binder)

    def _parts_at(self, file: str, name: str) -> Iterator[Part]:
        """The part of a unit, or of its file where only the donor has that."""
        parts = self._graft.parts(file)
        yield from (part for part in parts if part.name in ("", name))

    def _needed_by_chain(self, file: str, chain: Chain) -> Iterator[Part]:
        """What a dotted name needs: its first word, and each attribute of a module."""
        root, *attributes = chain
        if not self._donor.binder(file, root):
            return  # a local name, or a built-in one
        yield from self._needed_name(file, root)
        module = module_behind(self._donor, file, root)
        if attributes and self._serves_instead(file, root, module, attributes[0]):
            return
        for attribute in attributes:
            if module is None:
                return
            yield from self._needed_name(module, attribute)
            module = module_behind(self._donor, module, attribute)

    def _serves_instead(self, file: str, name: str, module: str | None, attribute: str) -> bool:
        """Whether a name stands for another module in the base that has the attribute, too.

        This is so if a module has moved. Two copies of a module may not work together.
        """
        own = module_behind(self._base, file, name)
        return own is not None and own != module and self._base.has(own, attribute)

    def _needed_attribute(
        self, file: str, owner: str, name: str, seen: frozenset[str]
    ) -> Iterator[Part]:
        """What defines an attribute of a class or of its bases, if only the donor has it."""
        place = self._graft.place(Part(file, f"{owner}.{name}"))
        if place is not None:
            if place.base is None:
                yield Part(file, place.name)
            return
        if f"{file}:{owner}" in seen:
            return
        for base_file, base_name in bases_of(self._donor, file, owner):
            yield from self._needed_attribute(
                base_file, base_name, name, seen | {f"{file}:{owner}"}
            )

    def _needed_by_removal(self, file: str, unit: Unit) -> Iterator[Part]:
        """What replaces a removed name, or else what still refers to it."""
        owner, _, attribute = unit.name.partition(".")
        removed = {attribute} if attribute else set(bound_names(unit.statements))
        replaced = removed & self._donor.binders(file).keys() if not attribute else set()
        for name in replaced:
            yield from self._parts_at(file, self._donor.binders(file)[name])
        for part in self._graft.parts(file):
            place = self._graft.place(part)
            if place and place.base and place.base.name != unit.name:
                used = {chain[0] for chain in chains_in(place.base)}
                if attribute:
                    own = [chain for chain in chains_in(place.base) if chain[0] == "self"]
                    in_class = place.name.startswith(f"{owner}.")
                    used = {chain[1] for chain in own if len(chain) > 1} if in_class else set()
                if (removed - replaced) & used:
                    yield part


@cache
def chains_in(unit: Unit) -> frozenset[Chain]:
    """The dotted names in a unit: of the head of a class, those of its head alone."""
    return frozenset(chain for node in unit.nodes for chain in _chains(node))


@cache
def imports_in(unit: Unit) -> tuple[Import, ...]:
    """The import statements in a unit, those in its functions included."""
    nodes = (node for root in unit.nodes for node in ast.walk(root))
    return tuple(node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom))


def module_behind(package: Package, file: str, name: str) -> str | None:
    """The file of the module that a name of another module stands for; None if it is no module."""
    for _ in range(10):  # a name can be imported from one module to the next
        if file.endswith("/__init__.py") and (
            found := package.module_file(f"{module_of(file)}.{name}")
        ):
            return found
        binder = package.binder(file, name)
        imported = _imported(package, *binder, name) if binder else None
        if imported is None or isinstance(imported, str):
            return imported
        file, name = imported
    return None


def bases_of(package: Package, file: str, name: str) -> Iterator[tuple[str, str]]:
    """File and name of the classes that a class of the package inherits from directly."""
    node = package.statement(file, name)
    if not isinstance(node, ast.ClassDef):
        return
    for base in node.bases:
        if isinstance(base, ast.Name):
            yield from _definition(package, file, base.id)


def _definition(package: Package, file: str, name: str) -> Iterator[tuple[str, str]]:
    """File and name of what a name stands for, through imports from module to module."""
    for _ in range(10):
        binder = package.binder(file, name)
        if binder is None:
            return
        imported = _imported(package, *binder, name)
        if not isinstance(imported, tuple):
            yield binder
            return
        file, name = imported


def _imported(package: Package, file: str, unit: str, name: str) -> str | tuple[str, str] | None:
    """What an import statement binds to a name: the file of a module, or file and name."""
    node = package.statement(file, unit)
    if isinstance(node, ast.Import):
        for alias in node.names:
            if name in (alias.asname, alias.name.partition(".")[0]):
                whole = alias.name if alias.asname else name
                return package.module_file(whole)
    if isinstance(node, ast.ImportFrom):
        module = absolute_module(file, node.module, node.level)
        for alias in node.names:
            if name == (alias.asname or alias.name):
                source = package.module_file(module)
                found = package.module_file(f"{module}.{alias.name}")
                return found or ((source, alias.name) if source else None)
    return None


def _chains(node: ast.AST) -> Iterator[Chain]:
    """The longest dotted names below a node."""
    words: list[str] = []
    rest = node
    while isinstance(rest, ast.Attribute):
        words.append(rest.attr)
        rest = rest.value
    if isinstance(rest, ast.Name):
        yield (rest.id, *reversed(words))
        return
    for child in ast.iter_child_nodes(rest):
        yield from _chains(child)
