"""Axes: the points that a search can ask, each one a pair."""

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
from harness.releases.pair_rules import OLDEST, PairRules
from harness.releases.specifiers import matching_releases, nearest_versions
from harness.util.errors import UsageError

#: Daily builds of Keras as an axis of their own, from the oldest to the newest.
NIGHTLIES = "keras-nightly"
AXES = (*LINEAGES, NIGHTLIES, "tensorflow", "python")
_MINOR = re.compile(r"\d+\.\d+")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True)
class Point:
    """One place on an axis: its version, the day it came out, and the pair to ask there."""

    version: Version
    day: date
    pair: Pair

    def __str__(self) -> str:
        return str(self.version)


class Axis:
    """The points of one package, oldest version first, and the lines they are on."""

    def __init__(self, package: str, points: Iterable[Point], rules: PairRules) -> None:
        self.package = package
        self._rules = rules
        self._points = {point.version: point for point in sorted(points, key=_by_version)}
        if not self._points:
            raise UsageError(f"no pair along {package} fits what is asked for")
        if package in ("python", NIGHTLIES):
            self._lines = None
        else:
            self._lines = ReleaseBranches(self._points, rules.catalogue, package)

    @property
    def newest(self) -> Point:
        """The point with the highest version."""
        return list(self._points.values())[-1]

    def at(self, text: str) -> Point:
        """The point that a person names: a version, a minor (its newest patch), or a date.

        Raises:
            UsageProblem: there is none; the message names the nearest.
        """
        if _DATE.fullmatch(text):
            return self._on(text)
        try:
            version = Version(text)
        except InvalidVersion:
            raise UsageError(f"{text!r} is neither a version nor a date like 2024-10-23") from None
        if version in self._points:
            return self._points[version]
        if _MINOR.fullmatch(text):
            patches = [each for each in self._points if each.release[:2] == version.release[:2]]
            if patches:
                return self._points[patches[-1]]
        near = " and ".join(map(str, nearest_versions(version, list(self._points))))
        raise UsageError(f"{self.package} {text} cannot be asked; the nearest: {near}")

    def _on(self, text: str) -> Point:
        """The newest point of the main line that was out on a day."""
        try:
            day = date.fromisoformat(text)
        except ValueError:
            raise UsageError(f"{text} is no day of the calendar") from None
        line = self.line(self.newest)
        out = [point for point in line if point.day <= day]
        if not out:
            raise UsageError(f"{self.package} {line[0]} of {line[0].day} is the oldest to ask")
        return out[-1]

    def line(self, end: Point) -> list[Point]:
        """The points that ``end`` grew out of, oldest first, and itself."""
        if self._lines is None:
            return [each for each in self._points.values() if each.version <= end.version]
        return [self._points[version] for version in self._lines.to(end.version)]

    def forks(self, one: Point, other: Point) -> list[Point]:
        """The points that both grew out of, the newest first."""
        line = self.line(other)
        return [point for point in reversed(self.line(one)) if point in line]

    def side_lines(self, low: Point, high: Point) -> list[list[Point]]:
        """The lines that left that of ``high`` from ``low`` on: each from its fork to its end."""
        if self._lines is None:
            return []
        main = self.line(high)
        lines = []
        for version in self._lines.ends():
            line = self.line(self._points[version])
            own = [point for point in line if point not in main]
            forks = [point for point in line if point in main]
            if own and forks and forks[-1].version >= low.version:
                lines.append([forks[-1], *own])
        return lines

    def like(self, point: Point, release: Release) -> Point:
        """The point of a release with whatever else another point has."""
        if self.package == "tensorflow":
            pair = replace(point.pair, tensorflow=release.version)
        else:
            pair = replace(point.pair, keras=release.version)
        return Point(release.version, release.uploaded.date(), pair)

    def nightlies(self, old: Point, new: Point) -> list[Point]:
        """The daily builds between the days of two points, as pairs like the newer, oldest first.

        Empty for Python, and where the newer point is on a line of maintenance, which the daily
        builds do not follow.
        """
        if self.package not in NIGHTLY_PACKAGES or new not in self.line(self.newest):
            return []
        between = [
            release
            for release in self._rules.catalogue.releases(NIGHTLY_PACKAGES[self.package])
            if old.day < release.uploaded.date() <= new.day and not release.yanked
        ]
        between.sort(key=lambda release: release.uploaded)
        points = [self.like(new, release) for release in between]
        return [each for each in points if self._rules.is_possible(each.pair)]

    def prereleases(self, old: Point, new: Point) -> list[Point]:
        """The release candidates between two points, as pairs like that of the newer."""
        if self._lines is None:
            return []
        between = [
            release
            for release in self._rules.catalogue.releases(self.package)
            if release.version.is_prerelease
            and not release.yanked
            and old.version < release.version < new.version
        ]
        return [self.like(new, release) for release in between]


def make_axis(
    rules: PairRules,
    package: str,
    *,
    keras: str | None = None,
    tensorflow: str | None = None,
    python: str | None = None,
    added: Sequence[str] = (),
) -> Axis:
    """The axis of a package; the others are fixed where they are given, else natural.

    ``added`` are packages that every environment gets beside what the pair asks for.

    Raises:
        UsageProblem: a release does not exist, or nothing is left to ask.
    """
    _refuse_fixed(package, keras=keras, tensorflow=tensorflow, python=python)
    edits = tuple(Edit(_package_name(name)) for name in added)
    pairs = [
        replace(pair, edits=edits) for pair in _pairs(rules, package, keras, tensorflow, python)
    ]
    return Axis(package, [_point(pair, package, rules) for pair in pairs], rules)


def _pairs(
    rules: PairRules, package: str, keras: str | None, tensorflow: str | None, python: str | None
) -> list[Pair]:
    if package in LINEAGES or package == NIGHTLIES:
        return _pairs_along_keras(rules, package, tensorflow, python)
    catalogue = rules.catalogue
    fixed = _one(rules, "keras", keras) if keras else catalogue.stable("keras")[-1]
    if package == "tensorflow":
        return rules.product([fixed], catalogue.stable("tensorflow"), python)
    other = _one(rules, "tensorflow", tensorflow) if tensorflow else rules.natural_tensorflow(fixed)
    if other is None:
        raise UsageError(f"keras {fixed.version} has no TensorFlow of its day; give --tensorflow")
    return rules.over_pythons(fixed, other)


def _pairs_along_keras(
    rules: PairRules, package: str, tensorflow: str | None, python: str | None
) -> list[Pair]:
    fixed = _one(rules, "tensorflow", tensorflow) if tensorflow else None
    if package == NIGHTLIES:
        releases = [each for each in rules.catalogue.releases(package) if not each.yanked]
    else:
        stable = rules.catalogue.stable(package)
        releases = [each for each in stable if each.version >= OLDEST]
    made = (
        rules.pair(release, company, python)
        for release in releases
        if (company := fixed or rules.natural_tensorflow(release)) is not None
    )
    lineage = "keras" if package == NIGHTLIES else package
    return [replace(pair, lineage=lineage) for pair in made if pair is not None]


def _refuse_fixed(package: str, **given: str | None) -> None:
    """Raise `UsageError` where the axis itself is fixed."""
    axis = "keras" if package in (*LINEAGES, NIGHTLIES) else package
    if given[axis]:
        raise UsageError(f"{axis} is the axis: bounds go to --old and --new, not to --{axis}")


def _package_name(text: str) -> str:
    """A package that a person names, as its distributions are called."""
    try:
        return canonicalize_name(text, validate=True)
    except InvalidName:
        raise UsageError(f"--with takes the name of a package, and {text!r} is none") from None


def _one(rules: PairRules, package: str, text: str) -> Release:
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
