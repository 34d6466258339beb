"""Attempts of releases, for tests."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
from packaging.version import Version

from harness.releases.pair import Pair
from harness.userfile.attempts import Attempt, Output, Read


def pair(keras: str, lineage: str = "keras") -> Pair:
    return Pair(lineage, Version(keras), Version("2.18.0"), "3.11")


def output(*values: float) -> Output:
    array = np.array(values, "<f4")
    return Output("<f4", array.shape, 1, base64.b64encode(array.tobytes()).decode())


def read(keras: str, *values: float, **fields: Any) -> Attempt:
    """A release that reads the file and computes these values."""
    return Attempt(pair(keras), Read("read", free=32, outputs=(output(*values),), **fields))


def error(message: str, type_: str = "ValueError") -> Any:
    return {"type": type_, "message": message, "frames": []}


def refused(keras: str, message: str = "unknown key") -> Attempt:
    """A release that refuses the file."""
    return Attempt(pair(keras), Read("load-error", error=error(message)))
