"""The model of results: what is known about a pair and about each of its cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NotRequired, TypedDict, get_args

from harness.releases.pair import Pair

#: How a model goes to disk and back, in the order of the tables.
Format = Literal["keras", "h5", "weights", "json", "clone", "savedmodel", "export", "own"]
FORMATS: tuple[str, ...] = get_args(Format)
#: Takes the place of the format in the one cell of a script.
SCRIPT = "script"

#: The outcome of a pair whose Python is not on this machine; it says nothing about the releases.
NO_INTERPRETER = "no-interpreter"
#: Outcomes of a whole pair: there is no environment to run a cell in.
PairOutcome = Literal["unresolvable", "install-error", "import-error", "no-interpreter"]
PAIR_OUTCOMES: tuple[str, ...] = get_args(PairOutcome)
#: Outcomes of a cell.
CellOutcome = Literal[
    "pass", "refused", "build-error", "save-error", "load-error", "mismatch", "accepted", "crash",
    "timeout", "unsupported",
]  # fmt: skip
CELL_OUTCOMES: tuple[str, ...] = get_args(CellOutcome)
#: The outcomes of a cell in which the release did the right thing: the model came back the same, or
#: a file that cannot be loaded properly was refused. Any other but "unsupported" is a failure.
GOOD_OUTCOMES = ("pass", "refused")
#: Outcomes that only a contract can have: a cell whose file a release should refuse to load.
CONTRACT_OUTCOMES = ("refused", "accepted")
#: Outcomes that only the cell of a script can have; it can also pass, crash or time out.
ScriptOutcome = Literal["script-error", "script-exit"]
SCRIPT_OUTCOMES: tuple[str, ...] = get_args(ScriptOutcome)

#: The case and the format of a cell.
CellKey = tuple[str, str]
#: Takes the place of a cell's key in statements about the whole pair.
WHOLE_PAIR: CellKey = ("", "")


class ExceptionRecord(TypedDict):
    """An exception as the runner describes it.

    ``frames`` are module, function and line, outermost first. ``causes`` are the exceptions that
    led to it, the nearest first.
    """

    type: str
    message: str
    frames: Sequence[Sequence[Any]]
    causes: NotRequired[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Cell:
    """The outcome of one case in one format.

    ``digest`` is the digest of its case. ``seconds`` is how long it ran; ``limit`` is the time
    limit in seconds that it ran into, or 0 if it ended by itself. ``error`` is its exception;
    ``flaky`` is the exception of another run in which the same cell had another outcome.
    ``signal`` names the signal that ended the interpreter, if one did; ``status`` is the exit
    status that a script asked for.
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
    status: int = 0

    @property
    def key(self) -> CellKey:
        """Case and format, which identify the cell within its pair."""
        return (self.case, self.format)


@dataclass
class Result:
    """All that is known about one pair.

    ``outcome`` is one of `PAIR_OUTCOMES`, or empty if cells could be run. ``reason`` is the message
    that goes with that outcome, and ``digest`` the digest of the code that found it.
    ``environment`` holds the wheel, the installed list and how the environment was made.
    """

    pair: Pair
    environment: dict[str, Any] = field(default_factory=dict)
    outcome: str = ""
    reason: str = ""
    digest: str = ""
    cells: dict[CellKey, Cell] = field(default_factory=dict)

    @property
    def environment_key(self) -> tuple[Any, Any]:
        """As `environment_key`; cells from different environments must not be mixed."""
        return environment_key(self.environment)


def environment_key(environment: Mapping[str, Any]) -> tuple[Any, Any]:
    """Return the wheel and the installed list, which tell the environments of a pair apart."""
    return environment.get("wheel"), environment.get("installed")
