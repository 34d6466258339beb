"""Tries what a sandbox must not allow, and writes what succeeded as a JSON list.

    python sandbox_probe.py BAIT

``BAIT`` is a JSON object: ``outside``, files and folders that must not be readable, of which the
first must not have a neighbour either; ``port`` of a server on this machine; ``parent``, the id of
a process outside. This file is started by path, in the sandbox, by the Python of the harness.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path


def attempts(
    outside: list[Path], port: int, parent: int
) -> Iterator[tuple[str, Callable[[], object]]]:
    """What is tried: the words for it, and the attempt, which must raise ``OSError``."""
    for path in outside:
        yield f"it reads {path}", lambda path=path: _look_into(path)  # type: ignore[misc]
    yield "it writes a file outside", lambda: _write(outside[0].with_name("written"))
    yield "it writes beside its program", lambda: _write(Path(__file__).with_suffix(".x"))
    yield "it reaches a server", lambda: socket.create_connection(("127.0.0.1", port), 2).close()
    yield "it signals a process outside", lambda: os.kill(parent, signal.SIGCONT)
    yield "it reads the variables of a process outside", lambda: _variables_of(parent)


def _write(path: Path) -> None:
    """Make a file, and leave nothing where that succeeds."""
    path.write_text("x", encoding="utf-8")
    path.unlink()


def _look_into(path: Path) -> object:
    return list(path.iterdir()) if path.is_dir() else path.read_bytes()


def _variables_of(parent: int) -> None:
    if not Path(f"/proc/{parent}/environ").read_bytes():
        raise OSError("nothing to read")


def main(bait: str) -> None:
    """Try everything; also check that the working folder can be written."""
    given = json.loads(bait)
    escapes = []
    outside = [Path(path) for path in given["outside"]]
    for words, attempt in attempts(outside, given["port"], given["parent"]):
        try:
            attempt()
        except OSError:
            continue
        escapes.append(words)
    Path("written").write_text("x", encoding="utf-8")
    print(json.dumps(escapes))


if __name__ == "__main__":
    main(sys.argv[1])
