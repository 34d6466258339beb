"""Observations at commits, kept for later bisections of the same case: one line for each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from harness.bisect.observation import Observation, log_line, parse_log


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
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(self.path.with_suffix(".lock")), self.path.open("a+b") as file:
            file.seek(0)
            content = file.read()
            file.truncate(content.rfind(b"\n") + 1)
            file.write(log_line(observation).encode())


def _whole_lines(text: str) -> str:
    return text[: text.rfind("\n") + 1]
