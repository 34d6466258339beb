"""The plan of a run: what is missing of recorded results, and the space that the rest takes."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

from harness.environments.builder import EnvironmentBuilder
from harness.execution import run_plan
from harness.execution.request import Request
from harness.execution.run_plan import make_plan
from harness.releases.pair import Pair
from harness.util.errors import Fault
from tests import recorded

KNOWN = Pair.parse("keras-3.6.0_tensorflow-2.17.0_py3.11")
DAMAGED = Pair.parse("keras-3.7.0_tensorflow-2.18.0_py3.11")
UNKNOWN = Pair.parse("keras-3.8.0_tensorflow-2.18.0_py3.11")
GIGABYTE = 10**9
#: Bytes of each environment on disk.
SIZES = {KNOWN: 1 * GIGABYTE, DAMAGED: 2 * GIGABYTE, UNKNOWN: 3 * GIGABYTE}


class FakeBuilder(EnvironmentBuilder):
    """Every environment takes 1 GB to download, and its size on disk."""

    def __init__(self) -> None:
        """Need no rules."""

    def needs(self, pairs: Iterable[Pair], wheel: str | None = None) -> tuple[int, int]:
        sizes = [SIZES[pair] for pair in pairs]
        return len(sizes) * GIGABYTE, sum(sizes)


class Usage(NamedTuple):
    free: int


@pytest.fixture
def all_known(tmp_path: Path) -> Request:
    """A request of all recorded cells; two results are stored, one of them damaged."""
    folder = tmp_path / "results"
    folder.mkdir()
    shutil.copy(recorded.path(KNOWN.id), folder)
    (folder / f"{DAMAGED.id}.json").write_text("{")
    return Request(recorded.cases(), ["keras", "h5"], 1.0, folder=folder)


def test_only_what_is_not_known_is_missing(all_known: Request) -> None:
    plan = make_plan([KNOWN, DAMAGED, UNKNOWN], all_known)
    every = len(all_known.cells)
    assert plan.missing == {KNOWN: 0, DAMAGED: every, UNKNOWN: every}
    assert plan.pairs_to_run == [DAMAGED, UNKNOWN]
    (damage,) = plan.damaged
    assert damage.startswith(f"{DAMAGED.id}.json cannot be trusted")


def test_of_a_sampled_pair_only_the_sample_is_missing(all_known: Request) -> None:
    sample = all_known.cases[:2]
    plan = make_plan([KNOWN, DAMAGED, UNKNOWN], all_known, {KNOWN, UNKNOWN}, sample)
    every, some = len(all_known.cells), len(sample) * len(all_known.formats)
    assert plan.missing == {KNOWN: 0, DAMAGED: every, UNKNOWN: some}
    assert plan.not_planned == {KNOWN: 0, UNKNOWN: every - some}


def test_whole_pairs_are_run_before_those_with_a_sample(all_known: Request) -> None:
    sample = all_known.cases[:2]
    plan = make_plan([UNKNOWN, DAMAGED, KNOWN], all_known, {KNOWN, UNKNOWN}, sample)
    assert plan.rounds == [
        ([DAMAGED], all_known),
        ([UNKNOWN], replace(all_known, cases=sample)),
    ]
    assert make_plan([KNOWN], all_known).rounds == []


def test_the_cases_are_run_in_the_order_that_they_are_put_in(all_known: Request) -> None:
    plan = make_plan([UNKNOWN], all_known).in_order(all_known.cases[::-1])
    ((_, request),) = plan.rounds
    assert request.arguments()[1] == f"--case={all_known.cases[-1].name}"


def test_a_rerun_misses_every_cell(all_known: Request) -> None:
    plan = make_plan([KNOWN], replace(all_known, rerun=True))
    assert plan.missing == {KNOWN: len(all_known.cells)}
    assert plan.pairs_to_run == [KNOWN]


def test_pruning_needs_only_the_disk_of_the_largest_pairs_at_a_time(all_known: Request) -> None:
    pairs = [KNOWN, DAMAGED, UNKNOWN]
    request = replace(all_known, rerun=True)
    assert make_plan(pairs, request).space_needed(FakeBuilder(), 2) == (3 * GIGABYTE, 6 * GIGABYTE)
    pruning = make_plan(pairs, replace(request, prune=True))
    assert pruning.space_needed(FakeBuilder(), 2) == (3 * GIGABYTE, 5 * GIGABYTE)


def test_a_disk_that_is_too_small_is_a_fault_with_advice(
    all_known: Request, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(run_plan, "WORK", tmp_path / "work")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(4 * GIGABYTE))
    plan = make_plan([DAMAGED, UNKNOWN], all_known)
    with pytest.raises(Fault, match=r"up to 5\.0 GB and 4\.0 GB are free.*or use --prune"):
        plan.check_disk(FakeBuilder(), 1)
    make_plan([DAMAGED, UNKNOWN], replace(all_known, prune=True)).check_disk(FakeBuilder(), 1)
