"""The answer in words: the same facts for the terminal and for an upstream issue."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.analysis.bisections import ChangedLines, PublishedBisection
from harness.bisect.axes import Point
from harness.bisect.bisection import Bisection, BisectionResult, BranchState
from harness.bisect.isolate import Culprit
from harness.bisect.observation import Observation
from harness.bisect.question import Question
from harness.bisect.search import SearchStatus
from harness.bisect.source_diff import FunctionDiff
from harness.bisect.trials import Trials
from harness.bisect.walk import Boundary, Walk
from harness.execution.cases import Script
from harness.releases.pair import LINEAGES, Pair
from harness.results.model import SCRIPT
from harness.results.signatures import contrast
from harness.util.escaping import printable, shortened
from harness.util.templates import markdown_templates

LONGEST_MESSAGE = 300
LONGEST_TITLE = 60
LONGEST_HUNK = 60
LONGEST_FURTHER_HUNK = 25
MOST_HUNKS = 5
MOST_NAMES = 8


@dataclass(frozen=True)
class Fact:
    """One line of the answer: what it is about, and what was found."""

    about: str
    says: str


@dataclass(frozen=True)
class BisectionSummary:
    """An answer in words, the changed lines as unified diffs."""

    bisection: Bisection
    title: str
    facts: list[Fact]
    hunks: Sequence[FunctionDiff] = ()
    beside: str = ""
    diff: str = ""
    pairs: Sequence[Pair] = ()


def facts(answer: BisectionResult) -> list[Fact]:
    """What was found, the most wanted first; each fact is one line."""
    return [Fact(each.about, " ".join(each.says.split())) for each in _facts(answer)]


def _facts(answer: BisectionResult) -> Iterator[Fact]:
    old, new = answer.question.terms
    boundary = answer.boundary
    if boundary is None:
        yield Fact("not found", _why_not(answer))
        yield from _seen(answer.walk)
        if number := _line_of_the_script(answer.walk):
            yield Fact("note", f"the script itself raises, in line {number}, and no release does")
        for note in answer.notes:
            yield Fact("note", note)
        return
    yield Fact(f"last {old}", _side(boundary.old, boundary.before))
    yield Fact(f"first {new}", _side(boundary.new, boundary.after))
    if boundary.open:
        told = "; ".join(f"{point}: {seen.reason or seen.words}" for point, seen in boundary.open)
        yield Fact("left open", f"between the two, without an answer: {told}")
    if answer.culprit:
        yield Fact("culprit", _culprit(answer.culprit))
    if answer.prerelease:
        yield Fact("pre-release", _finer(answer.prerelease, old, new))
    if answer.nightly:
        gap = _days_apart(answer.nightly)
        yield Fact("daily build", _finer(answer.nightly, old, new) + gap)
    yield from _commits(answer)
    for line in answer.lines:
        major, minor = line.end.version.release[:2]
        yield Fact(f"{major}.{minor} line", _line(line, old, new))
    yield from _others(answer)
    for note in answer.notes:
        yield Fact("note", note)


def chance_facts(trials: Trials, confidence: float, question: Question) -> list[Fact]:
    """What the trials of a flaky behaviour say."""
    points = trials.points
    told = [Fact("trials", f"{trials.total}, of {len(points)} releases")]
    if trials.silent:
        told.append(Fact("left open", "without an answer: " + ", ".join(map(str, trials.silent))))
    if len(points) < 2:
        return [Fact("not found", "fewer than two releases give an answer"), *told]
    told += _place_of_change(trials, question)
    if trials.posterior.confidence < confidence:
        first, last = trials.posterior.interval(confidence)
        span = f"{points[max(first - 1, 0)]} to {points[last]}"
        told.append(Fact("not sure", f"with {confidence:.0%} the change is in {span}"))
    for point, shown, tried in zip(points, trials.shown, trials.tried, strict=True):
        if tried:
            told.append(Fact(str(point), f"{shown} of {tried}"))
    return told


def _place_of_change(trials: Trials, question: Question) -> list[Fact]:
    found, points = trials.posterior, trials.points
    place, sure = found.likeliest, f"{found.confidence:.1%}"
    if place == 0:
        return [Fact("no change", f"the chance is one along the whole line, with {sure}")]
    rises = found.after > found.before
    told = question if rises == (question.find == "broken") else question.reversed
    old, new = told.terms
    facts = [
        Fact(f"last {old}", f"{points[place - 1]} ({points[place - 1].day})"),
        Fact(f"first {new}", f"{points[place]} ({points[place].day})"),
        Fact("sure", sure),
        Fact("chance", f"{found.before:.0%} before, {found.after:.0%} after: {told}"),
    ]
    if told != question:
        facts.append(Fact("note", f"{question} was sought; it is the other way round"))
    return facts


def _why_not(answer: BisectionResult) -> str:
    question, found = answer.question, answer.walk.finding
    old, new = question.terms
    if found.verdict is SearchStatus.SAME:
        return f"both bounds give the same answer ({question} was sought)"
    if found.verdict is SearchStatus.REVERSED:
        other = question.reversed.find
        return (
            f"the older bound is {new} and the newer is {old}: the bounds are swapped, or the "
            f"other way is meant, with --find {other}"
        )
    if found.verdict is SearchStatus.OTHER and question.has_sides:
        return f"the newer bound is not {new} ({question} was sought)"
    if found.verdict is SearchStatus.NOWHERE and found.unasked:
        return (
            f"all releases that were asked answer alike ({question} was sought); "
            f"{found.unasked} between them were not asked: --all asks every one"
        )
    return f"{found.verdict.value} ({question} was sought)"


def _seen(found: Walk) -> Iterator[Fact]:
    """What was answered, neighbours with the same words as one line."""
    spans: list[tuple[str, str, str]] = []
    for point, observed in found.asked:
        if spans and spans[-1][2] == observed.words:
            spans[-1] = (spans[-1][0], str(point), observed.words)
        else:
            spans.append((str(point), str(point), observed.words))
    for first, last, words in spans:
        yield Fact(first if first == last else f"{first} to {last}", words)


def _line_of_the_script(found: Walk) -> int:
    """The line of the script that raised at every point, in no code of a release; 0 if none did."""
    lines: set[int] = set()
    for _, observed in found.asked:
        frames = observed.frames or [["", "", 0]]
        lines.add(frames[-1][2] if frames[-1][0] == "__main__" else 0)
    return lines.pop() if len(lines) == 1 else 0


def missing_package(observed: Observation) -> str:
    """The package that the script itself imports and the environment lacks; empty if there is none.

    What Keras or TensorFlow fails to import is another matter.
    """
    if observed.signature is None or observed.signature.type != "ModuleNotFoundError":
        return ""
    by_script = [frame[0] for frame in observed.frames][-1:] == ["__main__"]
    name = observed.message.partition("'")[2].partition("'")[0].partition(".")[0]
    return name if by_script and name not in ("keras", "tensorflow", "tf_keras") else ""


def _side(point: Point, observed: Observation) -> str:
    signature = observed.signature
    assert signature is not None
    message = f": {signature.message}" if signature.message else ""
    place = f" (in {signature.place})" if signature.place else ""
    return f"{point} ({point.day}): {signature.label}{shortened(message, LONGEST_MESSAGE)}{place}"


def _finer(boundary: Boundary, old: str, new: str) -> str:
    return (
        f"last {old} {boundary.old} ({boundary.old.day}), first {new} {boundary.new} "
        f"({boundary.new.day}){_open(boundary)}"
    )


def _days_apart(boundary: Boundary) -> str:
    days = (boundary.new.day - boundary.old.day).days
    return f"; no build in the {days - 1} days between" if days > 1 and not boundary.open else ""


def _open(boundary: Boundary) -> str:
    return f"; {len(boundary.open)} between them gave no answer" if boundary.open else ""


def _culprit(culprit: Culprit) -> str:
    named = ", ".join(map(str, culprit.swaps[:MOST_NAMES]))
    more = len(culprit.swaps) - MOST_NAMES
    named += f" and {more} more" if more > 0 else ""
    if culprit.proof is None:
        return f"not to be told apart: {named}"
    if len(culprit.of) == len(culprit.swaps):
        return f"{named}: nothing else differs between the two environments"
    if culprit.added:
        named += (
            f" (with {', '.join(sorted(swap.name for swap in culprit.added))}, newly installed)"
        )
    one, other = (each.pair.id for each in culprit.proof)
    return f"{named}; of {len(culprit.of)} differences, proven by {one} and {other}"


def _commits(answer: BisectionResult) -> Iterator[Fact]:
    found = answer.commits
    if found is None:
        return
    for commit in found.commits[:MOST_NAMES]:
        about = "commit" if len(found.commits) == 1 else "one of the commits"
        yield Fact(about, f"{commit.sha[:12]} ({commit.day}) {commit.subject}")
    if found.skipped:
        yield Fact("skipped", f"{found.skipped} commits gave no answer")


def _line(line: BranchState, old: str, new: str) -> str:
    state = {True: f"is {new}", False: f"is {old}", None: "is neither"}[line.has]
    since = f", since {line.boundary.new}" if line.boundary else ""
    return f"{line.end} {state}{since}: {line.observed.words}"


def _others(answer: BisectionResult) -> Iterator[Fact]:
    for other in answer.others:
        assert other.before.signature is not None and other.after.signature is not None
        words = contrast(other.before.signature, other.after.signature)
        apart = " → ".join(shortened(each, LONGEST_MESSAGE) for each in words)
        where = f"{other.old} → {other.new}"
        if other.unasked:
            where = f"somewhere in {where} ({other.unasked} between not asked)"
        yield Fact("another change", f"{where}{_open(other)}: {apart}")
    if count := answer.walk.finding.unasked:
        yield Fact(
            "possible",
            f"{count} releases were not asked, between such that answer alike; a change there and "
            "back is possible (--all asks every one)",
        )


def shown_hunks(answer: BisectionResult) -> list[FunctionDiff]:
    """The changed functions, as many and as long as can be read; the innermost at most length."""
    lengths = [LONGEST_HUNK, *[LONGEST_FURTHER_HUNK] * (MOST_HUNKS - 1)]
    return [
        FunctionDiff(hunk.file, hunk.function, _cut(hunk.diff, length))
        for hunk, length in zip(answer.hunks, lengths, strict=False)
    ]


def lines_in_words(answer: BisectionResult) -> str:
    """What the changed functions are, where there are none or more than are shown."""
    if answer.compared and not answer.hunks:
        return "nothing changed in the functions of the traceback"
    names = [f"{hunk.file}: {hunk.function}" for hunk in answer.hunks[MOST_HUNKS:]] + answer.beside
    if not names:
        return ""
    shown = ", ".join(names[:MOST_NAMES])
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return f"changed beside these: {shown}{more}"


def _cut(diff: str, longest: int = LONGEST_HUNK) -> str:
    lines = printable(diff).splitlines()
    if len(lines) <= longest:
        return "\n".join(lines)
    return "\n".join([*lines[:longest], f"… {len(lines) - longest} more lines"])


def summarize_result(answer: BisectionResult, bisection: Bisection) -> BisectionSummary:
    """What a bisection found."""
    boundary = answer.boundary
    return BisectionSummary(
        bisection, _title(bisection, boundary), facts(answer), shown_hunks(answer),
        lines_in_words(answer), _cut(answer.commits.diff) if answer.commits else "",
        (boundary.old.pair, boundary.new.pair) if boundary else (),
    )  # fmt: skip


def lacks_package(answer: BisectionResult) -> str:
    """The package that the script lacks wherever it was asked; empty if that is not the reason."""
    names = {missing_package(observed) for _, observed in answer.walk.asked}
    return names.pop() if len(names) == 1 else ""


def summarize_trials(trials: Trials, confidence: float, bisection: Bisection) -> BisectionSummary:
    """What the trials of a flaky behaviour say."""
    told = chance_facts(trials, confidence, bisection.question)
    return BisectionSummary(bisection, _title(bisection, None), told)


def _title(bisection: Bisection, boundary: Boundary | None) -> str:
    subject = bisection.case.name
    if bisection.format != SCRIPT:
        subject += f" ({bisection.format})"
    if boundary is None:
        return f"{subject}: {bisection.question}"
    assert boundary.before.signature is not None and boundary.after.signature is not None
    words = contrast(boundary.before.signature, boundary.after.signature)
    apart = " → ".join(shortened(each, LONGEST_TITLE) for each in words)
    return f"{subject}: {apart} between {bisection.axis.package} {boundary.old} and {boundary.new}"


def as_published(told: BisectionSummary, command: str) -> PublishedBisection | None:
    """The answer as the report shows it; None where it is about no change point of a case."""
    bisection = told.bisection
    if not told.pairs or bisection.format == SCRIPT or bisection.axis.package not in LINEAGES:
        return None
    old, new = told.pairs
    lines = [ChangedLines(hunk.file, hunk.function, hunk.diff) for hunk in told.hunks]
    if told.diff:
        lines.append(ChangedLines("the commit", "", told.diff))
    return PublishedBisection(
        old.lineage, bisection.case.name, bisection.format, str(old.keras), str(new.keras), command,
        [(fact.about, fact.says) for fact in told.facts], lines,
    )  # fmt: skip


def as_markdown(told: BisectionSummary, command: str) -> str:
    """The answer as an upstream issue takes it; ``command`` is what made it."""
    case = told.bisection.case
    script = case.path.read_text(errors="replace") if isinstance(case, Script) else ""
    page = markdown_templates("harness.bisect").get_template("answer.md")
    return page.render(told=told, case=case, script=script, command=command)
