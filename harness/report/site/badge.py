"""The badge of the newest release: an SVG image, and the JSON that a badge service reads."""

from __future__ import annotations

import json

from harness.analysis.change_kinds import ChangeKind
from harness.report.site.release_summary import ReleaseSummary
from harness.report.site.rendering import render
from harness.report.site.tally import Tally
from harness.results.model import NO_INTERPRETER

#: Average width of a character of the badge's eleven-pixel sans-serif type, in pixels.
_CHARACTER_WIDTH = 6.6
#: Space to the left and right of a text together, in pixels.
_PADDING = 12
_GREEN, _AMBER, _RED, _GREY = "#1a7f37", "#9a6700", "#a40e26", "#57606a"


def badge_files(newest: ReleaseSummary | None) -> dict[str, str]:
    """Path and text of each file; ``newest`` is None if nothing is known of any release."""
    if newest:
        label = f"{newest.lineage} {newest.keras} save/load"
        message, colour = _message_and_colour(newest.tally)
    else:
        label, message, colour = "Keras save/load", "no results yet", _GREY
    widths = [round(len(text) * _CHARACTER_WIDTH + _PADDING) for text in (label, message)]
    endpoint = {"schemaVersion": 1, "label": label, "message": message, "color": colour}
    return {
        "badge.svg": render(
            "badge.svg", "badge.svg", label=label, message=message, colour=colour, widths=widths
        ),
        "badge.json": json.dumps(endpoint) + "\n",
    }


def _message_and_colour(tally: Tally) -> tuple[str, str]:
    """The message of the badge and its colour: green only if every cell is known and right."""
    if tally.pair_failure:
        if tally.pair_failure.outcome == NO_INTERPRETER:
            return "not known", _GREY
        return ChangeKind.BROKEN, _RED
    message = f"{tally.good} of {tally.applicable} cells right"
    if tally.unknown:
        message += f", {tally.unknown} not known"
    all_right = tally.good == tally.applicable > 0 and not tally.unknown
    return message, _GREEN if all_right else _AMBER
