"""The command ``exchange``: files that one release has written, read by another."""

from __future__ import annotations

import sys
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import click

from harness.cli import options
from harness.exchange.choice import Choice
from harness.exchange.corpus import MOST_DAMAGED, Corpus, open_corpus
from harness.exchange.data import ExchangeData, exchange_of
from harness.exchange.planning import first_readers, next_to, plan_of
from harness.exchange.reading import ReadRequest
from harness.exchange.readings import present_readings
from harness.exchange.saved_files import EXCHANGED_FORMATS
from harness.exchange.writing import missing_writers, own_result, with_files_of
from harness.execution.request import Request
from harness.execution.run_plan import Plan, make_plan
from harness.execution.sessions import SessionReport, run_sessions
from harness.execution.sharding import Shard, split
from harness.releases.catalogue import Catalogue
from harness.releases.pair import Pair
from harness.releases.pair_rules import PairRules
from harness.results.model import Result
from harness.util.errors import ExitCode, UsageError
from harness.util.paths import EXCHANGE
from harness.util.wording import counted, first_lines

#: The lineage that specifiers can name; without it, they are of Keras.
TF_KERAS = "tf-keras"


@click.command("exchange")
@click.option(
    "--writer",
    "writer_spec",
    metavar="SPEC",
    help="Read the files of these releases: 2.15, '>=3.4,<3.8'.",
)
@click.option(
    "--reader",
    "reader_spec",
    metavar="SPEC",
    help="Read with these releases: 3.12.4, '>=3.13', 'tf-keras 2.18'.",
)
@click.option(
    "--all",
    "all_releases",
    is_flag=True,
    help="Let all releases write and read. Where the releases before and after read a file alike, "
    "its reading is inferred.",
)
@click.option(
    "--neighbours",
    is_flag=True,
    help="Let each release read its own files, and those of the releases before and after it.",
)
@options.jobs
@options.shard
@click.option("--list", "only_list", is_flag=True, help="List what would be run; run nothing.")
@options.cells
def command(
    writer_spec: str | None,
    reader_spec: str | None,
    all_releases: bool,
    neighbours: bool,
    jobs: int,
    shard: Shard | None,
    only_list: bool,
    **cell_options: Any,
) -> None:
    """Show which releases read the files of which others, and why they do not read the rest.

    Files that are not in the corpus are written first; what is known is not read again. Without
    options, the newest patch of each minor release from 2.12 on writes and reads.
    """
    rules = PairRules(Catalogue.load())
    if all_releases and (writer_spec or reader_spec):
        raise UsageError("--all is for all releases; leave out --writer and --reader")
    if neighbours and (all_releases or writer_spec):
        raise UsageError("--neighbours chooses the writers; leave out --writer and --all")
    rounds = _rounds(rules, reader_spec, all_releases=all_releases, neighbours=neighbours)
    writers = rules.natural_of_both() if all_releases else _pairs(rules, writer_spec)
    if neighbours:
        writers = next_to(rounds[0][0], rules)
    if shard:
        rounds = [(_part(shard, readers), choice) for readers, choice in rounds]
    request = _request(cell_options)
    corpus = open_corpus()
    if only_list:
        reading = ReadRequest.like(replace(request, folder=EXCHANGE), corpus, writers)
        plans = [_plan(*each, reading, rules) for each in rounds]
        _print_plans(missing_writers(writers, request, corpus), plans)
        return
    failures: list[str] = []

    def run(plan: Plan) -> None:
        failures.extend(_run(plan, jobs))

    corpus = with_files_of(
        writers, request, corpus, lambda pairs, writing: run(make_plan(pairs, writing))
    )
    reading = ReadRequest.like(replace(request, folder=EXCHANGE), corpus, writers)
    for each in rounds:
        run(_plan(*each, reading, rules))
    remaining = [_plan(*each, reading, rules) for each in rounds]
    unknown = sum(sum(plan.missing.values()) for plan in remaining)
    readers = [reader for readers, _ in rounds for reader in readers]
    _print_answer(reading, readers, rules, reader_spec, writer_spec)
    _finish(corpus, failures, unknown)


def _rounds(
    rules: PairRules, reader_spec: str | None, *, all_releases: bool, neighbours: bool
) -> list[tuple[list[Pair], Choice | None]]:
    """Who reads, one round after the other, and how the files of each reader are chosen."""
    if all_releases:
        first = first_readers(rules)
        others = [pair for pair in rules.natural_of_both() if pair not in first]
        return [(first, None), (others, Choice.UNDECIDED)]
    if neighbours:
        readers = _pairs(rules, reader_spec) if reader_spec else rules.natural_of_both()
        return [(readers, Choice.NEIGHBOURS)]
    return [(_pairs(rules, reader_spec), None)]


def _plan(
    readers: Sequence[Pair], choice: Choice | None, request: ReadRequest, rules: PairRules
) -> Plan:
    """What the readers of a round have to read."""
    return plan_of(choice, readers, request, rules) if choice else make_plan(readers, request)


def _request(cell_options: dict[str, Any]) -> Request:
    """The request that the options of cells describe.

    Raises:
        UsageError: nothing of it can be exchanged.
    """
    request = options.request(**cell_options)
    formats = [name for name in request.formats if name in EXCHANGED_FORMATS]
    if not formats:
        raise UsageError(f"only these formats are exchanged: {', '.join(EXCHANGED_FORMATS)}")
    return replace(request, formats=formats)


def _pairs(rules: PairRules, spec: str | None) -> list[Pair]:
    """The natural pairs of the releases that a specifier names; the default set without one.

    ``tf-keras`` in front of it, or alone, selects releases of tf-keras.
    """
    if spec is not None and spec.startswith(TF_KERAS):
        return rules.select(kind=TF_KERAS, keras=spec.removeprefix(TF_KERAS).strip() or None)
    return rules.select(keras=spec)


def _part(shard: Shard, readers: Sequence[Pair]) -> list[Pair]:
    """The readers of a shard; each is expected to take equally long."""
    return sorted(split(dict.fromkeys(readers, 1.0), shard.count)[shard.number - 1])


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


def _print_plans(writers: Sequence[Pair], plans: Sequence[Plan]) -> None:
    """Print what would be run: the sum first, then a line for each pair with anything to do."""
    missing = {pair: count for plan in plans for pair, count in plan.missing.items()}
    loads = sum(missing.values())
    by = counted(len(missing), "release")
    click.echo(f"{counted(len(writers), 'writer')} to run, {counted(loads, 'reading')} by {by}")
    if len(plans) > 1:
        click.echo("how many of them can be inferred is known once the first readers have finished")
    for pair in writers:
        click.echo(f"{pair.id}  writes its files first")
    for pair, count in missing.items():
        if count:
            click.echo(f"{pair.id:44}{count:6} to read")
    if known := sum(not count for count in missing.values()):
        has = "has" if known == 1 else "have"
        click.echo(f"{counted(known, 'release')} {has} nothing left to read")


def _print_answer(
    request: ReadRequest,
    readers: Sequence[Pair],
    rules: PairRules,
    reader_spec: str | None,
    writer_spec: str | None,
) -> None:
    """Print who reads whose files, and where that changed.

    Changes are those of all readers and writers, unless a specifier was given.
    """
    from harness.cli.output import console
    from harness.report.exchange_console import print_exchange

    writers = request.writers or ()
    own_results = [own_result(pair) for pair in {*request.corpus.writers(), *readers}]
    data = _data(request, rules, own_results)
    print_exchange(console, data, request.formats, writers, readers)
    _print_changes(
        data,
        rules,
        own_results,
        readers if reader_spec else None,
        writers if writer_spec else None,
        request.corpus,
    )


def _data(request: ReadRequest, rules: PairRules, own_results: Sequence[Result]) -> ExchangeData:
    """What is known of the requested cases and formats, with what can be inferred from it.

    It has all writers and readers, because any of them can show that a file is sound.
    """
    files = [entry for entry in request.corpus.classes if entry.format in request.formats]
    measured, _ = present_readings(request.folder, files, request.cases)
    return exchange_of(measured, own_results, rules)


def _print_changes(
    data: ExchangeData,
    rules: PairRules,
    own_results: Sequence[Result],
    readers: Collection[Pair] | None,
    writers: Collection[Pair] | None,
    corpus: Corpus,
) -> None:
    """Print what changed, as far as that is stored; None stands for all pairs."""
    from harness.cli.output import console
    from harness.exchange.explained_changes import exchange_changes
    from harness.report.exchange_console import print_changes

    groups = [
        group
        for group in exchange_changes(data, rules, own_results)
        if group.concerns(readers, writers)
    ]
    print_changes(console, groups, data, corpus)


def _finish(corpus: Corpus, failures: Sequence[str], unknown: int) -> None:
    """Print what is not known or cannot be trusted, and exit with 1 if there is any."""
    from harness.cli.output import console
    from harness.util.console import print_list

    damaged = [f"{path}: missing, or not what the index says" for path in corpus.damaged]
    heading = "files of the corpus that cannot be trusted:"
    print_list(console, heading, first_lines(damaged, MOST_DAMAGED))
    print_list(console, "not known; the next run tries again:", failures)
    if failures or damaged or unknown:
        sys.exit(ExitCode.UNKNOWN)
