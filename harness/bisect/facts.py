"""The facts about a bisection, each as one line of text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from harness.bisect.axes import Point
from harness.bisect.bisection import BisectionResult
from harness.bisect.branch_states import BranchState
from harness.bisect.commits import FirstCommits
from harness.bisect.isolate import Culprit
from harness.bisect.observation import Observation
from harness.bisect.scripts import line_raising_everywhere
from harness.bisect.search import SearchStatus
from harness.bisect.walk import Boundary, Walk
from harness.results.signatures import contrast
from harness.util.escaping import shortened

LONGEST_MESSAGE = 300
#: Names of packages or commits that one fact lists.
MOST_NAMES = 8


@dataclass(frozen=True)
class Fact:
    """One line of an answer: its subject, and what was found out about it."""

    about: str
    says: str


def facts_about(result: BisectionResult) -> list[Fact]:
    """What was found, the most important first; each fact is one line."""
    facts = _facts_of_failure(result) if result.boundary is None else _facts_of_change(result)
    return [Fact(fact.about, " ".join(fact.says.split())) for fact in facts]


def counted(number: int, noun: str) -> str:
    """A number with its noun.

    >>> counted(1, "commit"), counted(2, "commit")
    ('1 commit', '2 commits')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


# ---------------------------------------------------------------- no change was found


def _facts_of_failure(result: BisectionResult) -> Iterator[Fact]:
    yield Fact("not found", f"{_failure(result)} (searched for: {result.question})")
    yield from _spans(result.walk)
    line = line_raising_everywhere(observation for _, observation in result.walk.asked)
    if line:
        yield Fact(
            "note", f"line {line} of the script raises the exception itself; no release raises it"
        )
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
    if search.status is SearchStatus.SAME and len(result.walk.asked) > 2:
        reason += ", and so does every release tested between them"
    if search.unasked:
        untested = counted(search.unasked, "release")
        reason += f"; {untested} between them not tested (--all tests every release)"
    return reason


def _spans(walk: Walk) -> Iterator[Fact]:
    """What was observed, with neighbours that behave alike as one fact."""
    spans: list[tuple[str, str, str]] = []
    for point, observation in walk.asked:
        if spans and spans[-1][2] == observation.words:
            first, _, words = spans.pop()
            spans.append((first, str(point), words))
        else:
            spans.append((str(point), str(point), observation.words))
    for first, last, words in spans:
        yield Fact(first if first == last else f"{first} to {last}", words)


# ---------------------------------------------------------------- a change was found


def _facts_of_change(result: BisectionResult) -> Iterator[Fact]:
    boundary = result.boundary
    assert boundary is not None
    old, new = result.question.terms
    yield Fact(f"last {old}", _side(boundary.old, boundary.before))
    yield Fact(f"first {new}", _side(boundary.new, boundary.after))
    if boundary.silent:
        silent = (f"{point}: {seen.reason or seen.words}" for point, seen in boundary.silent)
        yield Fact("no result", f"between these two, {'; '.join(silent)}")
    if result.culprit:
        yield Fact("culprit", _culprit(result.culprit))
    if result.prerelease:
        yield Fact("pre-release", _builds(result.prerelease, old, new))
    if result.nightly:
        gap = _days_without_build(result.nightly)
        yield Fact("daily build", _builds(result.nightly, old, new) + gap)
    if result.commits:
        yield from _commit_facts(result.commits)
    for state in result.branches:
        major, minor = state.end.version.release[:2]
        yield Fact(f"{major}.{minor} branch", _branch(state, boundary))
    for other in result.others:
        yield Fact("another change", _other_change(other))
    if unasked := result.walk.result.unasked:
        yield Fact(
            "possible",
            f"{counted(unasked, 'release')} not tested, as the tested ones on both sides behave "
            "alike; a change that was reversed may hide there (--all tests every release)",
        )
    yield from _notes(result)


def _notes(result: BisectionResult) -> Iterator[Fact]:
    for note in result.notes:
        yield Fact("note", note)


def _side(point: Point, observation: Observation) -> str:
    signature = observation.signature
    assert signature is not None
    message = f": {signature.message}" if signature.message else ""
    place = f" (in {signature.place})" if signature.place else ""
    return f"{point} ({point.day}): {signature.label}{shortened(message, LONGEST_MESSAGE)}{place}"


def _culprit(culprit: Culprit) -> str:
    names = ", ".join(map(str, culprit.changes[:MOST_NAMES]))
    hidden = len(culprit.changes) - MOST_NAMES
    if hidden > 0:
        names += f" and {hidden} more"
    if not culprit.changes:
        return "none: the two environments have the same packages"
    if culprit.proof is None:
        return f"could not be isolated; it is among {names}"
    if len(culprit.differences) == len(culprit.changes):
        return f"{names}: nothing else differs between the two environments"
    if culprit.added:
        added = ", ".join(sorted(change.name for change in culprit.added))
        names += f" (with {added}, newly installed)"
    first, second = (observation.pair.id for observation in culprit.proof)
    return f"{names}; one of {len(culprit.differences)} differences, proven by {first} and {second}"


def _builds(boundary: Boundary, old: str, new: str) -> str:
    text = (
        f"last {old} {boundary.old} ({boundary.old.day}), "
        f"first {new} {boundary.new} ({boundary.new.day})"
    )
    if boundary.silent:
        text += f"; {counted(len(boundary.silent), 'build')} between them gave no result"
    return text


def _days_without_build(boundary: Boundary) -> str:
    days = (boundary.new.day - boundary.old.day).days - 1
    if days < 1 or boundary.silent:
        return ""
    return f"; no build in the {counted(days, 'day')} between"


def _commit_facts(first: FirstCommits) -> Iterator[Fact]:
    about = "commit" if len(first.commits) == 1 else "one of the commits"
    for commit in first.commits[:MOST_NAMES]:
        yield Fact(about, f"{commit.sha[:12]} ({commit.day}) {commit.subject}")
    if first.skipped:
        yield Fact("skipped", f"{counted(first.skipped, 'commit')} gave no result")


def _branch(state: BranchState, boundary: Boundary) -> str:
    if state.is_new is None:
        like = f"like neither {boundary.old} nor {boundary.new}"
    else:
        like = f"like {boundary.new if state.is_new else boundary.old}"
    since = f", since {state.boundary.new}" if state.boundary else ""
    return f"{state.end} behaves {like}{since}: {state.observation.words}"


def _other_change(boundary: Boundary) -> str:
    where = f"{boundary.old} → {boundary.new}"
    if boundary.unasked:
        where = f"somewhere in {where} ({counted(boundary.unasked, 'release')} not tested)"
    if boundary.silent:
        where += f"; {counted(len(boundary.silent), 'release')} between them gave no result"
    return f"{where}: {change_in_words(boundary, LONGEST_MESSAGE)}"


def change_in_words(boundary: Boundary, longest: int) -> str:
    """Both signatures as far as they differ, each with at most ``longest`` characters."""
    before, after = boundary.before.signature, boundary.after.signature
    assert before is not None and after is not None
    return " → ".join(shortened(words, longest) for words in contrast(before, after))
