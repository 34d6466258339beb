"""Culprits: which packages may have made a change, told by the results that are stored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from harness.releases.catalogue import NIGHTLY_PACKAGES
from harness.results.model import CellKey, Result
from harness.results.signatures import Signature, signature_of

#: Installed names that stand for one package.
_SAME = {
    "tensorflow-cpu": "tensorflow",
    "tensorflow-intel": "tensorflow",
    **{nightly: name for name, nightly in NIGHTLY_PACKAGES.items()},
}


#: Versions by package.
Packages = Mapping[str, str]


class Evidence:
    """All that the results say about each case and format, whatever TensorFlow they ran with."""

    def __init__(self, results: Iterable[Result]) -> None:
        self._of_release: dict[tuple[str, str], list[tuple[Result, Packages]]] = {}
        for result in results:
            release = result.pair.lineage, str(result.pair.keras)
            self._of_release.setdefault(release, []).append((result, installed_versions(result)))

    def culprits(
        self,
        lineage: str,
        key: CellKey,
        releases: tuple[str, str],
        signatures: tuple[Signature, Signature],
    ) -> frozenset[str]:
        """The fewest packages in which an answer before the change and one after it differ.

        ``releases`` and ``signatures`` are those before and after. Any pair of either release is
        heard: where the release after the change still gives the old answer with another
        TensorFlow, Keras is not among the packages.
        """
        heard = [each for keras in releases for each in self._answers(lineage, keras, key)]
        before, after = (
            [packages for answer, packages in heard if answer == signature]
            for signature in signatures
        )
        candidates = (differing(one, other) for one in before for other in after)
        return min(candidates, key=lambda each: (len(each), sorted(each)))

    def _answers(
        self, lineage: str, keras: str, key: CellKey
    ) -> Iterator[tuple[Signature, Packages]]:
        """What each pair of a release came to in a cell, and what was installed there."""
        for result, packages in self._of_release[lineage, keras]:
            if cell := result.cells.get(key):
                yield signature_of(cell), packages


def culprit_in_words(packages: frozenset[str], lineage: str) -> str:
    """``keras``; or the packages between which the results cannot decide, the likeliest first."""
    likeliest = [name for name in (lineage, "tensorflow", "python", "numpy") if name in packages]
    others = len(packages) - len(likeliest)
    if others:
        likeliest.append(f"{others} more {'package' if others == 1 else 'packages'}")
    return " or ".join(likeliest)


def installed_versions(result: Result) -> dict[str, str]:
    """Versions by package, with Python as one of them."""
    pinned = (each.partition("==") for each in result.environment.get("installed", []))
    versions = {_SAME.get(name, name): version for name, _, version in pinned}
    return {**versions, "python": result.pair.python}


def differing(one: Packages, other: Packages) -> frozenset[str]:
    """The packages that two environments have in different versions, or one of them alone."""
    names = one.keys() | other.keys()
    return frozenset(name for name in names if one.get(name) != other.get(name))
