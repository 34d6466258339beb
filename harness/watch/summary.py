"""The summary of a watch: what every output format shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from harness.analysis.change_kinds import ChangeKind, counted_kind
from harness.releases.catalogue import Catalogue, Release
from harness.releases.pair import Pair, span_in_words, spans_in_words
from harness.results.model import WHOLE_PAIR, CellKey
from harness.util.errors import ExitCode
from harness.util.escaping import shortened
from harness.util.invocation import command_line
from harness.util.paths import CORPUS, PROBES, READINGS, from_root
from harness.watch.acknowledgements import Acknowledgement
from harness.watch.comparison import Comparison, Difference
from harness.watch.news import WatchItem
from harness.watch.period import catalogue_with

#: The most packages beside the new release that are named where they differ.
MOST_PACKAGES = 8
#: Characters that are shown of the behaviour before, and of that now.
LONGEST_TEXT = 200


@dataclass(frozen=True)
class DifferenceGroup:
    """The differences of a watch item that are one behaviour; the first stands for them all.

    ``writers`` says in words whose files are read differently; it is empty for the new release's
    own cells.
    """

    item: WatchItem
    differences: tuple[Difference, ...]
    writers: str = ""

    @property
    def first(self) -> Difference:
        """The difference to look at."""
        return self.differences[0]

    @property
    def kind(self) -> str:
        """The kind of the differences, and whether they are acknowledged."""
        kind = _in_reading(self.first.kind, bool(self.writers))
        return _mark_acknowledged(kind, bool(self.first.acknowledged))

    @property
    def texts(self) -> tuple[str, str]:
        """The behaviour before and now, shortened."""
        before, after = self.first.texts
        return shortened(before, LONGEST_TEXT), shortened(after, LONGEST_TEXT)

    @property
    def cells(self) -> str:
        """The cells in words, or whose files are read differently."""
        cells = cells_in_words(dict.fromkeys(difference.file for difference in self.differences))
        return f"files of {self.writers}: {cells}" if self.writers else cells


@dataclass(frozen=True)
class WatchSummary:
    """Everything that a watch of the period from ``since`` to ``until`` has found.

    ``committed`` is the catalogue that every clone of the repository has. ``stale`` lists the
    acknowledgements that no longer apply, ``problems`` says which cases are wrong themselves, and
    ``bisected`` holds the answer of each bisection as Markdown.
    """

    since: datetime
    until: datetime
    committed: Catalogue
    comparisons: Sequence[Comparison]
    yanked: Sequence[Release] = ()
    stale: Sequence[Acknowledgement] = ()
    problems: Sequence[str] = ()
    bisected: Mapping[DifferenceGroup, str] = field(default_factory=dict)

    @property
    def unknown(self) -> list[str]:
        """What could not be determined, without repetitions."""
        reasons = [reason for comparison in self.comparisons for reason in comparison.unknown]
        return list(dict.fromkeys([*reasons, *self.problems]))

    @property
    def yanked_names(self) -> list[str]:
        """Package and version of the new releases that were yanked."""
        return [f"{release.package} {release.version}" for release in self.yanked]

    @property
    def exit_code(self) -> ExitCode:
        """WORSE if anything is worse, even where something else is unknown."""
        if any(
            difference.is_worse
            for comparison in self.comparisons
            for difference in comparison.differences
        ):
            return ExitCode.WORSE
        return ExitCode.UNKNOWN if self.unknown else ExitCode.KNOWN

    @property
    def title(self) -> str:
        """The whole answer in one line."""
        if not self.comparisons:
            return "No new releases"
        return "; ".join(
            f"{self._name_in_title(comparison.item)}: {counts_in_words(comparison)}"
            for comparison in self.comparisons
        )

    def _name_in_title(self, item: WatchItem) -> str:
        """The release, and what it runs with if it runs in several pairs."""
        releases = [comparison.item.release for comparison in self.comparisons]
        if releases.count(item.release) == 1:
            return item.name
        return f"{item.name} {item.partner}"

    def reproduce(self, pair: Pair, difference: Difference) -> str:
        """The command that runs a cell, or `WHOLE_PAIR`, again in a clone of the repository.

        It reads a saved file again that was read differently. It leaves the published results as
        they are.
        """
        words, folder = [], PROBES
        if difference.writers:
            words += ["--read", "--writer", difference.writers[0].id]
            if difference.corpus != CORPUS:
                words += ["--corpus", from_root(difference.corpus)]
            folder = READINGS
        if difference.key != WHOLE_PAIR:
            case, format_name = difference.file
            words += ["--case", case, "--format", format_name]
        if pair.keras.local:
            words += ["--catalogue", from_root(catalogue_with(pair.keras))]
        words += ["--rerun", "--results", from_root(folder)]
        command = command_line(f"pair({pair.id})", *words)
        releases = ((pair.lineage, pair.keras), ("tensorflow", pair.tensorflow))
        if pair.keras.local or all(
            self.committed.find(package, version) for package, version in releases
        ):
            return command
        return f"{command_line('catalogue')} && {command}"


def group_differences(comparison: Comparison) -> list[DifferenceGroup]:
    """Return the differences grouped by behaviour, the worst first."""
    by_behaviour: dict[tuple[object, ...], list[Difference]] = {}
    for difference in comparison.differences:
        behaviour = (
            difference.kind,
            difference.before,
            difference.after,
            difference.acknowledged,
            bool(difference.writers),
        )
        by_behaviour.setdefault(behaviour, []).append(difference)
    groups = [
        DifferenceGroup(comparison.item, tuple(differences), _writers(differences, comparison))
        for differences in by_behaviour.values()
    ]
    return sorted(groups, key=_badness)


def _writers(differences: Iterable[Difference], comparison: Comparison) -> str:
    """The writers of the files in words, those next to each other as a span."""
    writers = {writer for difference in differences for writer in difference.writers}
    return ", ".join(spans_in_words(writers, sorted(comparison.writers)))


def writers_in_words(comparison: Comparison) -> str:
    """Return all writers whose files were read, by name.

    A release can be two writers, beside one TensorFlow and another: it is named once.
    """
    names = (span_in_words([writer]) for writer in comparison.writers)
    return ", ".join(dict.fromkeys(names))


def _badness(group: DifferenceGroup) -> tuple[bool, int]:
    """A key that sorts the worst first: `ChangeKind` lists the worst kind first."""
    return not group.first.is_worse, list(ChangeKind).index(group.first.kind)


def counts_in_words(comparison: Comparison) -> str:
    """Return how many differences of each kind there are: ``3 regressions, 1 fix (acknowledged)``.

    Also says if nothing changed, and if something could not be determined.
    """
    counts = Counter(
        (bool(difference.writers), difference.kind, bool(difference.acknowledged))
        for difference in comparison.differences
    )
    parts = [
        _mark_acknowledged(
            _in_reading(counted_kind(counts[is_reading, kind, is_known], kind), is_reading),
            is_known,
        )
        for is_reading in (False, True)
        for kind in ChangeKind
        for is_known in (False, True)
        if counts[is_reading, kind, is_known]
    ]
    if not parts and comparison.cells:
        parts.append("nothing changed")
    if comparison.unknown:
        parts.append("results incomplete")
    return ", ".join(parts)


def cells_in_words(keys: Iterable[CellKey]) -> str:
    """Return cells as text, cases with the same formats together.

    For example ``dense_twice, siamese_pair (h5, keras); lstm_twice (json)``; `WHOLE_PAIR` is left
    out.
    """
    formats_of_case: dict[str, list[str]] = {}
    for case, format_name in keys:
        formats_of_case.setdefault(case, []).append(format_name)
    cases_of_formats: dict[str, list[str]] = {}
    for case, formats in formats_of_case.items():
        cases_of_formats.setdefault(", ".join(formats), []).append(case)
    return "; ".join(
        f"{', '.join(cases)} ({formats})" for formats, cases in cases_of_formats.items() if formats
    )


def other_packages_in_words(comparison: Comparison) -> str:
    """Return the names of the other packages that differ, cut after the first few."""
    names = ", ".join(comparison.other_packages[:MOST_PACKAGES])
    rest = len(comparison.other_packages) - MOST_PACKAGES
    return f"{names} and {rest} more" if rest > 0 else names


def _in_reading(text: str, is_reading: bool) -> str:
    return f"{text} in reading files" if is_reading else text


def _mark_acknowledged(text: str, is_acknowledged: bool) -> str:
    return f"{text} (acknowledged)" if is_acknowledged else text
