from __future__ import annotations

import subprocess
import sys

import pytest

from harness.util.errors import ExitCode
from harness.util.paths import ROOT


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--until=2024-01-01"], "--until needs --since"),
        (["--since=2024-01-02", "--until=2024-01-01"], "is not before 2024-01-01"),
        (["--since=yesterday"], "'yesterday' is not a day; an example: 2024-11-20"),
        (["--repo=x"], "--repo needs --bisect"),
        (["--keras-wheel=README.md"], "README.md is not a wheel"),
        (["--keras-wheel=README.md", "--nightly"], "--keras-wheel cannot go with --since"),
        (["--since=2024-01-01", "--until=2024-02-01", "--case=god"], "known: attention"),
        (["--since=2024-01-01", "--until=2024-02-01", "--frozen=3.1.0"], "not a release"),
    ],
)
def test_a_request_that_cannot_be_met_is_refused(arguments: list[str], message: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "harness", "watch", *arguments],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, message in done.stderr) == (ExitCode.USAGE, True), done.stderr
