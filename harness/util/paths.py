"""The files and folders of a checkout, and the home folder of its user."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CASES = ROOT / "cases"
ANNOTATIONS = CASES / "annotations.toml"
EXCHANGE_ANNOTATIONS = CASES / "exchange_annotations.toml"
ACKNOWLEDGED = CASES / "acknowledged.toml"
REPORTS = ROOT / "reports"
RESULTS = REPORTS / "results"
CORPUS = REPORTS / "corpus"
EXCHANGE = REPORTS / "exchange"
BISECTIONS = REPORTS / "bisections"
#: What each release writes into configs and accepts there, and what it refuses of the others.
LEDGERS = REPORTS / "ledger"
SITE = REPORTS / "site"
WORK = ROOT / ".nox"
#: Results that are not published: those of bisections and of ``watch``.
PROBES = WORK / "probes"
#: The same of what ``watch`` has had read.
READINGS = PROBES / "exchange"
#: Results of runs in which chance has a part, which are no facts about a pair.
TRIALS = WORK / "trials"
LOCKS = WORK / "locks"
LOGS = WORK / "logs"
SCRATCH = WORK / "scratch"
#: The code that runs inside environments. There, this folder is the first on ``sys.path``.
GUEST = ROOT / "harness" / "guest"
RUNNER = GUEST / "runner.py"
ROUND_TRIP = GUEST / "roundtrip"
SCRIPT_RUNNER = GUEST / "script.py"
READER = GUEST / "reader.py"
FORKSERVER = GUEST / "forkserver.py"
LEDGER_PROGRAM = GUEST / "ledger.py"
FILE_READER = GUEST / "userfile.py"


def home_folder() -> Path | None:
    """The user's home folder; None for a user id that has none, as in many containers."""
    try:
        return Path.home()
    except RuntimeError:
        return None
