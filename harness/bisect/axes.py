"""Axes: the points along which a search goes, each one a pair."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from packaging.utils import InvalidName, canonicalize_name
from packaging.version import InvalidVersion, Version

from harness.releases.branches import ReleaseBranches
from harness.releases.catalogue import NIGHTLY_PACKAGES, Release
from harness.releases.pair import LINEAGES, Edit, Pair
from harness.releases.pair_rules import OLDEST_KERAS, PairRules
from harness.releases.specifiers import matching_releases, nearest_versions
from harness.util.errors import UsageError

#: The axis of the daily builds of Keras.
NIGHTLIES = "keras-nightly"
#: The axes of exchange: Keras releases that read one file, or whose files one release reads.
READER, WRITER = "reader", "writer"
EXCHANGE_AXES = (READER, WRITER)
AXES = (*LINEAGES, NIGHTLIES, "tensorflow", "python", *EXCHANGE_AXES)
_MINOR = re.compile(r"\d+\.\d+")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True)
class Point:
    """One point on an axis: its version, the day of its release, and the pair that is run there."""

    version: Version
    day: date
    pair: Pair

    def __str__(self) -> str:
        return str(self.version)


class Axis:
    """The points of one package, oldest version first, and their release branches."""

    def __init__(self, package: str, points: Iterable[Point], rules: PairRules) -> None:
        self.package = package
        self._rules = rules
        self._points = {point.version: point for point in sorted(points, key=_by_version)}
        if not self._points:
            raise UsageError(f"no release of {package} can be combined with the other options")
        self._branches = None
        if package not in ("python", NIGHTLIES):
            self._branches = ReleaseBranches(self._points, rules.catalogue, package)

    @property
    def newest(self) -> Point:
        """The point with the highest version."""
        return list(self._points.values())[-1]

    def at(self, text: str) -> Point:
        """The point for a version, for a minor release, or for a date.

        ``3.12`` is the newest patch of that minor release; ``3.12.0`` is only itself. A date stands
        for the newest release that had come out by then on what is now the newest branch.

        Raises:
            UsageError: there is none; the message names the nearest.
        """
        if _DATE.fullmatch(text):
            return self._newest_on(text)
        try:
            version = Version(text)
        except InvalidVersion:
            raise UsageError(
                f"{text!r} is neither a version nor a date such as 2024-10-23"
            ) from None
        if _MINOR.fullmatch(text):
            minor = version.release[:2]
            patches = [patch for patch in self._points if patch.release[:2] == minor]
            if patches:
                return self._points[patches[-1]]
        if version in self._points:
            return self._points[version]
        nearest = " and ".join(map(str, nearest_versions(version, list(self._points))))
        raise UsageError(f"{self.package} {text} cannot be tested; the nearest: {nearest}")

    def _newest_on(self, text: str) -> Point:
        """The newest point of the newest branch that was released by a day."""
        try:
            day = date.fromisoformat(text)
        except ValueError:
            raise UsageError(f"{text} is not a day of the calendar") from None
        branch = self.branch(self.newest)
        released = [point for point in branch if point.day <= day]
        if not released:
            oldest = branch[0]
            raise UsageError(
                f"nothing can be tested on {text}: the oldest release is {self.package} {oldest} "
                f"of {oldest.day}"
            )
        return released[-1]

    def branch(self, end: Point) -> list[Point]:
        """The points that lead to ``end`` on its branch, oldest first, and ``end`` itself."""
        if self._branches is None:
            return [point for point in self._points.values() if point.version <= end.version]
        return [self._points[version] for version in self._branches.path_to(end.version)]

    def common_ancestors(self, first: Point, second: Point) -> list[Point]:
        """The points that are on the branches of both, newest first."""
        branch = self.branch(second)
        return [point for point in reversed(self.branch(first)) if point in branch]

    def side_branches(self, low: Point, high: Point) -> list[list[Point]]:
        """The branches that leave the one of ``high`` at ``low`` or later, from fork to end."""
        if self._branches is None:
            return []
        main = self.branch(high)
        side_branches = []
        for version in self._branches.tips():
            branch = self.branch(self._points[version])
            own = [point for point in branch if point not in main]
            shared = [point for point in branch if point in main]
            if own and shared and shared[-1].version >= low.version:
                side_branches.append([shared[-1], *own])
        return side_branches

    def with_release(self, point: Point, release: Release) -> Point:
        """The point of another release that has everything else in common with ``point``."""
        if self.package == "tensorflow":
            pair = replace(point.pair, tensorflow=release.version)
        else:
            pair = replace(point.pair, keras=release.version)
        return Point(release.version, release.uploaded.date(), pair)

    def nightlies(self, old: Point, new: Point) -> list[Point]:
        """The daily builds between the days of two points, oldest first, in pairs like the newer.

        Empty for Python, and if the newer point is on a maintenance branch, which has no daily
        builds.
        """
        if self.package not in NIGHTLY_PACKAGES or new not in self.branch(self.newest):
            return []
        between = [
            release
            for release in self._rules.catalogue.releases(NIGHTLY_PACKAGES[self.package])
            if old.day < release.uploaded.date() <= new.day and not release.yanked
        ]
        between.sort(key=lambda release: release.uploaded)
        points = [self.with_release(new, release) for release in between]
        return [point for point in points if self._rules.is_possible(point.pair)]

    def prereleases(self, old: Point, new: Point) -> list[Point]:
        """The pre-releases between two points, in pairs like the newer."""
        if self._branches is None:
            return []
        between = [
            release
            for release in self._rules.catalogue.releases(self.package)
            if release.version.is_prerelease
            and not release.yanked
            and old.version < release.version < new.version
        ]
        return [self.with_release(new, release) for release in between]


def make_axis(
    rules: PairRules,
    package: str,
    *,
    keras: str | None = None,
    tensorflow: str | None = None,
    python: str | None = None,
    added: Sequence[str] = (),
) -> Axis:
    """The axis of a package; the releases of the other packages are the given or the natural ones.

    ``added`` are packages that every environment gets in addition. A release that is given for the
    package of the axis itself is ignored.

    Raises:
        UsageError: a release does not exist, or no pair is left.
    """
    edits = tuple(Edit(_package_name(name)) for name in added)
    pairs = _pairs(rules, package, keras, tensorflow, python)
    points = [_point(replace(pair, edits=edits), package, rules) for pair in pairs]
    return Axis(package, points, rules)


def _pairs(
    rules: PairRules, package: str, keras: str | None, tensorflow: str | None, python: str | None
) -> list[Pair]:
    if package in LINEAGES or package == NIGHTLIES:
        return _pairs_along_keras(rules, package, tensorflow, python)
    catalogue = rules.catalogue
    keras_release = catalogue.stable("keras")[-1]
    if keras:
        keras_release = _newest_matching(rules, "keras", keras)
    if package == "tensorflow":
        return rules.product([keras_release], catalogue.stable("tensorflow"), python)
    tensorflow_release = rules.natural_tensorflow(keras_release)
    if tensorflow:
        tensorflow_release = _newest_matching(rules, "tensorflow", tensorflow)
    if tensorflow_release is None:
        raise UsageError(
            f"there was no TensorFlow for keras {keras_release.version} on the day of its release; "
            "give one with --tensorflow"
        )
    return rules.on_every_python(keras_release, tensorflow_release)


def _pairs_along_keras(
    rules: PairRules, package: str, tensorflow: str | None, python: str | None
) -> list[Pair]:
    fixed = _newest_matching(rules, "tensorflow", tensorflow) if tensorflow else None
    if package == NIGHTLIES:
        builds = rules.catalogue.releases(package)
        releases = [release for release in builds if not release.yanked]
    else:
        stable = rules.catalogue.stable(package)
        releases = [release for release in stable if release.version >= OLDEST_KERAS]
    lineage = "keras" if package == NIGHTLIES else package
    pairs = []
    for release in releases:
        companion = fixed or rules.natural_tensorflow(release)
        pair = rules.pair(release, companion, python) if companion else None
        if pair is not None:
            pairs.append(replace(pair, lineage=lineage))
    return pairs


def _package_name(text: str) -> str:
    """The normalised name of a package that the user gave."""
    try:
        return canonicalize_name(text, validate=True)
    except InvalidName:
        raise UsageError(f"--with takes the name of a package, which {text!r} is not") from None


def _newest_matching(rules: PairRules, package: str, text: str) -> Release:
    return matching_releases(rules.catalogue, package, text)[-1]


def _point(pair: Pair, package: str, rules: PairRules) -> Point:
    if package == "python":
        return Point(Version(pair.python), rules.day(pair).date(), pair)
    version = pair.tensorflow if package == "tensorflow" else pair.keras
    release = rules.catalogue.find(package, version)
    assert release is not None
    return Point(version, release.uploaded.date(), pair)


def _by_version(point: Point) -> Version:
    return point.version
