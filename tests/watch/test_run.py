from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

from harness.analysis.change_kinds import ChangeKind
from harness.analysis.seen_regressions import RegressionFinder
from harness.execution.cross_sample import telling_first
from harness.execution.run_plan import Plan
from harness.execution.sessions import SessionReport
from harness.releases.pair import Pair
from harness.releases.pair_rules import PairRules
from harness.results import store
from harness.results.model import CellKey, Result
from harness.results.signatures import signature_of
from harness.util.errors import ExitCode, Fault
from harness.watch import run as run_module
from harness.watch.acknowledgements import Acknowledgement
from harness.watch.news import News, WatchItem
from harness.watch.period import Period
from harness.watch.run import run_missing, run_watch
from tests import recorded
from tests.watch import samples
from tests.watch.samples import KERAS_2, KERAS_3


class RecordedSessions:
    """Stands in for sessions: each stores what is recorded of its pair, or fails."""

    def __init__(self, failing: str = "", problems: tuple[str, ...] = ()) -> None:
        self.plans: list[Plan] = []
        self.finders: list[RegressionFinder] = []
        self._failing = failing
        self._problems = problems

    def __call__(self, plan: Plan, finder: RegressionFinder) -> list[SessionReport]:
        self.plans.append(plan)
        self.finders.append(finder)
        return [self._run(pair, plan.request.folder) for pair in plan.pairs_to_run]

    def _run(self, pair: Pair, folder: Path) -> SessionReport:
        if pair.id == self._failing:
            return SessionReport(pair, 1, "disk full", self._problems)
        store.write(recorded.result(pair.id), folder)
        return SessionReport(pair, 0)


@pytest.fixture
def probes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder of results that are not published, empty."""
    monkeypatch.setattr(run_module, "PROBES", tmp_path / "probes")
    return tmp_path / "probes"


@pytest.fixture
def published(tmp_path: Path) -> Callable[..., Path]:
    """Makes the folder of the published results, with those of the pairs it is given."""

    def make(*pair_ids: str) -> Path:
        for pair_id in pair_ids:
            store.write(recorded.result(pair_id), tmp_path / "published")
        return tmp_path / "published"

    return make


def period_of_keras_3(rules: PairRules) -> Period:
    catalogue = rules.catalogue
    start, end = (catalogue.as_of(samples.end_of(day)) for day in ("2023-11-27", "2023-11-28"))
    return Period(catalogue, catalogue, start, end)


def test_what_the_published_results_answer_is_not_run(
    rules: PairRules, item: WatchItem, probes: Path, published: Callable[..., Path]
) -> None:
    sessions = RecordedSessions()
    request = replace(samples.request(), folder=published(KERAS_2, KERAS_3))
    run = run_missing(News([item], []), request, rules, sessions, jobs=1)
    assert [plan.pairs_to_run for plan in sessions.plans] == [[]]
    assert sorted(pair.id for pair in run.results) == [KERAS_2, KERAS_3]
    assert all(len(result.cells) == 72 for result in run.results.values())
    assert not probes.exists()


def test_what_is_missing_is_run_beside_the_published_results(
    rules: PairRules, item: WatchItem, probes: Path, published: Callable[..., Path]
) -> None:
    sessions = RecordedSessions()
    folder = published(KERAS_2)
    run = run_missing(
        News([item], []), replace(samples.request(), folder=folder), rules, sessions, jobs=1
    )
    assert [pair.id for plan in sessions.plans for pair in plan.pairs_to_run] == [KERAS_3]
    assert [path.name for path in folder.iterdir()] == [f"{KERAS_2}.json"]
    assert [path.name for path in probes.iterdir()] == [f"{KERAS_3}.json"]
    assert run.results == samples.results()


def test_cases_that_changed_before_are_run_first(
    rules: PairRules, item: WatchItem, probes: Path
) -> None:
    sessions = RecordedSessions()
    run_missing(News([item], []), replace(samples.request(), rerun=True), rules, sessions, jobs=1)
    ((_, request),) = sessions.plans[0].rounds
    assert request.cases == telling_first(samples.request().cases, recorded.results(), rules)
    assert request.cases != samples.request().cases


def test_a_cell_that_is_worse_than_in_the_baseline_is_seen_during_the_run(
    rules: PairRules, item: WatchItem, probes: Path, published: Callable[..., Path]
) -> None:
    sessions = RecordedSessions()
    request = replace(samples.request(), folder=published(KERAS_2))
    run_missing(News([item], []), request, rules, sessions, jobs=1)
    key = ("interleaved_dense", "keras")
    after = signature_of(recorded.result(KERAS_3).cells[key])
    assert item.pair
    (seen,) = sessions.finders[0].take(item.pair, key, after)
    assert (seen.baseline, seen.after) == (item.baseline, after)


def test_what_an_earlier_watch_has_run_is_not_run_again(
    rules: PairRules, item: WatchItem, probes: Path, published: Callable[..., Path]
) -> None:
    store.write(recorded.result(KERAS_3), probes)
    sessions = RecordedSessions()
    request = replace(samples.request(), folder=published(KERAS_2))
    run = run_missing(News([item], []), request, rules, sessions, jobs=1)
    assert [plan.pairs_to_run for plan in sessions.plans] == [[]]
    assert run.results == samples.results()


def without_some_cells(result: Result) -> tuple[Result, set[CellKey]]:
    """A result without the cells of one case, and the keys of these cells."""
    lacking = {key for key in result.cells if key[0] == "interleaved_dense"}
    cells = {key: cell for key, cell in result.cells.items() if key not in lacking}
    return replace(result, cells=cells), lacking


def test_what_is_published_of_a_pair_is_not_run_again_for_the_rest(
    rules: PairRules, item: WatchItem, probes: Path, published: Callable[..., Path]
) -> None:
    folder = published(KERAS_2, KERAS_3)
    in_part, lacking = without_some_cells(recorded.result(KERAS_3))
    store.write(in_part, folder)
    unchanged = (folder / f"{KERAS_3}.json").read_bytes()
    sessions = RecordedSessions()
    request = replace(samples.request(), folder=folder)
    run = run_missing(News([item], []), request, rules, sessions, jobs=1)
    assert sessions.plans[0].missing == {in_part.pair: len(lacking)}
    assert run.results == samples.results()
    assert (folder / f"{KERAS_3}.json").read_bytes() == unchanged


def test_only_requested_cells_are_copied(
    rules: PairRules, item: WatchItem, probes: Path, published: Callable[..., Path]
) -> None:
    """A session refuses to lose cells of another environment that it was not asked for."""
    in_part, _ = without_some_cells(recorded.result(KERAS_3))
    folder = published(KERAS_2)
    store.write(in_part, folder)
    sessions = RecordedSessions(failing=KERAS_3)
    request = replace(samples.request(), folder=folder)
    cases = [case for case in request.cases if case.name in ("interleaved_dense", "dense_twice")]
    run_missing(News([item], []), replace(request, cases=cases), rules, sessions, jobs=1)
    copied = store.read(probes / f"{KERAS_3}.json").cells
    assert copied and {case for case, _ in copied} == {"dense_twice"}


def test_cells_of_two_environments_are_not_mixed(
    rules: PairRules, item: WatchItem, probes: Path, published: Callable[..., Path]
) -> None:
    in_part, lacking = without_some_cells(recorded.result(KERAS_3))
    folder = published(KERAS_2)
    store.write(in_part, folder)
    whole = recorded.result(KERAS_3)
    elsewhere = replace(
        whole, environment={**whole.environment, "wheel": "other"},
        cells={key: whole.cells[key] for key in lacking},
    )  # fmt: skip
    store.write(elsewhere, probes)
    sessions = RecordedSessions()
    request = replace(samples.request(), folder=folder)
    run_missing(News([item], []), request, rules, sessions, jobs=1)
    assert sessions.plans[0].missing == {in_part.pair: len(in_part.cells)}


def test_nothing_is_copied_where_known_cells_are_to_be_run_again(
    rules: PairRules, item: WatchItem, probes: Path, published: Callable[..., Path]
) -> None:
    sessions = RecordedSessions(failing=KERAS_3)
    request = replace(samples.request(), folder=published(KERAS_2, KERAS_3), rerun=True)
    run_missing(News([item], []), request, rules, sessions, jobs=1)
    assert not (probes / f"{KERAS_3}.json").exists()


def test_damaged_results_are_named_and_run_again(
    rules: PairRules, item: WatchItem, probes: Path, published: Callable[..., Path]
) -> None:
    folder = published(KERAS_2, KERAS_3)
    (folder / f"{KERAS_3}.json").write_text("{")
    sessions = RecordedSessions()
    request = replace(samples.request(), folder=folder)
    run_missing(News([item], []), request, rules, sessions, jobs=1)
    (plan,) = sessions.plans
    assert [pair.id for pair in plan.pairs_to_run] == [KERAS_3]
    assert len(plan.damaged) == 1 and f"{KERAS_3}.json" in plan.damaged[0]


def test_the_reason_of_a_failed_session_and_wrong_cases_are_kept(
    rules: PairRules, item: WatchItem, probes: Path, published: Callable[..., Path]
) -> None:
    sessions = RecordedSessions(failing=KERAS_3, problems=("case.py, line 1: wrong",))
    request = replace(samples.request(), folder=published())
    run = run_missing(News([item], []), request, rules, sessions, jobs=1)
    assert run.reasons == {Pair.parse(KERAS_3): "disk full"}
    assert run.problems == ["case.py, line 1: wrong"]
    assert run.results[Pair.parse(KERAS_3)].cells == {}


def test_nothing_is_run_without_room_on_the_disk(
    rules: PairRules, item: WatchItem, probes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise Fault("too little room")

    monkeypatch.setattr(Plan, "check_disk", refuse)
    sessions = RecordedSessions()
    with pytest.raises(Fault, match="too little room"):
        run_missing(News([item], []), samples.request(), rules, sessions, jobs=1)
    assert sessions.plans == []


def test_a_watch_compares_each_new_release_with_its_baseline(
    rules: PairRules, item: WatchItem, probes: Path
) -> None:
    period = period_of_keras_3(rules)
    yanked = samples.news_between(rules, "2025-03-02", "2025-03-03").yanked
    summary = run_watch(News([item], yanked), period, samples.request(), RecordedSessions(), jobs=1)
    assert summary.exit_code == ExitCode.WORSE
    (comparison,) = summary.comparisons
    assert (comparison.item, len(comparison.cells)) == (item, 72)
    assert summary.title.startswith("keras 3.0.0: 10 regressions, ")
    assert (summary.since, summary.until) == (period.start.written, period.end.written)
    assert summary.yanked_names == ["tf-keras 2.20.0"]


def test_a_watch_applies_the_acknowledgements(
    rules: PairRules, item: WatchItem, probes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything = Acknowledgement(
        "keras",
        SpecifierSet("==3.0.0"),
        ChangeKind.REGRESSION,
        "on purpose",
        (),
        ("*",),
        ("*",),
        "*",
    )
    monkeypatch.setattr(run_module, "read_acknowledgements", lambda: [everything])
    summary = run_watch(
        News([item], []), period_of_keras_3(rules), samples.request(), RecordedSessions(), jobs=1
    )
    assert summary.title.startswith("keras 3.0.0: 10 regressions (acknowledged), ")


def test_a_watch_reports_what_could_not_be_run(
    rules: PairRules, item: WatchItem, probes: Path, published: Callable[..., Path]
) -> None:
    sessions = RecordedSessions(failing=KERAS_3, problems=("case.py, line 1: wrong",))
    request = replace(samples.request(), folder=published(KERAS_2))
    summary = run_watch(News([item], []), period_of_keras_3(rules), request, sessions, jobs=1)
    assert summary.exit_code == ExitCode.UNKNOWN
    assert summary.unknown == [
        f"{KERAS_3}: 72 cells are unknown: disk full",
        "case.py, line 1: wrong",
    ]


def test_a_watch_of_nothing_runs_nothing(rules: PairRules, probes: Path) -> None:
    sessions = RecordedSessions()
    summary = run_watch(News([], []), period_of_keras_3(rules), samples.request(), sessions, jobs=1)
    assert (summary.exit_code, summary.title) == (ExitCode.KNOWN, "No new releases")
    assert [plan.pairs_to_run for plan in sessions.plans] == [[]]
