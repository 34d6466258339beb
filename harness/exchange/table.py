"""Who reads what, counted and explained, for the tables that pages and commands show."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import pandas as pd

from harness.exchange.data import ExchangeData
from harness.exchange.readings import OUTCOMES
from harness.exchange.saved_files import EXCHANGED_FORMATS
from harness.releases.pair import Pair


class Meeting(NamedTuple):
    """All files of one format that one writer wrote and one reader read, counted.

    Of the ``cases``, ``wrong`` were not read as they should be, ``silent`` of them without an
    exception, and ``inferred`` were not measured. ``unknown`` is the number of further files that
    the reader has not read. ``outcome`` is the worst of all; ``loud`` is the worst of those that
    are wrong and not silent, empty if there are none.
    """

    cases: int
    wrong: int
    silent: int
    outcome: str
    inferred: int
    unknown: int = 0
    loud: str = ""

    def __str__(self) -> str:
        if not self.wrong and not self.unknown:
            return "all"
        mark = "!" if self.silent else ""
        return f"{self.cases - self.wrong}/{self.cases}{mark}"


def meetings(
    data: ExchangeData, format_name: str, *, must_refuse: bool = False
) -> dict[tuple[Pair, Pair], Meeting]:
    """The counts for each writer and reader in a format.

    They are of the files that should be refused with ``must_refuse``, and of all others without.
    """
    counts = data.counts_in(format_name)
    counts = counts[counts["must_refuse"] == must_refuse]
    totals = data.files_to_refuse_by_writer if must_refuse else data.sound_files_by_writer
    table = (
        counts.assign(
            wrong=counts["files"] * ~counts["right"],
            silent=counts["files"] * counts["silent"],
            inferred=counts["files"] * counts["inferred"],
            loud=counts["rank"].where(~counts["right"] & ~counts["silent"], -1),
        )
        .groupby(["writer", "reader"])
        .agg(
            cases=("files", "sum"),
            wrong=("wrong", "sum"),
            silent=("silent", "sum"),
            rank=("rank", "max"),
            inferred=("inferred", "sum"),
            loud=("loud", "max"),
        )
    )
    return {
        (data.writers[writer], data.readers[reader]): Meeting(
            int(cases), int(wrong), int(silent), OUTCOMES[rank], int(inferred),
            totals[writer, format_name] - int(cases), OUTCOMES[loud] if loud >= 0 else "",
        )
        for (writer, reader), cases, wrong, silent, rank, inferred, loud in table.itertuples()
    }  # fmt: skip


def read_in_full(data: ExchangeData) -> dict[tuple[Pair, Pair], bool]:
    """Whether a reader reads every file of a writer, in all formats, by measurements alone.

    Files that should be refused do not count, nor does a format that the reader does not have.
    Writers and readers are left out if that is not known, because not all files were read.
    """
    measured = data.counts[(data.counts["inferred"] == 0) & (data.counts["must_refuse"] == 0)]
    counts = (
        measured.assign(right=measured["files"] * measured["right"])
        .groupby(["writer", "reader", "format"])
        .agg(cases=("files", "sum"), right=("right", "sum"))
    )
    found: dict[tuple[int, int], dict[str, tuple[int, int]]] = {}
    for (writer, reader, place), cases, right in counts.itertuples():
        found.setdefault((writer, reader), {})[EXCHANGED_FORMATS[place]] = int(cases), int(right)
    verdicts = {
        (data.writers[writer], data.readers[reader]): _reads_all(data, writer, reader, formats)
        for (writer, reader), formats in found.items()
    }
    return {pairs: verdict for pairs, verdict in verdicts.items() if verdict is not None}


def _reads_all(
    data: ExchangeData, writer: int, reader: int, found: Mapping[str, tuple[int, int]]
) -> bool | None:
    """Whether a reader reads all files of a writer; None where that is not known.

    ``found`` has, by format, how many files the reader has tried, and how many it read rightly.
    """
    if any(right < cases for cases, right in found.values()):
        return False
    expected = {
        name: data.sound_files_by_writer[writer, name]
        for name in EXCHANGED_FORMATS
        if (data.readers[reader], name) not in data.readings.unable
    }
    is_whole = all(found.get(name, (0, 0))[0] == number for name, number in expected.items())
    return True if is_whole else None


def read_by_all(data: ExchangeData) -> dict[tuple[str, str], bool]:
    """Whether all readers read the files of a case in a format as they should.

    Files that none of their writers reads as it should do not count, nor do those without a reader.
    """
    frame = data.readings.frame
    is_right = data.readings.traits["right"].to_numpy(bool)[frame["behaviour"]]
    wrong = set(frame.loc[~is_right, "file"])
    found: dict[tuple[str, str], bool] = {}
    for place in data.sound_writers.keys() & set(frame["file"]):
        file = data.readings.files[place]
        key = file.case, file.format
        found[key] = found.get(key, True) and place not in wrong
    return found


class Reason(NamedTuple):
    """Why files were not read as they should be, and where that happened.

    ``meetings`` is the number of combinations of a file, one of its writers, and a reader.
    """

    label: str
    message: str
    cases: Sequence[str]
    writers: Sequence[Pair]
    readers: Sequence[Pair]
    meetings: int


def reasons(data: ExchangeData, format_name: str | None = None) -> list[Reason]:
    """Why files were not read as they should be; the most frequent reason comes first."""
    counts = data.counts if format_name is None else data.counts_in(format_name)
    behaviours, cases = data.readings.behaviours, _cases_by_reason(data, format_name)
    found = [
        Reason(
            behaviours[alike].label,
            behaviours[alike].message,
            cases=sorted(cases[alike]),
            writers=[data.writers[writer] for writer in sorted(rows["writer"].unique())],
            readers=[data.readers[reader] for reader in sorted(rows["reader"].unique())],
            meetings=int(rows["files"].sum()),
        )
        for alike, rows in _by_column(counts[~counts["right"]], "alike")
    ]
    return sorted(found, key=lambda reason: (-reason.meetings, reason.label, reason.message))


def _cases_by_reason(data: ExchangeData, format_name: str | None) -> Mapping[int, set[str]]:
    """The cases of the files that were not read as they should be, by ``alike``."""
    files, cases = data.readings.files, defaultdict[int, set[str]](set)
    for file, alike in data.wrong_files:
        if format_name in (None, files[file].format):
            cases[alike].add(files[file].case)
    return cases


def _by_column(frame: pd.DataFrame, column: str) -> Iterator[tuple[int, pd.DataFrame]]:
    for value, rows in frame.groupby(column):
        yield int(str(value)), rows
