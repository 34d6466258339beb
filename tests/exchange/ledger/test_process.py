"""The process of ``guest/ledger.py``: how its output is read, and one real run."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO, Any

import pytest

from harness.environments.builder import Environment
from harness.exchange.ledger import process as module
from harness.exchange.ledger.ledger import Failure, WrittenObject
from harness.exchange.ledger.process import ClassFound, ReadFinished, run_ledger_program
from harness.execution import guest_process
from harness.releases.pair import Pair
from harness.util.errors import Fault
from harness.util.processes import Child, child_process
from tests.exchange.ledgers import NEWER, ledger_of

READY = {"event": "ready", "seconds": 1.0, "keras": "3.7.0"}
DENSE = {"event": "class", "kind": "layers", "name": "Dense", "entry": {
    "serialized": {"config": {}}, "also_accepts": [], "accepts_any": True, "own_error": None,
}}  # fmt: skip
PLACE = "no place <object at 0x7f00>, no number 12345"


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Environment:
    """An environment in which no Keras is: the programs are stand-ins."""
    monkeypatch.setattr(module, "LOGS", tmp_path / "logs")
    monkeypatch.setattr(guest_process, "SCRATCH", tmp_path / "scratch")
    pair = Pair.parse("keras-3.7.0_tensorflow-2.18.0_py3.11")
    return Environment(pair, tmp_path / "environment", {})


def run(
    environment: Environment, *events: Mapping[str, Any], ending: str = "", make: bool = True
) -> list[ClassFound | ReadFinished]:
    """Run a program that prints these events and ends like this."""
    lines = "".join(f"{json.dumps(event)}\n" for event in events)
    program = f"import sys, time\nsys.stdout.write({lines!r})\nsys.stdout.flush()\n{ending}"

    def start(
        command: Sequence[str], *, env: Mapping[str, str] | None, stderr: IO[Any]
    ) -> AbstractContextManager[Child]:
        work = json.loads(Path(command[-1]).read_text(encoding="utf-8"))
        assert work["make"] is make and work["cells"] == [] and work["module"] == "keras"
        return child_process([sys.executable, "-c", program], env=env, stderr=stderr)

    return list(run_ledger_program(environment, [], make=make, start=start))


def test_classes_and_answers_come_in_their_order(environment: Environment) -> None:
    not_made = {"event": "class", "kind": "layers", "name": "New", "not_made": {
        "type": "TypeError", "message": PLACE,
    }}  # fmt: skip
    answers: list[dict[str, Any]] = [
        {"event": "read", "exists": True, "error": None},
        {"event": "read", "exists": True, "error": {"type": "E", "message": "m" * 9999}},
    ]
    found, missing, *reads = run(
        environment, READY, DENSE, not_made, *answers, {"event": "done"}, ending="time.sleep(60)"
    )
    assert isinstance(found, ClassFound) and found.entry is not None
    assert isinstance(missing, ClassFound)
    assert missing.not_made == Failure("TypeError", "no place <object at 0x#>, no number 12345")
    assert reads[0] == ReadFinished(True, None)
    assert isinstance(reads[1], ReadFinished) and reads[1].error is not None
    assert len(reads[1].error.message) == module.LONGEST_MESSAGE


def test_a_process_that_dies_is_a_fault_that_names_the_last_class(environment: Environment) -> None:
    with pytest.raises(Fault, match=r"exited with status 7 after layers\.Dense"):
        run(environment, READY, DENSE, ending="sys.exit(7)")
    kill = "import os\nos.kill(os.getpid(), 9)"
    with pytest.raises(Fault, match="was ended by signal 9 after the import of Keras"):
        run(environment, READY, ending=kill)


def test_a_silent_process_is_a_fault(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SILENCE", 0.2)
    monkeypatch.setattr(module, "GRACE", 0.2)
    with pytest.raises(Fault, match=r"does not go on after layers\.Dense"):
        run(environment, READY, DENSE, ending="time.sleep(60)")


def test_what_is_not_about_the_release_is_a_fault(environment: Environment) -> None:
    error = {"type": "ImportError", "message": "no numpy", "frames": []}
    with pytest.raises(Fault, match="Keras cannot be imported: ImportError: no numpy"):
        run(environment, {"event": "import-error", "error": error})
    with pytest.raises(Fault, match="disk is full"):
        run(environment, READY, {"event": "fault", "message": "disk is full"}, make=False)


@pytest.mark.real
def test_a_release_tells_what_it_writes_and_refuses_what_it_does_not_know(
    environments: Callable[[str], Environment],
) -> None:
    environment = environments("keras-3.7.0_tensorflow-2.18.0_py3.11")
    newer = ledger_of(NEWER).classes
    objects = [
        newer["layers.Dense"].written,
        newer["layers.Dropout"].written,
        WrittenObject("layers.NoSuchLayer", {"class_name": "NoSuchLayer", "config": {}}),
    ]
    *classes, dense_read, dropout_read, unknown_read = run_ledger_program(
        environment, objects, make=True
    )
    found = {each.full_name: each for each in classes if isinstance(each, ClassFound)}
    assert len(found) == len(classes) > 200
    dense = found["layers.Dense"].entry
    assert dense is not None and dense.own_error is None
    assert dense.serialized["config"]["kernel_initializer"]["class_name"] == "GlorotUniform"
    assert dense.serialized["config"]["name"] == "dense"
    assert {"input_shape", "activity_regularizer"} <= set(dense.also_accepts)
    assert "quantization_config" not in dense.also_accepts and not dense.accepts_any
    convolution = found["layers.Conv2D"].entry
    assert convolution is not None
    assert "rank" not in convolution.also_accepts  # its base class is given it already
    no_file = found["layers.TFSMLayer"].not_made
    assert no_file is not None and "filepath" in no_file.message
    assert isinstance(dense_read, ReadFinished) and dense_read.error is not None
    assert "quantization_config" in dense_read.error.message
    assert dropout_read == ReadFinished(True, None)
    assert unknown_read == ReadFinished(False, None)
