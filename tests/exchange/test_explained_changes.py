"""Change points of exchanges with their causes, from what real releases have read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.analysis.change_kinds import ChangeKind
from harness.exchange.change_groups import ChangeGroup
from harness.exchange.changes import Axis, Timeline
from harness.exchange.explained_changes import (
    ExchangeAnnotation,
    as_row,
    exchange_changes,
    exchange_points,
    explained_changes,
    plain_histories,
    read_exchange_annotations,
    with_differences,
)
from harness.releases.catalogue import Catalogue
from harness.releases.pair_rules import PairRules
from harness.util.errors import Fault
from tests.exchange import readings


@pytest.fixture(scope="module")
def timeline() -> Timeline:
    return Timeline(Catalogue.load())


@pytest.fixture(scope="module")
def groups(timeline: Timeline) -> list[ChangeGroup]:
    points = exchange_points(readings.data(), timeline)
    return explained_changes(points, timeline, readings.results())


def step(groups: list[ChangeGroup], axis: Axis, start: str, end: str) -> list[ChangeGroup]:
    return [
        group
        for group in groups
        if (group.axis, str(group.start.keras), str(group.end.keras)) == (axis, start, end)
    ]


def test_the_release_that_reads_the_files_of_issue_20307(groups: list[ChangeGroup]) -> None:
    (fix,) = (
        group for group in step(groups, "reader", "3.6.0", "3.7.0") if group.kind is ChangeKind.FIX
    )
    assert fix.cases == {"interleaved_dense": ["h5", "json", "keras"]}
    assert fix.message.startswith("Layer node index out of bounds")
    assert fix.between == ()
    assert {"3.0.2", "3.6.0"} <= {str(pair.keras) for pair in fix.others}


def test_releases_that_have_not_read_are_counted(groups: list[ChangeGroup]) -> None:
    change = step(groups, "reader", "3.7.0", "3.15.1")[0]
    assert "3.13.0" in change.between and "3.12.4" not in change.between
    assert step(groups, "reader", "3.12.4", "3.15.1") == []


def test_the_writer_whose_files_older_readers_refuse(
    groups: list[ChangeGroup], tmp_path: Path
) -> None:
    (refused,) = (
        group
        for group in step(groups, "writer", "3.12.4", "3.13.0")
        + step(groups, "writer", "3.12.0", "3.13.0")
        if group.kind is ChangeKind.REGRESSION
    )
    assert refused.message.endswith("passed to Dense: {'quantization_config': None}")
    assert {str(pair.keras) for pair in refused.others} == {"3.6.0", "3.7.0", "3.12.4"}
    (explained,) = with_differences([refused], readings.corpus(tmp_path))
    assert explained.example in {
        (case, name) for case, formats in refused.cases.items() for name in formats
    }
    assert explained.difference is not None
    assert "Dense: adds quantization_config (null)" in explained.difference.lines()


def test_readers_have_no_difference_of_files(groups: list[ChangeGroup], tmp_path: Path) -> None:
    of_readers = [group for group in groups if group.axis == "reader"]
    assert with_differences(of_readers, readings.corpus(tmp_path)) == of_readers


def test_the_packages_in_which_two_readers_differ_are_told(groups: list[ChangeGroup]) -> None:
    change = step(groups, "reader", "3.6.0", "3.7.0")[0]
    assert change.explanation.culprit.startswith("keras or tensorflow")
    (of_writer, *_) = step(groups, "writer", "3.12.0", "3.13.0")
    assert of_writer.explanation.culprit == "", "the environments of these writers are not known"


def test_files_that_nobody_reads_change_no_reader(timeline: Timeline) -> None:
    data = readings.data()
    refused = [
        place for place, each in enumerate(data.readings.behaviours) if each.outcome == "load-error"
    ]
    frame = data.readings.frame
    of_refusals = replace(data.readings, frame=frame[frame["behaviour"].isin(refused)])
    nobody = replace(data, readings=of_refusals, written=data.written.assign(was_right=False))
    assert plain_histories(nobody)[2] == frozenset()
    assert {point.axis for point in exchange_points(nobody, timeline)} == {"writer"}


def test_an_annotation_is_for_one_axis(timeline: Timeline) -> None:
    annotation = ExchangeAnnotation(
        axis="reader", start="3.6.0", end="3.7.0", before="load-error*", after="pass",
        says="The loader waits.", upstream=("keras-team/keras#20389",),
    )  # fmt: skip
    points = list(exchange_points(readings.data(), timeline))
    groups = explained_changes(points, timeline, annotations=[annotation])
    explained = {group for group in groups if group.explanation.why}
    assert {(group.axis, str(group.end.keras)) for group in explained} == {("reader", "3.7.0")}
    assert {group.explanation.upstream for group in explained} == {"keras-team/keras#20389"}
    row = as_row(next(iter(explained)).points[0])
    assert annotation.explains(row) and not annotation.explains({**row, "axis": "writer"})


def test_annotations_without_an_axis_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "exchange_annotations.toml"
    path.write_text('[[change]]\nfrom = "3.6.0"\nto = "3.7.0"\nsays = "x"\n')
    with pytest.raises(Fault, match="axis"):
        read_exchange_annotations(path)


def test_everything_together(tmp_path: Path) -> None:
    rules = PairRules(Catalogue.load())
    changes = exchange_changes(readings.data(), rules, readings.results())
    found = with_differences(changes, readings.corpus(tmp_path))
    of_writers = [group for group in found if group.axis == "writer"]
    assert of_writers and all(group.difference for group in of_writers)
