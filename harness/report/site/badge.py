"""The badge of the newest release: an image, and the data that a badge service makes one of."""

from __future__ import annotations

import json

from harness.analysis.change_kinds import ChangeKind
from harness.report.site.source import render
from harness.report.site.standing import ReleaseSummary
from harness.report.site.tally import Tally
from harness.results.model import NO_INTERPRETER

#: Pixels of a character and of the space around a text, in eleven-pixel sans-serif.
_CHARACTER, _PADDING = 6.6, 12
_GREY = "#57606a"


def badge_files(standing: ReleaseSummary | None) -> dict[str, str]:
    """Path and text of each file; ``standing`` is None where nothing is known of any release."""
    label = f"{standing.lineage} {standing.keras} save/load" if standing else "Keras save/load"
    message, colour = _told(standing.tally) if standing else ("nothing known", _GREY)
    widths = [round(len(text) * _CHARACTER + _PADDING) for text in (label, message)]
    endpoint = {"schemaVersion": 1, "label": label, "message": message, "color": colour}
    return {
        "badge.svg": render(
            "badge.svg", "badge.svg", label=label, message=message, colour=colour, widths=widths
        ),
        "badge.json": json.dumps(endpoint) + "\n",
    }


def _told(tally: Tally) -> tuple[str, str]:
    """The message, and its colour: green only where every cell is known and passes."""
    if tally.whole:
        is_of_release = tally.whole.outcome != NO_INTERPRETER
        return (ChangeKind.BROKEN, "#a40e26") if is_of_release else ("not known", _GREY)
    message = f"{tally.passing} of {tally.applies} cells pass"
    if tally.unknown:
        message += f", {tally.unknown} not known"
    is_whole = tally.passing == tally.applies > 0 and not tally.unknown
    return message, "#1a7f37" if is_whole else "#9a6700"
