"""The distributions that one package is published as, under one name."""

from __future__ import annotations

from packaging.utils import canonicalize_name

from harness.releases.catalogue import NIGHTLY_PACKAGES

#: Distribution names of a package other than its own, with the package.
_PACKAGE_OF = {
    "tensorflow-cpu": "tensorflow",
    "tensorflow-intel": "tensorflow",
    **{nightly: package for package, nightly in NIGHTLY_PACKAGES.items()},
}


def canonical_package(distribution: str) -> str:
    """The package that a distribution is a build of: ``tensorflow`` for ``tensorflow-cpu``.

    Daily builds belong to the package that they are built from. A distribution that is not in the
    table is a package of its own, under its normalized name.
    """
    name = canonicalize_name(distribution)
    return _PACKAGE_OF.get(name, name)
