"""The facts about a flaky behaviour, each as one line of text."""

from __future__ import annotations

from collections.abc import Iterator

from harness.bisect.answer.fact import Fact
from harness.bisect.question import Question
from harness.bisect.steps import CULPRIT, FUNCTIONS, StepState
from harness.bisect.trials import Trials
from harness.util.wording import counted


def facts_about_trials(trials: Trials, confidence: float, question: Question) -> list[Fact]:
    """What the trials of a flaky behaviour show; ``confidence`` is the requested probability."""
    points = trials.points
    facts = [
        Fact("trials", f"{trials.total} on {counted(len(points), 'release')}"),
    ]
    if trials.silent:
        facts.append(Fact("no result", ", ".join(map(str, trials.silent))))
    if len(points) < 2:
        return [Fact("not found", "fewer than two releases gave a result"), *facts]
    if trials.posterior.confidence < confidence:
        facts += _likeliest_places(trials, confidence)
    elif trials.posterior.likeliest == 0:
        facts += _no_change(trials)
    else:
        facts += _change(trials, question)
        facts.append(Fact(StepState.NOT_DONE.value, f"{CULPRIT}, {FUNCTIONS} (not with --flaky)"))
    for point, shown, tried in zip(points, trials.shown, trials.tried, strict=True):
        if tried:
            facts.append(Fact(str(point), f"shown in {shown} of {counted(tried, 'trial')}"))
    return facts


def _likeliest_places(trials: Trials, confidence: float) -> Iterator[Fact]:
    """What is known as long as no place of the change has the requested probability."""
    first, last = trials.posterior.interval(confidence)
    where = "there is no change"
    if last > 0:
        start, end = trials.points[max(first - 1, 0)], trials.points[last]
        where = f"the behaviour changes between {start} and {end}"
        where += ", or nowhere" if first == 0 else ""
    yield Fact("not sure", f"with a probability of {confidence:.0%}, {where}")
    place, likeliest = trials.posterior.likeliest, "no change"
    if place > 0:
        likeliest = f"between {trials.points[place - 1]} and {trials.points[place]}"
    probability = f"{trials.posterior.confidence:.1%}"
    yield Fact("likeliest", f"{likeliest}, with a probability of {probability}")


def _no_change(trials: Trials) -> Iterator[Fact]:
    yield Fact("no change", "every release shows the behaviour with the same probability")
    yield Fact("confidence", f"{trials.posterior.confidence:.1%}")


def _change(trials: Trials, question: Question) -> Iterator[Fact]:
    posterior, place = trials.posterior, trials.posterior.likeliest
    rises = posterior.after > posterior.before
    answered = question if rises == (question.find == "broken") else question.reversed
    old, new = answered.terms
    last, first = trials.points[place - 1], trials.points[place]
    yield Fact(f"last {old}", f"{last} ({last.day})")
    yield Fact(f"first {new}", f"{first} ({first.day})")
    yield Fact("confidence", f"{posterior.confidence:.1%}")
    yield Fact(
        "probability", f"{posterior.before:.0%} before, {posterior.after:.0%} after ({answered})"
    )
    if answered != question:
        yield Fact("note", f"the change goes the other way than searched for ({question})")
