"""Which stored results the present code still vouches for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from harness.results.model import NO_INTERPRETER, Cell, Result


@dataclass(frozen=True)
class CodeDigests:
    """Digests of the present code.

    ``cases`` has the digest of each case by name; ``pair`` changes with everything that can change
    the outcome of a whole pair.
    """

    cases: Mapping[str, str]
    pair: str

    def made(self, cell: Cell) -> bool:
        """Whether a cell was made by the present code of its case and of the runner."""
        return cell.digest == self.cases.get(cell.case)

    def confirms_outcome(self, result: Result) -> bool:
        """Whether the outcome of a whole pair is still known."""
        return result.outcome != NO_INTERPRETER and result.digest == self.pair


def without_outdated(results: Iterable[Result], digests: CodeDigests) -> tuple[list[Result], int]:
    """The results without cells that other code has made, and how many cells were left out.

    Cells made by different code must not be compared with each other. A result that holds nothing
    else is left out as a whole.
    """
    kept, dropped = [], 0
    for result in results:
        cells = {key: cell for key, cell in result.cells.items() if digests.made(cell)}
        dropped += len(result.cells) - len(cells)
        if cells or result.outcome:
            kept.append(replace(result, cells=cells))
    return kept, dropped
