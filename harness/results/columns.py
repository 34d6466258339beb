"""The columns of a result with very many cells: a Parquet file with a row for each cell.

Readers of saved files have thousands of cells, and together these are one table of several hundred
thousand rows. In columns, equal texts are stored once, and the table is made without an object for
each cell.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from harness.releases.pair import Pair
from harness.results.document import CELL_FORMAT, DamagedResult, exception_from_json
from harness.results.head import ResultHead, head_of
from harness.results.model import CELL_OUTCOMES, Cell, ExceptionRecord, Result
from harness.util.errors import UsageError

SUFFIX = ".parquet"
COLUMNS_SCHEMA = 1
#: The key of the metadata that holds everything but the cells.
_HEAD = b"keras-bisect"

_TEXT = pa.dictionary(pa.int32(), pa.string())
#: ``error`` and ``flaky`` are exceptions as JSON. Empty texts and zeros are as in `Cell`.
_SCHEMA = pa.schema(
    [
        pa.field(name, _TEXT, nullable=False)
        for name in (
            "case", "format", "outcome", "digest", "phase", "note", "error", "flaky", "signal",
        )
    ]
    + [
        pa.field("seconds", pa.float64(), nullable=False),
        pa.field("limit", pa.float64(), nullable=False),
        pa.field("status", pa.int32(), nullable=False),
    ]
)  # fmt: skip


def dumps(result: Result) -> bytes:
    """Return the bytes of a result; equal results give equal bytes."""
    head = json.dumps(head_of(result, COLUMNS_SCHEMA), sort_keys=True)
    file = io.BytesIO()
    pq.write_table(
        table_of(result).replace_schema_metadata({_HEAD: head}),
        file,
        compression="zstd",
        compression_level=9,
        write_page_checksum=True,
    )
    return file.getvalue()


def table_of(result: Result) -> pa.Table:
    """Return the cells of a result as columns, in the order of their keys."""
    rows = [_row(result.cells[key]) for key in sorted(result.cells)]
    return pa.Table.from_pylist(rows, schema=_SCHEMA)


def _row(cell: Cell) -> dict[str, Any]:
    row = {name: getattr(cell, name) for name in _SCHEMA.names}
    return {**row, "error": _as_json(cell.error), "flaky": _as_json(cell.flaky)}


def _as_json(exception: ExceptionRecord | None) -> str:
    return json.dumps(exception, sort_keys=True) if exception else ""


def loads(content: bytes, name: str) -> Result:
    """Return the result that a file of this name and content holds.

    Raises:
        DamagedResult: the content cannot be trusted; the message names the file.
    """
    columns = read_columns(content, name)
    try:
        exceptions = {text: exception_from_json(text) for text in columns.exceptions()}
        cells = [_cell(row, exceptions) for row in columns.table.to_pylist()]
    except ValueError as error:
        raise DamagedResult(f"{name} cannot be trusted ({error})") from error
    return columns.head.result_with(cells)


def _cell(row: dict[str, Any], exceptions: Mapping[str, ExceptionRecord]) -> Cell:
    found = {name: exceptions.get(row[name]) for name in ("error", "flaky")}
    return Cell(**{**row, **found})


@dataclass(frozen=True)
class ResultColumns:
    """The result of a pair as columns: its head, and a table with a row for each cell."""

    pair: Pair
    head: ResultHead
    table: pa.Table

    def exceptions(self) -> set[str]:
        """The different exceptions of all cells, as JSON."""
        columns = (self.table.column(name).unique() for name in ("error", "flaky"))
        return {text for column in columns for text in column.to_pylist() if text}


def read_columns(content: bytes, name: str) -> ResultColumns:
    """Return the result that a file of this name and content holds, without making its cells.

    Raises:
        DamagedResult: the content cannot be trusted; the message names the file.
    """
    try:
        with pq.ParquetFile(io.BytesIO(content), page_checksum_verification=True) as file:
            table = file.read()
        head = msgspec.json.decode((table.schema.metadata or {}).get(_HEAD, b""), type=ResultHead)
        pair = Pair.parse(head.pair)
        _check(head, table)
        if f"{pair.file_name}{SUFFIX}" != name:
            raise ValueError(f"it holds {head.pair}")
    except (pa.ArrowException, OSError, msgspec.MsgspecError, ValueError, UsageError) as error:
        raise DamagedResult(f"{name} cannot be trusted ({error})") from error
    return ResultColumns(pair, head, table)


def _check(head: ResultHead, table: pa.Table) -> None:
    """Check what the types of the columns do not say.

    Raises:
        ValueError: the columns are not those of a result.
    """
    head.check(COLUMNS_SCHEMA, has_cells=table.num_rows > 0)
    if not table.schema.remove_metadata().equals(_SCHEMA):
        raise ValueError("it has other columns")
    if any(column.null_count for column in table.columns):
        raise ValueError("it has empty fields")
    outcomes = set(table.column("outcome").unique().to_pylist())
    if unknown := outcomes - set(CELL_OUTCOMES):
        raise ValueError(f"unknown outcomes: {', '.join(sorted(unknown))}")
    formats = table.column("format").unique().cast(pa.string())
    wrong = formats.filter(pc.invert(pc.match_substring_regex(formats, CELL_FORMAT)))
    if len(wrong):
        raise ValueError(f"unknown formats: {', '.join(sorted(wrong.to_pylist()))}")
    keys = table.select(["case", "format"])
    if keys.group_by(["case", "format"]).aggregate([]).num_rows < table.num_rows:
        raise ValueError("it holds a cell twice")
