"""Checks of the options of ``file``, before any release is tried."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.userfile.facts import FileFacts
from harness.userfile.routes.finding import Wanted, note_of
from harness.userfile.trying import FIRST_ARCHIVE
from harness.util.errors import UsageError


def check_options(given: Mapping[str, Any]) -> None:
    """Refuse options that do not go together, and outputs that cannot be written.

    ``given`` are the options and the path of the file, by parameter.

    Raises:
        UsageError: there are such options.
    """
    if problem := next(_problems(given), None):
        raise UsageError(problem)
    _check_outputs(given)


def check_target(name: str, facts: FileFacts, wanted: Wanted) -> None:
    """Refuse a new file that cannot be made of this one, whose name is given.

    Raises:
        UsageError: it is a graph, the wanted release does not have the format, or weights alone
            are to be made of a whole model.
    """
    if facts.is_graph:
        raise UsageError(f"{name} is a graph, not a model; leave out --to")
    if wanted.form == "keras" and wanted.target.keras < FIRST_ARCHIVE:
        raise UsageError(
            f"Keras {wanted.target.keras} has no .keras archives; give --convert a name that ends "
            "with .h5"
        )
    if wanted.form == "weights" and facts.kind != "weights":
        raise UsageError(
            f"{name} holds a whole model; give --convert a name that ends with .keras or .h5"
        )


def _problems(given: Mapping[str, Any]) -> Iterator[str]:
    """Which options do not go together."""
    others = ("every", "spec", "code", "trust", "to", "inputs", "check")
    if given["static"] and any(given[name] for name in others):
        yield "--static tries no release; give it without --every, --keras and the like"
    if given["to"] and (given["every"] or given["spec"]):
        yield "--to looks for a way into one release; give it without --every, --keras"
    if given["to"] and given["check"]:
        yield "--to ends with 1 where it finds no verified way; give it without --check"
    if given["convert"] and not given["to"]:
        yield "--convert needs --to: the release that has to read the new file"
    if given["outputs"] and not given["inputs"]:
        yield "--outputs needs --inputs: the arrays from which they were computed"


def _check_outputs(given: Mapping[str, Any]) -> None:
    """Refuse to write over anything that is read, or where nothing can be written."""
    known = [
        (given[name].resolve(), "FILE" if name == "path" else f"what --{name} names")
        for name in ("path", "code", "inputs", "outputs")
        if given[name] is not None
    ]
    model = given["path"].resolve()
    for option, path in _outputs(given):
        place = path.resolve()
        for other, words in known:
            if _is_same(place, other):
                raise UsageError(f"{option} {path} would write over {words}")
        if model in place.parents:
            raise UsageError(f"{option} {path} is inside FILE, which is never changed")
        _check_can_be_written(option, path)
        known.append((place, f"what {option} writes"))


def _is_same(path: Path, other: Path) -> bool:
    """Whether two paths lead to one file, perhaps by names in upper and lower case."""
    if path == other:
        return True
    return path.exists() and other.exists() and path.samefile(other)


def _outputs(given: Mapping[str, Any]) -> Iterator[tuple[str, Path]]:
    """All that is written, with the option that names it."""
    if given["convert"] is not None:
        yield "--convert", given["convert"]
        yield "--convert", note_of(given["convert"])
    if given["json_path"] is not None:
        yield "--json", given["json_path"]
    if given["page"] is not None:
        yield "--markdown", given["page"]


def _check_can_be_written(option: str, path: Path) -> None:
    if not path.parent.is_dir():
        raise UsageError(f"{option} {path}: {path.parent} is not a folder")
    if path.exists() and not path.is_file():
        raise UsageError(f"{option} {path} is not a plain file")
    try:
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise UsageError(f"{option} {path} cannot be written: {error.strerror}") from error
