"""The command ``watch``: options in, exit code out."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from functools import partial
from pathlib import Path
from typing import Any

import click
from filelock import FileLock
from rich.console import Console

from harness.analysis.change_kinds import ChangeKind
from harness.bisect.commits import Clone
from harness.cli import options as shared
from harness.cli.progress import run_with_progress
from harness.environments.builder import EnvironmentBuilder
from harness.execution.cases import all_cases
from harness.execution.request import Request
from harness.execution.run_plan import make_plan
from harness.execution.sessions import SessionReport, run_sessions
from harness.releases.catalogue import Catalogue
from harness.releases.pair import Pair
from harness.releases.pair_rules import PairRules
from harness.releases.pypi import read_index
from harness.releases.specifiers import matching_releases
from harness.results import store
from harness.results.model import FORMATS, Result
from harness.util.console import print_list
from harness.util.errors import UsageError
from harness.util.files import write_atomically
from harness.util.paths import LOCKS, PROBES, WORK
from harness.watch.acknowledgements import (
    apply_acknowledgements,
    read_acknowledgements,
    stale_acknowledgements,
)
from harness.watch.bisecting import Bisector
from harness.watch.comparison import Comparison, compare_with_baseline
from harness.watch.console import print_summary
from harness.watch.formats import as_json, as_junit, as_markdown
from harness.watch.news import News, WatchItem, find_news
from harness.watch.summary import DifferenceGroup, WatchSummary, groups

#: The releases of the index, for the sessions of a watch that asked it.
ASKED = WORK / "watch" / "catalogue.json"
#: So many regressions of one watched pair are bisected, those that changed alike as one.
MOST_BISECTED = 5

console = Console()

_day = click.DateTime(["%Y-%m-%d"])
_file = click.Path(dir_okay=False, path_type=Path)


@click.command("watch")
@click.option(
    "--since",
    type=_day,
    metavar="DAY",
    help="Held against the index at the end of that day, instead of the catalogue.",
)
@click.option("--until", type=_day, metavar="DAY", help="The index at the end of that day.")
@click.option("--nightly", is_flag=True, help="The newest daily builds, too.")
@click.option(
    "--frozen",
    multiple=True,
    metavar="SPEC",
    help="Keras releases to run with every new TensorFlow, too; repeatable.",
)
@click.option("--bisect", "bisects", is_flag=True, help="Bisect the regressions.")
@click.option("--repo", metavar="PATH|URL", help="A Keras clone, for --bisect down to the commit.")
@click.option("--markdown", "page", type=_file, metavar="FILE", help="Write a summary there.")
@click.option("--junit", "suites", type=_file, metavar="FILE", help="Write JUnit XML there.")
@click.option("--json", "document", type=_file, metavar="FILE", help="Write JSON there.")
@shared.jobs
@shared.cells
def command(
    since: datetime | None,
    until: datetime | None,
    nightly: bool,
    frozen: tuple[str, ...],
    bisects: bool,
    repo: str | None,
    page: Path | None,
    suites: Path | None,
    document: Path | None,
    jobs: int,
    **asked: Any,
) -> None:
    """Run the cases on what is new on the index, and say what it makes worse."""
    if repo and not bisects:
        raise UsageError("--repo is for --bisect")
    clone = Clone(repo) if repo else None
    span = _span(since, until)
    request = _with_releases(shared.request(**asked), span)
    extra = [each for spec in frozen for each in matching_releases(span.new, "keras", spec)]
    found = find_news(span.old, span.new, PairRules(span.kept), frozen=extra, nightly=nightly)
    bulletin = _bulletin(found, span, request, jobs)
    if bisects:
        bisector = Bisector(PairRules(span.index), request, console, workers=jobs, clone=clone)
        command = _again(span, since, nightly=nightly, frozen=frozen)
        bulletin = replace(bulletin, bisected=_bisected(bulletin.verdicts, bisector, command))
    print_summary(console, bulletin)
    for path, form in ((page, as_markdown), (suites, as_junit), (document, as_json)):
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, form(bulletin))
    if bulletin.exit:
        sys.exit(bulletin.exit)


def _bulletin(found: News, span: _Span, request: Request, jobs: int) -> WatchSummary:
    """Run what is not known, and judge all."""
    known = read_acknowledgements()
    run = _run(found, request, PairRules(span.index), jobs)
    verdicts = [
        apply_acknowledgements(
            compare_with_baseline(each, run.results, request, run.reasons), known
        )
        for each in found.watched
    ]
    cells = [(case.name, name) for case in all_cases() for name in FORMATS]
    return WatchSummary(
        span.old.written, span.new.written, span.kept, verdicts, found.yanked,
        stale_acknowledgements(known, verdicts, cells), run.problems,
    )  # fmt: skip


@dataclass(frozen=True)
class _Span:
    """What is held against what: the index then and now, all of it, and the kept catalogue."""

    kept: Catalogue
    index: Catalogue
    old: Catalogue
    new: Catalogue


def _span(since: datetime | None, until: datetime | None) -> _Span:
    """The two states of the index; it is asked only where the kept catalogue ends too early.

    Raises:
        Fault: the index cannot be reached.
        UsageProblem: nothing lies between the two.
    """
    kept = Catalogue.load()
    first, last = (each and _end_of(each) for each in (since, until))
    is_kept = last is not None and last <= kept.written
    if is_kept and first is None:
        raise UsageError(f"the catalogue is of {kept.written:%Y-%m-%d}: --until needs --since")
    index = kept if is_kept else read_index()
    old = index.as_of(first) if first else kept
    new = index.as_of(last) if last else index
    if first and first >= new.written:
        raise UsageError(f"--since {first:%Y-%m-%d} is not before {new.written:%Y-%m-%d}")
    return _Span(kept, index, old, new)


def _end_of(day: datetime) -> datetime:
    return datetime.combine(day.date(), time.max, UTC)


def _with_releases(request: Request, span: _Span) -> Request:
    """The request; where the index was asked, its releases are kept for the sessions."""
    if span.index is span.kept:
        return request
    ASKED.parent.mkdir(parents=True, exist_ok=True)
    LOCKS.mkdir(parents=True, exist_ok=True)
    with FileLock(LOCKS / "watch.lock"):
        write_atomically(ASKED, span.index.dumps())
    return replace(request, catalogue=ASKED)


@dataclass(frozen=True)
class _Run:
    """The results of all pairs, why some are not known, and what is wrong with cases."""

    results: dict[Pair, Result]
    reasons: dict[Pair, str]
    problems: list[str]


def _run(found: News, request: Request, rules: PairRules, jobs: int) -> _Run:
    """Make the watched pairs and their baselines known.

    What the published results lack is run beside them: the watch changes nothing that is committed.
    """
    pairs = dict.fromkeys(pair for each in found.watched for pair in _pairs(each))
    published = make_plan(pairs, request)
    plan = make_plan(published.wanted, replace(request, folder=PROBES))
    plan.check_disk(EnvironmentBuilder(rules), jobs)
    print_list(
        console, "stored results that could not be trusted:", published.damaged + plan.damaged
    )
    reports = run_with_progress(console, plan, partial(run_sessions, workers=jobs))
    stored = {
        pair: store.read_or_empty(pair, PROBES if cells else request.folder)
        for pair, cells in published.missing.items()
    }
    return _Run(stored, _reasons(reports), _problems(reports))


def _pairs(watched: WatchItem) -> list[Pair]:
    """The pairs to run; nothing where one of the two is missing."""
    both = (watched.baseline, watched.pair)
    return [each for each in both if each is not None and None not in both]


def _reasons(reports: Sequence[SessionReport]) -> dict[Pair, str]:
    return {each.pair: each.reason for each in reports if each.code}


def _problems(reports: Sequence[SessionReport]) -> list[str]:
    return sorted({problem for each in reports for problem in each.problems})


def _bisected(
    verdicts: Sequence[Comparison], bisector: Bisector, command: Callable[[DifferenceGroup], str]
) -> dict[DifferenceGroup, str]:
    """The answers for the first groups of each verdict that are regressions of cells."""
    worse = [
        group
        for verdict in verdicts
        for group in [
            each
            for each in groups(verdict)
            if each.first.is_worse and each.first.kind is ChangeKind.REGRESSION
        ][:MOST_BISECTED]
    ]
    return {group: bisector.answer(group, command(group)) for group in worse}


def _again(
    span: _Span, since: datetime | None, *, nightly: bool, frozen: Sequence[str]
) -> Callable[[DifferenceGroup], str]:
    """The command that finds and bisects the same again."""

    def command(group: DifferenceGroup) -> str:
        case, name = group.first.key
        words = ["nox", "-s", "watch", "--"] + [f"--since={since:%Y-%m-%d}"] * (since is not None)
        words += [f"--until={span.new.written:%Y-%m-%d}", "--bisect"] + ["--nightly"] * nightly
        words += [f"--frozen={each}" for each in frozen]
        return shlex.join([*words, f"--case={case}", f"--format={name}"])

    return command
