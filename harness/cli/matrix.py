"""The command ``matrix``: runs many pairs, then shows what stands out and makes the report."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from harness.analysis.asked_views import asked_views
from harness.analysis.seen_regressions import RegressionFinder, neighbours
from harness.cli import options
from harness.cli.progress import duration_in_words, run_with_progress
from harness.environments.builder import EnvironmentBuilder
from harness.execution.cases import all_cases, code_digests
from harness.execution.cross_sample import telling_first
from harness.execution.dask_cluster import run_on_cluster, scheduler_address
from harness.execution.run_plan import Plan
from harness.execution.selection import Selection
from harness.execution.sessions import SessionReport, run_sessions
from harness.execution.sharding import Shard, select_shard
from harness.releases.catalogue import Catalogue
from harness.releases.pair_rules import PairRules
from harness.report.details import print_details
from harness.report.matrix_screen import print_matrix
from harness.report.plan_list import print_plan
from harness.report.run_facts import RunFacts, pairs_in_words
from harness.report.stored_tables import read_stored_of
from harness.results import store
from harness.results.model import Result
from harness.util.console import print_list, print_wrapped
from harness.util.errors import ExitCode, UsageError
from harness.util.files import write_atomically
from harness.util.paths import IS_LIBRARY

_file = click.Path(dir_okay=False, path_type=Path)
#: The sets of pairs in which the pairs that are not natural run a sample of the cells.
SAMPLED_KINDS = ("cross", "all")


@click.command("matrix")
@click.option(
    "--keras", metavar="SPEC", help="Select Keras releases: 3.6 (all patches), '>=3.4,<3.8'."
)
@click.option("--tensorflow", metavar="SPEC", help="Select TensorFlow releases: '~=2.18.0'.")
@click.option(
    "--python", metavar="X.Y", help="Use this Python; leave out pairs that do not allow it."
)
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
    help="Run every cell. Without it, --pairs cross and all run only a sample of the cases on the "
    "pairs that are not natural.",
)
@click.option("--list", "only_list", is_flag=True, help="List what would be run; run nothing.")
@click.option("--details", is_flag=True, help="Show the history of every case, and all changes.")
@click.option("--no-report", is_flag=True, help="Leave the tables and the site as they are.")
@click.option("--check", is_flag=True, help="End with 3 if any requested cell fails.")
@click.option("--junit", metavar="FILE", type=_file, help="Write all cells as JUnit XML.")
@click.option("--markdown", metavar="FILE", type=_file, help="Append what fails to this file.")
@options.cells
@options.keep
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
    details: bool,
    no_report: bool,
    check: bool,
    junit: Path | None,
    markdown: Path | None,
    **cell_options: Any,
) -> None:
    """Run many pairs, and show on one screen what passes, what fails, and where it changed.

    Only what is not yet known is run. Without --pairs, --keras and --tensorflow, the default set
    of pairs is run.
    """
    from harness.cli.output import console

    start = time.monotonic()
    rules = PairRules(Catalogue.load())
    pairs = rules.select(
        kind=kind, keras=keras, tensorflow=tensorflow, python=python, prereleases=pre
    )
    request = options.request(**cell_options)
    if address and not IS_LIBRARY:
        raise UsageError(
            "--cases is for this machine: the workers of a cluster do not have the folder"
        )
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
        print_plan(console, plan, builder, rules, jobs)
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
    to_run = sum(plan.missing.values()) + sum(rest.missing.values())
    after = replace(selection, request=replace(request, rerun=False)).plan() if to_run else plan
    facts = _facts(selection, to_run, after, rules, time.monotonic() - start)
    has_failed = any(report.code for report in reports)
    facts = replace(facts, may_be_older=request.rerun and has_failed)
    _show(rules, selection, facts, details=details)
    is_wrong = bool(check or junit or markdown) and _judge(selection, reports, junit, markdown)
    finish(rules, plan, reports, with_report=not no_report)
    if check and is_wrong:
        sys.exit(ExitCode.WORSE)


def _judge(
    selection: Selection,
    reports: Sequence[SessionReport],
    junit: Path | None,
    markdown: Path | None,
) -> bool:
    """Write the verdict for a CI job, and say whether anything fails."""
    from harness.report.verdict import as_annotations, as_junit, as_markdown, judge

    results = [store.read_or_empty(pair) for pair in selection.pairs]
    verdict = judge(results, selection.request, selection.cells, reports)
    if junit is not None:
        write_atomically(junit, as_junit(verdict))
    if markdown is not None:
        with markdown.open("a", encoding="utf-8") as summary:
            summary.write(as_markdown(verdict))
    if os.environ.get("GITHUB_ACTIONS") == "true":
        for line in as_annotations(verdict):
            click.echo(line)
    return bool(verdict.failing)


def _run(plan: Plan, rules: PairRules, jobs: int, address: str | None) -> list[SessionReport]:
    """Run the plan here, or on the cluster whose scheduler has this address."""
    from harness.cli.output import console

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
    from harness.cli.output import console

    if not plan.not_planned:
        return
    names = ", ".join(case.name for case in plan.sample)
    print_wrapped(
        console,
        f"{len(plan.not_planned)} pairs run a sample of {len(plan.sample)} of "
        f"{len(plan.request.cases)} cases: {names}",
    )
    if left_out := sum(plan.not_planned.values()):
        print_wrapped(
            console,
            f"{left_out} other cells are not planned; they are run where a cell differs between "
            "two pairs of one Keras release, and everywhere with --all-cells",
        )


def _print_rest(rest: Plan) -> None:
    """Print which releases differ from one pair to another, and what is run because of that."""
    from harness.cli.output import console

    if not rest.pairs_to_run:
        return
    releases = dict.fromkeys(f"{pair.lineage} {pair.keras}" for pair in rest.pairs_to_run)
    print_wrapped(
        console,
        f"not the same with every TensorFlow: {', '.join(releases)}; so all other cells of "
        f"{len(rest.pairs_to_run)} pairs are run, {sum(rest.missing.values())} in all",
    )


def _facts(
    selection: Selection, to_run: int, after: Plan, rules: PairRules, seconds: float
) -> RunFacts:
    """The facts of a run: ``to_run`` cells were not known before it, and ``after`` has the rest."""
    request = selection.request
    unknown = sum(after.missing.values())
    natural = {pair.id for pair in rules.natural_of_both()}
    return RunFacts(
        cases=[case.name for case in request.cases],
        formats=request.formats,
        pairs=pairs_in_words(selection.pairs, natural),
        cells=len(request.cells) * len(selection.pairs),
        run=to_run - unknown,
        unknown=unknown,
        not_planned=sum(after.not_planned.values()),
        duration=duration_in_words(seconds),
    )


def _show(rules: PairRules, selection: Selection, facts: RunFacts, *, details: bool) -> None:
    """Show the selected cells: on one screen, or with ``details`` in full."""
    from harness.cli.output import console

    keys = [cell.key for cell in selection.request.cells]
    if details:
        from harness.report.publish import read_stored  # takes a while to import

        print_details(console, read_stored(rules).tables, selection.pairs, keys)
        for sentence in facts.sentences():
            print_wrapped(console, sentence)
        return
    tables = read_stored_of(selection.pairs, rules)
    print_matrix(console, facts, list(asked_views(tables, selection.pairs, keys)))


def finish(
    rules: PairRules, plan: Plan, reports: Sequence[SessionReport], *, with_report: bool
) -> None:
    """Make the report if asked to, say what is not known, and exit with 1 if anything is."""
    from harness.cli.output import console, print_or_make_report

    problems = sorted({problem for report in reports for problem in report.problems})
    unknown = [f"{report.pair.id}: {report.reason}" for report in reports if report.code]
    try:
        is_trusted = not with_report or print_or_make_report(rules)
    finally:  # a report that cannot be made must not hide what else is wrong
        print_list(
            console, "stored results that could not be trusted and were run again:", plan.damaged
        )
        print_list(console, "faulty case files:", problems)
        print_list(console, "not known; the next run tries again:", unknown)
    if problems or unknown or not is_trusted:
        sys.exit(ExitCode.UNKNOWN)
