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
from harness.results.merge import LocatedResult, merge_into_store, merge_results
from harness.results.validity import CodeDigests
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

    If any two results contradict each other, or a file is damaged, nothing is merged.
    """
    located_stored, damaged = _read(RESULTS)
    stored = {located.result.pair: located for located in located_stored}
    incoming: dict[Pair, list[LocatedResult]] = {}
    for folder in map(_results_folder, folders):
        results, damaged_files = _read(folder)
        if not results and not damaged_files:
            raise UsageError(f"{folder} holds no result files")
        damaged += damaged_files
        for located in results:
            incoming.setdefault(located.result.pair, []).append(located)
    digests = code_digests(all_cases())
    changed, contradictions = _preview(stored, incoming, digests)
    _exit_if_refused(damaged, contradictions)
    for pair in changed:
        merge_into_store(pair, incoming[pair], digests)
    click.echo(f"{len(incoming)} pairs in {len(folders)} folders; {len(changed)} changed here")


def _preview(
    stored: dict[Pair, LocatedResult],
    incoming: dict[Pair, list[LocatedResult]],
    digests: CodeDigests,
) -> tuple[list[Pair], list[str]]:
    """The pairs whose stored result a merge would change, and every contradiction."""
    changed, contradictions = [], []
    for pair, results in incoming.items():
        before = stored.get(pair)
        merged, conflicts = merge_results([before, *results] if before else results, digests)
        contradictions += [str(conflict) for conflict in conflicts]
        if before is None or before.result != merged:
            changed.append(pair)
    return changed, contradictions


def _exit_if_refused(damaged: Sequence[str], contradictions: Sequence[str]) -> None:
    """Name what forbids a merge and exit, if there is anything."""
    console = Console()
    print_list(console, "result files that cannot be trusted:", damaged)
    print_list(console, "results that contradict each other:", contradictions)
    if damaged or contradictions:
        click.echo("nothing is merged", err=True)
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
