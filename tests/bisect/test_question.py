"""Which answers a question gives, and which observations are the same behaviour."""

from __future__ import annotations

import pytest

from harness.bisect.observation import Observation
from harness.bisect.question import KnownChange, Question
from harness.releases.pair import Pair
from harness.results.model import Cell, ExceptionRecord
from harness.util.errors import UsageError

PAIR = Pair.parse("keras-3.6.0_tensorflow-2.17.0_py3.11")


def observation(outcome: str, kind: str = "", message: str = "", status: int = 0) -> Observation:
    error: ExceptionRecord | None = (
        {"type": kind, "message": message, "frames": [["__main__", "f", 3]]} if kind else None
    )
    return Observation(
        PAIR,
        Cell("script", "script", outcome, "d", error=error, status=status),
        installed=("a==1",),
    )


PASS = observation("pass")
VALUE = observation("script-error", "ValueError", "id=1234 of dense_3")
IMPORT = observation("script-error", "ModuleNotFoundError", "No module named 'tree'")
ABSENT = observation("unsupported")
EXIT = observation("script-exit", "SystemExit", "exit status 3", status=3)
REFUSED = observation("refused", "ValueError", "no such node")
DEATH = observation("crash", "Crash", "the interpreter exited with status 3", status=3)


def test_a_search_for_any_change_distinguishes_signatures() -> None:
    question = Question()
    assert question.answer(VALUE) != question.answer(IMPORT)
    assert question.is_turn(question.answer(PASS), question.answer(ABSENT))


@pytest.mark.parametrize(
    ("question", "bad", "good"),
    [
        (Question("broken"), [VALUE, IMPORT, EXIT], [PASS]),
        (Question("broken", type="ValueError"), [VALUE], [PASS, IMPORT]),
        (Question("broken", outcomes=("script-error",)), [VALUE, IMPORT], [PASS, EXIT]),
        (Question("broken", message=r"dense_\d"), [VALUE], [IMPORT]),
        (Question("broken", message="id=# of"), [VALUE], [IMPORT]),
        (Question("broken", exit_code=3), [EXIT, DEATH], [PASS, VALUE]),
        (Question("broken", outcomes=("unsupported",)), [ABSENT], [PASS]),
    ],
)
def test_a_described_behaviour(
    question: Question, bad: list[Observation], good: list[Observation]
) -> None:
    assert [question.answer(seen) for seen in bad] == [True] * len(bad)
    assert [question.answer(seen) for seen in good] == [False] * len(good)
    assert question.is_turn(False, True) and not question.is_turn(True, False)
    assert question.reversed.is_turn(True, False) and not question.reversed.is_turn(False, True)
    assert question.either_way.is_turn(True, False) and question.either_way.is_turn(False, True)


def test_a_refused_file_is_good_and_an_accepted_one_is_bad() -> None:
    question = Question("broken")
    assert question.answer(REFUSED) is False
    assert question.answer(observation("accepted")) is True
    assert str(question) == "where this came in: any failure"


def test_a_file_refused_with_another_exception_is_on_the_good_side() -> None:
    refused_otherwise = observation("refused", "TypeError", "no such node")
    change = KnownChange(Question("broken"), REFUSED, observation("accepted"))
    assert change.answer(refused_otherwise) == "old"
    any_change = KnownChange(Question(), REFUSED, observation("accepted"))
    assert any_change.answer(refused_otherwise) is None


def test_an_unsupported_case_gives_no_answer() -> None:
    assert Question("broken").answer(ABSENT) is None


def test_another_failure_is_neither_side() -> None:
    change = KnownChange(Question("broken"), PASS, VALUE)
    assert [change.answer(seen) for seen in (PASS, VALUE, IMPORT)] == ["old", "new", None]
    described = KnownChange(Question("broken", outcomes=("script-error",)), PASS, VALUE)
    assert described.answer(IMPORT) == "new"


def test_a_malformed_regular_expression_is_refused() -> None:
    with pytest.raises(UsageError, match="not a regular expression"):
        Question(message="(")
