"""The heat map: its blocks, and the lines between them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from selenium.webdriver import Chrome

from harness.analysis.views import View, make_tables
from harness.releases.pair_rules import PairRules
from harness.report.site.content import SiteContent
from harness.report.site.heat_map import Block, SignatureNumbers, heat_map
from harness.results.model import FORMATS, Result
from harness.results.signatures import Signature
from tests import recorded
from tests.browser import visit
from tests.report.site import sites


def keras_view(results: list[Result], rules: PairRules) -> View:
    return make_tables(results, rules).natural["keras"]


def blocks_of(view: View, case: str, name: str) -> list[Block]:
    """The blocks of one format of a case."""
    (rows,) = [case_rows for case_rows in heat_map(view, SignatureNumbers()).cases
               if case_rows.name == case]  # fmt: skip
    (blocks,) = [blocks for formats, blocks in rows.rows if name in formats]
    return blocks


@pytest.fixture
def results() -> list[Result]:
    return [
        recorded.result(pair)
        for pair in (
            "keras-3.5.0_tensorflow-2.17.0_py3.11",
            sites.KERAS_3_6,
            sites.KERAS_3_7,
            "keras-3.8.0_tensorflow-2.18.0_py3.11",
        )
    ]


def test_neighbours_of_one_behaviour_are_a_block(results: list[Result], rules: PairRules) -> None:
    failing, passing = blocks_of(keras_view(results, rules), "interleaved_dense", "keras")
    assert (failing.width, failing.releases, failing.outcome) == (2, "3.5.0 to 3.6.0", "load-error")
    assert (passing.width, passing.releases, passing.outcome) == (2, "3.7.0 to 3.8.0", "pass")
    assert passing.is_change and not failing.is_change


def test_a_refused_file_is_no_failure_of_its_row(
    content_of_contracts: SiteContent,
) -> None:
    heat = heat_map(content_of_contracts.tables.natural["keras"], SignatureNumbers())
    (rows,) = [case_rows for case_rows in heat.cases if case_rows.name == recorded.CONTRACT]
    assert [(block.label, block.failing) for block in rows.total] == [
        ("refused", ""),
        ("timeout: 2 of 2 formats fail", ""),
        ("accepted: 1 of 2 formats fail", "1/2"),
    ]


def test_the_row_of_a_case_has_its_worst_outcome(results: list[Result], rules: PairRules) -> None:
    heat = heat_map(keras_view(results, rules), SignatureNumbers())
    (rows,) = [case_rows for case_rows in heat.cases if case_rows.name == "interleaved_dense"]
    failing, passing = rows.total
    assert (failing.outcome, passing.outcome) == ("load-error", "pass")
    assert failing.label == f"load-error: {failing.failing.replace('/', ' of ')} formats fail"
    assert (passing.failing, passing.number) == ("", -1)
    assert sum(block.width for block in rows.total) == len(heat.releases) == 4


def test_an_unknown_cell_is_a_block_of_its_own(results: list[Result], rules: PairRules) -> None:
    del results[1].cells["interleaved_dense", "keras"]
    labels = [
        (block.width, block.label, block.number)
        for block in blocks_of(keras_view(results, rules), "interleaved_dense", "keras")
    ]
    assert labels[1] == (1, "not known", -1)
    assert [width for width, _, _ in labels] == [1, 1, 2]


def test_a_release_without_an_environment_is_a_block_of_its_own(
    results: list[Result], rules: PairRules
) -> None:
    results[1] = replace(results[1], outcome="import-error", reason="it says why", cells={})
    blocks = blocks_of(keras_view(results, rules), "interleaved_dense", "keras")
    assert [block.outcome for block in blocks] == ["load-error", "import-error", "pass"]
    assert [block.is_change for block in blocks] == [False, True, True]


def test_solid_lines_are_exactly_the_change_points(content: SiteContent) -> None:
    view = content.tables.natural["keras"]
    first = str(view.frame["keras"].iloc[0])
    lines = {
        (case.name, name, block.releases.split(" ")[0])
        for case in heat_map(view, SignatureNumbers()).cases
        for formats, blocks in case.rows
        for block in blocks
        for name in formats
        if block.is_change
    }
    columns = ["case", "format", "to"]
    assert lines == set(view.changes[columns].itertuples(index=False, name=None))
    assert lines and first not in {keras for _, _, keras in lines}


def test_a_neighbour_that_is_no_predecessor_can_differ_without_a_change(
    content: SiteContent,
) -> None:
    """3.13.0 is drawn after 3.12.4, but behaves like its predecessor 3.12.0."""
    blocks = blocks_of(content.tables.natural["keras"], "contract_node_past_end", "json")
    (block,) = [block for block in blocks if block.releases.startswith("3.13.0")]
    assert not block.is_change


def test_equal_signatures_have_one_number() -> None:
    numbers = SignatureNumbers()
    first, second = Signature("pass"), Signature("timeout")
    assert [numbers.number_of(each) for each in (first, second, Signature("pass"))] == [0, 1, 0]
    assert numbers.number_of(None) == -1
    assert list(numbers) == [first, second]


def test_formats_of_one_history_share_a_row(content: SiteContent) -> None:
    for case in heat_map(content.tables.natural["keras"], SignatureNumbers()).cases:
        formats = [name for names, _ in case.rows for name in names]
        assert len(formats) == len(set(formats)) and set(formats) <= set(FORMATS)


@sites.in_browser
def test_the_browser_draws_solid_lines_exactly_at_change_points(site: Path, driver: Chrome) -> None:
    visit(driver, site / "index.html", "#open=*")
    drawn = driver.execute_script(
        "return [...document.querySelectorAll('#table-keras tr.format')].flatMap((row) =>"
        " [...row.cells].slice(2).map((cell) => [row.parentElement.dataset.case,"
        " row.cells[0].textContent, cell.title.split(':')[0].split(' ')[0],"
        " !cell.classList.contains('apart')]))"
    )
    solid = {
        (case, name, keras)
        for case, formats, keras, is_solid in drawn
        for name in formats.split(", ")
        if is_solid
    }
    changes = {
        (row["case"], row["format"], row["to"])
        for row in sites.csv_rows(site, "changes.csv")
        if row["lineage"] == "keras"
    }
    assert solid == changes and changes
    assert not all(is_solid for *_, is_solid in drawn)
