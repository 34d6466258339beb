"""Markdown made from templates, in which untrusted text is escaped by its filter."""

from __future__ import annotations

import re

from jinja2 import Environment, PackageLoader, StrictUndefined

from harness.util.escaping import printable


def markdown_inline(text: object) -> str:
    """Untrusted text inside a line of Markdown: no line end, no markup, no mention, no link."""
    flat = " ".join(printable(str(text)).split())
    return re.sub(r"([\\`*_{}\[\]<>#|~@!])", r"\\\1", flat)


def markdown_code(text: object) -> str:
    """Untrusted text as a span of code, in which nothing is markup, a mention or a link."""
    flat = " ".join(printable(str(text)).split())
    ticks = _ticks(flat, 1)
    pad = " " if flat.startswith("`") or flat.endswith("`") else ""
    return f"{ticks}{pad}{flat}{pad}{ticks}"


def _ticks(text: str, least: int) -> str:
    """More backticks than stand together anywhere in a text."""
    longest = max(map(len, re.findall(r"`+", text)), default=0)
    return "`" * max(least, longest + 1)


def markdown_fence(text: str, language: str = "") -> str:
    """Untrusted text as a block of code, whatever backticks it holds."""
    fence = _ticks(text, 3)
    return f"{fence}{language}\n{printable(text).rstrip()}\n{fence}"


def markdown_templates(package: str) -> Environment:
    """The Markdown templates in the folder ``templates`` of a package."""
    environment = Environment(
        loader=PackageLoader(package),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # Markdown has its own escapes
        keep_trailing_newline=True,
    )
    environment.filters.update(inline=markdown_inline, code=markdown_code, fenced=markdown_fence)
    return environment
