"""The facts of an answer: what each of them says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from harness.bisect.answer.fact import MOST_NAMES
from harness.bisect.answer.facts import facts_about
from harness.bisect.axes import Point
from harness.bisect.bisection import BisectionResult
from harness.bisect.branch_states import BranchState
from harness.bisect.commits import Commit, FirstCommits
from harness.bisect.isolate import Culprit, PackageChange
from harness.bisect.observation import NOT_RUN, Observation
from harness.bisect.question import Question
from harness.bisect.search import SearchResult, SearchStatus
from harness.bisect.source_diff import FunctionDiff
from harness.bisect.steps import (
    BRANCHES,
    COMMITS,
    CULPRIT,
    DAILY_BUILDS,
    FUNCTIONS,
    NOT_ASKED,
    PRERELEASES,
    failed,
    not_done,
    not_found,
)
from harness.bisect.walk import Boundary, Walk
from harness.results.model import Cell
from harness.util.wording import counted
from tests.bisect.observations import (
    PASS,
    SILENT,
    observation,
    point,
    provisional_timeout,
)

OLD, NEW, LATER = point(6), point(7), point(9)
BEFORE, AFTER = observation(OLD.pair, "ValueError", "late"), observation(NEW.pair, PASS)
BOUNDARY = Boundary(OLD, NEW, BEFORE, AFTER)
KERAS = PackageChange("keras", "3.6.0", "3.7.0")
NUMPY = PackageChange("numpy", "1.26.4", "2.0.2")
H5PY = PackageChange("h5py", "3.11.0", "3.12.1")


def walk_of(status: SearchStatus, *points: Point, unasked: int = 0) -> Walk:
    observations = [observation(place.pair, PASS) for place in points]
    return Walk(points, observations, SearchResult(status, unasked=unasked))


def facts(result: BisectionResult) -> dict[str, str]:
    return {fact.about: fact.says for fact in facts_about(result)}


@pytest.fixture
def result() -> BisectionResult:
    return BisectionResult(Question(), walk_of(SearchStatus.FOUND, OLD, NEW), BOUNDARY)


def test_both_sides_are_shown_with_day_and_message(result: BisectionResult) -> None:
    assert facts(result) == {
        "last old": "3.6.0 (2024-01-07): load-error ValueError: late",
        "first new": "3.7.0 (2024-01-08): pass",
    }
    result.question = Question("fixed")
    assert list(facts(result)) == ["last bad", "first good"]


def test_a_fact_is_one_line(result: BisectionResult) -> None:
    result.notes = ["first\nsecond   third"]
    assert facts(result)["note"] == "first second third"


@pytest.mark.parametrize(
    ("changes", "differences", "added", "words"),
    [
        ([KERAS], [KERAS], [], ": nothing else differs between the two environments"),
        ([KERAS], [KERAS, NUMPY], [], "; one of 2 differences, proven by keras-3.6.0_"),
        ([KERAS], [KERAS, NUMPY], [NUMPY], " (with numpy, newly installed); one of 2"),
        (
            [KERAS, NUMPY],
            [KERAS, NUMPY, H5PY],
            [],
            ", numpy 1.26.4 → 2.0.2; 2 of 3 differences, proven by keras-3.6.0_",
        ),
    ],
)
def test_a_proven_culprit_is_named_with_its_proof(
    result: BisectionResult, changes: Sequence[PackageChange],
    differences: Sequence[PackageChange], added: Sequence[PackageChange], words: str,
) -> None:  # fmt: skip
    proof = (BEFORE, AFTER)
    result.culprit = Culprit(tuple(changes), tuple(differences), proof, tuple(added))
    assert facts(result)["culprit"].startswith(f"keras 3.6.0 → 3.7.0{words}")


def test_a_culprit_without_proof_is_not_called_one(result: BisectionResult) -> None:
    both = (KERAS, NUMPY)
    among = "it is among keras 3.6.0 → 3.7.0, numpy 1.26.4 → 2.0.2"
    result.culprit = Culprit(both, both, None)
    assert facts(result)["culprit"] == f"not found: {among}"
    failing, unknown = observation(OLD.pair, SILENT), Observation(OLD.pair, reason=NOT_RUN)
    result.culprit = Culprit(both, both, None, tried=1, silent=(failing, unknown, failing))
    assert facts(result)["culprit"] == (
        f"not found: {among}; environments with fewer changes: 1 tried, 2 without a result, "
        "1 not run"
    )
    result.culprit = Culprit(both, both, None, silent=(unknown,))
    assert facts(result)["culprit"] == (
        f"not done: nothing was run, and stored results prove nothing; {among}"
    )
    many = tuple(replace(NUMPY, name=f"package-{number}") for number in range(MOST_NAMES + 2))
    result.culprit = Culprit(many, many, None)
    assert facts(result)["culprit"].endswith(" and 2 more")
    result.culprit = Culprit((), (), None)
    assert facts(result)["culprit"] == (
        "not found: no difference between the two environments is known"
    )


def test_a_proven_set_that_may_be_too_large_says_so(result: BisectionResult) -> None:
    third, silent = replace(NUMPY, name="h5py"), (observation(OLD.pair, SILENT),)
    result.culprit = Culprit(
        (KERAS, NUMPY), (KERAS, NUMPY, third), (BEFORE, AFTER), tried=3, silent=silent
    )
    assert facts(result)["culprit"].endswith("; fewer changes may suffice (1 without a result)")


@pytest.mark.parametrize("step", [CULPRIT, BRANCHES, PRERELEASES, DAILY_BUILDS, COMMITS, FUNCTIONS])
def test_a_step_that_found_nothing_says_why(result: BisectionResult, step: str) -> None:
    for end, says in (
        (not_found("there is none"), "not found: there is none"),
        (not_done("the culprit is not proven"), "not done: the culprit is not proven"),
        (failed("no tags"), "failed: no tags"),
    ):
        result.steps = {step: end}
        assert facts(result)[step] == says


def test_steps_that_were_not_asked_for_are_one_fact(result: BisectionResult) -> None:
    result.steps = {COMMITS: not_done(NOT_ASKED), DAILY_BUILDS: not_done(NOT_ASKED)}
    assert facts(result)["not done"] == "commits, daily builds (not asked for with --level)"


def test_changed_functions_are_not_called_the_cause(result: BisectionResult) -> None:
    result.functions.diffs.append(FunctionDiff("a.py", "f", "-x"))
    result.steps = {FUNCTIONS: result.functions.end}
    assert facts(result)["changed functions"] == (
        "a guess: 1 function of the tracebacks, shown below; that these make the change is not "
        "proven"
    )


def test_points_between_without_a_result_are_named(result: BisectionResult) -> None:
    silent = ((point(8), observation(point(8).pair, SILENT)),)
    result.boundary = replace(BOUNDARY, new=LATER, silent=silent)
    assert facts(result)["no result"] == "between these two, 3.8.0: install-error: offline"


def test_the_gap_between_daily_builds_is_counted(result: BisectionResult) -> None:
    result.nightly = replace(BOUNDARY, new=LATER)
    assert facts(result)["daily build"] == (
        "last old 3.6.0 (2024-01-07), first new 3.9.0 (2024-01-10); no build in the 2 days between"
    )
    result.nightly = BOUNDARY
    assert facts(result)["daily build"].endswith("first new 3.7.0 (2024-01-08)")


def test_commits_and_how_many_were_skipped(result: BisectionResult) -> None:
    commit = Commit("0123456789abcdef", "2024-10-23", "Fix it")
    result.commits = FirstCommits((commit,), 1, "")
    assert facts(result)["commit"] == "0123456789ab (2024-10-23) Fix it"
    assert facts(result)["skipped"] == "1 commit with no result, or one like neither side"
    result.commits = FirstCommits((commit, commit), 2, "")
    assert "one of the commits" in facts(result)
    assert facts(result)["skipped"].startswith("2 commits with no result")
    result.commits = FirstCommits((commit,) * (MOST_NAMES + 3), 0, "")
    last = facts_about(result)[-1]
    assert (last.about, last.says) == ("one of the commits", "3 more")


@pytest.mark.parametrize(
    ("is_new", "boundary", "words"),
    [
        (True, None, "3.9.0 behaves like 3.7.0: pass"),
        (True, replace(BOUNDARY, new=point(8)), "3.9.0 behaves like 3.7.0, since 3.8.0: pass"),
        (False, None, "3.9.0 behaves like 3.6.0: pass"),
        (None, None, "3.9.0 behaves like neither 3.6.0 nor 3.7.0: pass"),
    ],
)
def test_another_branch_is_compared_with_both_sides(
    result: BisectionResult, is_new: bool | None, boundary: Boundary | None, words: str
) -> None:
    result.branches = [BranchState(LATER, observation(LATER.pair, PASS), is_new, boundary)]
    assert facts(result)["3.9 branch"] == words


def test_a_branch_without_a_result_is_like_nothing(result: BisectionResult) -> None:
    silent = observation(LATER.pair, SILENT)
    result.branches = [BranchState(LATER, silent, None), BranchState(point(8), None, None)]
    by_subject = facts(result)
    assert by_subject["3.9 branch"] == (
        "not known, as 3.9.0 gave no result: install-error: offline"
    )
    assert by_subject["release branches"] == (
        "3.8.0 not tested: they go on from the newer bound, 3.7.0"
    )


def test_a_release_that_cannot_do_the_case_is_not_without_a_result(
    result: BisectionResult,
) -> None:
    cell = Cell("case", "keras", "unsupported", "digest", note="no such format")
    silent = ((point(8), Observation(point(8).pair, cell)),)
    result.boundary = replace(BOUNDARY, new=LATER, silent=silent)
    by_subject = facts(result)
    assert "no result" not in by_subject
    assert by_subject["unsupported"] == "between these two, by 3.8.0"


def test_builds_like_neither_side_are_not_without_a_result(result: BisectionResult) -> None:
    other = observation(point(8).pair, "KeyError")
    gone = observation(point(8).pair, SILENT)
    result.nightly = replace(BOUNDARY, new=LATER, silent=((point(8), other), (point(8), gone)))
    assert facts(result)["daily build"].endswith(
        "; between them 1 like neither side, 1 without a result"
    )


def test_another_change_says_what_was_not_tested(result: BisectionResult) -> None:
    result.others = [replace(BOUNDARY, unasked=1)]
    assert facts(result)["another change"] == (
        "somewhere in 3.6.0 → 3.7.0 (1 release not tested): load-error ValueError → pass"
    )


def test_untested_releases_are_counted(result: BisectionResult) -> None:
    result.walk = walk_of(SearchStatus.FOUND, OLD, NEW, unasked=2)
    assert facts(result)["possible"].startswith("2 releases not tested, as the tested ones")


def test_provisional_timeouts_are_not_told_as_certain(result: BisectionResult) -> None:
    hasty = provisional_timeout(LATER.pair)
    walk = Walk([OLD, NEW, LATER], [BEFORE, AFTER, hasty], SearchResult(SearchStatus.FOUND))
    result.walk = walk
    says = facts(result)["provisional"]
    assert says.startswith("not given the whole time limit after a timeout of 5 s or more")
    assert says.endswith(": 3.9.0")
    unfound = BisectionResult(Question(), replace(walk, result=SearchResult(SearchStatus.SAME)))
    assert facts(unfound)["3.9.0"] == "timeout (provisional: no end within 5 s)"
    assert "provisional" in facts(unfound)
    result.walk = walk_of(SearchStatus.FOUND, OLD, NEW, LATER)
    assert "provisional" not in facts(result)


def test_another_change_says_which_side_is_provisional(result: BisectionResult) -> None:
    result.others = [Boundary(NEW, LATER, AFTER, provisional_timeout(LATER.pair))]
    assert facts(result)["another change"] == (
        "3.7.0 → 3.9.0: pass → timeout (the timeout of 3.9.0 is provisional)"
    )


def test_releases_that_behave_alike_are_one_fact() -> None:
    walk = walk_of(SearchStatus.NOWHERE, OLD, NEW, LATER, unasked=1)
    by_subject = facts(BisectionResult(Question(), walk))
    assert by_subject["3.6.0 to 3.9.0"] == "pass"
    assert "; 1 release between them not tested (--all tests" in by_subject["not found"]


def test_a_release_that_was_not_tested_is_in_no_span() -> None:
    walk = replace(walk_of(SearchStatus.SAME, OLD, NEW, LATER), observed=[BEFORE, None, BEFORE])
    by_subject = facts(BisectionResult(Question(), walk))
    assert by_subject["3.6.0, 3.9.0"].startswith("load-error ValueError")
    assert by_subject["not tested"] == "3.7.0"


def test_only_releases_with_a_result_are_said_to_behave_alike() -> None:
    walk = walk_of(SearchStatus.SAME, OLD, NEW, LATER)
    assert facts(BisectionResult(Question(), walk))["not found"].startswith(
        "both bounds behave the same, and so does every release between them that gave a result"
    )
    silent = [observation(OLD.pair, PASS), observation(NEW.pair, SILENT), AFTER]
    by_subject = facts(BisectionResult(Question(), replace(walk, observed=silent)))
    assert by_subject["not found"].startswith("both bounds behave the same (")


def test_numbers_agree_with_their_nouns() -> None:
    assert [counted(number, "commit") for number in (0, 1, 2)] == [
        "0 commits", "1 commit", "2 commits",
    ]  # fmt: skip
