"""Trials of a flaky behaviour: counted, kept and resumed, with an oracle that is not random."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from harness.bisect import trials as module
from harness.bisect.answer.trial_facts import facts_about_trials
from harness.bisect.observation import Observation
from harness.bisect.question import Question
from harness.bisect.trials import Trials, try_until_sure
from harness.releases.pair import Pair
from tests import recorded
from tests.bisect.observations import PASS, SILENT, observation, point

POINTS = [point(minor) for minor in range(6)]
QUESTION = Question("broken")
CASE = recorded.cases()[0]


class Repeating:
    """Shows the behaviour from a point on in every second trial; some points have no result."""

    def __init__(self, first_bad: int, silent: Sequence[int] = ()) -> None:
        self.asked: list[Pair] = []
        self._first_bad, self._silent = first_bad, silent
        self._numbers = {place.pair: number for number, place in enumerate(POINTS)}

    def known(self, pair: Pair) -> Observation | None:
        number = self._numbers[pair]
        if number in self._silent:
            return observation(pair, SILENT)
        is_shown = number >= self._first_bad and self.asked.count(pair) % 2 == 1
        return observation(pair, "ValueError" if is_shown else PASS)

    def ask_again(self, pairs: Sequence[Pair]) -> None:
        self.asked += pairs


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TRIALS", tmp_path)


def run(oracle: Repeating, most: int = 400, workers: int = 1) -> Trials:
    return try_until_sure(
        POINTS, QUESTION, oracle, CASE, "keras",
        confidence=0.95, most=most, workers=workers, tell=lambda _: None,
    )  # fmt: skip


def test_the_place_of_the_change_is_found() -> None:
    trials = run(Repeating(first_bad=4))
    assert trials.posterior.likeliest == 4 and trials.posterior.confidence >= 0.95
    facts = {fact.about: fact.says for fact in facts_about_trials(trials, 0.95, QUESTION)}
    assert facts["last good"].startswith("3.3.0 ") and facts["first bad"].startswith("3.4.0 ")
    assert facts["trials"] == f"{trials.total} on 6 releases"
    assert float(facts["confidence"].rstrip("%")) >= 95
    assert facts["not done"] == "culprit, changed functions (not with --flaky)"


def test_trials_are_kept_and_go_on_where_they_stopped() -> None:
    assert run(Repeating(first_bad=4), most=5).total == 5
    oracle = Repeating(first_bad=4)
    trials = run(oracle, most=7)
    assert (trials.total, len(oracle.asked)) == (7, 2)


def test_no_round_makes_more_trials_than_are_left() -> None:
    assert run(Repeating(first_bad=4), most=5, workers=4).total == 5


def test_a_line_that_was_cut_short_is_not_counted() -> None:
    path = run(Repeating(first_bad=4), most=5).path
    path.write_text(path.read_text() + '{"pair": "ker')
    assert Trials.resumed(POINTS, CASE, "keras", QUESTION).total == 5
    assert Trials.resumed(POINTS, CASE, "h5", QUESTION).total == 0


@pytest.mark.parametrize("line", ["{}", "5", "null", '{"pair": "other", "shown": true}', "[1]"])
def test_a_line_that_is_no_trial_of_these_points_is_passed_over(line: str) -> None:
    path = run(Repeating(first_bad=4), most=5).path
    path.write_text(path.read_text() + line + "\n")
    assert Trials.resumed(POINTS, CASE, "keras", QUESTION).total == 5


def test_points_without_a_result_are_left_out_and_reported() -> None:
    trials = run(Repeating(first_bad=4, silent=[0, 3]))
    assert set(trials.silent) <= {POINTS[0], POINTS[3]} and trials.silent
    assert not set(trials.silent) & set(trials.points)
    assert trials.points[trials.posterior.likeliest] == POINTS[4]
    facts = {fact.about: fact.says for fact in facts_about_trials(trials, 0.95, QUESTION)}
    assert facts["no result"] == ", ".join(str(place) for place in trials.silent)


def test_too_few_trials_give_an_interval() -> None:
    facts = {
        fact.about: fact.says
        for fact in facts_about_trials(run(Repeating(first_bad=4), most=3), 0.95, QUESTION)
    }
    assert facts["not sure"].startswith("with a probability of 95%, the behaviour changes between ")
    assert facts["likeliest"].startswith("between 3.3.0 and 3.4.0, with a probability of ")
    assert not {"last good", "first bad", "no change"} & facts.keys()


def test_no_change_is_only_said_where_it_is_sure() -> None:
    trials = run(Repeating(first_bad=6), most=12)

    def facts_at(confidence: float) -> dict[str, str]:
        facts = facts_about_trials(trials, confidence, QUESTION)
        return {fact.about: fact.says for fact in facts}

    assert trials.posterior.likeliest == 0
    unsure = facts_at(trials.posterior.confidence + 0.01)
    assert "no change" not in unsure and unsure["not sure"].endswith(", or nowhere")
    assert unsure["likeliest"].startswith("no change, with ")
    sure = facts_at(trials.posterior.confidence)
    assert sure["no change"] == "every release shows the behaviour with the same probability"
    assert "not sure" not in sure


def test_nothing_is_found_where_no_point_gives_a_result() -> None:
    trials = run(Repeating(first_bad=4, silent=range(6)))
    facts = facts_about_trials(trials, 0.95, QUESTION)
    assert facts[0].says == "fewer than two releases gave a result"
