"""Environments: one virtual environment a pair, resolved as of the pair's own day."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from packaging.tags import cpython_tags

from harness.catalogue import Catalogue, Release
from harness.errors import Fault
from harness.pairs import Pair, Planner
from harness.paths import WORK
from harness.processes import running

#: Added to the pair's day, for the releases that a TensorFlow needs within hours of its own. With
#: thirty days TensorFlow 2.9.0 gets a protobuf that it fails to import with.
MARGIN = timedelta(days=2)
#: Unpacked size of a TensorFlow environment as a multiple of its wheel, measured on 2.12 to 2.21.
UNPACKED = 5.5
BESIDE_BYTES = 60_000_000
#: virtualenv makes environments for these and newer; uv makes the older ones.
VIRTUALENV_SINCE = 8
READY = "keras-bisect.json"

_NOT_BUILT = re.compile(r"Failed to (download and )?build\b")
_OUTSIDE = (
    "No space left",
    "os error 28",
    "error sending request",
    "Failed to fetch",
    "timed out",
    "Connection",
    "connection",
    "dns error",
    "Temporary failure",
    "HTTP status server error",
    "Could not connect",
    "Network connectivity",
    "Disk quota",
    "Permission denied",
)


@dataclass(frozen=True)
class Environment:
    """A ready environment: its Python and what is known of it."""

    pair: Pair
    folder: Path
    facts: Mapping[str, Any]

    @property
    def python(self) -> Path:
        """The environment's interpreter."""
        return self.folder / "bin" / "python"

    @property
    def module(self) -> str:
        """The name under which its Keras is imported."""
        return self.pair.lineage.replace("-", "_")


class NoEnvironment(Exception):
    """The pair has no environment; ``outcome`` says why, the message what was said."""

    def __init__(self, outcome: str, reason: str) -> None:
        super().__init__(reason)
        self.outcome = outcome


class Builder:
    """Makes and keeps the environments, each one in the folder of its Nox session."""

    def __init__(self, planner: Planner, root: Path = WORK) -> None:
        self._planner = planner
        self._root = root

    def folder(self, pair: Pair) -> Path:
        """Where the environment of a pair is or would be."""
        return self._root / f"pair-{pair.id}"

    def ready(self, pair: Pair, wheel: str | None = None) -> Environment | None:
        """The environment that is already there and whole, or None."""
        folder = self.folder(pair)
        try:
            facts = json.loads((folder / READY).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        if wheel not in (None, facts["wheel"]) or not (folder / "bin" / "python").exists():
            return None
        return Environment(pair, folder, facts)

    def make(self, pair: Pair, wheel: str | None = None) -> Environment:
        """The environment of a pair, made now if it is not there.

        Raises:
            NoEnvironment: the pair cannot have one; this is a finding about the pair.
            Fault: it failed for a reason outside the releases.
        """
        if (environment := self.ready(pair, wheel)) is not None:
            return environment
        folder = self.folder(pair)
        self.remove(pair)
        started = time.monotonic()
        wheel = wheel or default_wheel(self._planner.catalogue, pair)
        maker = _create(folder, find_interpreter(pair.python), pair.python)
        cutoff = self._planner.day(pair) + MARGIN
        overridden = _install(
            folder, [f"{pair.lineage}=={pair.keras}", f"{wheel}=={pair.tensorflow}"], cutoff
        )
        facts = {
            "wheel": wheel,
            "made_by": maker,
            "as_of": cutoff.isoformat(),
            "overridden": overridden,
            "installed": _installed(folder),
            "install_seconds": round(time.monotonic() - started, 1),
        }
        partial = folder / f"{READY}.part"
        partial.write_text(json.dumps(facts), encoding="utf-8")
        partial.replace(folder / READY)
        return Environment(pair, folder, facts)

    def remove(self, pair: Pair) -> None:
        """Delete the environment of a pair, if there is one."""
        shutil.rmtree(self.folder(pair), ignore_errors=True)

    def needs(self, pairs: Iterable[Pair]) -> tuple[int, int]:
        """Bytes to download and bytes of disk, at most, for the environments not yet there.

        Whatever uv has in its cache is not downloaded again, and costs no disk.
        """
        download = disk = 0
        bases: set[tuple[str, str]] = set()
        for pair in pairs:
            if self.ready(pair) is not None:
                continue
            disk += BESIDE_BYTES
            base = (str(pair.tensorflow), pair.python)
            if base not in bases:
                bases.add(base)
                size = wheel_size(self._planner.catalogue, pair)
                download += size
                disk += int(size * UNPACKED)
        return download, disk


def default_wheel(catalogue: Catalogue, pair: Pair) -> str:
    """``tensorflow-cpu`` where it exists for this machine, else ``tensorflow``.

    Measured from an empty cache for 2.18.0: 8.6 s and 1.2 GB against 13.4 s and 1.9 GB.
    """
    release = catalogue.find("tensorflow-cpu", pair.tensorflow)
    return "tensorflow-cpu" if release and _size_here(release, pair.python) else "tensorflow"


def wheel_size(catalogue: Catalogue, pair: Pair) -> int:
    """Size in bytes of the TensorFlow wheel that this machine would download; 0 if unknown."""
    release = catalogue.find(default_wheel(catalogue, pair), pair.tensorflow)
    return _size_here(release, pair.python) if release else 0


def _size_here(release: Release, python: str) -> int:
    minor = int(python.partition(".")[2])
    abis = [f"cp3{minor}" + ("m" if minor < 8 else "")]
    tags = set(cpython_tags((3, minor), abis=abis))
    return next((wheel.size for wheel in release.wheels if wheel.tags & tags), 0)


def find_interpreter(python: str) -> str:
    """The path of a CPython of this minor version, installed by uv if it can be.

    Raises:
        NoEnvironment: there is none and uv cannot get it.
    """
    found = _uv("python", "find", "--no-project", python)
    if found.returncode != 0:
        got = _uv("python", "install", python)
        found = _uv("python", "find", "--no-project", python)
        if found.returncode != 0:
            raise NoEnvironment(
                "no-interpreter",
                f"no CPython {python} is installed and uv cannot get one: {_tail(got.stderr)}",
            )
    return found.stdout.strip()


def _create(folder: Path, interpreter: str, python: str) -> str:
    folder.parent.mkdir(parents=True, exist_ok=True)
    if int(python.partition(".")[2]) >= VIRTUALENV_SINCE:
        command = [
            sys.executable,
            "-m",
            "virtualenv",
            "--quiet",
            "--no-seed",
            "--no-periodic-update",
            "--python",
            interpreter,
            str(folder),
        ]
        done, maker = _run(command), "virtualenv"
    else:
        done, maker = _uv("venv", "--quiet", "--python", interpreter, str(folder)), "uv venv"
    if done.returncode != 0:
        raise _failure(done.stderr, "install-error")
    return maker


def _install(folder: Path, requirements: list[str], cutoff: datetime) -> bool:
    """Install; return whether metadata that forbids the pair had to be overridden."""
    arguments = [
        "pip", "install", "--python", str(folder / "bin" / "python"),
        "--exclude-newer", cutoff.isoformat(), *requirements,
    ]  # fmt: skip
    plain = _uv(*arguments)
    if plain.returncode != 0 and _NOT_BUILT.search(plain.stderr):
        # Source distributions from before 2018 are built with tools that came later.
        now = datetime.now(cutoff.tzinfo).isoformat()
        arguments += [f"--exclude-newer-package={tool}={now}" for tool in ("setuptools", "wheel")]
        plain = _uv(*arguments)
    if plain.returncode == 0:
        return False
    if "No solution found" not in plain.stderr:
        raise _failure(plain.stderr, "install-error")
    overrides = folder / "overrides.txt"
    overrides.write_text("\n".join(requirements) + "\n", encoding="utf-8")
    forced = _uv(*arguments, "--override", str(overrides))
    if forced.returncode != 0:
        no_solution = "No solution found" in forced.stderr
        raise _failure(forced.stderr, "unresolvable" if no_solution else "install-error")
    return True


def _installed(folder: Path) -> list[str]:
    listing = _uv("pip", "list", "--format", "json", "--python", str(folder / "bin" / "python"))
    if listing.returncode != 0:
        raise Fault(_tail(listing.stderr))
    return sorted(f"{each['name']}=={each['version']}" for each in json.loads(listing.stdout))


def _failure(text: str, outcome: str) -> Exception:
    """A fault where the text tells of something outside the releases, else the finding."""
    if any(sign in text for sign in _OUTSIDE):
        return Fault(_tail(text))
    return NoEnvironment(outcome, _tail(text))


def _uv(*arguments: str) -> subprocess.CompletedProcess[str]:
    uv = Path(sys.executable).with_name("uv")
    return _run([str(uv) if uv.exists() else "uv", *arguments])


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    with running(command, env=_search_path(), stderr=subprocess.PIPE) as child:
        output, errors = child.communicate()
        return subprocess.CompletedProcess(command, child.returncode, output, errors)


def _search_path() -> dict[str, str]:
    """This environment, with pyenv's interpreters on PATH before its shims.

    A shim answers only for the version that pyenv has switched on; the interpreters behind it are
    installed all the same.
    """
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    folders = [str(each) for each in sorted(root.glob("versions/3.*/bin"), reverse=True)]
    return {**os.environ, "PATH": os.pathsep.join([*folders, os.environ.get("PATH", "")])}


def _tail(text: str, lines: int = 12) -> str:
    """The last lines of what a tool said, without its advice, which is meant for its own user."""
    return "\n".join(text.partition("\nhint:")[0].strip().splitlines()[-lines:])
