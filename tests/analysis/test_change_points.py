"""Change points and histories, of recorded results."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from packaging.version import Version

from harness.analysis.change_kinds import ChangeKind
from harness.analysis.change_points import (
    COLUMNS,
    Span,
    change_points,
    environment_history,
    histories,
    spans_of,
)
from harness.analysis.frames import long_table
from harness.releases.catalogue import Catalogue
from harness.releases.pair_rules import PairRules
from harness.results.model import NO_INTERPRETER, Result
from harness.results.signatures import RUNS, Signature
from tests import recorded

KEY = ("interleaved_dense", "keras")
PAIRS = (
    "keras-3.5.0_tensorflow-2.17.0_py3.11",
    "keras-3.6.0_tensorflow-2.17.0_py3.11",
    "keras-3.7.0_tensorflow-2.18.0_py3.11",
)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue.load()


@pytest.fixture
def results() -> list[Result]:
    return [recorded.result(pair) for pair in PAIRS]


def without_environment(result: Result, outcome: str = "import-error") -> Result:
    return replace(result, outcome=outcome, reason=f"{result.pair.keras} x", cells={})


def of_cell(changes: pd.DataFrame, key: tuple[str, str] = KEY) -> pd.DataFrame:
    return changes[(changes["case"] == key[0]) & (changes["format"] == key[1])]


def test_the_change_point_of_the_fix_of_issue_20307(
    results: list[Result], catalogue: Catalogue
) -> None:
    changes = change_points(long_table(results, catalogue), catalogue, "keras")
    assert tuple(changes.columns) == COLUMNS
    (change,) = of_cell(changes).to_dict("records")
    assert (change["lineage"], change["from"], change["to"]) == ("keras", "3.6.0", "3.7.0")
    assert change["kind"] == ChangeKind.FIX
    assert (change["before"], change["after"]) == ("load-error ValueError", "pass")
    assert change["message"].startswith("Layer node index out of bounds")
    assert [signature.outcome for signature in change["signatures"]] == ["load-error", "pass"]


def test_an_unknown_release_is_skipped(results: list[Result], catalogue: Catalogue) -> None:
    del results[1].cells[KEY]
    changes = change_points(long_table(results, catalogue), catalogue, "keras")
    assert of_cell(changes)[["from", "to"]].values.tolist() == [["3.5.0", "3.7.0"]]


def test_a_release_without_an_environment_is_a_change_of_the_pair_and_of_no_cell(
    results: list[Result], catalogue: Catalogue
) -> None:
    results[1] = without_environment(results[1])
    changes = change_points(long_table(results, catalogue), catalogue, "keras")
    whole_pair = changes[changes["case"] == ""]
    assert whole_pair[["from", "to", "kind"]].values.tolist() == [
        ["3.5.0", "3.6.0", ChangeKind.BROKEN],
        ["3.6.0", "3.7.0", ChangeKind.INSTALLABLE],
    ]
    assert of_cell(changes)[["from", "to"]].values.tolist() == [["3.5.0", "3.7.0"]]


def test_another_message_of_a_whole_pair_is_no_change(
    results: list[Result], catalogue: Catalogue
) -> None:
    absent = [without_environment(result) for result in results]
    assert change_points(long_table(absent, catalogue), catalogue, "keras").empty
    absent[1] = without_environment(results[1], "unresolvable")
    assert len(change_points(long_table(absent, catalogue), catalogue, "keras")) == 2


def test_a_maintenance_release_is_compared_with_the_release_it_grew_out_of(
    rules: PairRules,
) -> None:
    natural = {pair.id for pair in rules.natural("keras")}
    results = [result for result in recorded.results() if result.pair.id in natural]
    frame = long_table(results, rules.catalogue)
    changes = of_cell(
        change_points(frame, rules.catalogue, "keras"), ("contract_node_past_end", "json")
    )
    late = changes[changes["from"].map(Version) >= Version("3.12")]
    assert late[["from", "to"]].values.tolist() == [["3.12.1", "3.12.2"], ["3.14.0", "3.14.1"]]


def test_a_missing_interpreter_is_no_fact_about_a_release(
    results: list[Result], catalogue: Catalogue
) -> None:
    results[0] = without_environment(results[0], NO_INTERPRETER)
    results[1] = without_environment(results[1])
    assert environment_history(long_table(results, catalogue)) == {
        Version("3.6.0"): Signature("import-error", message="3.6.0 x"),
        Version("3.7.0"): Signature(RUNS),
    }


def test_a_history_holds_the_releases_that_know_the_cell(
    results: list[Result], catalogue: Catalogue
) -> None:
    del results[1].cells[KEY]
    history = histories(long_table(results, catalogue))[KEY]
    assert {str(version): signature.label for version, signature in history.items()} == {
        "3.5.0": "load-error ValueError",
        "3.7.0": "pass",
    }


def test_neighbours_of_equal_label_share_a_span() -> None:
    versions = [Version(text) for text in ("3.9.0", "3.10.0", "3.11.0", "3.12.0")]
    passing, failing = Signature("pass"), Signature("load-error", "ValueError", "a")
    other_message = replace(failing, message="b")
    history = dict(zip(versions, (passing, failing, other_message, passing), strict=True))
    assert spans_of(dict(reversed(history.items()))) == [
        Span(versions[0], versions[0], passing),
        Span(versions[1], versions[2], other_message),
        Span(versions[3], versions[3], passing),
    ]
