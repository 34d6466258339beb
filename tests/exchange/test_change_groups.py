"""Change points that are alike, as one row."""

from __future__ import annotations

import pytest

from harness.analysis.change_kinds import ChangeKind
from harness.exchange.change_groups import Explanation, group_changes
from harness.exchange.changes import Axis, ChangePoint, Timeline
from harness.exchange.likeness import innermost
from harness.releases.catalogue import Catalogue
from harness.releases.pair import Pair
from harness.results.signatures import Signature

PASS = Signature("pass")


@pytest.fixture(scope="module")
def timeline() -> Timeline:
    return Timeline(Catalogue.load())


def pair(keras: str) -> Pair:
    return Pair.parse(f"keras-{keras}_tensorflow-2.18.0_py3.11")


def refusal(message: str, type: str = "TypeError") -> Signature:
    return Signature("load-error", type, message)


def point(
    before: Signature = PASS,
    after: Signature = PASS,
    *,
    case: str = "dense_twice",
    format_name: str = "keras",
    start: str = "3.6.0",
    end: str = "3.7.0",
    axis: Axis = "reader",
    others: tuple[str, ...] = ("3.5.0",),
) -> ChangePoint:
    return ChangePoint(
        axis, case, format_name, pair(start), pair(end), before, after, "0" * 12, "0" * 12,
        tuple(map(pair, others)),
    )  # fmt: skip


def test_cases_and_writers_that_changed_alike_are_one_row(timeline: Timeline) -> None:
    (group,) = group_changes(
        [
            point(after=refusal("no such key"), others=("3.5.0",)),
            point(after=refusal("no such key"), format_name="h5", others=("3.4.1",)),
            point(after=refusal("no such key"), case="batchnorm_twice"),
        ],
        timeline,
    )
    assert group.cases == {"batchnorm_twice": ["keras"], "dense_twice": ["h5", "keras"]}
    assert group.others == [pair("3.4.1"), pair("3.5.0")]
    assert (group.kind, group.message) == (ChangeKind.REGRESSION, "no such key")
    assert group.contrast == ("pass", "load-error TypeError")


def test_names_of_layers_and_numbers_do_not_make_another_row(timeline: Timeline) -> None:
    messages = [
        "Weight count mismatch for layer #0 (named stack in the current model)",
        "Weight count mismatch for layer #3 (named adapted in the current model)",
    ]
    (group,) = group_changes([point(after=refusal(text)) for text in messages], timeline)
    assert len(group.points) == 2
    assert group.message == messages[0]


def test_another_key_or_class_makes_another_row(timeline: Timeline) -> None:
    messages = ["no key 'a' in Dense", "no key 'b' in Dense", "no key 'a' in Embedding"]
    groups = group_changes([point(after=refusal(text)) for text in messages], timeline)
    assert {group.message for group in groups} == set(messages)


def test_what_was_raised_before_does_not_matter_where_another_exception_is_raised(
    timeline: Timeline,
) -> None:
    after = refusal("no such key")
    points = [point(refusal(text, "ValueError"), after) for text in ("loops", "no node")]
    assert len(group_changes(points, timeline)) == 1
    fixed = [point(refusal(text, "ValueError"), PASS) for text in ("loops", "no node")]
    assert len(group_changes(fixed, timeline)) == 2


def test_the_innermost_exception_tells_changes_apart() -> None:
    chain = "Dense could not be deserialized. Exception encountered: outer. "
    signature = refusal(f"{chain}Exception encountered: no such key")
    assert innermost(signature) == refusal("no such key")
    assert innermost(refusal("no such key")) == refusal("no such key")


def test_the_axes_stay_apart(timeline: Timeline) -> None:
    after = refusal("no such key")
    groups = group_changes([point(after=after), point(after=after, axis="writer")], timeline)
    assert {group.axis for group in groups} == {"reader", "writer"}


def test_the_newest_releases_come_first_and_the_worst_kinds_among_them(
    timeline: Timeline,
) -> None:
    bad = refusal("no such key")
    groups = group_changes(
        [
            point(bad, PASS, start="3.8.0", end="3.9.0"),
            point(PASS, bad, start="3.8.0", end="3.9.0"),
            point(PASS, bad, start="3.9.2", end="3.10.0"),
        ],
        timeline,
    )
    assert [(str(group.end.keras), group.kind) for group in groups] == [
        ("3.10.0", ChangeKind.REGRESSION),
        ("3.9.0", ChangeKind.REGRESSION),
        ("3.9.0", ChangeKind.FIX),
    ]


def test_changes_of_keras_come_before_those_of_tf_keras(timeline: Timeline) -> None:
    old, new = (
        Pair.parse(f"tf-keras-{keras}_tensorflow-2.18.0_py3.11") for keras in ("2.17.0", "2.18.0")
    )
    after = refusal("no such key")
    points = [point(after=after)._replace(start=old, end=new), point(after=after)]
    groups = group_changes(points, timeline)
    assert [group.end.lineage for group in groups] == ["keras", "tf-keras"]


def test_releases_between_that_have_not_read_are_named(timeline: Timeline) -> None:
    (group,) = group_changes([point(after=refusal("x"), start="3.5.0", end="3.8.0")], timeline)
    assert group.between == ("3.6.0", "3.7.0")


def test_changes_of_different_causes_are_different_rows(timeline: Timeline) -> None:
    points = [point(after=refusal("x"), case=case) for case in ("a", "b")]
    groups = group_changes(
        points, timeline, lambda one: Explanation(culprit=f"because of {one.case}")
    )
    assert [group.explanation.culprit for group in groups] == ["because of a", "because of b"]


def test_whom_a_change_concerns(timeline: Timeline) -> None:
    (of_reader,) = group_changes([point(after=refusal("x"), others=("3.4.1",))], timeline)
    assert of_reader.concerns()
    assert of_reader.concerns(readers=[pair("3.7.0")], writers=[pair("3.4.1")])
    assert not of_reader.concerns(readers=[pair("3.6.0")])
    assert not of_reader.concerns(writers=[pair("3.5.0")])
    (of_writer,) = group_changes([point(after=refusal("x"), axis="writer")], timeline)
    assert of_writer.concerns(readers=[pair("3.5.0")], writers=[pair("3.7.0")])
    assert not of_writer.concerns(readers=[pair("3.7.0")])
