"""Planning: which reader reads which files, so that little has to be measured.

The newest patch of every minor release reads all files, and so does the oldest release, both of
Keras and of tf-keras. A release between two of these reads the files that the two read differently,
its own files, and those of the releases next to it; the rest is inferred.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from harness.exchange.choice import Choice
from harness.exchange.inference import undecided
from harness.exchange.reading import ReadRequest
from harness.exchange.readings import Readings, present_readings
from harness.execution.cases import all_cases
from harness.execution.run_plan import Plan, make_plan
from harness.releases.pair import Pair
from harness.releases.pair_rules import PairRules
from harness.results.model import CellKey
from harness.util.errors import UsageError


def first_readers(rules: PairRules) -> list[Pair]:
    """The releases that read all files: the newest patch of every minor, and the oldest."""
    natural = rules.natural_of_both()
    newest = {(pair.lineage, pair.keras.release[:2]): pair for pair in natural}
    oldest = {pair.lineage: pair for pair in reversed(natural)}
    return sorted({*oldest.values(), *newest.values()})


def restricted(request: ReadRequest, choice: Choice, reader: Pair, rules: PairRules) -> ReadRequest:
    """The request for those of its files that are chosen for a reader."""
    chosen = _chosen(choice, _readings(request), [reader], rules)
    return replace(request, choice=choice, only=chosen[reader])


def plan_of(
    choice: Choice, readers: Sequence[Pair], request: ReadRequest, rules: PairRules
) -> Plan:
    """The plan to read the files that are chosen for each reader."""
    plan = make_plan([], replace(request, choice=choice, only=()))
    for reader, only in _chosen(choice, _readings(request), readers, rules).items():
        of_reader = make_plan([reader], replace(request, choice=choice, only=only))
        plan.missing.update(of_reader.missing)
        plan.damaged.extend(of_reader.damaged)
    return plan


def _chosen(
    choice: Choice, readings: Readings, readers: Sequence[Pair], rules: PairRules
) -> dict[Pair, set[CellKey]]:
    """The cells of the files that are chosen for each reader.

    These are its own files, those of the releases next to it and, for `Choice.UNDECIDED`, those
    whose reading cannot be inferred.
    """
    near = {reader: {pair.id for pair in next_to([reader], rules)} for reader in readers}
    chosen = {
        reader: {entry.cell_key for entry in readings.files if not ids.isdisjoint(entry.writers)}
        for reader, ids in near.items()
    }
    if choice is Choice.UNDECIDED:
        natural = rules.natural_of_both()
        for reader, cells in undecided(readings, readers, natural, rules.catalogue).items():
            chosen[reader] |= cells
    return chosen


def next_to(readers: Collection[Pair], rules: PairRules) -> list[Pair]:
    """The readers, and the releases before and after each of them by version.

    Raises:
        UsageError: a reader is no natural pair.
    """
    natural = rules.natural_of_both()
    if others := [reader.id for reader in readers if reader not in natural]:
        raise UsageError(f"{others[0]} is no natural pair, so none are next to it")
    places = [natural.index(reader) for reader in readers]
    near = {
        pair
        for place in places
        for pair in natural[max(place - 1, 0) : place + 2]
        if pair.lineage == natural[place].lineage
    }
    return sorted(near)


def _readings(request: ReadRequest) -> Readings:
    return present_readings(request.folder, request.corpus.classes, all_cases())[0]
