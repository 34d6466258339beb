"""How the readers of a watch read saved files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.exchange.readings import behaviour_of, is_right
from harness.releases.pair import Pair
from harness.results.model import Cell, CellKey


@dataclass
class Readings:
    """How readers read files; ``unknown`` says what is not known, and why.

    The keys of the cells name the file, as ``keras@8050cdd2ecf9`` in the place of the format.
    """

    cells: dict[Pair, dict[CellKey, Cell]] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)

    def of(self, reader: Pair) -> Mapping[CellKey, Cell]:
        """The cells of one reader."""
        return self.cells.get(reader, {})


def is_read(cell: Cell) -> bool:
    """Whether a file was read as its writer meant it, or rightly refused."""
    return is_right(behaviour_of(cell))
