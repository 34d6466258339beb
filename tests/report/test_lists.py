"""The lists of the terminal: what a run would do, and the cells in which two runs differ."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from harness.environments.builder import Environment, EnvironmentBuilder
from harness.execution.cases import all_cases
from harness.execution.request import Request
from harness.execution.run_plan import Plan
from harness.releases.pair import Pair
from harness.releases.pair_rules import PairRules
from harness.report.comparison_list import print_comparison
from harness.report.plan_list import print_plan
from harness.results.compare import compare_results
from harness.results.model import ExceptionRecord
from tests import recorded
from tests.report.screens import assert_as_kept, text_of

OLDER = "keras-3.6.0_tensorflow-2.17.0_py3.11"
NEWER = "keras-3.7.0_tensorflow-2.18.0_py3.11"
MESSAGE = "Layer 'dense' expected 2 variables, but received 0 variables during loading. "


class HalfReady(EnvironmentBuilder):
    """A builder that has the environment of one pair, and needs as much space for others as ever.

    It looks at no folder, so what is listed does not depend on the machine.
    """

    def ready(self, pair: Pair, wheel: str | None = None) -> Environment | None:
        return Environment(pair, Path(), {}) if pair.id == OLDER else None


def plan(missing: int, *, not_planned: int | None = None) -> Plan:
    pairs = [Pair.parse(OLDER), Pair.parse(NEWER)]
    cases = [case for case in all_cases() if case.name == "interleaved_dense"]
    left_out = {} if not_planned is None else dict.fromkeys(pairs, not_planned)
    return Plan(Request(cases, ["keras", "h5"], 10.0), dict.fromkeys(pairs, missing), [], left_out)


def listed(plan: Plan, rules: PairRules) -> Callable[[Console], None]:
    return lambda console: print_plan(console, plan, HalfReady(rules), rules, 1)


def test_what_a_run_would_do(rules: PairRules) -> None:
    assert_as_kept("list", listed(plan(2), rules))


def test_what_a_sample_leaves_out(rules: PairRules) -> None:
    assert_as_kept("list-of-sample", listed(plan(1, not_planned=1), rules))


def test_nothing_would_be_run(rules: PairRules) -> None:
    assert "Nothing would be run" in text_of(listed(plan(0), rules), 80)


def compared(console: Console) -> None:
    """A run in which two cells came to something else, one of them with a long message."""
    one = recorded.result(OLDER)
    error: ExceptionRecord = {"type": "ValueError", "message": MESSAGE * 3, "frames": []}
    cells = dict(one.cells)
    for name, outcome, exception in (("keras", "load-error", error), ("h5", "mismatch", None)):
        key = ("interleaved_dense", name)
        cells[key] = replace(cells[key], outcome=outcome, error=exception)
    print_comparison(console, compare_results([one], [replace(one, cells=cells)]))


def test_cells_that_differ() -> None:
    assert_as_kept("compare", compared)


def test_equal_runs_have_no_list() -> None:
    one = recorded.result(OLDER)

    def equal(console: Console) -> None:
        print_comparison(console, compare_results([one], [one]))

    assert text_of(equal, 80).splitlines() == [f"{len(one.cells)} cells in both, 0 differences"]
