"""The answer of a bisection in words: for the terminal, an upstream issue and the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.bisect.answer.fact import MOST_NAMES, Fact
from harness.bisect.answer.facts import change_in_words, facts_about
from harness.bisect.answer.trial_facts import facts_about_trials
from harness.bisect.bisection import Bisection, BisectionResult
from harness.bisect.source_diff import FunctionDiff
from harness.bisect.steps import CAUSE, CULPRIT, StepState
from harness.bisect.trials import Trials
from harness.bisect.walk import Boundary
from harness.execution.cases import Script
from harness.releases.pair import Pair
from harness.results.model import SCRIPT
from harness.util.escaping import printable
from harness.util.templates import markdown_templates
from harness.util.wording import first_names

LONGEST_TITLE = 60
MOST_DIFFS = 5
#: The subjects of the facts that belong to the answer; the others are evidence.
_ANSWERS = (CULPRIT, CAUSE, "not found", "not sure", "no change")
#: Lines of the first diff and of a commit, and of each further diff.
LONGEST_DIFF = 60
LONGEST_FURTHER_DIFF = 25


@dataclass(frozen=True)
class BisectionSummary:
    """An answer in words.

    ``function_diffs`` and ``commit_diff`` are unified diffs, shortened; ``further_changes`` is a
    sentence about what they do not show. ``is_proven`` says whether ``function_diffs`` are proven
    to make the change, or are a guess. ``pairs`` are the two sides of the change, and ``change``
    is a sentence about it, if one was found.
    """

    bisection: Bisection
    title: str
    facts: list[Fact]
    function_diffs: Sequence[FunctionDiff] = ()
    further_changes: str = ""
    commit_diff: str = ""
    pairs: Sequence[Pair] = ()
    is_proven: bool = False
    change: str = ""

    @property
    def answer(self) -> list[str]:
        """The answer in sentences: where the behaviour changed, and what is to blame."""
        answers = (fact for fact in self.facts if _is_answer(fact))
        sentences = [f"{fact.about.capitalize()}: {fact.says}" for fact in answers]
        return [_sentence(text) for text in (self.change or self.title, *sentences)]

    @property
    def evidence(self) -> list[Fact]:
        """The facts that are no part of the answer."""
        return [fact for fact in self.facts if not _is_answer(fact)]


def _is_answer(fact: Fact) -> bool:
    """Whether a fact answers what was asked; a step that was not done answers nothing."""
    return fact.about in _ANSWERS and not fact.says.startswith(StepState.NOT_DONE.value)


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?", "!")) else f"{text}."


def summarize_result(result: BisectionResult, bisection: Bisection) -> BisectionSummary:
    """The answer of a bisection."""
    boundary = result.boundary
    return BisectionSummary(
        bisection,
        _title(bisection, boundary),
        facts_about(result),
        _shown_diffs(result.cause.diffs if result.cause else result.functions.diffs),
        _further_changes(result),
        _shortened_diff(result.commits.diff, LONGEST_DIFF) if result.commits else "",
        (boundary.old.pair, boundary.new.pair) if boundary else (),
        result.cause is not None,
        _change(bisection, boundary) if boundary else "",
    )


def summarize_trials(trials: Trials, confidence: float, bisection: Bisection) -> BisectionSummary:
    """The answer to where a flaky behaviour changed."""
    facts = facts_about_trials(trials, confidence, bisection.question)
    return BisectionSummary(bisection, _title(bisection, None), facts)


def as_markdown(summary: BisectionSummary, command: str) -> str:
    """The answer as Markdown for an upstream issue; ``command`` reproduces it."""
    case = summary.bisection.case
    script = case.path.read_text(errors="replace") if isinstance(case, Script) else ""
    page = markdown_templates("harness.bisect.answer").get_template("answer.md")
    options = case.pair_options(summary.bisection.format)
    return page.render(summary=summary, script=script, pair_options=options, command=command)


def _subject(bisection: Bisection) -> str:
    name = bisection.case.name
    return name if bisection.format == SCRIPT else f"{name} ({bisection.format})"


def _change(bisection: Bisection, boundary: Boundary) -> str:
    """Where the behaviour changed, as a sentence."""
    change = change_in_words(boundary, LONGEST_TITLE)
    releases = f"{bisection.axis.package} {boundary.old} and {boundary.new}"
    return f"{_subject(bisection)} changed between {releases}: {change}"


def _title(bisection: Bisection, boundary: Boundary | None) -> str:
    subject = _subject(bisection)
    if boundary is None:
        return f"{subject}: {bisection.question}"
    change = change_in_words(boundary, LONGEST_TITLE)
    return f"{subject}: {change} between {bisection.axis.package} {boundary.old} and {boundary.new}"


def _shown_diffs(diffs: Sequence[FunctionDiff]) -> list[FunctionDiff]:
    """The first diffs, those of the likeliest functions; the very first may be the longest."""
    shown = []
    for number, diff in enumerate(diffs[:MOST_DIFFS]):
        longest = LONGEST_FURTHER_DIFF if number else LONGEST_DIFF
        shown.append(
            FunctionDiff(diff.file, diff.function, _shortened_diff(diff.diff, longest))
        )  # fmt: skip
    return shown


def _further_changes(result: BisectionResult) -> str:
    """A sentence about what the shown diffs leave out; empty where they leave out nothing."""
    diffs = result.cause.diffs if result.cause else result.functions.diffs
    hidden = [f"{diff.file}: {diff.function}" for diff in diffs[MOST_DIFFS:]]
    names = [*hidden, *result.functions.others]
    if not names:
        return ""
    subject = "also part of the cause" if result.cause else "also changed"
    return f"{subject}: {first_names(names, MOST_NAMES)}"


def _shortened_diff(diff: str, longest: int) -> str:
    lines = printable(diff).splitlines()
    if len(lines) > longest:
        lines = [*lines[:longest], f"… {len(lines) - longest} more lines"]
    return "\n".join(lines)
