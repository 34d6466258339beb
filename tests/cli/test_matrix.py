"""The command ``matrix`` through Nox, on real Keras and TensorFlow releases."""

from __future__ import annotations

import errno
import os
import shutil
import signal
from collections.abc import Callable

import pytest

from harness.cli import matrix
from harness.cli.main import run_command
from harness.execution.request import Request
from harness.execution.run_plan import Plan
from harness.execution.sessions import SessionReport
from harness.releases.catalogue import Catalogue
from harness.releases.pair import Pair
from harness.releases.pair_rules import PairRules
from harness.results import store
from harness.results.model import Result
from harness.util.errors import ExitCode
from harness.util.paths import CASES
from tests import recorded
from tests.cli.conftest import PAIR
from tests.conftest import Checkout, processes_in, wait_until

HEADLINE = {"2.15.0": "pass", "3.6.0": "load-error", "3.7.0": "pass"}
SPEC = "--keras=>=2.15,<3.8,!=3.0.*,!=3.1.*,!=3.2.*,!=3.3.*,!=3.4.*,!=3.5.*"
TF_KERAS_PAIR = "tf-keras-2.18.0_tensorflow-2.18.0_py3.11"


def stored(checkout: Checkout, pair_id: str = PAIR) -> Result:
    return store.read(checkout.results / f"{pair_id}.json")


def outcomes(checkout: Checkout, case: str, name: str) -> dict[str, str]:
    """The outcome of a case in a format, by Keras release."""
    results, _ = store.read_all(checkout.results)
    return {str(result.pair.keras): result.cells[case, name].outcome for result in results}


def write_times(checkout: Checkout) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in checkout.results.iterdir()}


def assert_no_process_is_left(checkout: Checkout) -> None:
    wait_until(lambda: not processes_in(checkout.folder), seconds=10)


@pytest.mark.real
def test_killed_and_resumed_the_matrix_shows_the_headline(checkout: Checkout) -> None:
    arguments = [SPEC, "--case=interleaved*", "--case=siamese_pair", "-j2"]
    run = checkout.start("matrix", *arguments)
    wait_until(lambda: list(checkout.results.glob("*.json")) or run.poll() is not None, 600)
    assert run.poll() is None, "the run ended before it could be killed"
    run.kill()
    run.communicate()
    assert_no_process_is_left(checkout)

    code, output = checkout.nox("matrix", *arguments, "--details")
    assert code == ExitCode.KNOWN, output
    assert "load-error ValueError" in output
    for name in ("keras", "h5", "json"):
        assert outcomes(checkout, "interleaved_dense", name) == HEADLINE
    assert not list(checkout.results.glob(".*"))
    page = (checkout.folder / "reports" / "site" / "cases" / "interleaved_dense.html").read_text()
    assert "Layer node index out of bounds" in page

    environment = stored(checkout).environment
    assert environment["made_by"] == "virtualenv"
    assert {"keras==3.7.0", f"{environment['wheel']}==2.18.0"} <= set(environment["installed"])

    before = write_times(checkout)
    code, output = checkout.nox("matrix", *arguments)
    assert code == ExitCode.KNOWN
    assert write_times(checkout) == before
    assert "so nothing was run" in output and "(up to date)" in output


def test_a_report_that_cannot_be_made_hides_nothing_that_is_not_known(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system", "reports/site")

    monkeypatch.setattr("harness.cli.output.print_or_make_report", fail)
    plan = Plan(Request([], [], 60.0), {}, [])
    report = SessionReport(Pair.parse(PAIR), ExitCode.UNKNOWN, "no space left")
    with pytest.raises(OSError, match="Read-only"):
        matrix.finish(PairRules(Catalogue.load()), plan, [report], with_report=True)
    assert f"{PAIR}: no space left" in capsys.readouterr().out


def test_a_report_that_is_not_wanted_is_not_made(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("harness.cli.output.print_or_make_report", pytest.fail)
    plan = Plan(Request([], [], 60.0), {}, [])
    matrix.finish(PairRules(Catalogue.load()), plan, [], with_report=False)
    assert capsys.readouterr().out == ""


@pytest.mark.real
def test_a_result_cut_short_is_named_and_run_again(prepared: Checkout) -> None:
    prepared.results.mkdir(parents=True)
    path = prepared.results / f"{PAIR}.json"
    path.write_bytes(recorded.path(PAIR).read_bytes()[:1000])
    code, output = prepared.nox("matrix", "--keras=3.7.0", "--case=siamese_pair", "--format=json")
    assert code == ExitCode.KNOWN
    assert f"{PAIR}.json cannot be trusted" in output
    assert stored(prepared).cells["siamese_pair", "json"].outcome == "pass"


@pytest.mark.real
def test_bad_cells_and_bad_cases_cost_only_themselves(prepared: Checkout) -> None:
    prepared.use_cases(
        "hangs", "hangs_for_good", "crashes", "exits", "forgets_weights", "good", "no_builder",
        "no_model", "check_fails_before", "crashes_at_first",
    )  # fmt: skip
    (prepared.folder / "cases" / "syntax_error.py").write_text("\n\ndef build(keras:\n")
    code, output = prepared.nox("matrix", "--keras=3.7.0", "--format=keras", "--timeout=3")
    cells = stored(prepared).cells
    assert {case: cell.outcome for (case, _), cell in cells.items()} == {
        "hangs": "timeout",
        "hangs_for_good": "timeout",
        "crashes": "crash",
        "crashes_at_first": "pass",
        "exits": "crash",
        "forgets_weights": "mismatch",
        "good": "pass",
    }
    hang = cells["hangs", "keras"]
    assert hang.error is not None
    assert ["case_hangs", "from_config"] in [frame[:2] for frame in hang.error["frames"]]
    stuck = cells["hangs_for_good", "keras"]
    assert stuck.error is not None
    assert ["hangs_for_good", "build"] in [frame[:2] for frame in stuck.error["frames"]]
    assert "SIGSEGV" in cells["crashes", "keras"].note
    assert cells["crashes", "keras"].flaky is None
    crashed_once = cells["crashes_at_first", "keras"]
    assert crashed_once.flaky is not None and "SIGSEGV" in crashed_once.flaky["message"]
    assert "status 7" in cells["exits", "keras"].note
    assert code == ExitCode.UNKNOWN
    for place in (
        "no_builder.py: no function", "no_model.py:4: build() returned", "syntax_error.py:3",
        "check_fails_before.py:10",
    ):  # fmt: skip
        assert place in output


@pytest.mark.real
def test_a_cell_that_somebody_else_kills_stays_unknown(prepared: Checkout) -> None:
    prepared.use_cases("good", "killed")
    code, output = prepared.nox("matrix", "--keras=3.7.0", "--format=h5")
    assert code == ExitCode.UNKNOWN
    assert "ended by signal SIGKILL" in output
    cells = stored(prepared).cells
    assert cells["good", "h5"].outcome == "pass"
    assert ("killed", "h5") not in cells


@pytest.mark.real
def test_sharing_that_is_lost_is_a_mismatch_with_equal_outputs(prepared: Checkout) -> None:
    prepared.use_cases()
    shutil.copy(CASES / "shared_across_nesting.py", prepared.folder / "cases")
    code, output = prepared.nox("matrix", "--keras=3.7.0", "--format=h5")
    assert code == ExitCode.KNOWN, output
    cell = stored(prepared).cells["shared_across_nesting", "h5"]
    assert cell.outcome == "mismatch"
    assert cell.error is not None
    assert cell.error["message"] == "weights: 2 distinct before, 4 after"


@pytest.mark.real
def test_an_interrupt_keeps_what_is_finished(prepared: Checkout) -> None:
    prepared.use_cases("good", "hangs")
    result_file = prepared.results / f"{PAIR}.json"
    run = prepared.start("matrix", "--keras=3.7.0", "--format=keras", "--timeout=60", "-j1")
    wait_until(lambda: result_file.exists() or run.poll() is not None)
    os.killpg(run.pid, signal.SIGINT)
    output, _ = run.communicate(timeout=10)
    assert run.returncode == ExitCode.INTERRUPTED, output
    assert_no_process_is_left(prepared)
    cells = stored(prepared).cells
    assert {key: cell.outcome for key, cell in cells.items()} == {("good", "keras"): "pass"}


@pytest.mark.real
def test_two_runs_at_once_share_the_work_and_a_rerun_repeats_it(prepared: Checkout) -> None:
    prepared.use_cases("counts")
    marks = prepared.folder / "cases" / "counts.py.marks"
    arguments = ["--keras=3.7.0", "--format=keras"]
    runs = [prepared.start("matrix", *arguments) for _ in range(2)]
    outputs = [run.communicate()[0] for run in runs]
    assert [run.returncode for run in runs] == [ExitCode.KNOWN, ExitCode.KNOWN], outputs
    assert marks.read_text() == "built\n"
    code, output = prepared.nox("matrix", *arguments, "--rerun")
    assert code == ExitCode.KNOWN, output
    assert marks.read_text() == "built\nbuilt\n"


@pytest.mark.real
def test_tf_keras_runs_the_same_cases_and_prune_removes_its_environment(
    checkout: Checkout,
) -> None:
    checkout.use_cases("good")
    code, output = checkout.nox(
        "matrix", "--pairs=tf-keras", "--keras=2.18.0", "--format=keras", "--prune"
    )
    assert code == ExitCode.KNOWN, output
    result = stored(checkout, TF_KERAS_PAIR)
    assert result.cells["good", "keras"].outcome == "pass"
    assert "tf-keras==2.18.0" in result.environment["installed"]
    assert not (checkout.folder / ".nox" / f"pair-{TF_KERAS_PAIR}").exists()


@pytest.mark.real
def test_the_plan_tells_which_environments_are_ready_and_runs_nothing(prepared: Checkout) -> None:
    code, output = prepared.nox("matrix", "--list", "--keras=>=3.6,<3.8", "--case=siamese_pair")
    assert code == ExitCode.KNOWN
    lines = {line.split()[0]: line.split() for line in output.splitlines() if line.strip()}
    assert lines[PAIR][2:] == ["ready"]
    assert lines["keras-3.6.0_tensorflow-2.17.0_py3.11"][2:] == ["to", "be", "made"]
    assert "2 pairs; at most" in output
    assert not prepared.results.exists()


# ---------------------------------------------------------------- the sample of the cross


@pytest.fixture
def no_committed_results(monkeypatch: pytest.MonkeyPatch) -> None:
    """No result is committed, so the sample is the headline case."""
    monkeypatch.setattr(store, "read_committed", list)


@pytest.fixture
def plan_of(
    no_committed_results: None, capsys: pytest.CaptureFixture[str]
) -> Callable[..., list[str]]:
    """Returns the lines of the plan that the command makes of these options."""

    def plan_of(*options: str) -> list[str]:
        run_command(["matrix", "--list", "--pairs=cross", *options])
        return capsys.readouterr().out.splitlines()

    return plan_of


def test_the_plan_names_the_sample_and_counts_what_is_not_planned(
    plan_of: Callable[..., list[str]],
) -> None:
    lines = plan_of("--keras=3.7.0")
    text = " ".join(" ".join(lines).split())
    pairs = [line for line in lines if line.startswith("keras-")]
    assert len(pairs) == 6 and any("not planned" in line for line in lines)
    assert "6 pairs run a sample of 1 of " in text
    assert " cases: interleaved_dense" in text


@pytest.mark.parametrize("option", ["--all-cells", "--case=dense_twice", "--pairs=natural"])
def test_what_is_asked_for_in_full_has_no_sample(
    plan_of: Callable[..., list[str]], option: str
) -> None:
    lines = plan_of("--keras=3.7.0", option)
    assert lines and not any("sample" in line or "not planned" in line for line in lines)


def test_natural_pairs_of_the_cross_are_planned_whole(plan_of: Callable[..., list[str]]) -> None:
    lines = plan_of("--keras=3.15.1")
    assert len([line for line in lines if line.startswith("keras-3.15.1_")]) == 6
    assert any(line.startswith("5 pairs run a sample of 1 of ") for line in lines)
