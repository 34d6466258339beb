"""Runs with fork servers over two real pairs, through Nox.

The environments of the two pairs are made once. Everything else is as in a fresh checkout for each
test, so that each of them can run alone.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest

from harness.environments.builder import EnvironmentBuilder
from harness.execution.forkserver.pool import FORKED, OWN
from harness.releases.pair import Pair
from harness.releases.pair_rules import PairRules
from harness.results import store
from harness.results.compare import compare_results
from harness.results.model import Result
from harness.util.errors import ExitCode
from harness.util.paths import ROOT
from tests.conftest import DATA, Checkout, processes_in

pytestmark = pytest.mark.real

OLDER, NEWER = (f"keras-{keras}_tensorflow-2.18.1_py3.11" for keras in ("3.6.0", "3.7.0"))
OTHER_NUMPY = f"{NEWER}+numpy==1.26.4"
#: A command that the case `leaves_things` starts.
LEFT_BEHIND = "sleep 987.125"

RUN = """
import signal
import sys
from pathlib import Path
from harness.execution.cases import Script, all_cases
from harness.execution.request import Request
from harness.execution.sessions import run_sessions
from harness.releases.pair import Pair
from harness.results.model import SCRIPT
from harness.util.processes import exit_with_ancestors

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background ignores it
folder, script, fork_server, *ids = sys.argv[1:]
if script:  # which imports TensorFlow itself
    cases, formats, limit = [Script("script", Path(script))], [SCRIPT], 60
else:
    cases, formats, limit = all_cases(), ["json"], 2
request = Request(cases, formats, limit, folder=Path(folder), rerun=True,
                  fork_server=fork_server == "yes")
exit_with_ancestors()
for report in run_sessions([Pair.parse(pair_id) for pair_id in ids], request,
                           lambda *_: None, workers=1):
    print(report.code, report.reason)
"""

Value = TypeVar("Value")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """The checkout that holds the environments."""
    return Checkout(tmp_path_factory.mktemp("checkout"))


@pytest.fixture
def checkout(shared: Checkout, rules: PairRules) -> Checkout:
    """The checkout with both environments ready, and nothing else of another test."""
    shutil.rmtree(shared.folder / "cases")
    shutil.copytree(
        ROOT / "cases", shared.folder / "cases", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.rmtree(shared.results, ignore_errors=True)
    work = shared.folder / ".nox"
    for name in ("logs", "locks", "scratch"):
        shutil.rmtree(work / name, ignore_errors=True)
    builder = EnvironmentBuilder(rules, work)
    for pair_id in (OLDER, NEWER):
        builder.make(Pair.parse(pair_id))
    return shared


@dataclass
class Runs:
    """Starts runs in a checkout, each with a folder of its own for its results."""

    checkout: Checkout
    folder: Path

    def start(
        self, name: str, pair_ids: Sequence[str], *, script: Path | None = None, forked: bool = True
    ) -> subprocess.Popen[str]:
        """Start a run whose results are called so; its output is a line for each pair."""
        fork_server = "yes" if forked else "no"
        results = str(self.folder / name)
        return subprocess.Popen(
            [sys.executable, "-c", RUN, results, str(script or ""), fork_server, *pair_ids],
            cwd=self.checkout.folder,
            env={**os.environ, "KERAS_BISECT_PYTHON": sys.executable},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(
        self, name: str, pair_ids: Sequence[str], *, script: Path | None = None, forked: bool = True
    ) -> list[Result]:
        """Run pairs, each of which becomes known, and return their results."""
        process = self.start(name, pair_ids, script=script, forked=forked)
        output, _ = process.communicate(timeout=300)
        assert output.split() == ["0"] * len(pair_ids), output
        return self.results(name)

    def results(self, name: str) -> list[Result]:
        return store.read_all(self.folder / name)[0]

    def log(self, pair_id: str) -> str:
        """The log of a session."""
        return (self.checkout.folder / ".nox" / "logs" / f"session-{pair_id}.log").read_text()


@pytest.fixture
def runs(checkout: Checkout, tmp_path: Path) -> Runs:
    return Runs(checkout, tmp_path / "results")


def how_started(results: Sequence[Result]) -> list[str]:
    return [result.environment["started"] for result in results]


def outcomes(result: Result) -> dict[str, str]:
    """The outcomes of a result by case; all cells have one format."""
    return {case: cell.outcome for (case, _), cell in result.cells.items()}


def wait_for(condition: Callable[[], Value], seconds: float = 60) -> Value:
    """The value of a condition as soon as it is true."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return value


def fork_servers_of(run: subprocess.Popen[str]) -> list[dict[str, Any]]:
    """What the ready fork servers of a run write about themselves."""
    paths = Path(tempfile.gettempdir()).glob(f"keras-bisect-{run.pid}-*/*.json")
    return [json.loads(path.read_text()) for path in paths]


def children_of(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except FileNotFoundError:
        return []


def is_importing(checkout: Checkout) -> bool:
    """Whether a fork server of the checkout has been started."""
    return any("forkserver.py" in line for line in processes_in(checkout.folder))


# ---------------------------------------------------------------- the same cells


def restrict(path: Path, keras: str) -> None:
    """Let a case apply to one release only."""
    with path.open("a") as file:
        file.write(f"\n\ndef applies(keras):\n    return keras.__version__ == '{keras}'\n")


def test_forked_and_own_processes_make_the_same_cells(runs: Runs) -> None:
    checkout = runs.checkout
    checkout.use_cases(
        "crashes", "exits", "good", "hangs_for_good", "leaves_things", "tells_its_place"
    )
    cases = checkout.folder / "cases"
    for name in ("interleaved_dense", "contract_node_past_end"):
        shutil.copy(ROOT / "cases" / f"{name}.py", cases)
    restrict(cases / "crashes.py", "3.6.0")
    restrict(cases / "exits.py", "3.7.0")
    restrict(cases / "hangs_for_good.py", "3.7.0")

    forked = runs.run("forked", [OLDER, NEWER])
    own = runs.run("own", [OLDER, NEWER], forked=False)

    assert how_started(forked) == [FORKED, FORKED]
    assert how_started(own) == [OWN, OWN]
    assert compare_results(own, forked) == (16, [])
    assert [outcomes(result) for result in forked] == [
        {
            "contract_node_past_end": "refused",
            "crashes": "crash",
            "exits": "unsupported",
            "good": "pass",
            "hangs_for_good": "unsupported",
            "interleaved_dense": "load-error",
            "leaves_things": "pass",
            "tells_its_place": "build-error",
        },
        {
            "contract_node_past_end": "timeout",
            "crashes": "unsupported",
            "exits": "crash",
            "good": "pass",
            "hangs_for_good": "timeout",
            "interleaved_dense": "pass",
            "leaves_things": "pass",
            "tells_its_place": "build-error",
        },
    ]
    places = [str(result.cells["tells_its_place", "json"].error) for result in (*own, *forked)]
    assert all("<environment>/lib/python3.11/site-packages" in place for place in places)
    assert not any(str(checkout.folder / ".nox" / "pair") in place for place in places)
    running = subprocess.run(["ps", "-ewwo", "args"], capture_output=True, text=True, check=True)
    assert LEFT_BEHIND not in running.stdout
    assert processes_in(checkout.folder) == []


def test_a_child_that_can_only_be_killed_is_a_hang(runs: Runs) -> None:
    runs.checkout.use_cases("good", "stops")
    (result,) = runs.run("results", [OLDER])
    assert how_started([result]) == [FORKED]
    assert outcomes(result) == {"good": "pass", "stops": "timeout"}


# ---------------------------------------------------------------- scripts


def test_a_forked_script_behaves_as_in_its_own_process(runs: Runs) -> None:
    script = DATA / "scripts" / "issue_20307.py"
    forked = runs.run("forked", [OLDER, NEWER], script=script)
    own = runs.run("own", [OLDER, NEWER], script=script, forked=False)
    assert how_started(forked) == [FORKED, FORKED]
    assert [result.cells["issue_20307", "script"].outcome for result in forked] == [
        "script-error",
        "pass",
    ]
    assert compare_results(own, forked).differences == []


def test_a_script_that_fails_in_tensorflow_has_whole_tracebacks(runs: Runs) -> None:
    script = DATA / "scripts" / "raises_in_tensorflow.py"
    forked = runs.run("forked", [OLDER], script=script)
    own = runs.run("own", [OLDER], script=script, forked=False)
    assert how_started(forked) == [FORKED]
    (cell,) = forked[0].cells.values()
    assert cell.error is not None
    assert len(cell.error["frames"]) > 4
    assert compare_results(own, forked).differences == []


def test_a_script_that_acts_before_the_import_has_its_own_process(
    runs: Runs, tmp_path: Path
) -> None:
    script = tmp_path / "before.py"
    script.write_text(
        "import os\nos.environ['TF_ENABLE_ONEDNN_OPTS'] = '1'\nimport tensorflow as tf\n"
    )
    assert how_started(runs.run("results", [OLDER], script=script)) == [OWN]


# ---------------------------------------------------------------- who has no fork server


def test_a_pair_with_another_numpy_has_its_own_process(runs: Runs) -> None:
    runs.checkout.use_cases("good")
    results = runs.run("results", [OLDER, OTHER_NUMPY, NEWER])
    assert [result.pair.id for result in results] == [OLDER, NEWER, OTHER_NUMPY]
    assert how_started(results) == [FORKED, FORKED, OWN]
    assert "numpy==1.26.4" in results[2].environment["installed"]


@pytest.mark.parametrize(
    ("command", "option"),
    [
        (("matrix", "--keras=3.7.0", "--tensorflow=2.18.1"), "--no-fork-server"),
        (("matrix", "--keras=3.7.0", "--tensorflow=2.18.1"), "--prune"),
        ((f"pair({NEWER})",), "--rerun"),
    ],
    ids=["switched off", "pruned", "by hand"],
)
def test_some_runs_use_no_fork_server(
    checkout: Checkout, command: tuple[str, ...], option: str
) -> None:
    checkout.use_cases("good")
    code, output = checkout.nox(*command, "--format=json", option)
    assert code == ExitCode.KNOWN, output
    assert how_started([store.read(checkout.results / f"{NEWER}.json")]) == [OWN]


# ---------------------------------------------------------------- what is killed


def test_a_fork_server_that_is_killed_costs_no_cell(runs: Runs) -> None:
    runs.checkout.use_cases("good", "hangs")
    run = runs.start("results", [OLDER])
    (server,) = wait_for(lambda: fork_servers_of(run))
    wait_for(lambda: children_of(server["pid"]) and runs.results("results"))
    os.kill(server["pid"], signal.SIGKILL)
    output, _ = run.communicate(timeout=120)
    assert output.split() == ["0"]
    (result,) = runs.results("results")
    assert how_started([result]) == [OWN]
    assert outcomes(result) == {"good": "pass", "hangs": "timeout"}
    assert "own processes from here on" in runs.log(OLDER)
    assert processes_in(runs.checkout.folder) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=lambda number: number.name)
@pytest.mark.parametrize("is_in_cell", [True, False], ids=["in a cell", "during the import"])
def test_nothing_outlives_its_run(runs: Runs, number: signal.Signals, is_in_cell: bool) -> None:
    checkout = runs.checkout
    checkout.use_cases("hangs_for_good")
    run = runs.start("results", [OLDER])
    if is_in_cell:
        (server,) = wait_for(lambda: fork_servers_of(run))
        wait_for(lambda: children_of(server["pid"]))
    else:
        wait_for(
            lambda: [line for line in processes_in(checkout.folder) if "forkserver.py" in line]
        )
    run.send_signal(number)
    run.communicate(timeout=20)
    assert wait_for(lambda: not processes_in(checkout.folder))
    if number == signal.SIGINT or is_in_cell:  # otherwise the next run removes the folder
        assert list(Path(tempfile.gettempdir()).glob(f"keras-bisect-{run.pid}-*")) == []
