"""What a bisection shows in the terminal: its progress, and its answer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.syntax import Syntax
from rich.text import Text

from harness.bisect.answer.summary import BisectionSummary
from harness.bisect.observation import Observation, log_line
from harness.bisect.scripts import missing_package
from harness.execution.cases import Case, Script
from harness.util.console import print_hanging, print_line
from harness.util.escaping import printable
from harness.util.files import write_atomically


class BisectionConsole:
    """Shows stages and observations as they come, and writes the observations to a log."""

    def __init__(
        self, console: Console, case: Case, log: Path | None, arguments: Sequence[str]
    ) -> None:
        self._console = console
        self._case = case
        self._log = log
        self._hinted_packages: set[str] = set()
        self.status = console.status("")
        if log:
            write_atomically(log, json.dumps({"asked": list(arguments)}) + "\n")

    def stage(self, name: str) -> None:
        """Show which stage begins."""
        self.status.update(Text(name))
        if not self._console.is_terminal:
            self.line(f"{name} …")

    def line(self, text: str) -> None:
        """Print one line of untrusted text."""
        print_line(self._console, text)

    def take(self, origin: str, observation: Observation) -> None:
        """Log one observation, and show it if its ``origin`` is ``"probed"`` and not stored."""
        if self._log:
            with self._log.open("a", encoding="utf-8") as file:
                file.write(log_line(observation))
        if origin == "probed":
            self.line(f"  {_name_of(observation)}: {observation.words}")
        if isinstance(self._case, Script) and (package := missing_package(observation)):
            self._hint(self._case, package)

    def _hint(self, script: Script, package: str) -> None:
        """Say once that the script lacks a package, while the user can still stop the search."""
        if package not in self._hinted_packages:
            self._hinted_packages.add(package)
            self.line(
                f"  {script.path.name} imports {package}, which is not installed; "
                f"--with {package} may install it"
            )

    def show(self, summary: BisectionSummary) -> None:
        """Show the answer in sentences, and the evidence below."""
        for number, sentence in enumerate(summary.answer):
            style = "" if number else "bold"
            print_hanging(self._console, Text(printable(sentence), style=style))
        if summary.evidence:
            self._heading("\nEvidence")
        for fact in summary.evidence:
            text = Text(f"{printable(fact.about)}: ", style="cyan")
            text.append(printable(fact.says), style="default")
            print_hanging(self._console, text, lead=2)
        if summary.commit_diff:
            self._show_diff("the commit", summary.commit_diff)
        if summary.function_diffs:
            self.line("\nproven to make the change:" if summary.is_proven else "\na guess:")
        for diff in summary.function_diffs:
            self._show_diff(f"{diff.file}: {diff.function}".removesuffix(": "), diff.diff)
        if summary.further_changes:
            self.line(summary.further_changes)

    def _heading(self, text: str) -> None:
        print_line(self._console, text, style="bold")

    def _show_diff(self, title: str, diff: str) -> None:
        self._heading(f"\n{title}")
        if self._console.is_terminal:
            self._console.print(Syntax(diff, "diff", background_color="default", word_wrap=True))
        else:
            self.line(diff)


def _name_of(observation: Observation) -> str:
    """What was run: a transplant, a commit or a pair."""
    if observation.overlay:
        return observation.title
    return f"commit {observation.commit[:12]}" if observation.commit else observation.pair.id
