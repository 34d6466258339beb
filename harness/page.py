"""One HTML page of all natural pairs that needs nothing else; every text in it is escaped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from packaging.version import Version

from harness.annotations import address
from harness.cases import Case
from harness.changes import History, histories
from harness.results import PAIR_OUTCOMES
from harness.signatures import Signature
from harness.views import (
    BOUNDARY_COLUMNS,
    FLAKY_COLUMNS,
    SYMBOLS,
    Tables,
    View,
    boundary_lines,
    flaky_lines,
    releases_in_words,
)

WORDS = {
    "pass": "loads and is the same",
    "build-error": "cannot be built or run",
    "save-error": "saving raises",
    "load-error": "loading raises",
    "mismatch": "loads, and is not the same",
    "crash": "the interpreter dies",
    "timeout": "never ends",
    "unsupported": "the release has no such format, or the case does not apply",
    "unknown": "not known",
}


class Block(NamedTuple):
    """Neighbouring releases of one signature: how many, and the number of the case's note on it."""

    width: int
    outcome: str
    label: str
    note: int


@dataclass
class Note:
    """A signature that is neither a pass nor unsupported, as one note below the table of a case."""

    label: str
    message: str
    place: str
    where: list[str]


@dataclass
class CaseRows:
    """One case in one view: a row for the formats of one history, and the notes of its cells."""

    name: str
    summary: str
    rows: list[tuple[str, list[Block]]]
    notes: list[Note]


def html(made: Tables, cases: list[Case]) -> str:
    """The page as text."""
    environment = Environment(
        loader=PackageLoader("harness"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters["address"] = address
    summaries = {case.name: case.summary for case in cases}
    return environment.get_template("index.html").render(
        sections=[_section(view, summaries) for view in made.natural.values()],
        change_columns=BOUNDARY_COLUMNS,
        flaky=flaky_lines(made.long),
        flaky_columns=FLAKY_COLUMNS,
        symbols=SYMBOLS,
        words=WORDS,
        others=len(set(made.long["pair"])) - sum(_pairs(view) for view in made.natural.values()),
    )


def _pairs(view: View) -> int:
    return len(set(view.frame["pair"]))


def _section(view: View, summaries: Mapping[str, str]) -> dict[str, Any]:
    releases = view.frame.drop_duplicates("pair")[["pair", "keras", "tensorflow", "released"]]
    outcomes = dict(zip(view.frame["keras"], view.frame["outcome"], strict=True))
    absent = {
        Version(keras): Signature(outcome)
        for keras, outcome in outcomes.items()
        if outcome in PAIR_OUTCOMES
    }
    axis = [Version(keras) for keras in releases["keras"]]
    keys = zip(view.frame["case"], view.frame["signature"], strict=True)
    messages = dict(zip(keys, view.frame["message"], strict=True))
    by_case = groupby(histories(view.frame).items(), key=lambda item: item[0][0])
    return {
        "title": view.title,
        "lineage": view.lineage,
        "releases": releases.to_dict("records"),
        "cases": [
            _case_rows(
                case,
                summaries.get(case, ""),
                {name: {**absent, **history} for (_, name), history in items},
                axis,
                messages,
            )
            for case, items in by_case
        ],
        "changes": boundary_lines(view.changes),
    }


def _case_rows(
    case: str,
    summary: str,
    by_format: Mapping[str, History],
    axis: Sequence[Version],
    messages: Mapping[tuple[str, Signature], str],
) -> CaseRows:
    rows = CaseRows(case, summary, [], [])
    numbers: dict[Signature, int] = {}
    alike: dict[tuple[Signature | None, ...], list[str]] = {}
    for name, history in by_format.items():
        signatures = tuple(history.get(version) for version in axis)
        if any(each and each.outcome != "unsupported" for each in signatures):
            alike.setdefault(signatures, []).append(name)
    for signatures, names in alike.items():
        blocks = []
        for signature, first, last, width in _blocks(signatures, axis):
            number = 0
            if signature is not None and signature.outcome not in ("pass", "unsupported"):
                number = numbers.setdefault(signature, len(numbers) + 1)
                if number > len(rows.notes):
                    message = messages.get((case, signature)) or signature.message
                    rows.notes.append(Note(signature.label, message, signature.place, []))
                where = f"{', '.join(names)} in {releases_in_words(first, last)}"
                rows.notes[number - 1].where.append(where)
            outcome, label = ("unknown", "unknown") if signature is None else (
                signature.outcome, signature.label)  # fmt: skip
            blocks.append(Block(width, outcome, label, number))
        rows.rows.append((", ".join(names), blocks))
    return rows


def _blocks(
    signatures: Sequence[Signature | None], axis: Sequence[Version]
) -> Iterator[tuple[Signature | None, Version, Version, int]]:
    for signature, group in groupby(zip(signatures, axis, strict=True), key=lambda each: each[0]):
        versions = [version for _, version in group]
        yield signature, versions[0], versions[-1], len(versions)
