"""The watch: dress rehearsals on real releases of the past; its parts on recorded results."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from rich.console import Console

from harness.analysis.change_kinds import ChangeKind, kind_of
from harness.execution.cases import all_cases
from harness.execution.digests import pair_digest
from harness.execution.request import Request
from harness.releases.catalogue import Catalogue
from harness.releases.pair import Pair
from harness.releases.pair_rules import PairRules
from harness.releases.specifiers import matching_releases
from harness.results import store
from harness.results.model import FORMATS, WHOLE_PAIR, ExceptionRecord, Result
from harness.results.signatures import Signature
from harness.util.errors import ExitCode, Fault
from harness.util.paths import RESULTS, ROOT
from harness.watch.acknowledgements import (
    Acknowledgement,
    apply_acknowledgements,
    read_acknowledgements,
    stale_acknowledgements,
)
from harness.watch.comparison import Comparison, compare_with_baseline
from harness.watch.console import print_summary
from harness.watch.formats import as_json, as_junit, as_markdown
from harness.watch.news import News, WatchItem, find_news
from harness.watch.summary import WatchSummary, cells_in_words, groups
from tests.bisect.test_bisect import clone_of_wheels, fact
from tests.conftest import Checkout

KERAS_3 = "keras-3.0.0_tensorflow-2.15.0_py3.11"
KERAS_2 = "keras-2.15.0_tensorflow-2.15.0_py3.11"
CELLS = [(case.name, name) for case in all_cases() for name in FORMATS]


def moment(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T23:59:59+00:00").astimezone(UTC)


# ---------------------------------------------------------------- dress rehearsals


def rehearse(checkout: Checkout, *arguments: str) -> tuple[int, dict[str, Any], str]:
    """Let the watch meet something; return its exit code, its JSON and what it printed."""
    path = checkout.folder / "watch.json"
    path.unlink(missing_ok=True)
    code, output = checkout.nox("watch", *arguments, f"--json={path}")
    assert path.exists(), output
    return code, json.loads(path.read_text()), output


def publish(checkout: Checkout, *pairs: str) -> None:
    """Give the checkout the published results of these pairs."""
    checkout.results.mkdir(parents=True, exist_ok=True)
    for each in pairs:
        shutil.copy(RESULTS / f"{each}.json", checkout.results)


def kinds(watched: dict[str, Any]) -> dict[tuple[str, str], str]:
    return {(each["case"], each["format"]): each["kind"] for each in watched["differences"]}


def test_it_cries_out_at_3_0_0(checkout: Checkout) -> None:
    publish(checkout, KERAS_2, KERAS_3)
    page, suites = checkout.folder / "watch.md", checkout.folder / "watch.xml"
    code, told, output = rehearse(
        checkout, "--since=2023-11-27", "--until=2023-11-28", f"--markdown={page}",
        f"--junit={suites}",
    )  # fmt: skip
    assert code == told["exit"] == ExitCode.WORSE
    (watched,) = told["watched"]
    assert (watched["pair"], watched["baseline"]) == (KERAS_3, KERAS_2)
    found = kinds(watched)
    for name in ("keras", "h5", "json", "clone"):
        assert found["interleaved_dense", name] == ChangeKind.REGRESSION
    gone = [each for each in watched["differences"] if each["kind"] == ChangeKind.UNSUPPORTED]
    assert gone and not any(each["worse"] for each in gone)
    assert all("SavedModel" in each["acknowledged"] for each in gone)
    text = page.read_text()
    assert re.match(r"# keras 3\.0\.0: \d+ regressions, \d+ newly unsupported, acknowledged", text)
    assert "Layer node index out of bounds" in text and len(text) < 65536
    suite = ElementTree.parse(suites).getroot()[0]
    worse = sum(each["worse"] for each in watched["differences"])
    assert suite.attrib["failures"] == str(worse)
    assert suite.attrib["skipped"] == str(len(gone))
    command = f"nox -s 'pair({KERAS_3})' -- --case interleaved_dense --format json --rerun"
    assert any(each["reproduce"].startswith(command) for each in watched["differences"])
    assert output.strip().splitlines()[-1].startswith("keras 3.0.0: ")
    assert not (checkout.folder / ".nox" / "probes").exists()


def test_it_is_silent_where_nothing_happened(checkout: Checkout) -> None:
    pairs = [f"keras-3.0.{patch}_tensorflow-2.15.0.post1_py3.11" for patch in (4, 5)]
    publish(checkout, *pairs)
    code, told, _ = rehearse(checkout, "--since=2024-02-13", "--until=2024-02-14")
    (watched,) = told["watched"]
    assert (watched["baseline"], watched["pair"]) == tuple(pairs)
    assert watched["cells"] == len(CELLS) and watched["differences"] == []
    assert (code, told["title"]) == (ExitCode.KNOWN, "keras 3.0.5: nothing changed")


@pytest.mark.real
def test_3_7_0_fixes_and_hangs(checkout: Checkout) -> None:
    publish(checkout, "keras-3.7.0_tensorflow-2.18.0_py3.11")
    code, told, output = rehearse(
        checkout, "--since=2024-11-25", "--until=2024-11-26", "--case=interleaved_dense",
        "--case=contract_node_past_end", "--format=json",
    )  # fmt: skip
    assert code == ExitCode.WORSE, output
    (watched,) = told["watched"]
    assert watched["baseline"] == "keras-3.6.0_tensorflow-2.18.0_py3.11"
    assert kinds(watched) == {
        ("contract_node_past_end", "json"): ChangeKind.REGRESSION,
        ("interleaved_dense", "json"): ChangeKind.FIX,
    }
    assert watched["differences"][0]["after"] == "timeout"
    assert told["title"] == "keras 3.7.0: 1 regression, 1 fix"


@pytest.mark.real
def test_a_daily_build_down_to_the_commit(checkout: Checkout, tmp_path: Path) -> None:
    publish(
        checkout, "keras-3.6.0_tensorflow-2.17.1_py3.11", "tf-keras-2.18.0_tensorflow-2.18.0_py3.11"
    )
    clone = clone_of_wheels(tmp_path / "clone")
    code, told, output = rehearse(
        checkout, "--since=2024-10-24", "--until=2024-10-25", "--nightly", "--format=json",
        "--case=interleaved_dense", "--case=contract_node_past_end", "--bisect", f"--repo={clone}",
    )  # fmt: skip
    assert code == ExitCode.WORSE, output
    keras, tf_keras, tensorflow = told["watched"]
    assert keras["pair"] == "keras-3.7.0.dev2024102503_tensorflow-2.18.0_py3.11"
    assert keras["baseline"] == "keras-3.6.0_tensorflow-2.18.0_py3.11"
    assert kinds(keras)["interleaved_dense", "json"] == ChangeKind.FIX
    assert tf_keras["package"] == "tf-keras" and tf_keras["differences"] == []
    assert tensorflow["version"] == "2.18.0" and tensorflow["differences"] == []
    assert fact(output, "last old").startswith("3.6.0.dev2024101603 (2024-10-16)")
    assert fact(output, "first new") == "3.7.0.dev2024102503 (2024-10-25): timeout"
    subjects = re.findall(r"one of the commits: \w+ \(\S+\) (.*)", output)
    assert "keras-nightly 3.7.0.dev2024102503" in subjects
    regression = keras["differences"][0]
    assert "raise IndexError(" in regression["bisected"]
    assert list(checkout.results.glob("*dev*")) == []


@pytest.mark.real
def test_a_release_that_cannot_be_imported_is_news(checkout: Checkout) -> None:
    publish(checkout, "keras-2.11.0_tensorflow-2.11.0_py3.9")
    code, told, output = rehearse(
        checkout, "--since=2023-02-14", "--until=2023-02-15", "--case=siamese_pair", "--format=h5"
    )
    assert code == ExitCode.WORSE, output
    (watched,) = told["watched"]
    (difference,) = watched["differences"]
    assert watched["version"] == "2.12.0rc0" and watched["overridden"]
    assert (difference["kind"], difference["before"]) == (ChangeKind.BROKEN, "runs")
    assert difference["after"].startswith("import-error: TypeError: Descriptors cannot")


@pytest.mark.real
def test_a_candidate_that_the_catalogue_lacks(tmp_path: Path) -> None:
    checkout = Checkout(tmp_path)
    kept = Catalogue.load().as_of(moment("2026-09-21"))
    (tmp_path / "harness" / "releases" / "catalogue.json").write_text(kept.dumps())
    publish(checkout, "keras-3.15.1_tensorflow-2.21.0_py3.11")
    code, told, output = rehearse(
        checkout, "--until=2026-09-22", "--case=siamese_pair", "--format=h5"
    )
    assert code == ExitCode.KNOWN, output
    (watched,) = told["watched"]
    assert watched["pair"] == "keras-3.15.1_tensorflow-2.22.0rc0_py3.11"
    assert watched["cells"] == 1 and "protobuf" in watched["others"]
    assert (tmp_path / ".nox" / "probes" / f"{watched['pair']}.json").exists()
    assert (tmp_path / "harness" / "releases" / "catalogue.json").read_text() == kept.dumps()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--until=2024-01-01"], "--until needs --since"),
        (["--since=2024-01-02", "--until=2024-01-01"], "is not before 2024-01-01"),
        (["--since=yesterday"], "Invalid value"),
        (["--repo=x"], "--repo is for --bisect"),
        (["--since=2024-01-01", "--until=2024-02-01", "--case=god"], "known: attention"),
        (["--since=2024-01-01", "--until=2024-02-01", "--frozen=3.1.0"], "not a release"),
    ],
)
def test_what_cannot_be_asked_is_told(arguments: list[str], said: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "harness", "watch", *arguments],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, said in done.stderr) == (ExitCode.USAGE, True), done.stderr


# ---------------------------------------------------------------- news


def between(
    rules: PairRules, since: str, until: str, frozen: str = "", *, nightly: bool = False
) -> News:
    old, new = (rules.catalogue.as_of(moment(day)) for day in (since, until))
    kept = matching_releases(new, "keras", frozen) if frozen else []
    return find_news(old, new, rules, frozen=kept, nightly=nightly)


def watched_ids(found: News) -> list[tuple[str, str | None, str | None]]:
    return [
        (
            each.name,
            each.pair.id if each.pair else None,
            each.baseline.id if each.baseline else None,
        )
        for each in found.watched
    ]


def test_a_catalogue_as_of_a_day(rules: PairRules) -> None:
    then = rules.catalogue.as_of(moment("2024-11-25"))
    assert str(then.stable("keras")[-1].version) == "3.6.0"
    assert then.written == moment("2024-11-25")
    later = rules.catalogue.as_of(moment("2099-01-01"))
    assert later.dumps() == rules.catalogue.dumps()


def test_a_new_tensorflow_meets_the_newest_keras_and_the_frozen_ones(rules: PairRules) -> None:
    found = between(rules, "2024-10-24", "2024-10-25", "3.4.1")
    assert watched_ids(found) == [
        (
            "tensorflow 2.18.0",
            f"keras-{keras}_tensorflow-2.18.0_py3.11",
            f"keras-{keras}_tensorflow-2.17.1_py3.11",
        )
        for keras in ("3.6.0", "3.4.1")
    ]


def test_a_release_is_held_against_what_it_grew_out_of(rules: PairRules) -> None:
    ((_, _, baseline),) = watched_ids(between(rules, "2026-05-06", "2026-05-07"))[:1]
    assert baseline == "keras-3.12.1_tensorflow-2.21.0_py3.11"


def test_keras_2_keeps_its_own_tensorflow(rules: PairRules) -> None:
    ((_, pair, baseline),) = watched_ids(between(rules, "2023-11-06", "2023-11-07"))[:1]
    assert pair == "keras-2.15.0_tensorflow-2.15.0rc1_py3.11"
    assert baseline == "keras-2.14.0_tensorflow-2.14.0_py3.11"


def test_a_daily_build_with_a_number_that_lags(rules: PairRules) -> None:
    found = between(rules, "2024-10-13", "2024-10-15", nightly=True)
    assert watched_ids(found)[0] == (
        "keras 3.6.0.dev2024101503",
        "keras-3.6.0.dev2024101503_tensorflow-2.17.0_py3.11",
        "keras-3.6.0_tensorflow-2.17.0_py3.11",
    )


def test_candidates_with_a_successor_are_left_out(rules: PairRules) -> None:
    found = between(rules, "2024-09-29", "2024-10-16")
    assert [each.name for each in found.watched] == ["keras 3.6.0", "tensorflow 2.18.0rc2"]
    found = between(rules, "2024-10-05", "2024-10-25")
    names = {each.name for each in found.watched}
    assert "tensorflow 2.18.0" in names and "tensorflow 2.18.0rc2" not in names


def test_what_was_yanked_is_named(rules: PairRules) -> None:
    found = between(rules, "2025-03-02", "2025-03-03")
    assert [f"{each.package} {each.version}" for each in found.yanked] == ["tf-keras 2.20.0"]
    assert [each.name for each in found.watched] == ["tf-keras 2.19.0"]


def test_nothing_goes_with_a_release(rules: PairRules) -> None:
    """Keras 1.1.2 came out before the first TensorFlow of the index."""
    (watched,) = between(rules, "2016-11-25", "2016-11-26").watched
    assert (watched.name, watched.pair) == ("keras 1.1.2", None)
    told = bulletin(rules, compare_with_baseline(watched, {}, request(), {}))
    assert (told.exit, told.title) == (ExitCode.WORSE, "keras 1.1.2: not installable")
    assert "no TensorFlow and no Python go with it" in as_markdown(told)
    failure = ElementTree.fromstring(as_junit(told)).find("testsuite/testcase/failure")
    assert failure is not None and failure.attrib["type"] == ChangeKind.BROKEN


# ---------------------------------------------------------------- verdict


def request() -> Request:
    return Request(all_cases(), FORMATS, 60.0)


def stored(pair: str) -> Result:
    return store.read_or_empty(Pair.parse(pair))


@pytest.fixture(scope="module")
def watched(rules: PairRules) -> WatchItem:
    (found,) = between(rules, "2023-11-27", "2023-11-28").watched
    return found


@pytest.fixture(scope="module")
def recorded() -> dict[Pair, Result]:
    return {result.pair: result for result in map(stored, (KERAS_2, KERAS_3))}


@pytest.fixture(scope="module")
def verdict(watched: WatchItem, recorded: dict[Pair, Result]) -> Comparison:
    return compare_with_baseline(watched, recorded, request(), {})


def bulletin(rules: PairRules, *verdicts: Comparison) -> WatchSummary:
    day = rules.catalogue.written
    return WatchSummary(day, day, rules.catalogue, verdicts)


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ("pass", "load-error", ChangeKind.REGRESSION),
        ("load-error", "mismatch", ChangeKind.REGRESSION),
        ("load-error", "timeout", ChangeKind.REGRESSION),
        ("unsupported", "timeout", ChangeKind.FAILING),
        ("mismatch", "timeout", ChangeKind.REGRESSION),
        ("pass", "unsupported", ChangeKind.UNSUPPORTED),
        ("load-error", "unsupported", ChangeKind.UNSUPPORTED),
        ("timeout", "load-error", ChangeKind.RAISES),
        ("mismatch", "pass", ChangeKind.FIX),
        ("unsupported", "pass", ChangeKind.SUPPORTED),
        ("unsupported", "load-error", ChangeKind.FAILING),
        ("runs", "unresolvable", ChangeKind.BROKEN),
        ("import-error", "runs", ChangeKind.INSTALLABLE),
        ("install-error", "unresolvable", ChangeKind.CHANGE),
        ("load-error", "save-error", ChangeKind.CHANGE),
    ],
)
def test_kinds(before: str, after: str, kind: ChangeKind) -> None:
    assert kind_of(Signature(before), Signature(after)) is kind


def test_another_message_or_type_is_a_change() -> None:
    old = Signature("load-error", "ValueError", "a")
    for new in (replace(old, type="KeyError"), replace(old, message="b"), replace(old, module="m")):
        assert kind_of(old, new) is ChangeKind.CHANGE


def without(result: Result, **changed: Any) -> Result:
    return replace(result, cells={}, **changed)


def test_a_pair_without_an_environment(
    watched: WatchItem, recorded: dict[Pair, Result], rules: PairRules
) -> None:
    old, new = recorded.values()
    broken = {"outcome": "install-error", "reason": "it does not build", "digest": pair_digest()}

    def told(old: Result, new: Result) -> WatchSummary:
        return bulletin(
            rules, compare_with_baseline(watched, {old.pair: old, new.pair: new}, request(), {})
        )

    found = told(old, without(new, **broken))
    assert (found.exit, found.unknown) == (ExitCode.WORSE, [])
    assert "install-error: it does not build" in as_markdown(found)
    found = told(without(old, **broken), new)
    assert (found.exit, found.title) == (
        ExitCode.UNKNOWN,
        "keras 3.0.0: installable again, something could not be told",
    )
    found = told(without(old, **broken), without(new, **broken))
    assert found.exit == ExitCode.UNKNOWN
    missing = {"outcome": "no-interpreter", "reason": "no CPython 3.11"}
    found = told(old, without(new, **missing))
    assert (found.exit, found.verdicts[0].differences) == (ExitCode.UNKNOWN, ())
    assert "no CPython 3.11" in found.unknown[0]


def test_a_fault_is_told_beside_what_is_worse(
    watched: WatchItem, recorded: dict[Pair, Result], rules: PairRules
) -> None:
    old, new = recorded.values()
    half = replace(new, cells={key: new.cells[key] for key in new.cells if key[1] != "h5"})
    both = {old.pair: old, half.pair: half}
    found = bulletin(
        rules, compare_with_baseline(watched, both, request(), {half.pair: "disk full"})
    )
    assert found.exit == ExitCode.WORSE
    (reason,) = found.unknown
    assert reason == f"{KERAS_3}: {len(all_cases())} cells are not known: disk full"
    assert not any(name == "h5" for _, name in found.verdicts[0].cells)
    error = ElementTree.fromstring(as_junit(found)).find("testsuite/testcase/error")
    assert error is not None and "disk full" in error.attrib["message"]
    nothing = {old.pair: old, new.pair: without(new)}
    found = bulletin(
        rules, compare_with_baseline(watched, nothing, request(), {new.pair: "offline"})
    )
    assert (found.exit, found.verdicts[0].differences) == (ExitCode.UNKNOWN, ())


def test_cells_that_changed_alike_are_one_row(verdict: Comparison) -> None:
    rows = groups(verdict)
    assert sum(len(row.differences) for row in rows) == len(verdict.differences) > len(rows)
    assert [row.first.is_worse for row in rows] == sorted(
        (row.first.is_worse for row in rows), reverse=True
    )
    (row,) = (row for row in rows if ("interleaved_dense", "json") in
              [each.key for each in row.differences])  # fmt: skip
    assert "interleaved_dense" in row.cells and "(clone, json, keras)" in row.cells
    keys = [("a", "h5"), ("a", "json"), ("b", "h5"), ("b", "json"), ("c", "h5")]
    assert cells_in_words(keys) == "a, b (h5, json); c (h5)"


def test_a_release_that_no_clone_has_needs_the_catalogue_first(
    rules: PairRules, verdict: Comparison
) -> None:
    pair = Pair.parse("keras-3.7.0.dev2024102503_tensorflow-2.18.0_py3.11")
    known = bulletin(rules, verdict)
    assert known.reproduce(pair, WHOLE_PAIR).startswith("nox -s 'pair(")
    early = replace(known, kept=rules.catalogue.as_of(moment("2024-10-24")))
    assert early.reproduce(pair, WHOLE_PAIR).startswith("nox -s catalogue && nox -s 'pair(")


# ---------------------------------------------------------------- acknowledgements

ENTRY = """
[[change]]
package = "keras"
releases = ">=3.0.0.dev0,<3.1"
kind = "regression"
cases = ["interleaved_*"]
formats = ["json"]
reason = "x"
upstream = ["keras-team/keras#20389"]
"""


def written(folder: Path, text: str) -> list[Acknowledgement]:
    path = folder / "acknowledged.toml"
    path.write_text(text)
    return read_acknowledgements(path)


def test_what_is_acknowledged_is_not_worse(verdict: Comparison, tmp_path: Path) -> None:
    known = written(tmp_path, ENTRY)
    found = apply_acknowledgements(verdict, known)
    said = {each.key: each for each in found.differences if each.acknowledged}
    assert ("interleaved_dense", "json") in said
    assert all(case.startswith("interleaved_") and name == "json" for case, name in said)
    assert not any(each.is_worse for each in said.values())
    assert any(each.is_worse for each in found.differences)
    assert stale_acknowledgements(known, [found], CELLS) == []


@pytest.mark.parametrize(
    "changed",
    [
        {"interleaved_*": "siamese_pair"},
        {"interleaved_*": "no_such_case"},
        {'"regression"': '"fix"'},
        {"reason": 'after = "timeout"\nreason'},
    ],
)
def test_what_no_longer_applies_is_reported(
    verdict: Comparison, tmp_path: Path, changed: dict[str, str]
) -> None:
    ((old, new),) = changed.items()
    known = written(tmp_path, ENTRY.replace(old, new))
    assert apply_acknowledgements(verdict, known) == verdict
    assert stale_acknowledgements(known, [verdict], CELLS) == known


@pytest.mark.parametrize(
    "changed",
    [{">=3.0.0.dev0,<3.1": "3.7.0"}, {'package = "keras"': 'package = "tensorflow"'}],
)
def test_what_concerns_another_release_is_not(
    verdict: Comparison, tmp_path: Path, changed: dict[str, str]
) -> None:
    ((old, new),) = changed.items()
    known = written(tmp_path, ENTRY.replace(old, new))
    assert apply_acknowledgements(verdict, known) == verdict
    assert stale_acknowledgements(known, [verdict], CELLS) == []


def test_what_was_not_compared_is_not_stale(verdict: Comparison, tmp_path: Path) -> None:
    known = written(tmp_path, ENTRY.replace("interleaved_*", "siamese_*"))
    asked = replace(verdict, differences=(), cells=frozenset({("siamese_pair", "json")}))
    assert stale_acknowledgements(known, [asked], CELLS) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('reason = "x"\n', "", "entry 1: Object missing required field `reason`"),
        ("cases", "case", "entry 1: Object contains unknown field `case`"),
        ('["json"]', '"json"', "entry 1: Expected `array`, got `str` - at `$.formats`"),
        ('"x"', "3", "entry 1: Expected `str`, got `int` - at `$.reason`"),
        ('"regression"', '"regresion"', "`kind` must be one of: not installable, regression"),
        (">=3.0.0.dev0,<3.1", "three", "entry 1: 'three' is not a version specifier"),
        ("keras-team/keras#20389", "somewhere", "entry 1: `upstream` must list references like"),
        ("[[change]]", "[change]", "toml: Expected `array`, got `object` - at `$.change`"),
        ("[[change]]", "[[change", "acknowledged.toml: "),
    ],
)
def test_a_wrong_entry_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(Fault, match=re.escape(said)):
        written(tmp_path, ENTRY.replace(old, new, 1))


def test_the_acknowledgements_of_the_repository_are_of_releases(rules: PairRules) -> None:
    for each in read_acknowledgements():
        assert matching_releases(rules.catalogue, each.package, str(each.releases))


# ---------------------------------------------------------------- forms

HOSTILE = (
    '</details><script>alert("x")</script> @all #1 | `b` ``` [c](javascript:d)\ud800\x1b[31m\n# x'
)


def hostile(result: Result) -> Result:
    error: ExceptionRecord = {
        "type": HOSTILE,
        "message": HOSTILE,
        "frames": [[HOSTILE, HOSTILE, 1]],
    }
    cells = {
        key: replace(cell, outcome="load-error", error=error) for key, cell in result.cells.items()
    }
    return replace(result, cells=cells)


def test_untrusted_text_is_escaped_in_every_form(
    rules: PairRules, watched: WatchItem, recorded: dict[Pair, Result]
) -> None:
    old, new = recorded.values()
    found = compare_with_baseline(watched, {old.pair: old, new.pair: hostile(new)}, request(), {})
    told = replace(bulletin(rules, found), problems=(HOSTILE,))
    page = as_markdown(told)
    shown = [line for line in page.splitlines() if "alert" in line]
    assert shown and all(_is_code(line) for line in shown)
    assert not re.search("^# x", page, re.MULTILINE)
    suites = as_junit(told).encode()
    failure = ElementTree.fromstring(suites).find("testsuite/testcase/failure")
    assert failure is not None and "<script>" in failure.attrib["message"]
    error = ElementTree.fromstring(suites).find("testsuite[@name='cases']/testcase/error")
    assert error is not None and "<script>" in error.attrib["message"]
    assert "alert" in json.loads(as_json(told).encode())["watched"][0]["differences"][0]["after"]
    terminal = StringIO()
    print_summary(Console(file=terminal, force_terminal=True, width=400), told)
    assert "alert" in terminal.getvalue()
    assert "\x1b[31m\n" not in terminal.getvalue() and "\ud800" not in terminal.getvalue()
    page.encode()


def _is_code(line: str) -> bool:
    """Whether the hostile text of a line is in a span of code."""
    outside = re.sub(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", "", line)
    return "alert" not in outside and "@" not in outside


def test_all_forms_say_the_same(rules: PairRules, verdict: Comparison) -> None:
    told = bulletin(rules, verdict)
    document = json.loads(as_json(told))
    (suite,) = ElementTree.fromstring(as_junit(told))
    assert int(suite.attrib["failures"]) == sum(
        each["worse"] for each in document["watched"][0]["differences"]
    )
    assert int(suite.attrib["tests"]) == len(CELLS) + 1
    assert as_markdown(told).startswith(f"# {document['title']}\n")
