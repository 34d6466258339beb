"""The command line: options in, exit codes out, no logic of its own."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource
from rich.console import Console

from harness.cli import options
from harness.cli.collecting import collect_seldom
from harness.environments.builder import EnvironmentBuilder, default_wheel
from harness.execution.cases import SCRIPT, Script
from harness.execution.dask_cluster import address_of, run_on_cluster
from harness.execution.run_pair import BAD_CASE, Request, run_pair
from harness.execution.run_plan import Plan, make_plan
from harness.execution.sessions import EVENTS, SessionReport, run_sessions
from harness.execution.sharding import Shard, costs, fingerprint, seconds, split
from harness.releases.catalogue import CATALOGUE, Catalogue
from harness.releases.pair_rules import Pair, PairRules
from harness.results import store as results
from harness.results.committed import committed_results
from harness.util.errors import ExitCode, Fault, UsageError
from harness.util.escaping import printable
from harness.util.files import write_atomically
from harness.util.paths import RESULTS
from harness.util.processes import exit_with_ancestors, interrupt_on_signals

if TYPE_CHECKING:  # pandas is slow to import, and a pair's session does not need it
    from harness.report.publish import StoredResults

console = Console(stderr=False)


#: Commands with a module of their own, which is imported where they are asked for.
ELSEWHERE = {
    "bisect": "harness.cli.bisect",
    "merge": "harness.cli.merge",
    "watch": "harness.cli.watch",
}


class Commands(click.Group):
    """The commands of this module, and those of `ELSEWHERE`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names."""
        return sorted([*super().list_commands(ctx), *ELSEWHERE])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name."""
        if cmd_name in ELSEWHERE:
            found: click.Command = getattr(import_module(ELSEWHERE[cmd_name]), cmd_name)
            return found
        return super().get_command(ctx, cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """A command under the name of its session, for what is said of its usage."""
        name, command, rest = super().resolve_command(ctx, args)
        session = "'pair(ID)'" if name == "pair" else name
        return f"{session} --", command, rest


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Runs save/load cases on Keras/TensorFlow pairs, and says where a behaviour came in."""


@cli.command()
@click.argument("pair_id", metavar="")  # it stands in the name of the session
@click.option(
    "--script",
    metavar="FILE",
    help="Run this script in the place of cases.",
    type=click.Path(exists=True, dir_okay=False, resolve_path=True, path_type=Path),
)
@click.option(
    "--results",
    "folder",
    metavar="FOLDER",
    default=RESULTS,
    type=click.Path(file_okay=False, resolve_path=True, path_type=Path),
    help="Where the result is stored, instead of reports/results.",
)
@click.option(
    "--catalogue",
    "known",
    metavar="FILE",
    default=CATALOGUE,
    type=click.Path(exists=True, dir_okay=False, resolve_path=True, path_type=Path),
    help="The releases there are, instead of harness/releases/catalogue.json.",
)
@click.option("--vary", is_flag=True, help="Another hash seed, and a crash is not run again.")
@options.cells
def pair(
    pair_id: str, script: Path | None, folder: Path, known: Path, vary: bool, **asked: Any
) -> None:
    """Make one pair known: its environment, its cells, its result file."""
    rules = PairRules(Catalogue.load(known))
    wanted = rules.named(pair_id)
    request = replace(options.request(**asked), folder=folder, vary=vary)
    if script:
        request = replace(request, cases=[Script(script.stem, script)], formats=[SCRIPT])
    told = bool(os.environ.get(EVENTS))

    def tell(event: dict[str, Any]) -> None:
        if told:
            print(json.dumps(event), flush=True)
        elif event["stage"] == BAD_CASE:
            click.echo(printable(event["note"]), err=True)

    try:
        result = run_pair(wanted, EnvironmentBuilder(rules), request, tell)
    except (Fault, OSError) as fault:
        tell({"stage": "fault", "reason": str(fault)})
        raise
    if not told:
        from harness.analysis.histories import make_tables
        from harness.report.console import print_tables

        print_tables(console, make_tables([result], rules), [wanted])
    if result.outcome:
        tell({"stage": "no cells", "reason": f"{result.outcome}: {result.reason}"})
        if not told:
            click.echo(printable(f"{result.outcome}: {result.reason}"), err=True)
    if result.missing(request.cases, request.formats, request.limit, request.wheel):
        sys.exit(ExitCode.UNKNOWN)


@cli.command()
@click.option("--keras", metavar="SPEC", help="Keras releases, as '>=3.4,<3.8' or 3.6.0.")
@click.option("--tensorflow", metavar="SPEC", help="TensorFlow releases, as '~=2.18.0'.")
@click.option("--python", metavar="X.Y", help="Only this minor version of Python.")
@click.option(
    "--pairs",
    "kind",
    type=click.Choice(["natural", "cross", "tf-keras", "all"]),
    help="The set of pairs; without it and without releases, the default set.",
)
@click.option("--pre", is_flag=True, help="Pre-releases of --keras and --tensorflow, too.")
@options.jobs
@click.option("--shard", type=Shard.parse, metavar="K/N", help="Only this part of the pairs.")
@click.option(
    "--executor",
    "address",
    type=address_of,
    metavar="dask=ADDRESS",
    help="Run pairs on the workers of this scheduler.",
)
@click.option("--list", "only_list", is_flag=True, help="Say what would be run, and run nothing.")
@options.cells
def matrix(
    keras: str | None,
    tensorflow: str | None,
    python: str | None,
    kind: str | None,
    pre: bool,
    jobs: int,
    shard: Shard | None,
    address: str | None,
    only_list: bool,
    **asked: Any,
) -> None:
    """Make many pairs known, and show the compatibility table and the change points."""
    rules = PairRules(Catalogue.load())
    pairs = rules.select(
        kind=kind, keras=keras, tensorflow=tensorflow, python=python, prereleases=pre
    )
    request = options.request(**asked)
    given = click.get_current_context().get_parameter_source("jobs")
    if address and given is ParameterSource.COMMANDLINE:
        raise UsageError("-j is for this machine; a worker is told when it is started: --nthreads")
    if shard and not (pairs := _part(shard, pairs, request)):
        return
    plan = make_plan(pairs, request)
    builder = EnvironmentBuilder(rules)
    if only_list:
        _print_plan(plan, builder, rules, jobs)
        return
    if not address:
        plan.check_disk(builder, jobs)
    from harness.report.console import run_shown

    run = partial(run_on_cluster, address) if address else partial(run_sessions, workers=jobs)
    reports = run_shown(console, plan, run)
    _finish(rules, pairs, reports, plan.damaged)


@cli.command()
@click.option("--check", is_flag=True, help="Only say what is not as the results make it.")
def report(check: bool) -> None:
    """Make the site, the tables and the README's table again from the stored results."""
    from harness.report.console import print_lines
    from harness.report.publish import read_stored
    from harness.report.tables import outdated, write_readme

    rules = PairRules(Catalogue.load())
    if check:
        stored = read_stored(rules)
        stale = outdated(stored.made)
        print_lines(console, "not as the stored results make it (nox -s report):", stale)
    else:
        stored, page = _published(rules)
        write_readme(stored.made)
        _tell_page(page)
        stale = []
    _tell_left_out(stored)
    if stale or stored.untrusted:
        sys.exit(ExitCode.UNKNOWN)


@cli.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--any-code", is_flag=True, help="Also cells that another state of the code made.")
def compare(folder: Path, any_code: bool) -> None:
    """Compare the stored results with those of another run, cell by cell."""
    from harness.report.console import print_lines
    from harness.results.compare import count_compared, differences
    from harness.results.signatures import contrast

    (stored, damaged), (other, damaged_there) = results.read_all(), results.read_all(folder)
    print_lines(console, "cannot be trusted:", [str(each) for each in damaged + damaged_there])
    total = count_compared(stored, other, any_code=any_code)
    found = [
        f"{each.pair} {each.case} {each.format}: {' / '.join(contrast(each.one, each.other))}"
        for each in differences(stored, other, any_code=any_code)
    ]
    click.echo(f"{total} cells in both, {len(found)} differ")
    print_lines(console, "cells that differ:", found)
    if found or damaged or damaged_there or not total:
        sys.exit(ExitCode.UNKNOWN)


@cli.command("annotations")
def check_annotations() -> None:
    """List the annotations that explain no change point, and the change points without one."""
    from harness.analysis.annotations import match_annotations, read_annotations
    from harness.analysis.histories import change_lines
    from harness.report.console import print_lines
    from harness.report.publish import read_stored

    known = read_annotations()
    made = read_stored(PairRules(Catalogue.load()), known).made
    changes = [view.changes for view in made.natural.values()]
    used = {each for frame in changes for each in match_annotations(frame, known)}
    stale = [f"{each.start} to {each.end}: {each.says}" for each in known if each not in used]
    bare = [
        f"{' '.join(line[:4])}: {line[4]} / {line[5]}"
        for frame in changes
        for line in change_lines(frame[frame["why"] == ""])
    ]
    print_lines(console, "annotations without a change point:", stale)
    print_lines(console, "change points without an annotation:", bare)
    told = sum((frame["why"] != "").sum() for frame in changes)
    click.echo(
        f"{told} of {sum(map(len, changes))} change points are explained by "
        f"{len(known) - len(stale)} annotations; {len(stale)} annotations explain none"
    )
    if stale:
        sys.exit(ExitCode.UNKNOWN)


@cli.command()
def catalogue() -> None:
    """Ask the package index for new releases and rewrite the catalogue."""
    from harness.releases.pypi import read_index

    old, new = Catalogue.load(), read_index()
    write_atomically(CATALOGUE, new.dumps())
    for package in ("keras", "tensorflow", "tf-keras"):
        known = {release.version for release in old.releases(package)}
        fresh = [str(each.version) for each in new.releases(package) if each.version not in known]
        click.echo(f"{package}: {', '.join(fresh) or 'nothing new'}")


def _published(rules: PairRules) -> tuple[StoredResults, Path]:
    from harness.report.publish import publish_report

    with console.status("tables") as status:
        return publish_report(rules, status.update)


def _tell_page(page: Path) -> None:
    console.print(f"report: {page}", markup=False, highlight=False, soft_wrap=True)


def _tell_left_out(stored: StoredResults) -> None:
    """Say which stored results and cells are in no table."""
    from harness.report.console import print_lines

    if stored.dropped:
        click.echo(
            f"{stored.dropped} stored cells are of cases that have changed since, and left out"
        )
    problems = [str(each) for each in stored.untrusted]
    print_lines(console, "stored results that cannot be trusted:", problems)


def _part(shard: Shard, pairs: list[Pair], request: Request) -> list[Pair]:
    """The pairs of a shard, which may be none."""
    stored = committed_results()
    cost = costs(pairs, stored, ((case.name, name) for case, name in request.cells))
    shards = split(cost, shard.count)
    part = shards[shard.number - 1]
    click.echo(
        f"shard {shard} of split {fingerprint(shards)}: {len(part)} of {len(pairs)} pairs, "
        f"{seconds(part, cost) / 60:.0f} of {sum(seconds(each, cost) for each in shards) / 60:.0f} "
        f"minutes of work, by {len(stored)} committed results"
    )
    return part


def _print_plan(plan: Plan, builder: EnvironmentBuilder, rules: PairRules, jobs: int) -> None:
    total = len(plan.request.cells)
    for each, unknown in plan.unknown.items():
        environment = "ready" if builder.ready(each, plan.request.wheel) else "to be made"
        wheel = plan.request.wheel or default_wheel(rules.catalogue, each)
        click.echo(
            f"{each.id:48} {total - unknown:4} known {unknown:4} to run   environment "
            f"{environment}, {wheel}"
        )
    for damage in plan.damaged:
        click.echo(printable(damage), err=True)
    download, disk = plan.room(builder, jobs)
    click.echo(
        f"{len(plan.unknown)} pairs; to download at most {download / 1e9:.1f} GB, disk at most "
        f"{disk / 1e9:.1f} GB (less what uv's cache has)"
    )


def _finish(
    rules: PairRules, pairs: list[Pair], reports: list[SessionReport], damaged: list[str]
) -> None:
    """Publish, show the tables of ``pairs``, and end with an exit code that is not 0 if need be."""
    from harness.report.console import print_lines, print_tables

    stored, page = _published(rules)
    print_tables(console, stored.made, pairs)
    _tell_page(page)
    _tell_left_out(stored)
    problems = sorted({problem for each in reports for problem in each.problems})
    unknown = [f"{each.pair.id}: {each.reason}" for each in reports if each.code]
    print_lines(console, "stored results that could not be trusted, run again:", damaged)
    print_lines(console, "cases that are wrong themselves:", problems)
    print_lines(console, "not known, tried again next time:", unknown)
    if problems or unknown or stored.untrusted:
        sys.exit(ExitCode.UNKNOWN)


def main() -> None:
    """Run a command and end with its documented exit code."""
    interrupt_on_signals()
    exit_with_ancestors()
    collect_seldom()
    try:
        cli(prog_name="nox -s", standalone_mode=False)
    except click.ClickException as problem:
        problem.show()
        sys.exit(ExitCode.USAGE)
    except UsageError as problem:
        click.echo(f"error: {printable(str(problem))}", err=True)
        sys.exit(ExitCode.USAGE)
    except (Fault, OSError) as fault:
        click.echo(f"fault: {printable(str(fault))}", err=True)
        sys.exit(ExitCode.UNKNOWN)
    except (KeyboardInterrupt, click.Abort):
        from harness.util.processes import kill_children

        kill_children()
        click.echo("interrupted; what was finished is kept", err=True)
        os._exit(ExitCode.INTERRUPTED)
