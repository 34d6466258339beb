"""Takes rights from this process for good, and then becomes another program.

    python confine.py CONFINEMENT PROGRAM [ARGUMENT...]

``CONFINEMENT`` is a JSON object with the limits (``memory``, ``processes``, ``disk`` in bytes or
numbers, ``seconds`` of processor time). ``user``, which only root can give, is the id of a user to
become: the kernel does not limit the number of root's processes. With ``landlock``, it also names
the folders and files that may be read (``read``), and those that may be written (``write``); all
system calls are taken away by which a process makes a connection, starts or signals another process
or reads its memory.

This file is started by path and imports the standard library alone. Nothing is given back: where a
right cannot be taken away, it ends with status 70 and runs nothing.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import platform
import resource
import struct
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

NOT_CONFINED = 70
#: System calls that Landlock does not restrict, by name, with their numbers on x86-64 and on arm64.
#: Where a machine lacks the call, the number is that of another one in the list.
FORBIDDEN_CALLS = {
    "socket": (41, 198),
    "fork": (57, 198),
    "vfork": (58, 198),
    "kill": (62, 129),
    "tkill": (200, 130),
    "tgkill": (234, 131),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "pidfd_send_signal": (424, 424),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "io_uring_setup": (425, 425),
    "unshare": (272, 97),
    "setns": (308, 268),
    "keyctl": (250, 219),
    "bpf": (321, 280),
    "userfaultfd": (323, 282),
    "perf_event_open": (298, 241),
}
#: ``clone`` makes processes and threads, and its first argument says which. ``clone3`` has that in
#: memory, where a filter cannot look, and is answered as if the kernel did not have it.
CLONE, CLONE3 = (56, 220), (435, 435)
THREAD = 0x10000
#: ``AUDIT_ARCH_X86_64`` and ``AUDIT_ARCH_AARCH64``.
ARCHITECTURES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
#: The numbers of the x32 ABI, which are a second way to the same system calls, begin here.
X32 = 0x40000000

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_PATH_BENEATH = 1
_READ = 0b1101  # execute, read a file, list a folder
#: The rights over files that each version of Landlock knows.
_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1}
_RIGHTS_NEWEST = (1 << 16) - 1
#: The rights that apply to a file rather than to a folder.
_OF_A_FILE = 0b111 | 1 << 14 | 1 << 15
_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER = 38, 22, 2
_LOAD, _IF_EQUAL, _IF_AT_LEAST, _IF_SET, _ANSWER = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _DENY, _UNKNOWN = 0x7FFF0000, 0x00050000 | errno.EPERM, 0x00050000 | errno.ENOSYS

_libc = ctypes.CDLL(None, use_errno=True)


class NotConfined(Exception):
    """A right could not be taken away."""


def limit_resources(limits: Mapping[str, int]) -> None:
    """Limit memory, processes, sizes of files and time for this process and its children each."""
    for what, most, spare in (
        (resource.RLIMIT_DATA, limits["memory"], 0),
        (resource.RLIMIT_NPROC, limits["processes"] + own_tasks(), 0),
        (resource.RLIMIT_FSIZE, limits["disk"], 0),
        (resource.RLIMIT_CPU, limits["seconds"], 2),  # the signal that tells why, before SIGKILL
        (resource.RLIMIT_CORE, 0, 0),
    ):
        hard = resource.getrlimit(what)[1]
        if hard == resource.RLIM_INFINITY:
            hard = most + spare
        resource.setrlimit(what, (min(most, hard), min(most + spare, hard)))


def become(user: int) -> None:
    """Become a user who has no files and no other processes; root cannot be had again."""
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)


def own_tasks() -> int:
    """The number of processes and threads of this user, all of which count for the limit."""
    tasks = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if folder.stat().st_uid == os.getuid():
                tasks += sum(1 for _ in (folder / "task").iterdir())
        except OSError:  # it has just ended, or is another user's
            continue
    return tasks


def landlock_version() -> int:
    """The version of Landlock that the kernel has; 0 where it has none."""
    return max(0, int(_libc.syscall(_CREATE_RULESET, None, 0, 1)))


def restrict_files(read: Iterable[str], write: Iterable[str]) -> None:
    """Forbid all files but these; ``write`` may be read, changed and deleted, too.

    Raises:
        NotConfined: the kernel cannot.
    """
    version = landlock_version()
    if version == 0:
        raise NotConfined("the kernel has no Landlock")
    rights = _RIGHTS.get(version, _RIGHTS_NEWEST)
    attribute = struct.pack("<Q", rights)
    ruleset = _libc.syscall(_CREATE_RULESET, attribute, len(attribute), 0)
    if ruleset < 0:
        raise NotConfined("no set of rules could be made")
    for path in read:
        _allow(ruleset, path, _READ)
    for path in write:
        _allow(ruleset, path, rights)
    forbid_new_privileges()
    if _libc.syscall(_RESTRICT_SELF, ruleset, 0):
        raise NotConfined("the rules could not be applied")
    os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    """Allow some rights below a path; a path that is not there needs none."""
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    if not Path(path).is_dir():
        rights &= _OF_A_FILE
    rule = struct.pack("<Qi", rights, descriptor)
    failed = _libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, rule, 0)
    os.close(descriptor)
    if failed:
        raise NotConfined(f"no rule could be made for {path}")


def forbid_new_privileges() -> None:
    """Let no program that is started gain rights, as by its owner's bit.

    Raises:
        NotConfined: the kernel cannot.
    """
    if _libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        raise NotConfined("new privileges could not be forbidden")


def seccomp_filter(machine: str) -> bytes:
    """The filter program that refuses `FORBIDDEN_CALLS` with EPERM.

    Raises:
        NotConfined: the numbers of the calls are not known for this machine.
    """
    if machine not in ARCHITECTURES:
        raise NotConfined(f"no system calls are known for {machine}")
    audit, column = ARCHITECTURES[machine]
    numbers = [each[column] for each in FORBIDDEN_CALLS.values()]
    deny = len(numbers) + 10  # the place of the last instruction

    def to_deny(place: int) -> int:
        """The jump from an instruction to the last one; it counts from the next."""
        return deny - place - 1

    after = 4 + len(numbers)
    program = [
        (_LOAD, 0, 0, 4),  # the architecture
        (_IF_EQUAL, 0, to_deny(1), audit),
        (_LOAD, 0, 0, 0),  # the number of the call
        (_IF_AT_LEAST, to_deny(3), 0, X32),
        *((_IF_EQUAL, to_deny(4 + place), 0, call) for place, call in enumerate(numbers)),
        (_IF_EQUAL, 0, 1, CLONE3[column]),
        (_ANSWER, 0, 0, _UNKNOWN),
        (_IF_EQUAL, 0, 2, CLONE[column]),
        (_LOAD, 0, 0, 16),  # the first argument
        (_IF_SET, 0, to_deny(after + 4), THREAD),
        (_ANSWER, 0, 0, _ALLOW),
        (_ANSWER, 0, 0, _DENY),
    ]
    return b"".join(struct.pack("<HBBI", *instruction) for instruction in program)


def forbid_calls() -> None:
    """Refuse `FORBIDDEN_CALLS` from here on.

    Raises:
        NotConfined: the kernel cannot, or the machine is not known.
    """
    program = seccomp_filter(platform.machine())
    forbid_new_privileges()
    buffer = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("<HxxxxxxQ", len(program) // 8, ctypes.addressof(buffer))
    if _libc.prctl(_SET_SECCOMP, _FILTER, ctypes.c_char_p(header), 0, 0):
        raise NotConfined("the filter of system calls could not be applied")


def main(confinement: Mapping[str, Any], command: list[str]) -> None:
    """Confine this process and become the command."""
    try:
        if "user" in confinement:
            become(confinement["user"])
        limit_resources(confinement)
        if confinement.get("landlock"):
            restrict_files(confinement["read"], confinement["write"])
            forbid_calls()
    except (NotConfined, OSError, ValueError) as problem:
        print(f"not confined: {problem}", file=sys.stderr)
        sys.exit(NOT_CONFINED)
    os.execv(command[0], command)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), sys.argv[2:])
