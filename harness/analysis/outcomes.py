"""The outcomes as a reader meets them: a symbol and a meaning for each."""

from __future__ import annotations

from harness.results.model import PAIR_OUTCOMES
from harness.results.signatures import RUNS

#: The symbol of each outcome, so that no table depends on colour alone.
SYMBOLS = {
    RUNS: "✓",
    "pass": "✓",
    "refused": "⊘",
    "build-error": "B",
    "save-error": "S",
    "load-error": "L",
    "mismatch": "≠",
    "accepted": "A",
    "crash": "!",
    "timeout": "∞",
    "unsupported": "–",  # noqa: RUF001 - an en dash is meant
    "not-run": "·",
    "part-skipped": "⚠",
    **dict.fromkeys(PAIR_OUTCOMES, "✗"),
}
#: What each outcome means to a reader, in the order of the legend.
OUTCOME_MEANINGS = {
    "pass": "loads, and the model is the same",
    "refused": "loading raises an exception, as it should: the file cannot be loaded properly",
    "mismatch": "loads, but the model is different",
    "accepted": "loads as if nothing were wrong, but the file should be refused",
    "timeout": "runs into the time limit",
    "crash": "the interpreter crashes or exits",
    "load-error": "loading the model, or using the loaded one, raises an exception",
    "save-error": "saving raises an exception",
    "build-error": "the model cannot be built or run",
    "unsupported": "the release does not have the format, or the case does not apply",
    "unresolvable": "no environment: the requirements of the packages contradict each other",
    "install-error": "no environment: a package cannot be built",
    "import-error": "no environment: importing Keras raises an exception",
    "no-interpreter": "no environment: this Python version is not installed",
    "unknown": "not known",
}
