"""Release branches: which release each release was developed from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from packaging.version import Version

from harness.releases.catalogue import Catalogue


class ReleaseBranches:
    """The releases of one package as a tree of release branches.

    3.12.1 to 3.12.4 came out after 3.13.0 and contain fixes that 3.13.0 lacks. Neither 3.12.4 nor
    3.13.0 was developed from the other; both were developed from 3.12.0.
    """

    def __init__(self, versions: Iterable[Version], catalogue: Catalogue, package: str) -> None:
        """Arrange ``versions``; one that the catalogue lacks counts as the oldest upload."""
        self.versions = sorted(set(versions))
        #: Upload times as seconds since the epoch.
        self._uploaded = {
            version: _upload_time(catalogue, package, version) for version in self.versions
        }
        self._branch_start: dict[tuple[int, int], float] = {}
        for release in catalogue.stable(package):
            uploaded = release.uploaded.timestamp()
            earliest = self._branch_start.get(release.minor, uploaded)
            self._branch_start[release.minor] = min(uploaded, earliest)
        self._ancestors: dict[Version, list[Version]] = {}
        self._steps: dict[tuple[Version, ...], list[tuple[Version, Version | None]]] = {}

    def predecessor(
        self, version: Version, known: Sequence[Version] | None = None
    ) -> Version | None:
        """The newest of ``known`` (by default, all versions) that ``version`` was developed from.

        Within a minor release, that is the previous patch release. The first release of a minor was
        developed from what had been uploaded before its branch began, so the predecessor of 3.13.0
        is 3.12.0 and not 3.12.4. None if no version qualifies.
        """
        candidates = self.versions if known is None else known
        start = self._branch_start.get((version.major, version.minor), self._uploaded[version])
        return max(
            (
                older
                for older in candidates
                if older < version
                and (older.release[:2] == version.release[:2] or self._uploaded[older] < start)
            ),
            default=None,
        )

    def ancestors(self, version: Version) -> list[Version]:
        """Every release that qualifies as a predecessor of ``version``, lowest version first."""
        if version not in self._ancestors:
            self._ancestors[version] = [
                older for older in self.versions if self.predecessor(version, [older])
            ]
        return self._ancestors[version]

    def with_predecessors(self, known: tuple[Version, ...]) -> list[tuple[Version, Version | None]]:
        """Each of ``known`` with its predecessor among them.

        The answer is cached, because most cases are known for the same releases.
        """
        if known not in self._steps:
            self._steps[known] = [(version, self.predecessor(version, known)) for version in known]
        return self._steps[known]

    def newest_alongside(self, version: Version) -> Version | None:
        """The newest release uploaded before ``version`` on a branch with a higher number.

        For 3.12.4 that is 3.13.2; for a release on the newest branch it is None.
        """
        return max(
            (
                newer
                for newer in self.versions
                if newer > version and self._uploaded[newer] < self._uploaded[version]
            ),
            default=None,
        )

    def path_to(self, version: Version) -> list[Version]:
        """The chain of predecessors that ends with ``version``, oldest first."""
        path: list[Version] = []
        current: Version | None = version
        while current is not None:
            path.append(current)
            current = self.predecessor(current)
        return path[::-1]

    def tips(self) -> list[Version]:
        """The newest release of each branch: those that are nobody's predecessor."""
        predecessors = {self.predecessor(version) for version in self.versions}
        return [version for version in self.versions if version not in predecessors]


def _upload_time(catalogue: Catalogue, package: str, version: Version) -> float:
    release = catalogue.find(package, version)
    return release.uploaded.timestamp() if release else 0.0
