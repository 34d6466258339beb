"""The command ``bisect``: options in, exit code out."""

from __future__ import annotations

import json
import os
import shlex
import sys
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from harness.bisect.axes import AXES, Axis, Point, make_axis
from harness.bisect.bisection import LEVELS, Answer, Bisection
from harness.bisect.prober import Observed, Prober, ReplayedProber, SessionProber, log_line
from harness.bisect.question import FINDS, Question
from harness.bisect.search import Verdict
from harness.bisect.telling import facts, lines_in_words, markdown, shown_hunks
from harness.cases import SCRIPT, Case, Script, all_cases
from harness.catalogue import Catalogue
from harness.errors import Exit, UsageProblem
from harness.files import write_whole
from harness.pairs import Planner
from harness.paths import WORK
from harness.probe import Request
from harness.results import CELL_OUTCOMES, SCRIPT_OUTCOMES
from harness.selection import matching_names
from harness.untrusted import plain

TIMEOUT = 60.0
ANSWERS = WORK / "bisect" / "answers"


@click.command()
@click.argument("name", metavar="CASE", required=False)
@click.option(
    "--script",
    metavar="FILE",
    help="Bisect this script in the place of a case.",
    type=click.Path(exists=True, dir_okay=False, resolve_path=True, path_type=Path),
)
@click.option(
    "--with",
    "added",
    multiple=True,
    metavar="PACKAGE",
    help="Install this in every environment, too; repeatable.",
)
@click.option("--format", "format_name", metavar="NAME", help="The format of the case.")
@click.option(
    "--find",
    type=click.Choice(FINDS),
    default="change",
    show_default=True,
    help="Any change, or where the behaviour came in (broken) or went away (fixed).",
)
@click.option("--old", metavar="VERSION|DATE", help="The older bound.")
@click.option("--new", metavar="VERSION|DATE", help="The newer bound.")
@click.option("--good", metavar="VERSION|DATE", help="The same, by behaviour: the older bound,")
@click.option(
    "--bad", metavar="VERSION|DATE", help="and the newer; the other way for --find fixed."
)
@click.option(
    "--outcome",
    "outcomes",
    multiple=True,
    type=click.Choice((*CELL_OUTCOMES, *SCRIPT_OUTCOMES)),
    help="The behaviour: outcome.",
)
@click.option("--type", "type_", default="", metavar="NAME", help="The behaviour: exception type.")
@click.option("--message", default="", metavar="REGEX", help="The behaviour: message.")
@click.option("--exit-code", type=int, metavar="N", help="The behaviour: a script's exit status.")
@click.option(
    "--axis",
    "package",
    type=click.Choice(AXES),
    default="keras",
    show_default=True,
    help="Whose releases are searched.",
)
@click.option("--keras", metavar="SPEC", help="Fix Keras, on another axis.")
@click.option("--tensorflow", metavar="SPEC", help="Fix TensorFlow, instead of that of the day.")
@click.option("--python", metavar="X.Y", help="Fix Python.")
@click.option("--all", "every", is_flag=True, help="Every change between the bounds.")
@click.option(
    "--level",
    type=click.Choice(LEVELS),
    default="release",
    show_default=True,
    help="How deep to go.",
)
@click.option("--repo", metavar="PATH|URL", help="A Keras clone, for --level commit.")
@click.option(
    "-j",
    "--jobs",
    type=click.IntRange(min=1),
    default=os.cpu_count() or 1,
    show_default=True,
    help="Probes at a time.",
)
@click.option(
    "--timeout",
    default=TIMEOUT,
    show_default=True,
    metavar="SECONDS",
    type=click.FloatRange(min=0, min_open=True),
    help="Time limit of one probe.",
)
@click.option(
    "--log",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write every answer there, for --replay.",
)
@click.option(
    "--replay",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Take the answers from a log and probe nothing.",
)
@click.option("--markdown", "page", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Where the Markdown goes.")  # fmt: skip
def bisect(
    name: str | None, script: Path | None, added: tuple[str, ...], format_name: str | None,
    find: str, old: str | None,
    new: str | None,
    good: str | None,
    bad: str | None,
    outcomes: tuple[str, ...], type_: str,
    message: str, exit_code: int | None, package: str, keras: str | None, tensorflow: str | None,
    python: str | None, every: bool, level: str, repo: str | None, jobs: int, timeout: float,
    log: Path | None, replay: Path | None, page: Path | None,
) -> None:  # fmt: skip
    """Find the release, the day, the commit and the lines where a behaviour changed."""
    if level == "commit" and not repo:
        raise UsageProblem("--level commit needs --repo PATH or URL of a Keras clone")
    case, chosen = _subject(name, script, format_name)
    planner = Planner(Catalogue.load())
    axis = make_axis(
        planner, package, keras=keras, tensorflow=tensorflow, python=python, added=added
    )
    question = Question(find, outcomes, type_, message, exit_code)
    if question.find == "fixed":
        good, bad = bad, good
    bounds = _bounds(axis, _one_of("older", old, good), _one_of("newer", new, bad))
    console = Console()
    teller = _Teller(console, axis, case, log)
    prober: Prober = (
        ReplayedProber(replay, teller)
        if replay
        else SessionProber(Request([case], [chosen], timeout), teller, workers=jobs)
    )
    bisection = Bisection(
        case, chosen, question, axis, prober, planner,
        workers=jobs, limit=timeout, stage=teller.stage,
    )  # fmt: skip
    with teller.status:
        answer = bisection.run(*bounds, every=every, level=level, repo=repo)
    command = shlex.join(["nox", "-s", "bisect", "--", *_own_arguments()])
    _print(console, answer, bisection)
    page = page or ANSWERS / f"{case.name}.md"
    page.parent.mkdir(parents=True, exist_ok=True)
    write_whole(page, markdown(answer, bisection, command))
    console.print(
        f"probes: {answer.probes}; as Markdown: {page}",
        markup=False, highlight=False, soft_wrap=True,
    )  # fmt: skip
    if answer.boundary is None:
        sys.exit(Exit.USAGE if answer.walk.finding.verdict is Verdict.REVERSED else Exit.UNKNOWN)


def _own_arguments() -> list[str]:
    return sys.argv[sys.argv.index("bisect") + 1 :] if "bisect" in sys.argv else []


def _subject(name: str | None, script: Path | None, format_name: str | None) -> tuple[Case, str]:
    """The case or script, and the format to run it in."""
    if (name is None) == (script is None):
        raise UsageProblem("name a case, or a script with --script")
    if script is not None:
        if format_name:
            raise UsageProblem("a script has no --format")
        _check_syntax(script)
        return Script(script.stem, script), SCRIPT
    known = {case.name: case for case in all_cases()}
    case = known[matching_names("case", [name or ""], list(known))[0]]
    formats = case.formats
    return case, matching_names("format", [format_name] if format_name else [], formats)[0]


def _check_syntax(script: Path) -> None:
    try:
        compile(script.read_bytes(), script.name, "exec")
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        raise UsageProblem(f"{script.name}, line {line}: {error}") from None


def _one_of(which: str, neutral: str | None, by_behaviour: str | None) -> str | None:
    if neutral and by_behaviour:
        raise UsageProblem(f"the {which} bound is given twice: {neutral} and {by_behaviour}")
    return neutral or by_behaviour


def _bounds(axis: Axis, low: str | None, high: str | None) -> tuple[Point | None, Point | None]:
    older, newer = (axis.at(text) if text else None for text in (low, high))
    if older is None:
        return None, newer
    end = newer or axis.newest
    if older.version == end.version:
        raise UsageProblem(f"both bounds are {axis.package} {older}: there is nothing between")
    if older.version > end.version:
        raise UsageProblem(
            f"the older bound, {older}, is newer than {end}: the bounds are swapped, or --find "
            "fixed is meant (the bad release is then the older one)"
        )
    return older, newer


class _Teller:
    """Shows what goes on, and writes it to a log."""

    def __init__(self, console: Console, axis: Axis, case: Case, log: Path | None) -> None:
        self._console = console
        self._package = axis.package
        self._case = case
        self._log = log
        self._logged: set[str] = set()
        self.status = console.status("")
        if log:
            log.parent.mkdir(parents=True, exist_ok=True)
            write_whole(log, json.dumps({"asked": _own_arguments()}) + "\n")

    def stage(self, name: str) -> None:
        """What is worked at."""
        self.status.update(Text(name))
        if not self._console.is_terminal:
            self._console.print(f"{name} …", markup=False, highlight=False)

    def __call__(self, how: str, observed: Observed) -> None:
        """Take one answer."""
        if self._log:
            with self._log.open("a", encoding="utf-8") as file:
                file.write(log_line(observed))
        _stop_for_the_scripts_own_fault(self._case, observed)
        if how == "probed":
            self._console.print(
                f"  {observed.pair.id}: {plain(observed.words)}",
                markup=False, highlight=False, soft_wrap=True,
            )  # fmt: skip


def _stop_for_the_scripts_own_fault(case: Case, observed: Observed) -> None:
    """Say at once what no release can be the reason of.

    Raises:
        UsageProblem: the script asks for a package that Keras and TensorFlow do not bring.
    """
    error: Any = observed.cell.error if observed.cell and isinstance(case, Script) else None
    if not error or error["type"] != "ModuleNotFoundError":
        return
    missing = error["message"].partition("'")[2].partition("'")[0].partition(".")[0]
    own = {"keras", "tensorflow", "tf_keras"}
    if missing not in own and [frame[0] for frame in error["frames"]][-1:] == ["__main__"]:
        raise UsageProblem(
            f"{case.path.name} needs {missing}, which is not in the environments; add it with "
            f"--with PACKAGE (often --with {missing})"
        )


def _print(console: Console, answer: Answer, bisection: Bisection) -> None:
    title = f"{bisection.case.name} ({bisection.format}), {bisection.question}"
    console.print(title, style="bold", markup=False, highlight=False)
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for fact in facts(answer, bisection):
        if console.is_terminal:
            table.add_row(Text(f"  {plain(fact.about)}", style="cyan"), Text(plain(fact.says)))
        else:
            line = f"  {plain(fact.about)}: {plain(fact.says)}"
            console.print(line, markup=False, highlight=False, soft_wrap=True)
    console.print(table)
    for hunk in shown_hunks(answer):
        console.print(f"\n{hunk.file}: {hunk.function}", style="bold", markup=False)
        console.print(Syntax(hunk.diff, "diff", background_color="default", word_wrap=True))
    if words := lines_in_words(answer):
        console.print(words, markup=False, highlight=False)
