"""Makes the ledger of a release, and has the release read what others have written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from harness.environments.builder import Environment, EnvironmentBuilder
from harness.environments.interpreters import NoEnvironment
from harness.exchange.ledger import store as ledger_store
from harness.exchange.ledger.ledger import (
    METHOD,
    ClassEntry,
    Failure,
    Ledger,
    Refusals,
    WrittenObject,
)
from harness.exchange.ledger.process import ClassFound, ReadFinished, run_ledger_program
from harness.exchange.ledger.store import StoredLedgers
from harness.execution.events import SessionEvent, Stage
from harness.execution.forkserver.pool import inherited_folder, process_starter
from harness.execution.sessions import OnSessionEvent, SessionReport, run_on, run_session
from harness.releases.pair import Pair
from harness.results import store
from harness.util.errors import Fault
from harness.util.paths import LEDGERS

OnEvent = Callable[[SessionEvent], None]


@dataclass(frozen=True)
class Missing:
    """What is not known yet about the release of a pair.

    ``ledger`` says whether its ledger has to be made. ``writers`` are the ledgers of other releases
    that it has not read yet, and ``objects`` the instances that it has to read for that, by key.
    """

    ledger: bool
    writers: Sequence[Ledger]
    objects: Mapping[str, WrittenObject]

    def __bool__(self) -> bool:
        return self.ledger or bool(self.writers)


def missing_for(pair: Pair, stored: StoredLedgers, *, rerun: bool = False) -> Missing:
    """What is missing about the release of a pair; with ``rerun``, everything.

    An object that is in a ledger which the release has read is not read again.
    """
    own = stored.ledger_of(pair.keras)
    is_known = not rerun and own is not None and own.pair == pair and own.method == METHOD
    known = _valid_refusals(pair, stored) if is_known else Refusals(pair)
    others = [
        each
        for each in stored.ledgers
        if each.method == METHOD
        and each.pair.lineage == pair.lineage
        and each.pair.keras != pair.keras
    ]
    writers = [each for each in others if not known.has_tried(each)]
    read_before = {key for each in others if known.has_tried(each) for key in _objects_of([each])}
    objects = {
        key: written for key, written in _objects_of(writers).items() if key not in read_before
    }
    return Missing(not is_known, writers, objects)


def run_ledger(
    pair: Pair,
    builder: EnvironmentBuilder,
    on_event: OnEvent,
    *,
    rerun: bool = False,
    folder: Path = LEDGERS,
) -> None:
    """Find out and store what is missing about the release of a pair; with ``rerun``, everything.

    Only one caller at a time does so for a pair.

    Raises:
        Fault: the pair has no environment, or something else failed; nothing is stored then.
    """
    with store.lock(pair):
        stored = ledger_store.read_all(folder)
        missing = missing_for(pair, stored, rerun=rerun)
        if not missing:
            return
        on_event(Stage("installing"))
        try:
            environment = builder.make(pair)
        except NoEnvironment as reason:
            raise Fault(f"{reason.outcome}: {reason}") from reason
        on_event(Stage("running"))
        ledger, answers = _run_program(environment, missing)
        if ledger is not None:
            ledger_store.write_ledger(ledger, folder)
        known = Refusals(pair) if missing.ledger else _valid_refusals(pair, stored)
        tried = {writer.release: writer.digest for writer in missing.writers}
        refusals = Refusals(pair, {**known.tried, **tried}, {**known.refused, **answers})
        ledger_store.write_refusals(refusals, folder)


def _run_program(
    environment: Environment, missing: Missing
) -> tuple[Ledger | None, dict[str, Failure]]:
    """The ledger if it was missing, and the exceptions of the refused objects by their keys."""
    objects = missing.objects.values()
    start = process_starter(environment, [], inherited_folder())
    events = list(run_ledger_program(environment, objects, make=missing.ledger, start=start))
    found = [event for event in events if isinstance(event, ClassFound)]
    answers = [event for event in events if isinstance(event, ReadFinished)]
    refused = {
        key: answer.error
        for key, answer in zip(missing.objects, answers, strict=True)
        if answer.error is not None
    }
    return (_ledger_from(environment.pair, found) if missing.ledger else None), refused


def _ledger_from(pair: Pair, found: Iterable[ClassFound]) -> Ledger:
    classes: dict[str, ClassEntry] = {}
    not_made: dict[str, Failure] = {}
    for each in found:
        if each.entry is not None:
            written = WrittenObject(each.full_name, each.entry.serialized)
            classes[each.full_name] = ClassEntry(
                written,
                written.key,
                frozenset(each.entry.also_accepts),
                each.entry.accepts_any,
                each.entry.own_error,
            )
        elif each.not_made is not None:
            not_made[each.full_name] = each.not_made
    return Ledger(pair, classes, not_made)


def _objects_of(writers: Iterable[Ledger]) -> dict[str, WrittenObject]:
    """What these releases write, by key; an object that several of them write is there once."""
    return {entry.key: entry.written for each in writers for entry in each.classes.values()}


def _valid_refusals(pair: Pair, stored: StoredLedgers) -> Refusals:
    """The stored refusals of a pair, if they were found by the present method."""
    refusals = stored.refusals_of(pair)
    return refusals if refusals.method == METHOD else Refusals(pair)


# ---------------------------------------------------------------- many releases


def run_ledgers(
    pairs: Sequence[Pair], on_event: OnSessionEvent, *, workers: int, rerun: bool = False
) -> list[SessionReport]:
    """Run the session of every pair with ``--ledger``, ``workers`` at a time.

    A release reads the ledgers that are stored when its session starts.
    """
    arguments = ["--ledger", "--rerun"] if rerun else ["--ledger"]

    def session(pair: Pair) -> SessionReport:
        return run_session(pair, arguments, on_event)

    ordered = sorted(pairs, key=lambda pair: pair.tensorflow_build)
    with ThreadPoolExecutor(workers) as pool:
        return run_on(pool, session, ordered, lambda _, future: future.result())
