"""Release branches, on versions and upload dates of the catalogue."""

from __future__ import annotations

import pytest
from packaging.version import Version

from harness.releases.branches import ReleaseBranches
from harness.releases.pair_rules import PairRules

KNOWN = ("3.11.3", "3.12.0", "3.12.3", "3.12.4", "3.13.0", "3.13.2")


@pytest.fixture
def branches(rules: PairRules) -> ReleaseBranches:
    return ReleaseBranches(map(Version, KNOWN), rules.catalogue, "keras")


@pytest.mark.parametrize(
    ("version", "predecessor"),
    [
        ("3.11.3", None),
        ("3.12.0", "3.11.3"),
        ("3.12.4", "3.12.3"),
        ("3.13.0", "3.12.0"),
        ("3.13.2", "3.13.0"),
    ],
)
def test_the_first_of_a_minor_follows_what_was_released_before_its_branch_began(
    branches: ReleaseBranches, version: str, predecessor: str | None
) -> None:
    expected = Version(predecessor) if predecessor else None
    assert branches.predecessor(Version(version)) == expected


def test_the_predecessor_is_one_of_the_known_versions(branches: ReleaseBranches) -> None:
    known = [Version("3.11.3"), Version("3.12.4"), Version("3.13.2")]
    assert branches.predecessor(Version("3.13.2"), known) == Version("3.11.3")
    assert branches.with_predecessors(tuple(known)) == [
        (Version("3.11.3"), None),
        (Version("3.12.4"), Version("3.11.3")),
        (Version("3.13.2"), Version("3.11.3")),
    ]


def test_a_later_patch_of_an_older_minor_is_no_ancestor(branches: ReleaseBranches) -> None:
    ancestors = branches.ancestors(Version("3.13.2"))
    assert ancestors == [Version("3.11.3"), Version("3.12.0"), Version("3.13.0")]


def test_each_branch_has_a_path_to_its_newest_release(branches: ReleaseBranches) -> None:
    assert branches.tips() == [Version("3.12.4"), Version("3.13.2")]
    assert branches.path_to(Version("3.12.4")) == [Version(version) for version in KNOWN[:4]]
    assert branches.path_to(Version("3.13.2")) == [
        Version(version) for version in ("3.11.3", "3.12.0", "3.13.0", "3.13.2")
    ]


def test_a_maintenance_release_came_out_alongside_a_newer_branch(
    branches: ReleaseBranches,
) -> None:
    assert branches.newest_alongside(Version("3.12.4")) == Version("3.13.2")
    assert branches.newest_alongside(Version("3.12.0")) is None
    assert branches.newest_alongside(Version("3.13.2")) is None


def test_a_version_that_the_catalogue_lacks_is_still_ordered(rules: PairRules) -> None:
    versions = [Version("3.6.0"), Version("3.6.99")]
    branches = ReleaseBranches(versions, rules.catalogue, "keras")
    assert branches.predecessor(Version("3.6.99")) == Version("3.6.0")
