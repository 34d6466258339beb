"""The time limit of the first run of a pair, learned from runs that ended by themselves."""

from __future__ import annotations

from statistics import median_low

from harness.results.model import Cell

#: The first limit, as a multiple of the median time of the runs that ended by themselves.
MEDIANS = 5.0
#: The shortest first limit, in seconds. Of 171,053 stored cells and readings that ended by
#: themselves, 289 took longer than their first limit, given the median of the same cell over all
#: pairs. With a shortest limit of 2 s, 1,057 would have: the first cell of a process can take
#: seconds, because some of Keras is loaded late.
LEAST = 5.0
#: Seconds of processor time for importing TensorFlow and Keras on a busy machine, with room to
#: spare: 4 to 12 were measured. A script in a process of its own needs them within its limit.
IMPORTS = 15.0


class LearnedLimit:
    """A first limit that is shorter than the full one, until it proves to be wrong.

    A script or case that hangs in some releases takes about as long as in the others where it does
    not, so a run that takes several times as long need not be given the full limit at once. Its
    timeout is provisional: what rests on it has to be confirmed with the full limit.

    The limits are in seconds of processor time, whereas runs are measured by the clock. On a busy
    machine the first limit is therefore longer than necessary. Where several threads compute at
    once it can be too short; a confirmation then shows it.
    """

    def __init__(self, full: float) -> None:
        """Start with ``full``, the requested limit, which holds as long as no run is known."""
        self.full = full
        self._seconds: list[float] = []
        self._is_refuted = False

    def first(self, *, with_imports: bool = False) -> float:
        """The limit of a first run; the full one if nothing is known or little would be saved.

        ``with_imports`` is whether the run may have to import TensorFlow within its limit.
        """
        if self._is_refuted or not self._seconds:
            return self.full
        least = IMPORTS if with_imports else LEAST
        learned = max(least, MEDIANS * median_low(self._seconds))
        return learned if learned <= self.full / 2 else self.full

    def learn(self, cell: Cell) -> None:
        """Learn from a cell how long a run takes, if it ended by itself."""
        if cell.seconds and not cell.limit:
            self._seconds.append(cell.seconds)

    def accepts(self, cell: Cell) -> bool:
        """Whether a timeout under a shorter limit can stand for now."""
        return not self._is_refuted and cell.limit >= min(LEAST, self.full)

    def refute(self) -> None:
        """Give up first limits: a run that one of them had cut short has ended by itself."""
        self._is_refuted = True
