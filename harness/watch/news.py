"""News: the new releases of a period, the pair to run each in, and the pair to compare it with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from harness.releases.branches import ReleaseBranches
from harness.releases.catalogue import NIGHTLY_PACKAGES, Catalogue, Release
from harness.releases.package_names import canonical_package
from harness.releases.pair import LINEAGES, Pair
from harness.releases.pair_rules import PairRules, is_bound
from harness.releases.specifiers import matching_releases


@dataclass(frozen=True)
class WatchItem:
    """A new release, the pair it runs in, and the baseline: the pair that this is compared with.

    ``partner`` says in words what the release runs with. ``pair`` is None if no pair can hold the
    release, ``baseline`` if there is no earlier release.
    """

    release: Release
    partner: str
    pair: Pair | None
    baseline: Pair | None

    @property
    def package(self) -> str:
        """The package that has a new release; for a daily build, the package that it is one of."""
        return canonical_package(self.release.package)

    @property
    def name(self) -> str:
        """The package and its version."""
        return f"{self.package} {self.release.version}"

    @property
    def wheel(self) -> str:
        """The name of the file that holds the release if it is not on the index."""
        return Path(self.release.file).name

    @property
    def pairs(self) -> list[Pair]:
        """The baseline and the pair, if there are both; otherwise there is nothing to run."""
        if self.baseline is None or self.pair is None:
            return []
        return [self.baseline, self.pair]


@dataclass(frozen=True)
class News:
    """What to watch; ``yanked`` lists the new releases that were withdrawn again."""

    items: list[WatchItem]
    yanked: list[Release]


def find_news(
    start: Catalogue,
    end: Catalogue,
    rules: PairRules,
    *,
    frozen: Sequence[str] = (),
    nightly: bool = False,
) -> News:
    """Return the releases that ``end`` has and ``start`` lacks.

    ``rules`` choose the Python of each pair. They are those of the committed catalogue, whatever
    the period: so the pairs stay the same, and stored results can be used. ``frozen`` specifies
    releases of Keras to run with every new TensorFlow, besides the newest stable Keras.

    Raises:
        UsageError: ``frozen`` specifies no release.
    """
    frozen_releases = dict.fromkeys(
        release for specifier in frozen for release in matching_releases(end, "keras", specifier)
    )
    maker = _ItemMaker(end, rules)
    news = News([], [])
    for package in (*LINEAGES, "tensorflow"):
        for release in _new_releases(start, end, package, nightly):
            if release.yanked:
                news.yanked.append(release)
            elif package == "tensorflow":
                news.items.extend(_items_of_tensorflow(maker, release, end, frozen_releases))
            else:
                news.items.append(maker.item_of_keras(release))
    return news


def _items_of_tensorflow(
    maker: _ItemMaker, tensorflow: Release, end: Catalogue, frozen: Iterable[Release]
) -> Iterator[WatchItem]:
    newest = end.stable("keras")[-1]
    yield maker.item_of_tensorflow(tensorflow, newest, "with the newest Keras")
    for keras in frozen:
        if keras != newest:
            partner = f"with Keras {keras.version} (frozen)"
            yield maker.item_of_tensorflow(tensorflow, keras, partner)


def _new_releases(start: Catalogue, end: Catalogue, package: str, nightly: bool) -> list[Release]:
    """The new releases of a package, without superseded candidates.

    With ``nightly``, the newest daily build comes last. A wheel with a development version is among
    the daily builds, and is always new.
    """
    releases = list(end.releases(package))
    builds = [build for build in end.releases(NIGHTLY_PACKAGES[package]) if not build.yanked]
    candidates = [*releases, *(build for build in builds if build.file)]
    if nightly and builds:
        candidates.append(max(builds, key=lambda build: build.uploaded))
    return [
        release
        for release in candidates
        if start.find(package, release.version) is None and not _is_superseded(release, releases)
    ]


def _is_superseded(release: Release, releases: Iterable[Release]) -> bool:
    """Whether a candidate has been followed by a later candidate or by the release itself."""
    version = release.version
    if not version.is_prerelease or version.is_devrelease or release.file:
        return False
    return any(
        other.version.base_version == version.base_version
        and other.version > version
        and not other.yanked
        for other in releases
    )


class _ItemMaker:
    """Makes watch items from the index at the end of the period."""

    def __init__(self, end: Catalogue, rules: PairRules) -> None:
        self._end = end
        self._rules_at_end = PairRules(end)
        self._rules = rules

    def item_of_keras(self, keras: Release) -> WatchItem:
        """A new Keras with the TensorFlow of its day; the baseline is the Keras before it.

        Both run with the same TensorFlow and Python, so that Keras alone makes the difference.
        A Keras that is bound to the TensorFlow of its own minor version keeps that one.
        """
        tensorflow, previous = self._tensorflow_for(keras), self._previous(keras)
        pair = self._pair(keras, tensorflow)
        baseline = None
        if pair is not None and previous is not None:
            if not is_bound(previous):
                baseline = self._pair(previous, tensorflow, pair.python)
            if baseline is None:
                baseline = self._pair(previous, self._tensorflow_for(previous))
        return WatchItem(keras, "with the TensorFlow of its day", pair, baseline)

    def item_of_tensorflow(self, tensorflow: Release, keras: Release, partner: str) -> WatchItem:
        """A new TensorFlow with a Keras; the baseline has the TensorFlow before it."""
        previous = self._previous(tensorflow)
        pair, baseline = self._pair(keras, tensorflow), None
        if pair is not None:
            with_same_python = self._pair(keras, previous, pair.python)
            baseline = with_same_python or self._pair(keras, previous)
        return WatchItem(tensorflow, partner, pair, baseline)

    def _pair(
        self, keras: Release, tensorflow: Release | None, python: str | None = None
    ) -> Pair | None:
        if tensorflow is None:
            return None
        pair = self._rules.pair(keras, tensorflow, python)
        return replace(pair, lineage=canonical_package(pair.lineage)) if pair else None

    def _tensorflow_for(self, keras: Release) -> Release | None:
        """The natural TensorFlow of a Keras.

        If it has not been released yet, its newest candidate or daily build stands in for it, or
        else the newest stable TensorFlow.
        """
        if natural := self._rules_at_end.natural_tensorflow(keras):
            return natural
        previews = [
            release
            for name in ("tensorflow", NIGHTLY_PACKAGES["tensorflow"])
            for release in self._end.releases(name)
            if release.minor == keras.minor and not release.yanked
        ]
        return max(
            previews or self._end.stable("tensorflow"),
            key=lambda release: release.version,
            default=None,
        )

    def _previous(self, release: Release) -> Release | None:
        """The newest stable release that this one grew out of.

        A daily build belongs to the main branch, and its version can lag behind, so its date
        decides: 3.6.0.dev2024101603 was built after 3.6.0 had been released. A wheel that somebody
        has built may be of any branch.
        """
        package = canonical_package(release.package)
        stable = self._end.stable(package)
        if release.version.is_devrelease and not release.file:
            earlier = [other for other in stable if other.uploaded < release.uploaded]
            return max(earlier, key=lambda other: other.version, default=None)
        versions = [other.version for other in stable]
        branches = ReleaseBranches([*versions, release.version], self._end, package)
        predecessor = branches.predecessor(release.version, versions)
        return self._end.find(package, predecessor) if predecessor else None
