"""The report: the tables as Markdown, CSV and one self-contained HTML page."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from html import escape as _html_escape
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from packaging.version import Version

from harness.cases import Case
from harness.catalogue import Catalogue
from harness.changes import change_points, histories, runs
from harness.pairs import Planner
from harness.paths import REPORTS
from harness.results import PAIR_OUTCOMES, Result
from harness.table import long_table, wide_table

#: State by symbol and word as well as colour.
SYMBOLS = {
    "pass": "✓",
    "build-error": "B",
    "save-error": "S",
    "load-error": "L",
    "mismatch": "≠",
    "crash": "!",
    "timeout": "∞",
    "unsupported": "–",  # noqa: RUF001 - an en dash is meant
    **dict.fromkeys(PAIR_OUTCOMES, "?"),
}
WORDS = {
    "pass": "loads and is the same",
    "build-error": "cannot be built or run",
    "save-error": "saving raises",
    "load-error": "loading raises",
    "mismatch": "loads, and is not the same",
    "crash": "the interpreter dies",
    "timeout": "never ends",
    "unsupported": "the release has no such format",
    "unknown": "not known",
}

CHANGE_COLUMNS = ["case", "format", "from", "to", "before", "after"]
LONGEST_TEXT = 160

#: The cells of one case by format and pair, as rows of the long table.
Cells = dict[str, dict[str, dict[Hashable, Any]]]


@dataclass(frozen=True)
class Tables:
    """Everything the report shows, made once from the results."""

    long: pd.DataFrame
    natural: pd.DataFrame
    changes: pd.DataFrame
    catalogue: Catalogue


def tables(results: list[Result], planner: Planner) -> Tables:
    """The long table, its natural pairs (one a Keras release) and their change points."""
    frame = long_table(results, planner.catalogue)
    natural_ids = {pair.id for pair in planner.natural()}
    natural = frame[frame["pair"].isin(natural_ids)]
    return Tables(frame, natural, change_points(natural, planner.catalogue), planner.catalogue)


def write_report(made: Tables, cases: list[Case], folder: Path = REPORTS) -> list[Path]:
    """Write all forms of the report into ``folder``; return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        "cells.csv": made.long.drop(columns="signature").to_csv(index=False, lineterminator="\n"),
        "compatibility.csv": wide_table(made.long).to_csv(lineterminator="\n"),
        "changes.csv": made.changes.to_csv(index=False, lineterminator="\n"),
        "compatibility.md": markdown(made),
        "index.html": html(made, cases),
    }
    written = []
    for name, text in texts.items():
        path = folder / name
        partial = path.with_suffix(path.suffix + ".part")
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
        written.append(path)
    return written


class HistoryLine(NamedTuple):
    """The formats of a case that share one history, and that history in words."""

    case: str
    formats: str
    spans: tuple[str, ...]


def history_lines(frame: pd.DataFrame) -> list[HistoryLine]:
    """What happened to each case: ``2.12.0 to 2.15.0 pass``, ``3.0.5 to 3.6.0 load-error …``.

    Formats of one history share a line; formats that a case has nowhere are left out.
    """
    formats: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (case, name), signatures in histories(frame).items():
        if all(each.outcome == "unsupported" for each in signatures.values()):
            continue
        spans = tuple(
            _run_in_words(run.first, run.last, run.signature.label) for run in runs(signatures)
        )
        formats.setdefault((case, spans), []).append(name)
    return [
        HistoryLine(case, ", ".join(names), spans)
        for (case, spans), names in sorted(formats.items(), key=lambda item: item[0][0])
    ]


def change_lines(changes: pd.DataFrame) -> list[tuple[str, ...]]:
    """The change points as rows of texts, formats that changed alike in one row.

    Columns: case, formats, from, to, before, after.
    """
    keys = ["case", "from", "to", "before", "after"]
    grouped = changes.groupby(keys, sort=False)["format"].agg(", ".join).reset_index()
    return list(grouped[CHANGE_COLUMNS].itertuples(index=False, name=None))


def markdown(made: Tables) -> str:
    """The history by case and format, and the change points, as Markdown."""
    lines = [
        "# Compatibility table",
        "",
        "Natural pairs: each Keras release with the TensorFlow of its day.",
        "",
        *_markdown_head("case", "formats", "history"),
        *(
            _markdown_row(line.case, line.formats, "; ".join(line.spans), limit=None)
            for line in history_lines(made.natural)
        ),
        "",
        "## Change points",
        "",
        *_markdown_head(*CHANGE_COLUMNS),
        *(_markdown_row(*row) for row in change_lines(made.changes)),
    ]
    return "\n".join(lines) + "\n"


def headline(made: Tables, case: str = "interleaved_dense") -> str:
    """The history of one case as a Markdown table, for the first screen of the README."""
    rows = [
        _markdown_row(line.formats, "; ".join(line.spans), limit=None)
        for line in history_lines(made.natural)
        if line.case == case
    ]
    return "\n".join([*_markdown_head("formats", "history"), *rows]) + "\n"


def with_headline(readme: str, made: Tables) -> str:
    """The README with its table made anew between the two marks."""
    before, mark, rest = readme.partition("<!-- headline -->\n")
    _, end, after = rest.partition("<!-- /headline -->")
    return before + mark + headline(made) + end + after


def html(made: Tables, cases: list[Case]) -> str:
    """One page that needs nothing else; every text in it is escaped."""
    environment = Environment(
        loader=PackageLoader("harness"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    pairs = made.natural.drop_duplicates("pair")[["pair", "keras", "tensorflow", "released"]]
    cells: dict[str, Cells] = {}
    for row in made.natural.to_dict("records"):
        cells.setdefault(row["case"], {}).setdefault(str(row["format"]), {})[row["pair"]] = row
    return environment.get_template("index.html").render(
        pairs=pairs.to_dict("records"),
        cases={case: _formats_in_use(formats) for case, formats in sorted(cells.items())},
        changes=change_lines(made.changes),
        change_columns=CHANGE_COLUMNS,
        summaries={case.name: case.summary for case in cases},
        symbols=SYMBOLS,
        words=WORDS,
        pair_outcomes=PAIR_OUTCOMES,
        others=len(set(made.long["pair"])) - len(pairs),
    )


def _formats_in_use(formats: Cells) -> Cells:
    return {
        name: of_pair
        for name, of_pair in formats.items()
        if any(cell["outcome"] != "unsupported" for cell in of_pair.values())
    }


def _markdown_head(*columns: str) -> list[str]:
    return ["| " + " | ".join(columns) + " |", "|" + " --- |" * len(columns)]


def _run_in_words(first: Version, last: Version, label: str) -> str:
    span = str(first) if first == last else f"{first} to {last}"
    return f"{span} {label}"


def _markdown_row(*texts: str, limit: int | None = LONGEST_TEXT) -> str:
    return "| " + " | ".join(_cell_text(text, limit) for text in texts) + " |"


def _cell_text(text: str, limit: int | None) -> str:
    """Untrusted text as the cell of a Markdown table: one line, no markup, not too long."""
    flat = " ".join(text.split())
    if limit is not None and len(flat) > limit:
        flat = flat[: limit - 1] + "…"
    for character in "\\|`*_[]":
        flat = flat.replace(character, "\\" + character)
    return _html_escape(flat, quote=False)
