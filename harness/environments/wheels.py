"""The TensorFlow wheel of a pair: which distribution it is, and its size on this machine."""

from __future__ import annotations

from packaging.tags import cpython_tags

from harness.releases.catalogue import Catalogue, Release, index_name
from harness.releases.pair import Pair


def default_wheel(catalogue: Catalogue, pair: Pair) -> str:
    """``tensorflow-cpu`` where it has a wheel for this machine, else ``tensorflow``.

    Measured for 2.18.0 from an empty cache: 8.6 s and 1.2 GB as ``tensorflow-cpu``, 13.4 s and
    1.9 GB as ``tensorflow``. Daily builds exist under one name only.
    """
    if pair.tensorflow.is_devrelease:
        return index_name("tensorflow", pair.tensorflow)
    cpu_only = catalogue.find("tensorflow-cpu", pair.tensorflow)
    if cpu_only is not None and _size_on_this_machine(cpu_only, pair.python):
        return "tensorflow-cpu"
    return "tensorflow"


def wheel_size(catalogue: Catalogue, pair: Pair, wheel: str | None = None) -> int:
    """Size in bytes of the TensorFlow wheel that this machine would download; 0 if unknown.

    ``wheel`` is the name of the distribution, by default `default_wheel`.
    """
    release = catalogue.find(wheel or default_wheel(catalogue, pair), pair.tensorflow)
    return _size_on_this_machine(release, pair.python) if release else 0


def _size_on_this_machine(release: Release, python: str) -> int:
    """Size in bytes of the wheel for this machine and a CPython minor version; 0 if there is none.

    CPython had an ABI flag ``m`` before 3.8.
    """
    minor = int(python.partition(".")[2])
    abi = f"cp3{minor}m" if minor < 8 else f"cp3{minor}"
    tags = set(cpython_tags((3, minor), abis=[abi]))
    return next((wheel.size for wheel in release.wheels if wheel.tags & tags), 0)
