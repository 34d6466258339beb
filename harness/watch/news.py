"""News: what is new between two states of the index, as pairs and what each is held against."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from harness.releases.branches import ReleaseBranches
from harness.releases.catalogue import NIGHTLY_PACKAGES, Catalogue, Release
from harness.releases.pair import LINEAGES, Pair
from harness.releases.pair_rules import PairRules, is_bound

#: The package whose daily builds a package holds.
_PLAIN = {nightly: package for package, nightly in NIGHTLY_PACKAGES.items()}


@dataclass(frozen=True)
class WatchItem:
    """A new release, the pair that it is run in, and the pair that this is held against.

    ``pair`` is None where nothing goes with the release, ``baseline`` where nothing came before.
    """

    release: Release
    why: str
    pair: Pair | None
    baseline: Pair | None

    @property
    def package(self) -> str:
        """The package that is new, also of a daily build."""
        return plain_name(self.release.package)

    @property
    def name(self) -> str:
        """The package and its version."""
        return f"{self.package} {self.release.version}"


@dataclass(frozen=True)
class News:
    """What is to be watched; ``yanked`` are new releases that were taken back already."""

    watched: list[WatchItem]
    yanked: list[Release]


def plain_name(package: str) -> str:
    """``keras`` for ``keras-nightly``; other names as they are."""
    return _PLAIN.get(package, package)


def find_news(
    old: Catalogue,
    new: Catalogue,
    rules: PairRules,
    *,
    frozen: Sequence[Release] = (),
    nightly: bool = False,
) -> News:
    """What ``new`` has that ``old`` lacks.

    Pairs get the Python that ``planner`` gives them: one planner for every state of the index keeps
    the pairs the same, so that what is stored serves. ``frozen`` are releases of Keras that are
    watched with every new TensorFlow, beside the newest stable one.
    """
    day = _Day(new, rules)
    watched: list[WatchItem] = []
    yanked: list[Release] = []
    for package in (*LINEAGES, "tensorflow"):
        for release in _fresh(old, new, package, nightly):
            if release.yanked:
                yanked.append(release)
            elif package == "tensorflow":
                newest = new.stable("keras")[-1]
                watched.append(day.with_keras(release, newest, "with the newest Keras"))
                watched += [
                    day.with_keras(release, each, f"with Keras {each.version}, frozen")
                    for each in frozen
                    if each != newest
                ]
            else:
                watched.append(day.with_tensorflow(release))
    return News(watched, yanked)


def _fresh(old: Catalogue, new: Catalogue, package: str, nightly: bool) -> list[Release]:
    """Stable releases, the newest candidate of each release still to come, the newest build."""
    builds = [
        each for each in new.releases(NIGHTLY_PACKAGES[package]) if nightly and not each.yanked
    ]
    builds.sort(key=lambda each: each.uploaded)
    releases = list(new.releases(package))
    return [
        each
        for each in [*releases, *builds[-1:]]
        if old.find(package, each.version) is None and not _is_superseded(each, releases)
    ]


def _is_superseded(release: Release, releases: Iterable[Release]) -> bool:
    """Whether a candidate has a later one, or has been released."""
    version = release.version
    return (
        version.is_prerelease
        and not version.is_devrelease
        and any(
            each.version.base_version == version.base_version
            and each.version > version
            and not each.yanked
            for each in releases
        )
    )


class _Day:
    """The index as it is on the day of the watch, and the pairs made of it."""

    def __init__(self, catalogue: Catalogue, rules: PairRules) -> None:
        self._catalogue = catalogue
        self._natural = PairRules(catalogue)
        self._rules = rules

    def with_tensorflow(self, keras: Release) -> WatchItem:
        """A new Keras with the TensorFlow of its day, against the Keras before it.

        With the same TensorFlow and Python, so that a difference is Keras' own; but a Keras that is
        bound to the TensorFlow of its minor keeps that.
        """
        tensorflow, before = self._tensorflow(keras), self._before(keras)
        pair = self._pair(keras, tensorflow)
        baseline = None
        if pair is not None and before is not None:
            if not is_bound(before):
                baseline = self._pair(before, tensorflow, pair.python)
            baseline = baseline or self._pair(before, self._tensorflow(before))
        return WatchItem(keras, "with the TensorFlow of its day", pair, baseline)

    def with_keras(self, tensorflow: Release, keras: Release, why: str) -> WatchItem:
        """A new TensorFlow with a Keras, against the TensorFlow before it."""
        before = self._before(tensorflow)
        pair, baseline = self._pair(keras, tensorflow), None
        if pair is not None:
            same_python = self._pair(keras, before, pair.python)
            baseline = same_python or self._pair(keras, before)
        return WatchItem(tensorflow, why, pair, baseline)

    def _pair(
        self, keras: Release, tensorflow: Release | None, python: str | None = None
    ) -> Pair | None:
        if tensorflow is None:
            return None
        made = self._rules.pair(keras, tensorflow, python)
        return made and replace(made, lineage=plain_name(made.lineage))

    def _tensorflow(self, keras: Release) -> Release | None:
        """The natural TensorFlow; where that is still to come, the nearest thing to it there is."""
        if natural := self._natural.natural_tensorflow(keras):
            return natural
        names = ("tensorflow", NIGHTLY_PACKAGES["tensorflow"])
        releases = [each for name in names for each in self._catalogue.releases(name)]
        coming = [each for each in releases if each.minor == keras.minor and not each.yanked]
        return max(
            coming or self._catalogue.stable("tensorflow"),
            key=lambda each: each.version,
            default=None,
        )

    def _before(self, release: Release) -> Release | None:
        """The newest stable release that this one grew out of.

        A daily build follows the main line, and its number can lag behind: 3.6.0.dev2024101603 came
        after 3.6.0.
        """
        package = plain_name(release.package)
        stable = self._catalogue.stable(package)
        if release.version.is_devrelease:
            earlier = [each for each in stable if each.uploaded < release.uploaded]
            return max(earlier, key=lambda each: each.version, default=None)
        versions = [each.version for each in stable]
        lines = ReleaseBranches([*versions, release.version], self._catalogue, package)
        before = lines.predecessor(release.version, versions)
        return self._catalogue.find(package, before) if before else None
