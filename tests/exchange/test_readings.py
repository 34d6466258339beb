"""Readings as columns, from stored results and from results in memory."""

from __future__ import annotations

from pathlib import Path

from harness.exchange.corpus import WriterClass
from harness.exchange.readings import histories, readings_of, stored_readings
from harness.releases.pair import Pair
from harness.results import store
from harness.results.model import Cell, ExceptionRecord, Result

OLD = Pair.parse("keras-3.6.0_tensorflow-2.18.1_py3.11")
NEW = Pair.parse("keras-3.15.1_tensorflow-2.21.0_py3.11")
FILE = WriterClass("dense_twice", "h5", "0" * 12, "", "", (OLD.id,))
OTHER = WriterClass("siamese_pair", "keras", "1" * 12, "", "", (NEW.id,))


def refusal(frame: str) -> ExceptionRecord:
    return {"type": "TypeError", "message": "no such key", "frames": [["keras", frame, 1]]}


def read(reader: Pair, *cells: Cell) -> Result:
    return Result(reader, cells={cell.key: cell for cell in cells})


def cell(entry: WriterClass, outcome: str, frame: str = "", code: str = "now") -> Cell:
    error = refusal(frame) if frame else None
    return Cell(entry.case, f"{entry.format}@{entry.digest}", outcome, code, error=error)


RESULTS = [
    read(NEW, cell(FILE, "load-error", "load"), cell(OTHER, "pass")),
    read(OLD, cell(FILE, "pass"), cell(OTHER, "load-error", "from_config")),
]


def test_stored_readings_are_those_of_the_results(tmp_path: Path) -> None:
    folder = tmp_path / "exchange"
    for result in RESULTS:
        store.write(result, folder)
    codes = dict.fromkeys(("dense_twice", "siamese_pair"), "now")
    found, damaged = stored_readings(folder, [FILE, OTHER], codes)
    assert not damaged
    in_memory = readings_of(RESULTS, [FILE, OTHER])
    assert dict(histories(found)) == dict(histories(in_memory))
    assert list(found.readers) == [OLD, NEW]


def test_readings_by_other_code_are_left_out(tmp_path: Path) -> None:
    folder = tmp_path / "exchange"
    store.write(read(NEW, cell(FILE, "pass", code="before"), cell(OTHER, "pass")), folder)
    found, _ = stored_readings(folder, [FILE, OTHER], {"dense_twice": "now", "siamese_pair": "now"})
    assert [found.files[place] for place, _ in histories(found)] == [OTHER]


def test_a_damaged_file_is_named_and_the_rest_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "exchange"
    store.write(RESULTS[0], folder)
    path = store.write(RESULTS[1], folder)
    path.write_bytes(path.read_bytes()[:-9])
    codes = dict.fromkeys(("dense_twice", "siamese_pair"), "now")
    found, (damage,) = stored_readings(folder, [FILE, OTHER], codes)
    assert path.name in str(damage)
    assert list(found.readers) == [NEW]


def test_behaviours_that_differ_in_their_frame_alone_are_alike() -> None:
    found = readings_of(
        [read(NEW, cell(FILE, "load-error", "one"), cell(OTHER, "load-error", "other"))],
        [FILE, OTHER],
    )
    assert len(found.behaviours) == 2
    assert found.traits["alike"].tolist() == [0, 0]


def test_without_results_there_is_nothing() -> None:
    assert list(histories(readings_of([], [FILE]))) == []
