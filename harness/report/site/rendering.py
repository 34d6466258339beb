"""How a page is rendered, and the paths and links that pages use."""

from __future__ import annotations

from functools import cache
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined

from harness.analysis.annotations import reference_url
from harness.analysis.change_kinds import MEANINGS
from harness.analysis.outcomes import SYMBOLS
from harness.analysis.table_rows import EVERY_CASE
from harness.releases.pair import Pair


def case_path(name: str) -> str:
    """The path of a case's page, from the root of the site."""
    return f"cases/{name}.html"


@cache
def pair_path(pair_id: str) -> str:
    """The path of a pair's page, from the root of the site."""
    return f"pairs/{Pair.parse(pair_id).file_name}.html"


def release_path(lineage: str, version: str) -> str:
    """The path of a release's page, from the root of the site."""
    return f"releases/{lineage}-{version}.html"


def href(path: str) -> str:
    """The path of a file of the site, quoted for use in a link."""
    return quote(path)


def references(upstream: str) -> list[tuple[str, str]]:
    """Each of the comma-separated upstream references with its URL, empty if it has none."""
    return [
        (reference, reference_url(reference)) for reference in upstream.split(", ") if reference
    ]


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("harness.report.site"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.globals.update(
        symbols=SYMBOLS, meanings=MEANINGS, every_case=EVERY_CASE,
        case_path=case_path, pair_path=pair_path, release_path=release_path, href=href,
        references=references, reference_url=reference_url,
    )  # fmt: skip
    return environment


_ENVIRONMENT = _environment()


def render(template: str, path: str, **values: Any) -> str:
    """Render a template as the page at ``path``, which is relative to the root of the site."""
    root = "../" * path.count("/")
    return _ENVIRONMENT.get_template(template).render(root=root, path=path, **values)
