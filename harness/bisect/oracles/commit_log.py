"""Observations at commits, kept for later bisections of the same case: one line for each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.bisect.observation import Observation, log_line, parse_log
from harness.util.files import append_line


@dataclass(frozen=True)
class CommitLog:
    """The file of one case in one format; runs that are killed while they write do it no harm."""

    path: Path

    def read(self) -> list[Observation]:
        """The kept observations; a last line that was cut short is left out.

        Raises:
            Fault: another line is wrong; the message names it.
        """
        if not self.path.exists():
            return []
        return parse_log(_whole_lines(self.path.read_text(encoding="utf-8")), self.path.name)

    def append(self, observation: Observation) -> None:
        """Keep an observation, in the place of a last line that was cut short."""
        append_line(self.path, log_line(observation))


def _whole_lines(text: str) -> str:
    return text[: text.rfind("\n") + 1]
