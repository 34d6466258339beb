"""The command ``compare``: compares the stored results with those of another run."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.console import Console

from harness.cli import options
from harness.report.comparison_list import print_comparison
from harness.results import store
from harness.results.compare import cells_of_other_code, compare_results
from harness.util.console import print_list
from harness.util.errors import ExitCode, UsageError
from harness.util.paths import REPORTS, RESULTS


@click.command("compare")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--any-code",
    is_flag=True,
    help="Also compare cells that were made by other versions of the code.",
)
@options.cases
def command(folder: Path, any_code: bool) -> None:
    """Compare the stored results with those in FOLDER, or in the checkout at FOLDER."""
    console = Console()
    stored, damaged_stored = store.read_all()
    of_checkout = folder / RESULTS.relative_to(REPORTS.parent)
    others, damaged_others = store.read_all(of_checkout if of_checkout.is_dir() else folder)
    if not (others or damaged_others):
        raise UsageError(f"{folder} holds no result files")
    damaged = list(map(str, damaged_stored))
    damaged += [f"{folder}: {damage}" for damage in damaged_others]
    print_list(console, "result files that cannot be trusted:", damaged)
    comparison = compare_results(stored, others, any_code=any_code)
    print_comparison(console, comparison, 0 if any_code else cells_of_other_code(stored, others))
    if comparison.differences or damaged or not comparison.cells:
        sys.exit(ExitCode.UNKNOWN)
