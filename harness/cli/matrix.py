"""The command ``matrix``: runs many pairs, then makes the tables and the report."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from typing import Any

import click
from click.core import ParameterSource

from harness.cli import options
from harness.environments.builder import EnvironmentBuilder
from harness.environments.wheels import default_wheel
from harness.execution.dask_cluster import run_on_cluster, scheduler_address
from harness.execution.request import Request
from harness.execution.run_plan import Plan, make_plan
from harness.execution.sessions import SessionReport, run_sessions
from harness.execution.sharding import Shard, select_shard
from harness.releases.catalogue import Catalogue
from harness.releases.pair import Pair
from harness.releases.pair_rules import PairRules
from harness.results import store
from harness.util.errors import ExitCode, UsageError
from harness.util.escaping import printable


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
@click.option("--shard", type=Shard.parse, metavar="K/N", help="Run only part K of N parts.")
@click.option(
    "--executor",
    "address",
    type=scheduler_address,
    metavar="dask=ADDRESS",
    help="Run pairs on the workers of this Dask scheduler.",
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
    jobs_source = click.get_current_context().get_parameter_source("jobs")
    if address and jobs_source is ParameterSource.COMMANDLINE:
        raise UsageError("-j is for this machine; give --nthreads to each worker instead")
    if shard:
        pairs = _select_shard(shard, pairs, request)
        if not pairs:
            return
    plan = make_plan(pairs, request)
    builder = EnvironmentBuilder(rules)
    if only_list:
        _print_plan(plan, builder, rules, jobs)
        return
    if not address:
        plan.check_disk(builder, jobs)
    reports = _run(plan, jobs, address)
    _finish(rules, plan, reports)


def _run(plan: Plan, jobs: int, address: str | None) -> list[SessionReport]:
    """Run the plan here, or on the cluster whose scheduler has this address."""
    from harness.cli.output import console
    from harness.cli.progress import run_with_progress

    if address:
        return run_with_progress(console, plan, partial(run_on_cluster, address))
    return run_with_progress(console, plan, partial(run_sessions, workers=jobs))


def _select_shard(shard: Shard, pairs: Sequence[Pair], request: Request) -> list[Pair]:
    """Print which part of the pairs the shard is, and return its pairs; there may be none."""
    committed = store.read_committed()
    part = select_shard(shard, pairs, committed, [cell.key for cell in request.cells])
    click.echo(
        f"shard {shard} of split {part.fingerprint}: {len(part.pairs)} of {len(pairs)} pairs, "
        f"{part.seconds / 60:.0f} of {part.seconds_of_all / 60:.0f} minutes of work, estimated "
        f"from {len(committed)} committed results"
    )
    return part.pairs


def _print_plan(plan: Plan, builder: EnvironmentBuilder, rules: PairRules, jobs: int) -> None:
    total = len(plan.request.cells)
    """Print how much of each pair is known, and what the rest would need."""
    for pair, missing in plan.missing.items():
        is_ready = builder.ready(pair, plan.request.wheel) is not None
        wheel = plan.request.wheel or default_wheel(rules.catalogue, pair)
        state = "ready" if is_ready else "to be made"
        click.echo(
            f"{pair.id:48} {total - missing:4} known {missing:4} to run   "
            f"environment {state}, {wheel}"
        )
    for damage in plan.damaged:
        click.echo(printable(damage), err=True)
    download, disk = plan.space_needed(builder, jobs)
    click.echo(
        f"{len(plan.missing)} pairs; at most {download / 1e9:.1f} GB to download and "
        f"{disk / 1e9:.1f} GB of disk, less whatever is in uv's cache"
    )


def _finish(rules: PairRules, plan: Plan, reports: list[SessionReport]) -> None:
    """Publish the report, show what was asked for, and exit with 1 if anything is unknown."""
    from harness.cli.output import console, print_left_out, print_report_path, publish_with_status
    from harness.report.console import print_tables
    from harness.util.console import print_list

    stored, index_page = publish_with_status(rules)
    keys = [cell.key for cell in plan.request.cells]
    print_tables(console, stored.tables, plan.missing, keys)
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
