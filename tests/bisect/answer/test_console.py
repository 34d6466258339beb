"""What a bisection shows, of the stored results, at 80 and at 120 columns."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rich.console import Console

from harness.bisect.answer.console import BisectionConsole
from harness.bisect.answer.fact import Fact
from harness.bisect.answer.summary import BisectionSummary
from harness.bisect.bisection import Bisection
from harness.bisect.question import Question
from harness.bisect.source_diff import FunctionDiff
from harness.releases.pair_rules import PairRules
from tests.bisect.test_bisection import bisection
from tests.report.screens import assert_as_kept, text_of

FACTS = [
    Fact("last bad", "3.6.0 (2024-10-03): load-error ValueError: Layer node index out of bounds. "
         "inbound_layer = <Dense name=between, built=True>"),
    Fact("first good", "3.7.0 (2024-11-26): pass"),
    Fact("culprit", "keras 3.6.0 → 3.7.0 alone, proven by two environments that differ in it"),
    Fact("cause", "keras/src/models/functional.py: deserialize_node"),
    Fact("changed functions", "not done: the cause is proven"),
]  # fmt: skip


@pytest.fixture
def summary(rules: PairRules) -> BisectionSummary:
    whole: Bisection = bisection(rules, "interleaved_dense.keras", Question(find="fixed"))
    change = "interleaved_dense (keras) changed between keras 3.6.0 and 3.7.0: load-error → pass"
    diff = FunctionDiff("functional.py", "deserialize_node", "-raise ValueError\n+raise IndexError")
    return BisectionSummary(whole, "title", FACTS, [diff], is_proven=True, change=change)


def show(console: Console, summary: BisectionSummary) -> None:
    BisectionConsole(console, summary.bisection.case, None, []).show(summary)


def test_the_answer_comes_first_and_the_evidence_below(summary: BisectionSummary) -> None:
    assert_as_kept("bisect", lambda console: show(console, summary))


def test_untrusted_text_is_neither_markup_nor_a_control_sequence(
    summary: BisectionSummary,
) -> None:
    hostile = replace(summary, facts=[Fact("[red]x[/red]", "\x1b[31m"), Fact("cause", "\x1b[1m")])
    text = text_of(lambda console: show(console, hostile), 80)
    assert "[red]x[/red]" in text and "\x1b" not in text
