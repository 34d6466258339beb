"""The facts about a bisection, each as one line of text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from harness.bisect.answer.cause_facts import facts_about_cause
from harness.bisect.answer.fact import MOST_NAMES, Fact
from harness.bisect.axes import Point
from harness.bisect.bisection import BisectionResult
from harness.bisect.branch_states import BranchState
from harness.bisect.isolate import Culprit
from harness.bisect.observation import Observation
from harness.bisect.scripts import line_raising_everywhere
from harness.bisect.search import SearchStatus
from harness.bisect.steps import (
    BACKPORT,
    BRANCHES,
    CAUSE,
    COMMITS,
    CULPRIT,
    DAILY_BUILDS,
    FUNCTIONS,
    NOT_ASKED,
    PRERELEASES,
    StepState,
    silence_in_words,
)
from harness.bisect.walk import Boundary, Walk
from harness.results.signatures import contrast
from harness.util.escaping import shortened
from harness.util.wording import counted, first_names

LONGEST_MESSAGE = 300
#: The reservation about a patch that works.
TRIED_ALONE = "it has been tried on this case alone"


def facts_about(result: BisectionResult) -> list[Fact]:
    """What was found, the most important first; each fact is one line."""
    facts = _facts_of_failure(result) if result.boundary is None else _facts_of_change(result)
    return [Fact(fact.about, " ".join(fact.says.split())) for fact in facts]


# ---------------------------------------------------------------- no change was found


def _facts_of_failure(result: BisectionResult) -> Iterator[Fact]:
    yield Fact("not found", f"{_failure(result)} (searched for: {result.question})")
    for walk in (result.walk, *result.other_walks):
        yield from _spans(walk)
    line = line_raising_everywhere(observation for _, observation in result.walk.asked)
    if line:
        yield Fact(
            "note", f"line {line} of the script raises the exception itself; no release raises it"
        )
    yield from _provisional_timeouts(result.walk)
    yield from _notes(result)


def _failure(result: BisectionResult) -> str:
    """Why no change was found."""
    old, new = result.question.terms
    search = result.walk.result
    if search.status is SearchStatus.REVERSED:
        return (
            f"the older bound is {new} and the newer bound is {old}: either the bounds are "
            f"swapped, or --find {result.question.reversed.find} is meant"
        )
    if search.status is SearchStatus.OTHER and result.question.has_sides:
        return f"the newer bound is not {new}"
    reason = str(search.status.value)
    answers = [result.question.answer(seen) for _, seen in result.walk.asked]
    if search.status is SearchStatus.SAME and len(answers) - answers.count(None) > 2:
        reason += ", and so does every release between them that gave a result"
    if search.unasked:
        untested = counted(search.unasked, "release")
        reason += f"; {untested} between them not tested (--all tests every release)"
    return reason


def _spans(walk: Walk) -> Iterator[Fact]:
    """What was observed, with neighbours that behave alike as one fact, and what was not tested."""
    asked = [number for number, observation in enumerate(walk.observed) if observation]
    for words, numbers in groupby(asked, key=lambda number: _words(walk.observed[number])):
        yield Fact(_runs(walk, list(numbers)), words)
    between = range(asked[0], asked[-1]) if asked else range(0)
    if untested := [number for number in between if walk.observed[number] is None]:
        yield Fact("not tested", _runs(walk, untested))


def _words(observation: Observation | None) -> str:
    return observation.words if observation else ""


def _runs(walk: Walk, numbers: Sequence[int]) -> str:
    """Points by their numbers: ``3.6.0, 3.8.0 to 3.9.0`` where 3.7.0 is not among them."""
    runs = []
    for _, group in groupby(enumerate(numbers), key=lambda each: each[1] - each[0]):
        run = [walk.points[number] for _, number in group]
        runs.append(str(run[0]) if len(run) == 1 else f"{run[0]} to {run[-1]}")
    return ", ".join(runs)


# ---------------------------------------------------------------- a change was found


def _facts_of_change(result: BisectionResult) -> Iterator[Fact]:
    boundary = result.boundary
    assert boundary is not None
    old, new = result.question.terms
    yield Fact(f"last {old}", _side(boundary.old, boundary.before))
    yield Fact(f"first {new}", _side(boundary.new, boundary.after))
    yield from _silent_releases(boundary)
    yield from _culprit_facts(result)
    yield from _cause_facts(result)
    yield from _build_facts(result)
    yield from _commit_facts(result)
    yield from _branch_facts(result, boundary)
    yield from _function_facts(result)
    if names := [name for name, end in result.steps.items() if end.reason == NOT_ASKED]:
        yield Fact(StepState.NOT_DONE.value, f"{', '.join(names)} ({NOT_ASKED})")
    for other in result.others:
        yield Fact("another change", _other_change(other))
    if unasked := result.walk.result.unasked:
        yield Fact(
            "possible",
            f"{counted(unasked, 'release')} not tested, as the tested ones on both sides behave "
            "alike; a change that was reversed may hide there (--all tests every release)",
        )
    yield from _provisional_timeouts(result.walk)
    yield from _notes(result)


def _unfinished(result: BisectionResult, step: str) -> Iterator[Fact]:
    """Why a step found nothing, unless it was not asked for."""
    end = result.steps.get(step)
    if end is not None and end.state is not StepState.FOUND and end.reason != NOT_ASKED:
        yield Fact(step, str(end))


def _silent_releases(boundary: Boundary) -> Iterator[Fact]:
    """The releases between the two sides that are like neither."""
    silent = [
        f"{point}: {seen.reason or seen.words}"
        for point, seen in boundary.silent
        if seen.signature is None
    ]
    if silent:
        yield Fact("no result", f"between these two, {'; '.join(silent)}")
    unsupported = [str(point) for point, seen in boundary.silent if seen.signature is not None]
    if unsupported:
        yield Fact("unsupported", f"between these two, by {', '.join(unsupported)}")


def _provisional_timeouts(walk: Walk) -> Iterator[Fact]:
    """The releases whose timeouts only steered the search."""
    seen = [
        (point, seen.cell.limit) for point, seen in walk.asked if seen.provisional and seen.cell
    ]
    if not seen:
        return
    names = first_names((point for point, _ in seen), MOST_NAMES)
    shortest = min(limit for _, limit in seen)
    yield Fact(
        "provisional",
        f"not given the whole time limit after a timeout of {shortest:.3g} s or more, as neither "
        f"the change nor its culprit rests on it: {names}",
    )


def _notes(result: BisectionResult) -> Iterator[Fact]:
    for note in result.notes:
        yield Fact("note", note)


def _side(point: Point, observation: Observation) -> str:
    signature = observation.signature
    assert signature is not None
    message = f": {signature.message}" if signature.message else ""
    place = f" (in {signature.place})" if signature.place else ""
    return f"{point} ({point.day}): {signature.label}{shortened(message, LONGEST_MESSAGE)}{place}"


def _culprit_facts(result: BisectionResult) -> Iterator[Fact]:
    if result.culprit is None:
        yield from _unfinished(result, CULPRIT)
    else:
        yield Fact(CULPRIT, _culprit(result.culprit))


def _culprit(culprit: Culprit) -> str:
    names = first_names(culprit.changes, MOST_NAMES)
    if culprit.proof is None:
        return f"{culprit.state.value}: {_why_unproven(culprit, names)}"
    if len(culprit.differences) == len(culprit.changes):
        return f"{names}: nothing else differs between the two environments"
    if culprit.added:
        added = ", ".join(sorted(change.name for change in culprit.added))
        names += f" (with {added}, newly installed)"
    first, second = (observation.pair.id for observation in culprit.proof)
    number = len(culprit.changes) if len(culprit.changes) > 1 else "one"
    all_differences = len(culprit.differences)
    text = f"{names}; {number} of {all_differences} differences, proven by {first} and {second}"
    if culprit.silent:
        text += f"; fewer changes may suffice ({silence_in_words(culprit.silent)})"
    return text


def _why_unproven(culprit: Culprit, names: str) -> str:
    if not culprit.differences:
        return "no difference between the two environments is known"
    if culprit.state is StepState.NOT_DONE:
        return f"nothing was run, and stored results prove nothing; it is among {names}"
    tried = [f"{culprit.tried} tried"] if culprit.tried else []
    silent = [silence_in_words(culprit.silent)] if culprit.silent else []
    if not tried and not silent:
        return f"it is among {names}"
    counts = ", ".join([*tried, *silent])
    return f"it is among {names}; environments with fewer changes: {counts}"


def _cause_facts(result: BisectionResult) -> Iterator[Fact]:
    yield from _unfinished(result, CAUSE)
    if result.cause is not None:
        yield from facts_about_cause(result.cause)
    yield from _unfinished(result, BACKPORT)
    if result.patch:
        assert result.boundary is not None
        yield Fact(BACKPORT, f"applied to a fresh {result.boundary.old}, and works; {TRIED_ALONE}")


def _build_facts(result: BisectionResult) -> Iterator[Fact]:
    old, new = result.question.terms
    if result.prerelease:
        yield Fact("pre-release", _builds(result.prerelease, old, new))
    yield from _unfinished(result, PRERELEASES)
    if result.nightly:
        gap = _days_without_build(result.nightly)
        yield Fact("daily build", _builds(result.nightly, old, new) + gap)
    yield from _unfinished(result, DAILY_BUILDS)


def _builds(boundary: Boundary, old: str, new: str) -> str:
    text = (
        f"last {old} {boundary.old} ({boundary.old.day}), "
        f"first {new} {boundary.new} ({boundary.new.day})"
    )
    if boundary.silent:
        text += f"; between them {silence_in_words(seen for _, seen in boundary.silent)}"
    return text


def _days_without_build(boundary: Boundary) -> str:
    days = (boundary.new.day - boundary.old.day).days - 1
    if days < 1 or boundary.silent:
        return ""
    return f"; no build in the {counted(days, 'day')} between"


def _commit_facts(result: BisectionResult) -> Iterator[Fact]:
    yield from _unfinished(result, COMMITS)
    first = result.commits
    if first is None:
        return
    about = "commit" if len(first.commits) == 1 else "one of the commits"
    for commit in first.commits[:MOST_NAMES]:
        yield Fact(about, f"{commit.sha[:12]} ({commit.day}) {commit.subject}")
    if hidden := len(first.commits[MOST_NAMES:]):
        yield Fact(about, f"{hidden} more")
    if first.skipped:
        skipped = counted(first.skipped, "commit")
        yield Fact("skipped", f"{skipped} with no result, or one like neither side")


def _function_facts(result: BisectionResult) -> Iterator[Fact]:
    if result.cause is None:
        yield from _unfinished(result, FUNCTIONS)
    if changed := result.functions.diffs:
        count = counted(len(changed), "function")
        yield Fact(
            FUNCTIONS,
            f"a guess: {count} of the tracebacks, shown below; that these make the change is not "
            "proven",
        )


def _branch_facts(result: BisectionResult, boundary: Boundary) -> Iterator[Fact]:
    untested = []
    for state in result.branches:
        if state.observation is None:
            untested.append(str(state.end))
        else:
            major, minor = state.end.version.release[:2]
            says = _branch(state, state.observation, boundary)
            yield Fact(f"{major}.{minor} branch", says)
    if untested:
        newest, _ = result.walk.asked[-1]
        says = f"{', '.join(untested)} not tested: they go on from the newer bound, {newest}"
        yield Fact(BRANCHES, says)
    yield from _unfinished(result, BRANCHES)


def _branch(state: BranchState, observation: Observation, boundary: Boundary) -> str:
    if observation.signature is None:
        return f"not known, as {state.end} gave {observation.words}"
    if state.is_new is None:
        like = f"like neither {boundary.old} nor {boundary.new}"
    else:
        like = f"like {boundary.new if state.is_new else boundary.old}"
    since = ""
    if state.boundary:
        since = f", since {state.boundary.new}"
        since += " at the latest" if state.boundary.silent else ""
        since += _provisional_side(state.boundary)
    return f"{state.end} behaves {like}{since}: {observation.words}"


def _other_change(boundary: Boundary) -> str:
    where = f"{boundary.old} → {boundary.new}"
    if boundary.unasked:
        where = f"somewhere in {where} ({counted(boundary.unasked, 'release')} not tested)"
    if boundary.silent:
        where += f"; {counted(len(boundary.silent), 'release')} between them gave no result"
    words = change_in_words(boundary, LONGEST_MESSAGE)
    return f"{where}: {words}{_provisional_side(boundary)}"


def _provisional_side(boundary: Boundary) -> str:
    """Which side of a boundary is a provisional timeout, if one is; both cannot be."""
    sides = ((boundary.old, boundary.before), (boundary.new, boundary.after))
    points = [point for point, seen in sides if seen.provisional]
    return f" (the timeout of {points[0]} is provisional)" if points else ""


def change_in_words(boundary: Boundary, longest: int) -> str:
    """Both signatures as far as they differ, each with at most ``longest`` characters."""
    before, after = boundary.before.signature, boundary.after.signature
    assert before is not None and after is not None
    return " → ".join(shortened(words, longest) for words in contrast(before, after))
