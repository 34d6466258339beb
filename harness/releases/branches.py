"""Lines of maintenance: which release each release grew out of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from packaging.version import Version

from harness.releases.catalogue import Catalogue


class ReleaseBranches:
    """The releases of one package as a tree.

    3.12.1 to 3.12.4 came out after 3.13.0 and carry fixes that it lacks: neither 3.12.4 nor 3.13.0
    grew out of the other, and both grew out of 3.12.0.
    """

    def __init__(self, versions: Iterable[Version], catalogue: Catalogue, package: str) -> None:
        self.versions = sorted(set(versions))
        self._uploaded = {
            version: release.uploaded.timestamp() if release else 0.0
            for version in self.versions
            for release in [catalogue.find(package, version)]
        }
        self._steps: dict[tuple[Version, ...], list[tuple[Version, Version | None]]] = {}
        self._begun: dict[tuple[int, ...], float] = {}
        for release in catalogue.stable(package):
            day = release.uploaded.timestamp()
            self._begun[release.minor] = min(day, self._begun.get(release.minor, day))

    def predecessor(
        self, version: Version, known: Sequence[Version] | None = None
    ) -> Version | None:
        """The newest of ``known`` (all, by default) below ``version`` that its line had before it.

        Within a minor that is the patch before. The first of a minor grew out of what was released
        before its line began, so 3.13.0 is compared with 3.12.0 and not with 3.12.4.
        """
        begun = self._begun.get(version.release[:2], self._uploaded[version])
        return max(
            (
                each
                for each in (self.versions if known is None else known)
                if each < version
                and (each.release[:2] == version.release[:2] or self._uploaded[each] < begun)
            ),
            default=None,
        )

    def ancestors(self, version: Version) -> list[Version]:
        """All that could be its predecessor, were they the only ones known."""
        return [each for each in self.versions if self.predecessor(version, [each])]

    def steps(self, known: tuple[Version, ...]) -> list[tuple[Version, Version | None]]:
        """Each of ``known`` with its predecessor among them; nearly all cases know the same."""
        if known not in self._steps:
            self._steps[known] = [(each, self.predecessor(each, known)) for each in known]
        return self._steps[known]

    def beside(self, version: Version) -> Version | None:
        """The newest release that was there before ``version`` on a line that is further on.

        3.12.4 came out beside 3.13.2; for a release on the newest line there is none.
        """
        return max(
            (
                each
                for each in self.versions
                if each > version and self._uploaded[each] < self._uploaded[version]
            ),
            default=None,
        )

    def to(self, version: Version) -> list[Version]:
        """The line that ends with ``version``, oldest first."""
        line: list[Version] = []
        each: Version | None = version
        while each is not None:
            line.append(each)
            each = self.predecessor(each)
        return line[::-1]

    def ends(self) -> list[Version]:
        """The newest release of each line: those that nothing grew out of."""
        grown_from = {self.predecessor(version) for version in self.versions}
        return [version for version in self.versions if version not in grown_from]
