"""The page of a case: what it shows, its history, and its change points."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from packaging.version import Version

from harness.execution.cases import Case
from harness.report.site.changelist import Change, listed
from harness.report.site.heat import Heat
from harness.report.site.source import Source, case_path, render
from harness.util.escaping import printable

_MARKED = re.compile(r"(``.+?``|[\w.-]+/[\w.-]+[#@][0-9a-f]+)")


def case_pages(source: Source, heats: Sequence[Heat]) -> Iterator[tuple[str, str]]:
    """Path and text of each."""
    changes: dict[str, list[Change]] = {}
    for view in source.made.natural.values():
        for change in listed(view.changes):
            changes.setdefault(change.case, []).append(change)
    newest = newest_pair(source)
    for case in source.cases:
        path = case_path(case.name)
        yield (
            path,
            render(
                "case.html",
                path,
                case=case,
                text=_marked(_docstring(case)),
                code=printable(case.path.read_text(encoding="utf-8", errors="replace")),
                heats=[_of_case(heat, case.name) for heat in heats],
                changes=sorted(
                    changes.get(case.name, []),
                    key=lambda each: (each.lineage, Version(each.end)),
                    reverse=True,
                ),
                answers={
                    (each.lineage, each.start, each.end, each.format): each
                    for each in source.answers
                    if each.case == case.name
                },
                newest=newest,
                legend=source.legend,
            ),
        )


def newest_pair(source: Source) -> str:
    """The id of the newest natural pair, which commands to copy name; empty where none is known."""
    frame = source.made.natural["keras"].frame
    return str(frame["pair"].iloc[-1]) if len(frame) else ""


def _of_case(heat: Heat, name: str) -> Heat:
    drawn = [case for case in heat.cases if case.name == name]
    return Heat(heat.lineage, heat.title, heat.releases, drawn)


def _docstring(case: Case) -> str:
    try:
        tree = ast.parse(case.path.read_text(encoding="utf-8"))
    except (SyntaxError, UnicodeDecodeError):
        return ""
    return printable(ast.get_docstring(tree) or "")


def _marked(text: str) -> list[list[str]]:
    """The paragraphs of a docstring, split where upstream references and code stand in them."""
    return [
        [part for part in _MARKED.split(" ".join(paragraph.split())) if part]
        for paragraph in text.split("\n\n")
    ]
