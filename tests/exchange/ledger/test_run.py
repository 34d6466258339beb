"""What is missing about a release, and what is stored of a run; the programs are stand-ins."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.environments.builder import Environment, EnvironmentBuilder
from harness.environments.interpreters import NoEnvironment
from harness.exchange.ledger import run as module
from harness.exchange.ledger import store as ledger_store
from harness.exchange.ledger.ledger import METHOD, Failure, Ledger, WrittenObject
from harness.exchange.ledger.process import ClassFound, FoundEntry, ReadFinished
from harness.exchange.ledger.run import missing_for, run_ledger
from harness.exchange.ledger.store import StoredLedgers
from harness.execution.events import SessionEvent, Stage
from harness.releases.pair import Pair
from harness.results import store
from harness.util.errors import Fault
from tests.exchange import ledgers
from tests.exchange.ledgers import NEWER, OLDER, entry, ledger_of, with_classes

FAILURE = Failure("ValueError", "why")
DENSE = {"class_name": "Dense", "config": {"units": 2}}


class FakeBuilder(EnvironmentBuilder):
    """Makes environments that are nothing but a folder, or says why there is none."""

    def __init__(self, folder: Path, problem: Exception | None = None) -> None:
        self._folder = folder
        self._problem = problem

    def make(self, pair: Pair, wheel: str | None = None) -> Environment:
        if self._problem:
            raise self._problem
        return Environment(pair, self._folder, {"installed": []})


class FakeProgram:
    """Finds one class that it can make and one that it cannot, and refuses every second object."""

    def __init__(self) -> None:
        self.asked: list[tuple[bool, list[str]]] = []

    def __call__(
        self, environment: Environment, objects: Iterable[WrittenObject], *, make: bool, start: Any
    ) -> Iterator[ClassFound | ReadFinished]:
        keys = [each.key for each in objects]
        self.asked.append((make, keys))
        if make:
            yield ClassFound("layers", "Dense", FoundEntry(DENSE, ["name"], False, None))
            yield ClassFound("layers", "TFSMLayer", not_made=FAILURE)
        for number, _ in enumerate(keys):
            yield ReadFinished(True, FAILURE if number % 2 else None)


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeProgram:
    fake = FakeProgram()
    monkeypatch.setattr(module, "run_ledger_program", fake)
    for each in (store, ledger_store):
        monkeypatch.setattr(each, "LOCKS", tmp_path / "locks")
    return fake


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the recorded files."""
    return Path(shutil.copytree(ledgers.FOLDER, tmp_path / "ledger"))


def run(pair: Pair, folder: Path, *, rerun: bool = False) -> list[SessionEvent]:
    events: list[SessionEvent] = []
    builder = FakeBuilder(folder)
    run_ledger(pair, builder, events.append, rerun=rerun, folder=folder)
    return events


def stored_with(*changed: Ledger) -> StoredLedgers:
    """What is recorded, with these ledgers in place of those of the same releases."""
    stored = ledgers.stored()
    releases = {each.release for each in changed}
    kept = [each for each in stored.ledgers if each.release not in releases]
    return replace(stored, ledgers=[*kept, *changed])


def test_nothing_is_missing_of_what_is_recorded() -> None:
    stored = ledgers.stored()
    assert [bool(missing_for(each.pair, stored)) for each in stored.ledgers] == [False, False]


def test_of_a_new_release_everything_is_missing() -> None:
    pair = Pair.parse("keras-3.16.0_tensorflow-2.21.0_py3.11")
    missing = missing_for(pair, ledgers.stored())
    assert missing.ledger
    assert [each.release for each in missing.writers] == [OLDER, NEWER]
    keys = {entry.key for each in missing.writers for entry in each.classes.values()}
    assert missing.objects.keys() == keys


def test_only_new_objects_of_another_release_are_read() -> None:
    extra = entry("layers.New", {"config": {"key": 1}})
    newest = replace(
        with_classes(ledger_of(NEWER), extra),
        pair=Pair.parse("keras-3.16.0_tensorflow-2.21.0_py3.11"),
    )
    stored = ledgers.stored()
    stored.ledgers.append(newest)
    missing = missing_for(ledger_of(OLDER).pair, stored)
    assert not missing.ledger
    assert missing.writers == [newest]
    assert list(missing.objects) == [extra.key]


@pytest.mark.parametrize(
    "change",
    [{"method": METHOD + 1}, {"pair": Pair.parse(f"keras-{OLDER}_tensorflow-2.20.0_py3.11")}],
)
def test_a_ledger_of_another_method_or_pair_is_made_again(change: dict[str, Any]) -> None:
    older = ledger_of(OLDER)
    stored = stored_with(replace(older, **change))
    assert missing_for(older.pair, stored).ledger


def test_a_ledger_of_another_method_is_not_read() -> None:
    stored = stored_with(replace(ledger_of(NEWER), method=METHOD + 1))
    assert not missing_for(ledger_of(OLDER).pair, stored)


def test_refusals_of_another_method_do_not_count() -> None:
    stored = ledgers.stored()
    older = stored.ledgers[0]
    stored.refusals[:] = [replace(each, method=METHOD + 1) for each in stored.refusals]
    assert [each.release for each in missing_for(older.pair, stored).writers] == [NEWER]


def test_a_new_release_is_stored_with_what_it_refuses(program: FakeProgram, folder: Path) -> None:
    pair = Pair.parse("keras-3.16.0_tensorflow-2.21.0_py3.11")
    assert run(pair, folder) == [Stage("installing"), Stage("running")]
    ((make, keys),) = program.asked
    assert make
    stored = ledger_store.read_all(folder)
    assert not missing_for(pair, stored)
    newest = stored.ledger_of(pair.keras)
    assert newest is not None
    assert newest.classes["layers.Dense"].accepts("name")
    assert newest.not_made == {"layers.TFSMLayer": FAILURE}
    refusals = stored.refusals_of(pair)
    assert refusals.refused == dict.fromkeys(keys[1::2], FAILURE)
    assert run(pair, folder) == []


def test_what_was_refused_before_is_kept(program: FakeProgram, folder: Path) -> None:
    older = ledger_of(OLDER)
    before = ledgers.stored().refusals_of(older.pair)
    run(Pair.parse("keras-3.16.0_tensorflow-2.21.0_py3.11"), folder)
    run(older.pair, folder)
    make, keys = program.asked[-1]
    assert not make
    assert [key.partition(" ")[0] for key in keys] == ["layers.Dense"]
    after = ledger_store.read_all(folder).refusals_of(older.pair)
    assert after.refused == before.refused
    assert after.tried.keys() == {NEWER, "3.16.0"}


def test_everything_is_found_out_again_on_request(program: FakeProgram, folder: Path) -> None:
    older = ledger_of(OLDER)
    run(older.pair, folder, rerun=True)
    ((make, keys),) = program.asked
    assert make
    assert keys == [entry.key for entry in ledger_of(NEWER).classes.values()]
    assert ledger_store.read_all(folder).refusals_of(older.pair).refused.keys() == set(keys[1::2])


def test_a_pair_without_an_environment_is_a_fault(program: FakeProgram, folder: Path) -> None:
    pair = Pair.parse("keras-3.16.0_tensorflow-2.21.0_py3.11")
    builder = FakeBuilder(folder, NoEnvironment("unresolvable", "they contradict each other"))
    with pytest.raises(Fault, match="unresolvable: they contradict each other"):
        run_ledger(pair, builder, lambda event: None, folder=folder)
    assert program.asked == []
    assert len(ledger_store.read_all(folder).ledgers) == 2
