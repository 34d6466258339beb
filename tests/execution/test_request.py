"""A request: its cells, and its form as options of a session."""

from __future__ import annotations

from pathlib import Path

from harness.execution.cases import Case, Script
from harness.execution.request import Request
from harness.results.model import SCRIPT


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
