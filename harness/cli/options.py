"""The options that several commands share."""

from __future__ import annotations

import os
from collections.abc import Callable

import click

from harness.execution.cases import all_cases
from harness.execution.request import Request
from harness.releases.specifiers import matching_names
from harness.results.model import FORMATS

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

no_fork_server = click.option(
    "--no-fork-server", is_flag=True, help="Import TensorFlow anew in each process."
)


def cells(function: Callable[..., None]) -> Callable[..., None]:
    """The options that say which cells are run, and how; `request` takes them."""
    for option in (
        click.option("--case", "case_globs", multiple=True, metavar="NAME",
                     help="Only these cases; a glob, repeatable."),
        click.option("--format", "format_globs", multiple=True, metavar="NAME",
                     help="Only these formats; a glob, repeatable."),
        timeout,
        click.option("--wheel", type=click.Choice(["tensorflow", "tensorflow-cpu"]),
                     help="The TensorFlow package, instead of the one for this machine."),
        click.option("--rerun", is_flag=True, help="Run what is known already, too."),
        click.option("--prune", is_flag=True, help="Remove each environment after its run."),
        no_fork_server,
    ):  # fmt: skip
        function = option(function)
    return function


def request(
    case_globs: tuple[str, ...],
    format_globs: tuple[str, ...],
    timeout: float,
    wheel: str | None,
    rerun: bool,
    prune: bool,
    no_fork_server: bool,
) -> Request:
    """What the options of `cells` ask for.

    Raises:
        UsageProblem: a case or format does not exist.
    """
    known = {case.name: case for case in all_cases()}
    cases = [known[name] for name in matching_names("case", case_globs, list(known))]
    formats = matching_names("format", format_globs, FORMATS)
    return Request(cases, formats, timeout, wheel, rerun, prune, fork_server=not no_fork_server)
