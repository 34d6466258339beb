"""The main job, through Nox, on real Keras and TensorFlow releases."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time

import pytest

from harness.results import store
from harness.util.errors import ExitCode
from harness.util.paths import CASES
from tests.conftest import Checkout, processes_in

pytestmark = pytest.mark.real

HEADLINE = {"2.15.0": "pass", "3.6.0": "load-error", "3.7.0": "pass"}
SPEC = "--keras=>=2.15,<3.8,!=3.0.*,!=3.1.*,!=3.2.*,!=3.3.*,!=3.4.*,!=3.5.*"
PAIR = "keras-3.7.0_tensorflow-2.18.0_py3.11"


def outcomes(checkout: Checkout, case: str, name: str) -> dict[str, str]:
    return {
        str(result.pair.keras): result.cells[case, name].outcome
        for result in store.read_all(checkout.results)[0]
    }


def test_killed_and_resumed_the_matrix_shows_the_headline(checkout: Checkout) -> None:
    arguments = [SPEC, "--case=interleaved*", "--case=siamese_pair", "-j2"]
    run = checkout.start("matrix", *arguments)
    while not list(checkout.results.glob("*.json")):
        assert run.poll() is None, "the run ended before it had a result"
        time.sleep(0.05)
    run.kill()
    run.communicate()
    time.sleep(2)
    assert processes_in(checkout.folder) == []

    code, output = checkout.nox("matrix", *arguments)
    assert code == ExitCode.KNOWN, output
    assert "load-error ValueError" in output
    for name in ("keras", "h5", "json"):
        assert outcomes(checkout, "interleaved_dense", name) == HEADLINE
    assert not list(checkout.results.glob(".*"))
    page = (checkout.folder / "reports" / "site" / "cases" / "interleaved_dense.html").read_text()
    assert "Layer node index out of bounds" in page

    before = {path: path.stat().st_mtime_ns for path in checkout.results.iterdir()}
    code, _ = checkout.nox("matrix", *arguments)
    assert code == ExitCode.KNOWN
    assert {path: path.stat().st_mtime_ns for path in checkout.results.iterdir()} == before


def test_a_result_cut_short_is_named_and_run_again(checkout: Checkout) -> None:
    path = checkout.results / f"{PAIR}.json"
    path.write_text(path.read_text()[:1000])
    code, output = checkout.nox("matrix", "--keras=3.7.0", "--case=siamese_pair", "--format=json")
    assert code == ExitCode.KNOWN
    assert f"{PAIR}.json cannot be trusted" in output
    assert store.read(path).cells["siamese_pair", "json"].outcome == "pass"


def test_bad_cells_and_bad_cases_cost_only_themselves(checkout: Checkout) -> None:
    checkout.use_cases(
        "hangs", "hangs_for_good", "crashes", "exits", "forgets_weights", "good", "no_builder",
        "no_model", "check_fails_before", "crashes_at_first",
    )  # fmt: skip
    (checkout.folder / "cases" / "syntax_error.py").write_text("\n\ndef build(keras:\n")
    code, output = checkout.nox("matrix", "--keras=3.7.0", "--format=keras", "--timeout=8")
    cells = store.read(checkout.results / f"{PAIR}.json").cells
    assert {case: cell.outcome for (case, _), cell in cells.items() if case != "siamese_pair"} == {
        "hangs": "timeout",
        "hangs_for_good": "timeout",
        "crashes": "crash",
        "crashes_at_first": "pass",
        "exits": "crash",
        "forgets_weights": "mismatch",
        "good": "pass",
        "check_fails_before": "pass",
    }
    hang = cells["hangs", "keras"]
    assert hang.error is not None
    assert ["case_hangs", "from_config"] in [frame[:2] for frame in hang.error["frames"]]
    stuck = cells["hangs_for_good", "keras"]
    assert stuck.error is not None
    assert ["hangs_for_good", "build"] in [frame[:2] for frame in stuck.error["frames"]]
    assert "SIGSEGV" in cells["crashes", "keras"].note
    assert cells["crashes", "keras"].flaky is None
    once = cells["crashes_at_first", "keras"]
    assert once.flaky is not None and "SIGSEGV" in once.flaky["message"]
    assert "status 7" in cells["exits", "keras"].note
    assert code == ExitCode.UNKNOWN
    for said in ("no_builder.py:1", "no_model.py:1", "syntax_error.py:3"):
        assert said in output


def test_what_others_kill_stays_unknown(checkout: Checkout) -> None:
    checkout.use_cases("good", "killed")
    code, output = checkout.nox("matrix", "--keras=3.7.0", "--format=h5", "--rerun")
    assert code == ExitCode.UNKNOWN
    assert "ended by signal SIGKILL" in output
    cells = store.read(checkout.results / f"{PAIR}.json").cells
    assert cells["good", "h5"].outcome == "pass"
    assert ("killed", "h5") not in cells


def test_sharing_that_is_lost_is_a_mismatch_with_equal_outputs(checkout: Checkout) -> None:
    checkout.use_cases()
    shutil.copy(CASES / "shared_across_nesting.py", checkout.folder / "cases")
    code, output = checkout.nox("matrix", "--keras=3.7.0", "--format=h5")
    assert code == ExitCode.KNOWN, output
    cell = store.read(checkout.results / f"{PAIR}.json").cells["shared_across_nesting", "h5"]
    assert cell.outcome == "mismatch"
    assert cell.error is not None
    assert cell.error["message"] == "weights: 2 distinct before, 4 after"


def test_an_interrupt_keeps_what_is_finished(checkout: Checkout) -> None:
    checkout.use_cases("good", "hangs")
    run = checkout.start("matrix", "--keras=3.7.0", "--rerun", "--timeout=60", "-j1")
    known = checkout.results / f"{PAIR}.json"
    known.unlink()
    while not known.exists():
        time.sleep(0.05)
    os.killpg(run.pid, signal.SIGINT)
    started = time.monotonic()
    run.communicate(timeout=20)
    assert run.returncode == ExitCode.INTERRUPTED
    time.sleep(1)
    assert time.monotonic() - started < 10
    assert processes_in(checkout.folder) == []
    assert store.read(known).cells["good", "keras"].outcome == "pass"


def test_two_runs_at_once_share_the_work(checkout: Checkout) -> None:
    checkout.use_cases("counts")
    arguments = ["--keras=3.7.0", "--format=keras"]
    runs = [checkout.start("matrix", *arguments) for _ in range(2)]
    outputs = [run.communicate()[0] for run in runs]
    assert [run.returncode for run in runs] == [ExitCode.KNOWN, ExitCode.KNOWN], outputs
    assert (checkout.folder / "cases" / "counts.py.marks").read_text() == "built\n"


def test_tf_keras_is_handed_the_same_cases(checkout: Checkout) -> None:
    checkout.use_cases("good")
    code, output = checkout.nox(
        "matrix", "--pairs=tf-keras", "--keras=2.18.0", "--format=keras", "--prune"
    )
    assert code == ExitCode.KNOWN, output
    pair = "tf-keras-2.18.0_tensorflow-2.18.0_py3.11"
    result = store.read(checkout.results / f"{pair}.json")
    assert result.cells["good", "keras"].outcome == "pass"
    assert "tf-keras==2.18.0" in result.environment["installed"]
    assert not (checkout.folder / ".nox" / f"pair-{pair}").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--keras=3.6.7"], "the nearest: 3.6.0 and 3.7.0"),
        (["--case=god"], "did you mean good"),
        (["--format=keros"], "did you mean keras"),
        (["--python=3.5"], "the selection is empty"),
        (["--jobs=0"], "Invalid value"),
        (["--jobs=0"], "Try 'nox -s matrix -- --help' for help"),
    ],
)
def test_a_wrong_request_is_refused(checkout: Checkout, arguments: list[str], said: str) -> None:
    code, output = checkout.nox("matrix", *arguments)
    assert code == ExitCode.USAGE
    assert said in output


def test_the_plan_runs_nothing(checkout: Checkout) -> None:
    code, output = checkout.nox("matrix", "--list", "--keras=3.5.0")
    assert code == ExitCode.KNOWN
    assert "environment to be made" in output
    assert not (checkout.results / "keras-3.5.0_tensorflow-2.17.0_py3.11.json").exists()


def test_a_recorded_environment_names_its_wheel_and_packages(checkout: Checkout) -> None:
    document = json.loads((checkout.results / f"{PAIR}.json").read_text())
    assert document["environment"]["made_by"] == "virtualenv"
    assert "keras==3.7.0" in document["environment"]["installed"]
    assert f"{document['environment']['wheel']}==2.18.0" in document["environment"]["installed"]
