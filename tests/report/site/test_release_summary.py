"""The summaries of the releases."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.releases.pair_rules import PairRules
from harness.report.site.content import SiteContent
from harness.report.site.release_summary import ReleaseSummary, release_summaries
from harness.results.model import NO_INTERPRETER
from tests import recorded
from tests.report.site import sites


def summaries_of(content: SiteContent) -> dict[str, ReleaseSummary]:
    releases = release_summaries(content, content.tables.natural["keras"])
    return {release.keras: release for release in releases}


@pytest.fixture(scope="module")
def summaries(content: SiteContent) -> dict[str, ReleaseSummary]:
    return summaries_of(content)


@pytest.mark.parametrize(
    ("release", "predecessor"),
    [
        ("2.2.0", ""),
        ("3.12.0", "3.11.3"),
        ("3.12.3", "3.12.2"),
        ("3.12.4", "3.12.3"),
        ("3.13.0", "3.12.0"),
        ("3.13.2", "3.13.1"),
    ],
)
def test_a_release_is_compared_with_its_predecessor_on_the_branch(
    summaries: dict[str, ReleaseSummary], release: str, predecessor: str
) -> None:
    assert summaries[release].predecessor == predecessor


def test_a_maintenance_release_is_parallel_to_a_later_branch(
    summaries: dict[str, ReleaseSummary],
) -> None:
    assert summaries["3.12.1"].parallel_release == "3.13.2"
    assert summaries["3.12.4"].parallel_release == "3.15.1"
    assert summaries["3.15.1"].parallel_release == ""


def test_the_failing_cells_are_listed_by_case_and_label(
    summaries: dict[str, ReleaseSummary],
) -> None:
    (failing,) = [
        cells for cells in summaries["3.6.0"].failing if cells.case == "interleaved_dense"
    ]
    assert (failing.outcome, failing.label) == ("load-error", "load-error ValueError")
    assert {"keras", "h5", "json"} <= set(failing.formats)
    assert "interleaved_dense" not in {cells.case for cells in summaries["3.7.0"].failing}


def test_only_files_that_are_not_refused_fail(content_of_contracts: SiteContent) -> None:
    summaries = summaries_of(content_of_contracts)
    outcomes = {
        keras: [(cells.outcome, cells.formats) for cells in summary.failing_contracts]
        for keras, summary in summaries.items()
    }
    assert outcomes == {
        "3.6.0": [],
        "3.7.0": [("timeout", ["json", "keras"])],
        "3.15.1": [("accepted", ["json"])],
    }
    failing = {cells.case for summary in summaries.values() for cells in summary.failing}
    assert failing and recorded.CONTRACT not in failing


def test_releases_without_cells_are_passed_over(rules: PairRules) -> None:
    missing = replace(recorded.result(sites.KERAS_3_6), outcome=NO_INTERPRETER, cells={})
    oldest = recorded.result("keras-3.5.0_tensorflow-2.17.0_py3.11")
    results = [oldest, missing, recorded.result(sites.KERAS_3_7)]
    summary = summaries_of(sites.content_of(results, rules))["3.7.0"]
    assert (summary.predecessor, summary.unknown_between) == ("3.5.0", ("3.6.0",))
    assert summary.compared_cells == len(results[2].cells)
