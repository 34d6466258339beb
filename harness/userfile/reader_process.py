"""Has one release read the file, in a sandbox: one process of ``guest/userfile.py``."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec

from harness.environments.builder import Environment
from harness.environments.sandbox import Access, Limits, Sandbox, empty_folder
from harness.environments.sandboxed import OUT_OF_PATIENCE, Sandboxed, sandboxed
from harness.execution.events import ImportFailed, MachineFault, Ready
from harness.execution.guest_process import guest_variables
from harness.userfile.attempts import Attempt, InputSpec, Read
from harness.util.escaping import json_without_lone_surrogates
from harness.util.paths import FILE_READER, GUEST

#: Bytes of the answers of one process.
LONGEST_ANSWER = 16 << 20
#: The name of the file with the functions that were called.
TRACE = "trace.txt"
#: Lengths that are tried for dimensions of any length.
FREE_LENGTHS = (32, 8, 64, 224)
#: What the shell and `subprocess` return for a process that has used up its processor time.
_OUT_OF_TIME = (128 + signal.SIGXCPU, -signal.SIGXCPU)

#: Default values, which a config need not hold, by the name of a class and by key.
Droppable = Mapping[str, Mapping[str, Sequence[Any]]]

_Event = Ready | ImportFailed | MachineFault | Read
_events: msgspec.json.Decoder[_Event] = msgspec.json.Decoder(_Event)


@dataclass(frozen=True)
class ReadingJob:
    """What a release has to do: to read a file and to predict with it.

    ``name`` is the name under which the file is loaded. ``inputs`` is None if they are to be taken
    from the loaded model, and ``free`` are lengths to try for their dimensions of any length;
    ``arrays`` is a ``.npz`` file with a person's own inputs, and ``array_names`` says in which
    order the model takes these. ``unsafe`` allows a last attempt without safe mode, which must only
    be made in a sandbox. With ``droppable`` (see `routes.droppable`), a file that is refused is
    loaded with its config rewritten. ``saves`` has the forms in which the model is then saved in
    the folder ``kept``, each with the name of its file. ``overlay`` is a folder whose Keras hides
    the installed one, and ``shown`` are folders that its links lead to; with ``traces``, the file
    `TRACE` in ``kept`` records which functions of that Keras are called.
    """

    file: Path
    kind: str
    name: str
    code: Path | None = None
    inputs: tuple[InputSpec, ...] | None = None
    free: tuple[int, ...] = FREE_LENGTHS
    arrays: Path | None = None
    array_names: tuple[str, ...] = ()
    unsafe: bool = False
    droppable: Droppable | None = None
    saves: Mapping[str, str] = field(default_factory=dict)
    kept: Path | None = None
    overlay: Path | None = None
    shown: tuple[Path, ...] = ()
    traces: bool = False
    limits: Limits = field(default_factory=Limits)

    @property
    def has_weights(self) -> bool:
        """Whether the file holds weights, which a config does not."""
        return self.kind != "json"


def read_with(environment: Environment, job: ReadingJob, sandbox: Sandbox) -> Attempt:
    """Have the release of an environment read the file."""
    started = time.monotonic()
    with prepared(job) as (inside, work):
        given = [inside.place(path) if path else None for path in (job.file, job.code, job.arrays)]
        inside.write(work_document(environment, job, *given))
        command = [str(environment.python), "-s", "-B", str(FILE_READER), str(inside.document)]
        with sandboxed(
            sandbox,
            command,
            access=Access([*visible(environment), *inside.shown, *job.shown], work, job.kept),
            limits=job.limits,
            env=guest_variables(work, job.overlay),
            stderr=subprocess.DEVNULL,
        ) as running:
            attempt = _attempt(environment, running, job.limits)
    return replace(attempt, seconds=round(time.monotonic() - started, 1))


def _attempt(environment: Environment, running: Sandboxed, limits: Limits) -> Attempt:
    pair = environment.pair
    try:
        for line in lines_of(running, limits):
            match _events.decode(json_without_lone_surrogates(line)):
                case Read() as read:
                    return Attempt(pair, read)
                case ImportFailed(error):
                    return Attempt(pair, unknown=f"Keras cannot be imported: {error['message']}")
                case MachineFault(message):
                    return Attempt(pair, ended=f"ran out of memory or disk ({message})")
    except (msgspec.MsgspecError, ValueError) as error:
        return Attempt(pair, ended=f"gave an answer that is none ({error})")
    if running.exceeded == OUT_OF_PATIENCE:
        return Attempt(pair, unknown=f"it took {OUT_OF_PATIENCE}")
    return Attempt(pair, ended=ending_of(running, limits))


def ending_of(running: Sandboxed, limits: Limits) -> str:
    """How a process without an answer ended, in words."""
    if running.exceeded:
        return f"needs {running.exceeded}"
    try:
        code = running.child.wait(5)
    except subprocess.TimeoutExpired:
        return "gives no answer"
    if code in _OUT_OF_TIME:
        return out_of_time(limits.seconds)
    return f"ended by signal {-code}" if code < 0 else f"ended with status {code}"


def out_of_time(seconds: float) -> str:
    """How a process ended that has used up its processor time, in words."""
    return f"needs more than {seconds:g} s of processor time"


def lines_of(running: Sandboxed, limits: Limits) -> Iterator[bytes]:
    """The lines that a process writes.

    Raises:
        ValueError: they are longer than `LONGEST_ANSWER` together.
    """
    descriptor = running.output.fileno()
    buffer, total = b"", 0
    deadline = time.monotonic() + limits.patience + 5
    while select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))[0]:
        chunk = os.read(descriptor, 1 << 16)
        total += len(chunk)
        if not chunk:
            return
        if total > LONGEST_ANSWER:
            raise ValueError("it is too long")
        *lines, buffer = (buffer + chunk).split(b"\n")
        yield from lines


def work_document(
    environment: Environment,
    job: ReadingJob,
    file: Path | None,
    code: Path | None,
    arrays: Path | None,
) -> dict[str, Any]:
    """The content of ``work.json``, as ``guest/userfile.py`` reads it."""
    inputs = None if job.inputs is None else msgspec.to_builtins(job.inputs)
    return {
        "module": environment.module,
        "cells": [],
        "kind": job.kind,
        "file": str(file),
        "name": job.name,
        "code": str(code or ""),
        "inputs": inputs,
        "free": list(job.free),
        "arrays": str(arrays or ""),
        "array_names": job.array_names,
        "unsafe": job.unsafe,
        "droppable": job.droppable,
        "saves": job.saves,
        "kept": str(job.kept or ""),
        "trace": str(job.kept / TRACE) if job.kept and job.traces else "",
    }


# ---------------------------------------------------------------- what a process sees


@dataclass
class Inside:
    """The folder of a process with its work, and all places that the process may read."""

    folder: Path
    shown: list[Path]

    @property
    def document(self) -> Path:
        """The file with its work."""
        return self.folder / "work.json"

    def write(self, document: dict[str, Any]) -> None:
        """Write its work."""
        self.document.write_text(json.dumps(document), encoding="utf-8")
        self.document.chmod(0o644)

    def place(self, path: Path) -> Path:
        """Where the process finds a file or folder: in its place, or as a copy.

        Root is another user in the sandbox, for whom what only root can read is copied.
        """
        path = path.resolve()
        if os.geteuid() != 0 or _is_readable_by_all(path):
            self.shown.append(path)
            return path
        copy = self.folder / f"given{len(list(self.folder.iterdir()))}{path.suffix}"
        if path.is_dir():
            shutil.copytree(path, copy, symlinks=True)
        else:
            shutil.copyfile(path, copy)
        for each in [copy, *copy.rglob("*")]:
            if not each.is_symlink():
                each.chmod(0o755 if each.is_dir() else 0o644)
        return copy


@contextmanager
def prepared(job: ReadingJob) -> Iterator[tuple[Inside, Path]]:
    """The folder with the work of a process, and the empty folder that it works in."""
    with empty_folder() as base:
        given, work = base / "given", base / "work"
        given.mkdir(mode=0o755)
        work.mkdir()
        yield Inside(given, [given]), work


def visible(environment: Environment) -> list[Path]:
    """The folders that a process of an environment reads: its packages, Python, and the guest."""
    return [environment.folder, *python_folders(environment.python), GUEST]


def python_folders(python: Path) -> Sequence[Path]:
    """The folders of an interpreter, along all symbolic links that lead to it."""
    found = [python.resolve().parents[1]]
    path = python
    while path.is_symlink():
        path = path.parent / path.readlink()
        found.append(Path(os.path.normpath(path)).parents[1])
    return list(dict.fromkeys(found))


def _is_readable_by_all(path: Path) -> bool:
    parts = [path, *path.rglob("*")] if path.is_dir() else [path]
    needed = {True: 0o005, False: 0o004}
    return all(
        part.is_symlink() or part.stat().st_mode & needed[part.is_dir()] == needed[part.is_dir()]
        for part in parts
    )
