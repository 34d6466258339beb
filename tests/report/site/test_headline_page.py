"""The page about issue 20307: its claims are those of the results, in both languages."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from packaging.version import Version

from harness.releases.pair_rules import PairRules
from harness.report.site.content import SiteContent
from harness.report.site.headline_page import PATHS, advice_from, headline_pages
from harness.results.model import ExceptionRecord
from harness.results.signatures import Signature
from tests import recorded
from tests.report.site import sites


@pytest.fixture(scope="module")
def pages(content: SiteContent) -> dict[str, str]:
    return dict(headline_pages(content))


def test_the_affected_releases_and_the_fix_are_those_of_the_results(pages: dict[str, str]) -> None:
    assert "to 3.6.0 raise this error. From 3.7.0 on, the model loads." in " ".join(
        pages[PATHS["en"]].split()
    )
    assert "至 3.6.0 会抛出这个异常。从 3.7.0 起可以正常加载。" in pages[PATHS["zh"]]


def test_a_later_failure_of_another_kind_is_neither_the_error_nor_its_fix(
    rules: PairRules,
) -> None:
    newest = recorded.result(sites.NEWEST)
    key = ("interleaved_dense", "keras")
    error: ExceptionRecord = {"type": "TypeError", "message": "another error", "frames": []}
    failing = replace(newest.cells[key], outcome="load-error", error=error)
    results = [
        recorded.result(sites.KERAS_3_6),
        recorded.result(sites.KERAS_3_7),
        replace(newest, cells={**newest.cells, key: failing}),
    ]
    page = dict(headline_pages(sites.content_of(results, rules)))[PATHS["en"]]
    assert "3.6.0 to 3.6.0 raise this error." in page
    assert "the model loads" not in page


def rows(page: str) -> list[tuple[str, str]]:
    """The advice and whether it helps."""
    body = page.partition("<tbody>")[2].partition("</tbody>")[0]
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S) for row in body.split("<tr>")[1:]]
    return [(_text(row[0]), _text(row[1])) for row in cells]


def _text(cell: str) -> str:
    return re.sub("<[^>]+>", "", cell)


def test_advice_is_judged_by_what_was_measured(pages: dict[str, str]) -> None:
    told = dict(rows(pages[PATHS["en"]]))
    assert told["Save the weights alone, build the model in code, and load them"] == "yes"


@pytest.mark.parametrize(
    ("outcomes", "helps"),
    [
        ({"3.0.0": "pass", "3.6.0": "pass", "3.7.0": "load-error"}, True),
        ({"3.0.0": "pass", "3.6.0": "load-error"}, False),
        ({"3.6.0": "pass"}, None),
    ],
)
def test_advice_helps_if_it_helps_in_every_affected_release(
    outcomes: dict[str, str], helps: bool | None
) -> None:
    history = {Version(release): Signature(outcome) for release, outcome in outcomes.items()}
    affected = [Version("3.0.0"), Version("3.6.0")]
    assert advice_from("weights", ("case", "keras"), history, affected).helps is helps


def test_both_languages_say_the_same(pages: dict[str, str]) -> None:
    english, chinese = (rows(pages[PATHS[language]]) for language in ("en", "zh"))
    words = {"yes": "有用", "no": "没用", "not known": "未知"}
    assert [words[helps] for _, helps in english] == [helps for _, helps in chinese]
    for language, path in PATHS.items():
        other = PATHS["zh" if language == "en" else "en"]
        assert f'href="{other}"' in pages[path]
    assert '<html lang="zh-Hans">' in pages[PATHS["zh"]]


def test_the_front_page_leads_to_both(site: Path) -> None:
    front = (site / "index.html").read_text()
    assert all(f'href="{path}"' in front for path in PATHS.values())
    assert all((site / path).exists() for path in PATHS.values())
