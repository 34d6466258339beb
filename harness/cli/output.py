"""Output that several commands share: publishing, the report's path, what the report lacks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console

from harness.releases.pair_rules import PairRules
from harness.report.freshness import front_page, is_up_to_date
from harness.util.console import print_line, print_list
from harness.util.wording import counted

if TYPE_CHECKING:
    from harness.report.publish import StoredResults

console = Console()


def publish_with_status(rules: PairRules) -> tuple[StoredResults, Path]:
    """Publish the report, showing which part is being made.

    Returns the stored results and the path of the report's first page.
    """
    from harness.report.publish import publish_report  # takes a while

    with console.status("tables") as status:
        return publish_report(rules, status.update)


def print_report_path(page: Path) -> None:
    """Print the path of the report's first page."""
    print_line(console, f"Report: {short_path(page)}")


def print_or_make_report(rules: PairRules) -> bool:
    """Print where the report is, and make it first unless it is up to date.

    Returns whether everything that it is made of can be trusted.
    """
    if is_up_to_date():
        print_line(console, f"Report: {short_path(front_page())} (up to date)")
        return True
    if not console.is_terminal:
        print_line(console, "Making the report …")
    stored, page = publish_with_status(rules)
    print_report_path(page)
    print_left_out(stored)
    return not stored.damaged


def short_path(path: Path) -> Path:
    """The path from the current folder if the file is below it."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def print_left_out(stored: StoredResults) -> None:
    """Print which stored results and cells the report leaves out."""
    if stored.dropped:
        results = counted(stored.dropped, "stored result")
        click.echo(f"left out: {results} of cells or pairs whose code has changed or is gone")
    damaged = [str(damage) for damage in stored.damaged]
    print_list(console, "stored results that cannot be trusted:", damaged)
