"""The data files of the ledgers: who writes and who accepts each key, and everything as JSON."""

from __future__ import annotations

import csv
import gzip
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from io import StringIO

import msgspec

from harness.exchange.ledger.ledger import Ledger, Refusals
from harness.exchange.ledger.store import StoredLedgers
from harness.util.escaping import spreadsheet_safe

COLUMNS = ("class", "key", "values", "written by", "also accepted by")


def ledger_files(stored: StoredLedgers) -> dict[str, bytes]:
    """Path and content of each file."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([spreadsheet_safe(cell) for cell in row] for row in key_rows(stored.ledgers))
    document = json.dumps(_document(stored), sort_keys=True).encode()
    return {
        "data/ledger.csv": text.getvalue().encode(errors="replace"),
        "data/ledger.json.gz": gzip.compress(document, compresslevel=6, mtime=0),
    }


def key_rows(ledgers: Sequence[Ledger]) -> Iterator[tuple[str, ...]]:
    """A row for each class and key, with the texts of `COLUMNS`; ``ledgers`` are in their order.

    A release that accepts any key is not listed as accepting a key that it does not write.
    """
    written: dict[tuple[str, str], list[int]] = defaultdict(list)
    accepted: dict[tuple[str, str], list[int]] = defaultdict(list)
    values: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    for number, ledger in enumerate(ledgers):
        for name, entry in ledger.classes.items():
            for key, value in entry.written.config.items():
                written[name, key].append(number)
                values[name, key][json.dumps(value, sort_keys=True)] = None
            for key in entry.also_accepts:
                accepted[name, key].append(number)
    for name, key in sorted(written.keys() | accepted.keys()):
        yield (
            name,
            key,
            " or ".join(values[name, key]),
            releases_in_words(written[name, key], ledgers),
            releases_in_words(accepted[name, key], ledgers),
        )


def releases_in_words(numbers: Sequence[int], ledgers: Sequence[Ledger]) -> str:
    """Releases by their places in ``ledgers``, as ``3.0.0 to 3.3.3, 3.5.0``."""
    spans: list[list[int]] = []
    for number in numbers:
        if spans and spans[-1][-1] == number - 1:
            spans[-1].append(number)
        else:
            spans.append([number])
    return ", ".join(
        ledgers[span[0]].release
        if len(span) == 1
        else f"{ledgers[span[0]].release} to {ledgers[span[-1]].release}"
        for span in spans
    )


def _document(stored: StoredLedgers) -> dict[str, object]:
    entries = [entry for ledger in stored.ledgers for entry in ledger.classes.values()]
    return {
        "objects": {entry.key: entry.written.serialized for entry in entries},
        "releases": {ledger.release: _ledger(ledger) for ledger in stored.ledgers},
        "refusals": {str(each.pair.keras): _refusals(each) for each in stored.refusals},
    }


def _ledger(ledger: Ledger) -> dict[str, object]:
    return {
        "pair": ledger.pair.id,
        "classes": {
            name: {
                "writes": entry.key,
                "also_accepts": sorted(entry.also_accepts),
                "accepts_any": entry.accepts_any,
                "own_error": msgspec.to_builtins(entry.own_error),
            }
            for name, entry in ledger.classes.items()
        },
        "not_made": msgspec.to_builtins(ledger.not_made),
    }


def _refusals(refusals: Refusals) -> dict[str, object]:
    return {
        "pair": refusals.pair.id,
        "tried": sorted(refusals.tried),
        "refused": msgspec.to_builtins(refusals.refused),
    }
