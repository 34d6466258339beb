"""Measure how many change points have a proven cause, how small it is, and what the guess said.

    python benchmarks/proven_causes.py [--limit N] [--from X.Y.Z]

It takes the change points between neighbouring stable releases of Keras 3 in the formats keras and
json from ``reports/results``. Of those that agree in both releases and both signatures, it takes
one. ``--limit`` takes so many of them, evenly spread, and ``--from`` leaves out those whose newer
release is older. Each is bisected between its two releases, so culprit and cause are proven anew
unless they are known from an earlier run. Needs a warm uv cache; a change point takes about half a
minute. One line is printed for each, and the summary at the end.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from packaging.version import Version

from harness.analysis.views import make_tables
from harness.bisect.axes import make_axis
from harness.bisect.bisection import Bisection, BisectionResult
from harness.bisect.changed_functions import ChangedFunctions, changes_with_sources
from harness.bisect.oracles.sessions import SessionOracle
from harness.bisect.question import Question
from harness.bisect.steps import CAUSE
from harness.environments.builder import EnvironmentBuilder
from harness.execution.cases import all_cases
from harness.execution.request import Request
from harness.releases.catalogue import Catalogue
from harness.releases.pair_rules import PairRules
from harness.results import store
from harness.results.model import WHOLE_PAIR
from harness.util.errors import Fault, UsageError
from harness.util.wording import counted

FORMATS = ("keras", "json")
LIMIT = 60.0


@dataclass(frozen=True)
class ChangePoint:
    """A change of one case in one format between two releases."""

    case: str
    format: str
    old: str
    new: str
    change: str


@dataclass(frozen=True)
class Measured:
    """What bisecting a change point came to; ``reason`` says why there is no cause.

    ``functions`` and ``lines`` are the size of the cause: its parts, and the added and removed
    lines of their diffs. ``guess`` says whether the first function that the tracebacks suggest is
    among the parts; None where they suggest none.
    """

    point: ChangePoint
    seconds: float
    reason: str = ""
    functions: int = 0
    lines: int = 0
    probes: int = 0
    ways: int = 0
    guess: bool | None = None

    def __str__(self) -> str:
        point = self.point
        where = f"{point.old} → {point.new} {point.case} ({point.format}) {point.change}"
        if self.reason:
            return f"{where}: {self.reason} ({self.seconds:.0f} s)"
        guess = {None: "none", True: "right", False: "wrong"}[self.guess]
        return (
            f"{where}: {counted(self.functions, 'part')}, {self.lines} lines, {self.ways} way(s), "
            f"{self.probes} probes, guess {guess} ({self.seconds:.0f} s)"
        )


def change_points(rules: PairRules, since: Version) -> list[ChangePoint]:
    """One change point for each group, in the order of releases."""
    results, _ = store.read_all()
    changes = make_tables(results, rules, annotations=[]).natural["keras"].changes
    groups: dict[tuple[object, ...], ChangePoint] = {}
    for row in changes.to_dict("records"):
        key = row["case"], row["format"]
        outcomes = {signature.outcome for signature in row["signatures"]}
        if key == WHOLE_PAIR or row["format"] not in FORMATS or "unsupported" in outcomes:
            continue
        if Version(row["from"]) < Version("3.0") or Version(row["to"]) < since:
            continue
        words = f"{row['before']} → {row['after']}"
        point = ChangePoint(*key, row["from"], row["to"], words)
        groups.setdefault((row["from"], row["to"], *row["signatures"]), point)
    return sorted(groups.values(), key=lambda point: (Version(point.new), point.case))


def measure(point: ChangePoint, rules: PairRules) -> Measured:
    """Bisect a change point between its two releases."""
    started = time.monotonic()
    (case,) = (case for case in all_cases() if case.name == point.case)
    axis = make_axis(rules, "keras")
    oracle = SessionOracle(
        Request([case], [point.format], LIMIT), EnvironmentBuilder(rules), lambda *_: None,
        workers=2,
    )  # fmt: skip
    bisection = Bisection(
        case, point.format, Question(), axis, oracle, rules, workers=2, stage=lambda _: None
    )
    try:
        result = bisection.run(axis.at(point.old), axis.at(point.new))
    except (Fault, UsageError) as reason:
        return Measured(point, time.monotonic() - started, str(reason))
    seconds = time.monotonic() - started
    if result.cause is None:
        why = str(result.steps[CAUSE]) if CAUSE in result.steps else "no change was found"
        return Measured(point, seconds, why)
    cause = result.cause
    lines = [line for diff in cause.diffs for line in diff.diff.splitlines()[2:]]
    changed = [line for line in lines if line.startswith(("+", "-"))]
    return Measured(
        point, seconds, "", len(cause.parts), len(changed), cause.trials,
        cause.to_newer + cause.to_older, guess_is_right(result),
    )  # fmt: skip


def guess_is_right(result: BisectionResult) -> bool | None:
    """Whether the first function that the tracebacks suggest is a part of the cause."""
    assert result.boundary and result.culprit and result.cause
    functions = ChangedFunctions()
    for change in changes_with_sources(result.culprit):
        functions.add(change, result.boundary)
    if not functions.diffs:
        return None
    first = functions.diffs[0]
    return any(part == (first.file, first.function) for part in result.cause.parts)


def print_summary(measured: Sequence[Measured]) -> None:
    """Print how many causes were proven, and how large they are."""
    proven = [one for one in measured if not one.reason]
    print(f"\n{len(proven)} of {counted(len(measured), 'change point')} proven", end="")
    print(f", {sum(one.ways == 2 for one in proven)} of them both ways")
    for name in ("functions", "lines", "probes", "seconds"):
        values = [getattr(one, name) for one in proven]
        if values:
            print(f"{name}: median {median(values):.0f}, worst {max(values):.0f}")
    guesses = [one.guess for one in proven]
    print(
        f"guess by traceback: right {guesses.count(True)}, wrong {guesses.count(False)}, "
        f"none {guesses.count(None)}"
    )


def main() -> None:
    """Measure the change points and print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--limit", type=int, default=0)
    parser.add_argument("--from", dest="since", type=Version, default=Version("3.0"))
    arguments = parser.parse_args()
    rules = PairRules(Catalogue.load())
    points = change_points(rules, arguments.since)
    print(f"{counted(len(points), 'group')} of change points")
    if arguments.limit:
        step = max(len(points) / arguments.limit, 1.0)
        points = [points[int(number * step)] for number in range(min(arguments.limit, len(points)))]
    measured = []
    for point in points:
        measured.append(measure(point, rules))
        print(measured[-1], flush=True)
    print_summary(measured)


if __name__ == "__main__":
    main()
