"""The options that several commands share."""

from __future__ import annotations

import os

import click

#: Seconds of processor time that a cell may take, unless told otherwise.
TIMEOUT = 60.0

jobs = click.option(
    "-j", "--jobs", type=click.IntRange(min=1), default=os.cpu_count() or 1, show_default=True,
    metavar="N", help="Pairs at a time.",
)  # fmt: skip
timeout = click.option(
    "--timeout", default=TIMEOUT, show_default=True, metavar="SECONDS",
    type=click.FloatRange(min=0, min_open=True), help="Time limit of one cell.",
)  # fmt: skip
