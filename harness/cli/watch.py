"""The command ``watch``: what new releases make worse."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from harness.analysis.seen_regressions import RegressionFinder
from harness.bisect.commits import Clone
from harness.cli import options as shared
from harness.cli.progress import run_with_progress
from harness.exchange.corpus import open_corpus
from harness.exchange.saved_files import EXCHANGED_FORMATS
from harness.execution.request import Request
from harness.execution.run_plan import Plan
from harness.execution.sessions import SessionReport, run_sessions
from harness.releases.built_wheel import release_of_wheel
from harness.releases.catalogue import Catalogue
from harness.releases.pair_rules import PairRules
from harness.util.console import print_list
from harness.util.errors import UsageError
from harness.util.files import write_atomically
from harness.watch.bisecting import Bisector, WatchCommand, bisect_regressions
from harness.watch.console import print_summary
from harness.watch.exchange_plan import ExchangePlanner
from harness.watch.exchange_run import ExchangeRun, RunPlan, scratch_corpus
from harness.watch.formats import as_json, as_junit, as_markdown
from harness.watch.news import find_news
from harness.watch.period import Period, make_period, period_of
from harness.watch.run import run_watch

console = Console()

_file = click.Path(dir_okay=False, path_type=Path)


def _day(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d")
    except ValueError:
        raise UsageError(f"{text!r} is not a day; an example: 2024-11-20") from None


@click.command("watch")
@click.option(
    "--since",
    type=_day,
    metavar="DAY",
    help="Watch what is new since the end of this day, instead of what the catalogue lacks.",
)
@click.option(
    "--until", type=_day, metavar="DAY", help="Use the index as it was at the end of this day."
)
@click.option(
    "--keras-wheel",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, resolve_path=True, path_type=Path),
    help="Watch this wheel of Keras, which is not on the index, and nothing else.",
)
@click.option("--nightly", is_flag=True, help="Include the newest daily build of each package.")
@click.option(
    "--frozen",
    multiple=True,
    metavar="SPEC",
    help="Also run these Keras releases with every new TensorFlow; repeatable.",
)
@click.option(
    "--writer",
    "writer_spec",
    metavar="SPEC",
    help="Read the saved files of these releases, not of the usual ones: 2.15, '>=3.4,<3.8'.",
)
@click.option("--no-exchange", is_flag=True, help="Read no saved files of other releases.")
@click.option("--bisect", "bisects", is_flag=True, help="Bisect the regressions.")
@click.option(
    "--repo", metavar="PATH|URL", help="With --bisect: a Keras clone, to find the commit."
)
@click.option(
    "--markdown", "markdown_file", type=_file, metavar="FILE", help="Write a summary to this file."
)
@click.option(
    "--junit", "junit_file", type=_file, metavar="FILE", help="Write JUnit XML to this file."
)
@click.option("--json", "json_file", type=_file, metavar="FILE", help="Write JSON to this file.")
@shared.jobs
@shared.cells
@shared.keep
def command(
    since: datetime | None,
    until: datetime | None,
    keras_wheel: Path | None,
    nightly: bool,
    frozen: tuple[str, ...],
    writer_spec: str | None,
    no_exchange: bool,
    bisects: bool,
    repo: str | None,
    markdown_file: Path | None,
    junit_file: Path | None,
    json_file: Path | None,
    jobs: int,
    **cell_options: Any,
) -> None:
    """Run the cases on new releases, and report what these releases make worse."""
    if repo and not bisects:
        raise UsageError("--repo needs --bisect")
    if writer_spec and no_exchange:
        raise UsageError("--writer chooses saved files, and --no-exchange reads none")
    if keras_wheel and (since or until or nightly or bisects):
        raise UsageError("--keras-wheel cannot go with --since, --until, --nightly or --bisect")
    clone = Clone(repo) if repo else None
    committed = Catalogue.load()
    if keras_wheel:
        period = period_of(release_of_wheel(keras_wheel), committed)
    else:
        period = make_period(since, until, committed)
    request = period.request_for_sessions(shared.request(**cell_options))
    news = find_news(
        period.start, period.end, PairRules(period.committed), frozen=frozen, nightly=nightly
    )
    run_plan = partial(_run_plan, jobs=jobs)
    exchange = None
    if not no_exchange and not set(EXCHANGED_FORMATS).isdisjoint(request.formats):
        exchange = _exchange(period, request, writer_spec, frozen, run_plan, jobs)
    summary = run_watch(news, period, request, run_plan, jobs=jobs, exchange=exchange)
    if bisects:
        again = WatchCommand(since, period.end.written, nightly, frozen)
        bisector = Bisector(
            PairRules(period.index), request, console, again, workers=jobs, clone=clone
        )
        summary = bisect_regressions(summary, bisector.answer)
    print_summary(console, summary)
    if markdown_file:
        write_atomically(markdown_file, as_markdown(summary))
    if junit_file:
        write_atomically(junit_file, as_junit(summary))
    if json_file:
        write_atomically(json_file, as_json(summary))
    if summary.exit_code:
        sys.exit(summary.exit_code)


def _exchange(
    period: Period,
    request: Request,
    writer_spec: str | None,
    frozen: Sequence[str],
    run_plan: RunPlan,
    jobs: int,
) -> ExchangeRun:
    """The exchange of saved files in this watch."""
    rules = PairRules(period.index)
    published = open_corpus()
    planner = ExchangePlanner(
        published.writers(), period.end, rules, spec=writer_spec, frozen=frozen
    )
    return ExchangeRun(planner, request, published, scratch_corpus(), rules, run_plan, jobs=jobs)


def _run_plan(plan: Plan, finder: RegressionFinder, jobs: int) -> list[SessionReport]:
    print_list(console, "stored results that could not be trusted:", plan.damaged)
    return run_with_progress(console, plan, partial(run_sessions, workers=jobs), finder)
