"""The run of a watch: runs the missing cells and compares each new release."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from harness.analysis.seen_regressions import RegressionFinder
from harness.environments.builder import EnvironmentBuilder
from harness.execution.cases import all_cases, code_digests
from harness.execution.cross_sample import telling_first
from harness.execution.request import Request
from harness.execution.run_plan import Plan, make_plan
from harness.releases.pair import Pair
from harness.releases.pair_rules import PairRules
from harness.results import store
from harness.results.model import FORMATS, Result
from harness.util.paths import PROBES
from harness.watch.acknowledgements import (
    apply_acknowledgements,
    read_acknowledgements,
    stale_acknowledgements,
)
from harness.watch.comparison import compare_with_baseline
from harness.watch.exchange_run import ExchangeRun, RunPlan
from harness.watch.news import News
from harness.watch.period import Period
from harness.watch.summary import WatchSummary


@dataclass(frozen=True)
class WatchRun:
    """The results of all pairs and baselines.

    ``reasons`` says of a pair whose session failed why it did; ``problems`` says which cases are
    wrong themselves.
    """

    results: dict[Pair, Result]
    reasons: dict[Pair, str]
    problems: list[str]


def run_watch(
    news: News,
    period: Period,
    request: Request,
    run_plan: RunPlan,
    *,
    jobs: int,
    exchange: ExchangeRun | None = None,
) -> WatchSummary:
    """Run what is unknown, compare each new release with its baseline, and return the summary.

    With ``exchange``, saved files are exchanged, too.

    Raises:
        Fault: there may be too little disk space, or the acknowledgements or the index of a corpus
            cannot be read.
    """
    acknowledgements = read_acknowledgements()
    if exchange:
        request = exchange.prepare(news, request)
    run = run_missing(news, request, PairRules(period.index), run_plan, jobs=jobs)
    comparisons = [
        compare_with_baseline(item, run.results, request, run.reasons) for item in news.items
    ]
    if exchange:
        comparisons = exchange.complete(comparisons)
    comparisons = [apply_acknowledgements(each, acknowledgements) for each in comparisons]
    all_cells = [(case.name, format_name) for case in all_cases() for format_name in FORMATS]
    return WatchSummary(
        since=period.start.written,
        until=period.end.written,
        committed=period.committed,
        comparisons=comparisons,
        yanked=news.yanked,
        stale=stale_acknowledgements(acknowledgements, comparisons, all_cells),
        problems=run.problems + (exchange.problems if exchange else []),
    )


def run_missing(
    news: News, request: Request, rules: PairRules, run_plan: RunPlan, *, jobs: int
) -> WatchRun:
    """Run what is not known of the pairs of all items and their baselines.

    The results are stored in `PROBES`, so that a watch changes nothing that is committed. There,
    those of a pair begin with copies of its published cells.
    """
    pairs = dict.fromkeys(pair for item in news.items for pair in item.pairs)
    published = make_plan(pairs, request)
    if not request.rerun:
        for pair in published.pairs_to_run:
            _copy_published_cells(pair, request)
    plan = make_plan(published.pairs_to_run, replace(request, folder=PROBES))
    plan.check_disk(EnvironmentBuilder(rules), jobs)
    plan = replace(plan, damaged=published.damaged + plan.damaged)
    if plan.pairs_to_run:
        published_results, _ = store.read_all(request.folder)
        plan = plan.in_order(telling_first(request.cases, published_results, rules))
    baselines = {item.pair: item.baseline for item in news.items if item.pair and item.baseline}
    stored = _results(published, request.folder).values()
    finder = RegressionFinder(baselines, stored, code_digests(request.cases))
    reports = run_plan(plan, finder)
    results = _results(published, request.folder)
    reasons = {report.pair: report.reason for report in reports if report.code}
    problems = sorted({problem for report in reports for problem in report.problems})
    return WatchRun(results, reasons, problems)


def _copy_published_cells(pair: Pair, request: Request) -> None:
    """Copy the published cells of a request to `PROBES`, where they are not known.

    Cells of two environments must not be mixed. So nothing is copied if `PROBES` has cells of
    another environment. Only requested cells are copied, because these are what a session runs
    again if it finds itself in another environment.
    """
    published = store.read_or_empty(pair, request.folder)
    answers = {cell.key for cell in request.cells} - {
        cell.key for cell in request.unknown_in(published)
    }
    if published.outcome or not answers:
        return
    with store.lock(pair):
        probed = store.read_or_empty(pair, PROBES)
        if not probed.cells:
            probed = Result(pair, published.environment)
        if probed.environment_key != published.environment_key:
            return
        unknown = {cell.key for cell in request.unknown_in(probed)}
        probed.cells |= {key: published.cells[key] for key in answers & unknown}
        store.write(probed, PROBES)


def _results(published: Plan, folder: Path) -> dict[Pair, Result]:
    """What is stored of each pair: published in ``folder``, or in `PROBES` what that lacks."""
    return {
        pair: store.read_or_empty(pair, PROBES if missing_cells else folder)
        for pair, missing_cells in published.missing.items()
    }
