"""A request: which cells to run on each pair, and how."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from harness.execution.cases import Case, Script
from harness.execution.digests import pair_digest
from harness.results.model import SCRIPT, Cell, CellKey, Result
from harness.results.validity import is_outcome_valid
from harness.util.paths import CATALOGUE, RESULTS

#: Set in the environment of a result whose outcome holds for its TensorFlow package alone.
ONLY_THIS_WHEEL = "only_this_wheel"


class CellRequest(NamedTuple):
    """A requested cell: a case and the name of a format.

    ``saved`` is the folder of the saved file that an exchange cell reads, whose name is the file's
    logical digest; None where the model is built and saved first.
    """

    case: Case
    format: str
    saved: Path | None = None

    @property
    def key(self) -> CellKey:
        """The key of the cell in a result; that of an exchange cell names the file, too."""
        suffix = f"@{self.saved.name}" if self.saved else ""
        return self.case.name, self.format + suffix


@dataclass(frozen=True)
class Request:
    """Which cells to run on a pair, each case in each format, and how.

    ``limit`` is the time limit of a cell in seconds of processor time. ``wheel`` is the TensorFlow
    package to install, None for the default one of this machine. ``rerun`` runs known cells again.
    ``prune`` removes the environment afterwards. Results are stored in ``folder``, and releases
    looked up in ``catalogue``. ``keep`` is a folder for what the cells save, with a folder for each
    pair. ``vary`` gives each process a random hash seed and does not repeat a crash.
    ``fork_server`` allows processes to be forked from one that has imported TensorFlow. Up to
    ``processes`` of them run cells at a time.
    """

    cases: Sequence[Case]
    formats: Sequence[str]
    limit: float
    wheel: str | None = None
    rerun: bool = False
    prune: bool = False
    folder: Path = RESULTS
    catalogue: Path = CATALOGUE
    keep: Path | None = None
    vary: bool = False
    fork_server: bool = True
    processes: int = 1

    @property
    def cells(self) -> list[CellRequest]:
        """The requested cells: every case in every format."""
        return [CellRequest(case, name) for case in self.cases for name in self.formats]

    def values(self) -> dict[str, Any]:
        """The fields, by name, for a request of another kind, which keeps no saved files."""
        names = (field.name for field in fields(Request) if field.name != "keep")
        return {name: getattr(self, name) for name in names}

    def missing_from(self, result: Result) -> list[CellRequest]:
        """The cells that have to be run, given what is stored."""
        return self.cells if self.rerun else self.unknown_in(result)

    def unknown_in(self, result: Result) -> list[CellRequest]:
        """The requested cells that a result does not hold; ``rerun`` makes no difference here.

        A cell is known as long as the code of its case and of the runner is unchanged. A cell that
        ran into a time limit is known only up to that limit.
        """
        if self.wheel not in (None, result.environment.get("wheel")):
            return self.cells
        if self.wheel is None and _is_of_one_wheel(result):
            return self.cells
        if result.outcome:
            return [] if is_outcome_valid(result, pair_digest()) else self.cells
        return [cell for cell in self.cells if not self._is_known(cell, result.cells.get(cell.key))]

    def _is_known(self, cell: CellRequest, stored: Cell | None) -> bool:
        if stored is None or stored.digest != cell.case.digest:
            return False
        return stored.outcome != "timeout" or stored.limit >= cell.case.limit(self.limit)

    def arguments(self) -> list[str]:
        """The request as the options of a ``pair`` session."""
        options = [f"--timeout={self.limit:g}", *_case_options(self.cases)]
        options += [f"--format={name}" for name in self.formats if name != SCRIPT]
        if self.wheel:
            options.append(f"--wheel={self.wheel}")
        if self.folder != RESULTS:
            options.append(f"--results={self.folder}")
        if self.catalogue != CATALOGUE:
            options.append(f"--catalogue={self.catalogue}")
        if self.keep:
            options.append(f"--keep={self.keep}")
        if self.processes > 1:
            options.append(f"--processes={self.processes}")
        flags = {
            "--vary": self.vary,
            "--no-fork-server": not self.fork_server,
            "--rerun": self.rerun,
            "--prune": self.prune,
        }
        return options + [flag for flag, is_set in flags.items() if is_set]


#: The order of the formats in a process. The cells of a case share a model, and loading weights
#: resets Keras; an export leaves traces in the model.
_RUN_ORDER = ("keras", "h5", "json", "clone", "savedmodel", "own", "export", "weights", SCRIPT)


def in_run_order(cells: Iterable[CellRequest]) -> list[CellRequest]:
    """The cells with those of one case together, in the order of their first cells."""
    by_case: dict[str, list[CellRequest]] = {}
    for cell in cells:
        by_case.setdefault(cell.case.name, []).append(cell)
    return [
        cell
        for group in by_case.values()
        for cell in sorted(group, key=lambda cell: _RUN_ORDER.index(cell.format))
    ]


def shares_of(cells: Iterable[CellRequest], count: int) -> list[list[CellRequest]]:
    """The cells in up to ``count`` shares of about the same size; those of a case stay together."""
    shares: list[list[CellRequest]] = [[] for _ in range(count)]
    for _, group in groupby(cells, key=lambda cell: cell.case.name):
        min(shares, key=len).extend(group)
    return [share for share in shares if share]


def _is_of_one_wheel(result: Result) -> bool:
    """Whether a result only says that one requested TensorFlow package cannot be used.

    Results from before the field was introduced have no fact but the wheel.
    """
    if result.outcome not in ("unresolvable", "install-error"):
        return False
    return bool(result.environment.get(ONLY_THIS_WHEEL, result.environment.keys() == {"wheel"}))


def _case_options(cases: Iterable[Case]) -> list[str]:
    return [
        f"--script={case.path}" if isinstance(case, Script) else f"--case={case.name}"
        for case in cases
    ]
