"""The page of a case: its description, its history, its change points, and its source."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from packaging.version import Version

from harness.exchange.saved_files import EXCHANGED_FORMATS
from harness.execution.cases import Case
from harness.report.site.content import SiteContent
from harness.report.site.heat_map import HeatMap
from harness.report.site.listed_changes import ListedChange, list_changes
from harness.report.site.rendering import case_path, render
from harness.util.escaping import printable

#: Code and upstream references in a docstring.
_CODE_OR_REFERENCE = re.compile(r"(``.+?``|[\w.-]+/[\w.-]+[#@][0-9a-f]+)")


def case_pages(content: SiteContent, heat_maps: Sequence[HeatMap]) -> Iterator[tuple[str, str]]:
    """The path and the text of each page."""
    changes = _changes_by_case(content)
    newest_pair = newest_natural_pair(content)
    for case in content.cases:
        path = case_path(case.name)
        yield (
            path,
            render(
                "case.html",
                path,
                case=case,
                description=_parsed_paragraphs(_docstring(case)),
                code=printable(case.path.read_text(encoding="utf-8", errors="replace")),
                heat_maps=[_only_case(heat_map, case.name) for heat_map in heat_maps],
                changes=changes.get(case.name, []),
                bisections={
                    (bisection.lineage, bisection.start, bisection.end, bisection.format): bisection
                    for bisection in content.bisections
                    if bisection.case == case.name
                },
                read_by_all={
                    name: content.read_by_all[case.name, name]
                    for name in EXCHANGED_FORMATS
                    if (case.name, name) in content.read_by_all
                },
                newest_pair=newest_pair,
                legend=content.legend,
            ),
        )


def newest_natural_pair(content: SiteContent) -> str:
    """The id of the newest natural pair, for the commands to copy; empty if none is known."""
    frame = content.tables.natural["keras"].frame
    return str(frame["pair"].iloc[-1]) if len(frame) else ""


def _changes_by_case(content: SiteContent) -> dict[str, list[ListedChange]]:
    """The change points of each case by lineage, newest release first."""
    changes: dict[str, list[ListedChange]] = {}
    for view in content.tables.natural.values():
        for change in list_changes(view.changes):
            changes.setdefault(change.case, []).append(change)
    for of_case in changes.values():
        of_case.sort(key=lambda change: (change.lineage, Version(change.end)), reverse=True)
    return changes


def _only_case(heat_map: HeatMap, name: str) -> HeatMap:
    """The heat map with the rows of one case only."""
    rows = [case for case in heat_map.cases if case.name == name]
    return HeatMap(heat_map.lineage, heat_map.title, heat_map.releases, rows)


def _docstring(case: Case) -> str:
    """The docstring of a case; empty if its file cannot be parsed."""
    try:
        tree = ast.parse(case.path.read_text(encoding="utf-8"))
    except (SyntaxError, UnicodeDecodeError):
        return ""
    return printable(ast.get_docstring(tree) or "")


def _parsed_paragraphs(docstring: str) -> list[list[str]]:
    """The paragraphs of a docstring, each split into plain text, code and upstream references."""
    paragraphs = (" ".join(paragraph.split()) for paragraph in docstring.split("\n\n"))
    return [
        [part for part in _CODE_OR_REFERENCE.split(paragraph) if part] for paragraph in paragraphs
    ]
