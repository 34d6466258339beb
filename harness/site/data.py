"""What the scripts of the pages read: pairs, signatures, and every cell as the number of one."""

from __future__ import annotations

import json
from itertools import groupby
from typing import Any

import pandas as pd

from harness.kinds import OF_CELLS, Kind, kind_of
from harness.signatures import Signature
from harness.site.heat import Numbers
from harness.site.source import Source, pair_href
from harness.untrusted import shortened
from harness.views import SYMBOLS

LONGEST_MESSAGE = 400


def data_script(source: Source, numbers: Numbers) -> str:
    """``data.js``: one assignment, so that a page opened from disk can read it, too.

    ``pairs`` lists the pairs, natural ones first. ``cells`` has an entry ``[case, format, runs]``
    for each row that applies anywhere; ``runs`` are ``[signature, count]`` along the pairs, -1 for
    what is not known. ``signatures`` are ``[outcome, label, message, raising frame]``. ``kinds``
    has the kind of a change by the outcome before and the one after; ``order`` is that of the
    kinds, the worst first.
    """
    frame = source.made.long
    pairs = _pairs(source)
    cells = _cells(frame, [pair["id"] for pair in pairs], numbers)
    signatures = [
        [each.outcome, each.label, shortened(each.message, LONGEST_MESSAGE), each.place]
        for each in numbers
    ]
    document = {
        "pairs": pairs,
        "cells": cells,
        "signatures": signatures,
        "symbols": SYMBOLS,
        "kinds": _kinds({each.outcome for each in numbers}),
        "order": list(OF_CELLS),
    }
    return f"const KERAS_BISECT = {json.dumps(document, separators=(',', ':'))};\n"


def _kinds(outcomes: set[str]) -> dict[str, dict[str, Kind]]:
    return {
        old: {new: kind_of(Signature(old), Signature(new)) for new in sorted(outcomes)}
        for old in sorted(outcomes)
    }


def _pairs(source: Source) -> list[dict[str, Any]]:
    natural = source.made.natural_pairs
    columns = ["pair", "lineage", "keras", "tensorflow", "python", "released"]
    rows = source.made.long.drop_duplicates("pair")[columns].to_dict("records")
    listed = [
        {
            "id": row["pair"], "lineage": row["lineage"], "keras": row["keras"],
            "tensorflow": row["tensorflow"], "python": row["python"], "released": row["released"],
            "natural": row["pair"] in natural, "href": pair_href(str(row["pair"])),
        }
        for row in rows
    ]  # fmt: skip
    return sorted(listed, key=lambda pair: not pair["natural"])


def _cells(
    frame: pd.DataFrame, pairs: list[str], numbers: Numbers
) -> list[tuple[str, str, list[tuple[int, int]]]]:
    coded = frame[["case", "format", "pair"]].assign(
        number=[numbers.of(signature) for signature in frame["signature"]]
    )
    wide = coded.pivot(index=["case", "format"], columns="pair", values="number")
    wide = wide.reindex(columns=pairs).fillna(-1).astype(int)
    unsupported = {number for number, each in enumerate(numbers) if each.outcome == "unsupported"}
    rows = (
        (case, str(name), [(number, len(list(run))) for number, run in groupby(row)])
        for (case, name), row in zip(wide.index, wide.to_numpy().tolist(), strict=True)
    )
    return [row for row in rows if not {number for number, _ in row[2]} <= {-1, *unsupported}]
