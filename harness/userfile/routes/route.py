"""A route: the steps that bring a file into the release that has to read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.releases.pair import Pair
from harness.userfile.verdicts import Verdict

#: The verdicts after which the outputs are known to be the same, or their shapes if the file holds
#: no weights.
VERIFIED = ("same", "weightless", "named", "uncompiled", "unsafe")
#: The form of a file that was loaded with its config rewritten, and is kept so.
REWRITTEN = "rewritten"


@dataclass(frozen=True)
class ModelFile:
    """A model on disk; ``kind`` is its format, or ``parts``: config and weights separately."""

    path: Path
    kind: str


@dataclass(frozen=True)
class Reached:
    """How one release read a file: the verdict on its outputs, compared with the reference.

    ``rewrites`` are those of the config without which the release refused the file, and ``needs``
    is what it needed to load it (see `Read`); ``files`` are those that it has saved, by form.
    """

    verdict: Verdict
    rewrites: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    files: Mapping[str, ModelFile] = field(default_factory=dict)

    @property
    def is_verified(self) -> bool:
        """Whether it computes what the reference does."""
        return self.verdict.kind in VERIFIED


@dataclass(frozen=True)
class Hop:
    """One step: a release reads a file, perhaps with its config rewritten, and saves another.

    ``kind`` is the format of the file that is read; ``saves`` is the form of the new one, empty
    where the route ends. ``needs`` is as in `Reached`.
    """

    pair: Pair
    kind: str
    rewrites: tuple[str, ...] = ()
    saves: str = ""
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Route:
    """The hops of a verified way; in the last one, the wanted release reads ``file``.

    ``verdict`` is that of the release in a process of its own.
    """

    hops: tuple[Hop, ...]
    file: ModelFile
    verdict: Verdict

    @property
    def is_as_it_is(self) -> bool:
        """Whether the release reads the person's own file."""
        return not any(hop.saves for hop in self.hops)


@dataclass(frozen=True)
class Attempted:
    """A way that was tried as far as it got, and the verdict on its last hop."""

    hops: tuple[Hop, ...]
    verdict: Verdict
