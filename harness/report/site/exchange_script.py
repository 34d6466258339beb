"""``exchange.js``, which the upgrade page reads: how each release reads the files of each other."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import groupby
from typing import Any

import numpy as np

from harness.exchange.data import ExchangeData
from harness.exchange.readings import is_right
from harness.releases.pair import Pair
from harness.report.site.exchange_maps import PART_SKIPPED
from harness.results.signatures import Signature

PATH = "exchange.js"
#: Stands for a file that a reader was not asked to read, or whose format it does not know.
_NOT_READ = -1


def exchange_script(data: ExchangeData) -> str:
    """``exchange.js``: one assignment rather than JSON, so that a page from disk can load it.

    - ``writers`` and ``readers``: lineage, version and TensorFlow of the pairs.
    - ``behaviours``: ``[outcome, label, message, whether the file was read as it should be]``.
    - ``files``: ``[case, format, writers, own, must_refuse, runs]`` for each file. ``writers`` are
      places in the list of writers; those in ``own`` do not read the file as they should
      themselves. ``must_refuse`` is 1 for a file that should be refused, or else 0. ``runs`` are
      ``[code, count]`` along the readers: -1 where nothing is known, else twice the place of the
      behaviour, plus 1 if that was inferred and not measured.
    """
    document = {
        "writers": [_release(pair) for pair in data.writers],
        "readers": [_release(pair) for pair in data.readers],
        "behaviours": [_behaviour(each) for each in data.readings.behaviours],
        "files": _files(data),
    }
    return f"const KERAS_BISECT_FILES = {json.dumps(document, separators=(',', ':'))};\n"


def _release(pair: Pair) -> tuple[str, str, str]:
    return pair.lineage, str(pair.keras), str(pair.tensorflow)


def _behaviour(behaviour: Signature) -> tuple[str, str, str, bool]:
    right = is_right(behaviour)
    if behaviour.outcome == "pass" and not right:
        return PART_SKIPPED, PART_SKIPPED, behaviour.message, right
    return behaviour.outcome, behaviour.label, behaviour.message, right


def _files(data: ExchangeData) -> list[tuple[Any, ...]]:
    """The entries of ``files``; those that nobody was asked to read are left out."""
    frame = data.readings.frame
    codes = np.full((len(data.readings.files), len(data.readers)), _NOT_READ, dtype=np.int32)
    codes[frame["file"], frame["reader"]] = 2 * frame["behaviour"] + frame["inferred"]
    writers, own = (
        rows.groupby("file")["writer"].apply(list).to_dict()
        for rows in (data.written, data.written[~data.written["was_right"]])
    )
    to_refuse = set(data.written["file"][data.written["must_refuse"]])
    return [
        (
            entry.case, entry.format, writers.get(place, []), own.get(place, []),
            int(place in to_refuse), _runs(row),
        )
        for place, (entry, row) in enumerate(zip(data.readings.files, codes.tolist(), strict=True))
        if any(code != _NOT_READ for code in row)
    ]  # fmt: skip


def _runs(codes: Sequence[int]) -> list[tuple[int, int]]:
    return [(code, len(list(run))) for code, run in groupby(codes)]
