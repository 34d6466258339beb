"""When a cause is looked for, with which time limit, and which patches are offered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from harness.bisect import proven_cause
from harness.bisect.context import BisectionContext
from harness.bisect.isolate import Culprit, PackageChange
from harness.bisect.observation import Observation
from harness.bisect.proven_cause import (
    SHORTEST_LIMIT,
    TIMES_SLOWER,
    make_backport,
    prove_cause,
    time_limit,
    why_not_transplanted,
)
from harness.bisect.question import Question
from harness.bisect.steps import StepState
from harness.bisect.transplant.cause import Cause
from harness.bisect.transplant.overlay import Overlay
from harness.bisect.walk import Boundary
from harness.releases.pair import Edit, Pair
from harness.results.model import Cell
from tests.bisect.observations import PASS, observation, point
from tests.bisect.transplant.releases import ImportingOracle, release

KERAS = PackageChange("keras", "3.6.0", "3.7.0", (Edit("keras", "3.7.0"),))
OLD, NEW = point(6), point(7)
MAIN = {"main.py": "from pkg import a\ndef main():\n    return a.f()\n"}


def boundary(before: str = "ValueError", after: str = PASS) -> Boundary:
    return Boundary(OLD, NEW, observation(OLD.pair, before), observation(NEW.pair, after))


def culprit(*changes: PackageChange) -> Culprit:
    sides = boundary()
    return Culprit(changes or (KERAS,), changes or (KERAS,), (sides.before, sides.after))


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (None, "the culprit is not proven"),
        (replace(culprit(), proof=None), "the culprit is not proven"),
        (
            culprit(KERAS, PackageChange("numpy", "1", "2")),
            "",
        ),
        (
            culprit(KERAS, PackageChange("tf-keras", "2.16.0", "2.17.0")),
            "the sources of keras, tf-keras cannot be exchanged part by part",
        ),
        (
            culprit(PackageChange("numpy", "1", "2")),
            "the sources of numpy cannot be exchanged part by part",
        ),
        (
            culprit(PackageChange("tf-keras", "", "2.16.0")),
            "the sources of tf-keras cannot be exchanged part by part",
        ),
        (culprit(), ""),
    ],
)
def test_only_a_proven_change_of_one_keras_is_taken_apart(
    found: Culprit | None, reason: str
) -> None:
    assert why_not_transplanted(found) == reason


def test_the_limit_follows_the_slower_side_that_comes_to_an_end() -> None:
    def sides(old: float, new: float, outcome: str) -> Boundary:
        before = Observation(OLD.pair, Cell("case", "keras", outcome, "digest", seconds=old))
        after = Observation(NEW.pair, Cell("case", "keras", "pass", "digest", seconds=new))
        return Boundary(OLD, NEW, before, after)

    assert time_limit(sides(60.0, 2.0, "timeout")) == TIMES_SLOWER * 2.0
    assert time_limit(sides(0.1, 2.0, "load-error")) == TIMES_SLOWER * 2.0
    assert time_limit(sides(60.0, 0.1, "timeout")) == SHORTEST_LIMIT


class Theatre:
    """An oracle that imports overlays of the invented package for real."""

    def __init__(self, folder: Path) -> None:
        self.releases = ImportingOracle(folder)
        self.asked: list[tuple[Pair, float]] = []

    def with_overlay(
        self, pair: Pair, overlay: Overlay, limit: float, *, is_traced: bool
    ) -> Observation:
        self.asked.append((pair, limit))
        return replace(self.releases.run(overlay, is_traced), pair=pair)


@pytest.fixture
def step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Any]:
    """The step between two releases of the invented package, and its oracle."""
    old = release(tmp_path, "1", {"a.py": "def f():\n    raise ValueError\n", **MAIN})
    new = release(tmp_path, "2", {"a.py": "def f():\n    return 'pass'\n", **MAIN})
    monkeypatch.setattr(proven_cause, "_packages", lambda *_: (old, new))
    oracle = Theatre(tmp_path)
    before = old_behaviour(oracle.releases, old.root)
    context: Any = SimpleNamespace(oracle=oracle, question=Question())
    sides = replace(boundary(), before=replace(boundary().before, cell=before))
    return lambda: (context, oracle, sides)


def old_behaviour(oracle: ImportingOracle, root: Path) -> Cell:
    seen = oracle.run(Overlay(root, "pkg"))
    assert seen.cell
    return seen.cell


def proven(step: Callable[[], Any]) -> tuple[BisectionContext, Theatre, Boundary, Cause]:
    context, oracle, sides = step()
    found = prove_cause(context, culprit(), sides)
    assert found.cause is not None, found.end
    return context, oracle, sides, found.cause


def test_everything_is_run_where_the_culprit_was_proven(step: Callable[[], Any]) -> None:
    _, oracle, _, cause = proven(step)
    assert list(map(str, cause.parts)) == ["pkg/a.py: f"]
    assert set(oracle.asked) == {(NEW.pair, SHORTEST_LIMIT)}


def test_a_patch_that_works_is_offered(step: Callable[[], Any]) -> None:
    context, _, sides, cause = proven(step)
    backport = make_backport(context, culprit(), cause, sides)
    assert backport.end.state is StepState.FOUND
    assert "+    return 'pass'" in backport.patch


def test_a_patch_that_does_not_work_is_not(
    step: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    context, _, sides, cause = proven(step)
    monkeypatch.setattr(
        proven_cause, "try_patch", lambda *_: observation(NEW.pair, "KeyError", "x")
    )
    backport = make_backport(context, culprit(), cause, sides)
    assert (str(backport.end), backport.patch) == (
        "not found: 3.6.0 with the patch gives load-error KeyError: x", "",
    )  # fmt: skip


def test_nothing_is_patched_for_a_newer_release_that_fails_or_that_was_searched(
    step: Callable[[], Any],
) -> None:
    context, _, sides, cause = proven(step)
    worse = Boundary(OLD, NEW, sides.after, sides.before)
    assert str(make_backport(context, culprit(), cause, worse).end) == (
        "not done: 3.7.0 does not mend anything"
    )
    one_way = replace(cause, to_newer=False)
    assert str(make_backport(context, culprit(), one_way, sides).end) == (
        "not done: no parts of 3.7.0 mend 3.6.0"
    )
