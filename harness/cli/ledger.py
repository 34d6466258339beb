"""The command ``ledger``: what each release writes into configs, and which others accept it."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click
from packaging.version import InvalidVersion, Version

from harness.cli import options
from harness.environments.builder import EnvironmentBuilder
from harness.exchange.ledger import store as ledger_store
from harness.exchange.ledger.ledger import Ledger
from harness.exchange.ledger.run import missing_for, run_ledgers
from harness.exchange.ledger.store import StoredLedgers
from harness.execution.sessions import SessionReport
from harness.releases.catalogue import Catalogue
from harness.releases.pair import Pair
from harness.releases.pair_rules import PairRules
from harness.releases.specifiers import nearest_versions
from harness.util.errors import ExitCode, UsageError
from harness.util.escaping import printable
from harness.util.invocation import command_line
from harness.util.paths import LEDGERS

#: The releases without ``--keras``: since then, Keras is a package of its own.
DEFAULT_RELEASES = ">=2.6"


@click.command("ledger")
@click.option("--keras", metavar="SPEC", help="Make the ledgers of these Keras releases only.")
@options.jobs_option("Ask up to N releases at a time.")
@click.option("--rerun", is_flag=True, help="Make known ledgers again, too.")
@click.option("--list", "only_list", is_flag=True, help="List what is not known; run nothing.")
@click.option(
    "--from",
    "writer",
    metavar="VERSION",
    help="With --to: show, from stored ledgers, which keys this release writes that the other one "
    "does not accept.",
)
@click.option("--to", "reader", metavar="VERSION", help="With --from: the other release.")
def command(
    keras: str | None,
    jobs: int,
    rerun: bool,
    only_list: bool,
    writer: str | None,
    reader: str | None,
) -> None:
    """Make the ledgers of releases, or compare two of them.

    The ledger of a release says which keys its built-in classes write into configs, and which they
    accept. Each release also reads what the others write.
    """
    if (writer is None) != (reader is None):
        raise UsageError("--from and --to belong together: --from 3.15.1 --to 3.12.4")
    if writer is not None and reader is not None:
        if keras or rerun or only_list:
            raise UsageError("--from and --to show stored ledgers; give them alone")
        _compare(writer, reader)
        return
    rules = PairRules(Catalogue.load())
    pairs = rules.select(keras=keras or DEFAULT_RELEASES)
    if only_list:
        _print_missing(pairs, EnvironmentBuilder(rules))
    else:
        _make(pairs, jobs, rerun=rerun)


def _make(pairs: Sequence[Pair], jobs: int, *, rerun: bool) -> None:
    """Make the ledgers; then let the releases that were run first read those made after them."""
    failed: dict[Pair, SessionReport] = {}
    to_run = list(pairs) if rerun else _incomplete(pairs)
    for is_rerun in (rerun, False):
        reports = _run(to_run, jobs, rerun=is_rerun)
        failed |= {report.pair: report for report in reports if report.code}
        to_run = [pair for pair in _incomplete(pairs) if pair not in failed]
    ledger_store.remove_unused_objects()
    stored = ledger_store.read_all()
    known = [pair for pair in pairs if not missing_for(pair, stored)]
    click.echo(f"{len(known)} of {len(pairs)} releases are known, in {LEDGERS}")
    for report in failed.values():
        click.echo(printable(f"not known: {report.pair.id}: {report.reason}"), err=True)
    for damage in stored.damaged:
        click.echo(printable(str(damage)), err=True)
    if len(known) < len(pairs) or stored.damaged:
        sys.exit(ExitCode.UNKNOWN)


def _run(pairs: Sequence[Pair], jobs: int, *, rerun: bool) -> list[SessionReport]:
    from harness.cli.output import console
    from harness.cli.progress import PairProgress

    if not pairs:
        return []
    progress = PairProgress(console, len(pairs))
    with progress.shown():
        return run_ledgers(pairs, progress.on_event, workers=jobs, rerun=rerun)


def _incomplete(pairs: Sequence[Pair]) -> list[Pair]:
    stored = ledger_store.read_all()
    return [pair for pair in pairs if missing_for(pair, stored)]


def _print_missing(pairs: Sequence[Pair], builder: EnvironmentBuilder) -> None:
    stored = ledger_store.read_all()
    for pair in pairs:
        missing = missing_for(pair, stored)
        environment = "ready" if builder.ready(pair) else "to be made"
        own = "to be made" if missing.ledger else "known"
        click.echo(
            f"{pair.id:48} ledger {own:10}  {len(missing.writers):3} other ledgers to read   "
            f"environment {environment}"
        )
    for damage in stored.damaged:
        click.echo(printable(str(damage)), err=True)


def _compare(writer: str, reader: str) -> None:
    from harness.cli.output import console
    from harness.report.ledger_text import print_comparison

    stored = ledger_store.read_all()
    wrote, reads = _ledger_named(writer, stored), _ledger_named(reader, stored)
    print_comparison(console, *stored.compare(wrote, reads))


def _ledger_named(text: str, stored: StoredLedgers) -> Ledger:
    """The stored ledger of a release.

    Raises:
        UsageError: there is none; the message names the nearest.
    """
    try:
        version = Version(text)
    except InvalidVersion:
        raise UsageError(f"{text!r} is not a version; example: 3.15.1") from None
    ledger = stored.ledger_of(version)
    if ledger is None:
        known = [each.pair.keras for each in stored.ledgers]
        nearest = " and ".join(map(str, nearest_versions(version, known)))
        advice = f"; the nearest: {nearest}" if nearest else ""
        raise UsageError(
            f"there is no ledger of Keras {version}{advice}; if it is a release, "
            f"{command_line('ledger', '--keras', str(version))} makes its ledger"
        )
    return ledger
