"""Attribution: which packages can have caused a change, as far as the stored results show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from packaging.version import Version

from harness.analysis.change_points import Axis
from harness.releases.package_names import canonical_package
from harness.results.model import CellKey, Result
from harness.results.signatures import Signature, signature_of

#: Versions by package.
Packages = Mapping[str, str]


class Evidence:
    """What all pairs of a release show about a case, whatever else they consist of.

    That is a Keras release with any TensorFlow, or a TensorFlow release with any Keras.
    """

    def __init__(self, results: Iterable[Result]) -> None:
        self._results_by_release: dict[tuple[str, Axis, str], list[tuple[Result, Packages]]] = {}
        for result in results:
            entry = result, installed_versions(result)
            releases: dict[Axis, Version] = {
                "keras": result.pair.keras, "tensorflow": result.pair.tensorflow,
            }  # fmt: skip
            for axis, version in releases.items():
                release = result.pair.lineage, axis, str(version)
                self._results_by_release.setdefault(release, []).append(entry)

    def culprits(
        self,
        lineage: str,
        key: CellKey,
        releases: tuple[str, str],
        signatures: tuple[Signature, Signature],
        axis: Axis = "keras",
    ) -> frozenset[str]:
        """Return the smallest set of packages that differs between old and new behaviour.

        ``releases`` and ``signatures`` are those before and after the change. All pairs of both
        releases count: if the newer Keras release behaves as before with another TensorFlow, the
        two pairs differ in TensorFlow but not in Keras, and so Keras is not in the set.
        """
        observations = [
            observation
            for release in releases
            for observation in self._observations((lineage, axis, release), key)
        ]
        before, after = (
            [packages for observed, packages in observations if observed == signature]
            for signature in signatures
        )
        candidates = (differing(old, new) for old in before for new in after)
        return min(candidates, key=lambda packages: (len(packages), sorted(packages)))

    def _observations(
        self, release: tuple[str, Axis, str], key: CellKey
    ) -> Iterator[tuple[Signature, Packages]]:
        """Yield the signature of a cell in each pair of a release, and what was installed there."""
        for result, packages in self._results_by_release[release]:
            if cell := result.cells.get(key):
                yield signature_of(cell), packages


def culprit_in_words(packages: frozenset[str], lineage: str) -> str:
    """Name the packages that can be the culprit, the most likely ones first.

    >>> culprit_in_words(frozenset({"keras", "rich", "numpy", "optree"}), "keras")
    'keras or numpy or 2 more packages'
    """
    likeliest = [name for name in (lineage, "tensorflow", "python", "numpy") if name in packages]
    others = len(packages) - len(likeliest)
    if others:
        likeliest.append(f"{others} more {'package' if others == 1 else 'packages'}")
    return " or ".join(likeliest)


def installed_versions(result: Result) -> dict[str, str]:
    """Return the versions in the environment of a result by package; Python is one of them."""
    pins = (pin.partition("==") for pin in result.environment.get("installed", []))
    versions = {canonical_package(name): version for name, _, version in pins}
    return {**versions, "python": result.pair.python}


def differing(one: Packages, other: Packages) -> frozenset[str]:
    """Return the packages whose version differs, or that only one of two environments has."""
    names = one.keys() | other.keys()
    return frozenset(name for name in names if one.get(name) != other.get(name))
