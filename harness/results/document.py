"""The text of a result file: JSON with a line for each cell, so that a diff stays small."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

import msgspec

from harness.releases.pair import Pair
from harness.results.model import (
    Cell,
    CellKey,
    CellOutcome,
    ExceptionRecord,
    Format,
    PairOutcome,
    Result,
    ScriptOutcome,
)
from harness.util.errors import UsageError
from harness.util.escaping import json_without_lone_surrogates

RESULT_SCHEMA = 2


class DamagedResult(ValueError):
    """A result file that is cut short or does not have this form."""


class _CellEntry(msgspec.Struct, forbid_unknown_fields=True):
    """A cell that was run; ``error`` and ``flaky`` name entries of the document's ``errors``."""

    outcome: CellOutcome | ScriptOutcome
    seconds: float
    limit: float = 0.0
    phase: str = ""
    note: str = ""
    error: str = ""
    flaky: str = ""
    signal: str = ""


class _CaseEntry(msgspec.Struct, forbid_unknown_fields=True):
    """The cells of a case that one state of its code made; ``unsupported`` is formats by reason."""

    case: str
    digest: str
    unsupported: dict[str, list[Format | Literal["script"]]]
    formats: dict[Format | Literal["script"], _CellEntry]


class _Document(msgspec.Struct, forbid_unknown_fields=True):
    schema: int
    pair: str
    outcome: PairOutcome | Literal[""]
    reason: str
    digest: str
    environment: dict[str, Any]
    errors: dict[str, ExceptionRecord]
    cases: list[_CaseEntry]


_decoder = msgspec.json.Decoder(_Document)


def loads(content: bytes, name: str) -> Result:
    """The result that the file of this name holds.

    Raises:
        DamagedResult: the content cannot be trusted; the message names the file.
    """
    try:
        document = _decoder.decode(json_without_lone_surrogates(content))
        result = _result(document)
        if f"{result.pair.file_name}.json" != name:
            raise ValueError(f"it holds {result.pair.id}")
    except (msgspec.MsgspecError, ValueError, KeyError, UsageError) as error:
        raise DamagedResult(f"{name} cannot be trusted ({error})") from error
    return result


def _result(document: _Document) -> Result:
    if document.schema != RESULT_SCHEMA:
        raise ValueError(f"schema {document.schema}, expected {RESULT_SCHEMA}")
    cells = _cells(document.cases, document.errors)
    return Result(
        pair=Pair.parse(document.pair),
        environment=document.environment,
        outcome=document.outcome,
        reason=document.reason,
        digest=document.digest,
        cells={cell.key: cell for cell in cells},
    )


def _cells(cases: Iterable[_CaseEntry], errors: Mapping[str, ExceptionRecord]) -> Iterator[Cell]:
    for group in cases:
        for name, entry in group.formats.items():
            yield Cell(
                case=group.case,
                format=name,
                outcome=entry.outcome,
                digest=group.digest,
                seconds=entry.seconds,
                limit=entry.limit,
                phase=entry.phase,
                note=entry.note,
                error=errors[entry.error] if entry.error else None,
                flaky=errors[entry.flaky] if entry.flaky else None,
                signal=entry.signal or _signal_in(entry.note),
            )
        for note, names in group.unsupported.items():
            for name in names:
                yield Cell(group.case, name, "unsupported", group.digest, note=note)


def dumps(result: Result) -> str:
    """The JSON text of a result; what repeats (exceptions, digests, notes) is stored once."""
    exceptions = (
        exception for cell in result.cells.values() for exception in (cell.error, cell.flaky)
    )
    errors = {_name_of(exception): exception for exception in exceptions if exception is not None}
    head = {
        "schema": RESULT_SCHEMA,
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
        run = {cell.format: _cell_entry(cell) for cell in group if _was_run(cell)}
        unsupported: dict[str, list[str]] = {}
        for cell in group:
            if not _was_run(cell):
                unsupported.setdefault(cell.note, []).append(cell.format)
        yield (
            f'  {{"case": {json.dumps(case)}, "digest": {json.dumps(digest)},\n'
            f'  "unsupported": {json.dumps(unsupported, sort_keys=True)},\n'
            f'  "formats": {{\n{_lines(run)}}}}}'
        )


def _was_run(cell: Cell) -> bool:
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
    if cell.signal and cell.signal != _signal_in(cell.note):
        entry["signal"] = cell.signal
    return entry


def _signal_in(note: str) -> str:
    """The signal that the note of a crash names; files from before ``signal`` have no other."""
    _, found, name = note.partition("ended by signal ")
    return name if found else ""


def _name_of(exception: ExceptionRecord) -> str:
    return hashlib.sha256(json.dumps(exception, sort_keys=True).encode()).hexdigest()[:12]
