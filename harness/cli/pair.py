"""The command ``pair``: runs one pair in this process."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

from harness.cli import options
from harness.environments.builder import EnvironmentBuilder
from harness.exchange.choice import Choice
from harness.exchange.ledger.run import run_ledger
from harness.execution.cases import Script
from harness.execution.events import BadCase, SessionEvent, Unknown, encode_session_event
from harness.execution.pair_processes import OnEvent
from harness.execution.request import Request
from harness.execution.run_pair import run_pair
from harness.execution.sessions import EVENTS_VARIABLE
from harness.releases.catalogue import Catalogue
from harness.releases.pair import Pair
from harness.releases.pair_rules import PairRules
from harness.results.model import SCRIPT, Result
from harness.util.errors import ExitCode, Fault, UsageError
from harness.util.escaping import printable
from harness.util.invocation import command_line
from harness.util.paths import CATALOGUE, CORPUS, EXCHANGE, RESULTS, STATE

if TYPE_CHECKING:
    from harness.exchange.reading import ReadRequest

_existing_file = click.Path(exists=True, dir_okay=False, resolve_path=True, path_type=Path)


@click.command("pair")
@click.argument(  # in a checkout part of the session's name, as usage messages show it
    "pair_id", metavar="" if STATE is None else "ID"
)
@click.option(
    "--script", metavar="FILE", type=_existing_file, help="Run this script instead of the cases."
)
@click.option(
    "--results",
    "folder",
    metavar="FOLDER",
    type=click.Path(file_okay=False, resolve_path=True, path_type=Path),
    help="Store the result here instead of in reports/results.",
)
@click.option(
    "--catalogue",
    "catalogue_file",
    metavar="FILE",
    default=CATALOGUE,
    type=_existing_file,
    help="Take the known releases from here instead of harness/releases/catalogue.json.",
)
@click.option(
    "--read", is_flag=True, help="Read the saved files of the corpus instead of running cells."
)
@click.option(
    "--writer",
    "writer_ids",
    metavar="PAIR",
    multiple=True,
    help="With --read: read only the files of this writer. Repeatable.",
)
@click.option(
    "--corpus",
    "corpus_folder",
    metavar="FOLDER",
    type=click.Path(file_okay=False, resolve_path=True, path_type=Path),
    help="With --read: read this corpus instead of reports/corpus.",
)
@click.option(
    "--undecided",
    "choice",
    flag_value=Choice.UNDECIDED,
    type=Choice,
    help="With --read: leave out the files that the releases before and after have read alike.",
)
@click.option(
    "--neighbours",
    "choice",
    flag_value=Choice.NEIGHBOURS,
    type=Choice,
    help="With --read: read only the release's own files, and those of the ones before and after.",
)
@click.option(
    "--ledger",
    "makes_ledger",
    is_flag=True,
    help="Make the ledger of the release instead of running cells; see the command ledger.",
)
@click.option(
    "--processes",
    metavar="N",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Run the cells in up to N processes at a time.",
)
@click.option("--vary", is_flag=True, help="Use a random hash seed, and do not run crashes again.")
@options.cells
@options.keep
def command(
    pair_id: str,
    script: Path | None,
    folder: Path | None,
    catalogue_file: Path,
    read: bool,
    writer_ids: tuple[str, ...],
    corpus_folder: Path | None,
    choice: Choice | None,
    makes_ledger: bool,
    processes: int,
    vary: bool,
    **cell_options: Any,
) -> None:
    """Run one pair: make its environment, run its unknown cells, store its result."""
    rules = PairRules(Catalogue.load(catalogue_file))
    pair = rules.named(pair_id)
    if makes_ledger:
        _make_ledger(pair, EnvironmentBuilder(rules), rerun=cell_options["rerun"])
        return
    if not read and (writer_ids or choice or corpus_folder):
        raise UsageError("--writer, --corpus, --undecided and --neighbours need --read")
    request = options.request(**cell_options)
    request = replace(request, folder=folder or RESULTS, processes=processes, vary=vary)
    if script:
        request = replace(request, cases=[Script(script.stem, script)], formats=[SCRIPT])
    if read:
        writers = [rules.named(writer_id) for writer_id in writer_ids]
        request = _read_request(request, writers, corpus_folder or CORPUS)
        if choice:
            request = _restricted(request, choice, pair, rules)
    has_parent = bool(os.environ.get(EVENTS_VARIABLE))
    on_event: OnEvent = _send if has_parent else _print_bad_case
    try:
        result = run_pair(pair, EnvironmentBuilder(rules), request, on_event)
    except (Fault, OSError) as fault:
        on_event(Unknown(str(fault)))
        raise
    if result.outcome:
        on_event(Unknown(f"{result.outcome}: {result.reason}"))
    if not has_parent and read:
        known = len(request.cells) - len(request.unknown_in(result))
        shown_by = command_line("exchange")
        click.echo(f"{known} of {len(request.cells)} files are read; {shown_by} shows them")
    elif not has_parent:
        _print_result(result, request, rules)
    if request.unknown_in(result):
        sys.exit(ExitCode.UNKNOWN)


def _read_request(request: Request, writers: Sequence[Pair], corpus_folder: Path) -> ReadRequest:
    """The request to read the files of these writers in a corpus, or of all."""
    from harness.exchange.corpus import open_corpus
    from harness.exchange.reading import ReadRequest

    folder = EXCHANGE if request.folder == RESULTS else request.folder
    corpus = open_corpus(corpus_folder)
    return ReadRequest.like(replace(request, folder=folder), corpus, writers or None)


def _restricted(request: ReadRequest, choice: Choice, pair: Pair, rules: PairRules) -> ReadRequest:
    from harness.exchange.planning import restricted  # it takes half a second to import

    return restricted(request, choice, pair, rules)


def _make_ledger(pair: Pair, builder: EnvironmentBuilder, *, rerun: bool) -> None:
    on_event: OnEvent = _send if os.environ.get(EVENTS_VARIABLE) else _print_bad_case
    try:
        run_ledger(pair, builder, on_event, rerun=rerun)
    except (Fault, OSError) as fault:
        on_event(Unknown(str(fault)))
        raise


def _send(event: SessionEvent) -> None:
    """Send an event to the process that started this session, on standard output."""
    print(encode_session_event(event), flush=True)


def _print_bad_case(event: SessionEvent) -> None:
    """Print which case file is wrong; a person at a terminal needs no other event."""
    if isinstance(event, BadCase):
        _tell_once(event.note)


@cache
def _tell_once(note: str) -> None:
    """Print a message once: a faulty case gives the same one in each of its formats."""
    click.echo(printable(note), err=True)


def _print_result(result: Result, request: Request, rules: PairRules) -> None:
    """Print the tables of the requested cells; where the pair can have no cells, why."""
    if result.outcome:
        click.echo(printable(f"{result.outcome}: {result.reason}"), err=True)
        return
    from harness.analysis.views import make_tables
    from harness.report.details import print_details

    keys = [cell.key for cell in request.cells]
    print_details(Console(), make_tables([result], rules), [result.pair], keys)
