"""Sandboxes: a command that sees chosen folders, and has no network, no home and no secrets.

There are several kinds, and each promises the same. None is taken at its word: before a kind is
used, a probe tries in it what must not succeed.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

from harness.environments import confine, sandbox_probe
from harness.util.paths import home_folder

CONFINE = Path(confine.__file__)
PROBE = Path(sandbox_probe.__file__)
#: Seconds that the probe may take.
PROBE_PATIENCE = 20.0
#: What programs need of the system, read-only.
_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc/ld.so.cache", "/nix/store")
#: What they need of the kernel under Landlock, where ``/proc`` is that of the whole machine.
_KERNEL = ("/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/self", "/sys/devices/system/cpu")
#: Bytes that may be written into each of the usual folders for temporary files.
_SMALL = 64 << 20
#: Root becomes a user that nobody has: this, plus the id of its process.
_FIRST_FREE_USER = 1_000_000_000
_DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")


@dataclass(frozen=True)
class Limits:
    """What a sandboxed command may use.

    ``memory`` in bytes and ``processes`` (threads count) are for the command with all that it
    starts; ``disk`` in bytes is for its working folder. ``seconds`` of processor time are for each
    process; ``patience`` is in seconds by the clock, for all.
    """

    memory: int = 6 << 30
    processes: int = 512
    disk: int = 1 << 30
    seconds: int = 180
    patience: float = 900.0


@dataclass(frozen=True)
class Access:
    """The files and folders of this machine that a sandboxed command has.

    It sees ``read``. It may write below ``work``, an empty folder in which it must be started, and
    below ``kept``, a folder on disk whose files are still there afterwards.
    """

    read: Sequence[Path]
    work: Path
    kept: Path | None = None

    @property
    def writable(self) -> list[Path]:
        """The folders below which it may write."""
        return [self.work, *([self.kept] if self.kept else [])]


class Sandbox(Protocol):
    """A way to run a command apart; ``name`` says which, for the answer."""

    @property
    def name(self) -> str:
        """What it is, in words, with its version."""

    @property
    def isolates(self) -> bool:
        """Whether the command is kept from files, network and processes of this machine."""

    def command(self, command: Sequence[str], access: Access, limits: Limits) -> list[str]:
        """The command that runs another one apart.

        ``access`` is all that it can reach, and the variables that it is started with are all that
        it gets.
        """


@dataclass(frozen=True)
class Bubblewrap:
    """Namespaces of its own: files, network, processes, users (bubblewrap 0.8 or newer)."""

    program: str
    version: str

    isolates = True

    @property
    def name(self) -> str:
        """The name and version of the program."""
        return f"bubblewrap {self.version}"

    def command(self, command: Sequence[str], access: Access, limits: Limits) -> list[str]:
        """As `Sandbox.command`; the working folder is memory, and gone afterwards.

        Root needs no user namespace, and becomes another user inside.
        """
        visible = [option for path in _SYSTEM for option in ("--ro-bind-try", path, path)]
        shown = [*access.read, *_own_python(), CONFINE]
        places = [*shown, *access.writable]
        for folder in sorted({parent for path in places for parent in path.parents}):
            visible += ["--perms", "0755", "--dir", str(folder)]  # those it makes are root's alone
        for path in shown:
            visible += ["--ro-bind", str(path), str(path)]
        if access.kept:
            visible += ["--bind", str(access.kept), str(access.kept)]
        apart, more = ["--unshare-all", "--cap-drop", "ALL"], {}
        if os.geteuid() == 0:
            apart = [
                "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts",
                "--unshare-cgroup-try", "--cap-drop", "ALL",
                "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID",
            ]  # fmt: skip
            more = {"user": _FIRST_FREE_USER + os.getpid()}
        return [
            self.program, *apart, "--die-with-parent", "--new-session", "--hostname", "sandbox",
            "--proc", "/proc", "--dev", "/dev", *_memory("/dev/shm", _SMALL),
            "--remount-ro", "/dev", *_memory("/tmp", _SMALL), *visible,
            *_memory(str(access.work), limits.disk),
            "--chdir", str(access.work), "--remount-ro", "/",
            "--", *_confined(command, limits, more),
        ]  # fmt: skip


def _memory(place: str, size: int) -> list[str]:
    """Options that make a folder in memory, of some bytes, in which everybody can write."""
    return ["--perms", "1777", "--size", str(size), "--tmpfs", place]


@dataclass(frozen=True)
class Landlock:
    """Rights that a process gives up by itself: files by Landlock, the rest by seccomp.

    It can then start threads, but no other process.
    """

    version: int

    isolates = True

    @property
    def name(self) -> str:
        """The version of Landlock's interface."""
        return f"Landlock {self.version} with seccomp"

    def command(self, command: Sequence[str], access: Access, limits: Limits) -> list[str]:
        """As `Sandbox.command`; the working folder is the one on disk."""
        readable = [*map(str, [*access.read, *_own_python(), CONFINE]), *_SYSTEM, *_KERNEL]
        writable = [*map(str, access.writable), *_DEVICES]
        rules = {"landlock": True, "read": readable, "write": writable}
        return _confined(command, limits, rules)


@dataclass(frozen=True)
class SandboxExec:
    """The sandbox of macOS, by a profile that forbids network, writing, and the home folders."""

    program: str

    name = "sandbox-exec"
    isolates = True

    def command(self, command: Sequence[str], access: Access, limits: Limits) -> list[str]:
        """As `Sandbox.command`; the last rule that fits counts."""
        writable = _subpaths(access.writable)
        visible = _subpaths([*access.read, *_own_python(), CONFINE])
        profile = (
            "(version 1)(allow default)(deny network*)(deny signal (target others))"
            "(deny file-write*)"
            '(deny file-read* (literal "/private/etc/passwd") (subpath "/Users")'
            '(subpath "/Volumes") (subpath "/private/var/root") (subpath "/private/tmp")'
            '(subpath "/private/var/folders"))'
            f"(allow file-read* {visible} {writable})"
            f'(allow file-write* {writable} (literal "/dev/null"))'
        )
        return [self.program, "-p", profile, *_confined(command, limits)]


@dataclass(frozen=True)
class Trusted:
    """No sandbox: the command has all rights of this user, within the limits on resources."""

    name = "no sandbox (--trust)"
    isolates = False

    def command(self, command: Sequence[str], access: Access, limits: Limits) -> list[str]:
        """The command with limits."""
        return _confined(command, limits)


def _subpaths(folders: Sequence[Path]) -> str:
    """Folders with all that is in them, as the profiles of macOS name them."""
    return " ".join(f"(subpath {json.dumps(str(folder.resolve()))})" for folder in folders)


def _own_python() -> list[Path]:
    """What the Python of the harness needs, which applies the limits."""
    return [Path(sys.base_prefix).resolve(), Path(sys.prefix)]


def _confined(
    command: Sequence[str], limits: Limits, more: Mapping[str, object] | None = None
) -> list[str]:
    confinement = {
        "memory": limits.memory,
        "processes": limits.processes,
        "disk": limits.disk,
        "seconds": limits.seconds,
        **(more or {}),
    }
    return [sys.executable, "-I", "-S", "-B", str(CONFINE), json.dumps(confinement), *command]


# ---------------------------------------------------------------- which one holds


@cache
def find_sandbox() -> Sandbox | None:
    """The first kind of sandbox that this machine offers and that passes the probe; else None."""
    return next((each for each in candidates() if not why_not(each)), None)


def candidates() -> Iterator[Sandbox]:
    """The kinds of sandboxes that may work here, the strongest first."""
    if sys.platform == "linux":
        if (program := shutil.which("bwrap")) and (version := _version_of(program)):
            yield Bubblewrap(program, version)
        if platform.machine() in confine.ARCHITECTURES and (known := confine.landlock_version()):
            yield Landlock(known)
    elif sys.platform == "darwin" and (program := shutil.which("sandbox-exec")):
        yield SandboxExec(program)


def _version_of(program: str) -> str:
    try:
        finished = subprocess.run(
            [program, "--version"], capture_output=True, text=True, timeout=5, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return finished.stdout.strip().rpartition(" ")[2]


def why_not(sandbox: Sandbox) -> str:
    """What a sandbox fails to do; empty where it holds."""
    with _bait() as (secret, port), empty_folder() as work:
        outside = [secret, Path("/etc/passwd"), *_hidden_at_home([*_own_python(), PROBE, CONFINE])]
        bait = json.dumps(
            {"outside": [str(path) for path in outside], "port": port, "parent": os.getpid()}
        )
        probe = [sys.executable, "-I", "-S", "-B", str(PROBE), bait]
        command = sandbox.command(probe, Access([PROBE], work), Limits())
        try:
            finished = subprocess.run(
                command, capture_output=True, text=True, timeout=PROBE_PATIENCE,
                env={"PATH": os.environ.get("PATH", os.defpath)}, cwd=work, check=False,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as problem:
            return f"{sandbox.name} does not run: {problem}"
        if finished.returncode:
            return f"{sandbox.name} does not run: {finished.stderr.strip()[-300:]}"
        try:
            escapes = json.loads(finished.stdout)
        except ValueError:
            return f"{sandbox.name} gives no answer"
    return f"{sandbox.name} does not hold: {', '.join(escapes)}" if escapes else ""


@contextmanager
def _bait() -> Iterator[tuple[Path, int]]:
    """A file with a secret, in a folder of this user, and the port of a server that answers."""
    with (
        tempfile.TemporaryDirectory(prefix="keras-bisect-bait-") as folder,
        socket.create_server(("127.0.0.1", 0)) as server,
    ):
        secret = Path(folder) / "secret"
        secret.write_text("secret", encoding="utf-8")
        yield secret, server.getsockname()[1]


def _hidden_at_home(visible: Sequence[Path]) -> list[Path]:
    """Something in the user's home folder that neither is visible nor contains what is."""
    home = home_folder()
    if home is None or not home.is_dir():
        return []
    others = (
        path
        for path in sorted(home.iterdir())
        if not any(each.is_relative_to(path.resolve()) for each in visible)
    )
    return [path for path in others if path.is_dir() or path.is_file()][:1]


@contextmanager
def empty_folder(parent: Path | None = None) -> Iterator[Path]:
    """A new empty folder, without symbolic links in its path, which is removed at the end."""
    with tempfile.TemporaryDirectory(prefix="keras-bisect-work-", dir=parent) as folder:
        yield Path(folder).resolve()
