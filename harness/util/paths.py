"""The files and folders of a checkout or of an installed wheel, and the home folder of the user."""

from __future__ import annotations

from pathlib import Path

from harness.util.own_cases import chosen_folders, name_of
from harness.util.shipped import CODE, cache_folder, shipped_state, states_folder

#: The state that this wheel ships; None in a checkout.
STATE = shipped_state()
#: The checkout, or the folder of the state, which holds the same folders.
ROOT = CODE.parent if STATE is None else states_folder() / STATE.name
NOXFILE = ROOT / "noxfile.py"
WORK = ROOT / ".nox" if STATE is None else cache_folder() / "work"
#: The cases of the library, and the folders of those that are chosen.
CASES = ROOT / "cases"
CASE_FOLDERS = chosen_folders(CASES)
#: Whether the cases are those of the library and no others: only then, results are published.
IS_LIBRARY = CASE_FOLDERS == [CASES]
#: What is known and said about the chosen cases. For a team's own, all of it lies apart.
_NOTES = CASES if CASES in CASE_FOLDERS else CASE_FOLDERS[0]
ANNOTATIONS = _NOTES / "annotations.toml"
EXCHANGE_ANNOTATIONS = _NOTES / "exchange_annotations.toml"
ACKNOWLEDGED = _NOTES / "acknowledged.toml"
PUBLISHED = ROOT / "reports"
_OWN = WORK / "cases" / name_of(CASE_FOLDERS)
REPORTS = PUBLISHED if IS_LIBRARY else _OWN / "reports"
#: Where files and results lie that are not in the reports.
UNPUBLISHED = WORK if IS_LIBRARY else _OWN
RESULTS = REPORTS / "results"
CORPUS = REPORTS / "corpus"
EXCHANGE = REPORTS / "exchange"
BISECTIONS = REPORTS / "bisections"
#: What each release writes into configs and accepts there, and what it refuses of the others.
LEDGERS = PUBLISHED / "ledger"
SITE = REPORTS / "site"
CATALOGUE = (CODE / "releases" if STATE is None else ROOT) / "catalogue.json"
#: Results that are not published: those of bisections and of ``watch``.
PROBES = UNPUBLISHED / "probes"
#: The same of what ``watch`` has had read.
READINGS = PROBES / "exchange"
#: Results of runs in which chance has a part, which are no facts about a pair.
TRIALS = UNPUBLISHED / "trials"
LOCKS = WORK / "locks"
LOGS = WORK / "logs"
SCRATCH = WORK / "scratch"
#: The code that runs inside environments. There, this folder is the first on ``sys.path``.
GUEST = CODE / "guest"
RUNNER = GUEST / "runner.py"
ROUND_TRIP = GUEST / "roundtrip"
SCRIPT_RUNNER = GUEST / "script.py"
READER = GUEST / "reader.py"
TRACER = GUEST / "traced.py"
FORKSERVER = GUEST / "forkserver.py"
LEDGER_PROGRAM = GUEST / "ledger.py"
FILE_READER = GUEST / "userfile.py"


def home_folder() -> Path | None:
    """The user's home folder; None for a user id that has none, as in many containers."""
    try:
        return Path.home()
    except RuntimeError:
        return None


def from_root(path: Path) -> str:
    """A path from the checkout, where a command is given; else the whole path."""
    return str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)
