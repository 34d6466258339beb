"""Signatures: two cells behave the same exactly if their signatures are equal."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from harness.results.messages import CUT, normalise
from harness.results.model import Cell, Result

#: The outcome in the signature of a pair whose environment can run cells.
RUNS = "runs"
#: A common beginning longer than this many characters is left out when two messages are contrasted.
LONG_LEAD = 40
#: Characters at which the runner cut messages, without a mark, before it marked their end.
UNMARKED_CUT = 4000
#: Modules in which Keras has lived at one time or another; moving it does not change behaviour.
_MOVED = re.compile(r"^(?:tensorflow\.python\.keras|(?:tf_)?keras\.src|tf_keras)\.")

#: The type of the error of a mismatch; the comparison raises it, and no function of a release.
DIFFERENT = "Different"
#: Types of errors that say no more than the outcome does.
_IMPLIED_BY_OUTCOME = (DIFFERENT, "Timeout", "Crash", "SystemExit")


@dataclass(frozen=True)
class Signature:
    """Outcome, exception type, normalised message and raising frame (module and function)."""

    outcome: str
    type: str = ""
    message: str = ""
    module: str = ""
    function: str = ""

    @cached_property
    def label(self) -> str:
        """The short form for tables: the outcome, and the exception type if there is one."""
        exception_type = "" if self.type in _IMPLIED_BY_OUTCOME else self.type
        return f"{self.outcome} {exception_type}".rstrip()

    @property
    def place(self) -> str:
        """Module and function of the raising frame, joined by a dot."""
        return f"{self.module}.{self.function}".strip(".")


def signature_of(cell: Cell) -> Signature:
    """Return the signature of a cell; that of a timeout leaves out where it was interrupted."""
    if cell.error is None or cell.outcome == "timeout":
        return _shared_signature(cell.outcome)
    module, function = raising_frame(cell.error)
    message = normalise(_marked(str(cell.error["message"])))
    return _shared_signature(cell.outcome, str(cell.error["type"]), message, module, function)


def _marked(message: str) -> str:
    """Return the message with the mark of its cut, if it was cut without one."""
    return message + CUT if len(message) == UNMARKED_CUT else message


def signature_of_pair(result: Result) -> Signature:
    """Return the signature of a whole pair: `RUNS`, or why it cannot run cells."""
    if not result.outcome:
        return _shared_signature(RUNS)
    return Signature(result.outcome, message=normalise(result.reason))


@cache
def _shared_signature(*parts: str) -> Signature:
    """Return the same object for equal signatures, each of which about a hundred cells have."""
    return Signature(*parts)


def contrast(old: Signature, new: Signature) -> tuple[str, str]:
    """Describe two different signatures so that the texts differ.

    These are the labels; to equal labels the message is added, or else the raising frame.

    >>> contrast(Signature("load-error", "ValueError", "a"), Signature("load-error", "KeyError"))
    ('load-error ValueError', 'load-error KeyError')
    """
    if old.label != new.label:
        return old.label, new.label
    if old.message != new.message:
        start = _common_words(old.message, new.message)
        lead = "… " if start else ""
        return (
            f"{old.label}: {lead}{old.message[start:]}",
            f"{new.label}: {lead}{new.message[start:]}",
        )
    return f"{old.label} in {old.place}", f"{new.label} in {new.place}"


def _common_words(one: str, other: str) -> int:
    """Return the length of the common beginning to leave out: whole words, all but the last.

    It is 0 if the common beginning is not longer than `LONG_LEAD`.
    """
    common = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        common += 1
    if common <= LONG_LEAD:
        return 0
    end_of_last_word = max(one.rfind(" ", 0, common), 0)
    return one.rfind(" ", 0, end_of_last_word) + 1


def raising_frame(error: Mapping[str, Any]) -> tuple[str, str]:
    """Return module and function of the innermost frame of a release, or of a case or script.

    They are empty if there is none. A mismatch has none: what frames it has depend on how the
    process that compared was started.
    """
    if not error["frames"] or error.get("type") == DIFFERENT:
        return "", ""
    module, function, _ = error["frames"][-1]
    return _MOVED.sub("keras.", module), function
