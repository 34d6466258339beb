"""`nox -s report` and its check, in a checkout of its own."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from harness.util.paths import RESULTS, ROOT
from tests.conftest import Checkout

WHOLE = "keras-3.7.0_tensorflow-2.18.0_py3.11.json"
CUT_SHORT = "keras-3.6.0_tensorflow-2.17.0_py3.11.json"


@pytest.fixture
def stored(tmp_path: Path) -> Checkout:
    """A checkout that holds a result, another one that is cut short, and an old README."""
    checkout = Checkout(tmp_path)
    checkout.results.mkdir(parents=True)
    shutil.copy(RESULTS / WHOLE, checkout.results)
    (checkout.results / CUT_SHORT).write_bytes((RESULTS / CUT_SHORT).read_bytes()[:5000])
    shutil.copy(ROOT / "README.md", checkout.folder)
    return checkout


def test_a_file_cut_short_is_named_and_the_rest_is_published(stored: Checkout) -> None:
    code, output = stored.nox("report")
    assert code == 1
    assert CUT_SHORT in output
    readme = (stored.folder / "README.md").read_text(encoding="utf-8")
    headline = readme.partition("<!-- headline -->")[2].partition("<!-- /headline -->")[0]
    assert "3.7.0 pass" in headline and "3.6.0" not in headline
    pages = {page.name for page in (stored.folder / "reports" / "site" / "pairs").iterdir()}
    assert pages == {WHOLE.replace(".json", ".html")}


def test_the_check_tells_of_it_too(stored: Checkout) -> None:
    stored.nox("report")
    code, output = stored.nox("report", "--check")
    assert code == 1
    assert CUT_SHORT in output and "not as the stored results make it" not in output
    (stored.results / CUT_SHORT).unlink()
    assert stored.nox("report", "--check")[0] == 0
