"""Trials of a flaky behaviour: points are run repeatedly until the place of the change is sure."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import msgspec

from harness.bisect.axes import Point
from harness.bisect.flaky import Posterior, most_telling, posterior
from harness.bisect.observation import Observation
from harness.bisect.question import Question
from harness.execution.cases import Case
from harness.releases.pair import Pair
from harness.util.files import append_line
from harness.util.paths import WORK

TRIALS = WORK / "bisect" / "trials"


class RepeatingOracle(Protocol):
    """An oracle that can run a pair more than once."""

    def known(self, pair: Pair) -> Observation | None:
        """The latest observation of a pair."""

    def ask_again(self, pairs: Sequence[Pair]) -> None:
        """Run pairs anew, whatever is known about them."""


class _Entry(msgspec.Struct):
    """One trial of a pair, as it is kept."""

    pair: str
    shown: bool


@dataclass
class Trials:
    """How often each point was tried and showed the behaviour, also kept in a file.

    The file has one JSON line for each trial. ``silent`` are points that were left out because they
    gave no result.
    """

    points: Sequence[Point]
    path: Path
    shown: list[int]
    tried: list[int]
    silent: tuple[Point, ...] = ()

    @classmethod
    def resumed(
        cls, points: Sequence[Point], case: Case, format_name: str, question: Question
    ) -> Trials:
        """The trials of the same question at the same points that were kept so far."""
        key = [case.digest, format_name, str(question), *(point.pair.id for point in points)]
        name = hashlib.sha256("\n".join(key).encode()).hexdigest()[:16]
        trials = cls(points, TRIALS / f"{name}.jsonl", [0] * len(points), [0] * len(points))
        if trials.path.exists():
            trials._count_kept(trials.path.read_text(encoding="utf-8").splitlines())
        return trials

    def add(self, number: int, shown: bool) -> None:
        """Count one trial of a point, and keep it in the file."""
        entry = _Entry(self.points[number].pair.id, shown)
        append_line(self.path, msgspec.json.encode(entry).decode() + "\n")
        self._count(number, shown)

    @property
    def posterior(self) -> Posterior:
        """What follows from all trials."""
        return posterior(self.shown, self.tried)

    @property
    def total(self) -> int:
        """The number of trials."""
        return sum(self.tried)

    def without(self, silent: Sequence[Point]) -> Trials:
        """The same trials without some points."""
        kept = [number for number, point in enumerate(self.points) if point not in silent]
        return Trials(
            [self.points[number] for number in kept],
            self.path,
            [self.shown[number] for number in kept],
            [self.tried[number] for number in kept],
            (*self.silent, *silent),
        )

    def _count_kept(self, lines: Sequence[str]) -> None:
        numbers = {point.pair.id: number for number, point in enumerate(self.points)}
        for line in lines:
            with suppress(ValueError):  # the last line of a killed run can be cut short
                entry = msgspec.json.decode(line, type=_Entry)
                if entry.pair in numbers:
                    self._count(numbers[entry.pair], entry.shown)

    def _count(self, number: int, shown: bool) -> None:
        self.tried[number] += 1
        self.shown[number] += shown


def try_until_sure(
    points: Sequence[Point],
    question: Question,
    oracle: RepeatingOracle,
    case: Case,
    format_name: str,
    *,
    confidence: float,
    most: int,
    workers: int,
    tell: Callable[[Trials], None],
) -> Trials:
    """Run points until one place has the probability ``confidence``, or ``most`` trials are made.

    ``tell`` is called after each round. Points that give no result, each run twice, are left out.
    """
    trials = Trials.resumed(points, case, format_name, question)
    while (
        trials.total < most and len(trials.points) > 1 and trials.posterior.confidence < confidence
    ):
        count = min(workers, most - trials.total)
        numbers = most_telling(trials.shown, trials.tried, count)
        trials = _try_points(trials, numbers, question, oracle)
        tell(trials)
    return trials


def _try_points(
    trials: Trials, numbers: Sequence[int], question: Question, oracle: RepeatingOracle
) -> Trials:
    """Run some points once more; return the trials without the points that gave no result."""
    points = [trials.points[number] for number in numbers]
    oracle.ask_again([point.pair for point in points])
    silent = []
    for number, point in zip(numbers, points, strict=True):
        observation = oracle.known(point.pair)
        answer = question.answer(observation) if observation else None
        if answer is None:
            silent.append(point)
        else:
            trials.add(number, bool(answer))
    return trials.without(silent) if silent else trials
