"""The command ``merge``: merges the results of other folders into the stored results."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console

from harness.execution.cases import all_cases, code_digests
from harness.releases.pair import Pair
from harness.results import store
from harness.results.merge import LocatedResult, merge_into_store
from harness.util.console import print_list
from harness.util.errors import ExitCode, UsageError
from harness.util.paths import RESULTS, ROOT


@click.command("merge")
@click.argument(
    "folders",
    metavar="DIR...",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
)
def command(folders: tuple[Path, ...]) -> None:
    """Merge the result files in each DIR, or in the checkout at DIR, into the stored results.

    Damaged files are left out. Where two results contradict each other, the stored one or else the
    one of the earlier DIR stays. Both are named.
    """
    damaged: list[str] = []
    contradictions: list[str] = []
    incoming: dict[Pair, list[LocatedResult]] = {}
    for folder in map(_results_folder, folders):
        results, damaged_files = _read(folder)
        if not results and not damaged_files:
            raise UsageError(f"{folder} holds no result files")
        damaged += damaged_files
        for located in results:
            incoming.setdefault(located.result.pair, []).append(located)
    digests = code_digests(all_cases())
    changed = 0
    for pair, results in incoming.items():
        merge = merge_into_store(pair, results, digests)
        changed += merge.changed
        contradictions += map(str, merge.contradictions)
        if merge.damage:
            damaged.append(f"{RESULTS}: {merge.damage}; it is replaced")
    click.echo(f"{len(incoming)} pairs in {len(folders)} folders; {changed} changed here")
    _exit_if_not_whole(damaged, contradictions)


def _exit_if_not_whole(damaged: Sequence[str], contradictions: Sequence[str]) -> None:
    """Name what was left out of the merge and exit, if there is anything."""
    console = Console()
    print_list(console, "result files that cannot be trusted:", damaged)
    print_list(console, "results that contradict each other; the first one stays:", contradictions)
    if damaged or contradictions:
        sys.exit(ExitCode.UNKNOWN)


def _results_folder(folder: Path) -> Path:
    """The results folder of a checkout; any other folder is returned as it is."""
    results = folder / RESULTS.relative_to(ROOT)
    return results if results.is_dir() else folder


def _read(folder: Path) -> tuple[list[LocatedResult], list[str]]:
    """The results in a folder, and a message for each file in it that cannot be trusted."""
    results, damaged = store.read_all(folder)
    located = [LocatedResult(result, str(store.path_of(result.pair, folder))) for result in results]
    return located, [f"{folder}: {damage}" for damage in damaged]
