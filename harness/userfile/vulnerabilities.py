"""The published vulnerabilities of loaders, and which of them matter for a file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

import msgspec
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from harness.releases.pair import Pair
from harness.userfile.facts import HAZARDS, FileFacts, Kind
from harness.util.errors import Fault

VULNERABILITIES = Path(__file__).with_name("vulnerabilities.toml")


class Vulnerability(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A vulnerability; `VULNERABILITIES` says what the fields mean."""

    id: str
    says: str
    kinds: tuple[Kind, ...]
    triggers: tuple[str, ...]
    affected: str
    fixed: str
    source: str
    note: str = ""

    def __post_init__(self) -> None:
        """Check what the types do not say."""
        unknown = sorted(set(self.triggers) - HAZARDS.keys())
        if unknown or not self.triggers:
            raise ValueError(f"{self.id}: no such kind of hazard: {', '.join(unknown)}")
        try:
            SpecifierSet(self.affected)
        except InvalidSpecifier as error:
            raise ValueError(f"{self.id}: {error}") from error

    def affects(self, pair: Pair) -> bool:
        """Whether it affects the release of a pair; only those of the package keras are listed."""
        return pair.lineage == "keras" and SpecifierSet(self.affected).contains(pair.keras)

    def is_in(self, facts: FileFacts) -> bool:
        """Whether it matters for a file, which holds all that can trigger it."""
        return facts.kind in self.kinds and set(self.triggers) <= facts.hazard_kinds


class _Document(msgspec.Struct, forbid_unknown_fields=True):
    vulnerability: list[Vulnerability]


@cache
def read_vulnerabilities(path: Path = VULNERABILITIES) -> tuple[Vulnerability, ...]:
    """All vulnerabilities of the list.

    Raises:
        Fault: the list is damaged.
    """
    try:
        return tuple(msgspec.toml.decode(path.read_bytes(), type=_Document).vulnerability)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Fault(f"{path.name}: {error}") from error


def exposed(facts: FileFacts, pairs: Iterable[Pair]) -> list[tuple[Vulnerability, Sequence[Pair]]]:
    """The vulnerabilities that matter for a file, each with the releases that are affected."""
    known = list(pairs)
    found = (
        (each, [pair for pair in known if each.affects(pair)])
        for each in read_vulnerabilities()
        if each.is_in(facts)
    )
    return [(each, affected) for each, affected in found if affected]
