"""The command ``merge``: the results of other folders, merged into the stored ones."""

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
    """Merge the results of other folders, or of checkouts, into the stored ones.

    Nothing is merged where any two of them contradict each other.
    """
    stored, damaged = _read(RESULTS)
    others: dict[Pair, list[LocatedResult]] = {}
    for folder in map(_results_in, folders):
        found, damaged_there = _read(folder)
        if not found and not damaged_there:
            raise UsageError(f"{folder} holds no result files")
        damaged += damaged_there
        for located in found:
            others.setdefault(located.result.pair, []).append(located)
    mine = {located.result.pair: located for located in stored}
    digests = code_digests(all_cases())
    changed, contradictions = _preview(mine, others, digests)
    _refuse(damaged, contradictions)
    for pair in changed:
        merge_into_store(pair, others[pair], digests)
    click.echo(f"{len(others)} pairs in {len(folders)} folders; {len(changed)} changed here")


def _preview(
    mine: dict[Pair, LocatedResult], others: dict[Pair, list[LocatedResult]], digests: CodeDigests
) -> tuple[list[Pair], list[str]]:
    """The pairs whose stored result would change, and every contradiction."""
    changed, contradictions = [], []
    for pair, found in others.items():
        known = [mine[pair]] if pair in mine else []
        result, conflicts = merge_results([*known, *found], digests)
        contradictions += [str(conflict) for conflict in conflicts]
        if not known or known[0].result != result:
            changed.append(pair)
    return changed, contradictions


def _refuse(damaged: Sequence[str], contradictions: Sequence[str]) -> None:
    """End the command if there is anything that forbids merging."""
    console = Console()
    print_list(console, "results that cannot be trusted:", damaged)
    print_list(console, "results that contradict each other:", contradictions)
    if damaged or contradictions:
        click.echo("nothing is merged", err=True)
        sys.exit(ExitCode.UNKNOWN)


def _results_in(folder: Path) -> Path:
    """The folder itself, or the folder of results inside it where it is a checkout."""
    inside = folder / RESULTS.relative_to(ROOT)
    return inside if inside.is_dir() else folder


def _read(folder: Path) -> tuple[list[LocatedResult], list[str]]:
    """The results of a folder, and the files in it that cannot be trusted."""
    results, damaged = store.read_all(folder)
    located = [LocatedResult(each, str(store.path_of(each.pair, folder))) for each in results]
    return located, [f"{folder}: {damage}" for damage in damaged]
