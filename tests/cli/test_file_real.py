"""The command ``file`` on real releases: who reads a file, and a way that is verified."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.environments.builder import Environment
from harness.util.errors import ExitCode
from harness.util.paths import LEDGERS
from tests.cli.clones import PAIR_IDS, lend_all
from tests.conftest import Checkout
from tests.userfile.files import saved

#: A release that refuses what 3.15.1 has written, for keys that it does not know.
OLDER = "3.7.0"


@pytest.fixture
def releases(checkout: Checkout, environments: Callable[[str], Environment]) -> Checkout:
    """A checkout with the environments of 3.7.0 and 3.8.0, and the ledgers."""
    lend_all(checkout, map(environments, PAIR_IDS))
    shutil.copytree(LEDGERS, checkout.results.parent / "ledger")
    return checkout


@pytest.fixture
def arrays(tmp_path: Path) -> tuple[Path, Path]:
    """The inputs and the outputs that the recorded writer has kept with its file."""
    with np.load(saved("3.15.1", "keras").parent / "arrays.npz") as kept:
        inputs, outputs = kept["arr_0"], kept["arr_1"]
    paths = tmp_path / "inputs.npz", tmp_path / "outputs.npz"
    np.savez(paths[0], inputs)
    np.savez(paths[1], outputs)
    return paths


def ask(checkout: Checkout, file: Path, *options: str) -> tuple[int, Any]:
    """The exit code and the answer."""
    answer = checkout.folder / "answer.json"
    code, output = checkout.harness("file", str(file), *options, f"--json={answer}")
    assert answer.exists(), output
    return code, json.loads(answer.read_text())


@pytest.mark.real
def test_a_newer_file_is_brought_into_an_older_release(
    releases: Checkout, arrays: tuple[Path, Path], tmp_path: Path
) -> None:
    file, new = saved("3.15.1", "keras"), tmp_path / "new.keras"
    before = file.read_bytes()
    given = [f"--inputs={arrays[0]}", f"--outputs={arrays[1]}"]

    code, answer = ask(releases, file, "--keras=3.7.0", *given)
    assert code == ExitCode.KNOWN
    (told,) = answer["releases"]
    assert told["verdict"] == "refused" and "quantization_config" in told["says"]

    code, answer = ask(releases, file, f"--to={OLDER}", f"--convert={new}", *given)
    assert code == ExitCode.KNOWN, answer
    way = answer["way"]
    assert way["found"]
    assert "Dense: quantization_config=null" in way["steps"][0]
    assert way["result"].endswith("the same as the given outputs.")
    assert "made this file from `model.keras`" in (tmp_path / "new.keras.md").read_text()
    assert file.read_bytes() == before

    code, answer = ask(releases, new, "--keras=3.7.0", *given)
    (told,) = answer["releases"]
    assert told["verdict"] == "same", "the new file needs no help"


@pytest.mark.real
def test_outputs_that_no_release_computes_are_no_way(
    releases: Checkout, arrays: tuple[Path, Path], tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong.npz"
    np.savez(wrong, np.zeros((4, 4), "float32"))
    new = tmp_path / "new.keras"
    code, answer = ask(
        releases, saved("3.9.0", "keras"),
        "--to=3.7.0", f"--convert={new}", f"--inputs={arrays[0]}", f"--outputs={wrong}",
    )  # fmt: skip
    assert code == ExitCode.UNKNOWN
    way = answer["way"]
    assert not way["found"]
    assert any("computes something else" in each["came_to"] for each in way["attempted"])
    assert not new.exists()
