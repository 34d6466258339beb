"""What ``exchange`` prints: the map as a table where it fits, else in percent."""

from __future__ import annotations

from rich.console import Console

from harness.report.exchange_console import print_exchange
from tests.exchange import readings
from tests.report.screens import assert_as_kept, text_of


def shown(console: Console) -> None:
    print_exchange(console, readings.data(), ["keras"])


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
