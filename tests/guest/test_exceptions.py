"""Exceptions as data: cycles of causes, hostile messages, what is of the machine."""

from __future__ import annotations

import errno
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from roundtrip.exceptions import (
    CUT,
    INNER_FRAMES,
    LONGEST_MESSAGE,
    MOST_CAUSES,
    OUTER_FRAMES,
    describe,
    is_of_the_machine,
    with_causes,
)


def raised(error: BaseException) -> BaseException:
    """The exception with a traceback."""
    try:
        raise error
    except BaseException as caught:
        return caught


def test_an_exception_that_is_its_own_cause_ends() -> None:
    error = ValueError("a plain error")
    error.__cause__ = error
    assert not is_of_the_machine(error)
    assert "causes" not in describe(error)


def test_a_cycle_of_causes_is_told_once() -> None:
    one, other = ValueError("one"), ValueError("other")
    one.__cause__, other.__context__ = other, one
    assert [cause["message"] for cause in describe(one)["causes"]] == ["other"]


def test_what_from_none_hides_is_neither_a_cause_nor_of_the_machine() -> None:
    error = ValueError("hides it")
    error.__context__, error.__suppress_context__ = MemoryError(), True
    assert not is_of_the_machine(error)
    assert "causes" not in describe(error)


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        OSError(errno.ENOSPC, "full"),
        OSError(errno.EMFILE, "too many files"),
        RuntimeError("UNKNOWN: No space left on device"),
    ],
    ids=repr,
)
def test_memory_and_disk_are_of_the_machine_also_as_a_cause(error: Exception) -> None:
    outer = ValueError("cannot save")
    outer.__context__ = error
    assert is_of_the_machine(error)
    assert is_of_the_machine(outer)


def test_a_file_that_is_not_there_is_not_of_the_machine() -> None:
    assert not is_of_the_machine(OSError(errno.ENOENT, "no such file"))


class Hostile(Exception):
    """Its message cannot be had."""

    def __init__(self, failure: BaseException) -> None:
        self.failure = failure

    def __str__(self) -> str:
        raise self.failure


@pytest.mark.parametrize("failure", [TypeError("no"), SystemExit(3), RecursionError()], ids=repr)
def test_an_exception_that_cannot_be_printed_is_described(failure: BaseException) -> None:
    described = describe(raised(Hostile(failure)))
    assert described["type"] == "Hostile"
    assert described["message"] == f"<its __str__ raises {type(failure).__name__}>"
    assert described["frames"][-1][1] == "raised"


def test_a_long_message_is_cut_and_says_so() -> None:
    assert describe(ValueError("x" * LONGEST_MESSAGE))["message"] == "x" * LONGEST_MESSAGE
    assert describe(ValueError("x" * 10**7))["message"] == "x" * LONGEST_MESSAGE + CUT


def test_of_a_deep_recursion_both_ends_are_kept() -> None:
    def recur() -> None:
        recur()

    try:
        recur()
    except RecursionError as error:
        frames = describe(error)["frames"]
    assert len(frames) == OUTER_FRAMES + INNER_FRAMES
    assert frames[0][1] == "test_of_a_deep_recursion_both_ends_are_kept"
    assert frames[-1][1] == "recur"


@given(messages=st.lists(st.text(), min_size=1, max_size=20), data=st.data())
def test_any_graph_of_exceptions_is_described_as_json(messages: list[str], data: Any) -> None:
    errors = [ValueError(message) for message in messages]
    for error in errors:
        error.__cause__ = data.draw(st.sampled_from([None, *errors]))
        error.__context__ = data.draw(st.sampled_from([None, *errors]))
        error.__suppress_context__ = data.draw(st.booleans())
    described = describe(errors[0])
    assert json.loads(json.dumps(described)) == described
    assert len(described.get("causes", ())) <= MOST_CAUSES
    assert len(list(with_causes(errors[0]))) <= len(errors)
