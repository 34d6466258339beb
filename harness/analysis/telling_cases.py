"""Telling cases: a few cases such that, wherever any case changed, one of these changed, too.

They tell the most about a release for the time that they take. The cross runs only these, and every
run begins with them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import pandas as pd
from packaging.version import Version

from harness.analysis.change_points import change_points
from harness.analysis.frames import long_table, records
from harness.releases.pair import LINEAGES
from harness.releases.pair_rules import PairRules
from harness.results.model import Result

#: A release in which something changed, by lineage and version.
_Release = tuple[str, str]
#: The least that a case costs, so that one without a measured time can be compared.
_LEAST_SECONDS = 1e-3


def telling_cases(
    results: Iterable[Result],
    rules: PairRules,
    names: Collection[str],
    since: Version | None = None,
) -> list[str]:
    """Return the telling cases among ``names``, the one that tells the most for its time first.

    In every release in which any of ``names`` changed, compared with the release before it, at
    least one telling case changed. Only the natural pairs count, and with ``since`` only changes
    between two releases from that one on. The results may be outdated: what counts is that
    something changed, not whether it would still be the same. Equal results give an equal answer.
    """
    frame = long_table(results, rules.catalogue)
    natural = {pair.id for pair in rules.natural_of_both()}
    frame = frame[frame["pair"].isin(natural) & frame["case"].isin(names)]
    seconds = {str(case): float(rows.sum()) for case, rows in frame.groupby("case")["seconds"]}
    return _cover(_changed_releases(frame, rules, since), seconds)


def _changed_releases(
    frame: pd.DataFrame, rules: PairRules, since: Version | None
) -> dict[str, set[_Release]]:
    """Return the releases in which each case changed."""
    releases: dict[str, set[_Release]] = {}
    for lineage in LINEAGES:
        points = change_points(frame[frame["lineage"] == lineage], rules.catalogue, lineage)
        for case, start, end in records(points, "case", "from", "to"):
            if case and (since is None or Version(start) >= since):
                releases.setdefault(case, set()).add((lineage, end))
    return releases


def _cover(releases: Mapping[str, set[_Release]], seconds: Mapping[str, float]) -> list[str]:
    """Return cases that cover all releases, each time the one that adds most for its seconds.

    This greedy choice need not be the smallest, but comes close to it.
    """
    uncovered = set().union(*releases.values())
    chosen: list[str] = []

    def gain(case: str) -> float:
        return len(releases[case] & uncovered) / max(seconds.get(case, 0.0), _LEAST_SECONDS)

    while uncovered:
        best = max(sorted(releases), key=gain)
        chosen.append(best)
        uncovered -= releases[best]
    return chosen
