"""The files of the ledgers: what is written, and what is not trusted."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from harness.exchange.ledger import store as ledger_store
from harness.exchange.ledger.store import read_all, write_ledger, write_refusals
from tests.exchange import ledgers
from tests.exchange.ledgers import NEWER, OLDER, entry, ledger_of, with_classes


@pytest.fixture(autouse=True)
def _own_locks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(ledger_store, "LOCKS", tmp_path / "locks")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the recorded files."""
    return Path(shutil.copytree(ledgers.FOLDER, tmp_path / "ledger"))


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_what_is_read_is_written_as_it_was(tmp_path: Path) -> None:
    stored = ledgers.stored()
    for ledger in stored.ledgers:
        write_ledger(ledger, tmp_path / "again")
    for refusals in stored.refusals:
        write_refusals(refusals, tmp_path / "again")
    assert contents(tmp_path / "again") == contents(ledgers.FOLDER)
    assert read_all(tmp_path / "again") == stored


def test_a_line_is_one_class_or_one_object() -> None:
    ledger = ledger_of(OLDER)
    text = (ledgers.FOLDER / "releases" / f"keras-{OLDER}.json").read_text(encoding="utf-8")
    for name in ledger.classes:
        (line,) = [line for line in text.splitlines() if line.startswith(f'  "{name}": ')]
        assert json.loads(f"{{{line.rstrip(',')}}}")[name]["writes"] in ledger.classes[name].key


def test_nothing_is_stored_at_first(tmp_path: Path) -> None:
    stored = read_all(tmp_path)
    assert not (stored.ledgers or stored.refusals or stored.damaged)
    ledger = ledger_of(OLDER)
    assert not stored.refusals_of(ledger.pair).has_tried(ledger)


@pytest.mark.parametrize("name", ["releases", "refusals"])
def test_a_file_that_is_cut_short_is_named_and_left_out(folder: Path, name: str) -> None:
    path = folder / name / f"keras-{OLDER}.json"
    path.write_bytes(path.read_bytes()[:-30])
    stored = read_all(folder)
    (damage,) = stored.damaged
    assert f"{name}/keras-{OLDER}.json cannot be trusted" in str(damage)
    assert len(stored.ledgers) + len(stored.refusals) == 3


def test_a_file_of_another_release_is_not_trusted(folder: Path) -> None:
    releases = folder / "releases"
    shutil.copy(releases / f"keras-{OLDER}.json", releases / f"keras-{NEWER}.json")
    (damage,) = read_all(folder).damaged
    assert f"it holds keras-{OLDER}_tensorflow" in str(damage)


@pytest.mark.parametrize("schema", ["2", '"1"'])
def test_another_schema_is_not_trusted(folder: Path, schema: str) -> None:
    path = folder / "refusals" / f"keras-{NEWER}.json"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"schema": 1', f'"schema": {schema}'), encoding="utf-8")
    assert len(read_all(folder).damaged) == 1


def test_a_refusal_without_its_exception_is_not_trusted(folder: Path) -> None:
    path = folder / "refusals" / f"keras-{OLDER}.json"
    document = json.loads(path.read_bytes())
    digest = document["refused"][ledger_of(NEWER).classes["layers.Dense"].key]
    del document["errors"][digest]
    path.write_text(json.dumps(document), encoding="utf-8")
    (damage,) = read_all(folder).damaged
    assert f"it has no error '{digest}'" in str(damage)


def test_a_ledger_whose_object_was_altered_is_not_trusted(folder: Path) -> None:
    key = ledger_of(OLDER).classes["layers.Dense"].key
    path = folder / "objects.json"
    text = path.read_text(encoding="utf-8")
    assert text.count('"units": 2') == 2
    path.write_text(text.replace('"units": 2', '"units": 3'), encoding="utf-8")
    stored = read_all(folder)
    assert stored.ledgers == []
    assert f"objects.json does not have {key}" in str(stored.damaged[0])


def test_a_damaged_file_of_objects_is_replaced_by_the_next_ledger(folder: Path) -> None:
    (folder / "objects.json").write_text("{")
    assert len(read_all(folder).damaged) == 3
    for release in (OLDER, NEWER):
        write_ledger(ledger_of(release), folder)
    assert contents(folder) == contents(ledgers.FOLDER)


def test_unused_objects_are_removed(folder: Path) -> None:
    extra = with_classes(ledger_of(NEWER), entry("layers.New", {"config": {"key": 1}}))
    write_ledger(extra, folder)
    write_ledger(ledger_of(NEWER), folder)
    assert contents(folder)["objects.json"] != contents(ledgers.FOLDER)["objects.json"]
    ledger_store.remove_unused_objects(folder)
    assert contents(folder) == contents(ledgers.FOLDER)


def test_no_object_is_removed_while_a_file_is_damaged(folder: Path) -> None:
    (folder / "releases" / f"keras-{OLDER}.json").write_text("{")
    before = contents(folder)
    ledger_store.remove_unused_objects(folder)
    assert contents(folder) == before


def test_an_object_without_a_config_is_not_trusted(folder: Path) -> None:
    ledger = with_classes(ledger_of(NEWER), entry("layers.New", {"config": "text"}))
    write_ledger(ledger, folder)
    stored = read_all(folder)
    assert [each.release for each in stored.ledgers] == [OLDER]


def test_the_release_of_another_pair_has_its_own_refusals() -> None:
    stored = ledgers.stored()
    pair = stored.ledgers[0].pair
    assert stored.refusals_of(pair).tried
    assert not stored.refusals_of(replace(pair, python="3.12")).tried
