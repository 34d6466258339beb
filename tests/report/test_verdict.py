"""The verdict of a matrix for a CI job, on recorded results."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from harness.execution.cases import Case
from harness.execution.digests import pair_digest
from harness.execution.request import Request
from harness.execution.sessions import SessionReport
from harness.releases.pair import Pair
from harness.report.verdict import Verdict, as_annotations, as_junit, as_markdown, judge
from harness.results.model import ExceptionRecord, Result
from tests import recorded

BROKEN, MENDED = "keras-3.6.0_tensorflow-2.16.2_py3.11", "keras-3.7.0_tensorflow-2.16.2_py3.11"


@pytest.fixture(scope="module")
def case() -> Case:
    (found,) = (case for case in recorded.cases() if case.name == "interleaved_dense")
    return found


def verdict_of(
    case: Case,
    *results: Result,
    formats: tuple[str, ...] = ("keras", "weights"),
    reports: tuple[SessionReport, ...] = (),
) -> Verdict:
    request = Request([case], formats, limit=60.0)
    planned = [cell.key for cell in request.cells]
    return judge(results, request, {result.pair: planned for result in results}, reports)


def test_what_fails_is_told_with_its_message(case: Case) -> None:
    verdict = verdict_of(case, recorded.result(BROKEN), recorded.result(MENDED))
    (failing,) = verdict.failing
    assert (failing.name, failing.failure) == ("interleaved_dense (keras)", "load-error ValueError")
    assert "Layer node index out of bounds" in failing.message
    assert verdict.title == "1 of 4 cells of 2 pairs fails"


def test_junit_has_a_suite_for_each_pair(case: Case) -> None:
    root = ET.fromstring(
        as_junit(verdict_of(case, recorded.result(BROKEN), recorded.result(MENDED)))
    )
    suites = root.findall("testsuite")
    assert [suite.get("name") for suite in suites] == [BROKEN, MENDED]
    assert [suite.get("failures") for suite in suites] == ["1", "0"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("savedmodel", "Keras 3 neither writes nor reads models as SavedModel"),
        ("own", "the case does not apply to this format"),
    ],
)
def test_what_does_not_apply_is_skipped_for_its_reason(case: Case, name: str, reason: str) -> None:
    verdict = verdict_of(case, recorded.result(MENDED), formats=(name,))
    assert not verdict.failing and not verdict.unknown
    skipped = ET.fromstring(as_junit(verdict)).find(".//skipped")
    assert skipped is not None
    assert skipped.get("message") == reason


def test_what_was_not_run_is_not_known(case: Case) -> None:
    nothing = Result(Pair.parse(MENDED))
    verdict = verdict_of(case, nothing)
    assert not verdict.failing
    assert verdict.title == "0 of 2 cells of 1 pair fail, 2 are not known"
    assert as_markdown(verdict).splitlines()[-1] == (
        "- `it was not run` in keras 3.7.0 with TensorFlow 2.16.2: "
        r"interleaved\_dense (keras), interleaved\_dense (weights)"
    )


def test_a_release_that_cannot_be_imported_fails_in_every_cell(case: Case) -> None:
    broken = Result(
        Pair.parse(MENDED), outcome="import-error", reason="No module 'x'", digest=pair_digest()
    )
    assert [cell.failure for cell in verdict_of(case, broken).failing] == ["import-error"] * 2


def test_what_other_code_found_is_no_verdict(case: Case) -> None:
    result = recorded.result(MENDED)
    key = ("interleaved_dense", "keras")
    outdated = replace(result, cells={key: replace(result.cells[key], digest="of another case")})
    (cell,) = verdict_of(case, outdated, formats=("keras",)).cells
    assert cell.unknown == "it was not run"


def test_a_cell_that_a_sample_leaves_out_counts_only_if_it_is_known(case: Case) -> None:
    request = Request([case], ("keras", "weights"), limit=60.0)
    result = recorded.result(BROKEN)
    known = {key: cell for key, cell in result.cells.items() if key[1] == "keras"}
    results = [replace(result, cells=known)]
    assert len(judge(results, request, {result.pair: []}).cells) == 1
    everything = [cell.key for cell in request.cells]
    assert len(judge(results, request, {result.pair: everything}).cells) == 2


@pytest.mark.parametrize(
    ("report", "why"),
    [
        (SessionReport(Pair.parse(MENDED), 1, "the disk is full"), "no result: the disk is full"),
        (
            SessionReport(Pair.parse(MENDED), 1, "", ("interleaved_dense.py:3: no", "other.py: x")),
            "faulty case: interleaved_dense.py:3: no",
        ),
        (SessionReport(Pair.parse(MENDED), 1, "", ("other.py:1: x",)), "it was not run"),
        (SessionReport(Pair.parse(BROKEN), 1, "the disk is full"), "it was not run"),
    ],
)
def test_it_says_why_a_cell_has_no_result(case: Case, report: SessionReport, why: str) -> None:
    nothing = Result(Pair.parse(MENDED))
    (cell,) = verdict_of(case, nothing, formats=("h5",), reports=(report,)).unknown
    assert cell.unknown == why


def test_an_annotation_is_one_command_whatever_the_message_holds(case: Case) -> None:
    result = recorded.result(BROKEN)
    key = ("interleaved_dense", "keras")
    error: ExceptionRecord = {
        "type": "E",
        "message": "a\n::set-env name=PATH::/evil\r%0A",
        "frames": [],
    }
    evil = replace(result, cells={**result.cells, key: replace(result.cells[key], error=error)})
    (line,) = as_annotations(verdict_of(case, evil, formats=("keras",)))
    assert line.startswith("::error title=interleaved_dense (keras)::load-error E in keras 3.6.0")
    assert "\n" not in line and "\r" not in line
