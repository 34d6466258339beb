"""What the scripts of the pages read: pairs, signatures, and every cell as the number of one."""

from __future__ import annotations

import json
import re
from itertools import groupby
from typing import Any

import pandas as pd

from harness.analysis.change_kinds import ChangeKind, kind_of, severity
from harness.analysis.frames import only_cells
from harness.analysis.histories import SYMBOLS
from harness.releases.pair import Pair
from harness.report.site.heat import Numbers
from harness.report.site.source import Source
from harness.results.model import NO_INTERPRETER
from harness.results.signatures import NORMALISERS, RUNS, Signature

#: A hang has no message in its signature, only its outcome.
SEARCHED = ((re.compile(r"\bno end after \S+ s\b"), "timeout"), *NORMALISERS)
#: Where a choice among pairs lists each, in this order.
GROUPS = {
    "keras": "With the TensorFlow of its day",
    "tf-keras": "tf-keras",
    "other": "With another TensorFlow",
    "pre-release": "Pre-releases and daily builds",
    "variant": "With other packages",
}


def data_script(source: Source, numbers: Numbers) -> str:
    """``data.js``: one assignment, so that a page opened from disk can read it, too.

    ``pairs`` lists the pairs, natural ones first; ``whole`` is the signature of the pair itself.
    ``cells`` has an entry ``[case, format, runs]`` for each row that applies anywhere; ``runs`` are
    ``[signature, count]`` along the pairs, -1 for what is not known. ``signatures`` are ``[outcome,
    label, message, raising frame]``. ``kinds`` has the kind of a change by the outcome before and
    the one after; ``order`` is that of the kinds, the worst first. ``severity`` tells how bad an
    outcome is. ``normalisers`` make of a message what signatures keep of it.
    """
    frame = only_cells(source.made.long)
    pairs = _pairs(source, numbers)
    cells = _cells(frame, [pair["id"] for pair in pairs], numbers)
    signatures = [[each.outcome, each.label, each.message, each.place] for each in numbers]
    outcomes = {each.outcome for each in numbers} - {NO_INTERPRETER}
    document = {
        "groups": GROUPS,
        "pairs": pairs,
        "cells": cells,
        "signatures": signatures,
        "symbols": SYMBOLS,
        "kinds": _kinds(outcomes),
        "order": list(ChangeKind),
        "normalisers": [
            (pattern.pattern, _flags(pattern), replacement) for pattern, replacement in SEARCHED
        ],
        "severity": {outcome: severity(outcome) for outcome in sorted(outcomes)},
    }
    return f"const KERAS_BISECT = {json.dumps(document, separators=(',', ':'))};\n"


def _flags(pattern: re.Pattern[str]) -> str:
    return "g" + "s" * bool(pattern.flags & re.DOTALL) + "m" * bool(pattern.flags & re.MULTILINE)


def _kinds(outcomes: set[str]) -> dict[str, dict[str, ChangeKind]]:
    return {
        old: {new: kind_of(Signature(old), Signature(new)) for new in sorted(outcomes)}
        for old in sorted(outcomes)
    }


def _pairs(source: Source, numbers: Numbers) -> list[dict[str, Any]]:
    columns = ["pair", "lineage", "keras", "tensorflow", "python"]
    rows = source.made.long.drop_duplicates("pair")[columns].to_dict("records")
    natural = source.made.natural_pairs
    listed = [
        {
            "id": row["pair"], "lineage": row["lineage"], "keras": row["keras"],
            "tensorflow": row["tensorflow"], "python": row["python"],
            "edits": ", ".join(map(str, pair.edits)), "group": _group(pair, natural),
            "whole": numbers.of(source.tallies[pair.id].whole or Signature(RUNS)),
        }
        for row in rows
        for pair in [Pair.parse(str(row["pair"]))]
    ]  # fmt: skip
    return sorted(listed, key=lambda pair: list(GROUPS).index(pair["group"]))


def _group(pair: Pair, natural: set[str]) -> str:
    if pair.edits:
        return "variant"
    if pair.keras.is_prerelease or pair.tensorflow.is_prerelease:
        return "pre-release"
    if pair.id in natural:
        return pair.lineage
    return "other"


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
