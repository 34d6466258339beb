"""The command ``merge``: merges the results of other folders into the stored results."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import click
from rich.console import Console

from harness.cli import options
from harness.exchange.reading import reading_codes
from harness.execution.cases import all_cases, code_digests
from harness.releases.pair import Pair
from harness.results import store
from harness.results.merge import LocatedResult, merge_into_store
from harness.util.console import print_list
from harness.util.errors import ExitCode, UsageError
from harness.util.paths import EXCHANGE, REPORTS, RESULTS
from harness.util.wording import counted


@click.command("merge")
@click.argument(
    "folders",
    metavar="DIR...",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
)
@options.cases
def command(folders: tuple[Path, ...]) -> None:
    """Merge the result files in each DIR, or in the checkout at DIR, into the stored results.

    The results of readers are merged, too. Damaged files are left out. Where two results contradict
    each other, the stored one stays, or else that of the earlier DIR. All of these are named.
    """
    damaged: list[str] = []
    contradictions: list[str] = []
    incoming: dict[tuple[Path, Pair], list[LocatedResult]] = {}
    for folder in folders:
        found = [(target, *_read(source)) for target, source in _result_folders(folder)]
        if not any(results or damaged_files for _, results, damaged_files in found):
            raise UsageError(f"{folder} holds no result files")
        for target, results, damaged_files in found:
            damaged += damaged_files
            for located in results:
                incoming.setdefault((target, located.result.pair), []).append(located)
    cases = all_cases()
    cells, readings = code_digests(cases), replace(code_digests(cases), cases=reading_codes(cases))
    changed = 0
    for (target, pair), results in incoming.items():
        digests = readings if target == EXCHANGE else cells
        merge = merge_into_store(pair, results, digests, target)
        changed += merge.changed
        contradictions += map(str, merge.contradictions)
        if merge.damage:
            damaged.append(f"{target}: {merge.damage}; it is replaced")
    places = f"{counted(len(incoming), 'pair')} in {counted(len(folders), 'folder')}"
    click.echo(f"{places}; {changed:,} changed here")
    _exit_if_not_whole(damaged, contradictions)


def _exit_if_not_whole(damaged: Sequence[str], contradictions: Sequence[str]) -> None:
    """Name what was left out of the merge and exit, if there is anything."""
    console = Console()
    print_list(console, "result files that cannot be trusted:", damaged)
    print_list(console, "results that contradict each other; the first one stays:", contradictions)
    if damaged or contradictions:
        sys.exit(ExitCode.UNKNOWN)


def _result_folders(folder: Path) -> Iterator[tuple[Path, Path]]:
    """The folders with results in a checkout, each after the one that it is merged into.

    Any other folder holds results itself: those of readers, if it has that name.
    """
    inside = [
        (target, folder / target.relative_to(REPORTS.parent)) for target in (RESULTS, EXCHANGE)
    ]
    if any(source.is_dir() for _, source in inside):
        yield from inside
    else:
        yield EXCHANGE if folder.resolve().name == EXCHANGE.name else RESULTS, folder


def _read(folder: Path) -> tuple[list[LocatedResult], list[str]]:
    """The results in a folder, and a message for each file in it that cannot be trusted."""
    results, damaged = store.read_all(folder)
    located = [LocatedResult(result, str(store.path_of(result.pair, folder))) for result in results]
    return located, [f"{folder}: {damage}" for damage in damaged]
