"""``data.js``, which the scripts of the pages read: the pairs, the signatures, and every cell."""

from __future__ import annotations

import json
import re
from itertools import groupby
from typing import Any

import pandas as pd

from harness.analysis.change_kinds import PLURALS, ChangeKind, kind_of, severity
from harness.analysis.frames import only_cells
from harness.analysis.outcomes import SYMBOLS
from harness.releases.pair import Pair
from harness.report.site.content import SiteContent
from harness.report.site.heat_map import SignatureNumbers
from harness.results.messages import RULES
from harness.results.model import NO_INTERPRETER
from harness.results.signatures import RUNS, Signature

#: What is replaced in a message before it is searched for. The signature of a hang has no message,
#: so the message of a hang is replaced by its outcome.
SEARCH_NORMALISERS = (
    (re.compile(r"\bno end after \S+ s\b"), "timeout"),
    *((rule.pattern, rule.replacement) for rule in RULES),
)
#: The headings under which the upgrade page lists the pairs to choose from, in this order.
GROUPS = {
    "keras": "With the TensorFlow release of the time",
    "tf-keras": "tf-keras",
    "other": "With other TensorFlow releases",
    "pre-release": "Pre-releases and nightly builds",
    "variant": "With other package versions",
}


def data_script(content: SiteContent, numbers: SignatureNumbers) -> str:
    """``data.js``: one assignment rather than JSON, so that a page opened from disk can load it.

    - ``pairs``: the pairs by group; ``whole`` is the number of the signature of the pair itself,
      ``missing`` says in words what a cell is that the pair lacks.
    - ``cells``: ``[case, format, runs]`` for each case and format that applies to any pair.
      ``runs`` are ``[signature number, count]`` along the pairs, -1 for cells that the pair lacks.
    - ``signatures``: ``[outcome, label, message, raising frame]``, by number.
    - ``kinds``: the kind of a change, by the outcome before and then the outcome after.
    - ``order``: the kinds of change, the worst first.
    - ``plurals``: what several changes of a kind are called, where that differs.
    - ``severity``: how bad each outcome is.
    - ``normalisers``: ``[pattern, flags, replacement]``, applied to a message to search for.
    """
    pairs = _pairs(content, numbers)
    cells = _cells(only_cells(content.tables.long), [pair["id"] for pair in pairs], numbers)
    outcomes = {signature.outcome for signature in numbers} - {NO_INTERPRETER}
    document = {
        "groups": GROUPS,
        "pairs": pairs,
        "cells": cells,
        "signatures": [
            [signature.outcome, signature.label, signature.message, signature.place]
            for signature in numbers
        ],
        "symbols": SYMBOLS,
        "kinds": _kinds(outcomes),
        "order": list(ChangeKind),
        "plurals": PLURALS,
        "normalisers": [
            (pattern.pattern, _javascript_flags(pattern), _javascript_replacement(replacement))
            for pattern, replacement in SEARCH_NORMALISERS
        ],
        "severity": {outcome: severity(outcome) for outcome in sorted(outcomes)},
    }
    return f"const KERAS_BISECT = {json.dumps(document, separators=(',', ':'))};\n"


def _javascript_flags(pattern: re.Pattern[str]) -> str:
    """The flags of a pattern as JavaScript writes them, with "g" to replace every match."""
    flags = "g"
    if pattern.flags & re.DOTALL:
        flags += "s"
    if pattern.flags & re.MULTILINE:
        flags += "m"
    return flags


def _javascript_replacement(replacement: str) -> str:
    """A replacement as JavaScript writes it, with "$1" for the first group."""
    return re.sub(r"\\(\d)", r"$\1", replacement)


def _kinds(outcomes: set[str]) -> dict[str, dict[str, ChangeKind]]:
    return {
        before: {after: kind_of(Signature(before), Signature(after)) for after in sorted(outcomes)}
        for before in sorted(outcomes)
    }


def _pairs(content: SiteContent, numbers: SignatureNumbers) -> list[dict[str, Any]]:
    """The entries of the pairs, ordered by group."""
    columns = ["pair", "lineage", "keras", "tensorflow", "python"]
    rows = content.tables.long.drop_duplicates("pair")[columns].to_dict("records")
    natural = content.tables.natural_pairs
    entries = []
    for row in rows:
        pair = Pair.parse(str(row["pair"]))
        whole = content.tallies[pair.id].pair_failure or Signature(RUNS)
        entries.append({
            "id": row["pair"],
            "lineage": row["lineage"],
            "keras": row["keras"],
            "tensorflow": row["tensorflow"],
            "python": row["python"],
            "edits": ", ".join(map(str, pair.edits)),
            "group": _group(pair, natural),
            "whole": numbers.number_of(whole),
            "missing": "not known" if pair.id in natural else "not run",
        })  # fmt: skip
    group_order = list(GROUPS)
    return sorted(entries, key=lambda entry: group_order.index(entry["group"]))


def _group(pair: Pair, natural: set[str]) -> str:
    """The key in `GROUPS` of the group that a pair belongs to."""
    if pair.edits:
        return "variant"
    if pair.keras.is_prerelease or pair.tensorflow.is_prerelease:
        return "pre-release"
    if pair.id in natural:
        return pair.lineage
    return "other"


def _cells(
    frame: pd.DataFrame, pairs: list[str], numbers: SignatureNumbers
) -> list[tuple[str, str, list[tuple[int, int]]]]:
    """The entries of ``cells``; rows that apply to no pair are left out."""
    numbered = frame[["case", "format", "pair"]].assign(
        number=[numbers.number_of(signature) for signature in frame["signature"]]
    )
    wide = numbered.pivot(index=["case", "format"], columns="pair", values="number")
    wide = wide.reindex(columns=pairs).fillna(-1).astype(int)
    not_applicable = {-1} | {
        number for number, signature in enumerate(numbers) if signature.outcome == "unsupported"
    }
    entries = []
    for (case, name), row in zip(wide.index, wide.to_numpy().tolist(), strict=True):
        if not set(row) <= not_applicable:
            runs = [(number, len(list(run))) for number, run in groupby(row)]
            entries.append((case, str(name), runs))
    return entries
