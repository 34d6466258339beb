"""The command ``compare``: the stored results against those of another run."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.console import Console

from harness.results import store
from harness.results.compare import compare_results
from harness.util.console import print_list
from harness.util.errors import ExitCode


@click.command("compare")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--any-code", is_flag=True, help="Also compare cells that other code has made.")
def command(folder: Path, any_code: bool) -> None:
    """Compare the stored results with those of another run, cell by cell."""
    console = Console()
    (stored, damaged), (others, damaged_there) = store.read_all(), store.read_all(folder)
    damage = [str(damaged_file) for damaged_file in damaged + damaged_there]
    print_list(console, "results that cannot be trusted:", damage)
    comparison = compare_results(stored, others, any_code=any_code)
    click.echo(f"{comparison.cells} cells in both, {len(comparison.differences)} differ")
    print_list(console, "cells that differ:", list(map(str, comparison.differences)))
    if comparison.differences or damage or not comparison.cells:
        sys.exit(ExitCode.UNKNOWN)
