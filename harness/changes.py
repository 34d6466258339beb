"""Change points: neighbouring releases on an axis whose signatures differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from packaging.version import Version

from harness.catalogue import Catalogue
from harness.results import PAIR_OUTCOMES
from harness.signatures import Signature

COLUMNS = ("case", "format", "from", "to", "before", "after", "message")


@dataclass(frozen=True)
class Run:
    """Consecutive releases of one axis with one signature."""

    first: Version
    last: Version
    signature: Signature


class KerasAxis:
    """The Keras releases of some pairs, each with the release it grew out of."""

    def __init__(self, versions: Iterable[Version], catalogue: Catalogue) -> None:
        self.versions = sorted(set(versions))
        self._catalogue = catalogue

    def predecessor(self, version: Version, known: Sequence[Version]) -> Version | None:
        """The newest of ``known`` below ``version`` that its line had before it.

        Within a minor that is the patch before. The first of a minor grew out of what was released
        before its line began, so 3.13.0 is compared with 3.12.0 and not with 3.12.4, which is
        newer than 3.13.0 and carries fixes that it lacks.
        """
        begun = self._line_began(version)
        return max(
            (
                each
                for each in known
                if each < version
                and (each.release[:2] == version.release[:2] or self._uploaded(each) < begun)
            ),
            default=None,
        )

    def _uploaded(self, version: Version) -> float:
        release = self._catalogue.find("keras", version)
        return release.uploaded.timestamp() if release else 0.0

    def _line_began(self, version: Version) -> float:
        return min(
            (
                release.uploaded.timestamp()
                for release in self._catalogue.stable("keras")
                if release.minor == version.release[:2]
            ),
            default=self._uploaded(version),
        )


def change_points(frame: pd.DataFrame, catalogue: Catalogue) -> pd.DataFrame:
    """One row a change along the Keras axis; `COLUMNS` are its columns.

    ``frame`` is a long table with one pair for each Keras release. Releases of which nothing is
    known are stepped around, so ``from`` and ``to`` can have unknown releases between them.
    """
    rows = []
    for (case, name), signatures in histories(frame).items():
        axis = KerasAxis(signatures, catalogue)
        for version in axis.versions:
            before = axis.predecessor(version, axis.versions)
            if before is None or signatures[before] == signatures[version]:
                continue
            old, new = signatures[before], signatures[version]
            rows.append((
                case, name, str(before), str(version), *told_apart(old, new),
                new.message or old.message,
            ))  # fmt: skip
    return pd.DataFrame(rows, columns=list(COLUMNS))


def told_apart(old: Signature, new: Signature) -> tuple[str, str]:
    """Two signatures as short texts that differ: the labels, and where those are equal what is not.

    >>> told_apart(Signature("load-error", "ValueError", "a"), Signature("load-error", "KeyError"))
    ('load-error ValueError', 'load-error KeyError')
    """
    if old.label != new.label:
        return old.label, new.label
    if old.message != new.message:
        return f"{old.label}: {old.message}", f"{new.label}: {new.message}"
    return f"{old.label} in {old.place}", f"{new.label} in {new.place}"


def histories(frame: pd.DataFrame) -> dict[tuple[str, str], dict[Version, Signature]]:
    """For each case and format the signature of each Keras release of which one is known."""
    known = frame[~frame["outcome"].isin(PAIR_OUTCOMES)]
    found: dict[tuple[str, str], dict[Version, Signature]] = {}
    for case, name, keras, signature in zip(
        known["case"], known["format"], known["keras"], known["signature"], strict=True
    ):
        found.setdefault((case, str(name)), {})[Version(keras)] = signature
    return found


def runs(signatures: Mapping[Version, Signature]) -> list[Run]:
    """The history in the order of versions, with neighbours of one label drawn together."""
    found: list[Run] = []
    for version in sorted(signatures):
        signature = signatures[version]
        if found and found[-1].signature.label == signature.label:
            found[-1] = Run(found[-1].first, version, signature)
        else:
            found.append(Run(version, version, signature))
    return found
