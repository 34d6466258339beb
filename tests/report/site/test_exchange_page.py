"""The page of files that were read by other releases than wrote them."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from dataclasses import replace
from importlib.resources import files

import msgspec
import pytest

from harness.exchange.corpus import WriterClass
from harness.exchange.data import ExchangeData, exchange_data
from harness.exchange.inference import with_inferred
from harness.exchange.readings import readings_of
from harness.releases.pair import Pair
from harness.releases.pair_rules import PairRules
from harness.report.site.case_pages import case_pages
from harness.report.site.content import SiteContent
from harness.report.site.exchange_data import exchange_files
from harness.report.site.exchange_maps import (
    MapCell,
    case_maps,
    files_counted,
    format_map,
    grid_of,
    grouped,
)
from harness.report.site.exchange_page import exchange_cases_page, exchange_page
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
    return exchange_data(readings_of(readers, [TWINS, NEWEST]), [])


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
    assert [group.name for group in found.readers] == ["3.15.1", "3.7.0"]
    assert [row.writers.name for row in found.rows] == ["3.15.1", "3.6.0 to 3.7.0"]
    assert [[cell and cell.wrong for cell in row.cells] for row in found.rows] == [[0, 1], [1, 0]]
    assert found.rows[1].cells[0] == MapCell("mismatch", "mismatch", 1, 1, inferred=False, silent=1)


def test_readers_that_fare_alike_are_one_column() -> None:
    found = format_map(data_of(reader(OLD, (TWINS, "pass")), reader(NEW, (TWINS, "pass"))), "keras")
    assert [group.name for group in found.readers] == ["3.7.0 to 3.15.1"]
    assert [len(row.cells) for row in found.rows] == [1]


def test_what_was_inferred_is_told_apart(content: SiteContent, rules: PairRules) -> None:
    between = Pair.parse("keras-3.9.0_tensorflow-2.18.0_py3.11")
    measured = readings_of([reader(OLD, (TWINS, "pass")), reader(NEW, (TWINS, "pass"))], [TWINS])
    data = exchange_data(with_inferred(measured, [between], rules.catalogue), [])
    page = exchange_page(replace(content, exchange=data))
    assert "2 loads were measured. 1 more were inferred" in page
    cells = {
        (OLD, between): MapCell("pass", "pass", 0, 1, inferred=True),
        (OLD, NEW): MapCell("mismatch", "mismatch", 1, 1, inferred=False),
    }
    found = grouped(grid_of(cells))
    assert [[cell and cell.inferred for cell in row.cells] for row in found.rows] == [[False, True]]


def test_of_releases_that_share_a_cell_the_fewest_and_the_most_cases_are_told() -> None:
    cells = {
        (writer, NEW): MapCell("load-error", "load-error", 1, cases, inferred=False)
        for writer, cases in ((OLD, 61), (OLDER_TWIN, 65))
    }
    (row,) = grouped(grid_of(cells)).rows
    (cell,) = row.cells
    assert cell is not None
    assert (row.writers.name, cell.among) == ("3.6.0 to 3.7.0", "61 to 65")
    (alone,) = grouped(grid_of({(OLD, NEW): cells[OLD, NEW]})).rows[0].cells
    assert alone is not None
    assert alone.among == "61"


def test_where_not_all_files_are_known_nothing_counts_as_read() -> None:
    other = msgspec.structs.replace(TWINS, case="dense_twice")
    results = [reader(OLD, (TWINS, "pass")), reader(NEW, (TWINS, "load-error"))]
    found = format_map(exchange_data(readings_of(results, [TWINS, other]), []), "keras")
    assert [group.name for group in found.readers] == ["3.15.1"]
    (row,) = found.rows
    assert row.cells == [
        MapCell("load-error", "load-error", 1, 1, False, is_partial=True, loud="load-error")
    ]


def test_files_that_their_writer_does_not_read_are_said_not_to_count() -> None:
    other = msgspec.structs.replace(TWINS, case="dense_twice")
    old = reader(OLD, (TWINS, "pass"), (other, "load-error"))
    data = exchange_data(readings_of([old], [TWINS, other]), [])
    assert files_counted(data, "keras", [OLD]) == "1 of 2"
    assert files_counted(data, "keras", data.writers) == "1 to 2 of 2"


def test_the_data_file_says_by_whose_files_no_reader_is_judged(content: SiteContent) -> None:
    legacy = "tf-keras-2.18.0_tensorflow-2.18.0_py3.11"
    file = msgspec.structs.replace(TWINS, writers=(OLD.id, legacy))
    results = [
        reader(OLD, (file, "load-error")),
        reader(NEW, (file, "pass")),
        reader(Pair.parse(legacy), (file, "pass")),
    ]
    data = exchange_data(readings_of(results, [file]), [])
    made = exchange_files(replace(content, exchange=data))["data/exchange.csv.gz"]
    rows = list(csv.DictReader(io.StringIO(gzip.decompress(made).decode())))
    assert {(row["writers"], row["unsound_for"]) for row in rows} == {
        ("3.7.0 tf-keras-2.18.0", "3.7.0")
    }
    assert [row["reader"] for row in rows] == ["3.7.0", "3.15.1", "tf-keras-2.18.0"]


def test_keras_comes_before_tf_keras_in_every_map() -> None:
    legacy = Pair.parse("tf-keras-2.18.0_tensorflow-2.18.0_py3.11")
    results = [
        reader(NEW, (TWINS, "load-error"), (NEWEST, "pass")),
        reader(OLD, (TWINS, "pass"), (NEWEST, "load-error")),
        reader(legacy, (TWINS, "pass"), (NEWEST, "timeout")),
    ]
    file = msgspec.structs.replace(TWINS, writers=(OLD.id, legacy.id))
    data = exchange_data(readings_of(results, [file, NEWEST]), [])
    (one,) = case_maps(data, "keras")
    for found in (format_map(data, "keras"), one.map):
        assert [group.name for group in found.readers] == ["3.15.1", "3.7.0", "tf-keras 2.18.0"]
        assert [row.writers.name for row in found.rows] == ["3.15.1", "3.7.0", "tf-keras 2.18.0"]


def test_silent_differences_are_told_apart_from_refusals() -> None:
    other = msgspec.structs.replace(TWINS, case="dense_twice")
    third = msgspec.structs.replace(TWINS, case="siamese_pair")
    result = reader(NEW, (TWINS, "mismatch"), (other, "load-error"), (third, "load-error"))
    found = format_map(exchange_data(readings_of([result], [TWINS, other, third]), []), "keras")
    (cell,) = found.rows[0].cells
    assert cell is not None
    assert (cell.outcome, cell.parts) == ("mismatch", [("load-error", 2), ("mismatch", 1)])


def test_cases_with_the_same_map_share_it(content: SiteContent) -> None:
    twin = msgspec.structs.replace(TWINS, case="dense_twice")
    result = reader(NEW, (TWINS, "load-error"), (twin, "load-error"))
    data = exchange_data(readings_of([result], [TWINS, NEWEST, twin]), [])
    (found,) = case_maps(data, "keras")
    assert found.cases == ["dense_twice", "interleaved_dense"]
    page = exchange_cases_page(replace(content, exchange=data))
    assert "load-error TypeError" in page and "&lt;script&gt;" not in page


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


def test_a_file_of_which_a_part_was_skipped_is_no_pass(content: SiteContent) -> None:
    cell = Cell(TWINS.case, f"keras@{TWINS.digest}", "pass", "digest", note="warning: skipped")
    skipping = Result(NEW, cells={cell.key: cell})
    data = data_of(reader(OLD, (TWINS, "pass")), skipping)
    page = exchange_page(replace(content, exchange=data))
    reason = page[page.index("Why files are not read") :]
    assert (
        '<span class="state part-skipped"><span aria-hidden="true">⚠</span> part-skipped' in reason
    )
    assert "pass Warning" not in page


def test_the_maps_of_single_cases_have_links_to_the_formats(content: SiteContent) -> None:
    start = exchange_cases_page(content).partition("<h2")[0]
    assert re.search(r'Formats: <a href="#[a-z0-9]+">', start)


def test_text_on_hatched_cells_can_be_read() -> None:
    css = (files("harness.report.site") / "assets" / "style.css").read_text()
    (percent,) = re.findall(r"\.inferred .*currentcolor (\d+)%", css)
    share = int(percent) / 100
    colours = dict(re.findall(r"--([a-z-]+): (light-dark\(.*?\));", css))
    for name in ("pass", "error", "hang", "mismatch"):
        plain, text = (_light_and_dark(colours[each]) for each in (name, f"{name}-text"))
        for below, above in zip(plain, text, strict=True):
            striped = tuple((1 - share) * b + share * a for a, b in zip(above, below, strict=True))
            assert _contrast(above, striped) > 4.2, name


def _light_and_dark(colours: str) -> list[tuple[float, ...]]:
    found = [
        digits * 2 if len(digits) == 3 else digits for digits in re.findall(r"#(\w+)", colours)
    ]
    return [tuple(bytes.fromhex("".join(digits))) for digits in found]


def _contrast(*colours: tuple[float, ...]) -> float:
    """The contrast ratio of two colours, as WCAG defines it."""
    linear = [
        [
            ((part / 255 + 0.055) / 1.055) ** 2.4 if part > 10 else part / 255 / 12.92
            for part in each
        ]
        for each in colours
    ]
    dark, light = sorted(
        0.2126 * red + 0.7152 * green + 0.0722 * blue for red, green, blue in linear
    )
    return (light + 0.05) / (dark + 0.05)


def test_without_readings_the_page_says_what_to_do(content: SiteContent) -> None:
    assert "nox -s exchange" in exchange_page(replace(content, exchange=ExchangeData()))


def test_a_reading_is_one_row_of_the_data_file(content: SiteContent) -> None:
    text = gzip.decompress(exchange_files(content)["data/exchange.csv.gz"]).decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["reader"], row["writers"], row["outcome"]) for row in rows] == [
        ("3.7.0", "3.6.0 3.7.0", "pass"),
        ("3.7.0", "3.15.1", "load-error"),
        ("3.15.1", "3.6.0 3.7.0", "mismatch"),
        ("3.15.1", "3.15.1", "pass"),
    ]
    assert {row["unsound_for"] for row in rows} == {""}
    assert {row["inferred"] for row in rows} == {"false"}


def test_a_message_is_made_safe_for_spreadsheets_and_for_nothing_else(
    content: SiteContent,
) -> None:
    formula = Cell(
        TWINS.case, f"keras@{TWINS.digest}", "load-error", "digest",
        error={**HOSTILE, "message": "=HYPERLINK(0)"},
    )  # fmt: skip
    data = data_of(Result(NEW, cells={formula.key: formula}))
    made = exchange_files(replace(content, exchange=data))
    (row,) = csv.DictReader(io.StringIO(gzip.decompress(made["data/exchange.csv.gz"]).decode()))
    (line,) = gzip.decompress(made["data/exchange.jsonl.gz"]).splitlines()
    assert row["message"] == "'=HYPERLINK(0)"
    assert json.loads(line)["message"] == "=HYPERLINK(0)"


def test_the_page_of_a_case_leads_to_its_maps(content: SiteContent) -> None:
    same_everywhere = msgspec.structs.replace(TWINS, format="weights")
    results = [
        reader(OLD, (TWINS, "pass"), (same_everywhere, "pass")),
        reader(NEW, (TWINS, "mismatch"), (same_everywhere, "pass")),
    ]
    data = exchange_data(readings_of(results, [TWINS, same_everywhere]), [])
    content = replace(content, exchange=data)
    pages = dict(case_pages(content, []))
    page = pages["cases/interleaved_dense.html"]
    anchor = "keras-interleaved_dense"
    assert f'<a href="../exchange-cases.html#{anchor}">some releases do not read them</a>' in page
    assert "<li>weights: all releases that were asked read them</li>" in page
    assert f'id="{anchor}"' in exchange_cases_page(content)
    assert 'id="files"' not in pages["cases/dense_twice.html"]
