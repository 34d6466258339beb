"""A fork server, and which pairs may be forked from it: those that would load the same."""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.machinery import all_suffixes
from pathlib import Path

from packaging.version import Version

from harness.environments.builder import Environment, site_packages
from harness.environments.bytecode_cache import canonical_pin
from harness.execution.cases import Case, Script

#: The first TensorFlow that can be imported without its Keras.
SINCE = Version("2.16.dev0")
#: Beside the packages, what TensorFlow loads of libraries; it is no distribution.
PLUGINS = "tensorflow-plugins"
#: What a script can only do to a TensorFlow that is not imported yet.
_ACTS_BEFORE = re.compile(r"\b(environ|putenv|meta_path|sys\s*\.\s*modules)\b")


@dataclass(frozen=True)
class ForkServer:
    """A fork server that is ready, as it describes itself.

    ``loaded`` are the distributions that it has loaded, ``unowned`` loaded files of none of them.
    ``names`` are the modules it has, ``missed`` those that it looked for and nobody had.
    """

    socket: Path
    prefix: Path
    python: Path
    loaded: frozenset[str]
    unowned: tuple[str, ...]
    names: tuple[str, ...]
    missed: tuple[str, ...]

    @classmethod
    def read(cls, path: Path) -> ForkServer:
        """Read what a fork server wrote of itself."""
        told = json.loads(path.read_text(encoding="utf-8"))
        return cls(
            path.with_suffix(""), Path(told["prefix"]), Path(told["python"]),
            frozenset(map(canonical_pin, told["loaded"])),
            tuple(told["unowned"]), tuple(told["names"]), tuple(told["missed"]),
        )  # fmt: skip

    @property
    def facts(self) -> Path:
        """The file that this was read from; without it the fork server ends."""
        return self.socket.with_suffix(".json")


def mismatch_with(base: ForkServer, environment: Environment, hiding: Iterable[Path] = ()) -> str:
    """Why a pair may not be forked from a base; empty where its own process would load the same.

    ``hiding`` are folders that come before its own packages.
    """
    if environment.python.resolve() != base.python:
        return f"another Python than {base.python}"
    installed = set(map(canonical_pin, environment.facts["installed"]))
    if others := sorted(base.loaded - installed):
        return f"the base has {', '.join(others)}"
    packages = site_packages(environment.folder)
    for file in base.unowned:
        if not _is_same(site_packages(base.prefix) / file, packages / file):
            return f"nobody owns {file}"
    for place in (site_packages(base.prefix), packages):
        if (place / PLUGINS).exists():
            return f"{place / PLUGINS} is loaded with TensorFlow"
    every = (*base.names, *base.missed)
    for folder, names in [(packages, base.missed), *((each, every) for each in hiding)]:
        for name in names:
            if _provides(folder, name):
                return f"{folder} has {name}, and the base took another or none"
    return ""


def _is_same(one: Path, other: Path) -> bool:
    return other.exists() and one.read_bytes() == other.read_bytes()


def _provides(folder: Path, name: str) -> bool:
    place = folder.joinpath(*name.split("."))
    return place.exists() or any(
        place.with_name(place.name + suffix).exists() for suffix in all_suffixes()
    )


def is_eligible(environment: Environment, cases: Iterable[Case]) -> bool:
    """Whether a pair can have a fork server at all; cases come after the import, as ever."""
    return (
        sys.platform == "linux"
        and environment.pair.tensorflow >= SINCE
        and not any(acts_before(case) for case in cases if isinstance(case, Script))
    )


def acts_before(script: Script) -> bool:
    """Whether a script may do something before TensorFlow is imported that it would heed.

    Before that of TensorFlow or Keras there may only be imports from the standard library and of
    NumPy: the module of a neighbour could act.
    """
    text = script.path.read_text(encoding="utf-8", errors="replace")
    if _ACTS_BEFORE.search(text):
        return True
    try:
        body = ast.parse(text).body
    except SyntaxError:
        return True
    for statement in body:
        names = _imported(statement)
        if names & {"tensorflow", "keras", "tf_keras"}:
            return bool(names - {"tensorflow", "keras", "tf_keras"})
        is_text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        if not is_text and not (names and names <= sys.stdlib_module_names | {"numpy"}):
            return True
    return True


def _imported(statement: ast.stmt) -> set[str]:
    """The packages that a statement imports; none for any other statement."""
    match statement:
        case ast.Import(names=names):
            return {each.name.partition(".")[0] for each in names}
        case ast.ImportFrom(module=str(module), level=0):
            return {module.partition(".")[0]}
    return set()
