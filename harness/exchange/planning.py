"""Planning: which files which readers are asked to read, so that little has to be measured.

The newest patch of every minor release reads all files, and so does the oldest release. A release
between two of these reads the files that the two read differently, its own files, and those of the
releases next to it; the rest is inferred.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from harness.exchange.inference import undecided
from harness.exchange.reading import ReadRequest, of_present_code, reading_codes
from harness.exchange.readings import Readings, stored_readings
from harness.execution.cases import all_cases
from harness.execution.run_plan import Plan, make_plan
from harness.releases.pair import Pair
from harness.releases.pair_rules import PairRules
from harness.results.model import CellKey


def first_readers(rules: PairRules) -> list[Pair]:
    """The releases that read all files: the newest patch of every minor, and the oldest."""
    natural = rules.natural()
    newest = {(pair.keras.major, pair.keras.minor): pair for pair in natural}
    return sorted({natural[0], *newest.values()})


def restricted_to_undecided(request: ReadRequest, reader: Pair, rules: PairRules) -> ReadRequest:
    """The request without the files of which it can be inferred what the reader makes of them."""
    return replace(request, only=_worth_reading(_readings(request), reader, rules))


def plan_of_undecided(readers: Sequence[Pair], request: ReadRequest, rules: PairRules) -> Plan:
    """What readers have to read that cannot be inferred from the readers before and after them."""
    readings = _readings(request)
    plan = make_plan([], replace(request, only=()))
    for reader in readers:
        only = _worth_reading(readings, reader, rules)
        of_reader = make_plan([reader], replace(request, only=only))
        plan.missing.update(of_reader.missing)
        plan.damaged.extend(of_reader.damaged)
    return plan


def _worth_reading(readings: Readings, reader: Pair, rules: PairRules) -> set[CellKey]:
    """The cells of the files that a reader is asked to read although others have read them."""
    natural = rules.natural()
    near = {pair.id for pair in _next_to(reader, natural)}
    return undecided(readings, reader, natural, rules.catalogue) | {
        (entry.case, f"{entry.format}@{entry.digest}")
        for entry in readings.files
        if not near.isdisjoint(entry.writers)
    }


def _next_to(reader: Pair, natural: Sequence[Pair]) -> list[Pair]:
    """A reader, the release before it and the one after it by version."""
    place = natural.index(reader)
    return list(natural[max(place - 1, 0) : place + 2])


def _readings(request: ReadRequest) -> Readings:
    cases = all_cases()
    files = of_present_code(request.corpus.classes, cases)
    return stored_readings(request.folder, files, reading_codes(cases))[0]
