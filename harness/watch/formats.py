"""The forms of a bulletin: Markdown for people, JUnit XML and JSON for machines."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any
from xml.etree import ElementTree

from harness.analysis.annotations import reference_url
from harness.results.model import WHOLE_PAIR
from harness.util.escaping import printable
from harness.util.templates import markdown_templates
from harness.watch.comparison import Comparison, Difference
from harness.watch.summary import (
    DifferenceGroup,
    WatchSummary,
    counts_in_words,
    groups,
    others_in_words,
)

SCHEMA = 1
#: Groups shown of one watched pair; an issue takes 65536 characters. The JSON has all.
MOST_GROUPS = 40


def as_markdown(bulletin: WatchSummary) -> str:
    """A summary of a CI job, or an issue: its title is the first line."""
    return (
        markdown_templates("harness.watch")
        .get_template("summary.md")
        .render(
            bulletin=bulletin,
            groups=groups,
            most=MOST_GROUPS,
            counts=counts_in_words,
            others=others_in_words,
            reference_url=reference_url,
        )
    )


def as_junit(bulletin: WatchSummary) -> str:
    """A suite for each watched pair, a test for each cell that was compared."""
    root = ElementTree.Element("testsuites", name="watch")
    for verdict in bulletin.verdicts:
        suite = _suite(verdict)
        suite.set("tests", str(len(suite)))
        for told, total in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
            suite.set(total, str(len(suite.findall(f"testcase/{told}"))))
        root.append(suite)
    if bulletin.problems:
        root.append(_suite_of_problems(bulletin.problems))
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def as_json(bulletin: WatchSummary) -> str:
    """Everything, one object for each watched pair."""
    document = {
        "schema": SCHEMA,
        "title": bulletin.title,
        "since": bulletin.since.isoformat(),
        "until": bulletin.until.isoformat(),
        "exit": int(bulletin.exit),
        "watched": [_entry(bulletin, each) for each in bulletin.verdicts],
        "yanked": bulletin.withdrawn,
        "unknown": bulletin.unknown,
        "stale": [str(each) for each in bulletin.stale],
    }
    return json.dumps(document, indent=1) + "\n"


def _suite(verdict: Comparison) -> ElementTree.Element:
    watched = verdict.watched
    name = watched.pair.id if watched.pair else watched.name
    suite = ElementTree.Element("testsuite", name=name)
    found = {each.key: each for each in verdict.differences}
    for key in sorted({WHOLE_PAIR, *verdict.cells}):
        title = f"{key[0]} ({key[1]})" if key != WHOLE_PAIR else "environment"
        case = ElementTree.SubElement(suite, "testcase", classname=name, name=title)
        if key in found:
            _tell_difference(case, found[key])
    for reason in verdict.unknown:
        case = ElementTree.SubElement(suite, "testcase", classname=name, name="known")
        ElementTree.SubElement(case, "error", message=printable(reason))
    return suite


def _suite_of_problems(problems: Sequence[str]) -> ElementTree.Element:
    """What is wrong with cases themselves, as errors."""
    count = str(len(problems))
    suite = ElementTree.Element(
        "testsuite", name="cases", tests=count, failures="0", errors=count, skipped="0"
    )
    for problem in problems:
        case = ElementTree.SubElement(suite, "testcase", classname="cases", name="known")
        ElementTree.SubElement(case, "error", message=printable(problem))
    return suite


def _tell_difference(case: ElementTree.Element, found: Difference) -> None:
    before, after = found.words
    told = printable(f"{found.kind}: {before} → {after}")
    if found.is_worse:
        ElementTree.SubElement(case, "failure", type=found.kind, message=told)
    elif found.acknowledged:
        ElementTree.SubElement(case, "skipped", message=printable(found.acknowledged))
    else:
        ElementTree.SubElement(case, "system-out").text = told


def _entry(bulletin: WatchSummary, verdict: Comparison) -> dict[str, Any]:
    watched = verdict.watched
    return {
        "package": watched.package,
        "version": str(watched.release.version),
        "uploaded": watched.release.uploaded.isoformat(),
        "why": watched.why,
        "pair": watched.pair and watched.pair.id,
        "baseline": watched.baseline and watched.baseline.id,
        "cells": len(verdict.cells),
        "others": list(verdict.others),
        "overridden": verdict.overridden,
        "unknown": list(verdict.unknown),
        "differences": [
            entry for each in groups(verdict) for entry in _differences(bulletin, each)
        ],
    }


def _differences(bulletin: WatchSummary, group: DifferenceGroup) -> Iterator[dict[str, Any]]:
    pair = group.watched.pair
    for each in group.differences:
        before, after = each.words
        yield {
            "case": each.key[0],
            "format": each.key[1],
            "kind": str(each.kind),
            "worse": each.is_worse,
            "before": before,
            "after": after,
            "acknowledged": each.acknowledged,
            "upstream": list(each.upstream),
            "reproduce": bulletin.reproduce(pair, each.key) if pair else "",
            "bisected": bulletin.bisected.get(group, ""),
        }
