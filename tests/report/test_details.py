"""The details of a matrix: histories and change points."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from rich.console import Console

from harness.analysis.views import make_tables
from harness.releases.pair_rules import PairRules
from harness.report.details import print_details
from harness.results.model import SCRIPT, Cell, ExceptionRecord, Result
from tests import recorded
from tests.report.screens import assert_as_kept, text_of

PAIRS = ("keras-3.6.0_tensorflow-2.17.0_py3.11", "keras-3.7.0_tensorflow-2.18.0_py3.11")
HOSTILE = '</pre><script>alert("x")</script> [red]c[/red] \x1b[31m'


def shown(console: Console, results: list[Result], rules: PairRules, case: str = "") -> None:
    """Print the details of a case, or of all cases, of these results."""
    pairs = [result.pair for result in results]
    keys = {key for result in results for key in result.cells if case in ("", key[0])}
    print_details(console, make_tables(results, rules), pairs, keys)


def printed(
    results: list[Result], rules: PairRules, case: str = "", *, colour: bool = False
) -> str:
    return text_of(lambda console: shown(console, results, rules, case), 400, is_terminal=colour)


@pytest.fixture
def results() -> list[Result]:
    return [recorded.result(pair) for pair in PAIRS]


def test_the_details_of_two_releases(results: list[Result], rules: PairRules) -> None:
    assert_as_kept("details", lambda console: shown(console, results, rules))


def test_change_points_are_listed_newest_release_first(rules: PairRules) -> None:
    releases = [recorded.result(pair.id) for pair in rules.default_set()]
    text = printed(releases, rules, "interleaved_dense")
    _, _, changes = text.partition("Change points: ")
    ends = re.findall(r"^[a-z ]+ [\d.]+ to ([\d.]+):", changes, re.MULTILINE)
    assert ends == ["3.7.0", "3.3.3", "3.0.5", "3.0.5"] and "┃" not in text


def test_failing_cases_have_a_history_and_the_others_are_named(
    results: list[Result], rules: PairRules
) -> None:
    histories, _, rest = printed(results, rules).partition("cases that fail nowhere:")
    passing, _, change_points = rest.partition("Change points: ")
    assert "3.6.0 load-error ValueError" in histories and "3.7.0 pass" in histories
    assert "interleaved_dense" in histories and "interleaved_dense" not in passing
    assert "interleaved_dense" in change_points


def test_a_file_that_is_refused_is_no_failure(rules: PairRules) -> None:
    refusing = recorded.refusing(PAIRS[0])
    histories, _, others = printed([refusing], rules).partition("cases that fail nowhere:")
    assert recorded.CONTRACT not in histories and recorded.CONTRACT in others
    accepting = recorded.refusing(PAIRS[0], json="accepted")
    histories, _, others = printed([accepting], rules).partition("cases that fail nowhere:")
    assert recorded.CONTRACT in histories and "3.6.0 accepted" in histories


def test_the_colour_of_a_change_is_that_of_its_outcome_whatever_its_text(
    rules: PairRules,
) -> None:
    def differing(pair: str, message: str) -> Result:
        result = recorded.result(pair)
        error: ExceptionRecord = {"type": "Different", "message": message, "frames": []}
        cell = result.cells["interleaved_dense", "keras"]
        changed = replace(cell, outcome="mismatch", error=error)
        return replace(result, cells={cell.key: changed})

    results = [differing(PAIRS[0], "weights: 2"), differing(PAIRS[1], "outputs: 3")]
    _, _, change_points = printed(results, rules, colour=True).partition("Change points: ")
    assert re.search(r"\x1b\[1;35mmismatch: outputs", change_points)


def test_sentences_take_the_place_of_empty_tables(results: list[Result], rules: PairRules) -> None:
    assert printed(results, rules, "dense_twice").splitlines() == [
        "Compatibility of keras: each release with the TensorFlow of its day: nothing fails.",
        "",
        "cases that fail nowhere:",
        "  dense_twice",
        "",
        "None of these cells changes between these 2 releases.",
    ]


def test_releases_of_two_branches_are_not_said_to_be_the_same(rules: PairRules) -> None:
    results = [recorded.result(pair) for pair in recorded.TWO_BRANCHES]
    assert printed(results, rules, "dense_twice").splitlines()[-1] == (
        "None of these cells changes along the branches of these 2 releases; "
        "releases on different branches are not compared."
    )


def test_one_release_has_no_change_points(rules: PairRules) -> None:
    text = printed([recorded.result(PAIRS[0])], rules, "interleaved_dense")
    assert "One release has no change points; select several to compare them." in text
    assert "load-error ValueError" in text and "Change points" not in text


def test_what_is_not_known_is_said_to_be_unknown(rules: PairRules) -> None:
    text = printed([recorded.result(PAIRS[0])], rules, "no_such_case")
    assert text == "Nothing is known about what was asked for.\n"


def test_the_cell_of_a_script_is_shown(rules: PairRules) -> None:
    result = recorded.result(PAIRS[0])
    cell = Cell("repro", SCRIPT, "script-error", "digest")
    text = printed([replace(result, cells={cell.key: cell})], rules)
    assert "repro" in text and "3.6.0 script-error" in text


def test_untrusted_text_is_neither_markup_nor_a_control_sequence(rules: PairRules) -> None:
    result = recorded.result(PAIRS[1])
    error: ExceptionRecord = {
        "type": HOSTILE, "message": HOSTILE, "frames": [[HOSTILE, HOSTILE, 1]],
    }  # fmt: skip
    hostile = replace(
        result,
        cells={key: replace(cell, note=HOSTILE, error=error) for key, cell in result.cells.items()},
    )
    text = printed([recorded.result(PAIRS[0]), hostile], rules)
    assert "alert" in text and "[red]c[/red]" in text and "\x1b" not in text
