"""Environments: one virtual environment a pair, resolved as of the pair's own day."""

from __future__ import annotations

import fcntl
import json
import shutil
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from packaging.version import Version

from harness.environments import bytecode_cache, installer, resolutions
from harness.environments.compiling import compile_missing
from harness.environments.interpreters import find_interpreter
from harness.environments.resolutions import Resolution
from harness.environments.wheels import default_wheel, wheel_size
from harness.releases.pair import Pair
from harness.releases.pair_rules import PairRules
from harness.util.errors import Fault
from harness.util.files import write_atomically
from harness.util.paths import WORK

#: Added to the pair's day, because a TensorFlow may need releases that followed it within hours.
#: Thirty days would be too many: TensorFlow 2.9.0 then gets a protobuf that it cannot import.
MARGIN = timedelta(days=2)
#: Unpacked size of a TensorFlow environment as a multiple of its wheel, measured on 2.12 to 2.21.
UNPACKED = 5.5
#: Bytes of disk for an environment whose TensorFlow is already unpacked.
BESIDE_BYTES = 60_000_000
#: The file that marks an environment as complete and holds the facts about it.
READY = "keras-bisect.json"
#: To be increased whenever a change to the rules of installing can change the outcome of a pair.
INSTALL_RULES = 2


@dataclass(frozen=True)
class EnvironmentFacts:
    """What is recorded about an environment when it is made.

    ``wheel`` is the name of the TensorFlow distribution, and ``made_by`` the tool that created the
    environment. ``as_of`` is the cut-off of the resolution (ISO 8601), ``installed`` the sorted
    list of ``name==version``, and ``overridden`` whether metadata forbids the pair.
    """

    wheel: str
    made_by: str
    as_of: str
    overridden: bool
    installed: list[str]
    install_seconds: float


@dataclass(frozen=True)
class Environment:
    """A complete environment; ``facts`` has the fields of `EnvironmentFacts`, as read from JSON."""

    pair: Pair
    folder: Path
    facts: Mapping[str, Any]

    @property
    def python(self) -> Path:
        """The environment's interpreter."""
        return installer.interpreter_of(self.folder)

    @property
    def installed(self) -> list[str]:
        """Everything that is installed, as sorted ``name==version``."""
        return list(self.facts["installed"])

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
        """Where the environment of a pair is, or would be."""
        return self._root / f"pair-{pair.file_name}"

    def ready(self, pair: Pair, wheel: str | None = None) -> Environment | None:
        """The environment of a pair if it exists and is complete, else None.

        With ``wheel``, an environment with the other TensorFlow distribution does not count.
        """
        folder = self.folder(pair)
        try:
            facts = json.loads((folder / READY).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        if wheel is not None and wheel != facts["wheel"]:
            return None
        if not installer.interpreter_of(folder).exists():
            return None
        return Environment(pair, folder, facts)

    def make(self, pair: Pair, wheel: str | None = None) -> Environment:
        """The environment of a pair, which is made now unless it is ready.

        Raises:
            NoEnvironment: the pair cannot have an environment, which is a finding about the pair.
            Fault: it failed for a reason outside the releases.
        """
        if (environment := self.ready(pair, wheel)) is not None:
            return environment
        folder = self.folder(pair)
        if is_in_use(folder):
            raise Fault(f"{folder.name} must be made again, but another run is using it")
        self.remove(pair)
        facts = asdict(self._build(pair, wheel or default_wheel(self._rules.catalogue, pair)))
        write_atomically(folder / READY, json.dumps(facts))
        return Environment(pair, folder, facts)

    def remove(self, pair: Pair) -> None:
        """Delete the environment of a pair, unless a fork server is using it."""
        folder = self.folder(pair)
        if not is_in_use(folder):
            shutil.rmtree(folder, ignore_errors=True)

    def needs(self, pairs: Iterable[Pair], wheel: str | None = None) -> tuple[int, int]:
        """Bytes to download and bytes of disk, at most, for those of the environments not ready.

        What uv has in its cache is counted, although it is not downloaded and takes no more disk.
        """
        download = disk = 0
        counted: set[tuple[Version, str]] = set()
        for pair in pairs:
            if self.ready(pair, wheel) is not None:
                continue
            disk += BESIDE_BYTES
            if pair.tensorflow_build not in counted:
                counted.add(pair.tensorflow_build)
                size = wheel_size(self._rules.catalogue, pair, wheel)
                download += size
                disk += int(size * UNPACKED)
        return download, disk

    def _build(self, pair: Pair, wheel: str) -> EnvironmentFacts:
        """Build the environment in its folder, which does not exist yet."""
        started = time.monotonic()
        folder = self.folder(pair)
        interpreter = find_interpreter(pair.python)
        maker = installer.create(folder, interpreter, pair.python)
        cutoff = self._rules.day(pair) + MARGIN
        is_overridden = self._install(pair, wheel, cutoff, interpreter)
        installer.apply_edits(folder, pair.edits)
        installed = installer.installed_distributions(folder)
        bytecode_cache.restore(site_packages(folder), installed)
        compile_missing(installer.interpreter_of(folder), site_packages(folder), installed)
        return EnvironmentFacts(
            wheel=wheel,
            made_by=maker,
            as_of=cutoff.isoformat(),
            overridden=is_overridden,
            installed=installed,
            install_seconds=round(time.monotonic() - started, 1),
        )

    def _install(self, pair: Pair, wheel: str, cutoff: datetime, interpreter: str) -> bool:
        """Install a pair, as it was resolved before if it was; return whether it is overridden."""
        folder = self.folder(pair)
        question = [interpreter, pair.id, wheel, str(INSTALL_RULES)]
        kept = resolutions.path_of(question, cutoff)
        if (known := resolutions.load(kept)) and installer.install_again(
            folder, known.installed, cutoff
        ):
            return known.overridden
        keras = self._rules.catalogue.find(pair.lineage, pair.keras)
        is_overridden = installer.install(folder, pair, wheel, cutoff, keras.file if keras else "")
        installed = installer.installed_distributions(folder)
        resolutions.save(kept, Resolution(installed, is_overridden))
        return is_overridden


def site_packages(folder: Path) -> Path:
    """The ``site-packages`` folder of an environment."""
    return next(folder.glob("lib/python3.*/site-packages"))


def is_in_use(folder: Path) -> bool:
    """Whether a fork server holds the environment in a folder, so that it must not be replaced."""
    try:
        with (folder / READY).open("rb") as ready:
            fcntl.flock(ready, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    return False
