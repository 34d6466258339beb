"""Environments: one virtual environment a pair, resolved as of the pair's own day."""

from __future__ import annotations

import fcntl
import json
import shutil
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from packaging.tags import cpython_tags

from harness.environments import bytecode_cache as bytecode
from harness.environments.failures import NOT_BUILT, failure_from, is_unresolvable
from harness.environments.interpreters import find_interpreter
from harness.environments.uv import last_lines, run_tool, run_uv
from harness.releases.catalogue import Catalogue, Release, index_name
from harness.releases.pair import Edit, Pair
from harness.releases.pair_rules import PairRules
from harness.util.errors import Fault
from harness.util.files import write_atomically
from harness.util.paths import WORK

#: Added to the pair's day, for the releases that a TensorFlow needs within hours of its own. With
#: thirty days TensorFlow 2.9.0 gets a protobuf that it fails to import with.
MARGIN = timedelta(days=2)
#: Unpacked size of a TensorFlow environment as a multiple of its wheel, measured on 2.12 to 2.21.
UNPACKED = 5.5
BESIDE_BYTES = 60_000_000
#: virtualenv makes environments for these and newer; uv makes the older ones.
VIRTUALENV_SINCE = 8
READY = "keras-bisect.json"
#: Counted up when other rules of installing could give a pair another outcome.
INSTALL_RULES = 2


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


class EnvironmentBuilder:
    """Makes and keeps the environments, each one in the folder of its Nox session."""

    def __init__(self, rules: PairRules, root: Path = WORK) -> None:
        self._rules = rules
        self._root = root

    def folder(self, pair: Pair) -> Path:
        """Where the environment of a pair is or would be."""
        return self._root / f"pair-{pair.file_name}"

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
        if is_in_use(folder):
            raise Fault(f"another run is using {folder.name}, and would lose it")
        self.remove(pair)
        started = time.monotonic()
        wheel = wheel or default_wheel(self._rules.catalogue, pair)
        maker = _create(folder, find_interpreter(pair.python), pair.python)
        cutoff = self._rules.day(pair) + MARGIN
        overridden = _install(folder, pair, wheel, cutoff)
        _edit(folder, pair.edits)
        installed = _installed(folder)
        bytecode.restore(site_packages(folder), installed)
        facts = {
            "wheel": wheel,
            "made_by": maker,
            "as_of": cutoff.isoformat(),
            "overridden": overridden,
            "installed": installed,
            "install_seconds": round(time.monotonic() - started, 1),
        }
        write_atomically(folder / READY, json.dumps(facts))
        return Environment(pair, folder, facts)

    def remove(self, pair: Pair) -> None:
        """Delete the environment of a pair, if there is one and no fork server reads from it."""
        folder = self.folder(pair)
        if not is_in_use(folder):
            shutil.rmtree(folder, ignore_errors=True)

    def needs(self, pairs: Iterable[Pair], wheel: str | None = None) -> tuple[int, int]:
        """Bytes to download and bytes of disk, at most, for the environments not yet there.

        Whatever uv has in its cache is not downloaded again, and costs no disk.
        """
        download = disk = 0
        bases: set[tuple[str, str]] = set()
        for pair in pairs:
            if self.ready(pair, wheel) is not None:
                continue
            disk += BESIDE_BYTES
            base = (str(pair.tensorflow), pair.python)
            if base not in bases:
                bases.add(base)
                size = wheel_size(self._rules.catalogue, pair, wheel)
                download += size
                disk += int(size * UNPACKED)
        return download, disk


def site_packages(folder: Path) -> Path:
    """The ``site-packages`` of an environment."""
    return next(folder.glob("lib/python3.*/site-packages"))


def is_in_use(folder: Path) -> bool:
    """Whether a fork server holds an environment; a new one can be made only when it ends."""
    try:
        with (folder / READY).open("rb") as ready:
            fcntl.flock(ready, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    return False


def default_wheel(catalogue: Catalogue, pair: Pair) -> str:
    """``tensorflow-cpu`` where it exists for this machine, else ``tensorflow``.

    Measured from an empty cache for 2.18.0: 8.6 s and 1.2 GB against 13.4 s and 1.9 GB.
    """
    if pair.tensorflow.is_devrelease:
        return index_name("tensorflow", pair.tensorflow)
    release = catalogue.find("tensorflow-cpu", pair.tensorflow)
    return "tensorflow-cpu" if release and _size_here(release, pair.python) else "tensorflow"


def wheel_size(catalogue: Catalogue, pair: Pair, wheel: str | None = None) -> int:
    """Size in bytes of the TensorFlow wheel that this machine would download; 0 if unknown."""
    release = catalogue.find(wheel or default_wheel(catalogue, pair), pair.tensorflow)
    return _size_here(release, pair.python) if release else 0


def _size_here(release: Release, python: str) -> int:
    minor = int(python.partition(".")[2])
    abis = [f"cp3{minor}" + ("m" if minor < 8 else "")]
    tags = set(cpython_tags((3, minor), abis=abis))
    return next((wheel.size for wheel in release.wheels if wheel.tags & tags), 0)


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
        done, maker = run_tool(command), "virtualenv"
    else:
        done, maker = run_uv("venv", "--quiet", "--python", interpreter, str(folder)), "uv venv"
    if done.returncode != 0:
        raise Fault(f"no empty environment could be made: {last_lines(done.stderr)}")
    return maker


def _install(folder: Path, pair: Pair, wheel: str, cutoff: datetime) -> bool:
    """Install; return whether metadata that forbids the pair had to be overridden."""
    keras = f"{index_name(pair.lineage, pair.keras)}=={pair.keras}"
    tensorflow = f"{wheel}=={pair.tensorflow}"
    added = [each.name for each in pair.edits if not each.version]
    arguments = [
        "pip", "install", "--python", str(folder / "bin" / "python"),
        "--exclude-newer", cutoff.isoformat(), keras, tensorflow, *added,
    ]  # fmt: skip
    if unwanted := _in_the_way_of_daily_builds(pair):
        never = (f"{name}; python_version < '3'" for name in unwanted)
        arguments += ["--override", _listed(folder / "never.txt", never)]
    plain = run_uv(*arguments)
    if plain.returncode != 0 and NOT_BUILT.search(plain.stderr):
        # Source distributions from before 2018 are built with tools that came later.
        now = datetime.now(cutoff.tzinfo).isoformat()
        arguments += [f"--exclude-newer-package={tool}={now}" for tool in ("setuptools", "wheel")]
        plain = run_uv(*arguments)
    if plain.returncode == 0:
        return False
    if not is_unresolvable(plain.stderr):
        raise failure_from(plain.stderr)
    overrides = _listed(folder / "overrides.txt", [keras, tensorflow])
    forced = run_uv(*arguments, "--override", overrides)
    if forced.returncode != 0:
        raise failure_from(forced.stderr)
    return True


def _in_the_way_of_daily_builds(pair: Pair) -> list[str]:
    """What daily builds ask for, and what owns the same folders as what the pair has."""
    unwanted = []
    if pair.keras.is_devrelease:
        unwanted += [pair.lineage, "tf-nightly"]
    if pair.tensorflow.is_devrelease and not (pair.keras.is_devrelease and pair.lineage == "keras"):
        unwanted.append("keras-nightly")
    return unwanted


def _listed(path: Path, requirements: Iterable[str]) -> str:
    path.write_text("".join(f"{each}\n" for each in requirements), encoding="utf-8")
    return str(path)


def _edit(folder: Path, edits: Iterable[Edit]) -> None:
    """Make the environment what the variant says, whatever metadata has to say of it."""
    python = str(folder / "bin" / "python")
    removed = [each.name for each in edits if each.version == "none"]
    replaced = [
        f"{each.name}=={each.version}" for each in edits if each.version not in ("", "none")
    ]
    for command in (
        ["pip", "uninstall", "--python", python, *removed] if removed else [],
        ["pip", "install", "--python", python, "--no-deps", *replaced] if replaced else [],
    ):
        if command and (done := run_uv(*command)).returncode != 0:
            raise failure_from(done.stderr)


def _installed(folder: Path) -> list[str]:
    listing = run_uv("pip", "list", "--format", "json", "--python", str(folder / "bin" / "python"))
    if listing.returncode != 0:
        raise Fault(last_lines(listing.stderr))
    return sorted(f"{each['name']}=={each['version']}" for each in json.loads(listing.stdout))
