"""The page of files that were read by other releases than wrote them."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest

from harness.exchange.corpus import WriterClass
from harness.exchange.table import ExchangeData, exchange_data
from harness.releases.pair import Pair
from harness.releases.pair_rules import PairRules
from harness.report.site.content import SiteContent
from harness.report.site.data_files import data_files
from harness.report.site.exchange_page import exchange_page, format_map
from harness.results.model import Cell, ExceptionRecord, Result
from tests import recorded
from tests.report.site import sites

OLD, OLDER_TWIN, NEW = (
    Pair.parse(pair) for pair in (sites.KERAS_3_7, sites.KERAS_3_6, sites.NEWEST)
)
TWINS = WriterClass("interleaved_dense", "keras", "0" * 12, "", "", (OLDER_TWIN.id, OLD.id))
NEWEST = WriterClass("interleaved_dense", "keras", "1" * 12, "", "", (NEW.id,))
HOSTILE: ExceptionRecord = {
    "type": "TypeError", "message": "<script>alert(1)</script>", "frames": [],
}  # fmt: skip


def reader(pair: Pair, *outcomes: tuple[WriterClass, str]) -> Result:
    cells = [
        Cell(
            entry.case, f"{entry.format}@{entry.digest}", outcome, "digest",
            error=None if outcome == "pass" else HOSTILE,
        )
        for entry, outcome in outcomes
    ]  # fmt: skip
    return Result(pair, cells={cell.key: cell for cell in cells})


def data_of(*readers: Result) -> ExchangeData:
    return exchange_data(readers, [TWINS, NEWEST], [])


@pytest.fixture
def content(rules: PairRules) -> SiteContent:
    data = data_of(
        reader(OLD, (TWINS, "pass"), (NEWEST, "load-error")),
        reader(NEW, (TWINS, "mismatch"), (NEWEST, "pass")),
    )
    results = [recorded.result(sites.KERAS_3_7), recorded.result(sites.NEWEST)]
    return replace(sites.content_of(results, rules), exchange=data)


def test_writers_that_fare_alike_are_one_row(content: SiteContent) -> None:
    found = format_map(content.exchange, "keras")
    assert [str(pair.keras) for pair in found.readers] == ["3.15.1", "3.7.0"]
    assert [row.name for row in found.rows] == ["3.15.1", "3.6.0 to 3.7.0"]
    assert [[cell and cell.wrong for cell in row.cells] for row in found.rows] == [[0, 1], [1, 0]]
    assert found.rows[1].cells[0] == ("mismatch", 1, 1)


def test_a_file_that_was_not_read_leaves_a_dash() -> None:
    found = format_map(
        data_of(reader(OLD, (TWINS, "pass")), reader(NEW, (NEWEST, "pass"))), "keras"
    )
    assert [[cell is None for cell in row.cells] for row in found.rows] == [
        [False, True],
        [True, False],
    ]


def test_the_page_says_why_and_shows_messages_as_text(content: SiteContent) -> None:
    page = exchange_page(content)
    assert "&lt;script&gt;alert(1)" in page and "<script>alert" not in page
    assert "load-error TypeError" in page
    assert "3.6.0 to 3.7.0" in page


def test_without_readings_the_page_says_what_to_do(content: SiteContent) -> None:
    assert "nox -s exchange" in exchange_page(replace(content, exchange=ExchangeData()))


def test_a_reading_is_one_row_of_the_data_file(content: SiteContent) -> None:
    text = data_files(content)["data/exchange.csv"].decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["reader"], row["writers"], row["outcome"]) for row in rows] == [
        ("3.15.1", "3.6.0 3.7.0", "mismatch"),
        ("3.15.1", "3.15.1", "pass"),
        ("3.7.0", "3.6.0 3.7.0", "pass"),
        ("3.7.0", "3.15.1", "load-error"),
    ]
