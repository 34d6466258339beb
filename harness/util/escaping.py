"""Untrusted text: what comes from an exception, a release or a case."""

from __future__ import annotations

import re

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def printable(text: str) -> str:
    """The text without control characters but tab and newline: a terminal would obey them.

    And without what is no character: neither UTF-8 nor XML can hold half a surrogate pair.
    """
    return _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", text)


def spreadsheet_safe(text: str) -> str:
    """The text with an apostrophe before what a spreadsheet would take for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def shortened(text: str, limit: int) -> str:
    """The text, cut to ``limit`` characters with an ellipsis as the last where it is longer."""
    return text if len(text) <= limit else text[: limit - 1] + "…"
