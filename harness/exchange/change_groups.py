"""Change points of exchanges that are alike: one row for many cases, files and readers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from harness.analysis.change_kinds import ChangeKind
from harness.exchange.changes import Axis, ChangePoint, Timeline
from harness.exchange.content.file_difference import FileDifference
from harness.exchange.likeness import innermost, pattern_of
from harness.releases.pair import Pair, display_key
from harness.results.model import CellKey
from harness.results.signatures import Signature, contrast

_RANK = {kind: rank for rank, kind in enumerate(ChangeKind)}


class Explanation(NamedTuple):
    """Why a change came about, as far as that is known.

    ``culprit`` names the packages in which the two pairs differ; ``upstream`` and ``why`` are those
    of an annotation.
    """

    culprit: str = ""
    upstream: str = ""
    why: str = ""


NOT_EXPLAINED = Explanation()


@dataclass(frozen=True)
class ChangeGroup:
    """Change points between the same two releases that are alike.

    ``between`` are the releases between the two that have not read these files, or whose own files
    nobody has read. ``before`` and ``after`` are the signatures of the first point, their messages
    cut down to the innermost exception. On the axis ``writer``, ``difference`` says what the later
    release writes differently in the ``example``, a case and a format.
    """

    points: tuple[ChangePoint, ...]
    between: tuple[str, ...]
    before: Signature
    after: Signature
    explanation: Explanation = NOT_EXPLAINED
    example: CellKey = ("", "")
    difference: FileDifference | None = None

    @property
    def axis(self) -> Axis:
        """Whether the two releases are readers or writers."""
        return self.points[0].axis

    @property
    def start(self) -> Pair:
        """The earlier of the two neighbours."""
        return self.points[0].start

    @property
    def end(self) -> Pair:
        """The later of the two neighbours."""
        return self.points[0].end

    @property
    def kind(self) -> ChangeKind:
        """The kind of all these changes."""
        return self.points[0].kind

    @property
    def contrast(self) -> tuple[str, str]:
        """Both signatures in words, shortened so that they differ where they can."""
        return contrast(self.before, self.after)

    @property
    def message(self) -> str:
        """The message of the exception after the change, or else of the one before it."""
        return self.after.message or self.before.message

    @property
    def cases(self) -> Mapping[str, Sequence[str]]:
        """The formats by case, both in their order."""
        formats: dict[str, set[str]] = {}
        for point in self.points:
            formats.setdefault(point.case, set()).add(point.format)
        return {case: sorted(formats[case]) for case in sorted(formats)}

    @property
    def others(self) -> Sequence[Pair]:
        """On the axis ``reader``, the writers of the files; on the axis ``writer``, the readers."""
        return sorted({pair for point in self.points for pair in point.others})

    def concerns(
        self, readers: Collection[Pair] | None = None, writers: Collection[Pair] | None = None
    ) -> bool:
        """Whether some of these readers and writers show the change; None stands for all."""
        changed, others = (readers, writers) if self.axis == "reader" else (writers, readers)
        return (changed is None or self.end in changed) and (
            others is None or any(pair in others for pair in self.others)
        )


def group_changes(
    points: Iterable[ChangePoint],
    timeline: Timeline,
    explain: Callable[[ChangePoint], Explanation] = lambda point: NOT_EXPLAINED,
) -> list[ChangeGroup]:
    """Group change points: the newest releases first, and the worst kinds first among these.

    Those of Keras come before those of tf-keras.

    Points are alike if their releases, kinds, labels, innermost messages and explanations agree.
    Names of layers and numbers in messages do not count. If another exception is raised than
    before, the earlier message does not count either.
    """
    by_key: dict[object, list[ChangePoint]] = {}
    for point in points:
        key = (
            point.axis, point.start, point.end, point.kind,
            *_likeness(point.before, point.after), explain(point),
        )  # fmt: skip
        by_key.setdefault(key, []).append(point)
    groups = [_group(members, timeline, explain(members[0])) for members in by_key.values()]
    groups.sort(key=lambda group: (_RANK[group.kind], -len(group.points), group.cases.keys()))
    return sorted(groups, key=lambda group: (display_key(group.end), group.start), reverse=True)


def _group(
    points: Sequence[ChangePoint], timeline: Timeline, explanation: Explanation
) -> ChangeGroup:
    ordered = sorted(points, key=lambda point: (point.case, point.format, point.others))
    first = ordered[0]
    return ChangeGroup(
        tuple(ordered),
        timeline.between(first.start, first.end),
        innermost(first.before),
        innermost(first.after),
        explanation,
    )


def _likeness(before: Signature, after: Signature) -> tuple[str, ...]:
    if after.message and before.label != after.label:
        return before.label, after.label, pattern_of(after)
    return before.label, after.label, pattern_of(before), pattern_of(after)
