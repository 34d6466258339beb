"""Escaping of untrusted text: whatever comes from an exception, a release or a case."""

from __future__ import annotations

import json
import re
from html import escape

_CONTROLS = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff"
    # invisible characters, some of which change the direction of the text after them
    r"\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]"
)
_JSON_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
#: Characters that can be markup anywhere in a line of Markdown.
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~@!&$])")
#: What makes a line the item of a list, a rule, or the line before it a heading.
_BLOCK_START = re.compile(r"^(?P<number>\d*)(?P<mark>[-+=.)])(?=[ =-]|$)")
#: What GitHub turns into a link, a mention or a reference, whatever is escaped around it: names and
#: addresses, issues, commit hashes, and URLs.
_LINKED = re.compile(
    r"@\w|#\d|://|(?<![a-z0-9])(?:gh-\d|www\.|[0-9a-f]{7,40}(?![a-z0-9]))",
    re.IGNORECASE | re.ASCII,
)


def printable(text: str) -> str:
    """The text without control characters other than tab and newline: a terminal would obey them.

    Lone surrogates are replaced, too, since neither UTF-8 nor XML can hold them, and so are
    invisible characters that make a text look like another one.
    """
    return _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", text)


def one_line(text: object) -> str:
    """The printable text with all white space as single spaces."""
    return " ".join(printable(str(text)).split())


def shortened(text: str, limit: int) -> str:
    """The text, cut to ``limit`` characters with an ellipsis as the last where it is longer."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def ends_of(text: str, limit: int) -> str:
    """The text, cut in the middle to ``limit`` characters where it is longer.

    A message that wraps another one has the cause at its end.
    """
    if len(text) <= limit:
        return text
    start = limit // 3
    return f"{text[:start].rstrip()} … {text[-(limit - start - 3) :].lstrip()}"


def spreadsheet_safe(text: str) -> str:
    """The text with an apostrophe before what a spreadsheet would take for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def json_without_lone_surrogates(content: bytes) -> bytes:
    """JSON in which halves of surrogate pairs are replaced by question marks."""
    if not _JSON_SURROGATE.search(content):
        return content
    return json.dumps(json.loads(content), ensure_ascii=False).encode(errors="replace")


# ---------------------------------------------------------------- Markdown


def markdown_inline(text: object) -> str:
    """The text inside a line of Markdown, without line ends and without markup.

    GitHub looks for mentions and references after it has removed the escapes, and leaves out code
    alone. So each word that it would link is a span of code.
    """
    words = one_line(text).split(" ")
    escaped = " ".join(
        markdown_code(word) if _LINKED.search(word) else _MARKUP.sub(r"\\\1", word)
        for word in words
    )
    return _BLOCK_START.sub(r"\g<number>\\\g<mark>", escaped)


def markdown_cell(text: str, limit: int | None) -> str:
    """The text as a cell of a Markdown table, of at most ``limit`` characters before escaping.

    Such tables are files of the repository, in which GitHub links neither names nor references.
    """
    flat = one_line(text)
    if limit is not None:
        flat = shortened(flat, limit)
    return escape(re.sub(r"([\\|`*_\[\]])", r"\\\1", flat), quote=False)


def markdown_code(text: object) -> str:
    """The text as a span of code, in which nothing is markup, a mention or a link."""
    flat = one_line(text) or " "
    ticks = _backticks(flat, 1)
    pad = " " if flat.startswith("`") or flat.endswith("`") else ""
    return f"{ticks}{pad}{flat}{pad}{ticks}"


def markdown_fence(text: str, language: str = "") -> str:
    """The text as a block of code, whatever backticks it holds."""
    fence = _backticks(text, 3)
    return f"{fence}{language}\n{printable(text).rstrip()}\n{fence}"


def _backticks(text: str, least: int) -> str:
    """More backticks than stand together anywhere in a text."""
    longest = max(map(len, re.findall(r"`+", text)), default=0)
    return "`" * max(least, longest + 1)
