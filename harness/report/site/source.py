"""What every page is made of, and how a page is made of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined

from harness.analysis.annotations import reference_url
from harness.analysis.bisections import PublishedBisection
from harness.analysis.change_kinds import MEANINGS
from harness.analysis.histories import EVERY_CASE, OUTCOME_MEANINGS, SYMBOLS, Tables
from harness.execution.cases import Case
from harness.releases.catalogue import Catalogue
from harness.releases.pair import Pair
from harness.report.site.tally import Tally, tallies
from harness.results.model import FORMATS, Result


@dataclass(frozen=True)
class Source:
    """The stored results, the tables made of them, and what is known beside them."""

    made: Tables
    results: Sequence[Result]
    cases: Sequence[Case]
    catalogue: Catalogue
    answers: Sequence[PublishedBisection]

    @cached_property
    def releases(self) -> frozenset[tuple[str, str]]:
        """Lineage and version of the releases that have a page."""
        return frozenset(
            (view.lineage, str(keras))
            for view in self.made.shown
            for keras in view.frame["keras"].unique()
        )

    @cached_property
    def legend(self) -> Mapping[str, str]:
        """What each outcome means that there is."""
        there_are = {*self.made.long["outcome"].unique(), "unknown"}
        return {outcome: word for outcome, word in OUTCOME_MEANINGS.items() if outcome in there_are}

    @cached_property
    def tallies(self) -> Mapping[str, Tally]:
        """The tally of each pair."""
        return tallies(self.made.long, len(self.cases) * len(FORMATS))


def case_path(name: str) -> str:
    """The file of the page of a case, from the root of the site."""
    return f"cases/{name}.html"


@cache
def pair_path(pair_id: str) -> str:
    """The file of the page of a pair, from the root of the site."""
    return f"pairs/{Pair.parse(pair_id).file_name}.html"


def release_path(lineage: str, version: str) -> str:
    """The file of the page of a release, from the root of the site."""
    return f"releases/{lineage}-{version}.html"


def href(path: str) -> str:
    """A link to a file of the site, from its root."""
    return quote(path)


def references(upstream: str) -> list[tuple[str, str]]:
    """Upstream references and their addresses, of which a reference can have none."""
    return [(each, reference_url(each)) for each in upstream.split(", ") if each]


def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("harness.report.site"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    made.globals.update(
        symbols=SYMBOLS, meanings=MEANINGS, every_case=EVERY_CASE,
        case_path=case_path, pair_path=pair_path, release_path=release_path, href=href,
        references=references, address=reference_url,
    )  # fmt: skip
    return made


_TEMPLATES = _environment()


def render(template: str, path: str, **values: Any) -> str:
    """The page at ``path``, relative to the root of the site, as text."""
    root = "../" * path.count("/")
    return _TEMPLATES.get_template(template).render(root=root, path=path, **values)
