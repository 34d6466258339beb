"""Markdown made from the templates of a package; untrusted text goes through a filter."""

from __future__ import annotations

import shlex

from jinja2 import Environment, PackageLoader, StrictUndefined

from harness.util.escaping import markdown_code, markdown_fence, markdown_inline


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
    environment.filters.update(
        inline=markdown_inline, code=markdown_code, fenced=markdown_fence, shell=shlex.quote
    )
    return environment
