"""Text from outside stays text on every page, and the content security policy holds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from selenium.webdriver import Chrome

from harness.analysis.bisections import ChangedLines, PublishedBisection
from harness.exchange.ledger.ledger import Failure, Refusals
from harness.exchange.ledger.store import StoredLedgers
from harness.execution.cases import Case
from harness.releases.pair_rules import PairRules
from harness.report.site.build import build_site
from harness.results import store
from harness.results.model import ExceptionRecord, Result
from tests import browser, recorded
from tests.browser import visit
from tests.exchange import ledgers
from tests.report.site import sites
from tests.report.site.sites import in_browser

#: Text that tries to become a script, an image, or a template expression.
HOSTILE = """</script></pre><img src=x onerror="document.title='hit'">'"`{{7*7}}\ud800"""
#: The same text as it is read back from a result file.
STORED = HOSTILE.replace("\ud800", "?")


def hostile(result: Result) -> Result:
    """The same result with hostile text in every field that comes from outside."""
    error: ExceptionRecord = {
        "type": HOSTILE, "message": HOSTILE, "frames": [[HOSTILE, HOSTILE, 1]],
        "causes": [{"type": HOSTILE, "message": HOSTILE, "frames": [[HOSTILE, HOSTILE, 1]]}],
    }  # fmt: skip
    return replace(
        result,
        environment={**result.environment, "wheel": HOSTILE, "installed": [HOSTILE]},
        cells={
            key: replace(cell, note=HOSTILE, error=error, flaky=error)
            if cell.outcome != "pass"
            else replace(cell, note=HOSTILE)
            for key, cell in result.cells.items()
        },
    )


def hostile_ledgers() -> StoredLedgers:
    """Two ledgers with hostile text in everything that comes from outside."""
    older, newer = ledgers.stored().ledgers
    failure = Failure(STORED, STORED)
    hostile_class = ledgers.entry(f"layers.{STORED}", {"config": {STORED: STORED}})
    hostile_key = ledgers.entry("layers.Dense", {"config": {STORED: STORED}})
    newer = replace(
        ledgers.with_classes(newer, hostile_class, hostile_key), not_made={STORED: failure}
    )
    refused = {newer.classes["layers.Dropout"].key: failure}
    return StoredLedgers(
        [older, newer], [Refusals(older.pair, {newer.release: newer.digest}, refused)]
    )


@pytest.fixture
def hostile_site(rules: PairRules, tmp_path: Path) -> Path:
    pairs = (
        sites.KERAS_2_15, "keras-3.0.5_tensorflow-2.15.0.post1_py3.11", sites.KERAS_3_6,
        sites.KERAS_3_7, sites.OTHER_TENSORFLOW, "tf-keras-2.18.0_tensorflow-2.18.0_py3.11",
    )  # fmt: skip
    for pair in pairs:
        store.write(hostile(recorded.result(pair)), tmp_path / "results")
    results, damaged = store.read_all(tmp_path / "results")
    assert len(results) == len(pairs) and not damaged
    results[0] = replace(results[0], outcome="import-error", reason=STORED, cells={})
    bisection = PublishedBisection(
        "keras", "interleaved_dense", "keras", "3.6.0", "3.7.0", STORED, [(STORED, STORED)],
        [ChangedLines(STORED, STORED, f"- {STORED}\n+ {STORED}")],
    )  # fmt: skip
    case = tmp_path / f"{STORED.replace('/', '')}.py"
    case.write_text(f'"""{STORED.replace(chr(34), "")}"""\n')
    content = sites.content_of(results, rules, [bisection])
    content = replace(
        content, cases=[*content.cases, Case(case.stem, case)], ledgers=hostile_ledgers()
    )
    return build_site(content, tmp_path / "site").parent


@in_browser
def test_hostile_text_stays_text(hostile_site: Path, driver: Chrome) -> None:
    pages = sorted(hostile_site.rglob("*.html"))
    assert len(pages) > len(recorded.cases())
    shown = 0
    for page in pages:
        visit(driver, page)
        shown += driver.execute_script("return document.body.textContent").count("onerror")
        assert driver.execute_script("return document.images.length") == 0
        assert driver.title != "hit" and "49" not in driver.title
        assert browser.new_console_messages(driver) == []
    assert shown > 100


@in_browser
def test_the_content_security_policy_blocks_inline_scripts(site: Path, driver: Chrome) -> None:
    visit(driver, site / "index.html")
    driver.execute_script(
        "const script = document.createElement('script');"
        "script.textContent = 'document.title = \"hit\"'; document.body.append(script);"
    )
    assert driver.title != "hit"
    assert "Content Security Policy" in " ".join(browser.new_console_messages(driver))
