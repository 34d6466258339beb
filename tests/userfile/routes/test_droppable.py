"""Keys that may be dropped, by the ledgers that are published."""

from __future__ import annotations

import pytest
from packaging.version import Version

from harness.exchange.ledger import store as ledger_store
from harness.exchange.ledger.ledger import Ledger
from harness.userfile.routes.droppable import Defaults, droppable_for
from harness.userfile.routes.summary import dropped_keys
from tests.userfile.attempts import pair


@pytest.fixture(scope="module")
def ledgers() -> list[Ledger]:
    return ledger_store.read_all().ledgers


def test_what_keras_2_writes_and_keras_3_does_not_accept(ledgers: list[Ledger]) -> None:
    found = droppable_for(pair("3.15.1"), Version("2.15.0"), ledgers)
    assert found["GRU"]["time_major"] == [False]
    assert found["DepthwiseConv2D"]["groups"] == [1]
    assert "units" not in found.get("Dense", {})


def test_what_the_newest_release_writes_and_the_maintained_branch_does_not_accept(
    ledgers: list[Ledger],
) -> None:
    found = droppable_for(pair("3.12.4"), Version("3.15.1"), ledgers)
    assert found["Dense"]["quantization_config"] == [None]
    assert found["GlorotUniform"]["input_axes"] == [None]


def test_a_release_accepts_what_it_writes(ledgers: list[Ledger]) -> None:
    assert droppable_for(pair("3.15.1"), Version("3.15.1"), ledgers) == {}


def test_a_writer_without_a_ledger_is_taken_for_one_of_its_major(ledgers: list[Ledger]) -> None:
    found = droppable_for(pair("3.15.1"), Version("2.2.4"), ledgers)
    assert found["GRU"]["time_major"] == [False]


def test_without_ledgers_nothing_is_dropped() -> None:
    assert droppable_for(pair("3.15.1"), Version("2.15.0"), []) == {}


def test_only_keys_that_the_file_holds_with_their_default_are_told() -> None:
    defaults: Defaults = {"GRU": {"time_major": [False], "implementation": [2]}}
    written = {"layers.GRU": {"time_major": "false", "implementation": "1", "units": "4"}}
    assert dropped_keys(written, defaults) == ["GRU: time_major=false"]
