"""The command ``annotations``: compares the annotations with the change points."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping, Sequence

import click
from rich.console import Console

from harness.analysis.annotations import (
    Annotation,
    AnnotationAudit,
    audit_annotations,
    read_annotations,
)
from harness.analysis.table_rows import CHANGE_COLUMNS, change_lines
from harness.cli import options
from harness.exchange.data import exchange_of
from harness.exchange.explained_changes import (
    audit_exchange_annotations,
    exchange_points,
    read_exchange_annotations,
    timeline_of,
)
from harness.releases.catalogue import Catalogue
from harness.releases.pair_rules import PairRules
from harness.report.publish import read_readings, read_stored
from harness.util.console import print_list
from harness.util.errors import ExitCode


@click.command("annotations")
@options.cases
def command() -> None:
    """List annotations that explain no change point, and change points without an annotation."""
    rules = PairRules(Catalogue.load())
    annotations = read_annotations()
    exchange_annotations = read_exchange_annotations()
    stored = read_stored(rules, annotations)
    natural = stored.tables.natural
    audit = audit_annotations([view.changes for view in natural.values()], annotations)
    unexplained = [
        _summary(dict(zip(CHANGE_COLUMNS, line, strict=True)))
        for changes in audit.unexplained
        if not changes.empty  # such a frame has no columns either
        for line in change_lines(changes)
    ]
    console = Console()
    _print_audit(console, "", audit, annotations, unexplained)
    exchange = exchange_of(read_readings()[0], stored.results, rules)
    points = exchange_points(exchange, timeline_of(rules))
    exchange_audit = audit_exchange_annotations(points, exchange_annotations)
    steps = [_step(*row) for row in _steps(exchange_audit)]
    _print_audit(console, " of exchanges", exchange_audit, exchange_annotations, steps)
    if audit.stale or exchange_audit.stale:
        sys.exit(ExitCode.UNKNOWN)


def _print_audit(
    console: Console,
    about: str,
    audit: AnnotationAudit,
    annotations: Sequence[Annotation],
    unexplained: Sequence[str],
) -> None:
    stale = [
        f"{annotation.start} to {annotation.end}: {annotation.says}" for annotation in audit.stale
    ]
    print_list(console, f"annotations{about} without a change point:", stale)
    print_list(console, f"change points{about} without an annotation:", unexplained)
    click.echo(
        f"{audit.explained} of {audit.total} change points{about} are explained by "
        f"{len(annotations) - len(stale)} annotations; {len(stale)} annotations explain none"
    )


def _steps(audit: AnnotationAudit) -> list[tuple[str, str, str, int]]:
    """How many change points of exchanges are not explained, by axis and releases."""
    (rows,) = audit.unexplained
    counts = Counter(zip(rows["axis"], rows["from"], rows["to"], strict=True))
    return sorted((*step, number) for step, number in counts.items())


def _step(axis: str, start: str, end: str, number: int) -> str:
    return f"{axis} {start} to {end}: {number}"


def _summary(change: Mapping[str, str]) -> str:
    """One line on a change point, given its `CHANGE_COLUMNS`."""
    place = " ".join(change[column] for column in ("case", "format", "from", "to"))
    return f"{place}: {change['before']} / {change['after']}"
