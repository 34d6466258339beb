"""The search for the first commit: why it finds none, on a small history."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from harness.bisect.axes import make_axis
from harness.bisect.commit_search import CommitSearch, find_first_commits
from harness.bisect.commits import Clone
from harness.bisect.context import BisectionContext
from harness.bisect.observation import Observation
from harness.bisect.oracles.oracle import NotRun
from harness.bisect.question import Question
from harness.bisect.steps import FOUND, StepState
from harness.bisect.walk import Boundary
from harness.releases.pair import Pair
from harness.releases.pair_rules import PairRules
from tests.bisect.observations import PASS, SILENT, HistoryOracle, observation, point
from tests.bisect.test_commits import History

OLD, NEW = point(6), point(7)
BOUNDARY = Boundary(OLD, NEW, observation(OLD.pair, "ValueError"), observation(NEW.pair, PASS))


class CommitOracle(HistoryOracle):
    """Knows the behaviour of some commits by their hashes; the others were never run."""

    def __init__(self, behaviours: Mapping[str, str]) -> None:
        super().__init__({})
        self._by_commit = behaviours

    def at_commit(self, pair: Pair, commit: str, tree: Path) -> Observation:
        if commit not in self._by_commit:
            raise NotRun(f"commit {commit[:12]} has not been run")
        return observation(pair, self._by_commit[commit])


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path)


@pytest.fixture
def commits(history: History) -> list[str]:
    """Three commits, of which the first is 3.6.0 and the last 3.7.0."""
    made = [history.commit(name) for name in ("one", "two", "three")]
    history.git("tag", "v3.6.0", made[0])
    history.git("tag", "v3.7.0", made[2])
    return made


def search(rules: PairRules, history: History, behaviours: Mapping[str, str]) -> CommitSearch:
    axis = make_axis(rules, "keras", tensorflow="2.18.0")
    context = BisectionContext(Question(), axis, CommitOracle(behaviours), rules, 1)
    clone = Clone(str(history.folder))
    return find_first_commits(context, clone, BOUNDARY, releases=BOUNDARY, builds=None)


def test_the_first_commit_with_the_newer_behaviour(
    rules: PairRules, history: History, commits: list[str]
) -> None:
    behaviours = dict(zip(commits, ("ValueError", PASS, PASS), strict=True))
    found = search(rules, history, behaviours)
    assert found.end == FOUND and found.commits is not None
    assert [commit.subject for commit in found.commits.commits] == ["two"]


def test_ends_that_do_not_show_the_change_are_told(
    rules: PairRules, history: History, commits: list[str]
) -> None:
    found = search(rules, history, dict(zip(commits, (PASS, PASS, SILENT), strict=True)))
    assert (found.commits, found.end.state) == (None, StepState.NOT_FOUND)
    assert found.end.reason == (
        f"the commits at the ends do not show the change: {commits[0][:12]} (pass), "
        f"{commits[2][:12]} (no result: install-error: offline)"
    )


@pytest.mark.parametrize("known", [[0], [0, 2]])
def test_commits_that_were_never_run_are_no_evidence(
    rules: PairRules, history: History, commits: list[str], known: list[int]
) -> None:
    behaviours = {commits[0]: "ValueError", commits[1]: PASS, commits[2]: PASS}
    with pytest.raises(NotRun, match="has not been run"):
        search(rules, history, {commits[number]: behaviours[commits[number]] for number in known})
    assert len(history.git("worktree", "list").splitlines()) == 1
