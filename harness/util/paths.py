"""Where things are in a checkout."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CASES = ROOT / "cases"
ANNOTATIONS = CASES / "annotations.toml"
ACKNOWLEDGED = CASES / "acknowledged.toml"
REPORTS = ROOT / "reports"
RESULTS = REPORTS / "results"
ANSWERS = REPORTS / "bisections"
SITE = REPORTS / "site"
WORK = ROOT / ".nox"
#: Results that are not for the published report: those of a bisection and of the watch.
PROBES = WORK / "probes"
LOCKS = WORK / "locks"
LOGS = WORK / "logs"
SCRATCH = WORK / "scratch"
#: What runs inside environments; a folder of its own, which is first on the path there.
GUEST = ROOT / "harness" / "guest"
RUNNER = GUEST / "runner.py"
SCRIPT_RUNNER = GUEST / "script.py"
FORKSERVER = GUEST / "forkserver.py"
