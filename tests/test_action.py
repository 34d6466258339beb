"""``action/run.sh``, the steps of the GitHub action, with a stand-in for keras-bisect."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from harness.util.errors import ExitCode
from harness.util.paths import ROOT

#: Ends with the next of the codes in a file, one a line, or by a signal where that says "killed".
KERAS_BISECT = """#!/usr/bin/env bash
code=$(head -1 codes) && sed -i 1d codes
[ "$code" = killed ] && kill -KILL $$
exit "$code"
"""
KILLED = 137


def code_of_action(folder: Path, codes: str = "", **inputs: str) -> int:
    """Run the steps; keras-bisect ends with these codes, one after the other."""
    (folder / "codes").write_text(codes.replace(" ", "\n"))
    (folder / "keras-bisect").write_text(KERAS_BISECT)
    (folder / "keras-bisect").chmod(0o755)
    given = {"INPUT_KERAS": "==3.6.0", "GITHUB_STEP_SUMMARY": str(folder / "summary.md"), **inputs}
    path = f"{folder}:{os.environ['PATH']}"
    steps = subprocess.run(
        ["bash", str(ROOT / "action" / "run.sh")],
        cwd=folder, check=False, env={**os.environ, "PATH": path, **given},
    )  # fmt: skip
    return steps.returncode


@pytest.mark.parametrize(
    ("codes", "worst"),
    [
        ("0 0 0", ExitCode.KNOWN),
        ("0 1 0", ExitCode.UNKNOWN),
        ("1 3 1", ExitCode.WORSE),
        ("3 2 1", ExitCode.USAGE),
        ("3 killed 2", KILLED),
    ],
)
def test_the_worst_code_of_the_commands_is_that_of_the_action(
    codes: str, worst: int, tmp_path: Path
) -> None:
    files = "one.keras\ntwo.keras\n"
    assert code_of_action(tmp_path, codes, INPUT_CASES="cases", INPUT_FILES=files) == worst


def test_an_action_without_anything_to_run_is_a_wrong_request(tmp_path: Path) -> None:
    assert code_of_action(tmp_path) == ExitCode.USAGE
