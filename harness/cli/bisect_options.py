"""The options of ``bisect``, each declared once.

A field of `BisectOptions` carries the click parameter that fills it. The parameters of the command
and the reproducing command line follow from these fields; `bisect_checks` refuses what does not go
together.
"""

# ruff: noqa: RUF009 - `_option` returns the field of a dataclass, not a value

from __future__ import annotations

from collections.abc import Callable
from dataclasses import Field, dataclass, field, fields
from operator import attrgetter
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from harness.bisect.axes import AXES
from harness.bisect.bisection import LEVELS
from harness.bisect.question import FINDS, Question
from harness.cli import options as shared
from harness.results.model import CELL_OUTCOMES, SCRIPT_OUTCOMES
from harness.util.invocation import command_line
from harness.util.paths import CASE_FOLDERS, IS_LIBRARY

#: How the value of an option is written in the reproducing command; None leaves the option out.
Shown = Callable[[Any], str] | None

#: Stands for the place of a clone, which differs from machine to machine.
_CLONE = "CLONE"


def _option(*names: str, shown: Shown = str, **settings: Any) -> Any:
    """Declare a field that an option of click fills."""
    return _field(click.Option(names, **settings), shown)


def _shared(decorator: Callable[[click.Command], click.Command]) -> Any:
    """Declare a field that an option shared with other commands fills."""
    (parameter,) = decorator(click.Command(None)).params
    return _field(parameter, None)


def _field(parameter: click.Parameter, shown: Shown) -> Any:
    """A field whose default is the value that click gives where the parameter is absent."""
    empty = click.Command(None, params=[parameter]).make_context(None, [])
    metadata = {"parameter": parameter, "shown": shown}
    return field(default=empty.params[str(parameter.name)], metadata=metadata)


_BOUND = "a version, a minor release such as 3.6 (its newest patch), or a date such as 2024-10-23"


@dataclass(frozen=True)
class BisectOptions:
    """The options of one run; ``given`` names those that were given explicitly."""

    name: str | None = _field(click.Argument(["name"], metavar="[CASE]", required=False), str)
    script: Path | None = _option(
        "--script",
        metavar="FILE",
        type=click.Path(exists=True, dir_okay=False, resolve_path=True, path_type=Path),
        help="Bisect this script instead of a case.",
        shown=attrgetter("name"),
    )
    file: Path | None = _option(
        "--file",
        metavar="FILE",
        type=click.Path(exists=True, resolve_path=True, path_type=Path),
        help="Bisect how this saved model of yours is read, in a sandbox.",
        shown=attrgetter("name"),
    )
    code: Path | None = _option(
        "--code",
        metavar="FILE.py",
        type=click.Path(exists=True, dir_okay=False, resolve_path=True, path_type=Path),
        help="With --file: the code of its own classes, as for the command file.",
        shown=attrgetter("name"),
    )
    trust: bool = _option(
        "--trust",
        is_flag=True,
        help="With --file: read it without a sandbox; code in it then runs with your rights.",
    )
    format_name: str | None = _option(
        "--format",
        "format_name",
        metavar="NAME",
        help="The format to save the case in; by default the first one that the case has.",
    )
    find: str = _option(
        "--find",
        type=click.Choice(FINDS),
        default="change",
        show_default=True,
        help="Look for any change, for the release that introduced the behaviour (broken), or for "
        "the release that ended it (fixed).",
    )
    old: str | None = _option("--old", metavar="VERSION|DATE", help=f"The older bound: {_BOUND}.")
    new: str | None = _option(
        "--new",
        metavar="VERSION|DATE",
        help=f"The newer bound: {_BOUND}; by default the newest release.",
    )
    good: str | None = _option(
        "--good",
        metavar="VERSION|DATE",
        help="A release without the behaviour: the older bound, or the newer one with --find "
        "fixed.",
    )
    bad: str | None = _option(
        "--bad",
        metavar="VERSION|DATE",
        help="A release with the behaviour: the newer bound, or the older one with --find fixed.",
    )
    outcomes: tuple[str, ...] = _option(
        "--outcome",
        "outcomes",
        multiple=True,
        type=click.Choice((*CELL_OUTCOMES, *SCRIPT_OUTCOMES)),
        help="Look for a behaviour with this outcome; repeat the option to allow several.",
    )
    type_: str = _option(
        "--type", "type_", default="", metavar="NAME", help="Look for an exception of this type."
    )
    message: str = _option(
        "--message",
        default="",
        metavar="REGEX",
        help="Look for an exception whose message matches this regular expression.",
    )
    exit_code: int | None = _option(
        "--exit-code",
        type=click.IntRange(1, 255),
        metavar="N",
        help="Look for a script that ends with this exit status.",
    )
    package: str = _option(
        "--axis",
        "package",
        type=click.Choice(AXES),
        default="keras",
        show_default=True,
        help="What to search along: the releases of a package, the versions of Python, or the "
        "readers or writers of files.",
    )
    writer: str | None = _option(
        "--writer",
        metavar="VERSION",
        help="With --axis reader: the Keras release that wrote the file.",
    )
    reader: str | None = _option(
        "--reader",
        metavar="VERSION",
        help="With --axis writer: the Keras release that reads the files.",
    )
    keras: str | None = _option(
        "--keras",
        metavar="SPEC",
        help="Use this Keras release throughout, with --axis tensorflow or --axis python.",
    )
    tensorflow: str | None = _option(
        "--tensorflow",
        metavar="SPEC",
        help="Use this TensorFlow release throughout, instead of the one that was current when "
        "each Keras was released.",
    )
    python: str | None = _option(
        "--python", metavar="X.Y", help="Use this version of Python throughout."
    )
    added: tuple[str, ...] = _option(
        "--with",
        "added",
        multiple=True,
        metavar="PACKAGE",
        help="Also install this package in every environment; repeat the option for several.",
    )
    every: bool = _option(
        "--all",
        "every",
        is_flag=True,
        help="Find every change between the bounds; this tests every release.",
    )
    flaky: bool = _option(
        "--flaky",
        is_flag=True,
        help="The behaviour occurs only in some runs: test releases repeatedly, and find where its "
        "probability changed.",
    )
    confidence: float = _option(
        "--confidence",
        type=click.FloatRange(0.5, 0.999),
        default=0.95,
        show_default=True,
        help="With --flaky, stop when the place of the change has this probability.",
    )
    trials: int = _option(
        "--trials",
        type=click.IntRange(min=1),
        default=200,
        show_default=True,
        help="With --flaky, stop after this many trials.",
    )
    level: str = _option(
        "--level",
        type=click.Choice(LEVELS),
        default="release",
        show_default=True,
        help="Narrow the change down to a release, to a daily build (nightly), or to a commit.",
    )
    repo: str | None = _option(
        "--repo",
        metavar="PATH|URL",
        help="The clone of Keras that --level commit reads; a URL is cloned first.",
        shown=lambda _: _CLONE,
    )
    jobs: int = _shared(shared.jobs)
    timeout: float = _shared(shared.timeout)
    no_fork_server: bool = _shared(shared.no_fork_server)
    rerun: bool = _option(
        "--rerun", is_flag=True, shown=None, help="Test releases again whose results are stored."
    )
    no_probe: bool = _option(
        "--no-probe", is_flag=True, shown=None, help="Use stored results alone, and run nothing."
    )
    log: Path | None = _option(
        "--log",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        shown=None,
        help="Write every result to this file, which --replay can read.",
    )
    replay: Path | None = _option(
        "--replay",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        metavar="FILE",
        shown=None,
        help="Take all results from a file that --log has written, and run nothing.",
    )
    page: Path | None = _option(
        "--markdown",
        "page",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        shown=None,
        help="Write the answer as Markdown to this file, instead of one in .nox/bisect/answers/.",
    )
    check: bool = _option(
        "--check",
        is_flag=True,
        shown=None,
        help="For CI: end with 3 if the newest release fails, or shows the behaviour, else with 0.",
    )
    patch: Path | None = _option(
        "--patch",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        shown=None,
        help="Where the newer release mends the behaviour, write the parts that do so as a patch "
        "for the older release to this file.",
    )
    publish: bool = _option(
        "--publish",
        is_flag=True,
        shown=None,
        help="Store the answer in reports/bisections/, where the report finds it.",
    )
    given: frozenset[str] = frozenset()

    @classmethod
    def from_context(cls, context: click.Context) -> BisectOptions:
        """The options of a command line that click has parsed."""
        given = {
            name
            for name in context.params
            if context.get_parameter_source(name) is ParameterSource.COMMANDLINE
        }
        return cls(**context.params, given=frozenset(given))

    @property
    def question(self) -> Question:
        """What is searched for; a flaky behaviour always appears or disappears.

        So does one whose bounds are named as good and bad.
        """
        has_sides = self.flaky or self.names_sides
        find = "broken" if has_sides and self.find == "change" else self.find
        return Question(find, self.outcomes, self.type_, self.message, self.exit_code)

    @property
    def bounds(self) -> tuple[str | None, str | None]:
        """The older and the newer bound, each as it was given."""
        if not self.names_sides:
            return self.old, self.new
        return (self.bad, self.good) if self.find == "fixed" else (self.good, self.bad)

    @property
    def names_sides(self) -> bool:
        """Whether the bounds are given by their behaviour."""
        return self.good is not None or self.bad is not None

    @property
    def command(self) -> str:
        """The command that asks the same question again, on any machine."""
        words = [] if IS_LIBRARY else [f"--cases={folder.name}" for folder in CASE_FOLDERS]
        for option in declared_fields():
            value, shown = getattr(self, option.name), option.metadata["shown"]
            if shown is not None and value != option.default:
                words += _words(option.metadata["parameter"], value, shown)
        return command_line("bisect", *words)


def declared_fields() -> list[Field[Any]]:
    """The fields that the command line fills, in the order of their declaration."""
    return [option for option in fields(BisectOptions) if option.metadata]


def parameters() -> list[click.Parameter]:
    """The parameters of the command."""
    return [
        *(option.metadata["parameter"] for option in declared_fields()),
        *shared.cases(click.Command(None)).params,
    ]


def _words(parameter: click.Parameter, value: Any, shown: Callable[[Any], str]) -> list[str]:
    """One option as words of a command line."""
    if isinstance(parameter, click.Argument):
        return [shown(value)]
    flag = long_name(parameter)
    if value is True:
        return [flag]
    values = value if parameter.multiple else [value]
    return [f"{flag}={shown(single)}" for single in values]


def long_name(parameter: click.Parameter) -> str:
    """The name of an option that begins with two dashes."""
    return max(parameter.opts, key=len)
