"""The badge of the newest release: an image, and the data that a badge service makes one of."""

from __future__ import annotations

import json

from harness.site.front import Standing
from harness.site.source import render

#: Pixels of a character and of the space around a text, in eleven-pixel sans-serif.
_CHARACTER, _PADDING = 6.6, 12


def badge_files(standing: Standing) -> dict[str, str]:
    """Path and text of each file."""
    label = f"{standing.lineage} {standing.keras} save/load"
    passing = standing.counts.get("pass", 0)
    message = f"{passing} of {standing.applies} cells pass"
    colour = "#1a7f37" if passing == standing.applies else "#9a6700"
    widths = [round(len(text) * _CHARACTER + _PADDING) for text in (label, message)]
    endpoint = {"schemaVersion": 1, "label": label, "message": message, "color": colour}
    return {
        "badge.svg": render(
            "badge.svg", "badge.svg", label=label, message=message, colour=colour, widths=widths
        ),
        "badge.json": json.dumps(endpoint) + "\n",
    }
