"""The text of a result file: JSON with a line for each cell, so that a diff stays small."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import msgspec

from harness.results.head import ResultHead, head_of
from harness.results.model import (
    FORMATS,
    Cell,
    CellKey,
    CellOutcome,
    ExceptionRecord,
    Result,
    ScriptOutcome,
)
from harness.util.errors import UsageError
from harness.util.escaping import json_without_lone_surrogates

RESULT_SCHEMA = 2

#: A format, or ``script``; that of an exchange cell names the logical digest of its file, too.
CELL_FORMAT = rf"^((script)|(({'|'.join(FORMATS)})(@[0-9a-f]{{12}})?))$"
_CellFormat = Annotated[str, msgspec.Meta(pattern=CELL_FORMAT)]
_Seconds = Annotated[float, msgspec.Meta(ge=0)]


class DamagedResult(ValueError):
    """A result file that is cut short, or that does not hold a result in this schema."""


class _Cause(msgspec.Struct, forbid_unknown_fields=True):
    """An `ExceptionRecord` without causes; a frame is module, function and line."""

    type: str
    message: str
    frames: list[tuple[str, str, int | None]]


class _ExceptionEntry(_Cause, forbid_unknown_fields=True):
    """An `ExceptionRecord`."""

    causes: list[_Cause] | msgspec.UnsetType = msgspec.UNSET


class _CellEntry(msgspec.Struct, forbid_unknown_fields=True):
    """A cell that was run; ``error`` and ``flaky`` are keys of the document's ``errors``."""

    outcome: CellOutcome | ScriptOutcome
    seconds: _Seconds
    limit: _Seconds = 0.0
    phase: str = ""
    note: str = ""
    error: str = ""
    flaky: str = ""
    signal: str = ""
    status: int = 0


class _CaseEntry(msgspec.Struct, forbid_unknown_fields=True):
    """The cells of a case that were made by the code with this digest.

    ``unsupported`` lists the formats that were not run, by the reason why.
    """

    case: str
    digest: str
    unsupported: dict[str, list[_CellFormat]]
    formats: dict[_CellFormat, _CellEntry]


class _Document(ResultHead, forbid_unknown_fields=True):
    errors: dict[str, _ExceptionEntry]
    cases: list[_CaseEntry]


_decoder = msgspec.json.Decoder(_Document)


def loads(content: bytes, name: str) -> Result:
    """Return the result that a file of this name and content holds.

    Raises:
        DamagedResult: the content cannot be trusted; the message names the file.
    """
    try:
        document = _decoder.decode(_checked(content))
        result = _result(document)
        if f"{result.pair.file_name}.json" != name:
            raise ValueError(f"it holds {result.pair.id}")
    except (msgspec.MsgspecError, ValueError, UsageError, RecursionError) as error:
        raise DamagedResult(f"{name} cannot be trusted ({error})") from error
    return result


def _checked(content: bytes) -> bytes:
    """Return the JSON without lone surrogates.

    Raises:
        ValueError: it is not JSON, or an object in it holds a key twice.
    """
    json.loads(content, object_pairs_hook=_without_doubles)
    cleaned = json_without_lone_surrogates(content)
    if cleaned is not content:
        json.loads(cleaned, object_pairs_hook=_without_doubles)
    return cleaned


def _without_doubles(members: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a JSON object; git leaves its members twice where it joins two versions of a file."""
    content = dict(members)
    if len(content) < len(members):
        raise ValueError("an object holds a key twice")
    return content


def _result(document: _Document) -> Result:
    cells = list(_cells(document))
    document.check(RESULT_SCHEMA, has_cells=bool(cells))
    result = document.result_with(cells)
    if len(result.cells) < len(cells):
        raise ValueError("it holds a cell twice")
    return result


def _cells(document: _Document) -> Iterator[Cell]:
    exceptions = {key: _exception_record(entry) for key, entry in document.errors.items()}
    for case in document.cases:
        for name, entry in case.formats.items():
            yield Cell(
                case=case.case,
                format=name,
                outcome=entry.outcome,
                digest=case.digest,
                seconds=entry.seconds,
                limit=entry.limit,
                phase=entry.phase,
                note=entry.note,
                error=_find(exceptions, entry.error) if entry.error else None,
                flaky=_find(exceptions, entry.flaky) if entry.flaky else None,
                signal=entry.signal or _signal_in(entry.note),
                status=entry.status,
            )
        for note, names in case.unsupported.items():
            for name in names:
                yield Cell(case.case, name, "unsupported", case.digest, note=note)


def exception_from_json(text: str) -> ExceptionRecord:
    """Return the exception that a JSON text holds.

    Raises:
        ValueError: it holds none.
    """
    return _exception_record(
        msgspec.json.decode(json_without_lone_surrogates(text.encode()), type=_ExceptionEntry)
    )


def _exception_record(entry: _ExceptionEntry) -> ExceptionRecord:
    record = _without_causes(entry)
    if entry.causes is not msgspec.UNSET:
        record["causes"] = [_without_causes(cause) for cause in entry.causes]
    return record


def _without_causes(entry: _Cause) -> ExceptionRecord:
    frames = [list(frame) for frame in entry.frames]
    return ExceptionRecord(type=entry.type, message=entry.message, frames=frames)


def _find(exceptions: Mapping[str, ExceptionRecord], key: str) -> ExceptionRecord:
    try:
        return exceptions[key]
    except KeyError:
        raise ValueError(f"it has no error {key}") from None


def dumps(result: Result) -> str:
    """Return the JSON text of a result; repeated exceptions, digests and notes are stored once."""
    exceptions = (
        exception for cell in result.cells.values() for exception in (cell.error, cell.flaky)
    )
    errors = {_key_of(exception): exception for exception in exceptions if exception is not None}
    head = head_of(result, RESULT_SCHEMA)
    environment = json.dumps(head.pop("environment"), indent=1, sort_keys=True)
    parts = [
        *(f" {json.dumps(key)}: {json.dumps(value)}" for key, value in head.items()),
        ' "environment": ' + environment.replace("\n", "\n "),
        ' "errors": {\n' + _one_per_line(errors) + "\n }",
        ' "cases": [\n' + ",\n".join(_case_texts(result.cells)) + "\n ]",
    ]
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _one_per_line(entries: Mapping[str, Any]) -> str:
    """The members of a JSON object in the order of their names, one on each line."""
    return ",\n".join(
        f"  {json.dumps(name)}: {json.dumps(entries[name], sort_keys=True)}"
        for name in sorted(entries)
    )


def _case_texts(cells: Mapping[CellKey, Cell]) -> Iterator[str]:
    """One JSON object for the cells of a case that have the same digest."""
    groups: dict[tuple[str, str], list[Cell]] = {}
    for key in sorted(cells):
        cell = cells[key]
        groups.setdefault((cell.case, cell.digest), []).append(cell)
    for (case, digest), group in groups.items():
        formats = {cell.format: _cell_entry(cell) for cell in group if _was_run(cell)}
        unsupported: dict[str, list[str]] = {}
        for cell in group:
            if not _was_run(cell):
                unsupported.setdefault(cell.note, []).append(cell.format)
        yield (
            f'  {{"case": {json.dumps(case)}, "digest": {json.dumps(digest)},\n'
            f'  "unsupported": {json.dumps(unsupported, sort_keys=True)},\n'
            f'  "formats": {{\n{_one_per_line(formats)}}}}}'
        )


def _was_run(cell: Cell) -> bool:
    """Whether more must be stored about a cell than the reason why it was not run."""
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
        entry["error"] = _key_of(cell.error)
    if cell.flaky is not None:
        entry["flaky"] = _key_of(cell.flaky)
    if cell.signal and cell.signal != _signal_in(cell.note):
        entry["signal"] = cell.signal
    if cell.status:
        entry["status"] = cell.status
    return entry


def _signal_in(note: str) -> str:
    """The signal that the note of a crash names, or the empty string.

    The note was in the schema before the field ``signal``, which is written only where it says
    something else than the note.
    """
    return note.partition("ended by signal ")[2]


def _key_of(exception: ExceptionRecord) -> str:
    """The key of an exception in ``errors``: a digest of its content."""
    return hashlib.sha256(json.dumps(exception, sort_keys=True).encode()).hexdigest()[:12]
