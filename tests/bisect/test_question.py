"""What is sought, and which answers are the same behaviour."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.bisect.observation import Observation, log_line, read_log
from harness.bisect.question import Between, Question
from harness.releases.pair import Pair
from harness.results.model import Cell, ExceptionRecord
from harness.util.errors import Fault, UsageError

PAIR = Pair.parse("keras-3.6.0_tensorflow-2.17.0_py3.11")


def seen(outcome: str, kind: str = "", message: str = "") -> Observation:
    error: ExceptionRecord | None = (
        {"type": kind, "message": message, "frames": [["__main__", "f", 3]]} if kind else None
    )
    return Observation(
        PAIR, Cell("script", "script", outcome, "d", error=error), installed=("a==1",)
    )


PASS = seen("pass")
VALUE = seen("script-error", "ValueError", "node 1234 of dense_3")
IMPORT = seen("script-error", "ModuleNotFoundError", "No module named 'tree'")
ABSENT = seen("unsupported")
EXIT = seen("script-exit", "SystemExit", "exit status 3")
DEATH = seen("crash", "Crash", "the interpreter exited with status 3")


def test_any_change_tells_signatures_apart() -> None:
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
        (Question("broken", message="node # of"), [VALUE], [IMPORT]),
        (Question("broken", exit_code=3), [EXIT, DEATH], [PASS, VALUE]),
        (Question("broken", outcomes=("unsupported",)), [ABSENT], [PASS]),
    ],
)
def test_a_described_behaviour(
    question: Question, bad: list[Observation], good: list[Observation]
) -> None:
    assert [question.answer(each) for each in bad] == [True] * len(bad)
    assert [question.answer(each) for each in good] == [False] * len(good)
    assert question.is_turn(False, True) and not question.is_turn(True, False)
    assert question.reversed.is_turn(True, False) and not question.reversed.is_turn(False, True)
    assert question.either_way.is_turn(True, False) and question.either_way.is_turn(False, True)


def test_what_a_release_does_not_have_is_no_answer() -> None:
    assert Question("broken").answer(ABSENT) is None


def test_another_failure_is_neither_side() -> None:
    between = Between(Question("broken"), PASS, VALUE)
    assert [between.answer(each) for each in (PASS, VALUE, IMPORT)] == ["old", "new", None]
    described = Between(Question("broken", outcomes=("script-error",)), PASS, VALUE)
    assert described.answer(IMPORT) == "new"


def test_a_pattern_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError, match="no regular expression"):
        Question(message="(")


def test_a_log_is_read_back_and_a_damaged_one_is_not(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    silent = Observation(PAIR, reason="install-error: x", commit="abc")
    path.write_text('{"asked": []}\n' + log_line(VALUE) + log_line(silent))
    assert read_log(path) == [VALUE, silent]
    for damage in (b"\xff", b'{"pair": "x"}', log_line(VALUE)[:-9].encode()):
        path.write_bytes(damage)
        with pytest.raises(Fault, match=r"log\.jsonl, line"):
            read_log(path)
