"""The summary of a watch as Markdown for people, and as JUnit XML and JSON for machines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from harness.analysis.annotations import reference_url
from harness.results.model import WHOLE_PAIR
from harness.util.escaping import one_line
from harness.util.templates import markdown_templates
from harness.watch.comparison import Comparison, Difference
from harness.watch.new_files import ReaderOfNewFiles
from harness.watch.new_files_in_words import ledger_in_words, reader_in_words, refusal_in_words
from harness.watch.news import WatchItem
from harness.watch.summary import (
    DifferenceGroup,
    WatchSummary,
    counts_in_words,
    group_differences,
    other_packages_in_words,
    writers_in_words,
)

#: The version of the JSON format.
SCHEMA = 1
#: Groups shown for one watch item: GitHub limits an issue to 65536 characters. The JSON has all.
MOST_GROUPS = 40
#: Reasons shown for which one reader refuses new files.
MOST_REFUSALS = 10


def as_markdown(summary: WatchSummary) -> str:
    """Return a text for a CI job or an issue; its first line is the title."""
    template = markdown_templates("harness.watch").get_template("summary.md")
    return template.render(
        summary=summary,
        group_differences=group_differences,
        most_groups=MOST_GROUPS,
        most_refusals=MOST_REFUSALS,
        reader_in_words=reader_in_words,
        writers_in_words=writers_in_words,
        refusal_in_words=refusal_in_words,
        ledger_in_words=ledger_in_words,
        counts_in_words=counts_in_words,
        other_packages_in_words=other_packages_in_words,
        reference_url=reference_url,
    )


def as_junit(summary: WatchSummary) -> str:
    """Return JUnit XML: a suite for each watch item, a test for each cell and file compared."""
    root = JUnitXml("watch")
    for comparison in summary.comparisons:
        root.add_testsuite(_suite(comparison))
    if summary.problems:
        suite = TestSuite("cases")
        suite.add_testcases([_error("cases", "is valid", problem) for problem in summary.problems])
        root.add_testsuite(suite)
    content = BytesIO()
    root.write(content, pretty=True)
    return content.getvalue().decode()


def as_json(summary: WatchSummary) -> str:
    """Return everything as JSON, with one object for each watch item."""
    document = {
        "schema": SCHEMA,
        "title": summary.title,
        "since": summary.since.isoformat(),
        "until": summary.until.isoformat(),
        "exit": int(summary.exit_code),
        "watched": [_item_entry(summary, comparison) for comparison in summary.comparisons],
        "yanked": summary.yanked_names,
        "unknown": summary.unknown,
        "stale": [str(acknowledgement) for acknowledgement in summary.stale],
    }
    return json.dumps(document, indent=1) + "\n"


# ---------------------------------------------------------------- JUnit XML


def _suite(comparison: Comparison) -> TestSuite:
    item = comparison.item
    name = item.pair.id if item.pair else f"{item.name} {item.partner}"
    differences = {difference.key: difference for difference in comparison.differences}
    tests = []
    for key in sorted({WHOLE_PAIR, *comparison.cells, *comparison.files}):
        test = TestCase("environment" if key == WHOLE_PAIR else f"{key[0]} ({key[1]})", name)
        if key in differences:
            _set_result(test, differences[key])
        tests.append(test)
    tests += [_told(name, reader, item) for reader in comparison.readers]
    tests += [_error(name, "is known", reason) for reason in comparison.unknown]
    suite = TestSuite(name)
    suite.add_testcases(tests)
    return suite


def _told(classname: str, reader: ReaderOfNewFiles, item: WatchItem) -> TestCase:
    """A test that passes, and says in its output what another release makes of the new files."""
    test = TestCase(f"files in {reader.reader.id}", classname)
    reasons = [": ".join(refusal_in_words(refusal)) for refusal in reader.refusals]
    test.system_out = one_line("; newly refused: ".join([reader_in_words(reader, item), *reasons]))
    return test


def _error(classname: str, name: str, message: str) -> TestCase:
    test = TestCase(name, classname)
    test.result = [Error(one_line(message))]
    return test


def _set_result(test: TestCase, difference: Difference) -> None:
    before, after = difference.texts
    text = one_line(f"{difference.kind}: {before} → {after}")
    if difference.is_worse:
        test.result = [Failure(text, difference.kind)]
    elif difference.acknowledged:
        test.result = [Skipped(one_line(difference.acknowledged))]
    else:
        test.system_out = text


# ---------------------------------------------------------------- JSON


def _item_entry(summary: WatchSummary, comparison: Comparison) -> dict[str, Any]:
    item = comparison.item
    return {
        "package": item.package,
        "version": str(item.release.version),
        "uploaded": item.release.uploaded.isoformat(),
        "why": item.partner,
        "pair": item.pair.id if item.pair else None,
        "baseline": item.baseline.id if item.baseline else None,
        "cells": len(comparison.cells),
        "files": len(comparison.files),
        "writers": [writer.id for writer in comparison.writers],
        "readers": [_reader_entry(reader) for reader in comparison.readers],
        "others": list(comparison.other_packages),
        "overridden": comparison.overridden,
        "unknown": list(comparison.unknown),
        "differences": [
            entry
            for group in group_differences(comparison)
            for entry in _difference_entries(summary, group)
        ],
    }


def _reader_entry(reader: ReaderOfNewFiles) -> dict[str, Any]:
    return {
        "reader": reader.reader.id,
        "files": reader.files,
        "read": reader.read,
        "files_before": reader.files_before,
        "read_before": reader.read_before,
        "newly_refused": [
            {
                "case": case,
                "format": format_name,
                "behaviour": refusal.signature.label,
                "message": refusal.signature.message,
                "ledger": [ledger_in_words(keys) for keys in refusal.ledger],
            }
            for refusal in reader.refusals
            for case, format_name in refusal.files
        ],
    }


def _difference_entries(summary: WatchSummary, group: DifferenceGroup) -> Iterator[dict[str, Any]]:
    pair = group.item.pair
    for difference in group.differences:
        case, format_name = difference.key
        before, after = difference.texts
        yield {
            "case": case,
            "format": format_name,
            "writers": [writer.id for writer in difference.writers],
            "kind": str(difference.kind),
            "worse": difference.is_worse,
            "before": before,
            "after": after,
            "acknowledged": difference.acknowledged,
            "upstream": list(difference.upstream),
            "reproduce": summary.reproduce(pair, difference) if pair else "",
            "bisected": summary.bisected.get(group, ""),
        }
