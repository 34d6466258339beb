"""One name for all distributions of a package."""

from __future__ import annotations

import pytest

from harness.releases.package_names import canonical_package


@pytest.mark.parametrize(
    ("distribution", "package"),
    [
        ("tensorflow", "tensorflow"),
        ("tensorflow-cpu", "tensorflow"),
        ("tensorflow-intel", "tensorflow"),
        ("tf-nightly-cpu", "tensorflow"),
        ("keras-nightly", "keras"),
        ("tf-keras", "tf-keras"),
        ("tf-keras-nightly", "tf-keras"),
        ("tensorflow-estimator", "tensorflow-estimator"),
        ("tensorflow_cpu", "tensorflow"),
        ("ml_dtypes", "ml-dtypes"),
    ],
)
def test_builds_of_a_package_have_its_name(distribution: str, package: str) -> None:
    assert canonical_package(distribution) == package
