"""The command ``bisect``: from options to an exit code."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from harness.analysis.bisections import store_bisection
from harness.bisect.answer.console import BisectionConsole
from harness.bisect.answer.publishing import as_published
from harness.bisect.answer.summary import (
    BisectionSummary,
    as_markdown,
    summarize_result,
    summarize_trials,
)
from harness.bisect.axes import EXCHANGE_AXES, READER, Axis, Point, make_axis
from harness.bisect.bisection import Bisection, BisectionResult
from harness.bisect.commits import Clone
from harness.bisect.observation import Observation
from harness.bisect.oracles.exchange import ReaderOracle, WriterOracle
from harness.bisect.oracles.oracle import Oracle
from harness.bisect.oracles.replay import ReplayOracle
from harness.bisect.oracles.sessions import SessionOracle, StoredOracle
from harness.bisect.scripts import check_script, package_missing_everywhere
from harness.bisect.search import SearchStatus
from harness.bisect.trials import Trials, try_until_sure
from harness.cli.bisect_checks import check_options
from harness.cli.bisect_options import BisectOptions, parameters
from harness.environments.builder import EnvironmentBuilder
from harness.environments.sandbox import Sandbox, Trusted, find_sandbox
from harness.exchange.saved_files import EXCHANGED_FORMATS
from harness.execution.cases import Case, Script, all_cases
from harness.execution.request import Request
from harness.releases.catalogue import Catalogue
from harness.releases.pair import Pair
from harness.releases.pair_rules import PairRules
from harness.releases.specifiers import only_name
from harness.results.model import SCRIPT
from harness.userfile.facts import FileFacts, NotAModelFile
from harness.userfile.file_oracle import UserFile, file_oracle
from harness.userfile.reading import facts_about
from harness.util.errors import ExitCode, UsageError
from harness.util.files import write_atomically
from harness.util.paths import WORK
from harness.util.wording import counted

ANSWERS = WORK / "bisect" / "answers"


@click.pass_context
def _main(context: click.Context, /, **_: Any) -> None:
    options = BisectOptions.from_context(context)
    check_options(options)
    code = BisectRun(options).run()
    if code:
        sys.exit(code)


command = click.Command(
    "bisect",
    params=parameters(),
    callback=_main,
    help="Find the release, the day and the commit where a behaviour changed.",
)


class BisectRun:
    """One run of the command, with everything that its steps share.

    Raises:
        UsageError: a name, a bound, the script or the clone is wrong.
        Fault: the clone cannot be made.
    """

    def __init__(self, options: BisectOptions) -> None:
        self.options = options
        self.question = options.question
        self.rules = PairRules(Catalogue.load())
        self.case, self.format = _case_and_format(options)
        package = "keras" if options.package in EXCHANGE_AXES else options.package
        self.axis = make_axis(
            self.rules, package, keras=options.keras, tensorflow=options.tensorflow,
            python=options.python, added=options.added,
        )  # fmt: skip
        self.partner = self._partner()
        self.low, self.high = _bounds(self.axis, options)
        self.clone = Clone(options.repo) if options.repo else None
        self.request = Request(
            [self.case], [self.format], options.timeout, fork_server=not options.no_fork_server
        )
        self.screen = BisectionConsole(Console(), self.case, options.log, sys.argv[2:])

    def _partner(self) -> Pair | None:
        """The pair that writes for all readers, or reads for all writers; None without exchange."""
        version = self.options.writer or self.options.reader
        if version is None:
            return None
        if self.format not in EXCHANGED_FORMATS:
            raise UsageError(
                f"files of the format {self.format} are not exchanged; "
                f"choose {', '.join(EXCHANGED_FORMATS)}"
            )
        return self.axis.at(version).pair

    def _subject(self) -> str:
        """The format, and for an exchange the release at its other end."""
        if self.partner is None:
            return self.format
        role = "written by" if self.options.package == READER else "read by"
        return f"{self.format}, {role} {self.partner.keras}"

    def run(self) -> ExitCode:
        """Bisect, and show, write and publish the answer."""
        oracle = self._oracle()
        with self.screen.status:
            if isinstance(oracle, SessionOracle) and self.options.flaky:
                summary, code = self._bisect_flaky(oracle)
            else:
                summary, code = self._bisect(oracle)
        self.screen.show(summary)
        subject = self._subject().replace(", ", ".").replace(" ", "-")
        page = self.options.page or ANSWERS / f"{self.case.name}.{subject}.md"
        write_atomically(page, as_markdown(summary, self.options.command))
        self.screen.line(f"{counted(oracle.probes, 'probe')}; Markdown: {page}")
        if self.options.publish:
            self._publish(summary)
        return code

    def _oracle(self) -> Oracle:
        """Where results come from: a log, what is stored, or sessions."""
        if self.options.replay:
            return ReplayOracle(self.options.replay, self.request)
        if self.partner:
            exchange_kind = ReaderOracle if self.options.package == READER else WriterOracle
            return exchange_kind(
                self.request, self.partner, EnvironmentBuilder(self.rules), self.screen.take,
                workers=self.options.jobs, rerun=self.options.rerun,
            )  # fmt: skip
        if isinstance(self.case, UserFile):
            return file_oracle(
                _facts(self.case.path), self.case, self.options.code, self.rules,
                _sandbox(trust=self.options.trust), self.screen.take,
                workers=self.options.jobs, seconds=self.options.timeout,
            )  # fmt: skip
        kind = StoredOracle if self.options.no_probe else SessionOracle
        return kind(
            self.request, EnvironmentBuilder(self.rules), self.screen.take,
            workers=self.options.jobs, rerun=self.options.rerun,
        )  # fmt: skip

    def _bisection(self, oracle: Oracle) -> Bisection:
        return Bisection(
            self.case, self._subject(), self.question, self.axis, oracle, self.rules,
            workers=self.options.jobs, stage=self.screen.stage,
        )  # fmt: skip

    def _bisect(self, oracle: Oracle) -> tuple[BisectionSummary, ExitCode]:
        """Search for a change that is not flaky."""
        bisection = self._bisection(oracle)
        result = bisection.run(
            self.low, self.high,
            every=self.options.every, level=self.options.level, clone=self.clone,
            patch=self.options.patch is not None,
        )  # fmt: skip
        wrong_bounds = self._contradicted_bounds(result)
        result.notes += wrong_bounds
        if result.patch and self.options.patch:
            write_atomically(self.options.patch, result.patch)
        if result.boundary is None and isinstance(self.case, Script):
            self._refuse_missing_package([observation for _, observation in result.walk.asked])
        summary = summarize_result(result, bisection)
        if self.options.check:
            return summary, self._code_of_newest(result)
        if result.boundary is not None:
            return summary, ExitCode.KNOWN
        is_wrong_way = result.walk.result.status in (SearchStatus.REVERSED, SearchStatus.OTHER)
        return summary, ExitCode.USAGE if is_wrong_way or wrong_bounds else ExitCode.UNKNOWN

    def _contradicted_bounds(self, result: BisectionResult) -> list[str]:
        """The bounds that turn out to be the opposite of what they were given as."""
        if not self.options.names_sides:
            return []
        bounds = zip((self.low, self.high), self.question.terms, strict=True)
        role_of = {point: role for point, role in bounds if point}
        return [
            f"{point} was given as {role_of[point]}, and is not"
            for point, seen in result.walk.asked
            if point in role_of
            and self.question.answer(seen) is not None
            and self.question.is_bad(seen) is not (role_of[point] == "bad")
        ]

    def _code_of_newest(self, result: BisectionResult) -> ExitCode:
        """Whether the newest release that was asked fails, or shows the behaviour."""
        _, newest = max(result.walk.asked, key=lambda asked: asked[0].version)
        if newest.signature is None:
            return ExitCode.UNKNOWN
        return ExitCode.WORSE if self.question.is_bad(newest) else ExitCode.KNOWN

    def _refuse_missing_package(self, observations: list[Observation]) -> None:
        """Raise `UsageError` where a missing package is why a script never ran."""
        if package := package_missing_everywhere(observations):
            raise UsageError(
                f"{self.case.path.name} needs {package}, which is not in the environments; add it "
                f"with --with PACKAGE (often --with {package})"
            )

    def _bisect_flaky(self, oracle: SessionOracle) -> tuple[BisectionSummary, ExitCode]:
        """Search for a change of probability."""
        bisection, options = self._bisection(oracle), self.options
        branch = self.axis.branch(self.high or self.axis.newest)
        if self.low is not None and self.low not in branch:
            raise UsageError(
                f"{self.low} and {branch[-1]} are on two branches; --flaky needs bounds on one"
            )
        trials = try_until_sure(
            branch[branch.index(self.low) if self.low else 0 :],
            self.question, oracle, self.case, self.format,
            confidence=options.confidence, most=options.trials, workers=options.jobs,
            tell=self._show_trials,
        )  # fmt: skip
        is_found = (
            len(trials.points) > 1
            and trials.posterior.likeliest > 0
            and trials.posterior.confidence >= options.confidence
        )
        code = ExitCode.KNOWN if is_found else ExitCode.UNKNOWN
        return summarize_trials(trials, options.confidence, bisection), code

    def _show_trials(self, trials: Trials) -> None:
        self.screen.stage(f"{trials.total} trials, confidence {trials.posterior.confidence:.0%}")

    def _publish(self, summary: BisectionSummary) -> None:
        answer = as_published(summary, self.options.command)
        if answer is None:
            raise UsageError(
                "no change between two releases was found, so --publish has nothing to store"
            )
        store_bisection(answer)


def _case_and_format(options: BisectOptions) -> tuple[Case, str]:
    """The case or script to run, and the name of the format.

    Raises:
        UsageError: there is no such case or format, or the script cannot be run.
    """
    if options.file is not None:
        return _file_and_kind(options.file, options.code)
    if options.script is not None:
        check_script(options.script)
        return Script(options.script.stem, options.script), SCRIPT
    cases = {case.name: case for case in all_cases()}
    case = cases[only_name("case", options.name or "", list(cases))]
    case.check_statically()
    if options.format_name is None:
        return case, case.formats[0]
    return case, only_name("format", options.format_name, case.formats)


def _file_and_kind(path: Path, code: Path | None) -> tuple[Case, str]:
    """A person's own file in the place of a case, and its format.

    Raises:
        UsageError: no release can make a model of it, or its code has an error.
    """
    if code is not None:
        check_script(code)
    facts = _facts(path)
    if facts.is_graph:
        raise UsageError(f"{path.name} is a graph, not a model: no release reads it")
    if facts.kind == "weights" and code is None:
        raise UsageError(
            f"{path.name} holds weights alone; give a function build(keras), which makes the "
            "model, with --code FILE.py"
        )
    return UserFile(path.stem, path, facts.kind), facts.kind


@cache
def _facts(path: Path) -> FileFacts:
    """The facts about a person's own file, which is described once.

    Raises:
        UsageError: it is no saved model.
    """
    try:
        return facts_about(path)
    except NotAModelFile as other:
        raise UsageError(f"{path.name} is {other}") from other


def _sandbox(*, trust: bool) -> Sandbox:
    """Where a file is read.

    Raises:
        UsageError: this machine has no sandbox.
    """
    found = Trusted() if trust else find_sandbox()
    if found is None:
        raise UsageError(
            "loading a file is running code, and this machine has no sandbox that holds; install "
            "bubblewrap, or give --trust if you trust the file"
        )
    return found


def _bounds(axis: Axis, options: BisectOptions) -> tuple[Point | None, Point | None]:
    """The points of the bounds; None where a bound was not given.

    Raises:
        UsageError: there is no such release, or nothing lies between the two.
    """
    low, high = options.bounds
    older = None if low is None else axis.at(low)
    newer = None if high is None else axis.at(high)
    end = newer or axis.newest
    if older and older.version == end.version:
        if newer is None:
            raise UsageError(f"{axis.package} {older} is the newest release: nothing is newer")
        raise UsageError(f"both bounds are {axis.package} {older}: there is nothing between them")
    if older and older.version > end.version:
        advice = "exchange the two"
        if options.names_sides:
            advice += f", or give --find {options.question.reversed.find}"
        raise UsageError(f"the older bound, {older}, is newer than {end}; {advice}")
    return older, newer
