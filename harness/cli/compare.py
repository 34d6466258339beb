"""The command ``compare``: compares the stored results with those of another run."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.console import Console

from harness.cli import options
from harness.report.comparison_list import print_comparison
from harness.results import store
from harness.results.compare import compare_results
from harness.util.console import print_list
from harness.util.errors import ExitCode


@click.command("compare")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--any-code",
    is_flag=True,
    help="Also compare cells that were made by other versions of the code.",
)
@options.cases
def command(folder: Path, any_code: bool) -> None:
    """Compare the stored results with those in FOLDER, cell by cell."""
    console = Console()
    stored, damaged_stored = store.read_all()
    others, damaged_others = store.read_all(folder)
    damaged = [str(damage) for damage in damaged_stored + damaged_others]
    print_list(console, "result files that cannot be trusted:", damaged)
    comparison = compare_results(stored, others, any_code=any_code)
    print_comparison(console, comparison)
    if comparison.differences or damaged or not comparison.cells:
        sys.exit(ExitCode.UNKNOWN)
