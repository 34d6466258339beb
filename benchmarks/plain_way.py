"""Compare `nox -s matrix` with the plain way, on the same six pairs and cells.

    python benchmarks/plain_way.py

The plain way takes one pair after the other, with virtualenv, pip and its warm cache, and runs
every cell in a process of its own. Run it with warm caches. The ratio of the times is what counts.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import fresh  # noqa: E402
from harness.execution.cases import Case, all_cases  # noqa: E402
from harness.results.model import FORMATS  # noqa: E402

RELEASES = ("2.15.0", "3.4.1", "3.5.0", "3.6.0", "3.7.0", "3.8.0")
TENSORFLOW = dict(
    zip(RELEASES, ("2.15.0", "2.16.1", "2.17.0", "2.17.0", "2.18.0", "2.18.0"), strict=True)
)
#: A single case, since the plain way already takes six minutes for its 48 cells.
CASES = [case for case in all_cases() if case.name == "interleaved_dense"]


def plain(folder: Path) -> float:
    """Return the seconds that the plain way takes for the six pairs."""
    started = time.monotonic()
    for release in RELEASES:
        environment = folder / release
        python = str(environment / "bin" / "python")
        make = [sys.executable, "-m", "virtualenv", "--quiet", "-p", "3.11", str(environment)]
        subprocess.run(make, check=True)
        packages = [f"keras=={release}", f"tensorflow-cpu=={TENSORFLOW[release]}"]
        subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True)
        for case in CASES:
            for format_name in FORMATS:
                run_cell(python, folder, case, format_name)
    return time.monotonic() - started


def run_cell(python: str, folder: Path, case: Case, format_name: str) -> None:
    """Run one cell in a process of its own."""
    work = folder / "work.json"
    cell = {
        "case": case.name,
        "path": str(case.path),
        "format": format_name,
        "limit": 60,
        "patience": 240,
    }
    work.write_text(
        json.dumps({"module": "keras", "cells": [cell], "stacks": str(folder / "stacks")})
    )
    command = [python, str(ROOT / "harness" / "guest" / "runner.py"), str(work)]
    env = {**os.environ, "CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    subprocess.run(command, env=env, check=True, capture_output=True)


def matrix(folder: Path) -> float:
    """Return the seconds that `nox -s matrix` takes for the six pairs, without environments."""
    spec = ">=2.15,<3.9," + ",".join(f"!=3.{minor}.*" for minor in range(4)) + ",!=3.4.0"
    options = [f"--keras={spec}", *(f"--case={case.name}" for case in CASES), "-j2"]
    return fresh.session(fresh.checkout(folder), "matrix", *options, quiet=True)


def main() -> None:
    """Measure both ways and print the ratio."""
    with tempfile.TemporaryDirectory() as scratch:
        ours = matrix(Path(scratch) / "checkout")
        print(f"nox -s matrix  {ours:.0f} s", flush=True)
        theirs = plain(Path(scratch))
    print(f"the plain way  {theirs:.0f} s\nratio          {theirs / ours:.1f}")


if __name__ == "__main__":
    main()
