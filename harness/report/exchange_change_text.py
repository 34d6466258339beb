"""Change points of exchanges in sentences, for the terminal and for the pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from harness.analysis.change_kinds import ChangeKind, counted_kind
from harness.exchange.change_groups import ChangeGroup
from harness.exchange.changes import Axis
from harness.releases.pair import Pair, span_in_words, spans_in_words
from harness.util.escaping import one_line, shortened
from harness.util.wording import counted

#: Characters of a message, how many cases are named, and how many lines of a difference are shown.
LONGEST_MESSAGE, MOST_CASES, MOST_LINES = 200, 2, 3
#: Characters of the signature before and after.
LONGEST_SIGNATURE = 100


def change_lines(group: ChangeGroup, known: Sequence[Pair]) -> Iterator[str]:
    """The lines about one group, not yet wrapped; all but the first are indented.

    ``known`` are all pairs at the other end: the writers of the files that readers have read, or
    the readers of the files that writers have written.
    """
    before, after = (shortened(one_line(text), LONGEST_SIGNATURE) for text in group.contrast)
    other_end = "written by" if group.axis == "reader" else "read by"
    others = ", ".join(spans_in_words(set(group.others), known))
    clauses = [
        f"{before} → {after}",
        f"{cases_in_words(group)}, {other_end} {others}",
    ]
    if group.between:
        clauses.append(between_in_words(group))
    if group.explanation.culprit:
        clauses.append(f"culprit: {group.explanation.culprit}")
    yield f"{step_in_words(group)}: {group.kind}: {'; '.join(clauses)}"
    if group.message and group.before.label != group.after.label:
        yield f"  {shortened(one_line(group.message), LONGEST_MESSAGE)}"
    if group.difference is not None:
        lines = [one_line(line) for line in group.difference.lines()]
        case, name = group.example
        left = len(lines) - MOST_LINES
        more = f" | and {counted(left, 'more line')}" if left > 0 else ""
        yield f"  in {case} ({name}): {' | '.join(lines[:MOST_LINES])}{more}"
    if group.explanation.why:
        yield f"  {one_line(group.explanation.why)}"


def step_in_words(group: ChangeGroup) -> str:
    """The release of a change and the one before it: "reader 3.7.0, after 3.6.0"."""
    end, start = (span_in_words([pair]) for pair in (group.end, group.start))
    return f"{group.axis} {end}, after {start}"


def cases_in_words(group: ChangeGroup) -> str:
    """The cases and formats of a change: "dense_twice (h5, keras) and 3 more cases"."""
    named = [one_line(f"{case} ({', '.join(formats)})") for case, formats in group.cases.items()]
    left = len(named) - MOST_CASES
    more = f" and {counted(left, 'more case')}" if left > 0 else ""
    return f"{', '.join(named[:MOST_CASES])}{more}"


def between_in_words(group: ChangeGroup) -> str:
    """How many releases between the two of a change are not known, if there are any."""
    number = len(group.between)
    return f"{counted(number, 'release')} between them not known" if number else ""


def counts_in_words(groups: Iterable[ChangeGroup]) -> str:
    """How many cases and formats changed in each way: "12 regressions, 1 fix"."""
    counts = Counter(
        kind
        for kind, _, _ in {
            (group.kind, point.case, point.format) for group in groups for point in group.points
        }
    )
    return ", ".join(counted_kind(counts[kind], kind) for kind in ChangeKind if counts[kind])


def on_axis(groups: Iterable[ChangeGroup], axis: Axis) -> list[ChangeGroup]:
    """The groups of one axis, in their order."""
    return [group for group in groups if group.axis == axis]
