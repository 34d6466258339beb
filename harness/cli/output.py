"""Output that several commands share: publishing, the report's path, what the report lacks."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from harness.releases.pair_rules import PairRules
from harness.report.publish import StoredResults, publish_report
from harness.util.console import print_line, print_list

console = Console()


def publish_with_status(rules: PairRules) -> tuple[StoredResults, Path]:
    """Publish the report, showing which part is being made.

    Returns the stored results and the path of the report's first page.
    """
    with console.status("tables") as status:
        return publish_report(rules, status.update)


def print_report_path(page: Path) -> None:
    """Print the path of the report's first page."""
    print_line(console, f"report: {page}")


def print_left_out(stored: StoredResults) -> None:
    """Print which stored results and cells the report leaves out."""
    if stored.dropped:
        click.echo(
            f"{stored.dropped} stored results of cells or pairs are left out: other code made them"
        )
    damaged = [str(damage) for damage in stored.damaged]
    print_list(console, "stored results that cannot be trusted:", damaged)
