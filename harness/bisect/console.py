"""The screen: what goes on while a bisection runs, and its answer in the terminal."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from harness.bisect.observation import Observation, log_line
from harness.bisect.summary import BisectionSummary, missing_package
from harness.execution.cases import Case, Script
from harness.util.escaping import printable
from harness.util.files import write_atomically


class BisectionConsole:
    """Shows stages and answers as they come, and writes the answers to a log."""

    def __init__(
        self, console: Console, case: Case, log: Path | None, arguments: Sequence[str]
    ) -> None:
        self._console = console
        self._case = case
        self._log = log
        self._hinted: set[str] = set()
        self.status = console.status("")
        if log:
            log.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(log, json.dumps({"asked": list(arguments)}) + "\n")

    def stage(self, name: str) -> None:
        """What is worked at."""
        self.status.update(Text(name))
        if not self._console.is_terminal:
            self.line(f"{name} …")

    def line(self, text: str) -> None:
        """One line of untrusted text."""
        self._console.print(printable(text), markup=False, highlight=False, soft_wrap=True)

    def take(self, how: str, observed: Observation) -> None:
        """Show and log one answer; ``how`` it was had: stored or probed.

        Raises:
            UsageProblem: the script is at fault, and no release.
        """
        if self._log:
            with self._log.open("a", encoding="utf-8") as file:
                file.write(log_line(observed))
        if how == "probed":
            name = f"commit {observed.commit[:12]}" if observed.commit else observed.pair.id
            self.line(f"  {name}: {observed.words}")
        if isinstance(self._case, Script) and (name := missing_package(observed)):
            self._hint(self._case, name)

    def _hint(self, script: Script, name: str) -> None:
        """Say once what no release may be the reason of, while there is time to stop."""
        if name not in self._hinted:
            self._hinted.add(name)
            self.line(f"  {script.path.name} imports {name}; --with {name} would install it")

    def show(self, told: BisectionSummary) -> None:
        """The answer."""
        self._title(told.title)
        self._show_facts(told)
        if told.diff:
            self._show_diff("the commit", told.diff)
        for hunk in told.hunks:
            self._show_diff(f"{hunk.file}: {hunk.function}", hunk.diff)
        if told.beside:
            self.line(told.beside)

    def _title(self, text: str) -> None:
        self._console.print(
            printable(text), style="bold", markup=False, highlight=False, soft_wrap=True
        )

    def _show_facts(self, told: BisectionSummary) -> None:
        if not self._console.is_terminal:
            for fact in told.facts:
                self.line(f"  {fact.about}: {fact.says}")
            return
        table = Table.grid(padding=(0, 2))
        table.add_column(no_wrap=True)
        table.add_column(overflow="fold")
        for fact in told.facts:
            table.add_row(
                Text(f"  {printable(fact.about)}", style="cyan"), Text(printable(fact.says))
            )
        self._console.print(table)

    def _show_diff(self, title: str, diff: str) -> None:
        self._title(f"\n{title}")
        if self._console.is_terminal:
            self._console.print(Syntax(diff, "diff", background_color="default", word_wrap=True))
        else:
            self.line(diff)
