"""The command ``annotations``: the annotations against the change points."""

from __future__ import annotations

import sys

import click
from rich.console import Console

from harness.analysis.annotations import audit_annotations, read_annotations
from harness.analysis.histories import change_lines
from harness.releases.catalogue import Catalogue
from harness.releases.pair_rules import PairRules
from harness.report.publish import read_stored
from harness.util.console import print_list
from harness.util.errors import ExitCode


@click.command("annotations")
def command() -> None:
    """List annotations that explain no change point, and change points without an annotation."""
    known = read_annotations()
    tables = read_stored(PairRules(Catalogue.load()), known).tables
    audit = audit_annotations([view.changes for view in tables.natural.values()], known)
    stale = [f"{each.start} to {each.end}: {each.says}" for each in audit.stale]
    unexplained = [
        f"{' '.join(line[:4])}: {line[4]} / {line[5]}"
        for changes in audit.unexplained
        for line in change_lines(changes)
    ]
    console = Console()
    print_list(console, "annotations without a change point:", stale)
    print_list(console, "change points without an annotation:", unexplained)
    click.echo(
        f"{audit.explained} of {audit.total} change points are explained by "
        f"{len(known) - len(stale)} annotations; {len(stale)} annotations explain none"
    )
    if stale:
        sys.exit(ExitCode.UNKNOWN)
