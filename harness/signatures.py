"""Signatures: equal signatures are the same behaviour."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.results import Cell

#: What differs from run to run or machine to machine without being another behaviour.
_NORMALISERS = (
    (re.compile(r"0x[0-9a-fA-F]+"), "0x#"),
    (re.compile(r"\bid=\d+"), "id=#"),
    (re.compile(r"\b\d{9,}\b"), "#"),
    (re.compile(r"(?:/[\w.@+-]+){2,}/?"), "<path>"),
    (re.compile(r"\bline \d+"), "line #"),
    (re.compile(r"(?<=[A-Za-z])_\d+\b"), ""),
    (re.compile(r"\s+"), " "),
)
#: Keras moved into ``keras.src`` without a change of behaviour.
_MOVED = re.compile(r"^keras\.src\.")


@dataclass(frozen=True)
class Signature:
    """Outcome, exception type, normalised message and raising frame (module and function)."""

    outcome: str
    type: str = ""
    message: str = ""
    module: str = ""
    function: str = ""

    @property
    def label(self) -> str:
        """The short form for tables: the outcome, and the exception type where there is one."""
        shown = "" if self.type in ("Different", "Timeout", "Crash") else self.type
        return f"{self.outcome} {shown}".rstrip()

    @property
    def place(self) -> str:
        """Module and function of the raising frame, joined by a dot."""
        return f"{self.module}.{self.function}".strip(".")


def signature_of(cell: Cell) -> Signature:
    """The signature of a cell; where a hang was interrupted is chance, and left out of it."""
    if cell.error is None or cell.outcome == "timeout":
        return Signature(cell.outcome)
    module, function = raising_frame(cell.error)
    message = normalise(str(cell.error["message"]))
    if cell.error["type"] == "Different":
        message = message.partition(":")[0]
    return Signature(cell.outcome, str(cell.error["type"]), message, module, function)


def normalise(message: str) -> str:
    """The message without addresses, numbering of generated names, paths and white space."""
    for pattern, replacement in _NORMALISERS:
        message = pattern.sub(replacement, message)
    return message.strip()


def raising_frame(error: Mapping[str, Any]) -> tuple[str, str]:
    """Module and function of the innermost frame; empty strings where there is none."""
    if not error["frames"]:
        return "", ""
    module, function, _ = error["frames"][-1]
    return _MOVED.sub("keras.", module), function
