"""The answer as Markdown for an upstream issue, which notifies nobody and links nothing."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from harness.bisect.answer.fact import Fact
from harness.bisect.answer.summary import BisectionSummary, as_markdown
from harness.bisect.bisection import Bisection
from harness.bisect.question import Question
from harness.bisect.source_diff import FunctionDiff
from harness.execution.cases import Case, Script
from harness.releases.pair_rules import PairRules
from harness.results.model import SCRIPT
from tests.bisect.observations import point
from tests.bisect.test_bisection import bisection

HOSTILE = (
    "@all #123 keras-team/keras#1 GH-7 0123456789abcdef https://a.invalid/issues/1 "
    "</details><script> `` ``` ~~~ &#64;me *b* [c](d)\n# x"
)
#: What GitHub would turn into something, outside of code.
TURNED = re.compile(r"@\w|#\d|GH-\d|\b[0-9a-f]{7,40}\b|://|<(?!/?(?:details|summary)>)")


def outside_of_code(page: str) -> str:
    """The page without its blocks and spans of code, and without escaped characters."""
    page = re.sub(r"^(`{3,})\w*\n.*?^\1$", "", page, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"\\.|(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", "", page)


@pytest.fixture
def whole(rules: PairRules, tmp_path: Path) -> Bisection:
    """A bisection of a hostile script."""
    whole = bisection(rules, "interleaved_dense.keras", Question(message="@all #123"))
    script = tmp_path / "it's @all #123.py"
    script.write_text(f"# {HOSTILE}\n")
    whole.case, whole.format = Script(script.stem, script), SCRIPT
    return whole


def hostile_summary(whole: Bisection) -> BisectionSummary:
    diff = FunctionDiff(HOSTILE, HOSTILE, f"+ {HOSTILE}")
    return BisectionSummary(
        whole, HOSTILE, [Fact(HOSTILE, HOSTILE)], [diff], HOSTILE, HOSTILE, [point(6).pair]
    )


def test_nothing_of_the_page_is_a_mention_a_reference_or_markup(whole: Bisection) -> None:
    page = as_markdown(hostile_summary(whole), f"nox -s bisect -- --message={HOSTILE}")
    text = outside_of_code(page)
    assert "Searched for" in text and "The script" in text
    assert TURNED.findall(text) == []
    assert not re.search("^# x", text, re.MULTILINE)


def test_only_what_the_command_for_one_pair_runs_is_to_be_reproduced_with_it(
    whole: Bisection, tmp_path: Path
) -> None:
    assert """-- --script 'it'"'"'s @all #123.py'""" in as_markdown(hostile_summary(whole), "nox")
    whole.case = Case("dense_twice", tmp_path / "dense_twice.py")
    whole.format = "keras"
    page = as_markdown(hostile_summary(whole), "nox")
    assert "-- --case dense_twice --format keras\nnox\n" in page
    whole.format = "keras, written by 3.13.2"
    assert "pair(" not in as_markdown(hostile_summary(whole), "nox")

    class Unrun(Case):
        def pair_options(self, format_name: str) -> tuple[str, ...]:
            return ()

    whole.case = Unrun("model", tmp_path / "model.keras")
    assert "nox -s 'pair(" not in as_markdown(hostile_summary(whole), "nox")


def test_what_is_not_hostile_can_be_read(whole: Bisection) -> None:
    summary = replace(
        hostile_summary(whole), title="x (keras): load-error ValueError → pass", function_diffs=()
    )
    page = as_markdown(summary, "nox")
    assert page.startswith("### x (keras): load-error ValueError → pass\n")


def test_a_guess_is_called_one_and_what_is_proven_is_not(whole: Bisection) -> None:
    guess = hostile_summary(whole)
    page = as_markdown(guess, "nox")
    assert "A guess from the tracebacks, which proves nothing:" in page
    proven = as_markdown(replace(guess, is_proven=True), "nox")
    assert "Proven to make the change, by transplant:" in proven and "A guess" not in proven


def test_the_command_names_the_script_as_a_shell_reads_it(whole: Bisection) -> None:
    page = as_markdown(hostile_summary(whole), "nox")
    assert """-- --script 'it'"'"'s @all #123.py'\n""" in page


def test_the_answer_is_told_in_sentences_and_the_rest_is_evidence(whole: Bisection) -> None:
    facts = [
        Fact("last bad", "3.6.0: load-error"),
        Fact("culprit", "keras alone"),
        Fact("cause", "not done: the clone lacks it"),
    ]
    summary = BisectionSummary(whole, "x: fixed", facts, change="x changed: bad → good")
    assert summary.answer == ["x changed: bad → good.", "Culprit: keras alone."]
    assert summary.evidence == [facts[0], facts[2]]
