"""Result files, on the ones that real runs left in ``reports/results``."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from harness.execution.cases import all_cases, code_digests
from harness.execution.digests import pair_digest
from harness.execution.request import Request
from harness.results import store
from harness.results.document import DamagedResult
from harness.results.model import FORMATS, Result
from harness.results.validity import without_outdated
from harness.util.paths import RESULTS

RECORDED = RESULTS / "keras-3.6.0_tensorflow-2.17.0_py3.11.json"


def test_a_result_reads_back_as_it_was_written(tmp_path: Path) -> None:
    written = store.write(store.read(RECORDED), tmp_path)
    assert written.read_text() == RECORDED.read_text()
    assert list(tmp_path.iterdir()) == [written]


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_a_result_cut_short_is_named_and_not_trusted(tmp_path: Path, share: float) -> None:
    text = RECORDED.read_text()
    cut = tmp_path / RECORDED.name
    cut.write_text(text[: int(len(text) * share)])
    with pytest.raises(DamagedResult, match=r"keras-3\.6\.0.* cannot be trusted"):
        store.read(cut)


def test_a_changed_case_is_missing_and_the_others_are_known(tmp_path: Path) -> None:
    result = store.read(RECORDED)
    case, *others = all_cases()
    assert Request([case, *others], FORMATS, 1).unknown_in(result) == []
    copy = shutil.copy(case.path, tmp_path)
    Path(copy).write_text(case.path.read_text() + "\nCHANGED = True\n")
    changed = replace(case, path=Path(copy))
    assert Request([changed, *others], FORMATS, 1).unknown_in(result) == [
        (changed, name) for name in FORMATS
    ]


def test_a_timeout_is_known_only_up_to_its_limit() -> None:
    result = store.read(RESULTS / "keras-3.7.0_tensorflow-2.18.0_py3.11.json")
    case = next(case for case in all_cases() if case.name == "contract_node_past_end")
    cell = result.cells[case.name, "json"]
    assert (cell.outcome, cell.limit) == ("timeout", case.limit(30))
    assert Request([case], ["json"], 30).unknown_in(result) == []
    result.cells[cell.key] = replace(cell, limit=cell.limit / 2)
    assert Request([case], ["json"], 30).unknown_in(result) == [(case, "json")]
    assert Request([case], ["json"], cell.limit / 2).unknown_in(result) == []


def test_cells_of_changed_and_removed_cases_are_left_out(tmp_path: Path) -> None:
    result = store.read(RECORDED)
    first, *others = all_cases()
    (kept,), dropped = without_outdated([result], code_digests(others))
    assert dropped == len(FORMATS)
    assert {case for case, _ in kept.cells} == {case.name for case in others}
    assert without_outdated([result], code_digests([first, *others]))[1] == 0


def test_a_file_under_the_name_of_another_pair_is_not_trusted(tmp_path: Path) -> None:
    other = tmp_path / "keras-3.7.0_tensorflow-2.18.0_py3.11.json"
    shutil.copy(RECORDED, other)
    with pytest.raises(DamagedResult, match=r"it holds keras-3\.6\.0"):
        store.read(other)


def test_an_outcome_of_a_pair_is_known_until_the_rules_change() -> None:
    pair = store.read(RECORDED).pair
    absent = Result(pair, outcome="unresolvable", digest=pair_digest())
    assert Request(all_cases(), FORMATS, 1).unknown_in(absent) == []
    other_rules = replace(absent, digest="of other rules")
    assert len(Request(all_cases(), FORMATS, 1).unknown_in(other_rules)) == len(all_cases()) * len(
        FORMATS
    )
    no_interpreter = replace(absent, outcome="no-interpreter")
    assert Request(all_cases(), FORMATS, 1).unknown_in(no_interpreter)


def test_another_wheel_than_the_recorded_one_is_not_known() -> None:
    result = store.read(RECORDED)
    assert len(Request(all_cases(), ["keras"], 1, "tensorflow").unknown_in(result)) == len(
        all_cases()
    )
