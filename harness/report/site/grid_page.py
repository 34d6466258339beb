"""The grid: Keras releases that were run with more than the TensorFlow of their day."""

from __future__ import annotations

from packaging.version import Version

from harness.releases.pair import Pair
from harness.releases.pair_rules import PairRules
from harness.report.site.source import Source, render

#: The grid begins where Keras and TensorFlow can be chosen apart from each other.
SINCE = Version("2.16")

#: The pairs of a Keras release by TensorFlow.
Row = dict[Version, Pair]


def grid_page(source: Source) -> tuple[str, str]:
    """Path and text."""
    rows = _rows(source)
    tensorflows = sorted({each for row in rows.values() for each in row})
    return "grid.html", render(
        "grid.html",
        "grid.html",
        rows=rows,
        tensorflows=tensorflows,
        columns=["Keras", *(f"TF {each}" for each in tensorflows)],
        tallies=source.tallies,
        legend=source.legend,
        releases=source.releases,
        forbidden={each.pair.id for each in source.results if each.environment.get("overridden")},
    )


def _rows(source: Source) -> dict[Version, Row]:
    """The newest Keras first. Where a place has several pairs, it is that of the rule's Python."""
    rules = PairRules(source.catalogue)
    rows: dict[Version, Row] = {}
    for pair in sorted(result.pair for result in source.results):
        if pair.lineage == "keras" and pair.tensorflow >= SINCE and not pair.edits:
            row = rows.setdefault(pair.keras, {})
            if pair.tensorflow not in row or rules.is_of_the_rule(pair):
                row[pair.tensorflow] = pair
    return {keras: rows[keras] for keras in sorted(rows, reverse=True) if len(rows[keras]) > 1}
