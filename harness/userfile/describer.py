"""The program of the limited process: describes a file.

    python -m harness.userfile.describer FILE

It sets its own limits before it opens the file. It writes one JSON document to standard output: the
facts, or a refusal.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path

import msgspec

from harness.userfile.description import describe
from harness.userfile.facts import FileFacts, NotAModelFile, Refusal

#: Bytes of address space, seconds of processor time, and open files that the process may have.
MEMORY = 1 << 30
SECONDS = 20
OPEN_FILES = 64


def limit_process() -> None:
    """Take away what describing a file does not need: memory, time, and writing any file."""
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(what)[1]
        limit = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (limit, limit))


def answer(path: Path) -> FileFacts | Refusal:
    """The facts about a file, or what it is instead of a model."""
    try:
        return describe(path)
    except NotAModelFile as problem:
        return Refusal(str(problem))
    except MemoryError:
        return Refusal(f"a file that needs more than {MEMORY >> 20} MB of memory to be described")


def main(path: str) -> None:
    """Describe a file."""
    limit_process()
    document = msgspec.json.encode(answer(Path(path)))
    sys.stdout.buffer.write(document)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(sys.argv[1])
