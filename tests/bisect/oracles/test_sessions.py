"""Oracles, on recorded results and with sessions that only copy them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from harness.bisect.observation import Observation
from harness.bisect.oracles import sessions as module
from harness.bisect.oracles import tree_runs
from harness.bisect.oracles.oracle import MOST_FAULTS, NotRun
from harness.bisect.oracles.sessions import SessionOracle, StoredOracle
from harness.bisect.transplant.overlay import Overlay
from harness.environments.builder import Environment, EnvironmentBuilder
from harness.execution.cases import Script
from harness.execution.cell_process import ImportTimeout
from harness.execution.events import CellFinished, CellRecord
from harness.execution.request import Request
from harness.execution.sessions import SessionReport
from harness.releases.pair import Pair
from harness.releases.pair_rules import PairRules
from harness.results import store
from harness.results.model import NO_INTERPRETER, SCRIPT, Cell, Result
from harness.util.errors import Fault
from tests import recorded

OLD = Pair.parse("keras-3.6.0_tensorflow-2.17.0_py3.11")
NEW = Pair.parse("keras-3.7.0_tensorflow-2.18.0_py3.11")
UNKNOWN = Pair.parse("keras-3.7.0_tensorflow-2.18.0_py3.12")


class Sessions:
    """In the place of sessions: copies the recorded results of pairs, and reports the others."""

    def __init__(self) -> None:
        self.rounds: list[list[Pair]] = []
        self.requests: list[Request] = []
        self.problems: tuple[str, ...] = ()
        self.lack_interpreter = False

    def run(
        self, pairs: Sequence[Pair], request: Request, on_event: object, *, workers: int
    ) -> list[SessionReport]:
        self.rounds.append(list(pairs))
        self.requests.append(request)
        return [self._report(pair, request.folder) for pair in pairs]

    def _report(self, pair: Pair, folder: Path) -> SessionReport:
        path = recorded.path(pair.id)
        if not path.exists():
            if self.lack_interpreter:
                store.write(Result(pair, outcome=NO_INTERPRETER), folder)
            return SessionReport(pair, 1, "offline", self.problems)
        folder.mkdir(exist_ok=True)
        shutil.copy(path, folder)
        return SessionReport(pair, 0)


@pytest.fixture
def sessions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sessions:
    fake = Sessions()
    monkeypatch.setattr(module, "run_sessions", fake.run)
    monkeypatch.setattr(module, "PROBES", tmp_path / "probes")
    monkeypatch.setattr(module, "RESULTS", tmp_path / "results")
    monkeypatch.setattr(module, "TRIALS", tmp_path / "trials")
    return fake


def request(limit: float = 1.0) -> Request:
    (case,) = (case for case in recorded.cases() if case.name == "interleaved_dense")
    return Request([case], ["keras"], limit)


@pytest.fixture
def told() -> list[tuple[str, Observation]]:
    return []


@pytest.fixture
def make(
    rules: PairRules, told: list[tuple[str, Observation]], sessions: Sessions
) -> Callable[..., Any]:
    def oracle(kind: type[SessionOracle] = SessionOracle, **options: Any) -> SessionOracle:
        return kind(
            request(), EnvironmentBuilder(rules), lambda *seen: told.append(seen),
            workers=2, **options,
        )  # fmt: skip

    return oracle


def test_a_pair_is_run_once_and_then_known(
    make: Callable[..., SessionOracle], sessions: Sessions, told: list[tuple[str, Observation]]
) -> None:
    oracle = make()
    assert oracle.known(OLD) is None
    oracle.ask([OLD, NEW])
    assert [oracle.known(pair).words[:10] for pair in (OLD, NEW)] == ["load-error", "pass"]  # type: ignore[union-attr]
    assert (oracle.probes, sessions.rounds) == (2, [[OLD, NEW]])
    assert [origin for origin, _ in told] == ["probed", "probed"]


def test_stored_results_are_known_unless_they_are_to_be_run_again(
    make: Callable[..., SessionOracle], monkeypatch: pytest.MonkeyPatch,
    told: list[tuple[str, Observation]],
) -> None:  # fmt: skip
    monkeypatch.setattr(module, "RESULTS", recorded.FOLDER)
    assert make().known(OLD) is not None
    assert told[0][0] == "stored"
    assert make(rerun=True).known(OLD) is None


def test_an_earlier_probe_is_known_and_a_damaged_file_is_not(
    make: Callable[..., SessionOracle], tmp_path: Path
) -> None:
    make().ask([OLD])
    assert make().known(OLD) is not None
    (tmp_path / "probes" / f"{OLD.id}.json").write_text("{")
    assert make().known(OLD) is None


def test_a_pair_that_fails_is_run_twice_and_then_has_no_result(
    make: Callable[..., SessionOracle], sessions: Sessions
) -> None:
    oracle = make()
    oracle.ask([UNKNOWN, OLD])
    assert sessions.rounds == [[UNKNOWN, OLD], [UNKNOWN]]
    seen = oracle.known(UNKNOWN)
    assert seen and (seen.signature, seen.words) == (None, "no result: offline")


def test_too_many_failures_for_one_reason_end_the_search(
    make: Callable[..., SessionOracle], sessions: Sessions
) -> None:
    pairs = [Pair.parse(f"keras-3.7.{patch}_tensorflow-2.18.0_py3.12") for patch in range(9)]
    oracle = make()
    oracle.ask(pairs[: MOST_FAULTS - 1])
    with pytest.raises(Fault, match="3 pairs gave no result for the same reason: offline"):
        oracle.ask(pairs[MOST_FAULTS:])


def test_pairs_whose_python_is_missing_here_do_not_end_the_search(
    make: Callable[..., SessionOracle], sessions: Sessions
) -> None:
    sessions.lack_interpreter = True
    pairs = [Pair.parse(f"keras-3.7.{patch}_tensorflow-2.18.0_py3.12") for patch in range(9)]
    oracle = make()
    oracle.ask(pairs)
    assert all((seen := oracle.known(pair)) and seen.signature is None for pair in pairs)


def test_a_case_that_cannot_be_run_is_a_fault(
    make: Callable[..., SessionOracle], sessions: Sessions
) -> None:
    sessions.problems = ("case.py:3: wrong",)
    with pytest.raises(Fault, match=r"case\.py:3: wrong"):
        make().ask([UNKNOWN])


def test_a_pair_that_is_asked_again_is_run_again_and_may_vary(
    make: Callable[..., SessionOracle], sessions: Sessions
) -> None:
    oracle = make()
    oracle.ask([OLD])
    oracle.ask_again([OLD])
    assert sessions.rounds == [[OLD], [OLD]]
    assert [(asked.rerun, asked.vary) for asked in sessions.requests] == [
        (False, False), (True, True),
    ]  # fmt: skip
    assert oracle.probes == 2 and oracle.known(OLD) is not None


def test_what_chance_has_a_part_in_is_not_taken_for_a_fact(
    make: Callable[..., SessionOracle], tmp_path: Path
) -> None:
    make().ask_again([OLD])
    assert [path.stem for path in (tmp_path / "trials").iterdir()] == [OLD.id]
    assert make().known(OLD) is None


class Commits:
    """In the place of an environment and of its runs: each ends with one outcome."""

    def __init__(self, outcome: str) -> None:
        self.outcome = outcome
        self.runs = 0

    def make(self, pair: Pair) -> Environment:
        return Environment(pair, Path("unused"), {"installed": ["keras==3.6.0"]})

    def events(self, *_: object, **__: object) -> Iterator[CellFinished]:
        self.runs += 1
        yield CellFinished(CellRecord(self.outcome, 0.1, note="case.py:3: wrong"))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "tree" / "keras").mkdir(parents=True)
    (tmp_path / "tree" / "keras" / "__init__.py").touch()
    return tmp_path / "tree"


def oracle_of_commits(
    commits: Commits, monkeypatch: pytest.MonkeyPatch, folder: Path, *, rerun: bool = False
) -> SessionOracle:
    monkeypatch.setattr(module, "COMMITS", folder / "commits")
    monkeypatch.setattr(module, "TRANSPLANTS", folder / "transplants")
    monkeypatch.setattr(tree_runs, "tree_events", commits.events)
    builder: Any = commits
    return SessionOracle(request(), builder, lambda *_: None, workers=1, rerun=rerun)


def test_a_commit_is_run_once_unless_it_is_to_be_run_again(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commits = Commits("pass")
    for rerun, runs in ((False, 1), (False, 1), (True, 2), (False, 2)):
        oracle = oracle_of_commits(commits, monkeypatch, tmp_path, rerun=rerun)
        seen = oracle.at_commit(OLD, "abc", tree)
        assert seen.cell and seen.cell.outcome == "pass"
        assert commits.runs == runs


def test_a_case_that_is_wrong_at_a_commit_is_a_fault_and_not_kept(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    oracle = oracle_of_commits(Commits("bad-case"), monkeypatch, tmp_path)
    with pytest.raises(Fault, match=r"case\.py:3: wrong"):
        oracle.at_commit(OLD, "abc", tree)
    assert not (tmp_path / "commits").exists()


def test_a_transplant_is_run_once_and_stored_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = Commits("pass")
    overlay, other = (
        Overlay(tmp_path / "keras-3.6.0", "keras", {"keras/a.py": text}) for text in "xy"
    )
    monkeypatch.setattr(Overlay, "folder", lambda _: nullcontext(tmp_path))
    for asked, count in ((overlay, 1), (overlay, 1), (other, 2)):
        oracle = oracle_of_commits(runs, monkeypatch, tmp_path)
        seen = oracle.with_overlay(OLD, asked, 9.0)
        assert (seen.words, seen.overlay, runs.runs) == ("pass", asked.digest, count)
        assert oracle.known(OLD) is None
    assert [path.name for path in tmp_path.glob("*/*.jsonl")] == [
        f"interleaved_dense.keras.{request().cases[0].digest}.jsonl"
    ]
    stored = StoredOracle(request(), Commits("fault"), lambda *_: None, workers=1)  # type: ignore[arg-type]
    assert stored.with_overlay(OLD, overlay, 9.0).words == "pass"
    with pytest.raises(NotRun, match=r"has not been run with keras-3\.6"):
        stored.with_overlay(OLD, Overlay(tmp_path, "keras"), 9.0)
    with pytest.raises(NotRun):  # nothing was traced
        stored.with_overlay(OLD, overlay, 9.0, is_traced=True)


def test_a_transplant_that_timed_out_is_known_up_to_its_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = Commits("timeout")
    oracle = oracle_of_commits(runs, monkeypatch, tmp_path)
    for limit, count in ((0.5, 1), (0.5, 1), (0.2, 1), (0.9, 2), (5.0, 3), (50.0, 3)):
        oracle.with_overlay(OLD, Overlay(tmp_path, "keras"), limit)
        assert runs.runs == count, limit  # the request itself has a limit of one second


def test_a_transplant_that_cannot_be_imported_in_time_has_no_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hang(*_: object, **__: object) -> Iterator[CellFinished]:
        raise ImportTimeout("importing Keras took more than 60 s")
        yield

    runs = Commits("pass")
    oracle = oracle_of_commits(runs, monkeypatch, tmp_path)
    monkeypatch.setattr(tree_runs, "tree_events", hang)
    seen = oracle.with_overlay(OLD, Overlay(tmp_path, "keras"), 1.0)
    assert (seen.signature, seen.reason) == (None, "importing Keras took more than 60 s")


def test_without_probes_nothing_is_run(
    make: Callable[..., SessionOracle], sessions: Sessions, tmp_path: Path
) -> None:
    oracle = make(StoredOracle)
    oracle.ask([OLD])
    seen = oracle.known(OLD)
    assert seen and seen.words == "no result: not run"
    assert not seen.was_run
    assert (sessions.rounds, oracle.probes) == ([], 0)


def test_without_probes_a_commit_is_known_only_if_it_was_run_before(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    oracle_of_commits(Commits("pass"), monkeypatch, tmp_path).at_commit(OLD, "abc", tree)
    builder: Any = Commits("pass")
    oracle = StoredOracle(request(), builder, lambda *_: None, workers=1)
    assert oracle.at_commit(OLD, "abc", tree).words == "pass"
    with pytest.raises(NotRun, match="commit abd has not been run with keras-3"):
        oracle.at_commit(OLD, "abd", tree)
    assert (builder.runs, oracle.probes) == (0, 0)


# ---------------------------------------------------------------- provisional timeouts

#: Seconds that a run takes which never ends by itself.
NEVER = 1e9
PAIRS = [Pair.parse(f"keras-3.{minor}.0_tensorflow-2.18.0_py3.11") for minor in range(6, 10)]


class TimedSessions:
    """In the place of sessions: each pair needs a time, and the limit of the request ends it."""

    def __init__(self, **seconds: float) -> None:
        self.seconds = dict(zip(PAIRS, seconds.values(), strict=False))
        self.limits: list[float] = []

    def run(
        self, pairs: Sequence[Pair], asked: Request, on_event: object, *, workers: int
    ) -> list[SessionReport]:
        for pair in pairs:
            self.limits.append(asked.limit)
            result = store.read_or_empty(pair, asked.folder)
            for cell in asked.missing_from(result):
                needed = self.seconds[pair]
                ends = needed <= asked.limit
                outcome, limit = ("pass", 0.0) if ends else ("timeout", asked.limit)
                result.cells[cell.key] = Cell(
                    *cell.key, outcome, cell.case.digest, min(needed, asked.limit), limit
                )
            store.write(result, asked.folder)
        return [SessionReport(pair, 0) for pair in pairs]


def timed_oracle(
    sessions: TimedSessions, rules: PairRules, monkeypatch: pytest.MonkeyPatch,
    kind: type[SessionOracle] = SessionOracle, limit: float = 60.0,
) -> SessionOracle:  # fmt: skip
    monkeypatch.setattr(module, "run_sessions", sessions.run)
    builder = EnvironmentBuilder(rules)
    return kind(request(limit), builder, lambda *_: None, workers=1)


def seen_by(oracle: SessionOracle) -> list[tuple[str, float, bool] | None]:
    """The outcome, the limit that ended it and whether that is provisional, of each pair."""
    observations = [oracle.known(pair) for pair in PAIRS]
    return [
        (seen.cell.outcome, seen.cell.limit, seen.provisional) if seen and seen.cell else None
        for seen in observations
    ]


@pytest.mark.usefixtures("sessions")
def test_the_first_run_of_a_pair_gets_a_limit_learned_from_the_others(
    rules: PairRules, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions = TimedSessions(a=NEVER, b=2.0, c=NEVER)
    oracle = timed_oracle(sessions, rules, monkeypatch)
    for pair in PAIRS[:3]:
        oracle.ask([pair])
    assert sessions.limits == [60, 60, 10]
    hang, unsure = ("timeout", 60.0, False), ("timeout", 10.0, True)
    assert seen_by(oracle) == [hang, ("pass", 0.0, False), unsure, None]
    oracle.confirm([PAIRS[2]])
    assert seen_by(oracle)[2] == hang
    assert oracle.probes == 4


@pytest.mark.parametrize(
    ("tensorflow", "edits", "fork_server", "limit"),
    [
        ("2.18.0", "", True, 5),
        ("2.18.0", "+numpy==1.26.4", True, 15),  # a variant starts no fork server
        ("2.18.0", "", False, 15),
        ("2.15.0", "", True, 15),  # imports its Keras itself, so it is never forked
    ],
)
def test_a_script_that_may_import_tensorflow_itself_gets_time_for_it(
    rules: PairRules, monkeypatch: pytest.MonkeyPatch, sessions: Sessions, tmp_path: Path,
    tensorflow: str, edits: str, fork_server: bool, limit: float,
) -> None:  # fmt: skip
    timed = TimedSessions(a=0.3)
    pair = Pair.parse(f"keras-3.7.0_tensorflow-{tensorflow}_py3.11{edits}")
    timed.seconds[pair] = NEVER
    monkeypatch.setattr(module, "run_sessions", timed.run)
    (tmp_path / "script.py").write_text("import keras\n")
    script = Script("script", tmp_path / "script.py")
    asked = Request([script], [SCRIPT], 60.0, fork_server=fork_server)
    oracle = SessionOracle(asked, EnvironmentBuilder(rules), lambda *_: None, workers=1)
    oracle.ask([PAIRS[0]])
    oracle.ask([pair])
    assert timed.limits == [60, limit]


@pytest.mark.usefixtures("sessions")
def test_a_provisional_timeout_is_stored_as_what_it_is(
    rules: PairRules, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions = TimedSessions(a=2.0, b=NEVER)
    oracle = timed_oracle(sessions, rules, monkeypatch)
    oracle.ask([PAIRS[0]])
    oracle.ask([PAIRS[1]])
    later = timed_oracle(sessions, rules, monkeypatch)
    assert seen_by(later)[1] == ("timeout", 10.0, True)
    assert seen_by(timed_oracle(sessions, rules, monkeypatch, limit=10.0))[1] == (
        "timeout", 10.0, False,
    )  # fmt: skip
    assert seen_by(timed_oracle(sessions, rules, monkeypatch, StoredOracle))[1] is None
    later.confirm([PAIRS[1]])
    assert seen_by(timed_oracle(sessions, rules, monkeypatch))[1] == ("timeout", 60.0, False)


@pytest.mark.usefixtures("sessions")
def test_a_probe_with_the_full_limit_comes_before_a_published_timeout_with_less(
    rules: PairRules, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    sessions = TimedSessions(a=NEVER)
    for folder, limit in ((tmp_path / "probes", 60.0), (tmp_path / "results", 10.0)):
        asked = Request(request().cases, ["keras"], limit, folder=folder)
        sessions.run(PAIRS[:1], asked, None, workers=1)
    assert seen_by(timed_oracle(sessions, rules, monkeypatch))[0] == ("timeout", 60.0, False)


@pytest.mark.usefixtures("sessions")
def test_a_slow_pair_makes_all_provisional_timeouts_unknown_again(
    rules: PairRules, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions = TimedSessions(a=2.0, b=40.0, c=50.0, d=NEVER)
    oracle = timed_oracle(sessions, rules, monkeypatch)
    oracle.ask(PAIRS[:1])
    oracle.ask(PAIRS[1:])
    assert [one and one[2] for one in seen_by(oracle)] == [False, True, True, True]
    oracle.confirm([PAIRS[1]])
    done = ("pass", 0.0, False)
    assert seen_by(oracle) == [done, done, None, None]
    oracle.ask(PAIRS[2:])
    assert seen_by(oracle) == [done, done, done, ("timeout", 60.0, False)]


@pytest.mark.usefixtures("sessions")
def test_trials_of_a_flaky_behaviour_have_the_full_limit(
    rules: PairRules, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions = TimedSessions(a=2.0, b=NEVER)
    oracle = timed_oracle(sessions, rules, monkeypatch)
    oracle.ask(PAIRS[:1])
    oracle.ask_again(PAIRS[1:2])
    assert sessions.limits == [60, 60]
