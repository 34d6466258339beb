"""Plans an exchange: whose files a new release reads, and which releases read its files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from packaging.version import Version

from harness.releases.branches import ReleaseBranches
from harness.releases.catalogue import Catalogue, Release
from harness.releases.pair import Pair
from harness.releases.pair_rules import KERAS_3, PairRules
from harness.releases.specifiers import matching_releases
from harness.util.errors import UsageError
from harness.watch.news import WatchItem

#: Without ``--writer``, a watch reads files of the newest patch of this many minor releases.
NEWEST_MINORS = 4


@dataclass(frozen=True)
class ExchangePlan:
    """What is to be read for a watch item.

    The pair of the item and its baseline read the files of ``writers``, which are in the published
    corpus, and those of the baseline. The pairs in ``readers``, which have other Keras releases,
    read the files that the pair of the item writes. Only a new Keras has readers: what is written,
    and how others read it, does not depend on TensorFlow.
    """

    item: WatchItem
    writers: tuple[Pair, ...]
    readers: tuple[Pair, ...]


class ExchangePlanner:
    """Plans what is read for the items of a watch.

    ``writers`` are those of the corpus, ``end`` is the index at the end of the period, and
    ``rules`` know all releases. ``spec`` chooses writers: a release, a minor release or a
    specifier. ``frozen`` are specifiers of Keras releases that somebody keeps.
    """

    def __init__(
        self,
        writers: Iterable[Pair],
        end: Catalogue,
        rules: PairRules,
        *,
        spec: str | None = None,
        frozen: Sequence[str] = (),
    ) -> None:
        """Look up the releases that the specifiers name.

        Raises:
            UsageError: a specifier names no release, or ``spec`` no writer of the corpus.
        """
        self._end = end
        self._natural = {pair.keras: pair for pair in rules.natural()}
        self._writers = sorted(writer for writer in writers if self._uploaded(writer))
        self._frozen = [
            release.version
            for specifier in frozen
            for release in matching_releases(end, "keras", specifier)
        ]
        self._chosen: list[Pair] | None = None
        if spec is not None:
            named = {release.version for release in matching_releases(end, "keras", spec)}
            self._chosen = [
                writer
                for writer in self._writers
                if writer.lineage == "keras" and writer.keras in named
            ]
            if not self._chosen:
                raise UsageError(f"the corpus has no files of Keras {spec}")

    def plan(self, item: WatchItem) -> ExchangePlan:
        """Plan what is to be read for an item that has a pair and a baseline."""
        assert item.pair is not None and item.baseline is not None
        writers = self._usual_writers(item) if self._chosen is None else self._chosen
        if item.pair.lineage == "tf-keras":
            writers = [writer for writer in writers if writer.keras < KERAS_3]
        own = item.pair.lineage, item.pair.keras
        others = [writer for writer in writers if (writer.lineage, writer.keras) != own]
        return ExchangePlan(item, tuple(others), tuple(self._readers(item)))

    def _usual_writers(self, item: WatchItem) -> list[Pair]:
        """The newest patch of each of the newest minor releases, and of each major one of Keras.

        The minor releases are those of the lineage of the item; tf-keras goes on with the files of
        Keras 2. They all had been released before the item.
        """
        assert item.pair is not None
        earlier = [
            writer
            for writer in self._writers
            if (day := self._uploaded(writer)) is not None and day < item.release.uploaded
        ]
        own = [writer for writer in earlier if writer.lineage == item.pair.lineage]
        by_minor = {writer.keras.release[:2]: writer for writer in own}
        of_keras = [writer for writer in earlier if writer.lineage == "keras"]
        by_major = {writer.keras.major: writer for writer in of_keras}
        newest = sorted(by_minor)[-NEWEST_MINORS:]
        return sorted({*(by_minor[minor] for minor in newest), *by_major.values()})

    def _uploaded(self, writer: Pair) -> datetime | None:
        """When a writer's Keras was uploaded; None if that was after the period."""
        release = self._end.find(writer.lineage, writer.keras)
        return release.uploaded if release else None

    def _readers(self, item: WatchItem) -> list[Pair]:
        """The baseline, the newest stable release, the maintained branch, and what is frozen."""
        if item.package != "keras" or item.baseline is None:
            return []
        others = [release for release in self._end.stable("keras") if release != item.release]
        wanted = [newest.version for newest in others[-1:]]
        maintained = maintained_release(others, self._end)
        wanted += [*([maintained] if maintained else []), *self._frozen]
        readers = {item.baseline.keras: item.baseline}
        for version in wanted:
            if version != item.release.version and version in self._natural:
                readers.setdefault(version, self._natural[version])
        return list(readers.values())


def maintained_release(releases: Sequence[Release], catalogue: Catalogue) -> Version | None:
    """The newest release of an older branch that is still maintained; None if there is no such.

    That is a branch of the newest major release which had a release after a newer branch had begun:
    3.12.4 came out after 3.13.0. ``releases`` are stable ones of Keras, lowest version first.
    """
    if not releases:
        return None
    versions = [release.version for release in releases]
    branches = ReleaseBranches(versions, catalogue, "keras")
    return max(
        (
            version
            for version in versions
            if version.major == versions[-1].major and branches.newest_alongside(version)
        ),
        default=None,
    )
