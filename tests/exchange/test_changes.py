"""Change points of exchanges, along readers and along writers."""

from __future__ import annotations

import pytest

from harness.analysis.change_kinds import ChangeKind
from harness.exchange.changes import (
    ChangePoint,
    FileKey,
    Timeline,
    reader_changes,
    writer_changes,
)
from harness.releases.catalogue import Catalogue
from harness.releases.pair import Pair
from harness.results.signatures import Signature

PASS = Signature("pass")
REFUSED = Signature("load-error", "TypeError", "no such key")
FILE = FileKey("dense_twice", "keras", "0" * 12)
NEWER_FILE = FileKey("dense_twice", "keras", "1" * 12)


def pair(keras: str, tensorflow: str = "2.18.0") -> Pair:
    return Pair.parse(f"keras-{keras}_tensorflow-{tensorflow}_py3.11")


def test_a_part_that_is_skipped_is_as_bad_as_an_exception() -> None:
    skipped = Signature("pass", "Warning", "warning: skipped")
    kinds = [
        ChangePoint("reader", "a", "keras", pair("3.6.0"), pair("3.7.0"), *both, "", "", ()).kind
        for both in ((PASS, skipped), (skipped, PASS), (REFUSED, skipped))
    ]
    assert kinds == [ChangeKind.REGRESSION, ChangeKind.FIX, ChangeKind.CHANGE]


@pytest.fixture(scope="module")
def timeline() -> Timeline:
    return Timeline(Catalogue.load())


def steps(timeline: Timeline, *releases: str) -> set[tuple[str, str]]:
    found = timeline.neighbours(map(pair, releases))
    return {(str(start.keras), str(end.keras)) for start, end in found}


def test_a_release_of_another_branch_is_no_neighbour(timeline: Timeline) -> None:
    """3.12.1 came out after 3.13.0, which was developed from 3.12.0."""
    assert steps(timeline, "3.12.0", "3.12.1", "3.13.0") == {
        ("3.12.0", "3.12.1"),
        ("3.12.0", "3.13.0"),
    }
    assert steps(timeline, "3.12.4", "3.15.1") == set()


def test_what_lies_between_two_neighbours_is_on_the_branch_of_the_later(
    timeline: Timeline,
) -> None:
    assert timeline.between(pair("3.12.0"), pair("3.13.0")) == ()
    assert timeline.between(pair("3.11.3"), pair("3.13.1")) == ("3.12.0", "3.13.0")
    assert timeline.between(pair("3.11.3"), pair("3.12.2")) == ("3.12.0", "3.12.1")


def test_a_natural_pair_stands_for_its_release() -> None:
    natural, newer = pair("3.7.0"), pair("3.7.0", "2.19.1")
    before = pair("3.6.0")
    chosen = Timeline(Catalogue.load(), [natural])
    assert chosen.neighbours([before, natural, newer]) == [(before, natural)]
    assert Timeline(Catalogue.load()).neighbours([before, natural, newer]) == [(before, newer)]


def test_releases_of_two_lineages_are_no_neighbours(timeline: Timeline) -> None:
    other = Pair.parse("tf-keras-2.16.0_tensorflow-2.16.1_py3.11")
    assert timeline.neighbours([pair("2.15.0"), other]) == []


def test_a_reader_that_ceases_to_read_a_file(timeline: Timeline) -> None:
    older, reader, newer = pair("3.5.0"), pair("3.6.0"), pair("3.7.0")
    readings = {FILE: {older: PASS, reader: PASS, newer: REFUSED}}
    (point,) = reader_changes(readings, {FILE: [older, reader]}, timeline)
    assert (point.start, point.end, point.others) == (reader, newer, (older, reader))
    assert (point.before, point.after, point.kind) == (PASS, REFUSED, ChangeKind.REGRESSION)
    assert (point.file_before, point.file_after) == (FILE.digest, FILE.digest)


def test_a_writer_whose_files_are_refused(timeline: Timeline) -> None:
    reader, others = pair("3.12.4"), [pair("3.11.3"), pair("3.12.0")]
    newer = pair("3.13.0")
    readings = {FILE: {reader: PASS}, NEWER_FILE: {reader: REFUSED}}
    (point,) = writer_changes(readings, {FILE: others, NEWER_FILE: [newer]}, timeline)
    assert (point.axis, point.start, point.end) == ("writer", others[1], newer)
    assert (point.file_before, point.file_after) == (FILE.digest, NEWER_FILE.digest)
    assert point.others == (reader,)


def test_other_files_that_are_read_alike_are_no_change(timeline: Timeline) -> None:
    reader = pair("3.15.1")
    readings = {FILE: {reader: PASS}, NEWER_FILE: {reader: PASS}}
    writers = {FILE: [pair("3.12.0")], NEWER_FILE: [pair("3.13.0")]}
    assert list(writer_changes(readings, writers, timeline)) == []


def test_files_of_other_cases_and_formats_are_not_compared(timeline: Timeline) -> None:
    reader = pair("3.15.1")
    other = NEWER_FILE._replace(format="h5")
    readings = {FILE: {reader: PASS}, other: {reader: REFUSED}}
    writers = {FILE: [pair("3.12.0")], other: [pair("3.13.0")]}
    assert list(writer_changes(readings, writers, timeline)) == []


def test_a_release_that_has_not_read_the_file_is_passed_over(timeline: Timeline) -> None:
    readings = {FILE: {pair("3.5.0"): PASS, pair("3.7.0"): REFUSED}}
    (point,) = reader_changes(readings, {FILE: [pair("3.5.0")]}, timeline)
    assert timeline.between(point.start, point.end) == ("3.6.0",)
