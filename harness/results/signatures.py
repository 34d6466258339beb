"""Signatures: equal signatures are the same behaviour."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from harness.results.model import Cell, Result

#: Stands for the outcome of a pair that has an environment.
RUNS = "runs"
#: Characters that two texts may begin with alike before they are shown from where they differ.
LONG_LEAD = 40
_NESTED = r"\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)"
#: What differs from run to run or machine to machine without being another behaviour, and what
#: stands for it; how far the outputs of a mismatch differ is a matter of chance.
NORMALISERS = (
    (re.compile(r"differ by up to \S+"), "differ"),
    (re.compile(r"(?:\x1b|\\x1b)\[[0-9;]*m"), ""),
    (re.compile(r"\bconfig(?:=|: )\{.*?\}\.?(?=\s*\n|\s*$)", re.DOTALL), "<config>"),
    (re.compile(r"\barray\(.*", re.DOTALL), "<array>"),
    (re.compile(r"\[\[[-+.\de\s\[\],]*\]\]"), "<array>"),
    (re.compile(r'^ *(?:File ".*", line \d+, in|<\w+>/.*:\d+) .*\n.*\n', re.MULTILINE), ""),
    (re.compile(r"<(?:tf\.|Keras)?Tensor[^<>]*>"), "<tensor>"),
    (re.compile(r"\b(?:Keras)?Tensor" + _NESTED), "<tensor>"),
    (re.compile(r"""(?<![^\s'"(\[{>=:])(?:<\w+>)?(?:/[\w.@+-]+)+/?"""), "<path>"),
    (re.compile(r"0x[0-9a-fA-F]+"), "0x#"),
    (re.compile(r"\bid=\d+"), "id=#"),
    (re.compile(r"(?<!\d)\d{4,}(?!\d)"), "#"),
    (re.compile(r"\bline \d+"), "line #"),
    (re.compile(r"(?<=[A-Za-z_])_\d+\b"), ""),
    (re.compile(r"\s+"), " "),
)
#: Where Keras lived at one time or another; a move is no change of behaviour.
_MOVED = re.compile(r"^(?:tensorflow\.python\.keras|(?:tf_)?keras\.src|tf_keras)\.")

#: Types that are not an exception's, but stand for an outcome.
_TOLD_BY_OUTCOME = ("Different", "Timeout", "Crash", "SystemExit")


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
        """The short form for tables: the outcome, and the exception type where there is one."""
        shown = "" if self.type in _TOLD_BY_OUTCOME else self.type
        return f"{self.outcome} {shown}".rstrip()

    @property
    def place(self) -> str:
        """Module and function of the raising frame, joined by a dot."""
        return f"{self.module}.{self.function}".strip(".")


def signature_of(cell: Cell) -> Signature:
    """The signature of a cell; where a hang was interrupted is chance, and left out of it."""
    if cell.error is None or cell.outcome == "timeout":
        return _one(cell.outcome)
    module, function = raising_frame(cell.error)
    message = normalise(str(cell.error["message"]))
    return _one(cell.outcome, str(cell.error["type"]), message, module, function)


def signature_of_pair(result: Result) -> Signature:
    """The signature of a whole pair: `RUNS`, or why there is no environment."""
    if not result.outcome:
        return _one(RUNS)
    return Signature(result.outcome, message=normalise(result.reason))


@cache
def _one(*parts: str) -> Signature:
    """One object for equal signatures: there are a hundred cells to each."""
    return Signature(*parts)


def contrast(old: Signature, new: Signature) -> tuple[str, str]:
    """Two signatures as texts that differ: the labels, and where those are equal what is not.

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
    """Length of the words that two texts begin with, but for the last of them; 0 if few."""
    pairs = enumerate(zip(one, other, strict=False))
    common = next((place for place, (a, b) in pairs if a != b), min(len(one), len(other)))
    if common <= LONG_LEAD:
        return 0
    return one.rfind(" ", 0, max(one.rfind(" ", 0, common), 0)) + 1


@cache
def normalise(message: str) -> str:
    """The message without what tells nothing of a behaviour.

    That is colours, addresses, sizes, tensors, arrays, configs, tracebacks, the numbers of
    generated names, paths and white space.
    """
    for pattern, replacement in NORMALISERS:
        message = pattern.sub(replacement, message)
    return message.strip()


def raising_frame(error: Mapping[str, Any]) -> tuple[str, str]:
    """Module and function of the innermost frame; empty strings where there is none."""
    if not error["frames"]:
        return "", ""
    module, function, _ = error["frames"][-1]
    return _MOVED.sub("keras.", module), function
