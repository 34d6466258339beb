"""The sources of one release of a package: its files, their units, and what its modules bind."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from harness.bisect.transplant.units import Unit, bound_names, star_imports, units_of

#: Files that no model executes.
_TEST_SUFFIXES = ("_test.py", "_tests.py")


class Package:
    """The sources below one folder of one package; files are named relative to the folder.

    ``root`` is the folder that the package is imported from, ``name`` the package.
    """

    def __init__(self, root: Path, name: str) -> None:
        self.root = root
        self.name = name
        self._texts: dict[str, str] = {}
        self._units: dict[str, list[Unit] | None] = {}
        self._binders: dict[str, dict[str, str]] = {}
        self._stars: dict[str, list[ast.ImportFrom]] = {}
        self._statements: dict[str, dict[str, ast.stmt]] = {}

    @property
    def version(self) -> str:
        """The version of the release, by which its folder is named."""
        return self.root.name.rpartition("-")[2]

    @cached_property
    def files(self) -> frozenset[str]:
        """The Python files of the package, without its tests."""
        found = (self.root / self.name).rglob("*.py")
        return frozenset(
            str(path.relative_to(self.root))
            for path in found
            if not path.name.endswith(_TEST_SUFFIXES)
        )

    def text(self, file: str) -> str:
        """The text of a file; empty where there is no such file."""
        if file not in self._texts:
            path = self.root / file
            exists = file in self.files
            self._texts[file] = path.read_text(encoding="utf-8") if exists else ""
        return self._texts[file]

    def units(self, file: str) -> list[Unit] | None:
        """The units of a file, classes whole; None where it does not parse."""
        if file not in self._units:
            try:
                self._units[file] = units_of(self.text(file))
            except SyntaxError:
                self._units[file] = None
        return self._units[file]

    def module_file(self, module: str) -> str | None:
        """The file of a module by its dotted name; None where the package lacks it."""
        stem = module.replace(".", "/")
        for file in (f"{stem}.py", f"{stem}/__init__.py"):
            if file in self.files:
                return file
        return None

    def binders(self, file: str) -> dict[str, str]:
        """The names that a module binds by itself, each with the unit that binds it last."""
        if file not in self._binders:
            units = self.units(file) or []
            self._binders[file] = {
                name: unit.name for unit in units for name in bound_names(unit.statements)
            }
        return self._binders[file]

    def binder(self, file: str, name: str) -> tuple[str, str] | None:
        """File and unit that bind a name of a module, star imports followed; None if unknown."""
        return next(self._binders_of(file, name, set()), None)

    def _binders_of(self, file: str, name: str, seen: set[str]) -> Iterator[tuple[str, str]]:
        if file in seen:
            return
        seen.add(file)
        if name in self.binders(file):
            yield file, self.binders(file)[name]
        for star in self._stars_in(file):
            module = absolute_module(file, star.module, star.level)
            if starred := self.module_file(module):
                yield from self._binders_of(starred, name, seen)

    def _stars_in(self, file: str) -> list[ast.ImportFrom]:
        """The star imports of a module; those from TensorFlow's folder first, which is used."""
        if file not in self._stars:
            units = self.units(file) or []
            stars = [star for unit in units for star in star_imports(unit.statements)]
            self._stars[file] = sorted(stars, key=lambda star: "tensorflow" not in str(star.module))
        return self._stars[file]

    def statement(self, file: str, name: str) -> ast.stmt | None:
        """The statement of a unit of a module; None where there is no such unit."""
        if file not in self._statements:
            self._statements[file] = {
                unit.name: unit.statements[0] for unit in self.units(file) or [] if unit.statements
            }
        return self._statements[file].get(name)

    def has(self, file: str, name: str) -> bool:
        """Whether a module has a name: bound by it, or one of its submodules."""
        is_submodule = bool(self.module_file(f"{module_of(file)}.{name}"))
        return is_submodule or self.binder(file, name) is not None


def module_of(file: str) -> str:
    """The dotted name of a file's module.

    >>> module_of("keras/src/__init__.py"), module_of("keras/src/ops.py")
    ('keras.src', 'keras.src.ops')
    """
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def absolute_module(file: str, module: str | None, level: int) -> str:
    """The dotted name of what ``from module import …`` with ``level`` dots means in a file."""
    if not level:
        return module or ""
    parts = file.split("/")[:-level]
    return ".".join([*parts, *([module] if module else [])])
