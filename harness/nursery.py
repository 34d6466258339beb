"""The nursery: which pairs may be forked from a process that has TensorFlow, and how it is asked.

A nursery has imported TensorFlow in the environment of one pair, its base. Nurseries belong to a
run and lie in a folder of it; the first session that wants one starts it, and the others find it.
"""

from __future__ import annotations

import atexit
import hashlib
import json
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from importlib.machinery import all_suffixes
from pathlib import Path
from threading import Lock
from typing import IO, Any

from filelock import FileLock
from packaging.utils import canonicalize_name
from packaging.version import Version

from harness import bytecode
from harness.cases import Case, Script
from harness.environments import Environment, packages_of
from harness.inside import IMPORT_LIMIT, surroundings
from harness.paths import LOGS, NURSERY
from harness.processes import Child, Lost, is_alive, release, running

#: The folder with the nurseries of a run, for the sessions below it.
NURSERIES = "KERAS_BISECT_NURSERIES"
#: How a process was started, as a result says it.
OWN, FORKED = "own process", "nursery"
#: The first TensorFlow that can be imported without its Keras.
SINCE = Version("2.16.dev0")
#: So many are kept; each holds 430 MB, of which 190 MB are not of files (TensorFlow 2.18.1).
MOST = 3
#: Seconds in which a nursery answers: a fork takes a few milliseconds.
PATIENCE = 10.0
#: Distributions that only Keras loads; without them, lists of one base are mostly alike.
_OF_KERAS = frozenset(
    ("keras", "tf-keras", "keras-nightly", "tf-keras-nightly", "namex", "optree", "dm-tree", "rich",
     "markdown-it-py", "mdurl", "pygments")
)  # fmt: skip
#: What a script can only do to a TensorFlow that is not imported yet.
_ACTS_BEFORE = re.compile(r"\b(environ|putenv|meta_path|sys\s*\.\s*modules)\b")

Lose = Callable[[str], None]

_making_folder = Lock()


class Refused(Lost):
    """The nursery is there, and does not fork for this request."""


@dataclass(frozen=True)
class Base:
    """A nursery that is ready, as it describes itself.

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
    def read(cls, path: Path) -> Base:
        """Read what a nursery wrote of itself."""
        told = json.loads(path.read_text(encoding="utf-8"))
        return cls(
            path.with_suffix(""), Path(told["prefix"]), Path(told["python"]),
            frozenset(map(_canonical, told["loaded"])),
            tuple(told["unowned"]), tuple(told["names"]), tuple(told["missed"]),
        )  # fmt: skip

    @property
    def facts(self) -> Path:
        """The file that this was read from; without it the nursery ends."""
        return self.socket.with_suffix(".json")


def refusal(base: Base, environment: Environment, hiding: Iterable[Path] = ()) -> str:
    """Why a pair may not be forked from a base; empty where its own process would load the same.

    ``hiding`` are folders that come before its own packages.
    """
    if environment.python.resolve() != base.python:
        return f"another Python than {base.python}"
    installed = set(map(_canonical, environment.facts["installed"]))
    if others := sorted(base.loaded - installed):
        return f"the base has {', '.join(others)}"
    packages = packages_of(environment.folder)
    for file in base.unowned:
        if not _is_same(packages_of(base.prefix) / file, packages / file):
            return f"nobody owns {file}"
    for folder, names in [(packages, base.missed), *((each, base.names) for each in hiding)]:
        for name in names:
            if _provides(folder, name):
                return f"{folder} has {name}, and the base took another or none"
    return ""


def _canonical(pinned: str) -> str:
    name, _, version = pinned.partition("==")
    return f"{canonicalize_name(name)}=={Version(version)}"


def _is_same(one: Path, other: Path) -> bool:
    return other.exists() and one.read_bytes() == other.read_bytes()


def _provides(folder: Path, name: str) -> bool:
    place = folder.joinpath(*name.split("."))
    return place.exists() or any(
        place.with_name(place.name + suffix).exists() for suffix in all_suffixes()
    )


def qualifies(environment: Environment, cases: Iterable[Case]) -> bool:
    """Whether there can be a nursery for a pair at all; cases come after the import, as ever."""
    return (
        sys.platform == "linux"
        and environment.pair.tensorflow >= SINCE
        and not any(acts_before(case) for case in cases if isinstance(case, Script))
    )


def acts_before(script: Script) -> bool:
    """Whether a script may set what TensorFlow reads while it is imported."""
    return bool(_ACTS_BEFORE.search(script.path.read_text(encoding="utf-8", errors="replace")))


# ---------------------------------------------------------------- the nurseries of a run


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
            os.utime(path)
            return base
        _say(f"not from the nursery in {base.prefix.name}: {reason}")
    return None


def _begun(folder: Path, environment: Environment, hiding: Sequence[Path]) -> Base | None:
    """A new nursery in this environment; of too many, the one that was longest of no use ends.

    Raises:
        Lost: it ended before it was ready.
    """
    oldest = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime)
    for path in oldest[: max(0, len(oldest) + 1 - MOST)]:
        path.unlink(missing_ok=True)
    name = f"{environment.pair.tensorflow}-{os.getpid()}-{time.monotonic_ns()}"
    ready = folder / f"{name}.json"
    command = [str(environment.python), "-s", "-B", str(NURSERY), str(folder), name]
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
    bytecode.keep(packages_of(base.prefix), base.loaded)
    return None if refusal(base, environment, hiding) else base


# ---------------------------------------------------------------- a forked child


class Forked:
    """A child of a nursery, with the ways of a `subprocess.Popen`."""

    def __init__(self, pid: int, connection: socket.socket, stdout: IO[bytes], lose: Lose) -> None:
        self.pid = pid
        self.stdout = stdout
        self.returncode: int = 0
        self._connection = connection
        self._lose = lose

    @classmethod
    def ask(
        cls, base: Base, command: Sequence[str], env: Mapping[str, str], stderr: IO[Any], lose: Lose
    ) -> Forked:
        """Have a child forked.

        Raises:
            Refused: it has a reason not to.
            Lost: the nursery is gone.
        """
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        connection.settimeout(PATIENCE)
        reading, writing = os.pipe()
        stdout = os.fdopen(reading, "rb")
        request = json.dumps({"command": list(command), "environ": dict(env)}).encode()
        try:
            connection.connect(str(base.socket))
            socket.send_fds(connection, [request], [writing, stderr.fileno()])
            answer = json.loads(connection.recv(4096) or b"null")
        except OSError as problem:
            answer = {"gone": str(problem)}
        finally:
            os.close(writing)
        if answer and "pid" in answer:
            return cls(answer["pid"], connection, stdout, lose)
        stdout.close()
        connection.close()
        if answer and "refused" in answer:
            raise Refused(answer["refused"])
        raise Lost(answer["gone"] if answer else "the nursery has nothing to say")

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, as that of a `subprocess.Popen`.

        Raises:
            TimeoutExpired: it runs on.
            Lost: the nursery is gone, and the child with it.
        """
        if not select.select([self._connection], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired("forked", timeout or 0.0)
        told = self._connection.recv(4096)
        if not told:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
            self._lose("the nursery is gone")
            raise Lost("the nursery is gone")
        self.returncode = os.waitstatus_to_exitcode(json.loads(told)["status"])
        return self.returncode

    def kill(self) -> None:
        """Have the child and its group killed."""
        with suppress(BrokenPipeError):  # `wait` finds out
            self._connection.send(b"kill")

    @contextmanager
    def killed_in_the_end(self) -> Iterator[Forked]:
        """The nursery kills the child and its group at the latest when the connection ends."""
        try:
            yield self
        finally:
            self._connection.close()
            self.stdout.close()
