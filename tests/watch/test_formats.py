from __future__ import annotations

import json
import re
from dataclasses import replace
from io import StringIO
from xml.etree import ElementTree

import pytest
from rich.console import Console

from harness.analysis.change_kinds import ChangeKind
from harness.releases.catalogue import Catalogue
from harness.releases.pair_rules import PairRules
from harness.results.model import ExceptionRecord, Result
from harness.watch.comparison import Comparison, compare_with_baseline
from harness.watch.console import print_summary
from harness.watch.formats import MOST_GROUPS, as_json, as_junit, as_markdown
from harness.watch.summary import WatchSummary, group_differences
from tests import recorded
from tests.watch import samples
from tests.watch.samples import KERAS_3

HOSTILE = (
    '</details><script>alert("x")</script> @all #1 | `b` ``` [c](javascript:d)\ud800\x1b[31m\n# x'
)


@pytest.fixture(scope="session")
def summary(rules: PairRules, comparison: Comparison) -> WatchSummary:
    return samples.summarize(rules, comparison)


def hostile(result: Result) -> Result:
    """The result, with a hostile exception in every cell."""
    error: ExceptionRecord = {
        "type": HOSTILE,
        "message": HOSTILE,
        "frames": [[HOSTILE, HOSTILE, 1]],
    }
    cells = {
        key: replace(cell, outcome="load-error", error=error) for key, cell in result.cells.items()
    }
    return replace(result, cells=cells)


@pytest.fixture
def hostile_summary(rules: PairRules) -> WatchSummary:
    comparison = samples.compare(rules, hostile(recorded.result(KERAS_3)))
    return replace(samples.summarize(rules, comparison), problems=(HOSTILE,))


def attribute(text: str, path: str, name: str) -> str:
    """An attribute of the first element of JUnit XML with this path."""
    element = ElementTree.fromstring(text.encode()).find(path)
    assert element is not None
    return element.attrib[name]


def is_code(line: str) -> bool:
    """Whether the hostile text of a line is in a span of code."""
    outside = re.sub(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", "", line)
    return "alert" not in outside and "@" not in outside


def test_untrusted_text_is_escaped_in_markdown(hostile_summary: WatchSummary) -> None:
    page = as_markdown(hostile_summary)
    shown = [line for line in page.splitlines() if "alert" in line]
    assert shown and all(is_code(line) for line in shown)
    assert not re.search("^# x", page, re.MULTILINE)
    page.encode()


def test_untrusted_text_is_escaped_in_junit_xml(hostile_summary: WatchSummary) -> None:
    text = as_junit(hostile_summary)
    assert "<script>" in attribute(text, "testsuite/testcase/failure", "message")
    assert "<script>" in attribute(text, "testsuite[@name='cases']/testcase/error", "message")


def test_untrusted_text_is_escaped_in_json(hostile_summary: WatchSummary) -> None:
    document = json.loads(as_json(hostile_summary).encode())
    assert "alert" in document["watched"][0]["differences"][0]["after"]


def test_untrusted_text_is_escaped_in_the_terminal(hostile_summary: WatchSummary) -> None:
    terminal = StringIO()
    print_summary(Console(file=terminal, force_terminal=True, width=400), hostile_summary)
    assert "alert" in terminal.getvalue()
    assert "\x1b[31m\n" not in terminal.getvalue() and "\ud800" not in terminal.getvalue()


def test_all_formats_say_the_same(summary: WatchSummary) -> None:
    document = json.loads(as_json(summary))
    (suite,) = ElementTree.fromstring(as_junit(summary))
    assert int(suite.attrib["failures"]) == sum(
        difference["worse"] for difference in document["watched"][0]["differences"]
    )
    assert int(suite.attrib["tests"]) == 72 + 1
    assert as_markdown(summary).startswith(f"# {document['title']}\n")


def test_markdown_names_both_pairs_and_how_to_reproduce(summary: WatchSummary) -> None:
    page = as_markdown(summary)
    assert f"Ran as `{KERAS_3}`, compared with `{samples.KERAS_2}`" in page
    group = "- **regression**: interleaved\\_dense (clone, json, keras)"
    assert f"{group}\n\n  before: `pass`<br>now: `load-error ValueError: Layer node" in page
    assert f"`nox -s 'pair({KERAS_3})' -- --case interleaved_dense" in page


def test_markdown_names_the_file_of_a_wheel_instead_of_a_day(comparison: Comparison) -> None:
    release = replace(comparison.item.release, file="/home/me/dist/keras-3.16.0-py3-none-any.whl")
    wheel = replace(comparison, item=replace(comparison.item, release=release))
    now = Catalogue.load()
    page = as_markdown(WatchSummary(now.written, now.written, now, [wheel]))
    assert "Installed from `keras-3.16.0-py3-none-any.whl`, which is not on the" in page
    assert "Uploaded on" not in page and "Releases that are new" not in page and "/me" not in page


def test_markdown_shows_an_answer_of_a_bisection(summary: WatchSummary) -> None:
    group = group_differences(summary.comparisons[0])[0]
    page = as_markdown(replace(summary, bisected={group: "# Where it changed\n"}))
    assert "  # Where it changed\n" in page
    document = json.loads(as_json(replace(summary, bisected={group: "# Where it changed\n"})))
    answers = [entry["bisected"] for entry in document["watched"][0]["differences"]]
    assert answers.count("# Where it changed\n") == len(group.differences)


def test_markdown_leaves_what_is_too_much_to_the_json(
    rules: PairRules, comparison: Comparison
) -> None:
    difference = comparison.differences[0]
    many = tuple(
        replace(difference, key=(f"case_{number}", "h5"), acknowledged=str(number))
        for number in range(MOST_GROUPS + 2)
    )
    summary = samples.summarize(rules, replace(comparison, differences=many))
    page = as_markdown(summary)
    assert page.count("  before: ") == MOST_GROUPS
    assert "The JSON output lists 2 more." in page
    assert len(json.loads(as_json(summary))["watched"][0]["differences"]) == MOST_GROUPS + 2


def test_a_release_without_a_pair_is_a_failure_that_says_why(rules: PairRules) -> None:
    (item,) = samples.news_between(rules, "2016-11-25", "2016-11-26").items
    comparison = compare_with_baseline(item, {}, samples.request(), {})
    summary = samples.summarize(rules, comparison)
    assert "no combination of Keras, TensorFlow and Python supports it" in as_markdown(summary)
    kind = attribute(as_junit(summary), "testsuite/testcase/failure", "type")
    assert kind == ChangeKind.BROKEN
    assert json.loads(as_json(summary))["watched"][0]["pair"] is None


def test_junit_xml_has_acknowledged_changes_as_skipped_and_others_as_output(
    rules: PairRules, comparison: Comparison
) -> None:
    acknowledged = replace(comparison.differences[0], acknowledged="on purpose")
    change = next(each for each in comparison.differences if each.kind is ChangeKind.CHANGE)
    summary = samples.summarize(
        rules, replace(comparison, differences=(acknowledged, change), unknown=("offline",))
    )
    (suite,) = ElementTree.fromstring(as_junit(summary))
    counts = [suite.attrib[name] for name in ("tests", "failures", "errors", "skipped")]
    assert counts == ["74", "0", "1", "1"]
    assert attribute(as_junit(summary), "testsuite/testcase/skipped", "message") == "on purpose"
    assert attribute(as_junit(summary), "testsuite/testcase/error", "message") == "offline"
    output = suite.findtext("testcase/system-out")
    assert output is not None and output.startswith("change: load-error")


def test_junit_xml_tells_before_and_now_of_a_failure(summary: WatchSummary) -> None:
    suite = ElementTree.fromstring(as_junit(summary)).find("testsuite")
    assert suite is not None
    (message,) = (
        failure.attrib["message"]
        for test in suite
        if test.attrib["name"] == "interleaved_dense (json)"
        for failure in test
    )
    assert message.startswith("regression: pass → load-error ValueError: Layer node index")


def test_a_file_that_is_no_longer_refused_is_a_failure_in_every_format(rules: PairRules) -> None:
    summary = samples.summarize(rules, samples.compare_accepting(rules))
    before = "refused ValueError: Layer node index out of bounds"
    message = attribute(as_junit(summary), "testsuite/testcase/failure", "message")
    assert message.startswith(f"regression: {before}") and message.endswith(" → accepted")
    assert f"before: `{before}" in as_markdown(summary)
    assert "now: `accepted`" in as_markdown(summary)
    (difference,) = json.loads(as_json(summary))["watched"][0]["differences"]
    assert (difference["case"], difference["worse"]) == (recorded.CONTRACT, True)


def test_what_is_unknown_is_in_every_format(rules: PairRules, comparison: Comparison) -> None:
    summary = samples.summarize(rules, replace(comparison, unknown=("disk full",)))
    assert "## Could not be determined\n\n- `disk full`" in as_markdown(summary)
    assert json.loads(as_json(summary))["unknown"] == ["disk full"]
    assert "disk full" in as_junit(summary)
