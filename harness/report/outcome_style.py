"""How outcomes look in the terminal: colours, and a word for each symbol."""

from __future__ import annotations

from harness.analysis.change_points import NOT_RUN
from harness.analysis.outcomes import SYMBOLS

STYLES = {
    "pass": "green", "refused": "green", "mismatch": "bold magenta", "accepted": "bold magenta",
    "timeout": "bold yellow", "crash": "bold yellow", "load-error": "red", "save-error": "red",
    "build-error": "red", "unsupported": "dim",
}  # fmt: skip
#: What a symbol means, in few words; the others are pairs without an environment.
_MEANINGS = {
    "pass": "right",
    "mismatch": "silently different",
    "accepted": "wrongly accepted",
    "timeout": "hangs",
    "crash": "crashes",
    "load-error": "loading fails",
    "save-error": "saving fails",
    "build-error": "building fails",
    "unsupported": "not applicable",
    NOT_RUN.outcome: "not run",
}


def style_of(outcome: str) -> str:
    """The style in which an outcome is printed."""
    return STYLES.get(outcome, "dim")


def symbol_of(outcome: str) -> str:
    """The symbol of an outcome, which is distinct without its colour."""
    return SYMBOLS["not-run"] if outcome == NOT_RUN.outcome else SYMBOLS.get(outcome, "?")


def legend(outcomes: set[str]) -> list[str]:
    """The symbols of these outcomes with their meanings, the passing ones first."""
    meanings = {
        symbol_of(outcome): _MEANINGS.get(outcome, "no environment")
        for outcome in [*_MEANINGS, *sorted(outcomes - _MEANINGS.keys())]
        if outcome in outcomes
    }
    return [f"{symbol} {meaning}" for symbol, meaning in meanings.items()]
