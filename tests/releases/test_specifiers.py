"""What a user types, resolved to releases and names; the catalogue here is a small made-up one."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from harness.releases.catalogue import Catalogue, Release
from harness.releases.specifiers import (
    matching_names,
    matching_releases,
    nearest_versions,
    parse_specifier,
)
from harness.util.errors import UsageError

DAY = datetime(2024, 1, 1, tzinfo=UTC)
YANKED = "3.1.1"
CASES = ("attention", "dense", "dense_twice")


@pytest.fixture
def catalogue() -> Catalogue:
    versions = ("3.0.0", "3.1.0", YANKED, "3.2.0rc0", "3.2.0")
    return Catalogue(
        [
            Release("keras", Version(text), DAY, DAY, SpecifierSet(), text == YANKED, ())
            for text in versions
        ],
        DAY,
    )


@pytest.mark.parametrize(
    ("text", "expected"), [("3.6", "==3.6"), (">=3.4,<3.8", "<3.8,>=3.4"), ("~=2.18.0", "~=2.18.0")]
)
def test_a_bare_version_is_that_release(text: str, expected: str) -> None:
    assert parse_specifier(text) == SpecifierSet(expected)


@pytest.mark.parametrize("text", ["", "  ", "three", "=3.6", "latest"])
def test_other_text_is_no_specifier(text: str) -> None:
    with pytest.raises(UsageError, match=r"is not a version specifier; examples: 3\.6\.0"):
        parse_specifier(text)


@pytest.mark.parametrize(
    ("text", "prereleases", "expected"),
    [
        (">=3.1", False, ["3.1.0", "3.2.0"]),
        (">=3.1", True, ["3.1.0", "3.2.0rc0", "3.2.0"]),
        ("==3.*", False, ["3.0.0", "3.1.0", "3.2.0"]),
        ("3.2.0rc0", False, ["3.2.0rc0"]),
        (YANKED, False, [YANKED]),
        ("3.1", False, ["3.1.0"]),
        (" 3.0 ", False, ["3.0.0"]),
        ("3.2", True, ["3.2.0rc0", "3.2.0"]),
        ("3.2.*", False, ["3.2.0"]),
        ("3", False, ["3.0.0", "3.1.0", "3.2.0"]),
    ],
)
def test_yanked_and_pre_releases_are_left_out_unless_named(
    catalogue: Catalogue, text: str, prereleases: bool, expected: list[str]
) -> None:
    matching = matching_releases(catalogue, "keras", text, prereleases=prereleases)
    assert [str(release.version) for release in matching] == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("3.1.5", "keras 3.1.5 is not a release; the nearest: 3.1.0 and 3.2.0"),
        ("4.0", "keras 4.0 is not a release; the nearest: 3.2.0"),
        ("4.*", "keras 4 is not a release; the nearest: 3.2.0"),
        ("==3.1.5", "keras 3.1.5 is not a release; the nearest: 3.1.0 and 3.2.0"),
        (">=4", "no keras release matches '>=4'; the newest stable release is 3.2.0"),
    ],
)
def test_a_specifier_without_a_match_is_refused_with_releases_that_exist(
    catalogue: Catalogue, text: str, message: str
) -> None:
    with pytest.raises(UsageError) as refusal:
        matching_releases(catalogue, "keras", text)
    assert str(refusal.value) == message


def test_the_neighbours_of_a_version_are_the_nearest() -> None:
    known = [Version("1.0"), Version("2.0"), Version("3.0")]
    assert nearest_versions(Version("2.5"), known) == known[1:]
    assert nearest_versions(Version("0.5"), known) == known[:1]
    assert nearest_versions(Version("4.0"), known) == known[2:]


def test_globs_select_names_in_the_order_of_the_globs_and_then_of_the_names() -> None:
    assert matching_names("case", ["dense_twice", "att*"], CASES) == ["dense_twice", "attention"]
    assert matching_names("case", ["dense_twice", "*"], CASES)[0] == "dense_twice"
    assert len(matching_names("case", ["dense_twice", "*"], CASES)) == len(CASES)
    assert matching_names("case", ["dense*"], CASES) == ["dense", "dense_twice"]
    assert matching_names("case", [], CASES) == list(CASES)


@pytest.mark.parametrize(
    ("glob", "message"),
    [
        ("dens", "no case matches 'dens'; did you mean dense"),
        ("zzz", "no case matches 'zzz'; known: attention, dense, dense_twice"),
    ],
)
def test_a_glob_without_a_match_is_refused_with_names_that_exist(glob: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        matching_names("case", ["attention", glob], CASES)
