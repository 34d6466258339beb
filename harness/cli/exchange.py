"""The command ``exchange``: files that one release has written, read by another."""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import click

from harness.cli import options
from harness.exchange.corpus import Corpus, open_corpus
from harness.exchange.reading import ReadRequest
from harness.exchange.saved_files import EXCHANGED_FORMATS
from harness.exchange.table import exchange_data
from harness.exchange.writing import missing_writers, own_result, with_files_of
from harness.execution.request import Request
from harness.execution.run_plan import Plan, make_plan
from harness.execution.sessions import SessionReport, run_sessions
from harness.releases.catalogue import Catalogue
from harness.releases.pair import Pair
from harness.releases.pair_rules import PairRules
from harness.results import store
from harness.util.errors import ExitCode, UsageError
from harness.util.paths import EXCHANGE


@click.command("exchange")
@click.option(
    "--writer", "writer_spec", metavar="SPEC", help="Read the files of these: 2.15, '>=3.4,<3.8'."
)
@click.option("--reader", "reader_spec", metavar="SPEC", help="Read with these: 3.12.4, '>=3.13'.")
@options.jobs
@click.option("--list", "only_list", is_flag=True, help="List what would be run; run nothing.")
@options.cells
def command(
    writer_spec: str | None,
    reader_spec: str | None,
    jobs: int,
    only_list: bool,
    **cell_options: Any,
) -> None:
    """Show which releases read the files of which others, and why the rest are refused.

    Files that are not in the corpus are written first; what is known is not read again.
    """
    rules = PairRules(Catalogue.load())
    writers, readers = _pairs(rules, writer_spec), _pairs(rules, reader_spec)
    request = options.request(**cell_options)
    if request.keep:
        raise UsageError("--keep is for the sessions that write; exchange keeps files by itself")
    formats = [name for name in request.formats if name in EXCHANGED_FORMATS]
    if not formats:
        raise UsageError(f"only these formats are exchanged: {', '.join(EXCHANGED_FORMATS)}")
    request = replace(request, formats=formats)
    corpus = open_corpus()
    if only_list:
        missing = missing_writers(writers, request, corpus)
        _print_plan(missing, _read_plan(readers, writers, request, corpus))
        return
    failures: list[str] = []

    def write(pairs: Sequence[Pair], write_request: Request) -> None:
        failures.extend(_run(make_plan(pairs, write_request), jobs))

    corpus = with_files_of(writers, request, corpus, write)
    plan = _read_plan(readers, writers, request, corpus)
    failures += _run(plan, jobs)
    is_known = _print_tables(corpus, plan)
    _print_changes(
        rules, corpus, request, readers if reader_spec else None, writers if writer_spec else None
    )
    _finish(corpus, failures, is_known=is_known)


def _pairs(rules: PairRules, spec: str | None) -> list[Pair]:
    """The natural pairs of the releases that a specifier names; ``3.12`` stands for its patches."""
    if spec and re.fullmatch(r"\d+\.\d+", spec.strip()):
        spec = f"=={spec.strip()}.*"
    return rules.select(keras=spec)


def _read_plan(
    readers: Sequence[Pair], writers: Sequence[Pair], request: Request, corpus: Corpus
) -> Plan:
    """What the readers still have to read."""
    reading = ReadRequest(
        cases=request.cases,
        formats=request.formats,
        limit=request.limit,
        wheel=request.wheel,
        rerun=request.rerun,
        prune=request.prune,
        folder=EXCHANGE,
        fork_server=request.fork_server,
        corpus=corpus,
        writers=writers,
    )
    return make_plan(readers, reading)


def _run(plan: Plan, jobs: int) -> list[str]:
    """Run a plan; return why something of it is not known."""
    from harness.cli.output import console
    from harness.cli.progress import run_with_progress

    reports: list[SessionReport] = run_with_progress(
        console, plan, partial(run_sessions, workers=jobs)
    )
    return [
        f"{report.pair.id}: {problem}"
        for report in reports
        for problem in (*report.problems, *([report.reason] if report.code else []))
    ]


def _print_plan(writers: Sequence[Pair], plan: Plan) -> None:
    for pair in writers:
        click.echo(f"{pair.id:48} writes its files first")
    for pair, count in plan.missing.items():
        click.echo(f"{pair.id:48} {len(plan.request.cells) - count:5} known {count:5} to read")
    loads = sum(plan.missing.values())
    click.echo(f"{len(writers)} writers to run, {loads} files to read with {len(plan.missing)}")


def _print_tables(corpus: Corpus, plan: Plan) -> bool:
    """Print who reads whose files; return whether everything that was asked for is known."""
    from harness.cli.output import console
    from harness.report.exchange_console import print_exchange

    request = plan.request
    assert isinstance(request, ReadRequest)
    results = [store.read_or_empty(pair, EXCHANGE) for pair in plan.missing]
    wanted = {cell.key for cell in request.cells}
    for result in results:
        result.cells = {key: cell for key, cell in result.cells.items() if key in wanted}
    writers = set(request.writers or ())
    data = exchange_data(results, corpus.classes, map(own_result, writers))
    print_exchange(console, data.of_writers(writers), request.formats)
    return not any(request.unknown_in(result) for result in results)


def _print_changes(
    rules: PairRules,
    corpus: Corpus,
    request: Request,
    readers: Collection[Pair] | None,
    writers: Collection[Pair] | None,
) -> None:
    """Print what changed, as far as anything stored tells; None stands for all pairs."""
    from harness.cli.output import console
    from harness.exchange.explained_changes import exchange_changes
    from harness.report.exchange_console import print_changes
    from harness.report.publish import read_exchange

    own_results = [own_result(pair) for pair in corpus.writers()]
    cases = {case.name for case in request.cases}
    found = [
        one
        for one in read_exchange(own_results).found
        if one.entry.case in cases and one.entry.format in request.formats
    ]
    groups = [
        group
        for group in exchange_changes(found, rules, own_results)
        if group.concerns(readers, writers)
    ]
    print_changes(console, groups, found, corpus)


def _finish(corpus: Corpus, failures: Sequence[str], *, is_known: bool) -> None:
    """Print what is not known and cannot be trusted, and exit with 1 if there is any."""
    from harness.cli.output import console
    from harness.util.console import print_list

    damaged = [f"{path}: missing, or not what the index says" for path in corpus.damaged]
    print_list(console, "files of the corpus that cannot be trusted:", damaged)
    print_list(console, "not known; the next run tries again:", failures)
    if failures or damaged or not is_known:
        sys.exit(ExitCode.UNKNOWN)
