"""Whole bisections on the recorded results: what is not recorded has no result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from harness.bisect.answer.summary import BisectionSummary, as_markdown, summarize_result
from harness.bisect.axes import make_axis
from harness.bisect.bisection import Bisection, BisectionResult
from harness.bisect.isolate import Culprit, PackageChange
from harness.bisect.observation import Observation
from harness.bisect.oracles.sessions import StoredOracle
from harness.bisect.question import Question
from harness.bisect.search import SearchStatus
from harness.environments.builder import EnvironmentBuilder
from harness.execution.request import Request
from harness.releases.pair import Pair
from harness.releases.pair_rules import PairRules
from harness.util.errors import UsageError
from tests import recorded
from tests.bisect.observations import RecordedOracle

HANG = Question("broken", outcomes=("timeout",))


def bisection(rules: PairRules, cell: str, question: Question) -> Bisection:
    case, format_name = cell.split(".")
    (chosen,) = (known for known in recorded.cases() if known.name == case)
    return Bisection(
        chosen, format_name, question, make_axis(rules, "keras"),
        RecordedOracle(case, format_name), rules, workers=1, stage=lambda _: None,
    )  # fmt: skip


def bisect(
    rules: PairRules,
    cell: str,
    old: str | None,
    new: str | None,
    question: Question | None = None,
    level: str = "release",
) -> tuple[BisectionResult, dict[str, str]]:
    """The result between two releases, and its facts by subject."""
    whole = bisection(rules, cell, question or Question())
    low, high = (whole.axis.at(text) if text else None for text in (old, new))
    result = whole.run(low, high, level=level)
    summary = summarize_result(result, whole)
    return result, {fact.about: fact.says for fact in summary.facts}


def test_the_fix_of_the_first_issue(rules: PairRules) -> None:
    result, facts = bisect(rules, "interleaved_dense.keras", "3.5", "3.8")
    assert facts["last old"].startswith("3.6.0 (2024-10-03): load-error ValueError: Layer node")
    assert facts["first new"] == "3.7.0 (2024-11-26): pass"
    assert facts["culprit"].startswith("keras 3.6.0 → 3.7.0")
    assert result.culprit and result.culprit.proof and result.culprit.includes("keras")


def test_another_branch_is_compared_with_both_sides(rules: PairRules) -> None:
    result, facts = bisect(rules, "contract_node_past_end.json", "3.6", "3.15.1")
    assert result.boundary is not None
    assert str(result.boundary.old) in ("3.6.0", "3.14.0")
    assert "3.12 branch" in facts and facts["3.12 branch"].startswith("3.12.4 behaves like ")


class HastyRecordedOracle(RecordedOracle):
    """Takes each recorded timeout for a provisional one, until it has to confirm it."""

    def __init__(self, case: str, format_name: str) -> None:
        super().__init__(case, format_name)
        self.confirmed: list[list[Pair]] = []

    def known(self, pair: Pair) -> Observation | None:
        seen = super().known(pair)
        is_hasty = not any(pair in pairs for pairs in self.confirmed)
        is_timeout = seen is not None and seen.cell is not None and seen.cell.outcome == "timeout"
        return replace(seen, provisional=True) if seen and is_timeout and is_hasty else seen

    def confirm(self, pairs: Sequence[Pair]) -> None:
        self.confirmed.append(list(pairs))


def test_what_a_change_and_its_culprit_rest_on_is_confirmed_at_once(
    rules: PairRules, monkeypatch: pytest.MonkeyPatch
) -> None:
    oracle = HastyRecordedOracle("contract_node_past_end", "json")
    monkeypatch.setattr("tests.bisect.test_bisection.RecordedOracle", lambda *_: oracle)
    result, facts = bisect(rules, "contract_node_past_end.json", "3.3", "3.9", HANG)
    assert facts["first bad"].startswith("3.7.0 ") and facts["first bad"].endswith("timeout")
    assert result.boundary and not result.boundary.after.provisional
    assert result.culprit and result.culprit.proof and not result.culprit.provisional
    (confirmed,) = oracle.confirmed
    assert {str(pair.keras) for pair in confirmed} == {"3.7.0"}


def test_what_is_said_of_another_branch_may_be_provisional(
    rules: PairRules, monkeypatch: pytest.MonkeyPatch
) -> None:
    oracle = HastyRecordedOracle("contract_node_past_end", "json")
    monkeypatch.setattr("tests.bisect.test_bisection.RecordedOracle", lambda *_: oracle)
    _, facts = bisect(rules, "contract_node_past_end.json", "3.6", "3.15.1", HANG)
    assert "3.12.2 (the timeout of 3.12.1 is provisional)" in facts["3.12 branch"]
    assert not any(str(pair.keras) == "3.12.1" for pairs in oracle.confirmed for pair in pairs)


def test_a_fix_that_only_a_maintenance_branch_has(rules: PairRules) -> None:
    result, facts = bisect(rules, "contract_node_past_end.json", "3.12.2", "3.13.0", HANG)
    assert facts["last bad"].startswith("3.12.1 ") and facts["first good"].startswith("3.12.2 ")
    assert facts["note"] == "3.12.2 and 3.13.0 are on two branches, which parted at 3.12.0"
    assert result.question == HANG.reversed


@pytest.mark.parametrize(
    ("new", "last", "first"),
    [("3.15.1", "3.14.0", "3.14.1"), ("3.14.1", "3.14.0", "3.14.1")],
)
def test_a_change_between_bounds_that_behave_alike_on_two_branches(
    rules: PairRules, new: str, last: str, first: str
) -> None:
    result, facts = bisect(rules, "contract_node_past_end.json", "3.12.4", new)
    assert facts["last old"].startswith(f"{last} ") and facts["first new"].startswith(f"{first} ")
    assert facts["note"] == f"3.12.4 and {new} are on two branches, which parted at 3.12.0"
    assert result.question == Question()


def test_bounds_on_two_branches_between_which_nothing_changes(rules: PairRules) -> None:
    result, facts = bisect(rules, "interleaved_dense.keras", "3.12.4", "3.15.1")
    assert (result.boundary, result.walk.result.status) == (None, SearchStatus.SAME)
    assert facts["3.12.0 to 3.12.4"] == facts["3.12.0 to 3.15.1"] == "pass"


def test_all_changes_are_those_of_one_branch(rules: PairRules) -> None:
    whole = bisection(rules, "contract_node_past_end.json", Question())
    result = whole.run(whole.axis.at("3.12.4"), whole.axis.at("3.15.1"), every=True)
    assert result.boundary is not None
    assert result.notes[1] == (
        "changes from 3.12.0 to 3.12.4 are not shown here: --old 3.12.0 --new 3.12.4 finds them"
    )


def test_a_fork_without_a_result_has_a_stand_in(
    rules: PairRules, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = RecordedOracle.known

    def known_but_for_the_fork(oracle: RecordedOracle, pair: Pair) -> Observation | None:
        if str(pair.keras) == "3.12.0":
            return Observation(pair, reason="offline")
        return known(oracle, pair)

    monkeypatch.setattr(RecordedOracle, "known", known_but_for_the_fork)
    _, facts = bisect(rules, "contract_node_past_end.json", "3.12.2", "3.13.0", HANG)
    assert facts["note"] == (
        "3.12.2 and 3.13.0 are on two branches, which parted at 3.12.0; 3.12.0 gave no result, "
        "and 3.11.3 stands for it"
    )


def test_a_bound_that_does_not_support_the_case_has_a_result(rules: PairRules) -> None:
    _, facts = bisect(rules, "interleaved_dense.export", "2.11.0", "3.0.0", Question("broken"))
    assert facts["note"] == (
        "2.11.0 does not support the case, so its neighbour was used as the bound"
    )


@pytest.mark.parametrize(
    ("bounds", "question", "status", "words"),
    [
        (("3.7", "3.8"), Question(), SearchStatus.SAME, "both bounds behave the same"),
        (
            ("3.6", "3.7"), Question("broken"), SearchStatus.REVERSED,
            "the older bound is bad and the newer bound is good: either the bounds are swapped, "
            "or --find fixed is meant",
        ),
        ((None, "3.7"), Question("broken"), SearchStatus.OTHER, "the newer bound is not bad"),
    ],
)  # fmt: skip
def test_the_answer_says_why_nothing_was_found(
    rules: PairRules, bounds: tuple[str | None, str], question: Question, status: SearchStatus,
    words: str,
) -> None:  # fmt: skip
    result, facts = bisect(rules, "interleaved_dense.keras", *bounds, question)
    assert (result.boundary, result.walk.result.status) == (None, status)
    assert facts["not found"] == f"{words} (searched for: {question})"
    assert facts.get("3.7.0", facts.get("3.7.0 to 3.8.0")) == "pass"


def test_two_branches_without_a_common_result_are_refused(rules: PairRules) -> None:
    whole = bisection(rules, "contract_node_past_end.json", HANG)
    whole.axis.common_ancestors = lambda first, second: []  # type: ignore[method-assign]
    with pytest.raises(UsageError, match="no release in common that gives a result"):
        whole.run(whole.axis.at("3.12.2"), whole.axis.at("3.13.0"))


def test_a_step_that_fails_says_so_and_leaves_what_was_found(
    rules: PairRules, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise UsageError("no tags")

    monkeypatch.setattr("harness.bisect.bisection.isolate_culprit", fail)
    result, facts = bisect(rules, "interleaved_dense.keras", "3.5", "3.8", level="nightly")
    assert result.boundary is not None and result.culprit is None
    assert facts["culprit"] == "failed: no tags"
    assert facts["changed functions"] == "not done: the culprit is not proven"
    assert "is not the culprit" not in str(facts) and "culprit is not keras" not in str(facts)


def test_the_builds_of_a_package_that_is_not_the_culprit_are_not_searched(
    rules: PairRules, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find_numpy(old: Observation, new: Observation, *_: object) -> Culprit:
        numpy = PackageChange("numpy", "", "2.0.2")
        return Culprit((numpy,), (numpy, PackageChange("keras", "3.6.0", "3.7.0")), (old, new))

    monkeypatch.setattr("harness.bisect.bisection.isolate_culprit", find_numpy)
    _, facts = bisect(rules, "interleaved_dense.keras", "3.5", "3.8", level="nightly")
    assert facts["pre-releases"] == facts["daily builds"] == "not done: the culprit is not keras"


def test_builds_without_a_result_are_no_find(rules: PairRules) -> None:
    _, facts = bisect(rules, "interleaved_dense.keras", "3.5", "3.8", level="nightly")
    assert facts["pre-releases"] == "not found: there is none between 3.6.0 and 3.7.0"
    assert facts["daily builds"].startswith(
        "not found: fewer than two of the builds are like 3.6.0 or 3.7.0 ("
    )


def test_what_is_not_asked_for_is_not_done(rules: PairRules) -> None:
    _, facts = bisect(rules, "interleaved_dense.keras", "3.5", "3.8")
    assert facts["not done"] == ("pre-releases, daily builds, commits (not asked for with --level)")


def test_without_probes_a_culprit_that_is_not_stored_is_not_looked_for(
    rules: PairRules, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("harness.bisect.oracles.sessions.RESULTS", recorded.FOLDER)
    monkeypatch.setattr("harness.bisect.oracles.sessions.PROBES", tmp_path)
    (case,) = (known for known in recorded.cases() if known.name == "interleaved_dense")
    request = Request([case], ["keras"], 60.0)
    oracle = StoredOracle(request, EnvironmentBuilder(rules), lambda *_: None, workers=1)
    axis = make_axis(rules, "keras")
    whole = Bisection(
        case, "keras", Question(), axis, oracle, rules, workers=1, stage=lambda _: None
    )
    result = whole.run(axis.at("2.15"), axis.at("3.0"), level="nightly")
    facts = {fact.about: fact.says for fact in summarize_result(result, whole).facts}
    assert facts["culprit"].startswith(
        "not done: nothing was run, and stored results prove nothing; it is among keras 2.15.0"
    )
    assert facts["daily builds"].startswith("not done: ")
    assert facts["3.12 branch"].startswith("3.12.4 behaves like 2.15.0: pass")


def test_the_page_has_the_facts_and_the_commands(rules: PairRules) -> None:
    whole = bisection(rules, "interleaved_dense.keras", Question())
    result = whole.run(whole.axis.at("3.5"), whole.axis.at("3.8"))
    summary: BisectionSummary = summarize_result(result, whole)
    assert summary.title == (
        "interleaved_dense (keras): load-error ValueError → pass between keras 3.6.0 and 3.7.0"
    )  # fmt: skip
    page = as_markdown(summary, "nox -s bisect -- x")
    assert "- **first new**: `3.7.0 (2024-11-26): pass`" in page
    assert page.count("nox -s 'pair(keras-3.") == 2 and "\nnox -s bisect -- x\n" in page
