"""What was observed at a pair, and the lines of a log that keep it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from harness.releases.pair import Pair
from harness.results.model import Cell, Result
from harness.results.signatures import Signature, signature_of
from harness.util.errors import Fault, UsageError
from harness.util.escaping import shortened

LONGEST_WORDS = 100


@dataclass(frozen=True)
class Observation:
    """What one pair answered: a cell, or the reason why there is none.

    ``installed`` are the distributions of its environment, as ``name==version``. ``commit`` is
    that of a Keras that hid the one in the environment.
    """

    pair: Pair
    cell: Cell | None = None
    reason: str = ""
    installed: tuple[str, ...] = ()
    commit: str = ""

    @property
    def signature(self) -> Signature | None:
        """The behaviour, or None where there is no answer."""
        return signature_of(self.cell) if self.cell else None

    @property
    def message(self) -> str:
        """The whole message of its exception, not normalised; empty where there is none."""
        return str(self.cell.error["message"]) if self.cell and self.cell.error else ""

    @property
    def frames(self) -> list[list[Any]]:
        """The frames of its exception as module, function, line; outermost first."""
        return (
            [list(frame) for frame in self.cell.error["frames"]]
            if self.cell and self.cell.error
            else []
        )

    @property
    def words(self) -> str:
        """One line for messages: label and message, or the reason that there is none."""
        if self.signature is None:
            return "no answer: " + " ".join(self.reason.split())
        told = f"{self.signature.label}: {self.signature.message}".removesuffix(": ")
        return shortened(told, LONGEST_WORDS)

    @property
    def packages(self) -> dict[str, str]:
        """Versions by distribution, with Python as one of them."""
        pinned = (each.partition("==") for each in self.installed)
        return {**{name: version for name, _, version in pinned}, "python": self.pair.python}


def observation_from(result: Result, case: str, format_name: str) -> Observation:
    """What a result says to one case and format that it holds."""
    installed = tuple(result.environment.get("installed", ()))
    if result.outcome:
        reason = f"{result.outcome}: {result.reason}"
        return Observation(result.pair, reason=reason, installed=installed)
    return Observation(result.pair, result.cells[case, format_name], installed=installed)


def log_line(observed: Observation) -> str:
    """One line of a log."""
    entry: dict[str, Any] = {"pair": observed.pair.id, "installed": list(observed.installed)}
    if observed.commit:
        entry["commit"] = observed.commit
    if observed.cell:
        entry["cell"] = asdict(observed.cell)
    else:
        entry["reason"] = observed.reason
    return json.dumps(entry, sort_keys=True) + "\n"


def read_log(path: Path) -> list[Observation]:
    """The answers that a log holds; its lines without a pair are about the log itself.

    Raises:
        Fault: it is not a log; the message says which line.
    """
    answers: list[Observation] = []
    lines = 0
    try:
        for line in path.read_text(encoding="utf-8").splitlines():
            lines += 1
            entry: Mapping[str, Any] = json.loads(line)
            if "pair" in entry:
                answers.append(_observed(entry))
    except (ValueError, KeyError, TypeError, UsageError) as error:
        raise Fault(f"{path.name}, line {lines}: not a line of a log ({error})") from error
    return answers


def _observed(entry: Mapping[str, Any]) -> Observation:
    cell = Cell(**entry["cell"]) if "cell" in entry else None
    if cell and cell.error is not None:
        signature_of(cell)  # an error that is none must not be found out later
    return Observation(
        Pair.parse(entry["pair"]), cell, entry.get("reason", ""),
        tuple(entry["installed"]), entry.get("commit", ""),
    )  # fmt: skip
