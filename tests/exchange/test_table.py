"""Who reads what: counts, reasons, and files that nobody reads."""

from __future__ import annotations

import msgspec

from harness.exchange.corpus import WriterClass
from harness.exchange.data import ExchangeData, exchange_data
from harness.exchange.readings import readings_of
from harness.exchange.table import meetings, read_by_all, read_in_full, reasons
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


def found_by(
    *readers: Result, of: tuple[WriterClass, ...] = (SHARED, NEWEST), own: tuple[Result, ...] = ()
) -> ExchangeData:
    return exchange_data(readings_of(readers, of), own)


def own(writer: Pair, outcome: str) -> Result:
    cell = Cell("dense_twice", "h5", outcome, "digest")
    return Result(writer, cells={cell.key: cell})


def test_a_file_counts_for_each_of_its_writers() -> None:
    data = found_by(read(NEW, (SHARED, "pass")))
    counts = meetings(data, "h5")
    assert {key: str(meeting) for key, meeting in counts.items()} == {
        (OLD, NEW): "all",
        (MIDDLE, NEW): "all",
    }
    assert meetings(data, "keras") == {}
    assert set(meetings(data.of([OLD], [OLD, NEW]), "h5")) == {(OLD, NEW)}


def test_a_silent_difference_is_marked() -> None:
    data = found_by(read(OLD, (NEWEST, "mismatch")))
    assert str(meetings(data, "h5")[NEW, OLD]) == "0/1!"


def test_a_warning_that_a_part_was_skipped_is_no_pass() -> None:
    data = found_by(read(NEW, (SHARED, "pass"), note="warning: skipped"))
    assert str(meetings(data, "h5")[OLD, NEW]) == "0/1"
    assert [(reason.label, reason.message) for reason in reasons(data)] == [
        ("pass Warning", "warning: skipped")
    ]


def test_a_refusal_that_is_right_is_right() -> None:
    data = found_by(read(NEW, (SHARED, "refused")))
    assert str(meetings(data, "h5", must_refuse=True)[OLD, NEW]) == "all"


def test_a_file_that_should_be_refused_is_not_counted_as_read() -> None:
    damaged = msgspec.structs.replace(SHARED, case="contract")
    data = found_by(
        read(NEW, (SHARED, "pass"), (damaged, "refused")),
        read(OLD, (SHARED, "load-error"), (damaged, "timeout")),
        of=(SHARED, damaged),
    )
    to_read, to_refuse = (meetings(data, "h5", must_refuse=each) for each in (False, True))
    assert (to_read[MIDDLE, NEW].cases, to_refuse[MIDDLE, NEW].cases) == (1, 1)
    assert (str(to_read[MIDDLE, OLD]), str(to_refuse[MIDDLE, OLD])) == ("0/1", "0/1")
    assert read_in_full(data) == {(MIDDLE, NEW): True, (MIDDLE, OLD): False}


def test_what_should_be_refused_is_known_from_other_readers() -> None:
    data = found_by(read(NEW, (NEWEST, "refused")), read(OLD, (NEWEST, "timeout")))
    (meeting,) = meetings(data.of([NEW], [OLD]), "h5", must_refuse=True).values()
    assert (meeting.cases, meeting.wrong) == (1, 1)
    assert meetings(data.of([NEW], [OLD]), "h5") == {}


def test_a_format_that_a_reader_lacks_does_not_count() -> None:
    assert found_by(read(NEW, (SHARED, "unsupported"))).counts.empty


def test_a_file_that_the_corpus_has_no_more_does_not_count() -> None:
    assert found_by(read(NEW, (SHARED, "pass")), of=(NEWEST,)).counts.empty


def test_reasons_name_cases_and_releases_the_most_frequent_first() -> None:
    data = found_by(read(OLD, (NEWEST, "load-error")), read(NEW, (SHARED, "mismatch")))
    first, second = reasons(data)
    assert (first.label, first.meetings) == ("mismatch", 2)
    assert (first.writers, first.readers) == ([OLD, MIDDLE], [NEW])
    assert (second.label, second.message) == ("load-error TypeError", REFUSAL["message"])
    assert second.cases == ["dense_twice"]


def test_a_file_that_its_own_writer_does_not_read_blames_no_reader() -> None:
    data = found_by(read(NEW, (NEWEST, "mismatch")), own=(own(NEW, "load-error"),))
    assert data.counts.empty


def test_a_file_that_nobody_reads_and_its_writer_neither_is_listed_apart() -> None:
    data = found_by(
        read(OLD, (SHARED, "mismatch")),
        read(NEW, (SHARED, "mismatch"), (NEWEST, "pass")),
        own=(own(OLD, "mismatch"), own(MIDDLE, "mismatch"), own(NEW, "pass")),
    )
    assert data.unread == [("dense_twice", "h5", [OLD, MIDDLE])]


def test_a_file_that_another_release_reads_was_written_well() -> None:
    data = found_by(
        read(OLD, (SHARED, "load-error")),
        read(NEW, (SHARED, "pass")),
        own=(own(OLD, "load-error"), own(MIDDLE, "load-error")),
    )
    assert data.unread == []


def test_a_warning_that_the_writer_gives_of_its_own_file_blames_no_reader() -> None:
    data = found_by(
        read(NEW, (NEWEST, "pass"), note="warning: skipped"),
        read(OLD, (NEWEST, "pass"), note="warning: skipped"),
        own=(own(NEW, "pass"),),
    )
    assert data.counts.empty


def test_a_reader_reads_all_of_a_writer_or_not() -> None:
    data = found_by(read(OLD, (SHARED, "pass"), (NEWEST, "mismatch")))
    assert read_in_full(data) == {(OLD, OLD): True, (MIDDLE, OLD): True, (NEW, OLD): False}


def test_a_format_that_was_not_tried_is_not_said_to_be_read() -> None:
    archive = msgspec.structs.replace(SHARED, format="keras")
    files = (SHARED, archive, NEWEST)
    untried = found_by(read(NEW, (SHARED, "pass")), of=files)
    assert read_in_full(untried) == {}
    unable = found_by(read(NEW, (SHARED, "pass"), (archive, "unsupported")), of=files)
    assert read_in_full(unable) == {(OLD, NEW): True, (MIDDLE, NEW): True}


def test_the_readings_of_some_are_judged_as_those_of_all() -> None:
    all_of_them = found_by(
        read(NEW, (NEWEST, "pass"), note="warning: skipped"),
        read(OLD, (NEWEST, "load-error")),
        own=(own(NEW, "pass"),),
    )
    assert all_of_them.of([NEW], [OLD]).counts.empty


def test_a_reader_that_has_not_read_all_files_is_not_said_to_read_all() -> None:
    other = msgspec.structs.replace(SHARED, case="siamese_pair")
    files = (SHARED, other, NEWEST)
    one_of_two = found_by(read(NEW, (SHARED, "pass")), of=files)
    meeting = meetings(one_of_two, "h5")[OLD, NEW]
    assert (str(meeting), meeting.unknown) == ("1/1", 1)
    assert read_in_full(one_of_two) == {}
    assert read_in_full(found_by(read(NEW, (SHARED, "mismatch")), of=files)) == {
        (OLD, NEW): False, (MIDDLE, NEW): False,
    }  # fmt: skip
    both = found_by(read(NEW, (SHARED, "pass"), (other, "pass")), of=files)
    assert read_in_full(both) == {(OLD, NEW): True, (MIDDLE, NEW): True}


def test_one_file_that_one_release_does_not_read_shows_in_its_case_and_format() -> None:
    other = msgspec.structs.replace(SHARED, case="siamese_pair")
    data = found_by(
        read(OLD, (SHARED, "pass"), (NEWEST, "load-error"), (other, "pass")),
        read(NEW, (NEWEST, "pass"), (other, "refused")),
        of=(SHARED, NEWEST, other),
    )
    assert read_by_all(data) == {("dense_twice", "h5"): False, ("siamese_pair", "h5"): True}


def test_a_file_that_its_own_writer_does_not_read_says_nothing_about_readers() -> None:
    data = found_by(
        read(NEW, (SHARED, "load-error")), own=(own(OLD, "load-error"), own(MIDDLE, "load-error"))
    )
    assert read_by_all(data) == {}
