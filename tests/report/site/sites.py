"""Sites made from recorded results, for the tests of the pages."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import pytest

from harness.analysis.bisections import ChangedLines, PublishedBisection
from harness.analysis.views import make_tables
from harness.releases.pair_rules import PairRules
from harness.report.site.build import build_site
from harness.report.site.content import SiteContent
from harness.results.model import Result
from tests import browser, recorded
from tests.exchange import ledgers

in_browser = pytest.mark.skipif(bool(browser.missing()), reason=browser.missing())

KERAS_2_15 = "keras-2.15.0_tensorflow-2.15.0_py3.11"
KERAS_3_6 = "keras-3.6.0_tensorflow-2.17.0_py3.11"
KERAS_3_7 = "keras-3.7.0_tensorflow-2.18.0_py3.11"
NEWEST = "keras-3.15.1_tensorflow-2.21.0_py3.11"
#: Pairs of Keras 3.7.0 and 2.15.0 that are no natural ones: another patch release of TensorFlow,
#: another minor one, another Python, another package, and a release candidate.
OTHER_TENSORFLOW = "keras-3.7.0_tensorflow-2.18.1_py3.11"
SAMPLED = "keras-3.7.0_tensorflow-2.19.1_py3.11"
OTHER_PYTHON = "keras-3.7.0_tensorflow-2.18.1_py3.12"
VARIANT = "keras-3.7.0_tensorflow-2.18.1_py3.11+numpy==1.26.4"
CANDIDATE = "keras-2.15.0rc1_tensorflow-2.15.0_py3.11"

#: One page of each kind.
PAGES = (
    "index.html", "releases.html", "changes.html", "grid.html", "exchange.html", "ledger.html",
    "upgrade.html", "data.html", "exchange-cases.html", "exchange-changes.html",
    "issue-20307.html", "issue-20307.zh.html",
    "cases/interleaved_dense.html", "releases/keras-3.7.0.html",
    f"pairs/{KERAS_3_7}.html",
)  # fmt: skip

BISECTION = PublishedBisection(
    "keras", "interleaved_dense", "keras", "3.6.0", "3.7.0", "nox -s bisect -- interleaved_dense",
    [("culprit", "keras")],
    [ChangedLines("functional.py", "deserialize_node", "- raise ValueError\n+ raise IndexError")],
)  # fmt: skip


def content_of(
    results: Sequence[Result], rules: PairRules, bisections: Sequence[PublishedBisection] = ()
) -> SiteContent:
    """The content of a site of the recorded cases and the given results."""
    tables = make_tables(list(results), rules)
    return SiteContent(
        tables, results, recorded.cases(), rules, bisections, ledgers=ledgers.stored()
    )


def build(results: Sequence[Result], rules: PairRules, folder: Path) -> Path:
    """A site of the given results; returns its folder."""
    return build_site(content_of(results, rules), folder / "site").parent


def page_text(page: Path) -> str:
    """The source of a page with all white space as single spaces."""
    return " ".join(page.read_text(encoding="utf-8").split())


def csv_rows(site: Path, name: str) -> list[dict[str, str]]:
    """The rows of a CSV file of the site."""
    with (site / "data" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
