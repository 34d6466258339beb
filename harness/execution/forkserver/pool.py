"""The nurseries of a run: the first session that wants one begins it, and the others find it."""

from __future__ import annotations

import atexit
import hashlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from functools import cache
from pathlib import Path
from threading import Lock
from typing import IO, Any

from filelock import FileLock

from harness.environments import bytecode_cache as bytecode
from harness.environments.builder import Environment, packages_of
from harness.execution.cases import Case, Script
from harness.execution.cell_process import IMPORT_LIMIT, surroundings
from harness.execution.forkserver.base import Base, qualifies, refusal
from harness.execution.forkserver.client import Forked, Refused
from harness.util.paths import FORKSERVER, LOGS
from harness.util.processes import Child, Lost, is_alive, release, running

#: The folder with the nurseries of a run, for the sessions below it.
NURSERIES = "KERAS_BISECT_NURSERIES"
#: How a process was started, as a result says it.
OWN, FORKED = "own process", "nursery"
#: So many are kept; each holds 430 MB, of which 190 MB are not of files (TensorFlow 2.18.1).
MOST = 3
#: Distributions that only Keras loads; without them, lists of one base are mostly alike.
_OF_KERAS = frozenset(
    ("keras", "tf-keras", "keras-nightly", "tf-keras-nightly", "namex", "optree", "dm-tree", "rich",
     "markdown-it-py", "mdurl", "pygments")
)  # fmt: skip

_making_folder = Lock()


def folder_above() -> Path | None:
    """The folder of the run that this session is part of; None for one by itself."""
    folder = os.environ.get(NURSERIES)
    return Path(folder) if folder else None


def folder_of_run() -> Path:
    """The folder for the nurseries of this run, which end with this process.

    It is short, for the address of a socket has about a hundred characters; and it holds a named
    pipe that this process writes to, so that the system tells everybody when it is gone.
    """
    with _making_folder:  # sessions are run by threads
        return _folder_of_run()


@cache
def _folder_of_run() -> Path:
    for left in Path(tempfile.gettempdir()).glob("keras-bisect-*-*"):
        owner = left.name.split("-")[2]
        if owner.isdigit() and not is_alive(int(owner)):
            shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f"keras-bisect-{os.getpid()}-"))
    os.mkfifo(folder / "alive")
    os.open(folder / "alive", os.O_RDWR)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


class Starter:
    """Starts the processes of one probe: in a nursery where there is one, else each by itself."""

    def __init__(self, base: Base | None) -> None:
        self.started = OWN
        self.lost = False
        self._base = base

    def __call__(
        self, command: Sequence[str], *, env: Mapping[str, str] | None, stderr: IO[Any]
    ) -> AbstractContextManager[Child]:
        """Start one; where the nursery cannot, say so, and ask it no more."""
        if self._base is not None:
            try:
                forked = Forked.ask(self._base, command, env or {}, stderr, self._give_up)
            except Lost as lost:
                self._give_up(str(lost), is_gone=not isinstance(lost, Refused))
            else:
                self.started = FORKED
                return forked.killed_in_the_end()
        self.started = OWN
        return running(command, env=env, stderr=stderr)

    def _give_up(self, reason: str, *, is_gone: bool = True) -> None:
        if self._base is not None:
            if is_gone:
                self._base.facts.unlink(missing_ok=True)
            self._base = None
            self.lost = True
            _say(f"own processes from here on: {reason}")


def starter(
    environment: Environment,
    cases: Sequence[Case],
    folder: Path | None,
    hiding: Sequence[Path] = (),
) -> Starter:
    """The way to start the processes of a pair; without a ``folder``, there are no nurseries.

    ``hiding`` is as for `refusal`. A variant begins none, for hardly another pair could use it.
    """
    if folder is None or not qualifies(environment, cases):
        return Starter(None)
    before = [*hiding, *(case.path.parent for case in cases if isinstance(case, Script))]
    kind = _kind(environment)
    none = folder / f"{kind}.none"
    base = None
    with FileLock(folder / f"{kind}.lock"):
        try:
            base = _found(folder, environment, before)
            if base is None and not environment.pair.edits and not none.exists():
                base = _begun(folder, environment, before)
        except (OSError, Lost) as problem:
            none.touch()  # it would fail again, and take the time of an import
            _say(f"no nursery: {problem}")
    return Starter(base)


def _say(text: str) -> None:
    """To the log of a session."""
    print(text, file=sys.stderr, flush=True)


def _kind(environment: Environment) -> str:
    """The same for pairs that mostly have one base: who needs it soon, waits while it is begun."""
    installed = environment.facts["installed"]
    shared = [each for each in installed if each.partition("==")[0] not in _OF_KERAS]
    return hashlib.sha256(" ".join([environment.pair.python, *shared]).encode()).hexdigest()[:12]


def _found(folder: Path, environment: Environment, hiding: Sequence[Path]) -> Base | None:
    for path in folder.glob("*.json"):
        try:
            base = Base.read(path)
        except FileNotFoundError:  # it was stopped just now
            continue
        reason = refusal(base, environment, hiding)
        if not reason:
            with suppress(FileNotFoundError):  # asking it will tell
                os.utime(path)
            return base
        _say(f"not from the nursery in {base.prefix.name}: {reason}")
    return None


def _begun(folder: Path, environment: Environment, hiding: Sequence[Path]) -> Base | None:
    """A new nursery in this environment; of too many, the one that was longest of no use ends.

    Raises:
        Lost: it ended before it was ready.
    """
    _make_room(folder)
    name = f"{environment.pair.tensorflow}-{os.getpid()}-{time.monotonic_ns()}"
    ready = folder / f"{name}.json"
    command = [str(environment.python), "-s", "-B", str(FORKSERVER), str(folder), name]
    log_path = LOGS / f"nursery-{environment.folder.name}.log"
    with (
        log_path.open("w") as log,
        running(command, env=surroundings(folder), stdout=log, stderr=log) as process,
    ):
        limit = time.monotonic() + IMPORT_LIMIT
        while not ready.exists():
            if process.poll() is not None or time.monotonic() > limit:
                raise Lost(f"it did not get ready, see {log_path}")
            time.sleep(0.02)
        release(process)
    base = Base.read(ready)
    try:
        bytecode.keep(packages_of(base.prefix), base.loaded)
    except OSError as problem:  # the next import will take its time again
        _say(f"no bytecode is kept: {problem}")
    return None if refusal(base, environment, hiding) else base


def _make_room(folder: Path) -> None:
    """End the nurseries that were longest of no use, so that with one more there are `MOST`."""
    ages = {}
    for path in folder.glob("*.json"):
        with suppress(FileNotFoundError):  # somebody else has made room
            ages[path] = path.stat().st_mtime
    oldest = sorted(ages, key=ages.__getitem__)
    for path in oldest[: max(0, len(oldest) + 1 - MOST)]:
        path.unlink(missing_ok=True)
