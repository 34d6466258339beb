"""The culprit, on environments that are only lists, answered by a rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from harness.bisect.isolate import Culprit, isolate_culprit, package_changes, variant
from harness.bisect.observation import NOT_RUN, Observation
from harness.bisect.question import Question
from harness.bisect.steps import StepState
from harness.releases.pair import Pair
from harness.releases.pair_rules import PairRules
from harness.results.model import Cell, ExceptionRecord
from tests.bisect.observations import WithoutTransplants

PAIR = Pair.parse("keras-3.6.0_tensorflow-2.17.0_py3.11")
NEWER = Pair.parse("keras-3.7.0_tensorflow-2.18.0_py3.11")
Rule = Callable[[Mapping[str, str]], str]


def observed(pair: Pair, packages: Mapping[str, str], rule: Rule) -> Observation:
    kind = rule(packages)
    error: ExceptionRecord | None = (
        None if kind == "pass" else {"type": kind, "message": kind, "frames": []}
    )
    if kind == "timeout":
        error = None
    outcome = kind if kind in ("pass", "timeout") else "load-error"
    cell = Cell("case", "keras", outcome, "", error=error)
    return Observation(pair, cell, installed=tuple(f"{a}=={b}" for a, b in packages.items()))


class RuleOracle(WithoutTransplants):
    """Answers by a rule on what a variant has installed."""

    def __init__(self, old: Mapping[str, str], rule: Rule) -> None:
        self.probes = 0
        self._old, self._rule = old, rule
        self._seen: dict[Pair, Observation] = {}

    def know(self, seen: Observation) -> None:
        self._seen[seen.pair] = seen

    def known(self, pair: Pair) -> Observation | None:
        return self._seen.get(pair)

    def ask(self, pairs: Sequence[Pair]) -> None:
        for pair in pairs:
            self.probes += 1
            packages = {**self._old, **{edit.name: edit.version for edit in pair.edits}}
            kept = {name: version for name, version in packages.items() if version != "none"}
            self._seen[pair] = observed(pair, kept, self._rule)

    def confirm(self, pairs: Sequence[Pair]) -> None:
        raise AssertionError("nothing is provisional")

    def at_commit(self, pair: Pair, commit: str, tree: Path) -> Observation:
        raise NotImplementedError


class HastyRuleOracle(RuleOracle):
    """Takes every timeout for a provisional one."""

    def ask(self, pairs: Sequence[Pair]) -> None:
        super().ask(pairs)
        for pair in pairs:
            seen = self._seen[pair]
            is_timeout = seen.cell is not None and seen.cell.outcome == "timeout"
            self._seen[pair] = replace(seen, provisional=is_timeout)


class SilentOracle(WithoutTransplants):
    """Never has a result, for one reason."""

    def __init__(self, reason: str = "install-error: offline") -> None:
        self.probes = 0
        self._reason = reason

    def known(self, pair: Pair) -> Observation | None:
        return Observation(pair, reason=self._reason)

    def ask(self, pairs: Sequence[Pair]) -> None:
        raise AssertionError("everything is known")

    def confirm(self, pairs: Sequence[Pair]) -> None:
        raise AssertionError("nothing is provisional")

    def at_commit(self, pair: Pair, commit: str, tree: Path) -> Observation:
        raise NotImplementedError


def culprit(
    rules: PairRules, old: Mapping[str, str], new: Mapping[str, str], rule: Rule,
    question: Question | None = None,
) -> tuple[Culprit, int]:  # fmt: skip
    question = question or Question()
    oracle = RuleOracle(old, rule)
    before, after = observed(PAIR, old, rule), observed(NEWER, new, rule)
    found = isolate_culprit(
        before, after, oracle, rules, lambda seen: question.is_same(seen, after)
    )
    return found, oracle.probes


OLD = {"keras": "3.6.0", "tensorflow-cpu": "2.17.0", "numpy": "1.26.4", "h5py": "3.11.0"}
NEW = {"keras": "3.7.0", "tensorflow-cpu": "2.18.0", "numpy": "2.0.2", "h5py": "3.12.1"}


def names(found: Culprit) -> set[str]:
    return {change.name for change in found.changes}


def test_keras_alone_takes_one_try(rules: PairRules) -> None:
    found, tries = culprit(
        rules, OLD, NEW, lambda has: "pass" if has["keras"] == "3.7.0" else "ValueError"
    )
    assert (names(found), tries, len(found.differences)) == ({"keras"}, 1, 4)
    assert found.proof is not None


def test_another_failure_is_no_proof(rules: PairRules) -> None:
    """Keras 3.7 alone cannot be imported; NumPy is what heals."""

    def rule(has: Mapping[str, str]) -> str:
        if has["numpy"] == "2.0.2":
            return "pass"
        return "ImportError" if has["keras"] == "3.7.0" else "ValueError"

    for question in (Question("fixed"), Question("fixed", type="ValueError")):
        found, _ = culprit(rules, OLD, NEW, rule, question)
        assert names(found) == {"numpy"}


def test_what_is_newly_installed_can_be_the_culprit(rules: PairRules) -> None:
    new = {**NEW, "dm-tree": "0.1.8", "rich": "13.7.0"}
    found, _ = culprit(rules, OLD, new, lambda has: "TypeError" if "dm-tree" in has else "pass")
    assert names(found) == {"dm-tree"}
    assert found.added == ()


def test_what_keras_newly_asks_for_comes_along(rules: PairRules) -> None:
    new = {**NEW, "dm-tree": "0.1.8"}

    def rule(has: Mapping[str, str]) -> str:
        if has["keras"] == "3.6.0":
            return "pass"
        return "ValueError" if "dm-tree" in has else "ModuleNotFoundError"

    found, tries = culprit(rules, OLD, new, rule, Question("broken"))
    assert names(found) == {"keras"} and tries == 2
    assert [change.name for change in found.added] == ["dm-tree"]


def test_tensorflow_is_one_package_under_two_names(rules: PairRules) -> None:
    old = {"keras": "3.6.0", "tensorflow": "2.17.0", "numpy": "1.26.4"}
    new = {"keras": "3.7.0", "tensorflow-cpu": "2.18.0", "numpy": "2.0.2"}
    found, _ = culprit(
        rules, old, new, lambda has: "TypeError" if "tensorflow-cpu" in has else "pass"
    )
    assert [str(change) for change in found.changes] == ["tensorflow 2.17.0 → 2.18.0"]
    assert found.changes[0].distributions == ("tensorflow", "tensorflow-cpu")


def test_packages_that_act_together_are_named_together_or_not_told_apart(
    rules: PairRules,
) -> None:
    found, _ = culprit(
        rules, OLD, NEW,
        lambda has: "pass" if (has["keras"], has["numpy"]) == ("3.7.0", "2.0.2") else "ValueError",
    )  # fmt: skip
    assert names(found) == {"keras", "numpy"}
    both = {"keras": "3.6.0", "numpy": "1.26.4"}
    found, _ = culprit(
        rules, both, {"keras": "3.7.0", "numpy": "2.0.2"},
        lambda has: "pass" if set(has.values()) == {"3.7.0", "2.0.2"} else "ValueError",
    )  # fmt: skip
    assert names(found) == {"keras", "numpy"} and found.proof is None


def test_environments_without_a_result_are_no_evidence(rules: PairRules) -> None:
    """Without Keras 3.7, nothing gives a result: the search can neither find nor rule out."""

    def rule(has: Mapping[str, str]) -> str:
        return {OLD["keras"]: "ValueError", NEW["keras"]: "pass"}[has["keras"]]

    oracle = SilentOracle()
    before, after = observed(PAIR, OLD, rule), observed(NEWER, NEW, rule)
    found = isolate_culprit(before, after, oracle, rules, lambda seen: seen == after)
    assert (found.proof, found.tried, found.state) == (None, 0, StepState.NOT_FOUND)
    assert len(found.silent) > 3
    oracle = SilentOracle(NOT_RUN)
    found = isolate_culprit(before, after, oracle, rules, lambda seen: seen == after)
    assert found.state is StepState.NOT_DONE


def test_a_smaller_set_without_a_result_is_kept_beside_the_proof(rules: PairRules) -> None:
    def rule(has: Mapping[str, str]) -> str:
        return "pass" if (has["keras"], has["numpy"]) == ("3.7.0", "2.0.2") else "ValueError"

    oracle = RuleOracle(OLD, rule)
    before, after = observed(PAIR, OLD, rule), observed(NEWER, NEW, rule)
    keras = variant(PAIR, package_changes(before, after)[:1])
    oracle.know(Observation(keras, reason="install-error: offline"))
    found = isolate_culprit(before, after, oracle, rules, lambda seen: seen.words == "pass")
    assert names(found) == {"keras", "numpy"} and found.state is StepState.FOUND
    assert [seen.pair for seen in found.silent] == [keras]


def test_environments_whose_content_is_not_known_prove_nothing(rules: PairRules) -> None:
    """They seem to differ in Python alone."""
    before = replace(observed(PAIR, OLD, hanging), installed=())
    other_python = replace(NEWER, python="3.12")
    after = replace(observed(other_python, NEW, hanging), installed=())
    oracle = RuleOracle(OLD, hanging)
    found = isolate_culprit(before, after, oracle, rules, lambda seen: seen.words != "pass")
    assert found == Culprit((), (), None) and found.state is StepState.NOT_FOUND
    assert oracle.probes == 0


def hanging(has: Mapping[str, str]) -> str:
    return "timeout" if has["keras"] == "3.7.0" else "pass"


def test_a_culprit_names_the_provisional_timeouts_that_it_rests_on(rules: PairRules) -> None:
    """The hang in the proof, and the one that made the set as large as it is."""

    def healed_by_both(has: Mapping[str, str]) -> str:
        return "pass" if has["keras"] == "3.7.0" and has["numpy"] == "2.0.2" else "timeout"

    for rule, edits in (
        (hanging, [{"keras"}]),
        (healed_by_both, [{"keras"}, {"numpy"}]),
    ):
        oracle = HastyRuleOracle(OLD, rule)
        before, after = observed(PAIR, OLD, rule), observed(NEWER, NEW, rule)
        is_new = partial(Question().is_same, after)
        found = isolate_culprit(before, after, oracle, rules, is_new)
        assert found.proof is not None
        rests_on = [{edit.name for edit in seen.pair.edits} for seen in found.provisional]
        assert all(edited in rests_on for edited in edits)
        assert all(edited <= names(found) for edited in rests_on)


def test_a_provisional_witness_is_named(rules: PairRules) -> None:
    before, after = observed(PAIR, OLD, hanging), observed(NEWER, NEW, hanging)
    witness = replace(observed(NEWER, {**OLD, "keras": "3.7.0"}, hanging), provisional=True)
    found = isolate_culprit(
        before, after, RuleOracle(OLD, hanging), rules,
        lambda seen: Question().is_same(seen, after), [witness],
    )  # fmt: skip
    assert found.proof == (before, witness) and found.provisional == (witness,)


def test_the_name_of_a_variant_is_read_back_and_fits_a_file() -> None:
    edits = "numpy==2.0.2,ml-dtypes==none,torch==2.0.0+cpu,pyyaml"
    pair = Pair.parse(f"{PAIR.id}+{edits}")
    assert pair.id == f"{PAIR.id}+{edits}"
    assert [edit.version for edit in pair.edits] == ["2.0.2", "none", "2.0.0+cpu", ""]
    many = replace(pair, edits=pair.edits * 30)
    assert Pair.parse(many.id) == many
    assert (
        len(many.file_name) < 200
        and many.file_name != replace(many, edits=many.edits[1:]).file_name
    )
