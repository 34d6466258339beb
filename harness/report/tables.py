"""The part of the report that is committed: the tables as Markdown and CSV, and the README's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from harness.analysis.frames import wide_table
from harness.analysis.table_rows import (
    CHANGE_COLUMNS,
    FLAKY_COLUMNS,
    change_lines,
    flaky_lines,
    history_lines,
)
from harness.analysis.views import Tables, View
from harness.exchange import corpus_cases
from harness.execution.cases import all_cases
from harness.execution.cross_sample import HEADLINE_CASE
from harness.util.errors import Fault
from harness.util.escaping import markdown_cell, spreadsheet_safe
from harness.util.files import write_atomically
from harness.util.paths import REPORTS

HEADLINE_START = "<!-- headline -->\n"
HEADLINE_END = "<!-- /headline -->"
#: The file names of the CSV tables.
LABELS, CHANGES = "compatibility.csv", "changes.csv"
#: The columns of a change point in its CSV table, and what each of them holds.
CHANGES_SCHEMA = {
    "lineage": "keras or tf-keras",
    "case": "name of the case; empty if no environment could be made on one side",
    "format": "how the model was saved; empty as above",
    "from": "the release before the change",
    "to": "the release with the change",
    "kind": "kind of the change, as on the page of change points",
    "before": "outcome and exception type before the change, with a part of the message where "
    "these do not differ",
    "after": "the same after it",
    "message": "message of the exception after the change, or else of that before it",
    "culprit": "the packages whose versions differ between the two environments, as far as "
    "results of other pairs do not rule them out",
    "upstream": "the upstream issue or pull request of an annotation",
    "why": "what an annotation says",
}
#: Characters of one text in a table; a history is never shortened.
LONGEST_TEXT = 160


def write_tables(tables: Tables, csv: Mapping[str, str], root: Path = REPORTS.parent) -> None:
    """Write the committed tables into ``reports/``; ``csv`` holds those of `csv_tables`.

    A file that would not change is not touched.
    """
    for path, text in _table_files(tables, csv, root).items():
        if _has_changed(path, text):
            write_atomically(path, text)


def write_readme(tables: Tables, root: Path = REPORTS.parent) -> None:
    """Update the table in the README.

    Raises:
        Fault: the README lacks the marks around its table.
    """
    readme = root / "README.md"
    write_atomically(readme, with_headline(readme.read_text(encoding="utf-8"), tables))


def outdated(tables: Tables, root: Path = REPORTS.parent) -> list[str]:
    """The committed files that differ from what the tables give, as paths from ``root``.

    Raises:
        Fault: the README lacks the marks around its table.
    """
    readme = root / "README.md"
    expected = _table_files(tables, csv_tables(tables), root)
    expected[readme] = with_headline(readme.read_text(encoding="utf-8"), tables)
    return [
        str(path.relative_to(root)) for path, text in expected.items() if _has_changed(path, text)
    ]


def _has_changed(path: Path, text: str) -> bool:
    return not path.exists() or path.read_text(encoding="utf-8") != text


def _table_files(tables: Tables, csv: Mapping[str, str], root: Path) -> dict[Path, str]:
    folder = root / "reports"
    return {
        folder / "compatibility.md": compatibility_markdown(tables),
        folder / "corpus" / corpus_cases.NAME: corpus_cases.corpus_cases(all_cases()),
        **{folder / name: text for name, text in csv.items()},
    }


# ---------------------------------------------------------------- CSV


def csv_tables(tables: Tables) -> dict[str, str]:
    """File name and text of each CSV table: the labels of the cells, and the change points."""
    return {
        LABELS: _labels(tables).to_csv(lineterminator="\n"),
        CHANGES: changes_csv(tables),
    }


def _labels(tables: Tables) -> pd.DataFrame:
    """The wide table; where a pair that is not natural lacks a cell, that was not run."""
    wide = wide_table(tables.long)
    sampled = [pair for pair in wide.columns if pair not in tables.natural_pairs]
    return wide.assign(**{pair: wide[pair].replace("", "not run") for pair in sampled})


def changes_csv(tables: Tables) -> str:
    """The change points of every natural view, one row for each case and format."""
    texts = [
        view.changes[list(CHANGES_SCHEMA)]
        .map(spreadsheet_safe)
        .to_csv(index=False, header=index == 0, lineterminator="\n")
        for index, view in enumerate(tables.natural.values())
    ]
    return "".join(texts)


# ---------------------------------------------------------------- Markdown


def compatibility_markdown(tables: Tables) -> str:
    """The history of each case and format, the change points, and the flaky cells."""
    sections = ["# Compatibility table\n"]
    for view in tables.natural.values():
        changes = markdown_table(CHANGE_COLUMNS, change_lines(view.changes))
        sections += [
            f"## {view.title}\n",
            _history_table(view),
            f"### Change points of {view.lineage}\n",
            changes,
        ]
    if flaky := flaky_lines(tables.long):
        sections += ["## Flaky cells\n", markdown_table(FLAKY_COLUMNS, flaky)]
    return "\n".join(sections)


def headline(tables: Tables, case: str = HEADLINE_CASE) -> str:
    """The history of one case, for the top of the README."""
    rows = [
        (line.formats, "; ".join(map(str, line.spans)))
        for line in history_lines(tables.natural["keras"].frame)
        if line.case == case
    ]
    return markdown_table(["formats", "history"], rows, limit=None)


def with_headline(readme: str, tables: Tables) -> str:
    """The text of the README with a new table between the two marks.

    Raises:
        Fault: a mark is missing.
    """
    before, start_mark, rest = readme.partition(HEADLINE_START)
    _, end_mark, after = rest.partition(HEADLINE_END)
    if not (start_mark and end_mark):
        raise Fault(f"README.md lacks the marks {HEADLINE_START.strip()} and {HEADLINE_END}")
    return before + start_mark + headline(tables) + end_mark + after


def markdown_table(
    columns: Sequence[str], rows: Iterable[Sequence[str]], limit: int | None = LONGEST_TEXT
) -> str:
    """A Markdown table of untrusted texts, each cut to ``limit`` characters."""
    lines = [_markdown_row(columns), _markdown_row(["---"] * len(columns))]
    lines += [_markdown_row([markdown_cell(text, limit) for text in row]) for row in rows]
    return "\n".join(lines) + "\n"


def _history_table(view: View) -> str:
    rows = [
        (line.case, line.formats, "; ".join(map(str, line.spans)))
        for line in history_lines(view.frame)
    ]
    return markdown_table(["case", "formats", "history"], rows, limit=None)


def _markdown_row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
