"""Parts of one release, the donor, in the sources of another, the base."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from harness.bisect.transplant.package import Package
from harness.bisect.transplant.units import Unit, bound_names


class Part(NamedTuple):
    """What can be transplanted by itself: a unit that differs; or a whole file, with an empty name.

    A file is a part as a whole if only one of the releases has it, or if it does not parse.
    """

    file: str
    name: str = ""

    def __str__(self) -> str:
        return f"{self.file}: {self.name}" if self.name else self.file


@dataclass(frozen=True)
class Place:
    """One place in a file, with the unit that either release has there; None where it has none."""

    name: str
    base: Unit | None
    donor: Unit | None

    @property
    def differs(self) -> bool:
        """Whether the two differ in code."""
        if self.base is None or self.donor is None:
            return True
        return not self.base.has_code_of(self.donor)


class Graft:
    """The differences of two releases of one package, and the texts with some of them applied."""

    def __init__(self, base: Package, donor: Package) -> None:
        self.base = base
        self.donor = donor
        self._places: dict[str, dict[str, Place] | None] = {}
        self._parts: dict[str, list[Part]] = {}

    @property
    def reverse(self) -> Graft:
        """The same two releases with their roles exchanged."""
        return Graft(self.donor, self.base)

    def changed_files(self) -> list[str]:
        """The files that differ in code, by name."""
        files = sorted(self.base.files | self.donor.files)
        return [file for file in files if self.differs(file)]

    def differs(self, file: str) -> bool:
        """Whether a file differs in code."""
        return bool(self.parts(file))

    def parts(self, file: str) -> list[Part]:
        """What can be transplanted of one file, in the order of the file."""
        if file not in self._parts:
            self._parts[file] = self._parts_of(file)
        return self._parts[file]

    def parts_without_moves(self, file: str) -> list[Part]:
        """The parts of a file without what changes wherever a module has moved.

        That is the file itself, in its old and its new place, and the imports of names that a file
        has in both releases: whoever uses the module imports it from elsewhere, and does the same
        as before. A new file that a part needs comes along with it.
        """
        if not (file in self.base.files and file in self.donor.files):
            return []
        return [part for part in self.parts(file) if not self._is_moved_import(part)]

    def _is_moved_import(self, part: Part) -> bool:
        place = self.place(part)
        sides = [unit for unit in (place.base, place.donor) if unit] if place else []
        if len(sides) != 1:
            return False
        (unit,) = sides
        if not all(isinstance(node, ast.Import | ast.ImportFrom) for node in unit.nodes):
            return False
        names = set(bound_names(unit.statements))
        both = self.base.binders(part.file).keys() & self.donor.binders(part.file).keys()
        return bool(names) and names <= both

    def places(self, file: str) -> dict[str, Place] | None:
        """All places of a file by name; None where it does not parse in one of the releases."""
        if file not in self._places:
            base, donor = self.base.units(file), self.donor.units(file)
            known = None
            if base is not None and donor is not None:
                known = {place.name: place for place in _merged(base, donor)}
            self._places[file] = known
        return self._places[file]

    def place(self, part: Part) -> Place | None:
        """The place of a part; None for a whole file."""
        return (self.places(part.file) or {}).get(part.name)

    def _parts_of(self, file: str) -> list[Part]:
        if file in self.base.files and file in self.donor.files:
            if self.base.text(file) == self.donor.text(file):
                return []
            places = self.places(file)
            if places is not None:
                return [Part(file, name) for name, place in places.items() if place.differs]
        return [Part(file)] if file in self.base.files | self.donor.files else []

    def texts(self, parts: Iterable[Part]) -> dict[str, str | None]:
        """The files of the base that change with these parts; None for one that is removed."""
        by_file: dict[str, set[str]] = {}
        for part in parts:
            by_file.setdefault(part.file, set()).add(part.name)
        return {file: self._text(file, names) for file, names in sorted(by_file.items())}

    def _text(self, file: str, names: set[str]) -> str | None:
        if "" in names or names >= {part.name for part in self.parts(file)}:
            return self.donor.text(file) if file in self.donor.files else None
        chosen = (
            place.donor if name in names else place.base
            for name, place in (self.places(file) or {}).items()
        )
        return "".join(_whole_lines(unit.text) for unit in chosen if unit)


def _merged(base: Sequence[Unit], donor: Sequence[Unit]) -> Iterator[Place]:
    """The places of two lists of units; classes that both have are taken apart."""
    old, new = _by_name(base), _by_name(donor)
    for name in _merged_names([unit.name for unit in base], [unit.name for unit in donor]):
        before, after = old.get(name), new.get(name)
        if before and after and before.body and after.body and before.text != after.text:
            yield from _merged_classes(before, after)
        else:
            yield Place(name, before, after)


def _merged_classes(base: Unit, donor: Unit) -> Iterator[Place]:
    yield Place(base.name, base.body[0], donor.body[0])
    yield from _merged(base.body[1:], donor.body[1:])


def _merged_names(base: Sequence[str], donor: Sequence[str]) -> list[str]:
    """The names of the base in their order, and each new one of the donor behind its neighbour."""
    names = list(base)
    known = set(base)
    previous = ""
    for name in donor:
        if name not in known:
            names.insert(names.index(previous) + 1 if previous else 0, name)
        previous = name
    return names


def _by_name(units: Iterable[Unit]) -> dict[str, Unit]:
    return {unit.name: unit for unit in units}


def _whole_lines(text: str) -> str:
    return text if text.endswith("\n") or not text else f"{text}\n"


#: Says what else has to be transplanted with one part.
Needs = Callable[[Part], Iterable[Part]]


def with_needs(parts: Iterable[Part], needs: Needs) -> frozenset[Part]:
    """The parts and all that they need, directly or not."""
    found: set[Part] = set()
    waiting = list(parts)
    while waiting:
        part = waiting.pop()
        if part not in found:
            found.add(part)
            waiting += needs(part)
    return frozenset(found)
