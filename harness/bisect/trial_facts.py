"""The facts about a flaky behaviour, each as one line of text."""

from __future__ import annotations

from collections.abc import Iterator

from harness.bisect.facts import Fact, counted
from harness.bisect.question import Question
from harness.bisect.trials import Trials


def facts_about_trials(trials: Trials, confidence: float, question: Question) -> list[Fact]:
    """What the trials of a flaky behaviour show; ``confidence`` is the one that was asked for."""
    points = trials.points
    facts = [
        Fact("trials", f"{trials.total} on {counted(len(points), 'release')}"),
    ]
    if trials.silent:
        facts.append(Fact("no result", ", ".join(map(str, trials.silent))))
    if len(points) < 2:
        return [Fact("not found", "fewer than two releases gave a result"), *facts]
    facts += _place_of_change(trials, question)
    if trials.posterior.confidence < confidence:
        first, last = trials.posterior.interval(confidence)
        interval = f"{points[max(first - 1, 0)]} to {points[last]}"
        facts.append(
            Fact("not sure", f"with a probability of {confidence:.0%} the change is in {interval}")
        )
    for point, shown, tried in zip(points, trials.shown, trials.tried, strict=True):
        if tried:
            facts.append(Fact(str(point), f"shown in {shown} of {counted(tried, 'trial')}"))
    return facts


def _place_of_change(trials: Trials, question: Question) -> Iterator[Fact]:
    posterior, points = trials.posterior, trials.points
    place, confidence = posterior.likeliest, f"{posterior.confidence:.1%}"
    if place == 0:
        yield Fact("no change", "every release shows the behaviour with the same probability")
        yield Fact("confidence", confidence)
        return
    rises = posterior.after > posterior.before
    answered = question if rises == (question.find == "broken") else question.reversed
    old, new = answered.terms
    last, first = points[place - 1], points[place]
    yield Fact(f"last {old}", f"{last} ({last.day})")
    yield Fact(f"first {new}", f"{first} ({first.day})")
    yield Fact("confidence", confidence)
    yield Fact(
        "probability", f"{posterior.before:.0%} before, {posterior.after:.0%} after ({answered})"
    )
    if answered != question:
        yield Fact("note", f"the change goes the other way than searched for ({question})")
