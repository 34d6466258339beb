"""The change points in the terminal: a list, newest release first, wrapped at words."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from packaging.version import Version
from rich.console import Console
from rich.text import Text

from harness.analysis.table_rows import BOUNDARY_COLUMNS, BoundaryLine, boundary_lines
from harness.analysis.views import View
from harness.report.outcome_style import style_of
from harness.util.console import print_hanging, print_line
from harness.util.escaping import ends_of, one_line

#: Characters of one text of a line; the site shows the whole text.
LONGEST_TEXT = 90
#: The cases of one line are not cut so soon.
LONGEST_NAMES = 400


def print_change_points(console: Console, view: View) -> None:
    """Print all change points of a view, or one sentence that says why there are none."""
    if view.changes.empty:
        print_line(console, no_change_points(view))
        return
    print_line(console, f"Change points: {len(view.changes)}, newest release first", style="bold")
    for text in change_texts(view.changes):
        print_hanging(console, text)


def change_texts(changes: pd.DataFrame, *, with_releases: bool = True) -> Iterator[Text]:
    """Yield the text of each line: kind, releases, cases and formats, both sides, the culprit."""
    newest_first = sorted(
        boundary_lines(changes), key=lambda line: Version(_texts(line)["to"]), reverse=True
    )
    for line in newest_first:
        yield _text(line, with_releases)


def no_change_points(view: View) -> str:
    """Say why there are no change points in a view."""
    releases = view.branches.versions
    if len(releases) == 1:
        return "One release has no change points; select several to compare them."
    if all(view.branches.predecessor(release) for release in releases[1:]):
        return f"None of these cells changes between these {len(releases)} releases."
    return (
        f"None of these cells changes along the branches of these {len(releases)} releases; "
        "releases on different branches are not compared."
    )


def _text(line: BoundaryLine, with_releases: bool) -> Text:
    texts = _texts(line)
    short = {name: ends_of(one_line(text), LONGEST_TEXT) for name, text in texts.items()}
    releases = f"{short['from']} to {short['to']} " if with_releases else ""
    text = Text(f"{short['kind']} {releases}".rstrip() + ": ")
    text.append(ends_of(one_line(texts["cases"]), LONGEST_NAMES))
    text.append(", ")
    before, after = line.outcomes
    text.append(short["before"], style=style_of(before)).append(" → ")
    text.append(short["after"], style=style_of(after))
    for name in ("culprit", "upstream"):
        if short[name]:
            text.append(f"; {short[name]}")
    return text


def _texts(line: BoundaryLine) -> dict[str, str]:
    return dict(zip(BOUNDARY_COLUMNS, line.texts, strict=True))
