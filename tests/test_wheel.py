"""The wheel, installed into a bare environment: its command works in an empty folder."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import pytest

from harness.util.errors import ExitCode
from harness.util.paths import ROOT
from tests.userfile.files import saved

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("wheel")]

MOST_BYTES = 15_000_000
SCRIPT = "import keras\n"

Run = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    _uv("build", "--wheel", "--out-dir", str(folder), str(ROOT))
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def run(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Runs ``keras-bisect`` of a bare environment in an empty folder, with an empty cache."""
    bare, empty = tmp_path_factory.mktemp("bare"), tmp_path_factory.mktemp("empty")
    _uv("venv", "--clear", "--python", sys.executable, str(bare))
    _uv("pip", "install", "--python", str(bare / "bin" / "python"), str(wheel))
    kept = {name: value for name, value in os.environ.items() if name != "KERAS_BISECT_PYTHON"}
    env = {
        **kept,
        "KERAS_BISECT_CACHE": str(bare / "cache"),
        "COLUMNS": "200",
        "PATH": os.pathsep.join([str(bare / "bin"), os.environ["PATH"]]),
    }

    def run(
        *arguments: str, folder: Path = empty, program: str = "keras-bisect", **more: str
    ) -> tuple[int, str]:
        process = subprocess.run(
            [program, *arguments], cwd=folder, env={**env, **more},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        return process.returncode, process.stdout + process.stderr

    (empty / "harness").mkdir()  # is not the code of the wheel
    (empty / "repro.py").write_text(SCRIPT)
    shutil.copy(saved("3.6.0", "keras"), empty / "model.keras")
    return run


def _uv(*arguments: str) -> None:
    uv = Path(sys.executable).with_name("uv")
    subprocess.run([str(uv), "--quiet", *arguments], check=True)


def test_the_wheel_is_small_and_holds_no_generated_pages(wheel: Path) -> None:
    assert wheel.stat().st_size < MOST_BYTES
    names = ZipFile(wheel).namelist()
    assert "harness/shipped/noxfile.py" in names
    assert "harness/shipped/catalogue.json" in names
    assert not [name for name in names if name.endswith((".html", ".pyc")) and "shipped" in name]


def test_it_says_which_results_it_holds(run: Run) -> None:
    code, output = run("--version")
    assert code == ExitCode.KNOWN, output
    assert output.startswith("keras-bisect 0.1.0, results of 20")


def test_what_the_wheel_ships_is_known_at_once(run: Run) -> None:
    code, output = run(
        "bisect", "interleaved_dense", "--format", "keras", "--find", "fixed", "--no-probe",
        "--level", "release",
    )  # fmt: skip
    assert code == ExitCode.KNOWN, output
    assert "3.7.0" in output


def test_usage_names_the_command(run: Run) -> None:
    code, output = run("matrix", "--kers")
    assert code == ExitCode.USAGE
    assert "Usage: keras-bisect matrix [OPTIONS]" in output
    code, output = run("pair")
    assert code == ExitCode.USAGE
    assert "Usage: keras-bisect pair [OPTIONS] ID" in output
    assert "Missing argument 'ID'" in output


def test_a_file_is_tried_in_an_empty_folder(run: Run) -> None:
    code, output = run("file", "model.keras", "--keras", "==3.6.0", "--trust")
    assert code == ExitCode.KNOWN, output
    assert "3.6.0" in output


def test_one_pair_is_run_through_its_session(run: Run) -> None:
    pair = "keras-3.6.0_tensorflow-2.17.0_py3.11"
    code, output = run("pair", pair, "--script", "repro.py")
    assert code == ExitCode.KNOWN, output
    assert f"nox > Running session pair({pair})" in output


def test_every_command_of_the_tutorial(run: Run, tmp_path: Path) -> None:
    tutorial = (ROOT / "docs" / "tutorial.md").read_text()
    files = re.compile(r"^`([\w/]+\.py)`:\n\n```python\n(.+?)```", re.M | re.S)
    for name, content in files.findall(tutorial):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    commands = re.findall(r"^    keras-bisect (.+)$", tutorial, re.M)
    outputs = []
    for command in commands:
        code, output = run(*shlex.split(command), folder=tmp_path)
        assert code == ExitCode.KNOWN, f"{command}\n{output}"
        outputs.append(output)
    of_script, of_matrix, of_case, _ = outputs
    assert "3.7.0" in of_script
    assert "our_model" in of_matrix
    assert "interleaved_dense" not in of_matrix
    assert of_case.startswith("releases …\nculprit …"), "the matrix has run the releases"
    assert (tmp_path / "watch.xml").exists()


def test_the_steps_of_the_action(run: Run, tmp_path: Path) -> None:
    (tmp_path / "cases").mkdir()
    shutil.copy(ROOT / "cases" / "interleaved_dense.py", tmp_path / "cases" / "ours.py")
    shutil.copy(saved("3.6.0", "keras"), tmp_path / "model.keras")
    steps, summary = str(ROOT / "action" / "run.sh"), tmp_path / "summary.md"
    given = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_STEP_SUMMARY": str(summary),
        "INPUT_KERAS": "==3.6.0",
    }
    code, output = run(steps, folder=tmp_path, program="bash", INPUT_CASES="cases", **given)
    assert code == ExitCode.WORSE, output
    assert "::error title=ours (" in output
    assert "cells of 1 pair fail" in summary.read_text()
    assert "Layer node index out of bounds" in (tmp_path / "keras-bisect.xml").read_text()

    code, output = run(steps, folder=tmp_path, program="bash", INPUT_FILES="model.keras", **given)
    assert code == ExitCode.KNOWN, output
    assert "written by Keras 3.6.0" in summary.read_text()

    code, output = run(steps, folder=tmp_path, program="bash", INPUT_FILES="nothing.keras", **given)
    assert code == ExitCode.USAGE, output
