"""A fork server as it describes itself in a file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from harness.environments.bytecode_cache import canonical_pin


@dataclass(frozen=True)
class ForkServer:
    """A fork server that is ready.

    ``prefix`` and ``python`` are those of its environment. ``loaded`` holds the distributions
    (``name==version``) of which it has loaded a file, ``unowned`` the loaded files that belong to
    no distribution, relative to ``site-packages``. ``imported`` holds the top-level modules that it
    has imported, ``not_found`` the modules that it looked for in vain.
    """

    socket: Path
    prefix: Path
    python: Path
    loaded: frozenset[str]
    unowned: tuple[str, ...]
    imported: tuple[str, ...]
    not_found: tuple[str, ...]

    @classmethod
    def read(cls, path: Path) -> ForkServer:
        """Read the description that a fork server has written.

        Raises:
            FileNotFoundError: it has been stopped.
        """
        description = json.loads(path.read_text(encoding="utf-8"))
        return cls(
            socket=path.with_suffix(""),
            prefix=Path(description["prefix"]),
            python=Path(description["python"]),
            loaded=frozenset(map(canonical_pin, description["loaded"])),
            unowned=tuple(description["unowned"]),
            imported=tuple(description["imported"]),
            not_found=tuple(description["not_found"]),
        )

    @property
    def description(self) -> Path:
        """The file that this was read from; the fork server ends once it is removed."""
        return self.socket.with_suffix(".json")
