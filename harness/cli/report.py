"""The command ``report``: makes the site and the tables from the stored results."""

from __future__ import annotations

import sys

import click

from harness.cli import options
from harness.cli.output import console, print_left_out, print_report_path, publish_with_status
from harness.releases.catalogue import Catalogue
from harness.releases.pair_rules import PairRules
from harness.report.publish import read_stored
from harness.report.tables import outdated, write_readme
from harness.util.console import print_list
from harness.util.errors import ExitCode, UsageError
from harness.util.invocation import command_line
from harness.util.paths import IS_LIBRARY, STATE


@click.command("report")
@click.option("--check", is_flag=True, help="Write nothing; list the files that are out of date.")
@options.cases
def command(check: bool) -> None:
    """Make the site, the tables and the README's table from the stored results."""
    rules = PairRules(Catalogue.load())
    is_committed = STATE is None and IS_LIBRARY
    if check and not is_committed:
        raise UsageError("--check is for the files that a checkout has committed")
    if check:
        stored = read_stored(rules)
        stale_files = outdated(stored.tables)
        print_list(
            console, f"out of date; {command_line('report')} writes them again:", stale_files
        )
    else:
        stored, index_page = publish_with_status(rules)
        if is_committed:
            write_readme(stored.tables)
        print_report_path(index_page)
        stale_files = []
    print_left_out(stored)
    if stale_files or stored.damaged:
        sys.exit(ExitCode.UNKNOWN)
