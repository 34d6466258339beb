"""Results: one JSON file a pair, written whole or not at all, valid for what made it."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from filelock import FileLock

from harness.environments.builder import INSTALL_RULES
from harness.execution.cases import FORMATS, SCRIPT, Case, runner_digest
from harness.releases.pair_rules import Pair
from harness.util.errors import UsageError
from harness.util.paths import LOCKS, RESULTS

SCHEMA = 2
#: The outcome of a pair whose Python is not here; it says nothing of the releases.
NO_INTERPRETER = "no-interpreter"
#: Outcomes of a whole pair: there is no environment to run a cell in.
PAIR_OUTCOMES = ("unresolvable", "install-error", "import-error", NO_INTERPRETER)

#: Outcomes of a cell.
CELL_OUTCOMES = (
    "pass", "build-error", "save-error", "load-error", "mismatch", "crash", "timeout",
    "unsupported",
)  # fmt: skip
#: Outcomes that only the cell of a script has, beside ``pass``, ``crash`` and ``timeout``.
SCRIPT_OUTCOMES = ("script-error", "script-exit")

_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
#: Seconds after which a part of a file is a killed writer's.
LONGEST_WRITE = 60.0

#: The case and the format of a cell.
CellKey = tuple[str, str]
#: In the place of a cell's key where something is said of the whole pair.
WHOLE_PAIR: CellKey = ("", "")


@dataclass(frozen=True, slots=True)
class Cell:
    """What one case came to in one format.

    ``digest`` is that of its case; ``limit`` the time limit in seconds that it ran into, 0 for a
    cell that ended by itself. ``flaky`` is the error of another time, where the same cell came to
    something else.
    """

    case: str
    format: str
    outcome: str
    digest: str
    seconds: float = 0.0
    limit: float = 0.0
    phase: str = ""
    note: str = ""
    error: Mapping[str, Any] | None = None
    flaky: Mapping[str, Any] | None = None

    @property
    def key(self) -> CellKey:
        """What names the cell within its pair."""
        return (self.case, self.format)


@dataclass
class Result:
    """All that is known of one pair.

    ``outcome`` is one of `PAIR_OUTCOMES`, or empty when the environment runs cells; ``digest`` is
    then `pair_digest` as it was. ``environment`` holds the wheel, the installed list and how the
    environment was made.
    """

    pair: Pair
    environment: dict[str, Any] = field(default_factory=dict)
    outcome: str = ""
    reason: str = ""
    digest: str = ""
    cells: dict[CellKey, Cell] = field(default_factory=dict)

    @property
    def environment_key(self) -> tuple[Any, Any]:
        """The wheel and the installed list: cells of different ones are not to be mixed."""
        return environment_key(self.environment)

    @property
    def outcome_lasts(self) -> bool:
        """Whether the outcome of the pair, where there is one, is still known."""
        return self.outcome != NO_INTERPRETER and self.digest == pair_digest()

    def missing(
        self, cases: Iterable[Case], formats: Sequence[str], limit: float, wheel: str | None = None
    ) -> list[tuple[Case, str]]:
        """What would have to be run to know these cases and formats.

        A cell is known when its case and the runner are still what they were; one that ran into a
        time limit is known only up to that limit. ``wheel`` asks for one TensorFlow package.
        """
        known = list(cases)
        asked = [(case, name) for case in known for name in formats]
        if wheel not in (None, self.environment.get("wheel")):
            return asked
        if self.outcome:
            return [] if self.outcome_lasts else asked
        digests = {case.name: case.digest for case in known}
        limits = {case.name: case.limit(limit) for case in known}
        return [
            (case, name)
            for case, name in asked
            if (cell := self.cells.get((case.name, name))) is None
            or cell.digest != digests[case.name]
            or (cell.outcome == "timeout" and cell.limit < limits[case.name])
        ]


class DamagedResult(ValueError):
    """A result file that is cut short or not of this form."""


def environment_key(environment: Mapping[str, Any]) -> tuple[Any, Any]:
    """What tells one environment of a pair from another: the wheel and the installed list."""
    return environment.get("wheel"), environment.get("installed")


def pair_digest() -> str:
    """Changes with what can make a pair outcome: runner, rules of installing, kind of machine."""
    made_by = f"{runner_digest()} {INSTALL_RULES} {sys.platform} {platform.machine()}"
    return hashlib.sha256(made_by.encode()).hexdigest()[:16]


def without_outdated(found: Iterable[Result], cases: Iterable[Case]) -> tuple[list[Result], int]:
    """The results without cells of other code than the present cases', and how many were left out.

    Cells that different code made must not be held against each other; a result that has no others
    is left out itself.
    """
    digests = {case.name: case.digest for case in cases}
    kept, dropped = [], 0
    for result in found:
        cells = {
            key: cell for key, cell in result.cells.items() if cell.digest == digests.get(cell.case)
        }
        dropped += len(result.cells) - len(cells)
        if cells or result.outcome:
            kept.append(replace(result, cells=cells))
    return kept, dropped


def path_of(pair: Pair, folder: Path = RESULTS) -> Path:
    """The file of a pair."""
    return folder / f"{pair.file_name}.json"


def read(path: Path) -> Result:
    """Read one result file.

    Raises:
        DamagedResult: it cannot be trusted; the message names the file.
    """
    return loads(path.read_bytes(), path.name)


def loads(content: bytes, name: str) -> Result:
    """The result that the file of this name holds.

    Raises:
        DamagedResult: as `read`.
    """
    try:
        result = _from_document(json.loads(_printable(content)))
        if f"{result.pair.file_name}.json" != name:
            raise ValueError(f"it holds {result.pair.id}")
    except (ValueError, KeyError, TypeError, AttributeError, UsageError) as error:
        raise DamagedResult(f"{name} cannot be trusted ({error})") from error
    return result


def _printable(content: bytes) -> bytes:
    """JSON without halves of surrogate pairs, which no file and no page can hold."""
    if not _SURROGATE.search(content):
        return content
    return json.dumps(json.loads(content), ensure_ascii=False).encode(errors="replace")


def read_pair(pair: Pair, folder: Path = RESULTS) -> Result | None:
    """The stored result of a pair, or None where there is none.

    Raises:
        DamagedResult: as `read`.
    """
    path = path_of(pair, folder)
    return read(path) if path.exists() else None


def read_or_empty(pair: Pair, folder: Path = RESULTS) -> Result:
    """What is stored of a pair; an empty result where there is nothing that can be trusted."""
    try:
        return read_pair(pair, folder) or Result(pair)
    except DamagedResult:
        return Result(pair)  # whoever planned the probe has named it


def read_all(folder: Path = RESULTS) -> tuple[list[Result], list[DamagedResult]]:
    """Every stored result in the order of the pairs, and what there is that cannot be trusted."""
    whole, damaged = [], []
    for path in sorted(folder.glob("*.json")):
        try:
            whole.append(read(path))
        except DamagedResult as damage:
            damaged.append(damage)
    return sorted(whole, key=lambda result: result.pair), damaged


def write(result: Result, folder: Path = RESULTS) -> Path:
    """Store a result; a reader sees the old file or the new one, never a part."""
    folder.mkdir(parents=True, exist_ok=True)
    path = path_of(result.pair, folder)
    handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=folder)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(_dumps(result))
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return path


def lock(pair: Pair) -> FileLock:
    """Held by the one who is about to replace the result of a pair."""
    LOCKS.mkdir(parents=True, exist_ok=True)
    return FileLock(LOCKS / f"{pair.file_name}.lock")


def sweep(folder: Path = RESULTS) -> None:
    """Remove what a killed writer left; a file this old has no writer any more."""
    for leftover in folder.glob(".*.part"):
        with suppress(FileNotFoundError):  # its writer was there after all
            if time.time() - leftover.stat().st_mtime > LONGEST_WRITE:
                leftover.unlink()


def _dumps(result: Result) -> str:
    """JSON for small diffs: a line a cell, what repeats (errors, digests, notes) stored once."""
    told = (error for cell in result.cells.values() for error in (cell.error, cell.flaky))
    errors = {_name_of(error): error for error in told if error is not None}
    head = {
        "schema": SCHEMA,
        "pair": result.pair.id,
        "outcome": result.outcome,
        "reason": result.reason,
        "digest": result.digest,
    }
    environment = json.dumps(result.environment, indent=1, sort_keys=True)
    parts = [
        *(f" {json.dumps(key)}: {json.dumps(value)}" for key, value in head.items()),
        ' "environment": ' + environment.replace("\n", "\n "),
        ' "errors": {\n' + _lines(errors) + "\n }",
        ' "cases": [\n' + ",\n".join(_case_texts(result.cells)) + "\n ]",
    ]
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _lines(entries: Mapping[str, Any]) -> str:
    return ",\n".join(
        f"  {json.dumps(name)}: {json.dumps(entries[name], sort_keys=True)}"
        for name in sorted(entries)
    )


def _case_texts(cells: Mapping[CellKey, Cell]) -> Iterator[str]:
    """One object for the cells of a case that one state of its code made."""
    by_code: dict[tuple[str, str], list[Cell]] = {}
    for key in sorted(cells):
        by_code.setdefault((key[0], cells[key].digest), []).append(cells[key])
    for (case, digest), group in by_code.items():
        run = {cell.format: _cell_entry(cell) for cell in group if _is_run(cell)}
        unsupported: dict[str, list[str]] = {}
        for cell in group:
            if not _is_run(cell):
                unsupported.setdefault(cell.note, []).append(cell.format)
        yield (
            f'  {{"case": {json.dumps(case)}, "digest": {json.dumps(digest)},\n'
            f'  "unsupported": {json.dumps(unsupported, sort_keys=True)},\n'
            f'  "formats": {{\n{_lines(run)}}}}}'
        )


def _is_run(cell: Cell) -> bool:
    """Whether there is more to store of a cell than the reason why it is not run."""
    return cell.outcome != "unsupported" or cell.flaky is not None


def _cell_entry(cell: Cell) -> dict[str, Any]:
    entry: dict[str, Any] = {"outcome": cell.outcome, "seconds": cell.seconds}
    if cell.limit:
        entry["limit"] = cell.limit
    if cell.phase:
        entry["phase"] = cell.phase
    if cell.note:
        entry["note"] = cell.note
    if cell.error is not None:
        entry["error"] = _name_of(cell.error)
    if cell.flaky is not None:
        entry["flaky"] = _name_of(cell.flaky)
    return entry


def _name_of(error: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(error, sort_keys=True).encode()).hexdigest()[:12]


def _from_document(document: dict[str, Any]) -> Result:
    if document["schema"] != SCHEMA:
        raise ValueError(f"schema {document['schema']!r}, expected {SCHEMA}")
    cells = _cells(document["cases"], document["errors"])
    return Result(
        pair=Pair.parse(document["pair"]),
        environment=document["environment"],
        outcome=document["outcome"],
        reason=document["reason"],
        digest=document["digest"],
        cells={cell.key: cell for cell in cells},
    )


def _cells(groups: Iterable[dict[str, Any]], errors: dict[str, Any]) -> Iterator[Cell]:
    for group in groups:
        common = {"case": group["case"], "digest": group["digest"]}
        for name, entry in group["formats"].items():
            told = {key: errors[entry[key]] for key in ("error", "flaky") if key in entry}
            yield _known(Cell(**common, format=name, **{**entry, **told}))
        for note, names in group["unsupported"].items():
            for name in names:
                yield _known(Cell(**common, format=name, outcome="unsupported", note=note))


def _known(cell: Cell) -> Cell:
    if cell.format not in (*FORMATS, SCRIPT) or cell.outcome not in (
        *CELL_OUTCOMES,
        *SCRIPT_OUTCOMES,
    ):
        raise ValueError(f"unknown: {cell.format} {cell.outcome}")
    return cell
