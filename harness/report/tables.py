"""The part of the report that the repository keeps: the tables as Markdown and CSV."""

from __future__ import annotations

from html import escape
from pathlib import Path

from harness.analysis.frames import wide_table
from harness.analysis.histories import (
    CHANGE_COLUMNS,
    FLAKY_COLUMNS,
    Tables,
    change_lines,
    flaky_lines,
    history_lines,
)
from harness.util.errors import Fault
from harness.util.escaping import printable, shortened, spreadsheet_safe
from harness.util.files import write_atomically
from harness.util.paths import REPORTS, ROOT

README = ROOT / "README.md"
LONGEST_TEXT = 160


def write_tables(made: Tables) -> None:
    """Write the tables that are kept in ``reports/``."""
    REPORTS.mkdir(parents=True, exist_ok=True)
    for path, text in _tables(made).items():
        write_atomically(path, text)


def write_readme(made: Tables) -> None:
    """Write the README with its table made anew.

    Raises:
        Fault: it lacks the marks of the table.
    """
    write_atomically(README, with_headline(README.read_text(encoding="utf-8"), made))


def outdated(made: Tables) -> list[str]:
    """The files of the repository that are not what the results make them.

    Raises:
        Fault: the README lacks the marks of its table.
    """
    readme = README.read_text(encoding="utf-8")
    expected = {**_tables(made), README: with_headline(readme, made)}
    return [
        str(path.relative_to(ROOT))
        for path, text in expected.items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]


def _tables(made: Tables) -> dict[Path, str]:
    return {
        REPORTS / "compatibility.md": compatibility_markdown(made),
        REPORTS / "compatibility.csv": wide_table(made.long).to_csv(lineterminator="\n"),
        REPORTS / "changes.csv": changes_csv(made),
    }


def changes_csv(made: Tables) -> str:
    """The change points of every natural view, one row for each case and format."""
    texts = [
        view.changes.drop(columns="signatures")
        .map(spreadsheet_safe)
        .to_csv(index=False, header=not place, lineterminator="\n")
        for place, view in enumerate(made.natural.values())
    ]
    return "".join(texts)


def compatibility_markdown(made: Tables) -> str:
    """The history by case and format, and the change points, as Markdown."""
    lines = ["# Compatibility table", ""]
    for view in made.natural.values():
        lines += [
            f"## {view.title}",
            "",
            *_markdown_head("case", "formats", "history"),
            *(
                _markdown_row(line.case, line.formats, "; ".join(map(str, line.spans)), limit=None)
                for line in history_lines(view.frame)
            ),
            "",
            f"### Change points of {view.lineage}",
            "",
            *_markdown_head(*CHANGE_COLUMNS),
            *(_markdown_row(*row) for row in change_lines(view.changes)),
            "",
        ]
    if flaky := flaky_lines(made.long):
        lines += [
            "## Flaky cells",
            "",
            *_markdown_head(*FLAKY_COLUMNS),
            *(_markdown_row(*row) for row in flaky),
            "",
        ]
    return "\n".join(lines[:-1]) + "\n"


def headline(made: Tables, case: str = "interleaved_dense") -> str:
    """The history of one case as a Markdown table, for the first screen of the README."""
    rows = [
        _markdown_row(line.formats, "; ".join(map(str, line.spans)), limit=None)
        for line in history_lines(made.natural["keras"].frame)
        if line.case == case
    ]
    return "\n".join([*_markdown_head("formats", "history"), *rows]) + "\n"


def with_headline(readme: str, made: Tables) -> str:
    """The README with its table made anew between the two marks.

    Raises:
        Fault: it lacks a mark.
    """
    before, mark, rest = readme.partition("<!-- headline -->\n")
    _, end, after = rest.partition("<!-- /headline -->")
    if not (mark and end):
        raise Fault("README.md lacks the marks <!-- headline --> and <!-- /headline -->")
    return before + mark + headline(made) + end + after


def _markdown_head(*columns: str) -> list[str]:
    return ["| " + " | ".join(columns) + " |", "|" + " --- |" * len(columns)]


def _markdown_row(*texts: str, limit: int | None = LONGEST_TEXT) -> str:
    return "| " + " | ".join(_cell_text(text, limit) for text in texts) + " |"


def _cell_text(text: str, limit: int | None) -> str:
    """Untrusted text as the cell of a Markdown table: one line, no markup, not too long."""
    flat = " ".join(printable(text).split())
    if limit is not None:
        flat = shortened(flat, limit)
    for character in "\\|`*_[]":
        flat = flat.replace(character, "\\" + character)
    return escape(flat, quote=False)
