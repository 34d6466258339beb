"""The data files of exchanges: every reading, and every change from one release to the next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
import pandas as pd

from harness.exchange.change_groups import ChangeGroup
from harness.releases.pair import Pair
from harness.report.site.content import SiteContent
from harness.report.site.data_forms import compressed, csv, json_lines, parquet
from harness.util.escaping import spreadsheet_safe

#: The columns of a reading, and what each of them holds.
EXCHANGE_SCHEMA = {
    "reader": "version of the Keras release that read the file; of tf-keras, as tf-keras-2.18.0",
    "case": "name of the case whose model is in the file",
    "format": "how the model was saved",
    "file": "logical digest of the file, which names it in the corpus",
    "writers": "the releases that write this file, named like readers and separated by spaces",
    "unsound_for": "those of the writers that do not read the file themselves as they should; no "
    "reader is judged by them",
    "outcome": "outcome of the reading",
    "type": "type of the exception, or Warning where a part of the file was left out",
    "message": "message of the exception or of the warning, with what differs in each run replaced",
    "inferred": "whether this was inferred from the releases before and after, and not measured",
}

#: The columns of a group of changes, and what each of them holds.
EXCHANGE_CHANGES_SCHEMA = {
    "axis": "reader if two releases read the same files, writer if one release read files of both",
    "lineage": "keras or tf-keras",
    "from": "the earlier of the two releases",
    "to": "the later one, at which reading changed",
    "releases between": "how many releases between the two are not known, as they read or wrote "
    "none of these files",
    "kind": "kind of the change, as on the page of changes",
    "before": "outcome and exception type before the change, with a part of the message where "
    "these do not differ",
    "after": "the same after it",
    "message": "message of the exception after the change, or else of that before it",
    "cases": "the cases, each with its formats, separated by semicolons",
    "others": "the releases at the other end: writers of the files if axis is reader, else readers",
    "readings": "how many changes of single files this row stands for",
    "culprit": "the packages whose versions differ between the environments of the two releases",
    "upstream": "the upstream issue or pull request of an annotation",
    "why": "what an annotation says",
    "example": "case and format of the file that was compared for the next column",
    "difference": "what the later release writes differently, a line for each difference; only "
    "if axis is writer",
}


def exchange_files(content: SiteContent) -> dict[str, bytes]:
    """Path and content of each file."""
    readings = _readings(content)
    return {
        "data/exchange.parquet": parquet(readings),
        "data/exchange.csv.gz": compressed(csv(_for_spreadsheets(readings))),
        "data/exchange.jsonl.gz": json_lines(readings),
        "data/exchange-changes.csv": _groups(content.exchange_changes),
        "data/exchange-changes.jsonl.gz": _points(content.exchange_changes),
    }


def _readings(content: SiteContent) -> pd.DataFrame:
    """One row for each file and reader; its columns are those of `EXCHANGE_SCHEMA`."""
    readings = content.exchange.readings
    sound = content.exchange.sound_writers
    frame = readings.frame.sort_values(["reader", "file"])
    lookups = {
        "reader": [{"reader": _release(pair)} for pair in readings.readers],
        "file": [
            {
                "case": entry.case,
                "format": entry.format,
                "file": entry.digest,
                "writers": _releases(entry.pairs),
                "unsound_for": _releases(
                    pair for pair in entry.pairs if pair not in sound.get(place, ())
                ),
            }
            for place, entry in enumerate(readings.files)
        ],
        "behaviour": [
            {
                "outcome": behaviour.outcome,
                "type": behaviour.type,
                "message": behaviour.message,
            }
            for behaviour in readings.behaviours
        ],
    }
    parts = [
        pd.DataFrame(rows, dtype="category").reindex(frame[column]).reset_index(drop=True)
        for column, rows in lookups.items()
    ]
    inferred = frame["inferred"].reset_index(drop=True)
    return pd.concat([*parts, inferred], axis=1).reindex(columns=list(EXCHANGE_SCHEMA))


def _for_spreadsheets(readings: pd.DataFrame) -> pd.DataFrame:
    """The readings with messages that no spreadsheet takes for a formula."""
    return readings.assign(message=readings["message"].map(spreadsheet_safe))


def _releases(pairs: Iterable[Pair]) -> str:
    return " ".join(map(_release, pairs))


def _release(pair: Pair) -> str:
    return str(pair.keras) if pair.lineage == "keras" else f"{pair.lineage}-{pair.keras}"


def _groups(groups: Sequence[ChangeGroup]) -> bytes:
    """One row for each group of equal changes; its columns are `EXCHANGE_CHANGES_SCHEMA`."""
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
            _releases(group.others),
            len(group.points),
            *map(spreadsheet_safe, group.explanation),
            " ".join(group.example).strip(),
            spreadsheet_safe("\n".join(group.difference.lines() if group.difference else ())),
        )
        for group in groups
    ]
    return csv(pd.DataFrame(table, columns=list(EXCHANGE_CHANGES_SCHEMA)))


def _points(groups: Sequence[ChangeGroup]) -> bytes:
    """One object per line for each change point, in the order of the groups."""
    lines = (
        msgspec.json.encode(
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
    return compressed(b"".join(line + b"\n" for line in lines))
