"""Attempts of releases to read a file, as ``guest/userfile.py`` reports them."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from harness.releases.pair import Pair
from harness.results.model import ExceptionRecord
from harness.util.wording import counted

#: The tolerances within which outputs count as the same, as for cells.
RELATIVE_TOLERANCE = 1e-4
ABSOLUTE_TOLERANCE = 1e-5
#: How many values of all outputs together the program reports.
MOST_VALUES = 200_000


class InputSpec(msgspec.Struct, frozen=True):
    """An input as the program takes it; ``guest/userfile.py`` describes the fields."""

    shape: tuple[int | None, ...]
    dtype: str = "float32"
    batch: int | None = None
    below: int | None = None
    words: tuple[str, ...] = ()


class Output(msgspec.Struct, frozen=True):
    """An array that was computed: every ``step``-th value of it, as base64."""

    dtype: str
    shape: tuple[int, ...]
    step: int
    data: str

    def values(self) -> np.ndarray[Any, Any]:
        """The values in one dimension.

        Raises:
            ValueError: the data are not those of an array of numbers or texts.
        """
        content = base64.b64decode(self.data, validate=True)
        if self.dtype == "text":
            return np.array([str(word) for word in json.loads(content)])
        dtype = np.dtype(self.dtype)
        if dtype.kind not in "biuf":
            raise ValueError(f"outputs of type {dtype}")
        return np.frombuffer(content, dtype)


class Read(msgspec.Struct, tag="read", tag_field="event", frozen=True):
    """The program's report on reading the file.

    ``outcome`` is ``read``, ``predict-error``, ``load-error``, ``unsupported`` or ``code-error``.
    ``error`` is the exception of the first attempt to load, after which a later one may have
    succeeded: ``named`` with custom objects by their names, ``uncompiled`` with ``compile=False``,
    ``unsafe`` without safe mode, or with some ``rewrites`` of the config. ``inputs`` and ``free``,
    the length of dimensions of any length, are those that the model has predicted on. ``saved`` are
    the forms in which the model was saved again; ``not_saved`` has the exceptions of the others.
    """

    outcome: str
    note: str = ""
    error: ExceptionRecord | None = None
    predict_error: ExceptionRecord | None = None
    named: bool = False
    uncompiled: bool = False
    unsafe: bool = False
    inputs: tuple[InputSpec, ...] | None = None
    free: int | None = None
    parameters: int | None = None
    finite: bool = True
    outputs: tuple[Output, ...] | None = None
    rewrites: tuple[str, ...] = ()
    saved: tuple[str, ...] = ()
    not_saved: dict[str, ExceptionRecord] = {}

    @property
    def needs(self) -> tuple[str, ...]:
        """What the release needed to load the file: the names of the flags that are set."""
        return tuple(name for name in ("named", "uncompiled", "unsafe") if getattr(self, name))


@dataclass(frozen=True)
class Attempt:
    """The attempt of the release of a pair to read the file.

    ``read`` is None if the process gave no report. Then ``ended`` says how the process ended, or
    ``unknown`` why that says nothing about the release. ``seconds`` are by the clock.
    """

    pair: Pair
    read: Read | None = None
    ended: str = ""
    unknown: str = ""
    seconds: float = 0.0

    @property
    def outputs(self) -> tuple[Output, ...] | None:
        """What the release computed; None if it computed nothing."""
        return self.read.outputs if self.read else None


def difference(
    reference: tuple[Output, ...], outputs: tuple[Output, ...], *, shapes_alone: bool = False
) -> str:
    """How outputs differ from those of the reference, in words; empty if they do not."""
    if len(reference) != len(outputs):
        return f"{counted(len(outputs), 'output')} instead of {len(reference)}"
    for number, (expected, found) in enumerate(zip(reference, outputs, strict=True)):
        if expected.shape != found.shape:
            return f"output {number} has the shape {found.shape} instead of {expected.shape}"
        if shapes_alone:
            continue
        try:
            words = _difference_of_values(expected.values(), found.values())
        except ValueError as error:
            words = f"cannot be compared ({error})"
        if words:
            return f"output {number} {words}"
    return ""


def _difference_of_values(expected: np.ndarray[Any, Any], found: np.ndarray[Any, Any]) -> str:
    if expected.shape != found.shape:
        return f"has {found.size} values instead of {expected.size}"
    if expected.dtype.kind == "U" or found.dtype.kind == "U":
        return "" if np.array_equal(expected, found) else "has another text"
    expected, found = expected.astype("float64"), found.astype("float64")
    finite = np.isfinite(expected)
    if not np.array_equal(finite, np.isfinite(found)):
        return "is not finite" if finite.all() else "is finite at other places"
    if np.allclose(found, expected, RELATIVE_TOLERANCE, ABSOLUTE_TOLERANCE, equal_nan=True):
        return ""
    worst = float(np.abs(found[finite] - expected[finite]).max(initial=0.0))
    return f"differs by up to {worst:.1g}"  # more digits would not be the same each time
