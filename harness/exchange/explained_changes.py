"""The change points of exchanges, grouped, with all that is known about their causes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import pandas as pd

from harness.analysis.annotations import Annotation, AnnotationAudit, Row, audit_annotations
from harness.analysis.attribution import Packages, culprit_in_words, differing, installed_versions
from harness.exchange.change_groups import ChangeGroup, Explanation, group_changes
from harness.exchange.changes import (
    Axis,
    ChangePoint,
    FileHistories,
    FileKey,
    Timeline,
    Writers,
    reader_changes,
    writer_changes,
)
from harness.exchange.content.file_difference import FileDifference
from harness.exchange.corpus import Corpus
from harness.exchange.data import ExchangeData
from harness.exchange.kept_differences import KeptDifferences
from harness.exchange.likeness import innermost
from harness.exchange.readings import histories
from harness.releases.pair import Pair
from harness.releases.pair_rules import PairRules
from harness.results.model import Result
from harness.results.signatures import Signature, contrast
from harness.util.paths import EXCHANGE_ANNOTATIONS
from harness.util.toml_lists import read_list

#: What annotations are matched against, in the order of `as_row`.
ROW = ("axis", "lineage", "case", "format", "from", "to", "before", "after")
#: How many differences of files in a group are computed, of which the shortest is shown.
MOST_EXAMPLES = 4


class ExchangeAnnotation(Annotation, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One sentence about change points of exchanges between two releases on an axis."""

    axis: Axis

    def explains(self, change: Row) -> bool:
        """Whether the annotation is about this change point, as `as_row` describes it."""
        return change["axis"] == self.axis and super().explains(change)


def plain_histories(data: ExchangeData) -> tuple[FileHistories, Writers, frozenset[FileKey]]:
    """The measured readings of each file, its writers, and the files that are known to be sound."""
    files = data.readings.files
    keys = [FileKey(entry.case, entry.format, entry.digest) for entry in files]
    found = {keys[place]: by_reader for place, by_reader in histories(data.readings)}
    writers = {keys[place]: files[place].pairs for place in data.written["file"].unique()}
    sound = frozenset(keys[place] for place in data.sound_files)
    return {key: found[key] for key in found if key in writers}, writers, sound


def exchange_changes(
    data: ExchangeData, rules: PairRules, results: Iterable[Result]
) -> list[ChangeGroup]:
    """All change points of exchanges, grouped and explained.

    ``results`` are those of the pairs themselves, which say what is installed in them.

    Raises:
        Fault: the annotations are invalid.
    """
    timeline = timeline_of(rules)
    points = exchange_points(data, timeline)
    return explained_changes(points, timeline, results, read_exchange_annotations())


def timeline_of(rules: PairRules) -> Timeline:
    """The timeline on which the natural pair stands for its release."""
    natural = set(rules.natural_of_both())
    return Timeline(rules.catalogue, natural)


def read_exchange_annotations(path: Path = EXCHANGE_ANNOTATIONS) -> list[ExchangeAnnotation]:
    """The annotations of a file in its order; an empty list without a file.

    Raises:
        Fault: as `read_list`.
    """
    return read_list(path, ExchangeAnnotation)


def exchange_points(data: ExchangeData, timeline: Timeline) -> Iterator[ChangePoint]:
    """All change points of exchanges.

    Along the readers, only files count that are known to be sound; along the writers all do, since
    a file that was written wrong is a change of its writer.
    """
    readings, writers, sound = plain_histories(data)
    sound_readings = {key: readings[key] for key in readings if key in sound}
    yield from reader_changes(sound_readings, writers, timeline)
    yield from writer_changes(readings, writers, timeline)


def explained_changes(
    points: Iterable[ChangePoint],
    timeline: Timeline,
    results: Iterable[Result] = (),
    annotations: Sequence[ExchangeAnnotation] = (),
) -> list[ChangeGroup]:
    """Group change points that are alike and have the same causes.

    ``results`` and ``annotations`` are as in `exchange_changes`.
    """
    installed = {result.pair: installed_versions(result) for result in results}
    return group_changes(points, timeline, _explainer(installed, annotations))


def audit_exchange_annotations(
    points: Iterable[ChangePoint], annotations: Sequence[ExchangeAnnotation]
) -> AnnotationAudit:
    """Find annotations without a change point, and change points without an annotation.

    Change points that are the same to every annotation count once.
    """
    rows = pd.DataFrame([as_row(point) for point in points], columns=list(ROW))
    return audit_annotations([rows.drop_duplicates()], annotations)


def with_differences(groups: Iterable[ChangeGroup], corpus: Corpus) -> list[ChangeGroup]:
    """The same groups; those of writers also have an example with the difference of its files.

    The example is the one with the shortest difference among the first files of the group.
    """
    entries = {FileKey(entry.case, entry.format, entry.digest): entry for entry in corpus.classes}
    kept = KeptDifferences(corpus)

    def difference(case: str, name: str, before: str, after: str) -> FileDifference | None:
        older, newer = (entries.get(FileKey(case, name, digest)) for digest in (before, after))
        return kept.between(older, newer) if older and newer else None

    def with_example(group: ChangeGroup) -> ChangeGroup:
        files = dict.fromkeys(
            (point.case, point.format, point.file_before, point.file_after)
            for point in group.points
        )
        found = [
            (len(" ".join(differs.lines())), (case, name), differs)
            for case, name, *digests in list(files)[:MOST_EXAMPLES]
            if (differs := difference(case, name, *digests)) is not None
        ]
        if not found:
            return group
        _, example, shortest = min(found, key=lambda one: one[:2])
        return replace(group, example=example, difference=shortest)

    found = [with_example(group) if group.axis == "writer" else group for group in groups]
    kept.save()
    return found


def as_row(point: ChangePoint) -> Row:
    """A change point with the columns that annotations are matched against."""
    before, after = _contrast(point.before, point.after)
    values = (
        point.axis, point.end.lineage, point.case, point.format, str(point.start.keras),
        str(point.end.keras), before, after,
    )  # fmt: skip
    return dict(zip(ROW, values, strict=True))


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
