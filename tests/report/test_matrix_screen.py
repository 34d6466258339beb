"""The screen that a matrix ends on, made of recorded results."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial

import pytest
from rich.console import Console

from harness.analysis.asked_views import asked_views
from harness.analysis.views import make_tables_of_some
from harness.releases.pair_rules import PairRules
from harness.report.matrix_screen import print_matrix
from harness.report.run_facts import RunFacts, pairs_in_words
from harness.results.model import FORMATS, ExceptionRecord, Result
from tests import recorded
from tests.report.screens import assert_as_kept, text_of

PAIRS = ("keras-3.6.0_tensorflow-2.17.0_py3.11", "keras-3.7.0_tensorflow-2.18.0_py3.11")
HOSTILE = '</pre><script>alert("x")</script> [red]c[/red] \x1b[31m'


def shown(
    console: Console,
    results: Iterable[Result],
    rules: PairRules,
    cases: Sequence[str] = (),
    *,
    run: int = 0,
    not_planned: int = 0,
) -> None:
    """Print the screen of these results; of all recorded cases, unless some are named."""
    results = list(results)
    names = list(cases or sorted(case.name for case in recorded.cases()))
    pairs = [result.pair for result in results]
    keys = [(case, name) for case in names for name in FORMATS]
    views = list(asked_views(make_tables_of_some(results, rules), pairs, keys))
    facts = RunFacts(
        names, FORMATS, pairs_in_words(pairs, {pair.id for pair in rules.natural()}),
        len(keys) * len(pairs), run=run, not_planned=not_planned, duration="2 s",
    )  # fmt: skip
    print_matrix(console, facts, views)


@pytest.fixture(scope="module")
def default_set(rules: PairRules) -> list[Result]:
    return [recorded.refusing(pair.id) for pair in rules.default_set()]


def test_the_default_set(default_set: list[Result], rules: PairRules) -> None:
    assert_as_kept("matrix", lambda console: shown(console, default_set, rules))


def test_one_case_shows_its_formats_and_messages(
    default_set: list[Result], rules: PairRules
) -> None:
    assert_as_kept(
        "one-case", lambda console: shown(console, default_set, rules, ["interleaved_dense"])
    )
    assert_as_kept(
        "contract", lambda console: shown(console, default_set, rules, [recorded.CONTRACT])
    )


def test_every_natural_pair_fits_into_the_width(rules: PairRules) -> None:
    results = [recorded.refusing(pair.id) for pair in rules.natural()]
    assert_as_kept("natural", lambda console: shown(console, results, rules))


def test_both_axes_give_a_block_for_each_tensorflow(rules: PairRules) -> None:
    results = [result for result in recorded.results() if str(result.pair.keras) == "3.15.1"]
    results += [result for result in recorded.results() if str(result.pair.keras) == "3.7.0"]
    assert_as_kept("cross", lambda console: shown(console, results, rules, not_planned=100))


def test_the_default_set_fits_into_24_lines(default_set: list[Result], rules: PairRules) -> None:
    text = text_of(lambda console: shown(console, default_set, rules), 80)
    assert len(text.splitlines()) <= 24 - 3  # the report, the session's last line, the prompt


def test_the_headline_is_first_and_a_refused_file_is_no_failure(rules: PairRules) -> None:
    results = [recorded.refusing(PAIRS[0])]
    text = text_of(lambda console: shown(console, results, rules), 80)
    first, *_ = text.split("\n\n")[1].splitlines()[1:]
    assert first.startswith("interleaved_dense")
    assert recorded.CONTRACT not in text and "(1 rightly refused)" in text
    accepting = [recorded.refusing(PAIRS[0], json="accepted")]
    text = text_of(lambda console: shown(console, accepting, rules), 80)
    assert f"{recorded.CONTRACT}" in text and "A wrongly accepted" in text


def test_what_was_run_and_what_is_unknown_is_said(rules: PairRules) -> None:
    results = [recorded.result(pair) for pair in PAIRS]
    text = text_of(lambda console: shown(console, results, rules, run=10), 80)
    assert "Known: 134 of 144 cells; 10 were run in 2 s." in text


def test_what_may_not_have_been_run_again_is_not_said_to_have_been_run() -> None:
    facts = RunFacts(["dense_twice"], ["h5", "keras"], "a pair", 2, run=2, duration="3 s")
    assert "0 of 2 cells; 2 were run in 3 s." in " ".join(facts.sentences())
    told = " ".join(replace(facts, may_be_older=True).sentences())
    assert "up to 2 were run in 3 s; those that were not keep older results." in told


def test_what_is_not_known_is_said_to_be_unknown(rules: PairRules) -> None:
    results = [recorded.result(PAIRS[0])]
    text = text_of(lambda console: shown(console, results, rules, ["no_such_case"]), 80)
    assert text.endswith("Nothing is known about what was asked for.\n")


def test_a_case_without_a_result_is_neither_right_nor_wrong(rules: PairRules) -> None:
    older, newer = (recorded.result(pair) for pair in PAIRS)
    cells = {key: cell for key, cell in newer.cells.items() if key[0] != "dense_twice"}
    counts = [
        re.findall(
            r"Keras 3\.7\.0: (\d+) cases? right, (\d+) wrong([^.]*)\.",
            text_of(partial(shown, results=[older, newest], rules=rules), 80),
        )
        for newest in (newer, replace(newer, cells=cells))
    ]
    ((right, wrong, _),), ((right_of_rest, wrong_of_rest, rest),) = counts
    assert (int(right_of_rest), wrong_of_rest) == (int(right) - 1, wrong)
    assert rest == ", 1 without a result"


def test_a_case_that_only_has_unsupported_formats_does_not_pass(rules: PairRules) -> None:
    newer = recorded.result(PAIRS[1])
    cells = {
        key: cell
        for key, cell in newer.cells.items()
        if key[0] != "dense_twice" or cell.outcome == "unsupported"
    }
    text = text_of(lambda console: shown(console, [replace(newer, cells=cells)], rules), 80)
    assert "1 has no result." in text and "1 without a result." in text


def test_a_release_without_an_environment_is_no_failure_of_a_case(rules: PairRules) -> None:
    broken = Result(recorded.result(PAIRS[1]).pair, outcome="unresolvable", reason="no keras")
    results = [recorded.result(PAIRS[0]), broken]
    text = text_of(lambda console: shown(console, results, rules), 80)
    assert "Keras 3.7.0 has no environment" in text and "✗ no environment" in text
    assert "dense_twice" not in text


def test_a_release_is_not_said_to_be_the_same_as_one_of_another_branch(rules: PairRules) -> None:
    results = [recorded.result(pair) for pair in recorded.TWO_BRANCHES]
    text = text_of(lambda console: shown(console, results, rules), 120)
    assert "Nothing changed" not in text
    assert "The others are on another branch, so they are not compared with it." in text


def test_untrusted_text_is_neither_markup_nor_a_control_sequence(rules: PairRules) -> None:
    error: ExceptionRecord = {
        "type": HOSTILE, "message": HOSTILE, "frames": [[HOSTILE, HOSTILE, 1]],
    }  # fmt: skip
    result = recorded.result(PAIRS[1])
    cells = {
        key: replace(cell, outcome="load-error", note=HOSTILE, error=error)
        for key, cell in result.cells.items()
    }
    results = [recorded.result(PAIRS[0]), replace(result, cells=cells)]
    for cases in ((), ("interleaved_dense",)):
        text = text_of(partial(shown, results=results, rules=rules, cases=cases), 80)
        assert "alert" in text and "\x1b" not in text


def test_a_terminal_gets_colours_and_a_file_gets_none(
    default_set: list[Result], rules: PairRules
) -> None:
    def show(console: Console) -> None:
        shown(console, default_set, rules)

    assert "\x1b[" in text_of(show, 80, is_terminal=True)
    assert "\x1b[" not in text_of(show, 80)


def test_no_color_is_honoured(
    default_set: list[Result], rules: PairRules, monkeypatch: pytest.MonkeyPatch
) -> None:
    def colours() -> list[str]:
        text = text_of(lambda on: shown(on, default_set, rules), 80, is_terminal=True)
        return re.findall(r"\x1b\[(?:\d+;)*[349]\d[;m]", text)

    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert colours()
    monkeypatch.setenv("NO_COLOR", "1")
    assert not colours()
