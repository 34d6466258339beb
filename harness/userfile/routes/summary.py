"""The result of a search for a route, in words."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.releases.pair import Pair, span_in_words
from harness.userfile.reader_process import Droppable
from harness.userfile.routes.route import REWRITTEN, Attempted, Hop, Route
from harness.userfile.verdicts import KINDS
from harness.util.escaping import one_line, shortened

#: What the rewrites of ``guest/rewrites.py`` do, by name.
REWRITES = {
    "drop defaults": "drop keys that it does not accept and that hold their default",
    "rename keys": "use the names of keys that it knows",
    "input layers": "give the input of each Sequential a layer of its own",
    "move modules": "name the module in which it has the class",
    "add modules": "name the module of layers within layers",
    "drop built shapes": "drop the shapes that layers were built with",
    "name dtypes": "write dtypes as names instead of policies",
    "dtype of texts": "give TextVectorization layers the dtype string",
    "axis as integer": "write the axis of each normalization as an integer",
    "replace slashes": "replace slashes in the names of layers by underscores",
    "renumber calls": "number the calls of nested models the way it does",
    "graph of Keras 2": "write the graph in the form of Keras 2",
    "graph of Keras 3": "write calls with tensors by keyword in the form of Keras 3",
    "drop training state": "drop the training state (loss and optimizer)",
}
#: The formats and forms of files in words.
FORMS = {
    "keras": "a .keras file", "h5": "an HDF5 file", "weights": "a weights file",
    "savedmodel": "a SavedModel folder", "json": "a JSON config",
    "parts": "the config and the weights separately", REWRITTEN: "this file",
}  # fmt: skip
#: What a release can need to load a file, by the fields of `Read`.
NEEDS = {
    "named": "its own classes in custom_objects",
    "uncompiled": "compile=False",
    "unsafe": "safe_mode=False, which runs code of the file",
}
#: The rewrite and the form that drop the training state.
_DROPPING = ("drop training state", "parts")
#: How many ways without success are listed, and characters of why each failed.
MOST_ATTEMPTED = 12
LONGEST_REASON = 160


@dataclass(frozen=True)
class RouteSummary:
    """The result of a search, for the answer.

    ``steps`` say how to make the new file; there are none if the file itself will do. ``result``
    says what they lead to. Where no way was found, ``attempted`` are the ways that were tried, each
    with the verdict that ended it.
    """

    target: Pair
    is_found: bool
    result: str
    steps: Sequence[str] = ()
    attempted: Sequence[tuple[str, str]] = ()


def summarise(
    target: Pair,
    route: Route | None,
    attempted: Sequence[Attempted],
    source: str,
    dropped: Sequence[str],
    *,
    is_compiled: bool = False,
    was_cut_short: bool = False,
) -> RouteSummary:
    """Put the result of a search into words.

    ``source`` says with whose outputs all others were compared; ``dropped`` are the keys of the
    file that may be dropped. ``is_compiled`` says that the file has a training state, and
    ``was_cut_short`` that not all ways were tried.
    """
    if route is None:
        ways = [(" → ".join(_short(hop) for hop in way.hops), _verdict(way)) for way in attempted]
        limit = " before the search reached its limit" if was_cut_short else ""
        result = f"No way into Keras {target.keras} was found{limit}. How far each got:"
        return RouteSummary(target, False, result, attempted=ways[:MOST_ATTEMPTED])
    steps = list(_steps(route.hops, target, dropped))
    result = _result(route, target, source)
    if _drops_training_state(route, is_compiled=is_compiled):
        result += " The training state (loss and optimizer) is lost."
    return RouteSummary(target, True, result, steps)


def as_object(summary: RouteSummary) -> dict[str, Any]:
    """A summary as a JSON object."""
    return {
        "target": summary.target.id,
        "found": summary.is_found,
        "result": summary.result,
        "steps": list(summary.steps),
        "attempted": [{"way": way, "came_to": verdict} for way, verdict in summary.attempted],
    }


def _result(route: Route, target: Pair, source: str) -> str:
    how = _with(route.hops[-1].needs) or "as it is"
    what = "the file" if route.is_as_it_is else "the new file"
    read = f"Keras {target.keras} reads {what} {how}"
    if route.verdict.kind != "weightless":
        return f"{read}, and its outputs are the same as {source}."
    result = f"{read}. A config has no weights: the shapes of outputs alone were compared."
    if route.file.kind != "json":
        result += " The weights in the new file are made anew, at random: it is not trained."
    return result


def _with(needs: Iterable[str]) -> str:
    return " and ".join(f"with {NEEDS[name]}" for name in needs)


def _drops_training_state(route: Route, *, is_compiled: bool) -> bool:
    if any("uncompiled" in hop.needs for hop in route.hops):
        return True
    parts = (part for hop in route.hops for part in (*hop.rewrites, hop.saves))
    return is_compiled and any(part in _DROPPING for part in parts)


def _steps(hops: Sequence[Hop], target: Pair, dropped: Sequence[str]) -> Iterator[str]:
    """How to make the new file, a sentence for each release that saves one."""
    subject = "the file"
    for hop in hops:
        rewrites = "; ".join(_rewrite(name, dropped) for name in hop.rewrites)
        if hop.saves == REWRITTEN:
            yield f"Rewrite the config of {subject} for Keras {target.keras}: {rewrites}."
        elif hop.saves:
            how = [_with(hop.needs)] if hop.needs else []
            how += [f"its config rewritten ({rewrites})"] if rewrites else []
            text = ", ".join([f"Read {subject} with {hop.pair.release}", *how])
            yield f"{text}{',' if how else ''} and save {FORMS[hop.saves]}."
        subject = "the saved file"


def _rewrite(name: str, dropped: Sequence[str]) -> str:
    text = REWRITES.get(name, one_line(name))
    if name == "drop defaults" and dropped:
        text += f" ({', '.join(dropped)})"
    return text


def _short(hop: Hop) -> str:
    rewritten = f" ({', '.join(map(one_line, hop.rewrites))})" if hop.rewrites else ""
    saved = f" saves {FORMS[hop.saves]}" if hop.saves else ""
    return f"{span_in_words([hop.pair])}{rewritten}{saved}"


def _verdict(way: Attempted) -> str:
    says = f": {shortened(way.verdict.says, LONGEST_REASON)}" if way.verdict.says else ""
    return KINDS[way.verdict.kind] + says


def dropped_keys(written: Mapping[str, Mapping[str, str]], droppable: Droppable) -> list[str]:
    """The keys of a file that may be dropped for a release, as ``GRU: time_major=false``.

    ``written`` are the values of its configs as JSON, by class and key.
    """
    return sorted(_dropped(written, droppable))


def _dropped(written: Mapping[str, Mapping[str, str]], droppable: Droppable) -> Iterable[str]:
    for name, keys in written.items():
        plain = name.rpartition(".")[2]
        defaults = droppable.get(plain, {})
        for key, text in keys.items():
            if text in map(json.dumps, defaults.get(key, ())):
                yield one_line(f"{plain}: {key}={text}")
