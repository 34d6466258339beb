"""What several commands print: the report's path, and what is missing from it."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from harness.releases.pair_rules import PairRules
from harness.report.publish import StoredResults, publish_report
from harness.util.console import print_line, print_list

console = Console()


def publish_with_status(rules: PairRules) -> tuple[StoredResults, Path]:
    """Publish the report and show which part is being made; return the results and first page."""
    with console.status("tables") as status:
        return publish_report(rules, status.update)


def print_report_path(page: Path) -> None:
    """Print where the report is."""
    print_line(console, f"report: {page}")


def print_left_out(stored: StoredResults) -> None:
    """Print which stored results and cells are in no table."""
    if stored.dropped:
        click.echo(f"{stored.dropped} stored cells are left out: their cases have changed since")
    damage = [str(damaged) for damaged in stored.damaged]
    print_list(console, "stored results that cannot be trusted:", damage)
