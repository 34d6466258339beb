"""Which stored results are still valid for the present code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from harness.results.model import NO_INTERPRETER, SCRIPT, Cell, Result


@dataclass(frozen=True)
class CodeDigests:
    """Digests of the present code.

    ``cases`` are the digests of the cases by name, each of which covers the runner, too. ``pair``
    is a digest of everything that can change the outcome of a whole pair.
    """

    cases: Mapping[str, str]
    pair: str

    def made(self, cell: Cell) -> bool:
        """Whether the present code of the case and of the runner made this cell."""
        return cell.digest == self.cases.get(cell.case)

    def has_replaced(self, cell: Cell) -> bool:
        """Whether the code that made this cell has changed since.

        It has not if the cell is that of a script, or of a case that no longer exists.
        """
        return cell.format != SCRIPT and cell.digest != self.cases.get(cell.case, cell.digest)

    def confirms_outcome(self, result: Result) -> bool:
        """Whether the outcome of the pair is still valid; a missing interpreter never is."""
        return is_outcome_valid(result, self.pair)

    def is_outdated(self, result: Result) -> bool:
        """Whether other code found the outcome of the pair; a missing interpreter is no finding."""
        return result.outcome not in ("", NO_INTERPRETER) and not self.confirms_outcome(result)


def is_outcome_valid(result: Result, digest: str) -> bool:
    """Whether code of this digest would still find the outcome of the pair."""
    return result.outcome != NO_INTERPRETER and result.digest == digest


def without_outdated(results: Iterable[Result], digests: CodeDigests) -> tuple[list[Result], int]:
    """Return the results without what other code found, and how many findings were left out.

    Findings of different code must not be compared, be they cells or outcomes of whole pairs. A
    result that holds nothing else is left out as a whole.
    """
    kept, dropped = [], 0
    for result in results:
        cells = {key: cell for key, cell in result.cells.items() if digests.made(cell)}
        dropped += len(result.cells) - len(cells)
        if digests.is_outdated(result):
            dropped += 1
        elif cells or result.outcome:
            kept.append(replace(result, cells=cells))
    return kept, dropped
