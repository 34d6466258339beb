"""The pages of the releases, and the list of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from harness.analysis.change_kinds import ChangeKind
from harness.releases.pair_rules import PairRules
from harness.report.site.release_pages import PARALLEL_HEADINGS
from tests import recorded
from tests.report.site import sites


def test_a_release_lists_what_changed_in_it(site: Path) -> None:
    page = sites.page_text(site / "releases" / "keras-3.7.0.html")
    assert "<h2>Compared with 3.6.0</h2>" in page
    table = page[page.index('<table id="fix"') :]
    assert "interleaved_dense" in table[: table.index("</table>")]


def test_a_maintenance_release_lists_its_differences_from_a_later_branch(
    rules: PairRules, tmp_path: Path
) -> None:
    maintenance = recorded.result("keras-3.12.4_tensorflow-2.21.0_py3.11")
    later = recorded.result("keras-3.15.1_tensorflow-2.21.0_py3.11")
    key = ("contract_node_past_end", "json")
    assert maintenance.cells[key].outcome == "load-error"
    later.cells[key] = replace(later.cells[key], outcome="timeout", error=None)
    site = sites.build([maintenance, later], rules, tmp_path)
    page = sites.page_text(site / "releases" / "keras-3.12.4.html")
    assert "<h2>Differences from 3.15.1</h2>" in page
    assert page.count("<h3>Raises here; hangs, crashes or is silently wrong there</h3>") == 1
    assert "No differences are known" not in page


def test_a_maintenance_release_can_have_no_differences_from_a_later_branch(site: Path) -> None:
    page = sites.page_text(site / "releases" / "keras-3.12.4.html")
    assert "<h2>Compared with 3.12.3</h2>" in page
    assert "<h2>Differences from 3.15.1</h2>" in page
    assert "No differences are known" in page
    newest = sites.page_text(site / "releases" / "keras-3.15.1.html")
    assert "Differences from" not in newest


def test_files_to_refuse_have_a_section_of_their_own(site: Path, site_of_contracts: Path) -> None:
    refusing = sites.page_text(site_of_contracts / "releases" / "keras-3.6.0.html")
    sentence = "refused {} of the 2 files that cannot be loaded properly, as it should."
    assert f"<p>3.6.0 {sentence.format(2)}</p>" in refusing
    accepting = sites.page_text(site_of_contracts / "releases" / "keras-3.15.1.html")
    assert f"<p>3.15.1 {sentence.format(1)} It did not refuse these:</p>" in accepting
    failing = accepting.partition("<h2>What fails</h2>")[2].partition("<h2>")[0]
    assert "normalization_twice" in failing and recorded.CONTRACT not in failing
    others = sites.page_text(site / "releases" / "keras-3.6.0.html")
    assert "refuse" not in others.partition("<h2>What fails</h2>")[2]


def test_every_kind_of_difference_has_a_heading() -> None:
    assert set(PARALLEL_HEADINGS) == set(ChangeKind)


def test_a_release_without_an_environment_is_one_change_of_every_case(site_with_gaps: Path) -> None:
    page = sites.page_text(site_with_gaps / "releases" / "keras-3.6.0.html")
    assert "Nothing changed" not in page
    assert "No module named &#39;x&#39;" in page and page.count("every case") == 1
    starts = {row["from"] for row in sites.csv_rows(site_with_gaps, "changes.csv") if row["case"]}
    assert starts and "3.6.0" not in starts


def test_the_cells_that_could_be_compared_are_counted(rules: PairRules, tmp_path: Path) -> None:
    keras_3_6 = recorded.result(sites.KERAS_3_6)
    half = {key: cell for key, cell in keras_3_6.cells.items() if key[1] == "keras"}
    results = [replace(keras_3_6, cells=half), recorded.result(sites.KERAS_3_7)]
    site = sites.build(results, rules, tmp_path)
    page = sites.page_text(site / "releases" / "keras-3.7.0.html")
    assert f"Only {len(half)} cells have results both here and earlier" in page


def test_a_release_without_a_known_predecessor_does_not_claim_that_nothing_changed(
    rules: PairRules, tmp_path: Path
) -> None:
    missing = replace(
        recorded.result(sites.KERAS_3_6), outcome="no-interpreter", reason="none", cells={}
    )
    site = sites.build([missing, recorded.result(sites.KERAS_3_7)], rules, tmp_path)
    page = sites.page_text(site / "releases" / "keras-3.7.0.html")
    assert "Nothing changed" not in page
    assert "There are no results for an earlier release" in page


def test_the_list_counts_refused_files_apart(site_of_contracts: Path) -> None:
    page = sites.page_text(site_of_contracts / "releases.html")
    row = page[page.index('href="releases/keras-3.6.0.html"') :].partition("</tr>")[0]
    passing, refused, failing = row.split('<td class="number">')[-4:-1]
    assert refused == "2</td>"
    assert passing != failing != "0</td>"


def test_the_list_counts_changed_cells_by_kind(site: Path) -> None:
    page = sites.page_text(site / "releases.html")
    row = page[page.index('href="releases/keras-3.7.0.html"') :].partition("</tr>")[0]
    fixes = [
        change
        for change in sites.csv_rows(site, "changes.csv")
        if (change["lineage"], change["to"], change["kind"]) == ("keras", "3.7.0", "fix")
    ]
    assert f'<span class="kind fix">{len(fixes)}</span>' in row
