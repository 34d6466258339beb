"""The command ``matrix``: runs many pairs, then makes the tables and the report."""

from __future__ import annotations

import sys
from functools import cache, partial
from typing import Any

import click
from click.core import ParameterSource

from harness.analysis.seen_regressions import RegressionFinder, neighbours
from harness.cli import options
from harness.environments.builder import EnvironmentBuilder
from harness.environments.wheels import default_wheel
from harness.execution.cases import all_cases, code_digests
from harness.execution.cross_sample import telling_first
from harness.execution.dask_cluster import run_on_cluster, scheduler_address
from harness.execution.run_plan import Plan
from harness.execution.selection import Selection
from harness.execution.sessions import SessionReport, run_sessions
from harness.execution.sharding import Shard, select_shard
from harness.releases.catalogue import Catalogue
from harness.releases.pair_rules import PairRules
from harness.results import store
from harness.results.model import Result
from harness.util.errors import ExitCode, UsageError
from harness.util.escaping import printable
from harness.util.paths import IS_LIBRARY

#: The sets of pairs in which the pairs that are not natural run a sample of the cells.
SAMPLED_KINDS = ("cross", "all")


@click.command("matrix")
@click.option("--keras", metavar="SPEC", help="Select Keras releases: 3.6.0, '>=3.4,<3.8'.")
@click.option("--tensorflow", metavar="SPEC", help="Select TensorFlow releases: '~=2.18.0'.")
@click.option("--python", metavar="X.Y", help="Use this Python; leave out pairs without it.")
@click.option(
    "--pairs",
    "kind",
    type=click.Choice(["natural", "cross", "tf-keras", "all"]),
    help="Select a set of pairs, which the other options then filter.",
)
@click.option("--pre", is_flag=True, help="Let --keras and --tensorflow select pre-releases, too.")
@options.jobs
@options.shard
@click.option(
    "--executor",
    "address",
    type=scheduler_address,
    metavar="dask=ADDRESS",
    help="Run pairs on the workers of this Dask scheduler.",
)
@click.option(
    "--all-cells",
    is_flag=True,
    help="Run every cell; else --pairs cross and all run a sample beside the natural pairs.",
)
@click.option("--list", "only_list", is_flag=True, help="List what would be run; run nothing.")
@options.cells
def command(
    keras: str | None,
    tensorflow: str | None,
    python: str | None,
    kind: str | None,
    pre: bool,
    jobs: int,
    shard: Shard | None,
    address: str | None,
    all_cells: bool,
    only_list: bool,
    **cell_options: Any,
) -> None:
    """Run many pairs, and show the compatibility table and the change points.

    Only what is not yet known is run. Without --pairs, --keras and --tensorflow, the default set
    of pairs is run.
    """
    rules = PairRules(Catalogue.load())
    pairs = rules.select(
        kind=kind, keras=keras, tensorflow=tensorflow, python=python, prereleases=pre
    )
    request = options.request(**cell_options)
    if address and not IS_LIBRARY:
        raise UsageError("--cases is for this machine: the workers of a cluster lack the folder")
    jobs_source = click.get_current_context().get_parameter_source("jobs")
    if address and jobs_source is ParameterSource.COMMANDLINE:
        raise UsageError("-j is for this machine; give --nthreads to each worker instead")
    committed = cache(store.read_committed)
    selection = Selection(pairs, request)
    if kind in SAMPLED_KINDS and not all_cells and not cell_options["case_globs"] and IS_LIBRARY:
        selection = selection.with_sample(committed(), rules)
    if shard:
        selection = _select_shard(shard, selection, committed())
        if not selection.pairs:
            return
    plan = selection.plan()
    builder = EnvironmentBuilder(rules)
    if only_list:
        _print_plan(plan, builder, rules, jobs)
        _print_sample(plan)
        _print_rest(selection.rest_of_differing_releases(rules))
        return
    if not address:
        plan.check_disk(builder, jobs)
    _print_sample(plan)
    reports = _run(plan, rules, jobs, address)
    rest = selection.rest_of_differing_releases(rules)
    _print_rest(rest)
    reports += _run(rest, rules, jobs, address)
    if removed := selection.remove_outdated():
        click.echo(f"removed {removed} cells of sampled pairs that other code made")
    _finish(rules, selection, plan, reports)


def _run(plan: Plan, rules: PairRules, jobs: int, address: str | None) -> list[SessionReport]:
    """Run the plan here, or on the cluster whose scheduler has this address."""
    from harness.cli.output import console
    from harness.cli.progress import run_with_progress

    if not plan.pairs_to_run:
        return []
    stored, _ = store.read_all()
    plan = plan.in_order(telling_first(plan.request.cases, stored, rules))
    baselines = neighbours(plan.pairs_to_run, [result.pair for result in stored], rules)
    finder = RegressionFinder(baselines, stored, code_digests(all_cases()))
    if address:
        return run_with_progress(console, plan, partial(run_on_cluster, address), finder)
    return run_with_progress(console, plan, partial(run_sessions, workers=jobs), finder)


def _select_shard(shard: Shard, selection: Selection, committed: list[Result]) -> Selection:
    """Print which part of the pairs the shard is, and return its selection, which may be empty."""
    part = select_shard(shard, selection.cells, committed)
    click.echo(
        f"shard {shard} of split {part.fingerprint}: {len(part.pairs)} of "
        f"{len(selection.pairs)} pairs, {part.seconds / 60:.0f} of "
        f"{part.seconds_of_all / 60:.0f} minutes of work, estimated from {len(committed)} "
        "committed results"
    )
    return selection.part(part.pairs)


def _print_sample(plan: Plan) -> None:
    """Print which cases are run on the sampled pairs, and how many cells are left out."""
    if not plan.not_planned:
        return
    names = ", ".join(case.name for case in plan.sample)
    click.echo(
        f"{len(plan.not_planned)} pairs run a sample of {len(plan.sample)} of "
        f"{len(plan.request.cases)} cases: {names}"
    )
    if left_out := sum(plan.not_planned.values()):
        click.echo(
            f"{left_out} other cells are not planned; they are run where a cell differs between "
            "two pairs of one Keras release, and everywhere with --all-cells"
        )


def _print_not_run(plan: Plan) -> None:
    """Print how many cells the tables lack because a sample is enough."""
    if not_run := [number for number in plan.not_planned.values() if number]:
        click.echo(
            f"not run: {sum(not_run)} cells of {len(not_run)} pairs, for which a sample of "
            f"{len(plan.sample)} cases is enough"
        )


def _print_rest(rest: Plan) -> None:
    """Print which releases differ from one pair to another, and what is run because of that."""
    if not rest.pairs_to_run:
        return
    releases = dict.fromkeys(f"{pair.lineage} {pair.keras}" for pair in rest.pairs_to_run)
    click.echo(
        f"not the same with every TensorFlow: {', '.join(releases)}; so all other cells of "
        f"{len(rest.pairs_to_run)} pairs are run, {sum(rest.missing.values())} in all"
    )


def _print_plan(plan: Plan, builder: EnvironmentBuilder, rules: PairRules, jobs: int) -> None:
    """Print how much of each pair is known, and what the rest would need."""
    total = len(plan.request.cells)
    for pair, missing in plan.missing.items():
        is_ready = builder.ready(pair, plan.request.wheel) is not None
        wheel = plan.request.wheel or default_wheel(rules.catalogue, pair)
        state = "ready" if is_ready else "to be made"
        left_out = plan.not_planned.get(pair, 0)
        not_planned = f"{left_out:4} not planned   " if plan.not_planned else ""
        click.echo(
            f"{pair.id:48} {total - missing - left_out:4} known {missing:4} to run   "
            f"{not_planned}"
            f"environment {state}, {wheel}"
        )
    for damage in plan.damaged:
        click.echo(printable(damage), err=True)
    download, disk = plan.space_needed(builder, jobs)
    click.echo(
        f"{len(plan.missing)} pairs; at most {download / 1e9:.1f} GB to download and "
        f"{disk / 1e9:.1f} GB of disk, less whatever is in uv's cache"
    )


def _finish(
    rules: PairRules, selection: Selection, plan: Plan, reports: list[SessionReport]
) -> None:
    """Publish the report, show what was asked for, and exit with 1 if anything is unknown."""
    from harness.cli.output import console, print_left_out, print_report_path, publish_with_status
    from harness.report.console import print_tables
    from harness.util.console import print_list

    stored, index_page = publish_with_status(rules)
    keys = [cell.key for cell in plan.request.cells]
    print_tables(console, stored.tables, selection.pairs, keys)
    _print_not_run(selection.plan())
    print_report_path(index_page)
    print_left_out(stored)
    problems = sorted({problem for report in reports for problem in report.problems})
    unknown = [f"{report.pair.id}: {report.reason}" for report in reports if report.code]
    print_list(
        console, "stored results that could not be trusted and were run again:", plan.damaged
    )
    print_list(console, "case files that are wrong:", problems)
    print_list(console, "not known; the next run tries again:", unknown)
    if problems or unknown or stored.damaged:
        sys.exit(ExitCode.UNKNOWN)
