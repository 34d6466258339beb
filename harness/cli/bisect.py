"""The command ``bisect``: options in, exit code out."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from harness.analysis.bisections import store_bisection
from harness.bisect.axes import AXES, Axis, Point, make_axis
from harness.bisect.bisection import LEVELS, Bisection
from harness.bisect.commits import Clone
from harness.bisect.console import BisectionConsole
from harness.bisect.oracle import ReplayOracle, SessionOracle, StoredOracle
from harness.bisect.question import FINDS, Question
from harness.bisect.search import SearchStatus
from harness.bisect.summary import (
    BisectionSummary,
    as_markdown,
    as_published,
    lacks_package,
    summarize_result,
    summarize_trials,
)
from harness.bisect.trials import try_until_sure
from harness.cli import options as shared
from harness.environments.builder import EnvironmentBuilder
from harness.execution.cases import Case, Script, all_cases
from harness.execution.request import Request
from harness.releases.catalogue import NIGHTLY_PACKAGES, Catalogue
from harness.releases.pair_rules import PairRules
from harness.releases.specifiers import matching_names
from harness.results.model import CELL_OUTCOMES, SCRIPT, SCRIPT_OUTCOMES
from harness.util.errors import ExitCode, UsageError
from harness.util.files import write_atomically
from harness.util.paths import WORK

ANSWERS = WORK / "bisect" / "answers"


@click.command("bisect")
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
@click.option(
    "--exit-code",
    type=click.IntRange(1, 255),
    metavar="N",
    help="The behaviour: a script's exit status.",
)
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
@click.option("--flaky", is_flag=True, help="The behaviour shows only now and then.")
@click.option(
    "--confidence",
    type=click.FloatRange(0.5, 0.999),
    default=0.95,
    show_default=True,
    help="How sure to be, with --flaky.",
)
@click.option(
    "--trials",
    type=click.IntRange(min=1),
    default=200,
    show_default=True,
    help="At most so many, with --flaky.",
)
@click.option("--all", "every", is_flag=True, help="Every change between the bounds.")
@click.option(
    "--level",
    type=click.Choice(LEVELS),
    default="release",
    show_default=True,
    help="How deep to go.",
)
@click.option("--repo", metavar="PATH|URL", help="A Keras clone, for --level commit.")
@shared.jobs
@shared.timeout
@shared.no_fork_server
@click.option("--rerun", is_flag=True, help="Ask what is known, too.")
@click.option("--no-probe", is_flag=True, help="Answer from what is stored alone.")
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
@click.option("--publish", is_flag=True, help="Keep the answer for the report.")
def command(**options: Any) -> None:
    """Find the release, the day, the commit and the lines where a behaviour changed."""
    _run(Options(**options))


@dataclass(frozen=True)
class Options:
    """The options of the command, by the names above."""

    name: str | None
    script: Path | None
    added: tuple[str, ...]
    format_name: str | None
    find: str
    old: str | None
    new: str | None
    good: str | None
    bad: str | None
    outcomes: tuple[str, ...]
    type_: str
    message: str
    exit_code: int | None
    package: str
    keras: str | None
    tensorflow: str | None
    python: str | None
    flaky: bool
    confidence: float
    trials: int
    every: bool
    level: str
    repo: str | None
    jobs: int
    timeout: float
    no_fork_server: bool
    no_probe: bool
    rerun: bool
    log: Path | None
    replay: Path | None
    page: Path | None
    publish: bool

    @property
    def question(self) -> Question:
        """What is sought; a flaky behaviour is always one that comes in or goes away."""
        find = "broken" if self.flaky and self.find == "change" else self.find
        return Question(find, self.outcomes, self.type_, self.message, self.exit_code)

    @property
    def command(self) -> str:
        """The command that asks the same, without what only means something on this machine."""
        subject = f"--script={self.script.name}" if self.script else str(self.name)
        given: dict[str, object] = {
            "format": self.format_name, "find": self.find if self.find != "change" else None,
            "old": self.old, "new": self.new, "good": self.good, "bad": self.bad,
            "type": self.type_, "message": self.message, "exit-code": self.exit_code,
            "axis": self.package if self.package != "keras" else None, "keras": self.keras,
            "tensorflow": self.tensorflow, "python": self.python,
            "level": self.level if self.level != "release" else None,
            "repo": "CLONE" if self.repo else None,
        }  # fmt: skip
        words = ["nox", "-s", "bisect", "--", subject]
        words += [f"--{name}={value}" for name, value in given.items() if value not in (None, "")]
        words += [f"--outcome={each}" for each in self.outcomes]
        words += [f"--with={each}" for each in self.added]
        return shlex.join(words + ["--all"] * self.every + ["--flaky"] * self.flaky)

    @property
    def bounds(self) -> tuple[str | None, str | None]:
        """The older and the newer bound as they were given."""
        low, high = (self.bad, self.good) if self.find == "fixed" else (self.good, self.bad)
        return _one_of("older", self.old, low), _one_of("newer", self.new, high)


def _run(options: Options) -> None:
    _refuse_what_is_ignored(options)
    case, chosen = _subject(options.name, options.script, options.format_name)
    rules = PairRules(Catalogue.load())
    axis = make_axis(
        rules, options.package, keras=options.keras, tensorflow=options.tensorflow,
        python=options.python, added=options.added,
    )  # fmt: skip
    low, high = _bounds(axis, *options.bounds)
    clone = Clone(options.repo) if options.repo else None
    request = Request([case], [chosen], options.timeout, fork_server=not options.no_fork_server)
    replayed = ReplayOracle(options.replay, request) if options.replay else None
    screen = BisectionConsole(Console(), case, options.log, sys.argv[2:])
    asking = (StoredOracle if options.no_probe else SessionOracle)(
        request, EnvironmentBuilder(rules), screen.take, workers=options.jobs, rerun=options.rerun
    )
    bisection = Bisection(
        case, chosen, options.question, axis, replayed or asking, rules,
        workers=options.jobs, stage=screen.stage,
    )  # fmt: skip
    with screen.status:
        told, code = (
            _by_trials(bisection, options, asking, low, high, screen)
            if options.flaky
            else _by_answers(bisection, options, low, high, clone)
        )
    screen.show(told)
    page = options.page or ANSWERS / f"{case.name}.{chosen}.md"
    page.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(page, as_markdown(told, options.command))
    screen.line(f"{asking.probes} probes; as Markdown: {page}")
    if options.publish:
        _publish(told, options.command)
    if code:
        sys.exit(code)


def _publish(told: BisectionSummary, command: str) -> None:
    answer = as_published(told, command)
    if answer is None:
        raise UsageError("only where a case changed between two releases is there to --publish")
    store_bisection(answer)


def _refuse_what_is_ignored(options: Options) -> None:
    """Say so where an option has no meaning beside another.

    Raises:
        UsageProblem: there is such an option.
    """
    for is_so, told in (
        (options.level == "commit" and not options.repo,
         "--level commit needs --repo PATH or URL of a Keras clone"),
        (options.repo and options.level != "commit", "--repo is for --level commit"),
        (options.level == "commit" and options.package != "keras",
         "commits are those of Keras: --level commit needs --axis keras"),
        (options.level == "nightly" and options.package not in NIGHTLY_PACKAGES,
         f"there are no daily builds along {options.package}"),
        (options.flaky and (options.replay or options.no_probe or options.log),
         "--flaky asks anew, and keeps its trials; it takes no --log, --replay or --no-probe"),
        (options.flaky and (options.every or options.level != "release"),
         "--flaky finds one change of chance between releases; it takes no --all and no --level"),
        (options.replay and options.log, "--replay asks nothing, so there is nothing to --log"),
        (options.script and set(options.outcomes) - {"pass", "crash", "timeout", *SCRIPT_OUTCOMES},
         "a script comes to pass, crash, timeout, script-error or script-exit"),
        (options.name and (set(options.outcomes) & set(SCRIPT_OUTCOMES) or options.exit_code),
         "a case has no exit status: --exit-code and script outcomes are for --script"),
    ):  # fmt: skip
        if is_so:
            raise UsageError(told)


def _by_answers(
    bisection: Bisection, options: Options, low: Point | None, high: Point | None,
    clone: Clone | None,
) -> tuple[BisectionSummary, ExitCode]:  # fmt: skip
    answer = bisection.run(low, high, every=options.every, level=options.level, clone=clone)
    if options.script and answer.boundary is None and (name := lacks_package(answer)):
        raise UsageError(
            f"{options.script.name} needs {name}, which is not in the environments; add it with "
            f"--with PACKAGE (often --with {name})"
        )
    if answer.boundary is not None:
        return summarize_result(answer, bisection), ExitCode.KNOWN
    is_wrong = answer.walk.finding.verdict in (SearchStatus.REVERSED, SearchStatus.OTHER)
    return summarize_result(answer, bisection), ExitCode.USAGE if is_wrong else ExitCode.UNKNOWN


def _by_trials(
    bisection: Bisection, options: Options, oracle: SessionOracle,
    low: Point | None, high: Point | None, screen: BisectionConsole,
) -> tuple[BisectionSummary, ExitCode]:  # fmt: skip
    line = bisection.axis.line(high or bisection.axis.newest)
    if low is not None and low not in line:
        raise UsageError(f"{low} and {line[-1]} are on two lines; --flaky takes bounds on one")
    trials = try_until_sure(
        line[line.index(low) if low else 0 :],
        bisection.question, oracle, bisection.case, bisection.format,
        confidence=options.confidence, most=options.trials, workers=options.jobs,
        tell=lambda trials: screen.stage(
            f"{trials.total} trials, {trials.posterior.confidence:.0%}"
        ),
    )  # fmt: skip
    sure = len(trials.points) > 1 and trials.posterior.confidence >= options.confidence
    return (
        summarize_trials(trials, options.confidence, bisection),
        ExitCode.KNOWN if sure else ExitCode.UNKNOWN,
    )


def _subject(name: str | None, script: Path | None, format_name: str | None) -> tuple[Case, str]:
    """The case or script, and the format to run it in."""
    if (name is None) == (script is None):
        raise UsageError("name a case, or a script with --script")
    if script is not None:
        if format_name:
            raise UsageError("a script has no --format")
        _check_syntax(script)
        _check_company(script)
        return Script(script.stem, script), SCRIPT
    known = {case.name: case for case in all_cases()}
    case = known[matching_names("case", [name or ""], list(known))[0]]
    formats = case.formats
    return case, matching_names("format", [format_name] if format_name else [], formats)[0]


def _check_syntax(script: Path) -> None:
    try:
        compile(script.read_bytes(), script.name, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None) or 1
        raise UsageError(f"{script.name}, line {line}: {error}") from None


def _check_company(script: Path) -> None:
    """Refuse a script beside a folder that hides every release, as its own is first on the path."""
    for name in ("keras", "tensorflow", "tf_keras"):
        for path in (script.with_name(name), script.with_name(f"{name}.py")):
            if path.exists():
                raise UsageError(
                    f"{path.name} lies beside {script.name} and would hide every release; move the "
                    "script to a folder of its own"
                )


def _one_of(which: str, neutral: str | None, by_behaviour: str | None) -> str | None:
    if neutral is not None and by_behaviour is not None:
        raise UsageError(f"the {which} bound is given twice: {neutral} and {by_behaviour}")
    return by_behaviour if neutral is None else neutral


def _bounds(axis: Axis, low: str | None, high: str | None) -> tuple[Point | None, Point | None]:
    older, newer = (None if text is None else axis.at(text) for text in (low, high))
    if older is None:
        return None, newer
    end = newer or axis.newest
    if older.version == end.version:
        raise UsageError(f"both bounds are {axis.package} {older}: there is nothing between")
    if older.version > end.version:
        raise UsageError(
            f"the older bound, {older}, is newer than {end}: the bounds are swapped, or --find "
            "fixed is meant (the bad release is then the older one)"
        )
    return older, newer
