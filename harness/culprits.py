"""Culprits: which packages may have made a change, told by the results that are stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from harness.catalogue import NIGHTLY
from harness.results import Result
from harness.signatures import Signature, signature_of

#: Installed names that stand for one package.
_SAME = {
    "tensorflow-cpu": "tensorflow",
    "tensorflow-intel": "tensorflow",
    **{nightly: name for name, nightly in NIGHTLY.items()},
}


@dataclass(frozen=True)
class Seen:
    """One pair's answer for one case and format, and what was installed when it gave it."""

    keras: str
    signature: Signature
    packages: Mapping[str, str]


class Evidence:
    """All that the results say about each case and format, whatever TensorFlow they ran with."""

    def __init__(self, results: Iterable[Result]) -> None:
        self._seen: dict[tuple[str, str, str], list[Seen]] = {}
        for result in results:
            packages, keras = packages_of(result), str(result.pair.keras)
            for (case, name), cell in result.cells.items():
                seen = Seen(keras, signature_of(cell), packages)
                self._seen.setdefault((result.pair.lineage, case, name), []).append(seen)

    def culprits(
        self,
        history: tuple[str, str, str],
        releases: tuple[str, str],
        signatures: tuple[Signature, Signature],
    ) -> frozenset[str]:
        """The fewest packages in which an answer before the change and one after it differ.

        ``history`` is lineage, case and format; ``releases`` and ``signatures`` are those before
        and after. Any pair of either release is heard: where the release after the change still
        gives the old answer with another TensorFlow, Keras is not among the packages.
        """
        heard = [each for each in self._seen[history] if each.keras in releases]
        before, after = (
            [each for each in heard if each.signature == signature] for signature in signatures
        )
        candidates = (differing(one.packages, other.packages) for one in before for other in after)
        return min(candidates, key=lambda each: (len(each), sorted(each)))


def culprit_in_words(packages: frozenset[str], lineage: str) -> str:
    """``keras``; or the packages between which the results cannot decide, the likeliest first."""
    likeliest = [name for name in (lineage, "tensorflow", "python", "numpy") if name in packages]
    others = len(packages) - len(likeliest)
    if others:
        likeliest.append(f"{others} more {'package' if others == 1 else 'packages'}")
    return " or ".join(likeliest)


def packages_of(result: Result) -> dict[str, str]:
    """Versions by package, with Python as one of them."""
    pinned = (each.partition("==") for each in result.environment.get("installed", []))
    versions = {_SAME.get(name, name): version for name, _, version in pinned}
    return {**versions, "python": result.pair.python}


def differing(one: Mapping[str, str], other: Mapping[str, str]) -> frozenset[str]:
    """The packages that two environments have in different versions, or one of them alone."""
    names = one.keys() | other.keys()
    return frozenset(name for name in names if one.get(name) != other.get(name))
