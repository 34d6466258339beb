"""The TensorFlow wheel of a pair, on a made-up catalogue."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from packaging.specifiers import SpecifierSet
from packaging.tags import platform_tags
from packaging.version import Version

from harness.environments.wheels import default_wheel, wheel_size
from harness.releases.catalogue import Catalogue, Release, Wheel
from harness.releases.pair import Pair

DAY = datetime(2024, 1, 1, tzinfo=UTC)
HERE = next(platform_tags())
PAIR = Pair.parse("keras-3.6.0_tensorflow-2.18.0_py3.11")


def release(package: str, sizes: dict[str, int], version: str = "2.18.0") -> Release:
    wheels = tuple(Wheel(tag, size) for tag, size in sizes.items())
    return Release(package, Version(version), DAY, DAY, SpecifierSet(), False, wheels)


FULL = release("tensorflow", {f"cp311-cp311-{HERE}": 600, f"cp312-cp312-{HERE}": 601})
CPU_ONLY = release("tensorflow-cpu", {f"cp311-cp311-{HERE}": 200})
ELSEWHERE = release("tensorflow-cpu", {"cp311-cp311-no_such_platform": 200})


@pytest.mark.parametrize(
    ("releases", "wheel", "size"),
    [
        ([FULL, CPU_ONLY], "tensorflow-cpu", 200),
        ([FULL], "tensorflow", 600),
        ([FULL, ELSEWHERE], "tensorflow", 600),
        ([], "tensorflow", 0),
    ],
)
def test_the_cpu_only_wheel_is_chosen_where_this_machine_has_one(
    releases: list[Release], wheel: str, size: int
) -> None:
    catalogue = Catalogue(releases, DAY)
    assert default_wheel(catalogue, PAIR) == wheel
    assert wheel_size(catalogue, PAIR) == size


def test_the_size_is_that_of_the_named_wheel() -> None:
    assert wheel_size(Catalogue([FULL, CPU_ONLY], DAY), PAIR, "tensorflow") == 600


def test_a_wheel_for_another_python_does_not_count() -> None:
    pair = Pair.parse("keras-3.6.0_tensorflow-2.18.0_py3.12")
    assert default_wheel(Catalogue([FULL, CPU_ONLY], DAY), pair) == "tensorflow"


def test_wheels_for_a_python_before_3_8_have_the_abi_flag_m() -> None:
    old = release("tensorflow-cpu", {f"cp37-cp37m-{HERE}": 100}, "1.15.5")
    pair = Pair.parse("keras-2.3.1_tensorflow-1.15.5_py3.7")
    assert wheel_size(Catalogue([old], DAY), pair) == 100


def test_daily_builds_have_one_wheel() -> None:
    pair = Pair.parse("keras-3.6.0_tensorflow-2.19.0.dev20241101_py3.11")
    assert default_wheel(Catalogue([], DAY), pair) == "tf-nightly-cpu"
