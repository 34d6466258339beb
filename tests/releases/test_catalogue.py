"""The catalogue and its releases."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from harness.releases.catalogue import SCHEMA, Catalogue, Release, Wheel, index_name
from harness.releases.pair_rules import PairRules
from harness.util.errors import Fault
from harness.util.paths import CATALOGUE

DAY = datetime(2024, 1, 1, tzinfo=UTC)
LINUX = "manylinux_2_17_x86_64.manylinux2014_x86_64"


def release(
    version: str, *tags: str, uploaded: datetime = DAY, completed: datetime | None = None
) -> Release:
    return Release(
        package="keras-nightly" if ".dev" in version else "keras",
        version=Version(version),
        uploaded=uploaded,
        completed=completed or uploaded,
        requires_python=SpecifierSet(">=3.9,<3.12"),
        yanked=version == "3.0.0",
        wheels=tuple(Wheel(tag, 1000) for tag in tags),
    )


def test_the_kept_catalogue_is_written_as_it_was_read() -> None:
    assert Catalogue.load().dumps() == CATALOGUE.read_text(encoding="utf-8")


def test_a_catalogue_is_read_as_it_was_written(tmp_path: Path) -> None:
    releases = [
        release("3.1.0", "py3-none-any", completed=DAY + timedelta(days=3)),
        release("3.0.0", f"cp311-cp311-{LINUX}", f"cp310-cp310-{LINUX}"),
    ]
    path = tmp_path / "catalogue.json"
    path.write_text(Catalogue(releases, DAY).dumps())
    read = Catalogue.load(path)
    assert list(read.releases("keras")) == releases[::-1]
    assert read.written == DAY


def catalogue_text(packages: object) -> str:
    return json.dumps({"schema": SCHEMA, "written": DAY.isoformat(), "packages": packages})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (json.dumps({"schema": SCHEMA + 1}), f"schema {SCHEMA + 1}, expected {SCHEMA}"),
        (json.dumps({"schema": SCHEMA, "packages": {}}), "it has no 'written'"),
        ("[]", "list indices"),
        ("{", "Expecting property name"),
        ("\udcff", "codec can't decode"),
        (catalogue_text({"keras": {"3.0.0": {}}}), "it has no 'uploaded'"),
        (catalogue_text({"jax": {"1.0": {"uploaded": DAY.isoformat(), "wheels": {}}}}), "'jax'"),
        (catalogue_text({"keras": {"new": {"uploaded": DAY.isoformat(), "wheels": {}}}}), "'new'"),
    ],
)
def test_a_file_that_is_no_catalogue_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "catalogue.json"
    path.write_text(text, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(Fault, match=rf"catalogue\.json does not hold a catalogue \(.*{reason}"):
        Catalogue.load(path)


def test_stable_releases_are_neither_yanked_nor_pre_releases() -> None:
    catalogue = Catalogue([release("3.0.0"), release("3.1.0"), release("3.2.0rc0")], DAY)
    assert [each.version for each in catalogue.stable("keras")] == [Version("3.1.0")]


def test_an_earlier_catalogue_has_what_was_uploaded_by_then() -> None:
    new = release("3.2.0", uploaded=DAY + timedelta(days=1))
    catalogue = Catalogue([release("3.1.0"), new], DAY + timedelta(days=9))
    then = catalogue.as_of(DAY)
    assert [each.version for each in then.releases("keras")] == [Version("3.1.0")]
    assert then.written == DAY
    assert catalogue.as_of(DAY + timedelta(days=99)).written == catalogue.written


def test_a_development_version_is_found_among_the_daily_builds() -> None:
    daily = release("3.7.0.dev2024102503")
    catalogue = Catalogue([daily, release("3.6.0")], DAY)
    assert catalogue.find("keras", daily.version) == daily
    assert catalogue.find("keras", Version("3.7.0")) is None
    assert index_name("tensorflow", Version("2.19.0.dev20241101")) == "tf-nightly-cpu"
    assert index_name("tf_keras", Version("2.18.0")) == "tf-keras"


def test_the_pythons_of_a_release_are_those_of_its_wheels_for_the_reference_platform() -> None:
    compiled = release(
        "3.1.0",
        f"cp39-cp39-{LINUX}",
        f"cp311-cp311-{LINUX}",
        "cp312-cp312-win_amd64",
        "cp312-cp312-manylinux_2_17_aarch64",
    )
    assert compiled.pythons == {"3.9", "3.11"}
    assert release("3.1.0", "py3-none-any").pythons == frozenset()


def test_a_release_admits_the_pythons_that_its_metadata_allows() -> None:
    admitted = [python for python in ("3.8", "3.9", "3.11", "3.12") if release("1").admits(python)]
    assert admitted == ["3.9", "3.11"]


def test_the_kept_catalogue_as_of_a_day_lacks_later_releases(rules: PairRules) -> None:
    then = rules.catalogue.as_of(datetime(2024, 11, 25, 23, 59, 59, tzinfo=UTC))
    assert str(then.stable("keras")[-1].version) == "3.6.0"


def test_the_kept_catalogue_as_of_a_day_to_come_is_itself(rules: PairRules) -> None:
    later = rules.catalogue.as_of(datetime(2099, 1, 1, tzinfo=UTC))
    assert later.dumps() == rules.catalogue.dumps()
