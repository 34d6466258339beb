"""How the outputs of a watch show what was found out about saved files."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree

import pytest
from packaging.specifiers import SpecifierSet
from rich.console import Console

from harness.analysis.change_kinds import ChangeKind
from harness.exchange.ledger.compare import UnacceptedKeys
from harness.releases.pair import Pair
from harness.releases.pair_rules import PairRules
from harness.results.model import CellKey
from harness.results.signatures import Signature
from harness.util.errors import ExitCode
from harness.util.paths import CORPUS, ROOT
from harness.watch.acknowledgements import (
    Acknowledgement,
    apply_acknowledgements,
    stale_acknowledgements,
)
from harness.watch.bisecting import bisect_regressions
from harness.watch.comparison import Comparison, Difference
from harness.watch.console import print_summary
from harness.watch.formats import as_json, as_junit, as_markdown
from harness.watch.new_files import ReaderOfNewFiles, Refusal
from harness.watch.news import WatchItem
from harness.watch.summary import (
    WatchSummary,
    counts_in_words,
    group_differences,
    writers_in_words,
)
from tests.watch import samples
from tests.watch.samples import KERAS_2, KERAS_3
from tests.watch.test_formats import HOSTILE, is_code

FILE: CellKey = ("dense_twice", "keras@0123456789ab")
OTHER_FILE: CellKey = ("dense_twice", "keras@ba9876543210")
WRITERS = tuple(
    Pair.parse(f"keras-2.{minor}.0_tensorflow-2.{minor}.0_py3.11") for minor in (12, 14)
)
REFUSED = Signature("load-error", "TypeError", f"no such key: quantization_config {HOSTILE}")
LEDGER = UnacceptedKeys((("quantization_config", "null"),), ("layers.Dense",), ("layers.Dense",))


def lost(key: CellKey, writer: Pair, corpus: Path = CORPUS) -> Difference:
    after = Signature("load-error", "ValueError", HOSTILE)
    return Difference(
        key, ChangeKind.REGRESSION, Signature("pass"), after, writers=(writer,), corpus=corpus
    )


@pytest.fixture
def comparison(item: WatchItem) -> Comparison:
    """Keras 3.0.0, which no longer reads two files, and of which 2.15.0 refuses one file."""
    refusal = Refusal(REFUSED, (("dense_twice", "keras"),), (LEDGER,))
    return Comparison(
        item,
        tuple(map(lost, (FILE, OTHER_FILE), WRITERS)),
        cells=frozenset({("dense_twice", "keras")}),
        files=frozenset({FILE, OTHER_FILE, ("dense_twice", "h5@0123456789ab")}),
        writers=WRITERS,
        readers=(ReaderOfNewFiles(Pair.parse(KERAS_2), 2, 1, 2, 2, (refusal,)),),
    )


@pytest.fixture
def summary(rules: PairRules, comparison: Comparison) -> WatchSummary:
    return samples.summarize(rules, comparison)


def test_a_file_that_is_no_longer_read_is_worse_and_what_others_refuse_is_not(
    summary: WatchSummary, comparison: Comparison
) -> None:
    assert summary.exit_code == ExitCode.WORSE
    assert counts_in_words(comparison) == "2 regressions in reading files"
    told = replace(summary, comparisons=[replace(comparison, differences=())])
    assert (told.exit_code, told.title) == (ExitCode.KNOWN, "keras 3.0.0: nothing changed")


def test_cells_and_files_are_counted_apart(comparison: Comparison) -> None:
    cell = Difference(("a", "h5"), ChangeKind.REGRESSION, Signature("pass"), Signature("crash"))
    both = replace(comparison, differences=(cell, *comparison.differences))
    assert counts_in_words(both) == "1 regression, 2 regressions in reading files"


def test_markdown_names_the_writers_and_the_readers(summary: WatchSummary) -> None:
    page = as_markdown(summary)
    assert "- **regression in reading files**: files of 2.12.0 to 2.14.0: dense\\_twice" in page
    assert "Saved files of 2.12.0, 2.14.0 read by both: 3." in page
    assert "keras 2.15.0 reads 1 of 2 files of keras 3.0.0; all 2 files of its own" in page
    assert "newly refused: dense\\_twice (keras)" in page
    assert "from the ledger: `quantization_config=null, written by layers.Dense`" in page
    shown = [line for line in page.splitlines() if "alert" in line]
    assert shown and all(is_code(line) for line in shown)


def test_writers_of_tf_keras_are_named_as_such(comparison: Comparison) -> None:
    tf_keras = Pair.parse("tf-keras-2.16.0_tensorflow-2.16.1_py3.11")
    both = replace(
        comparison,
        differences=(lost(FILE, WRITERS[0]), lost(OTHER_FILE, tf_keras)),
        writers=(*WRITERS, tf_keras),
    )
    assert writers_in_words(both) == "2.12.0, 2.14.0, tf-keras 2.16.0"
    other = replace(WRITERS[0], tensorflow=WRITERS[1].tensorflow)
    assert writers_in_words(replace(both, writers=(WRITERS[0], other))) == "2.12.0"
    (group,) = group_differences(both)
    assert group.writers == "2.12.0, tf-keras 2.16.0"


def test_each_file_is_a_test_of_the_junit_xml(summary: WatchSummary) -> None:
    suite = ElementTree.fromstring(as_junit(summary).encode())[0]
    assert (suite.attrib["failures"], suite.attrib["skipped"]) == ("2", "0")
    names = [test.attrib["name"] for test in suite.iter("testcase")]
    assert "dense_twice (keras@0123456789ab)" in names
    (told,) = (test for test in suite.iter("testcase") if test.attrib["name"].startswith("files"))
    assert told.attrib["name"] == f"files in {KERAS_2}"
    assert [child.tag for child in told] == ["system-out"]
    assert "newly refused: dense_twice (keras): load-error TypeError" in (told[0].text or "")


def test_json_has_writers_and_readers(summary: WatchSummary) -> None:
    (item,) = json.loads(as_json(summary))["watched"]
    assert (item["files"], item["writers"]) == (3, [writer.id for writer in WRITERS])
    assert [entry["writers"] for entry in item["differences"]] == [[w.id] for w in WRITERS]
    (reader,) = item["readers"]
    assert (reader["reader"], reader["read"], reader["files"]) == (KERAS_2, 1, 2)
    (refused,) = reader["newly_refused"]
    assert (refused["case"], refused["format"]) == ("dense_twice", "keras")
    assert refused["ledger"] == ["quantization_config=null, written by layers.Dense"]


def test_the_terminal_shows_all_of_it_without_control_characters(summary: WatchSummary) -> None:
    terminal = StringIO()
    print_summary(Console(file=terminal, width=400), summary)
    text = terminal.getvalue()
    assert "files of 2.12.0, 2.14.0 read by both: 3" in text
    assert "files of 2.12.0 to 2.14.0: dense_twice (keras)" in text
    assert "keras 2.15.0 reads 1 of 2 files of keras 3.0.0; all 2 files of its own" in text
    assert "ledger: quantization_config=null, written by layers.Dense" in text
    assert "\x1b" not in text
    (line,) = (line for line in text.splitlines() if "no such key" in line)
    assert line.endswith("# x")


def test_the_command_reads_the_file_again(summary: WatchSummary) -> None:
    pair = Pair.parse(KERAS_3)
    command = summary.reproduce(pair, lost(FILE, WRITERS[0]))
    assert command == (
        f"nox -s 'pair({KERAS_3})' -- --read --writer {WRITERS[0].id} --case dense_twice "
        "--format keras --rerun --results .nox/probes/exchange"
    )
    scratch = lost(FILE, WRITERS[0], ROOT / ".nox" / "watch" / "corpus")
    assert "--corpus .nox/watch/corpus" in summary.reproduce(pair, scratch)


def acknowledgement(*formats: str) -> Acknowledgement:
    return Acknowledgement(
        "keras", SpecifierSet("==3.0.0"), ChangeKind.REGRESSION, "on purpose", (), ("*",), formats,
        "*",
    )  # fmt: skip


@pytest.mark.parametrize("name", ["keras", "*", "keras@*"])
def test_files_are_acknowledged_by_their_format(comparison: Comparison, name: str) -> None:
    result = apply_acknowledgements(comparison, [acknowledgement(name)])
    assert all(difference.acknowledged for difference in result.differences)
    assert counts_in_words(result) == "2 regressions in reading files (acknowledged)"


def test_an_acknowledgement_of_files_covers_no_cell(item: WatchItem) -> None:
    cell = Difference(("a", "keras"), ChangeKind.REGRESSION, Signature("pass"), Signature("crash"))
    result = apply_acknowledgements(Comparison(item, (cell,)), [acknowledgement("keras@*")])
    assert not result.differences[0].acknowledged


def test_an_acknowledgement_of_files_is_stale_only_if_files_were_read(
    comparison: Comparison,
) -> None:
    entry, cells = acknowledgement("keras@*"), [("dense_twice", "keras")]
    nothing = replace(comparison, differences=())
    assert stale_acknowledgements([entry], [nothing], cells) == [entry]
    unread = replace(nothing, files=frozenset())
    assert stale_acknowledgements([entry], [unread], cells) == []
    assert stale_acknowledgements([entry], [comparison], cells) == []


def test_readings_have_the_command_that_bisects_them(summary: WatchSummary) -> None:
    answered = bisect_regressions(summary, lambda _: "bisected")
    (answer,) = answered.bisected.values()
    words = shlex.split(answer.strip("`").removeprefix("Not bisected: `"))
    assert words[-6:] == ["--format", "keras", "--axis", "reader", "--writer", "2.12.0"]
