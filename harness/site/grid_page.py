"""The grid: Keras releases that were run with more than the TensorFlow of their day."""

from __future__ import annotations

from collections import Counter

from packaging.version import Version

from harness.kinds import severity
from harness.site.source import Source, render

#: The grid begins where Keras and TensorFlow can be chosen apart from each other.
SINCE = Version("2.16")


def grid_page(source: Source) -> tuple[str, str]:
    """Path and text."""
    path = "grid.html"
    frame = source.made.long
    pairs = frame.drop_duplicates("pair")[["pair", "lineage", "keras", "tensorflow"]]
    rows: dict[str, dict[str, str]] = {}
    for pair, lineage, keras, tensorflow in pairs.itertuples(index=False):
        if lineage == "keras" and Version(tensorflow) >= SINCE:
            rows.setdefault(keras, {})[tensorflow] = pair
    several = {keras: row for keras, row in rows.items() if len(row) > 1}
    tensorflows = sorted({each for row in several.values() for each in row}, key=Version)
    return path, render(
        "grid.html",
        path,
        rows={keras: several[keras] for keras in sorted(several, key=Version, reverse=True)},
        tensorflows=tensorflows,
        columns=["Keras", *(f"TF {each}" for each in tensorflows)],
        failing={
            pair: _failing(Counter(outcomes))
            for pair, outcomes in frame.groupby("pair", sort=False)["outcome"]
        },
    )


def _failing(counts: Counter[str]) -> tuple[int, int, str]:
    """How many cells fail, how many apply, and the worst outcome."""
    failing = {outcome for outcome in counts if severity(outcome) > 0}
    worst = max(failing, key=severity, default="pass")
    applies = counts.total() - counts["unsupported"]
    return sum(counts[each] for each in failing), applies, worst
