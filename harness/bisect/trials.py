"""A walk for flaky behaviours: each point is asked again and again, until the place is sure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from harness.bisect.axes import Point
from harness.bisect.flaky import Posterior, most_telling, posterior
from harness.bisect.oracle import SessionOracle
from harness.bisect.question import Question
from harness.execution.cases import Case
from harness.util.paths import WORK

TRIALS = WORK / "bisect" / "trials"


@dataclass
class Trials:
    """How often each point was tried, and showed the behaviour; kept line by line in a file.

    ``silent`` are the points that gave no answer and are left out.
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
        """The trials that are kept of the same question to the same points."""
        asked = [case.digest, format_name, str(question), *(point.pair.id for point in points)]
        name = hashlib.sha256("\n".join(asked).encode()).hexdigest()[:16]
        trials = cls(points, TRIALS / f"{name}.jsonl", [0] * len(points), [0] * len(points))
        place = {point.pair.id: number for number, point in enumerate(points)}
        if trials.path.exists():
            for line in trials.path.read_text(encoding="utf-8").splitlines():
                with suppress(ValueError):  # the last line of a killed run can be cut short
                    entry = json.loads(line)
                    trials._count(place[entry["pair"]], entry["shown"])
        return trials

    def add(self, number: int, shown: bool) -> None:
        """Count one answer and keep it."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        entry = {"pair": self.points[number].pair.id, "shown": shown}
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")
        self._count(number, shown)

    @property
    def posterior(self) -> Posterior:
        """What they say."""
        return posterior(self.shown, self.tried)

    @property
    def total(self) -> int:
        """How many there are."""
        return sum(self.tried)

    def without(self, silent: Sequence[Point]) -> Trials:
        """The same without some points."""
        kept = [number for number, point in enumerate(self.points) if point not in silent]
        return Trials(
            [self.points[number] for number in kept],
            self.path,
            [self.shown[number] for number in kept],
            [self.tried[number] for number in kept],
            (*self.silent, *silent),
        )

    def _count(self, number: int, shown: bool) -> None:
        self.tried[number] += 1
        self.shown[number] += shown


def try_until_sure(
    points: Sequence[Point],
    question: Question,
    oracle: SessionOracle,
    case: Case,
    format_name: str,
    *,
    confidence: float,
    most: int,
    workers: int,
    tell: Callable[[Trials], None],
) -> Trials:
    """Try points until one place has the probability ``confidence``, or ``most`` trials are made.

    Points that give no answer, asked twice, are left out, and kept as ``silent``.
    """
    trials = Trials.resumed(points, case, format_name, question)
    while (
        trials.total < most and len(trials.points) > 1 and trials.posterior.confidence < confidence
    ):
        wanted = most_telling(trials.shown, trials.tried, workers)
        trials = _tried(trials, wanted, question, oracle)
        tell(trials)
    return trials


def _tried(
    trials: Trials, numbers: Sequence[int], question: Question, oracle: SessionOracle
) -> Trials:
    """Some points tried once more; without those that gave no answer."""
    points = [trials.points[number] for number in numbers]
    oracle.ask_again([point.pair for point in points])
    silent = []
    for number, point in zip(numbers, points, strict=True):
        observed = oracle.known(point.pair)
        answer = question.answer(observed) if observed else None
        if answer is None:
            silent.append(point)
        else:
            trials.add(number, bool(answer))
    return trials.without(silent) if silent else trials
