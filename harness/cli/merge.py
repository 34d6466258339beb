"""The command ``merge``: result files of other folders joined into the stored ones."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.console import Console

from harness.execution.cases import all_cases
from harness.releases.pair_rules import Pair
from harness.report.console import print_lines
from harness.results import store as results
from harness.results.merge import LocatedResult, merge_into_store, merge_results
from harness.util.errors import ExitCode, UsageError
from harness.util.paths import RESULTS, ROOT


@click.command()
@click.argument(
    "folders", metavar="DIR...", nargs=-1, required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
)  # fmt: skip
def merge(folders: tuple[Path, ...]) -> None:
    """Join the results of other folders, or of checkouts, into the stored ones.

    Everything is joined, or nothing where two of them contradict each other.
    """
    stored, damaged = _read(RESULTS)
    mine = {each.result.pair: each for each in stored}
    others: dict[Pair, list[LocatedResult]] = {}
    for folder in map(_results_in, folders):
        found, untrusted = _read(folder)
        if not found and not untrusted:
            raise UsageError(f"{folder} holds no result files")
        damaged += untrusted
        for each in found:
            others.setdefault(each.result.pair, []).append(each)
    digests = {case.name: case.digest for case in all_cases()}
    made = {
        pair: merge_results([mine[pair], *found] if pair in mine else found, digests)
        for pair, found in others.items()
    }
    _refuse(damaged, [str(each) for _, apart in made.values() for each in apart])
    changed = [
        pair
        for pair, (result, _) in made.items()
        if pair not in mine or mine[pair].result != result
    ]
    for pair in changed:
        merge_into_store(pair, others[pair], digests)
    click.echo(f"{len(others)} pairs in {len(folders)} folders; {len(changed)} changed here")


def _refuse(damaged: list[str], contradictions: list[str]) -> None:
    """End where there is anything to refuse for."""
    console = Console()
    print_lines(console, "results that cannot be trusted:", damaged)
    print_lines(console, "results that contradict each other:", contradictions)
    if damaged or contradictions:
        click.echo("nothing is merged", err=True)
        sys.exit(ExitCode.UNKNOWN)


def _results_in(folder: Path) -> Path:
    """The folder itself, or that of the results where it is a checkout."""
    inside = folder / RESULTS.relative_to(ROOT)
    return inside if inside.is_dir() else folder


def _read(folder: Path) -> tuple[list[LocatedResult], list[str]]:
    """The results of a folder, and what of it cannot be trusted."""
    whole, damaged = results.read_all(folder)
    found = [LocatedResult(each, str(results.path_of(each.pair, folder))) for each in whole]
    return found, [f"{folder}: {each}" for each in damaged]
