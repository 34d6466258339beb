"""The fork servers of a run: the first session that wants one begins it, and the others find it."""

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
from harness.environments.builder import Environment, site_packages
from harness.execution.cases import Case, Script
from harness.execution.forkserver.base import ForkServer, is_eligible, mismatch_with
from harness.execution.forkserver.client import ForkedProcess, ForkRefused
from harness.execution.surroundings import IMPORT_LIMIT, surroundings
from harness.util.paths import FORKSERVER, LOGS
from harness.util.processes import Child, ProcessLost, child_process, disown, is_alive

#: The folder with the fork servers of a run, for the sessions below it.
FORKSERVERS = "KERAS_BISECT_FORK_SERVERS"
#: How a process was started, as a result says it.
OWN, FORKED = "own process", "fork server"
#: So many are kept; each holds 430 MB, of which 190 MB are not of files (TensorFlow 2.18.1).
MOST = 3
#: Distributions that only Keras loads; without them, lists of one base are mostly alike.
_OF_KERAS = frozenset(
    ("keras", "tf-keras", "keras-nightly", "tf-keras-nightly", "namex", "optree", "dm-tree", "rich",
     "markdown-it-py", "mdurl", "pygments")
)  # fmt: skip

_making_folder = Lock()


def inherited_folder() -> Path | None:
    """The folder of the run that this session is part of; None for one by itself."""
    folder = os.environ.get(FORKSERVERS)
    return Path(folder) if folder else None


def run_folder() -> Path:
    """The folder for the fork servers of this run, which end with this process.

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


class ProcessStarter:
    """Starts the processes of one probe: forked where there is a fork server, else by itself."""

    def __init__(self, base: ForkServer | None) -> None:
        self.started = OWN
        self.lost = False
        self._base = base

    def __call__(
        self, command: Sequence[str], *, env: Mapping[str, str] | None, stderr: IO[Any]
    ) -> AbstractContextManager[Child]:
        """Start one; where the fork server cannot, say so, and ask it no more."""
        if self._base is not None:
            try:
                forked = ForkedProcess.ask(self._base, command, env or {}, stderr, self._give_up)
            except ProcessLost as lost:
                self._give_up(str(lost), is_gone=not isinstance(lost, ForkRefused))
            else:
                self.started = FORKED
                return forked.killed_in_the_end()
        self.started = OWN
        return child_process(command, env=env, stderr=stderr)

    def _give_up(self, reason: str, *, is_gone: bool = True) -> None:
        if self._base is not None:
            if is_gone:
                self._base.facts.unlink(missing_ok=True)
            self._base = None
            self.lost = True
            _say(f"own processes from here on: {reason}")


def process_starter(
    environment: Environment,
    cases: Sequence[Case],
    folder: Path | None,
    hiding: Sequence[Path] = (),
) -> ProcessStarter:
    """The way to start the processes of a pair; without a ``folder``, there are no fork servers.

    ``hiding`` is as for `mismatch_with`. A variant begins none: hardly another pair could use it.
    """
    if folder is None or not is_eligible(environment, cases):
        return ProcessStarter(None)
    before = [*hiding, *(case.path.parent for case in cases if isinstance(case, Script))]
    kind = _kind(environment)
    none = folder / f"{kind}.none"
    base = None
    with FileLock(folder / f"{kind}.lock"):
        try:
            base = _found(folder, environment, before)
            if base is None and not environment.pair.edits and not none.exists():
                base = _begun(folder, environment, before)
        except (OSError, ProcessLost) as problem:
            none.touch()  # it would fail again, and take the time of an import
            _say(f"no fork server: {problem}")
    return ProcessStarter(base)


def _say(text: str) -> None:
    """To the log of a session."""
    print(text, file=sys.stderr, flush=True)


def _kind(environment: Environment) -> str:
    """The same for pairs that mostly have one base: who needs it soon, waits while it is begun."""
    installed = environment.facts["installed"]
    shared = [each for each in installed if each.partition("==")[0] not in _OF_KERAS]
    return hashlib.sha256(" ".join([environment.pair.python, *shared]).encode()).hexdigest()[:12]


def _found(folder: Path, environment: Environment, hiding: Sequence[Path]) -> ForkServer | None:
    for path in folder.glob("*.json"):
        try:
            base = ForkServer.read(path)
        except FileNotFoundError:  # it was stopped just now
            continue
        reason = mismatch_with(base, environment, hiding)
        if not reason:
            with suppress(FileNotFoundError):  # asking it will tell
                os.utime(path)
            return base
        _say(f"not from the fork server in {base.prefix.name}: {reason}")
    return None


def _begun(folder: Path, environment: Environment, hiding: Sequence[Path]) -> ForkServer | None:
    """A new fork server in this environment; of too many, the one that was longest of no use ends.

    Raises:
        Lost: it ended before it was ready.
    """
    _make_room(folder)
    name = f"{environment.pair.tensorflow}-{os.getpid()}-{time.monotonic_ns()}"
    ready = folder / f"{name}.json"
    command = [str(environment.python), "-s", "-B", str(FORKSERVER), str(folder), name]
    log_path = LOGS / f"fork-server-{environment.folder.name}.log"
    with (
        log_path.open("w") as log,
        child_process(command, env=surroundings(folder), stdout=log, stderr=log) as process,
    ):
        limit = time.monotonic() + IMPORT_LIMIT
        while not ready.exists():
            if process.poll() is not None or time.monotonic() > limit:
                raise ProcessLost(f"it did not get ready, see {log_path}")
            time.sleep(0.02)
        disown(process)
    base = ForkServer.read(ready)
    try:
        bytecode.save(site_packages(base.prefix), base.loaded)
    except OSError as problem:  # the next import will take its time again
        _say(f"no bytecode is kept: {problem}")
    return None if mismatch_with(base, environment, hiding) else base


def _make_room(folder: Path) -> None:
    """End the fork servers that were longest of no use, so that with one more there are `MOST`."""
    ages = {}
    for path in folder.glob("*.json"):
        with suppress(FileNotFoundError):  # somebody else has made room
            ages[path] = path.stat().st_mtime
    oldest = sorted(ages, key=ages.__getitem__)
    for path in oldest[: max(0, len(oldest) + 1 - MOST)]:
        path.unlink(missing_ok=True)
