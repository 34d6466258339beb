"""Where things are in a checkout."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CASES = ROOT / "cases"
ANNOTATIONS = CASES / "annotations.toml"
REPORTS = ROOT / "reports"
RESULTS = REPORTS / "results"
WORK = ROOT / ".nox"
LOCKS = WORK / "locks"
LOGS = WORK / "logs"
SCRATCH = WORK / "scratch"
RUNNER = Path(__file__).with_name("runner.py")
