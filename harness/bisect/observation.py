"""Observations: what was seen at a pair, and the log that keeps them."""

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
#: The reason of an observation that was never made, because nothing may be run.
NOT_RUN = "not run"


@dataclass(frozen=True)
class Observation:
    """What was seen at one pair: a cell, or the reason why there is none.

    ``installed`` lists the distributions in its environment, each as ``name==version``.
    ``provisional`` is whether the cell is a timeout that was not given the full time limit.

    If another Keras than the installed one was imported, ``commit`` is the hash of its commit, or
    ``overlay`` is the digest of the overlay, and ``title`` the name of the overlay for the user.
    ``executed`` lists the functions of Keras that were called, as ``file:line``, if they were
    recorded.
    """

    pair: Pair
    cell: Cell | None = None
    reason: str = ""
    installed: tuple[str, ...] = ()
    commit: str = ""
    provisional: bool = False
    overlay: str = ""
    title: str = ""
    executed: tuple[str, ...] = ()

    @property
    def signature(self) -> Signature | None:
        """The behaviour, or None where there is no result."""
        return signature_of(self.cell) if self.cell else None

    @property
    def was_run(self) -> bool:
        """Whether the pair was run at all, with or without a result."""
        return self.reason != NOT_RUN

    @property
    def message(self) -> str:
        """The message of the exception, not normalised; empty where there is no exception."""
        return str(self.cell.error["message"]) if self.cell and self.cell.error else ""

    @property
    def frames(self) -> list[list[Any]]:
        """The frames of the exception as module, function and line; outermost first."""
        if self.cell is None or self.cell.error is None:
            return []
        return [list(frame) for frame in self.cell.error["frames"]]

    @property
    def words(self) -> str:
        """One line for the user: label and message, or the reason why there is no result."""
        if self.signature is None:
            return "no result: " + " ".join(self.reason.split())
        words = f"{self.signature.label}: {self.signature.message}".removesuffix(": ")
        if self.provisional and self.cell:
            words += f" (provisional: no end within {self.cell.limit:.3g} s)"
        return shortened(words, LONGEST_WORDS)

    @property
    def packages(self) -> dict[str, str]:
        """The version of each distribution in the environment, and of Python."""
        pins = (distribution.partition("==") for distribution in self.installed)
        return {**{name: version for name, _, version in pins}, "python": self.pair.python}


def observation_from(result: Result, case: str, format_name: str) -> Observation:
    """What a result says about one of its cells."""
    installed = tuple(result.environment.get("installed", ()))
    if result.outcome:
        reason = f"{result.outcome}: {result.reason}"
        return Observation(result.pair, reason=reason, installed=installed)
    return Observation(result.pair, result.cells[case, format_name], installed=installed)


def log_line(observation: Observation) -> str:
    """An observation as one line of a log."""
    entry: dict[str, Any] = {
        "pair": observation.pair.id,
        "installed": list(observation.installed),
    }
    if observation.commit:
        entry["commit"] = observation.commit
    if observation.provisional:
        entry["provisional"] = True
    if observation.overlay:
        entry["overlay"] = observation.overlay
        entry["title"] = observation.title
    if observation.executed:
        entry["executed"] = list(observation.executed)
    if observation.cell:
        entry["cell"] = asdict(observation.cell)
    else:
        entry["reason"] = observation.reason
    return json.dumps(entry, sort_keys=True) + "\n"


def read_log(path: Path) -> list[Observation]:
    """The observations in the log of a bisection.

    Raises:
        Fault: as `parse_log`.
    """
    return parse_log(path.read_text(encoding="utf-8", errors="replace"), path.name)


def parse_log(text: str, name: str) -> list[Observation]:
    """The observations in the text of a log; lines without a pair describe the log itself.

    Raises:
        Fault: it is not a log; the message has ``name`` and the number of the first wrong line.
    """
    observations: list[Observation] = []
    number = 0
    try:
        for line in text.splitlines():
            number += 1
            entry: Mapping[str, Any] = json.loads(line)
            if "pair" in entry:
                observations.append(_observation_of_entry(entry))
    except (ValueError, KeyError, TypeError, UsageError) as error:
        raise Fault(f"{name}, line {number}: not a line of a log ({error})") from error
    return observations


def _observation_of_entry(entry: Mapping[str, Any]) -> Observation:
    cell = Cell(**entry["cell"]) if "cell" in entry else None
    if cell and cell.error is not None:
        signature_of(cell)  # raises here, and not later, where the recorded error is malformed
    return Observation(
        Pair.parse(entry["pair"]), cell, entry.get("reason", ""),
        tuple(entry["installed"]), entry.get("commit", ""), bool(entry.get("provisional")),
        entry.get("overlay", ""), entry.get("title", ""), tuple(entry.get("executed", ())),
    )  # fmt: skip
