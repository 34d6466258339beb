"""The options that several commands share."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from harness.execution.cases import all_cases
from harness.execution.request import Request
from harness.execution.sharding import Shard
from harness.releases.specifiers import matching_names
from harness.results.model import FORMATS
from harness.results.store import begin_with_published
from harness.util.errors import UsageError
from harness.util.own_cases import CASES_VARIABLE, LIBRARY, as_choice

Command = TypeVar("Command", bound=Callable[..., Any])

#: The default time limit of a cell, in seconds of processor time.
TIMEOUT = 60.0


def _choose_cases(context: click.Context, _: click.Parameter, folders: tuple[str, ...]) -> None:
    """Start this command again with these folders of cases, unless it has been.

    All paths of results follow from the folders, and sessions inherit the choice.
    """
    choice = as_choice(folders)
    if not folders or context.resilient_parsing:
        return
    if os.environ.get(CASES_VARIABLE) == choice:
        begin_with_published()
        return
    for name in folders:
        if name != LIBRARY and not any(Path(name).glob("*.py")):
            raise UsageError(f"there is no Python file, and so no case, in the folder {name}")
    os.environ[CASES_VARIABLE] = choice
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


cases = click.option(
    "--cases",
    metavar="DIR",
    multiple=True,
    is_eager=True,
    expose_value=False,
    callback=_choose_cases,
    help="Use the cases in this folder instead of those that come with keras-bisect, which are "
    "called `library`. Repeatable. The results are stored separately.",
)


def jobs_option(help_text: str) -> Callable[[Command], Command]:
    """The option for how many things are done at a time; ``help_text`` says which."""
    return click.option(
        "-j",
        "--jobs",
        type=click.IntRange(min=1),
        default=os.cpu_count() or 1,
        show_default=True,
        metavar="N",
        help=help_text,
    )


jobs = jobs_option(
    "Run up to N pairs at a time, or the cells of a single pair in up to N processes."
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
    help="Run only these cases; NAME is a glob. Repeatable.",
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
keep = click.option(
    "--keep",
    metavar="FOLDER",
    type=click.Path(file_okay=False, resolve_path=True, path_type=Path),
    help="Keep the files that the cells save, and what a reader must compute from each, in FOLDER.",
)
_prune = click.option("--prune", is_flag=True, help="Remove each environment after its run.")


def cells(function: Callable[..., None]) -> Callable[..., None]:
    """Add the options that choose the cells and how they are run; `request` takes their values."""
    options = (cases, _case, _format, timeout, _wheel, _rerun, _prune, no_fork_server)
    for option in reversed(options):  # the last one added is the first in the help
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
    keep: Path | None = None,
) -> Request:
    """The request that the options of `cells`, and perhaps `keep`, describe.

    Raises:
        UsageError: a glob matches no case or no format.
    """
    known = {case.name: case for case in all_cases()}
    cases = [known[name] for name in matching_names("case", case_globs, list(known))]
    for case in cases:
        case.check_statically()
    formats = matching_names("format", format_globs, FORMATS)
    return Request(
        cases, formats, timeout, wheel, rerun, prune, keep=keep, fork_server=not no_fork_server
    )
