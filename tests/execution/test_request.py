"""A request: its cells, its form as options, and what it still has to run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.execution.cases import Case, Script
from harness.execution.digests import pair_digest
from harness.execution.request import CellRequest, Request
from harness.results.model import FORMATS, SCRIPT, Result
from tests import recorded


def test_the_cells_are_every_case_in_every_format() -> None:
    cases = [Case(name, Path(f"{name}.py")) for name in ("one", "two")]
    cells = Request(cases, ["h5", "json"], 60).cells
    assert [cell.key for cell in cells] == [
        ("one", "h5"), ("one", "json"), ("two", "h5"), ("two", "json"),
    ]  # fmt: skip


def test_a_plain_request_names_its_limit_cases_and_formats() -> None:
    request = Request([Case("one", Path("one.py"))], ["h5"], 2.5)
    assert request.arguments() == ["--timeout=2.5", "--case=one", "--format=h5"]


def test_a_script_is_named_by_its_path_and_has_no_format() -> None:
    request = Request([Script("repro", Path("/tmp/repro.py"))], [SCRIPT], 60)
    assert request.arguments() == ["--timeout=60", "--script=/tmp/repro.py"]


def test_everything_else_is_an_option_only_where_it_is_not_the_default() -> None:
    request = Request(
        [], [], 60, wheel="tensorflow", rerun=True, prune=True, folder=Path("/results"),
        catalogue=Path("/catalogue.json"), vary=True, fork_server=False,
    )  # fmt: skip
    assert request.arguments() == [
        "--timeout=60", "--wheel=tensorflow", "--results=/results",
        "--catalogue=/catalogue.json", "--vary", "--no-fork-server", "--rerun", "--prune",
    ]  # fmt: skip


@pytest.fixture
def result() -> Result:
    return recorded.result("keras-3.6.0_tensorflow-2.17.0_py3.11")


@pytest.fixture
def cases() -> list[Case]:
    return recorded.cases()


def formats_of(result: Result, case: Case) -> list[str]:
    return [name for name in FORMATS if (case.name, name) in result.cells]


def test_only_the_cells_of_a_changed_case_are_unknown(result: Result, cases: list[Case]) -> None:
    formats = formats_of(result, cases[0])
    request = Request(cases, formats, 1)
    assert request.unknown_in(result) == []
    vars(cases[0])["digest"] = "of other code"  # where the cached property keeps it
    assert request.unknown_in(result) == [CellRequest(cases[0], name) for name in formats]


def test_a_timeout_is_known_only_up_to_its_limit(cases: list[Case]) -> None:
    result = recorded.result("keras-3.7.0_tensorflow-2.18.0_py3.11")
    (case,) = [case for case in cases if case.name == "contract_node_past_end"]
    cell = result.cells[case.name, "json"]
    assert (cell.outcome, cell.limit) == ("timeout", case.limit(30))
    assert Request([case], ["json"], 30).unknown_in(result) == []
    result.cells[cell.key] = replace(cell, limit=cell.limit / 2)
    assert Request([case], ["json"], 30).unknown_in(result) == [CellRequest(case, "json")]
    assert Request([case], ["json"], cell.limit / 2).unknown_in(result) == []


def test_the_outcome_of_a_pair_is_known_until_the_rules_change(
    result: Result, cases: list[Case]
) -> None:
    request = Request(cases, FORMATS, 1)
    absent = Result(result.pair, outcome="unresolvable", digest=pair_digest())
    assert request.unknown_in(absent) == []
    assert len(request.cells) == len(cases) * len(FORMATS) > 0
    assert request.unknown_in(replace(absent, digest="of other rules")) == request.cells
    assert request.unknown_in(replace(absent, outcome="no-interpreter")) == request.cells


@pytest.mark.parametrize(
    ("facts", "is_of_one_wheel"),
    [
        ({"only_this_wheel": True}, True),
        ({"only_this_wheel": True, "as_of": "2024-10-05"}, True),
        ({}, True),  # before there was the field
        ({"only_this_wheel": False}, False),
        ({"as_of": "2024-10-05"}, False),
    ],
)
def test_an_outcome_of_one_tensorflow_package_is_not_that_of_the_default_one(
    result: Result, cases: list[Case], facts: dict[str, Any], is_of_one_wheel: bool
) -> None:
    environment = {"wheel": "tensorflow", **facts}
    absent = Result(result.pair, environment, outcome="unresolvable", digest=pair_digest())
    assert Request(cases, FORMATS, 1, "tensorflow").unknown_in(absent) == []
    by_default = Request(cases, FORMATS, 1)
    assert by_default.unknown_in(absent) == (by_default.cells if is_of_one_wheel else [])


def test_nothing_is_known_of_another_tensorflow_package(result: Result, cases: list[Case]) -> None:
    other = {"tensorflow": "tensorflow-cpu"}.get(result.environment["wheel"], "tensorflow")
    assert Request(cases, ["keras"], 1, result.environment["wheel"]).unknown_in(result) == []
    assert len(Request(cases, ["keras"], 1, other).unknown_in(result)) == len(cases) > 0
