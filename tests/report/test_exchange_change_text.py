"""Change points of exchanges in sentences, and as they are printed."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from harness.exchange.change_groups import ChangeGroup, Explanation
from harness.exchange.changes import ChangePoint
from harness.exchange.content.file_difference import FileDifference, SubjectDifference
from harness.releases.pair import Pair
from harness.report.exchange_change_text import (
    between_in_words,
    cases_in_words,
    change_lines,
    counts_in_words,
)
from harness.report.exchange_console import MOST_CHANGES, print_changes
from harness.results.signatures import Signature
from tests.exchange import readings

PASS = Signature("pass")
REFUSED = Signature("load-error", "TypeError", "no such key: quantization_config")


def pair(keras: str) -> Pair:
    return Pair.parse(f"keras-{keras}_tensorflow-2.18.0_py3.11")


KNOWN = [pair(keras) for keras in ("3.6.0", "3.7.0", "3.12.4")]


def of_writer(*cases: str) -> ChangeGroup:
    points = tuple(
        ChangePoint(
            "writer", case, "keras", pair("3.12.0"), pair("3.13.0"), PASS, REFUSED,
            "0" * 12, "1" * 12, (pair("3.6.0"), pair("3.7.0")),
        )
        for case in cases
    )  # fmt: skip
    return ChangeGroup(points, (), PASS, REFUSED)


@pytest.fixture
def group() -> ChangeGroup:
    return replace(
        of_writer("dense_twice"),
        example=("dense_twice", "keras"),
        difference=FileDifference((SubjectDifference("Dense", ("adds a (null)",)),)),
        explanation=Explanation("keras or numpy", "keras-team/keras#1", "Dense writes a."),
    )


def test_the_lines_say_who_changed_what_and_why(group: ChangeGroup) -> None:
    assert list(change_lines(group, KNOWN)) == [
        "writer 3.13.0, after 3.12.0: regression: pass → load-error TypeError; "
        "dense_twice (keras), read by 3.6.0 to 3.7.0; culprit: keras or numpy",
        "  no such key: quantization_config",
        "  in dense_twice (keras): Dense: adds a (null)",
        "  Dense writes a.",
    ]


def test_releases_of_tf_keras_are_named_as_such(group: ChangeGroup) -> None:
    (point,) = group.points
    start, end = (replace(pair(keras), lineage="tf-keras") for keras in ("2.20.1", "2.21.0"))
    other = replace(group, points=(point._replace(start=start, end=end),))
    assert next(change_lines(other, KNOWN)).startswith(
        "writer tf-keras 2.21.0, after tf-keras 2.20.1: "
    )


def test_releases_between_are_counted(group: ChangeGroup) -> None:
    assert between_in_words(group) == ""
    gap = replace(group, between=("3.12.1",))
    assert between_in_words(gap) == "1 release between them not known"
    assert between_in_words(replace(gap, between=("a", "b"))).startswith("2 releases between")
    assert "1 release between them not known" in next(change_lines(gap, KNOWN))


def test_many_cases_are_counted() -> None:
    assert cases_in_words(of_writer("a", "b", "c")) == "a (keras), b (keras) and 1 more case"
    assert cases_in_words(of_writer("a", "b", "c", "d")) == "a (keras), b (keras) and 2 more cases"


def test_kinds_are_counted_by_case_and_format() -> None:
    assert counts_in_words([of_writer("a", "b"), of_writer("b")]) == "2 regressions"


def test_messages_are_shown_on_one_line_without_control_characters(group: ChangeGroup) -> None:
    hostile = replace(REFUSED, message="\x1b[31mred\nline" + "x" * 500)
    lines = list(change_lines(replace(group, after=hostile), KNOWN))
    assert lines[1].startswith("  \N{REPLACEMENT CHARACTER}[31mred line")
    assert len(lines[1]) < 250


def printed(groups: list[ChangeGroup], unpacked: Path) -> str:
    console = Console(file=StringIO(), width=80)
    print_changes(console, groups, readings.data(), readings.corpus(unpacked))
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_changes_are_printed_at_the_width_of_the_terminal(
    group: ChangeGroup, tmp_path: Path
) -> None:
    text = printed([group] * (MOST_CHANGES + 2), tmp_path)
    assert "what changed from writer to writer, newest first:" in text
    assert "from reader to reader" not in text
    assert "... and 2 more changes" in text
    wrapped = [line for line in text.splitlines() if not line.startswith("...")]
    assert max(map(len, wrapped)) <= 80


def test_nothing_is_printed_without_changes(tmp_path: Path) -> None:
    assert printed([], tmp_path) == ""
