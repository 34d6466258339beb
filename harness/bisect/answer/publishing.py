"""The answer of a bisection as the report stores it."""

from __future__ import annotations

from harness.analysis.bisections import ChangedLines, PublishedBisection
from harness.bisect.answer.summary import BisectionSummary
from harness.releases.pair import LINEAGES
from harness.results.model import SCRIPT


def as_published(summary: BisectionSummary, command: str) -> PublishedBisection | None:
    """The answer for the report; None where it is not about a change of a case between releases."""
    bisection = summary.bisection
    if not summary.pairs or bisection.format == SCRIPT or bisection.axis.package not in LINEAGES:
        return None
    old, new = summary.pairs
    lines = [ChangedLines(diff.file, diff.function, diff.diff) for diff in summary.function_diffs]
    if summary.commit_diff:
        lines.append(ChangedLines("the commit", "", summary.commit_diff))
    return PublishedBisection(
        old.lineage,
        bisection.case.name,
        bisection.format,
        str(old.keras),
        str(new.keras),
        command,
        [(fact.about, fact.says) for fact in summary.facts],
        lines,
        summary.is_proven,
    )
