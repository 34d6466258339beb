"""The answer in the terminal, on one screen."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.userfile.answer import Answer
from harness.userfile.routes.summary import RouteSummary
from harness.util.console import print_hanging, print_line, print_wrapped
from harness.util.escaping import printable
from harness.util.wording import counted

#: The colours of verdicts: good ones, those that lose something, and wrong outputs.
_STYLES = {
    "reads it, and computes the same": "green",
    "reads it, and computes something else": "magenta",
}


def print_description(console: Console, answer: Answer) -> None:
    """Print what is in the file; this is known before any release is tried."""
    print_line(console, answer.title, style="bold")
    for line in answer.about:
        print_wrapped(console, f"  {line}")
    _print_layers(console, answer)
    _print_lines(console, "dangerous in it:", answer.hazards)
    _print_lines(
        console, "published vulnerabilities that matter for what it holds:", answer.warnings
    )


def print_findings(console: Console, answer: Answer) -> None:
    """Print which releases read the file, and what to do."""
    _print_verdicts(console, answer)
    _print_lines(console, "not tried; the ledgers predict a refusal:", answer.predictions)
    for line in answer.not_tried:
        print_wrapped(console, line)
    if answer.way is not None:
        _print_way(console, answer.way_title, answer.way)
    _print_advice(console, answer)


def _print_lines(console: Console, heading: str, lines: Sequence[str]) -> None:
    """Print a heading and the lines under it, wrapped at words; nothing where there are none."""
    if lines:
        print_line(console, heading, style="bold")
    for line in lines:
        print_wrapped(console, f"  {line}")


def _print_layers(console: Console, answer: Answer) -> None:
    if not answer.rows:
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("  layer", "class", "input shape"):
        table.add_column(heading, overflow="fold", style="dim")
    table.add_column("calls", justify="right", style="dim")
    table.add_column("parameters", justify="right", style="dim")
    for path, *cells in answer.rows:
        table.add_row(Text(f"  {printable(path)}"), *(Text(printable(cell)) for cell in cells))
    console.print(table)
    if answer.more_rows:
        print_line(console, f"  … and {counted(answer.more_rows, 'more layer')}", style="dim")


def _print_verdicts(console: Console, answer: Answer) -> None:
    if not answer.findings:
        return
    print_line(console, answer.how, style="bold")
    for releases, verdict, says in answer.findings:
        style = _STYLES.get(verdict, "yellow" if verdict.startswith("reads") else "red")
        print_hanging(console, Text(printable(f"{releases}: {verdict}"), style=style), lead=2)
        if says:
            print_wrapped(console, f"      {says}")
    if answer.remarks:
        print_wrapped(console, f"  {answer.remarks}")


def _print_way(console: Console, title: str, way: RouteSummary) -> None:
    if way.is_found:
        print_line(console, f"{title}:", style="bold")
        for number, step in enumerate(way.steps, start=1):
            print_wrapped(console, f"  {number}. {step}")
    style = "green" if way.is_found else "bold red"
    print_hanging(console, Text(printable(way.result), style=style), lead=2)
    for hops, verdict in way.attempted:
        print_wrapped(console, f"    {hops}: {verdict}")


def _print_advice(console: Console, answer: Answer) -> None:
    if answer.advice:
        print_line(console, "what to do:", style="bold")
    for number, step in enumerate(answer.advice, start=1):
        print_wrapped(console, f"  {number}. {step.says}")
        if step.command:
            print_line(console, f"     {step.command}", style="cyan")
