"""Which pairs may be forked from a fork server: those whose own process would load the same."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from importlib.machinery import all_suffixes
from pathlib import Path

from packaging.version import Version

from harness.environments.builder import Environment, site_packages
from harness.environments.bytecode_cache import canonical_pin
from harness.execution.cases import Case, Script
from harness.execution.forkserver.server import ForkServer
from harness.util.wording import first_names

#: The first TensorFlow that can be imported without its Keras.
OLDEST_TENSORFLOW = Version("2.16.dev0")
#: A folder in ``site-packages`` whose libraries TensorFlow loads; it belongs to no distribution.
PLUGINS = "tensorflow-plugins"
#: How many distributions a reason names.
MOST_NAMES = 3
#: Names by which a script can influence a TensorFlow that is not imported yet.
_INFLUENCE = re.compile(r"\b(environ|putenv|meta_path|sys\s*\.\s*modules)\b")
_KERAS_OR_TENSORFLOW = frozenset(("tensorflow", "keras", "tf_keras"))
_HARMLESS_IMPORTS = sys.stdlib_module_names | {"numpy"}


def why_incompatible(
    server: ForkServer, environment: Environment, folders_before: Iterable[Path] = ()
) -> str:
    """Why a pair may not be forked from a fork server; empty where it may.

    ``folders_before`` are the folders that come before the pair's own packages on its path.
    """
    if environment.python.resolve() != server.python:
        return f"the fork server runs {server.python}, and the pair another Python"
    installed = set(map(canonical_pin, environment.installed))
    if others := sorted(server.loaded - installed):
        return f"the fork server has loaded {first_names(others, MOST_NAMES)}"
    packages = site_packages(environment.folder)
    server_packages = site_packages(server.prefix)
    for file in server.unowned:
        if not _is_same_file(server_packages / file, packages / file):
            return f"the fork server has loaded {file}, which belongs to no distribution"
    for folder in (server_packages, packages):
        if (folder / PLUGINS).exists():
            return f"TensorFlow loads the libraries in {folder / PLUGINS}"
    for folder, module in _places_to_check(server, packages, folders_before):
        if _has_module(folder, module):
            return f"{folder} has {module}, which the fork server found elsewhere or not at all"
    return ""


def _places_to_check(
    server: ForkServer, packages: Path, folders_before: Iterable[Path]
) -> Iterator[tuple[Path, str]]:
    """Folders, each with a module that must not be in it."""
    for module in server.not_found:
        yield packages, module
    for folder in folders_before:
        for module in (*server.imported, *server.not_found):
            yield folder, module


def _is_same_file(expected: Path, path: Path) -> bool:
    return path.exists() and expected.read_bytes() == path.read_bytes()


def _has_module(folder: Path, module: str) -> bool:
    """Whether a module or package of this dotted name is in a folder."""
    path = folder.joinpath(*module.split("."))
    return path.exists() or any(
        path.with_name(path.name + suffix).exists() for suffix in all_suffixes()
    )


def is_eligible(environment: Environment, cases: Iterable[Case]) -> bool:
    """Whether these cases of a pair can be forked from any fork server at all.

    Only scripts can stand in the way: cases are loaded after Keras in every process.
    """
    return (
        sys.platform == "linux"
        and environment.pair.tensorflow >= OLDEST_TENSORFLOW
        and not any(acts_before_import(case) for case in cases if isinstance(case, Script))
    )


def acts_before_import(script: Script) -> bool:
    """Whether a script may do something before it imports TensorFlow that TensorFlow heeds.

    Before it imports TensorFlow or Keras, a script may only import from the standard library, and
    NumPy: a module beside the script could do anything.
    """
    text = script.path.read_text(encoding="utf-8", errors="replace")
    if _INFLUENCE.search(text):
        return True
    try:
        body = ast.parse(text).body
    except SyntaxError:
        return True
    for statement in body:
        packages = _imported_packages(statement)
        if packages & _KERAS_OR_TENSORFLOW:
            return bool(packages - _KERAS_OR_TENSORFLOW)
        if not _is_constant(statement) and not (packages and packages <= _HARMLESS_IMPORTS):
            return True
    return True


def _is_constant(statement: ast.stmt) -> bool:
    """Whether a statement is a constant alone, as a docstring is."""
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _imported_packages(statement: ast.stmt) -> set[str]:
    """The top-level packages that a statement imports; empty where it is no import."""
    match statement:
        case ast.Import(names=aliases):
            return {alias.name.partition(".")[0] for alias in aliases}
        case ast.ImportFrom(module=str(module), level=0):
            return {module.partition(".")[0]}
    return set()
