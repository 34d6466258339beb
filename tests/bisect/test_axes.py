"""Axes over the catalogue of this checkout: its old releases do not change any more."""

from __future__ import annotations

from datetime import date

import pytest
from packaging.version import Version

from harness.bisect.axes import NIGHTLIES, Axis, make_axis
from harness.releases.pair import Edit
from harness.releases.pair_rules import PairRules
from harness.util.errors import UsageError


@pytest.fixture(scope="session")
def keras(rules: PairRules) -> Axis:
    return make_axis(rules, "keras")


def test_a_point_is_a_release_with_its_natural_pair(keras: Axis) -> None:
    point = keras.at("3.6.0")
    assert (str(point), point.day) == ("3.6.0", date(2024, 10, 3))
    assert point.pair.id == "keras-3.6.0_tensorflow-2.17.0_py3.11"


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("3.0.5", "3.0.5"),
        ("3.0", "3.0.5"),
        ("3.12", "3.12.4"),
        ("3.12.0", "3.12.0"),
        ("2.13", "2.13.1"),
        ("2024-10-03", "3.6.0"),
        ("2024-10-02", "3.5.0"),
    ],
)
def test_a_bound_is_a_version_a_minor_release_or_a_date(
    keras: Axis, text: str, version: str
) -> None:
    assert str(keras.at(text)) == version


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("3.6.7", "keras 3.6.7 cannot be tested; the nearest: 3.6.0 and 3.7.0"),
        ("3.x", "'3.x' is neither a version nor a date such as 2024-10-23"),
        ("2024-13-01", "not a day of the calendar"),
        ("2001-01-01", "the oldest release is keras"),
    ],
)
def test_a_bound_that_does_not_exist_is_refused(keras: Axis, text: str, message: str) -> None:
    with pytest.raises(UsageError) as refusal:
        keras.at(text)
    assert message in str(refusal.value)


def test_the_newest_branch_leaves_out_later_patches_of_older_ones(keras: Axis) -> None:
    versions = [str(point) for point in keras.branch(keras.at("3.13.0"))]
    assert versions[-2:] == ["3.12.0", "3.13.0"]
    versions = [str(point) for point in keras.branch(keras.at("3.12.2"))]
    assert versions[-3:] == ["3.12.0", "3.12.1", "3.12.2"]


def test_the_newest_common_ancestor_is_where_two_branches_parted(keras: Axis) -> None:
    ancestors = keras.common_ancestors(keras.at("3.12.2"), keras.at("3.13.0"))
    assert [str(point) for point in ancestors[:2]] == ["3.12.0", "3.11.3"]


def test_a_side_branch_goes_from_its_fork_to_its_end(keras: Axis) -> None:
    side_branches = keras.side_branches(keras.at("3.11.0"), keras.at("3.13.0"))
    paths = [[str(point) for point in branch] for branch in side_branches]
    assert [path[:3] for path in paths if path[1] == "3.12.1"] == [["3.12.0", "3.12.1", "3.12.2"]]
    assert not any(path[0] < "3.11" for path in paths)


def test_daily_builds_lie_between_two_days_in_pairs_like_the_newer(keras: Axis) -> None:
    old, new = keras.at("3.6.0"), keras.at("3.7.0")
    builds = keras.nightlies(old, new)
    assert builds and all(old.day < build.day <= new.day for build in builds)
    assert [build.day for build in builds] == sorted(build.day for build in builds)
    assert {build.pair.tensorflow for build in builds} == {new.pair.tensorflow}
    assert keras.nightlies(keras.at("3.12.1"), keras.at("3.12.2")) == []


def test_pre_releases_lie_between_two_versions(rules: PairRules) -> None:
    axis = make_axis(rules, "tensorflow", keras="3.6.0")
    between = axis.prereleases(axis.at("2.17.0"), axis.at("2.18.0"))
    assert between and all(point.version.is_prerelease for point in between)
    assert all(Version("2.17.0") < point.version < Version("2.18.0") for point in between)


def test_other_packages_are_fixed_where_they_are_given(rules: PairRules) -> None:
    axis = make_axis(rules, "keras", tensorflow="2.18.0", python="3.11", added=["PyYAML"])
    pair = axis.at("3.6.0").pair
    assert (str(pair.tensorflow), pair.python) == ("2.18.0", "3.11")
    assert pair.edits == (Edit("pyyaml"),)
    pythons = make_axis(rules, "python", keras="3.6.0", tensorflow="2.18.0")
    assert [str(point) for point in pythons.branch(pythons.newest)][:2] == ["3.9", "3.10"]
    assert pythons.side_branches(pythons.at("3.9"), pythons.newest) == []


def test_the_axis_of_daily_builds_is_one_branch_of_keras(rules: PairRules) -> None:
    axis = make_axis(rules, NIGHTLIES)
    build = axis.at("3.7.0.dev2024102503")
    assert build.pair.lineage == "keras"
    assert [point.version for point in axis.branch(build)][-1] == build.version


def test_an_axis_without_a_possible_pair_is_refused(rules: PairRules) -> None:
    with pytest.raises(UsageError, match="no release of keras can be combined"):
        make_axis(rules, "keras", tensorflow="2.18.0", python="3.6")
    with pytest.raises(UsageError, match="takes the name of a package"):
        make_axis(rules, "keras", added=["../x"])
