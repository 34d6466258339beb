"""The fork server: who may use one, and that what comes out of it is the same."""

from __future__ import annotations

import fcntl
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from harness.environments.builder import READY, Environment, EnvironmentBuilder
from harness.execution.cases import Script
from harness.execution.forkserver.base import ForkServer, acts_before, is_eligible, mismatch_with
from harness.execution.forkserver.pool import FORKED, OWN
from harness.execution.request import Request
from harness.releases.pair import Pair
from harness.releases.pair_rules import PairRules
from harness.results import store
from harness.results.compare import compare_results
from harness.results.model import Result
from harness.util.errors import ExitCode, Fault
from harness.util.paths import FORKSERVER, RESULTS, ROOT
from tests.conftest import DATA, Checkout, processes_in

PAIRS = [f"keras-{keras}_tensorflow-2.18.1_py3.11" for keras in ("3.6.0", "3.7.0")]
OTHER_NUMPY = f"{PAIRS[1]}+numpy==1.26.4"

RUN = """
import sys
from pathlib import Path
from harness.execution.cases import SCRIPT, Script, all_cases
from harness.execution.sessions import run_sessions
from harness.releases.pair_rules import Pair
from harness.execution.run_pair import Request
from harness.util.processes import exit_with_ancestors

folder, script, fork_server, *ids = sys.argv[1:]
cases, formats, limit = all_cases(), ["json"], 2
if script:  # which imports TensorFlow itself
    cases, formats, limit = [Script("script", Path(script))], [SCRIPT], 60
request = Request(cases, formats, limit, folder=Path(folder), rerun=True,
                  fork_server=fork_server == "yes")
exit_with_ancestors()
for report in run_sessions([Pair.parse(each) for each in ids], request, lambda *_: None, workers=1):
    print(report.code, report.reason)
"""


def started_run(
    checkout: Checkout, folder: str, pairs: Sequence[str], *, script: str = "", forked: bool = True
) -> subprocess.Popen[str]:
    """One run over pairs, its results in a folder of the checkout."""
    place = str(checkout.folder / folder)
    return subprocess.Popen(
        [sys.executable, "-c", RUN, place, script, "yes" if forked else "no", *pairs],
        cwd=checkout.folder,
        env={**os.environ, "KERAS_BISECT_PYTHON": sys.executable},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def run(checkout: Checkout, folder: str, pairs: Sequence[str], **how: Any) -> list[Result]:
    process = started_run(checkout, folder, pairs, **how)
    output, _ = process.communicate(timeout=300)
    assert output.split() == ["0"] * len(pairs), output
    return store.read_all(checkout.folder / folder)[0]


def ways(found: Sequence[Result]) -> list[str]:
    return [each.environment["started"] for each in found]


def waited_for(what: Callable[[], Any], seconds: float = 60) -> Any:
    limit = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < limit
        time.sleep(0.05)
    return found


def fork_servers_of(run: subprocess.Popen[str]) -> list[dict[str, Any]]:
    """What the ready fork servers of a run say of themselves."""
    found = Path(tempfile.gettempdir()).glob(f"keras-bisect-{run.pid}-*/*.json")
    return [json.loads(path.read_text()) for path in found]


def children_of(pid: int) -> list[int]:
    try:
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


# ---------------------------------------------------------------- on real releases


@pytest.mark.real
def test_cells_are_the_same_and_take_only_themselves_along(checkout: Checkout) -> None:
    checkout.use_cases("crashes", "exits", "good", "hangs_for_good", "leaves_things",
                       "tells_its_place")  # fmt: skip
    for name in ("interleaved_dense", "contract_node_past_end"):
        shutil.copy(ROOT / "cases" / f"{name}.py", checkout.folder / "cases")
    for name, keras in (("crashes", "3.6.0"), ("exits", "3.7.0"), ("hangs_for_good", "3.7.0")):
        with (checkout.folder / "cases" / f"{name}.py").open("a") as file:
            file.write(f"\n\ndef applies(keras):\n    return keras.__version__ == '{keras}'\n")
    forked = run(checkout, "forked", PAIRS)
    assert ways(forked) == [FORKED, FORKED]
    own = run(checkout, "own", PAIRS, forked=False)
    assert ways(own) == [OWN, OWN]
    assert compare_results(own, forked) == (16, [])
    assert [
        {case: each.cells[case, "json"].outcome for case, _ in each.cells} for each in forked
    ] == [
        {
            "contract_node_past_end": "load-error",
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
    places = [result.cells["tells_its_place", "json"].error for result in (*own, *forked)]
    assert "<environment>/lib/python3.11/site-packages" in str(places[-1])
    assert str(checkout.folder / ".nox" / "pair") not in str(places)
    running = subprocess.run(["ps", "-ewwo", "args"], capture_output=True, text=True, check=True)
    assert "sleep 987.125" not in running.stdout
    assert processes_in(checkout.folder) == []


@pytest.mark.real
def test_a_script_and_a_script_that_acts_before_the_import(
    checkout: Checkout, tmp_path: Path
) -> None:
    script = str(DATA / "scripts" / "issue_20307.py")
    forked = run(checkout, "scripts", PAIRS, script=script)
    own = run(checkout, "scripts-own", PAIRS, script=script, forked=False)
    assert ways(forked) == [FORKED, FORKED]
    outcomes = [each.cells["issue_20307", "script"].outcome for each in forked]
    assert outcomes == ["script-error", "pass"]
    assert compare_results(own, forked).differences == []
    raises = str(DATA / "scripts" / "raises_in_tensorflow.py")
    forked = run(checkout, "raises", PAIRS[:1], script=raises)
    own = run(checkout, "raises-own", PAIRS[:1], script=raises, forked=False)
    (cell,) = forked[0].cells.values()
    assert cell.error is not None and len(cell.error["frames"]) > 4
    assert (ways(forked), compare_results(own, forked).differences) == ([FORKED], [])
    before = tmp_path / "before.py"
    before.write_text(
        "import os\nos.environ['TF_ENABLE_ONEDNN_OPTS'] = '1'\nimport tensorflow as tf\n"
    )
    assert ways(run(checkout, "before", PAIRS[:1], script=str(before))) == [OWN]


@pytest.mark.real
def test_another_numpy_is_refused_the_fork_server(checkout: Checkout) -> None:
    checkout.use_cases("good")
    found = run(checkout, "numpy", [PAIRS[0], OTHER_NUMPY, PAIRS[1]])
    assert [each.pair.id for each in found] == [PAIRS[0], PAIRS[1], OTHER_NUMPY]
    assert ways(found) == [FORKED, FORKED, OWN]
    assert "numpy==1.26.4" in found[2].environment["installed"]
    log = (checkout.folder / ".nox" / "logs" / f"session-{OTHER_NUMPY}.log").read_text()
    assert "the base has numpy==2.0.2" in log


@pytest.mark.real
def test_a_fork_server_that_is_killed_costs_nothing(checkout: Checkout) -> None:
    checkout.use_cases("good", "hangs")
    process = started_run(checkout, "killed", PAIRS[:1])
    (told,) = waited_for(lambda: fork_servers_of(process))
    waited_for(lambda: children_of(told["pid"]) and (checkout.folder / "killed").exists())
    os.kill(told["pid"], signal.SIGKILL)
    output, _ = process.communicate(timeout=120)
    assert output.split() == ["0"]
    (result,) = store.read_all(checkout.folder / "killed")[0]
    assert ways([result]) == [OWN]
    assert result.cells["good", "json"].outcome == "pass"
    assert result.cells["hangs", "json"].outcome == "timeout"
    log = (checkout.folder / ".nox" / "logs" / f"session-{PAIRS[0]}.log").read_text()
    assert "own processes from here on" in log
    assert processes_in(checkout.folder) == []


@pytest.mark.real
def test_a_child_that_can_only_be_killed_is_a_hang(checkout: Checkout) -> None:
    checkout.use_cases("good", "stops")
    (result,) = run(checkout, "stopped", PAIRS[:1])
    assert ways([result]) == [FORKED]
    assert {case: cell.outcome for (case, _), cell in result.cells.items()} == {
        "good": "pass",
        "stops": "timeout",
    }


@pytest.mark.real
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
@pytest.mark.parametrize("is_at_a_cell", [True, False])
def test_nothing_outlives_its_run(
    checkout: Checkout, number: signal.Signals, is_at_a_cell: bool
) -> None:
    checkout.use_cases("hangs_for_good")
    process = started_run(checkout, "interrupted", PAIRS[:1])
    if is_at_a_cell:
        (told,) = waited_for(lambda: fork_servers_of(process))
        waited_for(lambda: children_of(told["pid"]))
    else:
        waited_for(
            lambda: [each for each in processes_in(checkout.folder) if "forkserver.py" in each]
        )
    process.send_signal(number)
    process.communicate(timeout=20)
    time.sleep(1.5)
    assert processes_in(checkout.folder) == []
    if number == signal.SIGINT or is_at_a_cell:  # else the next run removes it
        assert list(Path(tempfile.gettempdir()).glob(f"keras-bisect-{process.pid}-*")) == []


@pytest.mark.real
def test_what_has_no_fork_server_says_so(checkout: Checkout) -> None:
    checkout.use_cases("good")
    path = checkout.results / f"{PAIRS[1]}.json"
    one = (f"pair({PAIRS[1]})",)
    many = ("matrix", "--keras=3.7.0", "--tensorflow=2.18.1")
    for command, option, way in (
        (many, "--no-fork-server", OWN),
        (one, "--format=json", OWN),
        (many, "--prune", OWN),
    ):
        code, output = checkout.nox(*command, "--format=json", "--rerun", option)
        assert code == ExitCode.KNOWN, output
        assert ways([store.read(path)]) == [way]


# ---------------------------------------------------------------- the decision

#: What TensorFlow 2.18.1 loads, as a fork server told it.
LOADED = [
    "absl-py==2.1.0", "astunparse==1.6.3", "certifi==2025.1.31", "charset-normalizer==3.4.1",
    "flatbuffers==25.2.10", "gast==0.6.0", "h5py==3.13.0", "idna==3.10", "ml_dtypes==0.5.1",
    "numpy==2.0.2", "opt_einsum==3.4.0", "packaging==24.2", "protobuf==5.29.3", "requests==2.32.3",
    "setuptools==76.0.0", "six==1.17.0", "tensorflow_cpu==2.18.1", "termcolor==2.5.0",
    "typing_extensions==4.12.2", "urllib3==2.3.0", "wrapt==1.17.2",
]  # fmt: skip


def environment_in(folder: Path, name: str) -> Environment:
    """An environment with the installed list that is stored of a pair, and no files."""
    result = store.read(RESULTS / f"{name}.json")
    (folder / "lib" / "python3.11" / "site-packages").mkdir(parents=True)
    (folder / "bin").mkdir()
    (folder / "bin" / "python").symlink_to(sys.executable)
    return Environment(result.pair, folder, result.environment)


@pytest.fixture
def base(tmp_path: Path) -> ForkServer:
    prefix = environment_in(tmp_path / "base", "keras-3.7.0_tensorflow-2.18.1_py3.11").folder
    told = {
        "prefix": str(prefix), "python": os.path.realpath(sys.executable), "loaded": LOADED,
        "unowned": [], "names": ["six", "numpy", "queue"], "missed": ["scipy", "google.colab"],
    }  # fmt: skip
    (tmp_path / "fork server.json").write_text(json.dumps(told))
    return ForkServer.read(tmp_path / "fork server.json")


@pytest.mark.parametrize(
    ("pair", "reason"),
    [
        ("keras-3.0.5_tensorflow-2.18.1_py3.11", ""),
        ("keras-3.8.0_tensorflow-2.18.1_py3.11", ""),
        ("keras-3.9.2_tensorflow-2.18.1_py3.11", "absl-py==2.1.0, "),
        ("keras-3.7.0_tensorflow-2.19.1_py3.11", "tensorflow-cpu==2.18.1"),
    ],
)
def test_every_loaded_distribution_must_be_the_same(
    base: ForkServer, tmp_path: Path, pair: str, reason: str
) -> None:
    told = mismatch_with(base, environment_in(tmp_path / "other", pair))
    assert bool(told) == bool(reason)
    assert reason in told


def test_one_other_version_is_enough(base: ForkServer, tmp_path: Path) -> None:
    same = environment_in(tmp_path / "other", "keras-3.8.0_tensorflow-2.18.1_py3.11")
    assert mismatch_with(base, same) == ""
    listed = [each.replace("numpy==2.0.2", "numpy==2.0.1") for each in same.facts["installed"]]
    other = Environment(same.pair, same.folder, {"installed": listed})
    assert mismatch_with(base, other) == "the base has numpy==2.0.2"
    (same.folder / "bin" / "python").unlink()
    (same.folder / "bin" / "python").symlink_to("/bin/sh")
    assert "another Python" in mismatch_with(base, same)


def test_what_the_base_looked_for_must_not_be_there(base: ForkServer, tmp_path: Path) -> None:
    pair = environment_in(tmp_path / "other", "keras-3.8.0_tensorflow-2.18.1_py3.11")
    packages = pair.folder / "lib" / "python3.11" / "site-packages"
    (packages / "google").mkdir()
    assert mismatch_with(base, pair) == ""
    (packages / "google" / "colab.py").touch()
    assert "has google.colab" in mismatch_with(base, pair)
    (packages / "google" / "colab.py").unlink()
    (packages / "scipy").mkdir()
    assert "has scipy" in mismatch_with(base, pair)


def test_libraries_beside_the_packages_have_no_fork_server(
    base: ForkServer, tmp_path: Path
) -> None:
    pair = environment_in(tmp_path / "other", "keras-3.8.0_tensorflow-2.18.1_py3.11")
    (pair.folder / "lib" / "python3.11" / "site-packages" / "tensorflow-plugins").mkdir()
    assert "tensorflow-plugins" in mismatch_with(base, pair)


def test_nothing_may_hide_what_the_base_has(base: ForkServer, tmp_path: Path) -> None:
    pair = environment_in(tmp_path / "other", "keras-3.8.0_tensorflow-2.18.1_py3.11")
    beside = tmp_path / "scripts"
    beside.mkdir()
    (beside / "repro.py").touch()
    assert mismatch_with(base, pair, [beside]) == ""
    (beside / "queue.py").touch()
    assert "has queue" in mismatch_with(base, pair, [beside])
    (beside / "queue.py").rename(beside / "scipy.py")
    assert "has scipy" in mismatch_with(base, pair, [beside])


@pytest.mark.parametrize(
    ("tensorflow", "can"), [("2.15.0", False), ("2.16.1", True), ("2.16.0.dev20231231", True)]
)
def test_older_releases_load_their_keras(tensorflow: str, can: bool) -> None:
    pair = Pair.parse(f"keras-3.0.5_tensorflow-{tensorflow}_py3.11")
    environment = Environment(pair, Path("nowhere"), {})
    assert is_eligible(environment, []) is (can and sys.platform == "linux")


def test_a_script_that_acts_before_the_import_has_no_fork_server(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    for text, acts in (
        ("import tensorflow as tf\nprint(tf.environment)\n", False),
        ("import os\nos.environ['TF_USE_LEGACY_KERAS'] = '1'\n", True),
        ("import sys\ndel sys . modules['numpy']\n", True),
        ('"""It says why."""\nimport queue\nimport numpy as np\nimport keras\n', False),
        ("import numpy as np\nnp.bool = bool\nimport keras\n", True),
        ("import settings\nimport tensorflow as tf\n", True),
        ("from . import settings\nimport tensorflow as tf\n", True),
        ("def late():\n    import keras\n", True),
        ("import keras, settings\n", True),
        ("import\n", True),
    ):
        script.write_text(text)
        assert acts_before(Script("script", script)) is acts


def test_a_request_hands_on_that_it_wants_none() -> None:
    assert "--no-fork-server" not in Request([], [], 60).arguments()
    assert "--no-fork-server" in Request([], [], 60, fork_server=False).arguments()


# ---------------------------------------------------------------- the fork server itself


@pytest.fixture
def guest() -> ModuleType:
    """The file that runs in the base."""
    spec = importlib.util.spec_from_file_location("guest_forkserver", FORKSERVER)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.skipif(sys.platform != "linux", reason="there are no fork servers")
def test_no_fork_while_a_thread_is_alive_or_with_other_variables() -> None:
    program = f"""
import sys, threading, time
sys.path.insert(0, {str(FORKSERVER.parent)!r})
import forkserver
made = forkserver.ForkServer.__new__(forkserver.ForkServer)
made.environ = {{"PYTHONHASHSEED": "0"}}
print(made.reason({{"environ": {{"PYTHONHASHSEED": "0", "HOME": "/other"}}}}))
print(made.reason({{"environ": {{"PYTHONHASHSEED": "random"}}}}))
threading.Thread(target=time.sleep, args=(9,), daemon=True).start()
print(made.reason({{"environ": {{"PYTHONHASHSEED": "0"}}}}))
"""
    command = [sys.executable, "-c", program]
    told = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    assert told.stdout.splitlines() == [
        "None", "other environment variables: PYTHONHASHSEED",
        "2 threads are alive in the fork server",
    ]  # fmt: skip


def test_keras_can_be_found_and_not_imported(
    guest: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tf_keras.py").write_text("raise AssertionError('it was imported')\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "meta_path", [guest.Held, *sys.meta_path])
    found = importlib.util.find_spec("tf_keras")
    assert found is not None and found.origin == str(tmp_path / "tf_keras.py")
    with pytest.raises(ImportError, match="tf_keras is held back"):
        importlib.import_module("tf_keras")


def test_an_environment_in_use_is_not_removed(rules: PairRules, tmp_path: Path) -> None:
    builder = EnvironmentBuilder(rules, tmp_path)
    pair = Pair.parse(PAIRS[0])
    ready = builder.folder(pair) / READY
    ready.parent.mkdir()
    ready.touch()
    with ready.open() as held:
        fcntl.flock(held, fcntl.LOCK_SH)
        builder.remove(pair)
        assert ready.exists()
        with pytest.raises(Fault, match="is using"):
            builder.make(pair)
    builder.remove(pair)
    assert not ready.exists()
