"""``exchange.js``, which the upgrade page reads."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness.exchange.data import ExchangeData, exchange_data
from harness.exchange.inference import with_inferred
from harness.exchange.readings import readings_of
from harness.releases.pair import Pair
from harness.releases.pair_rules import PairRules
from harness.report.site.exchange_script import exchange_script
from harness.results.model import Cell
from tests.report.site import sites
from tests.report.site.test_upgrade_page import BETWEEN, NEWEST, SICK, TWINS, WEIGHTS, reader


def document_of(data: ExchangeData) -> dict[str, Any]:
    script = exchange_script(data)
    assert script.startswith("const KERAS_BISECT_FILES = ") and script.endswith(";\n")
    parsed: dict[str, Any] = json.loads(script[len("const KERAS_BISECT_FILES = ") : -2])
    return parsed


@pytest.fixture
def document(rules: PairRules) -> dict[str, Any]:
    readings = readings_of(
        [
            reader(sites.KERAS_3_7, a=(TWINS, "pass")),
            reader(sites.NEWEST, a=(TWINS, "pass"), b=(NEWEST, "pass"), c=(SICK, "load-error")),
        ],
        [TWINS, WEIGHTS, NEWEST, SICK],
    )
    return document_of(exchange_data(with_inferred(readings, [BETWEEN], rules.catalogue), []))


def files(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, list[str]]]:
    """For each file, the words that stand for its codes, by version of the reader and by writer."""
    words: dict[tuple[str, str], dict[str, list[str]]] = {}
    for case, name, writers, own, _, runs in document["files"]:
        codes = [code for code, count in runs for _ in range(count)]
        assert len(codes) == len(document["readers"])
        words[f"{case} {name}", ",".join(document["writers"][place][1] for place in writers)] = {
            "not sound": [document["writers"][place][1] for place in own],
            "readers": [
                "-" if code < 0 else document["behaviours"][code >> 1][0] + "?" * (code % 2)
                for code in codes
            ],
        }
    return words


def test_each_file_says_how_each_reader_reads_it(document: dict[str, Any]) -> None:
    assert [version for _, version, _ in document["readers"]] == ["3.7.0", "3.9.0", "3.15.1"]
    found = files(document)
    twins = found["interleaved_dense keras", "3.6.0,3.7.0"]
    assert twins == {"not sound": [], "readers": ["pass", "pass?", "pass"]}
    newest = found["interleaved_dense keras", "3.15.1"]
    assert newest == {"not sound": [], "readers": ["-", "-", "pass"]}


def test_a_writer_that_does_not_read_its_own_file_is_named(document: dict[str, Any]) -> None:
    sick = files(document)["interleaved_dense json", "3.15.1"]
    assert sick == {"not sound": ["3.15.1"], "readers": ["-", "-", "load-error"]}


def test_a_file_that_nobody_was_asked_to_read_is_left_out(document: dict[str, Any]) -> None:
    assert ("interleaved_dense weights", "3.7.0") not in files(document)


def test_a_file_of_which_a_part_was_skipped_is_not_read() -> None:
    cell = Cell(TWINS.case, f"keras@{TWINS.digest}", "pass", "", note="warning: skipped")
    result = reader(sites.NEWEST)
    result.cells[cell.key] = cell
    (behaviour,) = document_of(exchange_data(readings_of([result], [TWINS]), []))["behaviours"]
    assert behaviour == ["part-skipped", "part-skipped", "warning: skipped", False]


def test_a_file_that_should_be_refused_says_so() -> None:
    results = [
        reader(sites.NEWEST, a=(TWINS, "refused")),
        reader(sites.KERAS_3_7, b=(SICK, "pass")),
    ]
    files = document_of(exchange_data(readings_of(results, [TWINS, SICK]), []))["files"]
    assert {(name, must_refuse) for _, name, _, _, must_refuse, _ in files} == {
        ("keras", 1), ("json", 0),
    }  # fmt: skip


def test_a_site_without_exchanges_has_an_empty_script() -> None:
    assert document_of(ExchangeData()) == {
        "writers": [], "readers": [], "behaviours": [], "files": []
    }  # fmt: skip


def test_the_pairs_are_known_by_lineage_and_version(document: dict[str, Any]) -> None:
    newest = Pair.parse(sites.NEWEST)
    assert document["readers"][-1] == ["keras", str(newest.keras), str(newest.tensorflow)]
