"""The symbol and the meaning of each outcome."""

from __future__ import annotations

from harness.analysis.outcomes import OUTCOME_MEANINGS, SYMBOLS
from harness.results.model import CELL_OUTCOMES, PAIR_OUTCOMES


def test_every_outcome_has_a_symbol_and_a_meaning() -> None:
    outcomes = {*CELL_OUTCOMES, *PAIR_OUTCOMES}
    assert outcomes <= SYMBOLS.keys()
    assert OUTCOME_MEANINGS.keys() == outcomes | {"unknown"}
