"""Who reads what: counts, reasons, and files that are wrong at birth."""

from __future__ import annotations

from harness.exchange.corpus import WriterClass
from harness.exchange.table import exchanges, meetings, reasons, wrong_at_birth
from harness.releases.pair import Pair
from harness.results.model import Cell, Result

OLD = Pair.parse("keras-3.6.0_tensorflow-2.18.1_py3.11")
MIDDLE = Pair.parse("keras-3.9.0_tensorflow-2.18.0_py3.11")
NEW = Pair.parse("keras-3.15.1_tensorflow-2.21.0_py3.11")
SHARED = WriterClass("dense_twice", "h5", "0" * 12, "", "", (OLD.id, MIDDLE.id))
NEWEST = WriterClass("dense_twice", "h5", "1" * 12, "", "", (NEW.id,))
REFUSAL = {"type": "TypeError", "message": "no such key: quantization_config", "frames": []}


def read(reader: Pair, *outcomes: tuple[WriterClass, str], note: str = "") -> Result:
    """The result of a reader with these outcomes."""
    cells = [
        Cell(
            entry.case, f"{entry.format}@{entry.digest}", outcome, "digest", note=note,
            error=REFUSAL if outcome == "load-error" else None,  # type: ignore[arg-type]
        )
        for entry, outcome in outcomes
    ]  # fmt: skip
    return Result(reader, cells={cell.key: cell for cell in cells})


def own(writer: Pair, outcome: str) -> Result:
    cell = Cell("dense_twice", "h5", outcome, "digest")
    return Result(writer, cells={cell.key: cell})


def test_a_file_counts_for_each_of_its_writers() -> None:
    found = exchanges([read(NEW, (SHARED, "pass"))], [SHARED, NEWEST])
    counts = meetings(found, "h5")
    assert {key: str(meeting) for key, meeting in counts.items()} == {
        (OLD, NEW): "all",
        (MIDDLE, NEW): "all",
    }
    assert meetings(found, "keras") == {}


def test_a_silent_difference_is_marked() -> None:
    found = exchanges([read(OLD, (NEWEST, "mismatch"))], [NEWEST])
    assert str(meetings(found, "h5")[NEW, OLD]) == "0/1!"


def test_a_warning_that_a_part_was_skipped_is_no_pass() -> None:
    found = exchanges([read(NEW, (SHARED, "pass"), note="warning: skipped")], [SHARED])
    assert str(meetings(found, "h5")[OLD, NEW]) == "0/1"
    assert [(reason.label, reason.message) for reason in reasons(found)] == [
        ("pass Warning", "warning: skipped")
    ]


def test_a_refusal_that_is_right_is_right() -> None:
    assert str(meetings(exchanges([read(NEW, (SHARED, "refused"))], [SHARED]), "h5")[OLD, NEW]) == (
        "all"
    )


def test_a_format_that_a_reader_lacks_does_not_count() -> None:
    assert exchanges([read(NEW, (SHARED, "unsupported"))], [SHARED]) == []


def test_a_file_that_the_corpus_has_no_more_does_not_count() -> None:
    assert exchanges([read(NEW, (SHARED, "pass"))], [NEWEST]) == []


def test_reasons_name_cases_and_releases_the_most_frequent_first() -> None:
    found = exchanges(
        [read(OLD, (NEWEST, "load-error")), read(NEW, (SHARED, "mismatch"))], [SHARED, NEWEST]
    )
    first, second = reasons(found)
    assert (first.label, first.pairs) == ("mismatch", [(OLD, NEW), (MIDDLE, NEW)])
    assert (second.label, second.message) == ("load-error TypeError", REFUSAL["message"])
    assert second.cases == ["dense_twice"]


def test_a_file_that_nobody_reads_and_its_writer_neither_is_wrong_at_birth() -> None:
    found = exchanges(
        [read(OLD, (SHARED, "mismatch")), read(NEW, (SHARED, "mismatch"), (NEWEST, "mismatch"))],
        [SHARED, NEWEST],
    )
    own_results = [own(OLD, "mismatch"), own(NEW, "pass")]
    assert wrong_at_birth(found, own_results) == {SHARED}


def test_a_file_that_another_release_reads_was_written_well() -> None:
    found = exchanges([read(OLD, (SHARED, "load-error")), read(NEW, (SHARED, "pass"))], [SHARED])
    assert wrong_at_birth(found, [own(OLD, "load-error")]) == frozenset()
