"""The options that several commands share."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import click

from harness.execution.cases import all_cases
from harness.execution.request import Request
from harness.execution.sharding import Shard
from harness.releases.specifiers import matching_names
from harness.results.model import FORMATS

#: The default time limit of a cell, in seconds of processor time.
TIMEOUT = 60.0

jobs = click.option(
    "-j",
    "--jobs",
    type=click.IntRange(min=1),
    default=os.cpu_count() or 1,
    show_default=True,
    metavar="N",
    help="Run this many pairs at a time.",
)
shard = click.option("--shard", type=Shard.parse, metavar="K/N", help="Run only part K of N parts.")
timeout = click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=TIMEOUT,
    show_default=True,
    metavar="SECONDS",
    help="Limit the processor time of each cell.",
)
no_fork_server = click.option(
    "--no-fork-server", is_flag=True, help="Import TensorFlow anew in each process."
)
_case = click.option(
    "--case",
    "case_globs",
    multiple=True,
    metavar="NAME",
    help="Run only these cases, in this order; NAME is a glob. Repeatable.",
)
_format = click.option(
    "--format",
    "format_globs",
    multiple=True,
    metavar="NAME",
    help="Use only these formats; NAME is a glob. Repeatable.",
)
_wheel = click.option(
    "--wheel",
    type=click.Choice(["tensorflow", "tensorflow-cpu"]),
    help="Install this TensorFlow package instead of the default for this machine.",
)
_rerun = click.option("--rerun", is_flag=True, help="Run known cells again, too.")
_keep = click.option(
    "--keep",
    metavar="FOLDER",
    type=click.Path(file_okay=False, resolve_path=True, path_type=Path),
    help="Keep what the cells save in FOLDER, with what a reader must compute from it.",
)
_prune = click.option("--prune", is_flag=True, help="Remove each environment after its run.")


def cells(function: Callable[..., None]) -> Callable[..., None]:
    """Add the options that choose the cells and how they are run; `request` takes their values."""
    options = (_case, _format, timeout, _wheel, _rerun, _keep, _prune, no_fork_server)
    for option in reversed(options):  # the last one added is the first in the help
        function = option(function)
    return function


def request(
    case_globs: tuple[str, ...],
    format_globs: tuple[str, ...],
    timeout: float,
    wheel: str | None,
    rerun: bool,
    keep: Path | None,
    prune: bool,
    no_fork_server: bool,
) -> Request:
    """The request that the options of `cells` describe.

    Raises:
        UsageError: a glob matches no case or no format.
    """
    known = {case.name: case for case in all_cases()}
    cases = [known[name] for name in matching_names("case", case_globs, list(known))]
    formats = matching_names("format", format_globs, FORMATS)
    return Request(
        cases, formats, timeout, wheel, rerun, prune, keep=keep, fork_server=not no_fork_server
    )
