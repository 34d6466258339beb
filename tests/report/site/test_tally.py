"""Tallies of pairs."""

from __future__ import annotations

import pytest

from harness.releases.pair_rules import PairRules
from harness.report.site.content import SiteContent
from harness.report.site.tally import Tally
from harness.results.model import FORMATS
from harness.results.signatures import Signature
from tests import recorded
from tests.report.site import sites


def test_a_tally_counts_the_cells_of_a_pair(content: SiteContent) -> None:
    tally = content.tallies[sites.KERAS_3_6]
    (result,) = [result for result in content.results if result.pair.id == sites.KERAS_3_6]
    outcomes = [cell.outcome for cell in result.cells.values()]
    assert tally.known == len(outcomes)
    assert tally.unknown == len(content.cases) * len(FORMATS) - len(outcomes)
    assert tally.passing == outcomes.count("pass") > 0
    assert tally.applicable == len(outcomes) - outcomes.count("unsupported")
    assert tally.failing == tally.applicable - tally.passing > 0


def test_refused_files_are_counted_apart_and_do_not_fail(
    content: SiteContent, content_of_contracts: SiteContent
) -> None:
    before, tally = (each.tallies[sites.KERAS_3_6] for each in (content, content_of_contracts))
    assert not before.contract_counts
    assert tally.contract_counts["refused"] == tally.refused == 2
    assert "refused" not in tally.counts
    assert (tally.known, tally.applicable) == (before.known, before.applicable)
    assert (tally.passing, tally.failing) == (before.passing, before.failing - 2)


def test_a_file_that_is_not_refused_fails(content_of_contracts: SiteContent) -> None:
    hanging, accepting = (
        content_of_contracts.tallies[pair] for pair in (sites.KERAS_3_7, sites.NEWEST)
    )
    assert (hanging.contract_counts["timeout"], hanging.refused) == (2, 0)
    assert (accepting.contract_counts["accepted"], accepting.refused) == (1, 1)
    for tally in (hanging, accepting):
        assert tally.to_refuse == 2
        assert tally.failing == tally.applicable - tally.passing - tally.refused


def test_what_a_pair_lacks_was_not_run_unless_the_pair_is_natural(rules: PairRules) -> None:
    natural, other = map(recorded.result, (sites.KERAS_3_7, sites.OTHER_TENSORFLOW))
    key = ("interleaved_dense", "keras")
    del natural.cells[key], other.cells[key]
    tallies = sites.content_of([natural, other], rules).tallies
    assert (tallies[natural.pair.id].unknown, tallies[natural.pair.id].not_run) == (1, 0)
    assert (tallies[other.pair.id].unknown, tallies[other.pair.id].not_run) == (0, 1)


@pytest.mark.parametrize(
    ("tally", "worst"),
    [
        (Tally({"pass": 1, "mismatch": 1, "load-error": 5}), "mismatch"),
        (Tally({"pass": 1, "unsupported": 3}), "pass"),
        (Tally({"unsupported": 3}), ""),
        (Tally({"pass": 1, "timeout": 1}, {"refused": 2, "accepted": 1}), "accepted"),
        (Tally({"unsupported": 1}, {"refused": 2}), "refused"),
        (Tally({}, pair_failure=Signature("unresolvable")), "unresolvable"),
    ],
)
def test_the_worst_outcome(tally: Tally, worst: str) -> None:
    assert tally.worst_outcome == worst
