"""The grid: the Keras releases that were run with more than one TensorFlow release."""

from __future__ import annotations

from packaging.version import Version

from harness.releases.pair import Pair
from harness.report.site.content import SiteContent
from harness.report.site.rendering import render

#: The oldest TensorFlow of the grid; before it, each Keras release went with one TensorFlow.
OLDEST_TENSORFLOW = Version("2.16")

#: The pairs of one Keras release by their TensorFlow.
GridRow = dict[Version, Pair]


def grid_page(content: SiteContent) -> tuple[str, str]:
    """The path and the text of the page."""
    rows = _rows(content)
    tensorflows = sorted({tensorflow for row in rows.values() for tensorflow in row})
    forced = {result.pair.id for result in content.results if result.environment.get("overridden")}
    return "grid.html", render(
        "grid.html",
        "grid.html",
        rows=rows,
        tensorflows=tensorflows,
        columns=["Keras", *(f"TF {tensorflow}" for tensorflow in tensorflows)],
        tallies=content.tallies,
        legend=_legend(content),
        releases=content.releases,
        forced=forced,
    )


def _legend(content: SiteContent) -> dict[str, str]:
    """The legend of all pages, and the meaning of "not-run" if there is such a cell."""
    legend = dict(content.legend)
    if any(tally.not_run for tally in content.tallies.values()):
        legend["not-run"] = "not run: a sample of the cases is enough for this pair"
    return legend


def _rows(content: SiteContent) -> dict[Version, GridRow]:
    """The rows of the grid, newest Keras first.

    Where the same two releases were run on several Pythons, the pair that `PairRules` would choose
    is shown.
    """
    rows: dict[Version, GridRow] = {}
    for pair in sorted(result.pair for result in content.results):
        if pair.lineage == "keras" and pair.tensorflow >= OLDEST_TENSORFLOW and not pair.edits:
            row = rows.setdefault(pair.keras, {})
            if pair.tensorflow not in row or content.rules.has_default_python(pair):
                row[pair.tensorflow] = pair
    return {keras: rows[keras] for keras in sorted(rows, reverse=True) if len(rows[keras]) > 1}
