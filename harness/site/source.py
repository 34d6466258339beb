"""What every page is made of, and how a page is made of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined

from harness.annotations import address
from harness.answers import PublishedAnswer
from harness.cases import Case
from harness.catalogue import Catalogue
from harness.kinds import OF_CELLS
from harness.pairs import Pair
from harness.results import Result
from harness.views import SYMBOLS, Tables

#: What each outcome means to a reader, in the order of the legend.
WORDS = {
    "pass": "loads and is the same",
    "mismatch": "loads, and is not the same",
    "timeout": "never ends",
    "crash": "the interpreter dies",
    "load-error": "loading raises",
    "save-error": "saving raises",
    "build-error": "cannot be built or run",
    "unsupported": "the release has no such format, or the case does not apply",
    "unknown": "not known",
}


@dataclass(frozen=True)
class Source:
    """The stored results, the tables made of them, and what is known beside them."""

    made: Tables
    results: Sequence[Result]
    cases: Sequence[Case]
    catalogue: Catalogue
    answers: Sequence[PublishedAnswer]


def case_href(name: str) -> str:
    """The page of a case, from the root of the site."""
    return f"cases/{quote(name)}.html"


@cache
def pair_href(pair_id: str) -> str:
    """The page of a pair, from the root of the site."""
    return f"pairs/{quote(Pair.parse(pair_id).file_name)}.html"


def release_href(lineage: str, version: str) -> str:
    """The page of a release, from the root of the site."""
    return f"releases/{quote(lineage)}-{quote(version)}.html"


def references(upstream: str) -> list[tuple[str, str]]:
    """Upstream references and their addresses, of which a reference can have none."""
    return [(each, address(each)) for each in upstream.split(", ") if each]


def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("harness.site"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    made.globals.update(
        symbols=SYMBOLS, words=WORDS, kinds=OF_CELLS, case_href=case_href, pair_href=pair_href,
        release_href=release_href, references=references, address=address,
    )  # fmt: skip
    return made


_TEMPLATES = _environment()


def render(template: str, path: str, **values: Any) -> str:
    """The page at ``path``, relative to the root of the site, as text."""
    root = "../" * path.count("/")
    return _TEMPLATES.get_template(template).render(root=root, path=path, **values)
