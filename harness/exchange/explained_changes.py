"""The change points of all exchanges, grouped, with all that is known about their causes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache

from harness.analysis.annotations import Annotation, Row
from harness.analysis.attribution import Packages, culprit_in_words, differing, installed_versions
from harness.exchange.change_groups import ChangeGroup, Explanation, group_changes, innermost
from harness.exchange.changes import (
    Axis,
    ChangePoint,
    FileKey,
    Readings,
    Timeline,
    Writers,
    reader_changes,
    writer_changes,
)
from harness.exchange.corpus import Corpus
from harness.exchange.file_difference import FileDifference, file_difference
from harness.exchange.table import Exchange
from harness.releases.pair import Pair
from harness.results.model import GOOD_OUTCOMES, Result
from harness.results.signatures import Signature, contrast

#: Of how many files of a group the differences are looked at, to show the shortest.
MOST_EXAMPLES = 12


class ExchangeAnnotation(Annotation, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One sentence about change points of exchanges between two releases on an axis."""

    axis: Axis

    def explains(self, change: Row) -> bool:
        """Whether the annotation is about this change point, as `as_row` describes it."""
        return change["axis"] == self.axis and super().explains(change)


def plain_histories(found: Iterable[Exchange]) -> tuple[Readings, Writers, frozenset[FileKey]]:
    """The readings, the writers of each file, and the files that are known to be sound.

    A file is sound if its writer or any other reader reads it.
    """
    readings: dict[FileKey, dict[Pair, Signature]] = {}
    writers: dict[FileKey, Sequence[Pair]] = {}
    sound: set[FileKey] = set()
    for one in found:
        key = FileKey(one.entry.case, one.entry.format, one.entry.digest)
        if key not in sound and (one.was_right or one.cell.outcome in GOOD_OUTCOMES):
            sound.add(key)
        of_file = readings.setdefault(key, {})
        if one.reader not in of_file:
            of_file[one.reader] = one.signature
        writers.setdefault(key, one.entry.pairs)
    return readings, writers, frozenset(sound)


def exchange_points(found: Iterable[Exchange], timeline: Timeline) -> Iterator[ChangePoint]:
    """All change points of exchanges.

    Along the readers, only files count that are known to be sound; along the writers all do, since
    a file that was written wrong is a change of its writer.
    """
    readings, writers, sound = plain_histories(found)
    sound_readings = {key: readings[key] for key in readings if key in sound}
    yield from reader_changes(sound_readings, writers, timeline)
    yield from writer_changes(readings, writers, timeline)


def explained_changes(
    points: Iterable[ChangePoint],
    timeline: Timeline,
    results: Iterable[Result] = (),
    annotations: Sequence[ExchangeAnnotation] = (),
) -> list[ChangeGroup]:
    """Group change points by what is equal about them and about their causes.

    ``results`` are those of the pairs, which tell what is installed in their environments.
    """
    installed = {result.pair: installed_versions(result) for result in results}
    return group_changes(points, timeline, _explainer(installed, annotations))


def with_differences(groups: Iterable[ChangeGroup], corpus: Corpus) -> list[ChangeGroup]:
    """The same groups; those of writers say what is different in the files of one example.

    Of the first files of a group, those with the shortest difference are the example.
    """
    folders = {
        FileKey(entry.case, entry.format, entry.digest): corpus.folder_of(entry)
        for entry in corpus.classes
    }

    @cache
    def difference(case: str, name: str, before: str, after: str) -> FileDifference | None:
        keys = FileKey(case, name, before), FileKey(case, name, after)
        if not all(key in folders for key in keys):
            return None
        return file_difference(folders[keys[0]], folders[keys[1]], name)

    def explained(group: ChangeGroup) -> ChangeGroup:
        files = dict.fromkeys(
            (point.case, point.format, point.file_before, point.file_after)
            for point in group.points
        )
        found = [
            (len(" ".join(told.lines())), (case, name), told)
            for case, name, *digests in list(files)[:MOST_EXAMPLES]
            if (told := difference(case, name, *digests)) is not None
        ]
        if not found:
            return group
        _, example, shortest = min(found, key=lambda one: one[:2])
        return replace(group, example=example, difference=shortest)

    return [explained(group) if group.axis == "writer" else group for group in groups]


def as_row(point: ChangePoint) -> Row:
    """A change point with the columns that annotations are matched against."""
    before, after = _contrast(point.before, point.after)
    return {
        "axis": point.axis, "lineage": point.end.lineage, "case": point.case,
        "format": point.format, "from": str(point.start.keras), "to": str(point.end.keras),
        "before": before, "after": after,
    }  # fmt: skip


@cache
def _contrast(before: Signature, after: Signature) -> tuple[str, str]:
    return contrast(innermost(before), innermost(after))


def _explainer(
    installed: Mapping[Pair, Packages], annotations: Sequence[ExchangeAnnotation]
) -> Callable[[ChangePoint], Explanation]:
    """Explains change points by the packages that differ and by annotations."""

    @cache
    def culprit(start: Pair, end: Pair) -> str:
        if start not in installed or end not in installed:
            return ""
        return culprit_in_words(differing(installed[start], installed[end]), end.lineage)

    def explain(point: ChangePoint) -> Explanation:
        row = as_row(point)
        match = next((each for each in annotations if each.explains(row)), None)
        upstream, why = (", ".join(match.upstream), match.says) if match else ("", "")
        return Explanation(culprit(point.start, point.end), upstream, why)

    return explain
