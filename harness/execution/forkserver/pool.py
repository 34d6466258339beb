"""The fork servers of a run: the first session that needs one starts it, and the others use it."""

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

from harness.environments import bytecode_cache
from harness.environments.builder import Environment, site_packages
from harness.execution.cases import Case, Script
from harness.execution.forkserver.client import ForkedProcess, ForkRefused
from harness.execution.forkserver.compatibility import is_eligible, why_incompatible
from harness.execution.forkserver.server import ForkServer
from harness.execution.guest_process import IMPORT_LIMIT, guest_variables
from harness.util.paths import FORKSERVER, LOGS
from harness.util.processes import Child, ProcessLost, child_process, disown, is_alive

#: The environment variable that names the folder of a run's fork servers, for its sessions.
FORKSERVERS = "KERAS_BISECT_FORK_SERVERS"
#: How a process was started, in the words of a result.
OWN, FORKED = "own process", "fork server"
#: How many fork servers of a run are kept. Each takes 430 MB of memory, of which 240 MB are mapped
#: files that other processes share (TensorFlow 2.18.1).
MAX_SERVERS = 3
#: Distributions that only Keras loads. Without them, the installed lists of pairs that can share a
#: fork server are mostly the same.
_ONLY_FOR_KERAS = frozenset(
    ("keras", "tf-keras", "keras-nightly", "tf-keras-nightly", "namex", "optree", "dm-tree", "rich",
     "markdown-it-py", "mdurl", "pygments")
)  # fmt: skip

_folder_lock = Lock()


def inherited_folder() -> Path | None:
    """The folder of the run that this session belongs to; None where it was started by hand."""
    folder = os.environ.get(FORKSERVERS)
    return Path(folder) if folder else None


def run_folder() -> Path:
    """The folder for the fork servers of this run, which end with this process.

    Its path is short, because the address of a socket has at most about a hundred characters. It
    holds a named pipe that this process keeps open for writing, so that the operating system tells
    the fork servers when this process is gone.
    """
    with _folder_lock:  # sessions run in threads
        return _make_run_folder()


@cache
def _make_run_folder() -> Path:
    """Make the folder, and remove those of runs that were killed."""
    for old_folder in Path(tempfile.gettempdir()).glob("keras-bisect-*-*"):
        owner = old_folder.name.split("-")[2]
        if owner.isdigit() and not is_alive(int(owner)):
            shutil.rmtree(old_folder, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f"keras-bisect-{os.getpid()}-"))
    os.mkfifo(folder / "alive")
    os.open(folder / "alive", os.O_RDWR)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


class ProcessStarter:
    """Starts the processes of one pair: forked where it has a fork server, otherwise directly.

    ``started`` says how the last process was started. ``lost`` says whether the fork server failed,
    so that a process may have to be started again.
    """

    def __init__(self, server: ForkServer | None) -> None:
        self.started = OWN
        self.lost_server = False
        self._server = server

    def __call__(
        self, command: Sequence[str], *, env: Mapping[str, str] | None, stderr: IO[Any]
    ) -> AbstractContextManager[Child]:
        """Start a process; after a failure of the fork server, never ask it again."""
        if self._server is not None:
            try:
                process = ForkedProcess.start(
                    self._server, command, env or {}, stderr, self._server_gone
                )
            except ForkRefused as refusal:
                self._give_up(str(refusal))
            except ProcessLost as loss:
                self._server_gone(str(loss))
            else:
                self.started = FORKED
                return process.killed_at_exit()
        self.started = OWN
        return child_process(command, env=env, stderr=stderr)

    def _server_gone(self, reason: str) -> None:
        """Let nobody find the fork server any more, and do without one."""
        if self._server is not None:
            self._server.description.unlink(missing_ok=True)
            self._give_up(reason)

    def _give_up(self, reason: str) -> None:
        self._server = None
        self.lost_server = True
        _log(f"own processes from here on: {reason}")


def process_starter(
    environment: Environment,
    cases: Sequence[Case],
    folder: Path | None,
    hiding: Sequence[Path] = (),
    *,
    for_many: bool = False,
) -> ProcessStarter:
    """The starter of a pair's processes.

    ``folder`` is that of the run's fork servers; without it none is used. ``hiding`` are folders
    that come before the pair's own packages. A variant of a pair starts no fork server, because
    hardly any other pair could use it, unless it needs a process ``for_many`` runs.
    """
    if folder is None or not is_eligible(environment, cases):
        return ProcessStarter(None)
    script_folders = [case.path.parent for case in cases if isinstance(case, Script)]
    folders_before = [*hiding, *script_folders]
    key = _sharing_key(environment)
    failure_mark = folder / f"{key}.none"
    server = None
    with FileLock(folder / f"{key}.lock"):
        try:
            server = _find_server(folder, environment, folders_before)
            may_start = for_many or not environment.pair.edits
            if server is None and may_start and not failure_mark.exists():
                server = _start_server(folder, environment, folders_before)
        except (OSError, ProcessLost) as problem:
            failure_mark.touch()  # another try would fail too, and take the time of an import
            _log(f"no fork server: {problem}")
    return ProcessStarter(server)


def _log(text: str) -> None:
    """Write a line to the session's log, which is its standard error."""
    print(text, file=sys.stderr, flush=True)


@cache
def _log_once(text: str) -> None:
    """As `_log`, but not again what this process has written: a bisection asks for each probe."""
    _log(text)


def _sharing_key(environment: Environment) -> str:
    """A digest that is mostly equal for pairs that can share a fork server.

    Pairs with the same key wait for each other, so that only one of them starts a fork server.
    """
    shared = [pin for pin in environment.installed if pin.partition("==")[0] not in _ONLY_FOR_KERAS]
    return hashlib.sha256(" ".join([environment.pair.python, *shared]).encode()).hexdigest()[:12]


def _find_server(
    folder: Path, environment: Environment, folders_before: Sequence[Path]
) -> ForkServer | None:
    """A running fork server that the pair can use; None where there is none."""
    for path in folder.glob("*.json"):
        try:
            server = ForkServer.read(path)
        except FileNotFoundError:  # it has just been stopped
            continue
        reason = why_incompatible(server, environment, folders_before)
        if not reason:
            with suppress(FileNotFoundError):  # the request to fork will find that it is gone
                os.utime(path)
            return server
        _log_once(f"{environment.pair.id} has a process of its own: {reason}")
    return None


def _start_server(
    folder: Path, environment: Environment, folders_before: Sequence[Path]
) -> ForkServer | None:
    """Start a fork server in an environment; return None where the pair itself cannot use it.

    Raises:
        ProcessLost: it ended before it was ready.
    """
    _stop_least_recently_used(folder)
    LOGS.mkdir(parents=True, exist_ok=True)
    name = f"{environment.pair.tensorflow}-{os.getpid()}-{time.monotonic_ns()}"
    description = folder / f"{name}.json"
    command = [str(environment.python), "-s", "-B", str(FORKSERVER), str(folder), name]
    log_path = LOGS / f"fork-server-{environment.folder.name}.log"
    with (
        log_path.open("w") as log,
        child_process(command, env=guest_variables(folder), stdout=log, stderr=log) as process,
    ):
        deadline = time.monotonic() + IMPORT_LIMIT
        while not description.exists():
            if process.poll() is not None or time.monotonic() > deadline:
                raise ProcessLost(f"it did not get ready, see {log_path}")
            time.sleep(0.02)
        disown(process)
    server = ForkServer.read(description)
    try:
        bytecode_cache.save(site_packages(server.prefix), server.loaded)
    except OSError as problem:  # the next import of this TensorFlow has to compile it again
        _log(f"no bytecode is kept: {problem}")
    return None if why_incompatible(server, environment, folders_before) else server


def _stop_least_recently_used(folder: Path) -> None:
    """Stop as many fork servers as needed, so that one more makes at most `MAX_SERVERS`."""
    used_at = {}
    for path in folder.glob("*.json"):
        with suppress(FileNotFoundError):  # another session has stopped it
            used_at[path] = path.stat().st_mtime
    least_recent_first = sorted(used_at, key=used_at.__getitem__)
    surplus = max(0, len(used_at) + 1 - MAX_SERVERS)
    for path in least_recent_first[:surplus]:
        path.unlink(missing_ok=True)
