"""The model of results: what is known of a pair and of each of its cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NotRequired, TypedDict, get_args

from harness.releases.pair import Pair

#: How a model goes to disk and back, in the order of the tables.
Format = Literal["keras", "h5", "weights", "json", "clone", "savedmodel", "export", "own"]
FORMATS: tuple[str, ...] = get_args(Format)
#: Stands in the place of the format in the one cell of a script.
SCRIPT = "script"

#: The outcome of a pair whose Python is not on this machine; it says nothing about the releases.
NO_INTERPRETER = "no-interpreter"
#: Outcomes of a whole pair: there is no environment to run a cell in.
PairOutcome = Literal["unresolvable", "install-error", "import-error", "no-interpreter"]
PAIR_OUTCOMES: tuple[str, ...] = get_args(PairOutcome)
#: Outcomes of a cell.
CellOutcome = Literal[
    "pass", "build-error", "save-error", "load-error", "mismatch", "crash", "timeout",
    "unsupported",
]  # fmt: skip
CELL_OUTCOMES: tuple[str, ...] = get_args(CellOutcome)
#: Outcomes that only the cell of a script has, beside ``pass``, ``crash`` and ``timeout``.
ScriptOutcome = Literal["script-error", "script-exit"]
SCRIPT_OUTCOMES: tuple[str, ...] = get_args(ScriptOutcome)

#: The case and the format of a cell.
CellKey = tuple[str, str]
#: Stands for the key of a cell where something is said about the whole pair.
WHOLE_PAIR: CellKey = ("", "")


class ExceptionRecord(TypedDict):
    """An exception as the runner describes it.

    ``frames`` are module, function and line, outermost first; ``causes`` are the exceptions behind
    it, the nearest first.
    """

    type: str
    message: str
    frames: Sequence[Sequence[Any]]
    causes: NotRequired[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Cell:
    """The outcome of one case in one format.

    ``digest`` is the digest of its case. ``limit`` is the time limit in seconds that it ran into,
    0 for a cell that ended by itself. ``flaky`` is the exception of another run in which the same
    cell had another outcome. ``signal`` names the signal that ended the interpreter, where one did.
    """

    case: str
    format: str
    outcome: str
    digest: str
    seconds: float = 0.0
    limit: float = 0.0
    phase: str = ""
    note: str = ""
    error: ExceptionRecord | None = None
    flaky: ExceptionRecord | None = None
    signal: str = ""

    @property
    def key(self) -> CellKey:
        """What names the cell within its pair."""
        return (self.case, self.format)


@dataclass
class Result:
    """All that is known of one pair.

    ``outcome`` is one of `PAIR_OUTCOMES`, or empty when the environment runs cells; ``digest`` is
    the digest of the code that found that outcome. ``environment`` holds the wheel, the installed
    list and how the environment was made.
    """

    pair: Pair
    environment: dict[str, Any] = field(default_factory=dict)
    outcome: str = ""
    reason: str = ""
    digest: str = ""
    cells: dict[CellKey, Cell] = field(default_factory=dict)

    @property
    def environment_key(self) -> tuple[Any, Any]:
        """The wheel and the installed list: cells from different ones must not be mixed."""
        return environment_key(self.environment)


def environment_key(environment: Mapping[str, Any]) -> tuple[Any, Any]:
    """What distinguishes two environments of a pair: the wheel and the installed list."""
    return environment.get("wheel"), environment.get("installed")
