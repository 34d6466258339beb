"""What readers made of saved files: the cells, and what each of them means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.exchange.corpus import WriterClass
from harness.releases.pair import Pair
from harness.results.model import GOOD_OUTCOMES, Cell, CellKey
from harness.results.signatures import Signature, signature_of


@dataclass
class Readings:
    """What readers made of files; ``unknown`` says what is not known, and why.

    The keys of the cells name the file, as ``keras@8050cdd2ecf9`` in the place of the format.
    """

    cells: dict[Pair, dict[CellKey, Cell]] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)

    def of(self, reader: Pair) -> Mapping[CellKey, Cell]:
        """The cells of one reader."""
        return self.cells.get(reader, {})


def file_key(entry: WriterClass) -> CellKey:
    """The key of the cell in which a file is read."""
    return entry.case, f"{entry.format}@{entry.digest}"


def is_read(cell: Cell) -> bool:
    """Whether a file was read as its writer meant it, or rightly refused."""
    return cell.outcome in GOOD_OUTCOMES and not cell.note


def reading_signature(cell: Cell) -> Signature:
    """The behaviour of a reader; a part that it skipped with a warning belongs to it."""
    return Signature("pass", "Warning", cell.note) if skips_a_part(cell) else signature_of(cell)


def skips_a_part(cell: Cell) -> bool:
    """Whether a file was read but for a part that was skipped with a warning."""
    return cell.outcome == "pass" and bool(cell.note)
