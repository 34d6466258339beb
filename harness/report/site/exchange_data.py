"""The data files of exchanges: every reading, and every change from one release to the next."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from typing import Any

import pandas as pd

from harness.exchange.change_groups import ChangeGroup
from harness.report.site.content import SiteContent
from harness.util.escaping import spreadsheet_safe


def exchange_files(content: SiteContent) -> dict[str, bytes]:
    """Path and content of each file."""
    return {
        "data/exchange.csv": _readings(content),
        "data/exchange-changes.csv": _groups(content.exchange_changes),
        "data/exchange-changes.jsonl.gz": _points(content.exchange_changes),
    }


def _readings(content: SiteContent) -> bytes:
    """One row for each file that a reader has loaded, with all releases that write this file."""
    rows = {
        (str(one.reader.keras), one.entry.case, one.entry.format, one.entry.digest): one
        for one in content.exchange.found
    }
    signatures = {key: one.signature for key, one in rows.items()}
    columns = ["reader", "case", "format", "file", "writers", "outcome", "type", "message"]
    table = [
        (
            *key,
            " ".join(str(pair.keras) for pair in rows[key].entry.pairs),
            rows[key].cell.outcome,
            signatures[key].type,
            spreadsheet_safe(signatures[key].message),
        )
        for key in sorted(rows)
    ]
    return _csv(table, columns)


def _groups(groups: Sequence[ChangeGroup]) -> bytes:
    """One row for each group of equal changes."""
    columns = [
        "axis", "lineage", "from", "to", "releases between", "kind", "before", "after", "message",
        "cases", "others", "readings", "culprit", "upstream", "why", "example", "difference",
    ]  # fmt: skip
    table = [
        (
            group.axis,
            group.end.lineage,
            str(group.start.keras),
            str(group.end.keras),
            len(group.between),
            group.kind.value,
            *map(spreadsheet_safe, (*group.contrast, group.message)),
            "; ".join(f"{case} ({', '.join(formats)})" for case, formats in group.cases.items()),
            " ".join(str(pair.keras) for pair in group.others),
            len(group.points),
            *map(spreadsheet_safe, group.explanation),
            " ".join(group.example).strip(),
            spreadsheet_safe("\n".join(group.difference.lines() if group.difference else ())),
        )
        for group in groups
    ]
    return _csv(table, columns)


def _points(groups: Sequence[ChangeGroup]) -> bytes:
    """One object per line for each change point, in the order of the groups."""
    lines = (
        json.dumps(
            {
                "axis": point.axis, "case": point.case, "format": point.format,
                "from": point.start.id, "to": point.end.id, "kind": point.kind,
                "file_before": point.file_before, "file_after": point.file_after,
                "others": [pair.id for pair in point.others],
                **{
                    side: {
                        "outcome": signature.outcome, "type": signature.type,
                        "message": signature.message, "place": signature.place,
                    }
                    for side, signature in (("before", point.before), ("after", point.after))
                },
            }
        )
        for group in groups
        for point in group.points
    )  # fmt: skip
    text = "".join(f"{line}\n" for line in lines)
    return gzip.compress(text.encode(), compresslevel=4, mtime=0)


def _csv(table: list[tuple[Any, ...]], columns: list[str]) -> bytes:
    return pd.DataFrame(table, columns=columns).to_csv(index=False, lineterminator="\n").encode()
