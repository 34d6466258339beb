"""What ``exchange`` prints: the map as a table where it fits, else in percent."""

from __future__ import annotations

import msgspec
import pytest
from rich.console import Console

from harness.exchange.corpus import WriterClass
from harness.exchange.data import exchange_data
from harness.exchange.readings import readings_of
from harness.releases.pair import Pair
from harness.report.exchange_console import print_exchange
from harness.results.model import Cell, Result
from tests.exchange import readings
from tests.report.screens import assert_as_kept, text_of


def shown(console: Console) -> None:
    data = readings.data()
    print_exchange(console, data, ["keras"], data.writers, data.readers)


def test_few_readers_have_their_numbers() -> None:
    assert_as_kept("exchange", shown)


def test_many_readers_have_a_letter_each_and_no_line_is_too_wide() -> None:
    text = text_of(shown, 44)
    assert all(len(line) <= 44 for line in text.splitlines()), text
    assert "in percent" in text
    head = next(line for line in text.splitlines() if line.startswith("written by"))
    letters = head.removeprefix("written by").split()
    assert letters == ["A", "B", "C", "D"]
    rows = [line for line in text.splitlines() if line.startswith("3.13.0 ")]
    assert rows and "✓" in rows[0]


def test_files_that_nobody_reads_are_those_of_the_formats_that_were_asked_for() -> None:
    text = text_of(shown, 200)
    unread = text.partition("not counted")[2].partition("load-error")[0]
    assert "(h5)" not in unread and "(json)" not in unread


def test_what_others_read_is_not_said_to_be_read_by_nobody() -> None:
    data = readings.data()
    lost = {one.case for one in data.unread}
    old, new = data.readers[0], data.readers[-1]

    def of_two(console: Console) -> None:
        print_exchange(console, data, ["keras"], [new], [old])

    text = text_of(of_two, 200)
    unread = text.partition("not counted")[2].partition("load-error")[0]
    assert all(case in lost for case in unread.replace(",", " ").split() if case.islower())
    assert "Every file is read" not in text


def test_without_a_file_it_is_not_claimed_that_every_file_is_read() -> None:
    data = readings.data()

    def of_none(console: Console) -> None:
        print_exchange(console, data, ["savedmodel"], data.writers[-1:], data.readers[:1])

    text = text_of(of_none, 200)
    assert "savedmodel: the corpus has no file of these writers." in text
    assert "Every file is read" not in text


def test_files_that_should_be_refused_have_a_map_of_their_own() -> None:
    old, new = (readings.data().readers[place] for place in (0, -1))
    file = WriterClass("dense_twice", "keras", "0" * 12, "", "", (new.id,))
    damaged = msgspec.structs.replace(file, case="contract")

    def shown_of(*outcomes: tuple[WriterClass, str]) -> str:
        cells = [Cell(one.case, f"keras@{one.digest}", outcome, "") for one, outcome in outcomes]
        reader = Result(old, cells={cell.key: cell for cell in cells})
        own = Result(new, cells={("contract", "keras"): Cell("contract", "keras", "refused", "")})
        data = exchange_data(readings_of([reader], [file, damaged]), [own])
        return text_of(
            lambda console: print_exchange(console, data, ["keras"], data.writers, data.readers), 90
        )

    right = shown_of((file, "pass"), (damaged, "refused"))
    assert "files that are read, of those that their writer reads" in right
    assert "files that are refused" not in right
    hanging = shown_of((file, "pass"), (damaged, "timeout"))
    assert "keras: files that are refused, of those that should be" in hanging
    assert "0/1" in hanging.partition("files that are refused")[2]
    assert "files that are refused, of those" in shown_of((damaged, "refused"))


@pytest.mark.parametrize("width", [40, 90])
def test_a_release_of_tf_keras_is_named_with_its_package(width: int) -> None:
    of_keras = Pair.parse("keras-2.15.0_tensorflow-2.15.0_py3.11")
    of_tf_keras = Pair.parse("tf-keras-2.15.0_tensorflow-2.15.0_py3.11")
    file = WriterClass("dense_twice", "keras", "0" * 12, "", "", (of_keras.id, of_tf_keras.id))
    cell = Cell(file.case, f"keras@{file.digest}", "pass", "")
    results = [Result(pair, cells={cell.key: cell}) for pair in (of_keras, of_tf_keras)]
    data = exchange_data(readings_of(results, [file]), [])
    text = text_of(
        lambda console: print_exchange(console, data, ["keras"], data.writers, data.readers), width
    )
    assert text.count("tf-keras 2.15.0") == 2  # as a writer and as a reader
    assert all(len(line) <= width for line in text.splitlines()), text
