"""The command ``annotations``: compares the annotations with the change points."""

from __future__ import annotations

import sys
from collections.abc import Mapping

import click
from rich.console import Console

from harness.analysis.annotations import audit_annotations, read_annotations
from harness.analysis.histories import CHANGE_COLUMNS, change_lines
from harness.releases.catalogue import Catalogue
from harness.releases.pair_rules import PairRules
from harness.report.publish import read_stored
from harness.util.console import print_list
from harness.util.errors import ExitCode


@click.command("annotations")
def command() -> None:
    """List annotations that explain no change point, and change points without an annotation."""
    annotations = read_annotations()
    tables = read_stored(PairRules(Catalogue.load()), annotations).tables
    audit = audit_annotations([view.changes for view in tables.natural.values()], annotations)
    stale = [
        f"{annotation.start} to {annotation.end}: {annotation.says}" for annotation in audit.stale
    ]
    unexplained = [
        _summary(dict(zip(CHANGE_COLUMNS, line, strict=True)))
        for changes in audit.unexplained
        if not changes.empty  # such a frame has no columns either
        for line in change_lines(changes)
    ]
    console = Console()
    print_list(console, "annotations without a change point:", stale)
    print_list(console, "change points without an annotation:", unexplained)
    click.echo(
        f"{audit.explained} of {audit.total} change points are explained by "
        f"{len(annotations) - len(stale)} annotations; {len(stale)} annotations explain none"
    )
    if stale:
        sys.exit(ExitCode.UNKNOWN)


def _summary(change: Mapping[str, str]) -> str:
    """One line on a change point, given its `CHANGE_COLUMNS`."""
    place = " ".join(change[column] for column in ("case", "format", "from", "to"))
    return f"{place}: {change['before']} / {change['after']}"
