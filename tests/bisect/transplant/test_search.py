"""The order of what is tried, and the search for a single item."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from harness.bisect.observation import Observation
from harness.bisect.transplant.likely import Likelihood
from harness.bisect.transplant.search import smallest
from harness.releases.pair import Pair
from tests.bisect.observations import PASS, observation
from tests.bisect.transplant.releases import graft, part

PAIR = Pair.parse("keras-3.6.0_tensorflow-2.17.0_py3.11")
OLD = """LIMIT = 1


def early():
    return 1


def late():
    return 1


def raises():
    f()
"""
NEW = OLD.replace("1", "2").replace("f()", "g()") + "\n\ndef added():\n    return 2\n"


class Turns:
    """In the place of transplants: those sets turn the behaviour over that hold some items."""

    def __init__(self, *items: int) -> None:
        self.items = set(items)
        self.tried: list[set[int]] = []

    def __call__(self, items: Sequence[int]) -> bool | None:
        tried = set(items)
        assert len(tried) == len(items)
        if tried not in self.tried:
            self.tried.append(tried)
        return self.items <= tried


class Breaks(Turns):
    """As `Turns`, but a set that has the item 20 works only with the item 30 as well."""

    def __call__(self, items: Sequence[int]) -> bool | None:
        turns = super().__call__(items)
        return None if 20 in items and 30 not in items else turns


def nothing_likely(_: int) -> bool:
    return False


@pytest.mark.parametrize("item", range(40))
def test_a_single_item_is_found_wherever_it_is(item: int) -> None:
    turns = Turns(item)
    assert smallest(range(40), turns, nothing_likely) == [item]
    assert len(turns.tried) <= 9


def test_the_likelier_an_item_the_fewer_trials() -> None:
    trials = []
    for item in (0, 4, 39):
        turns = Turns(item)
        smallest(range(40), turns, nothing_likely)
        trials.append(len(turns.tried))
    assert trials == sorted(trials) and trials[0] < trials[-1]


def test_likely_items_are_tried_alone() -> None:
    turns = Turns(1)
    assert smallest(range(40), turns, lambda item: item < 3) == [1]
    assert turns.tried == [{0}, {1}]


@pytest.mark.parametrize("items", [(0, 1), (3, 39), (5, 17, 31), (10, 11, 12, 13)])
@pytest.mark.parametrize("kind", [Turns, Breaks])
def test_several_items_are_found_in_about_as_many_halvings_each(
    kind: type[Turns], items: tuple[int, ...]
) -> None:
    turns = kind(*items)
    assert smallest(range(40), turns, lambda item: item < 2) == list(items)
    assert len(turns.tried) <= 4 + 8 * (len(items) + (kind is Breaks))


def test_items_that_do_not_turn_together_are_nothing() -> None:
    turns = Turns(-1)
    assert smallest(range(40), turns, lambda item: item < 2) == []
    assert len(turns.tried) <= 12
    assert smallest([], Turns(0), nothing_likely) == []


def traced(
    behaviour: str, executed: Sequence[str], frames: Sequence[Sequence[object]] = ()
) -> Observation:
    return replace(observation(PAIR, behaviour, frames=frames), executed=tuple(executed))


def likelihood(folder: Path, old: Observation, new: Observation) -> Likelihood:
    files = {"a.py": OLD, "b.py": OLD, "c.py": OLD}, {"a.py": NEW, "b.py": NEW, "c.py": NEW}
    return Likelihood(graft(folder, *files), old, new)


def test_tracebacks_then_what_was_called_last_then_what_only_the_good_release_calls(
    tmp_path: Path,
) -> None:
    likely = likelihood(
        tmp_path,
        traced(
            "ValueError", ["pkg/a.py:4", "pkg/a.py:8", "pkg/a.py:12"], [["pkg.a", "raises", 13]]
        ),
        traced(PASS, ["pkg/a.py:4", "pkg/a.py:16"]),
    )
    names = ["LIMIT", "added", "early", "late", "raises"]
    ordered = likely.ordered_parts(map(part, names))
    assert [found.name for found in ordered] == ["raises", "late", "early", "added", "LIMIT"]
    assert list(map(likely.is_in_traceback, ordered)) == [True, False, False, False, False]


def test_only_changed_files_of_which_a_function_is_executed_are_executed(tmp_path: Path) -> None:
    likely = likelihood(
        tmp_path,
        traced("ValueError", ["pkg/b.py:4", "pkg/a.py:8", "pkg/same.py:1"]),
        traced(PASS, []),
    )
    assert likely.executed_files == ["pkg/a.py", "pkg/b.py"]  # a.py was called last
    assert likely.ordered_files(["pkg/c.py", "pkg/b.py"]) == ["pkg/b.py", "pkg/c.py"]
    assert not likely.is_file_in_traceback("pkg/a.py")


def test_files_of_public_names_come_last_among_equals(tmp_path: Path) -> None:
    files = {"api/a.py": OLD, "z.py": OLD}, {"api/a.py": NEW, "z.py": NEW}
    likely = Likelihood(graft(tmp_path, *files), traced(PASS, []), traced(PASS, []))
    assert likely.ordered_files(["pkg/api/a.py", "pkg/z.py"]) == ["pkg/z.py", "pkg/api/a.py"]
