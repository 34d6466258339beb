"""The command ``report`` and its check, on recorded results."""

from __future__ import annotations

import shutil

import pytest

from harness.results import store
from harness.util.errors import ExitCode
from harness.util.paths import ROOT
from tests import recorded
from tests.cli.conftest import PAIR, recorded_as_of_now
from tests.conftest import Checkout

DAMAGED = "keras-3.6.0_tensorflow-2.17.0_py3.11.json"


@pytest.fixture
def stored(checkout: Checkout) -> Checkout:
    """A checkout that holds one whole result, one that is cut short, and an old README."""
    store.write(recorded_as_of_now(PAIR), checkout.results)
    damaged = (recorded.FOLDER / DAMAGED).read_bytes()[:1000]
    (checkout.results / DAMAGED).write_bytes(damaged)
    shutil.copy(ROOT / "README.md", checkout.folder)
    return checkout


def test_a_file_cut_short_is_named_and_the_rest_is_published_and_kept_up_to_date(
    stored: Checkout,
) -> None:
    code, output = stored.nox("report")
    assert code == ExitCode.UNKNOWN
    assert DAMAGED in output
    readme = (stored.folder / "README.md").read_text(encoding="utf-8")
    headline = readme.partition("<!-- headline -->")[2].partition("<!-- /headline -->")[0]
    assert "3.7.0 pass" in headline and "3.6.0" not in headline
    pages = {page.name for page in (stored.folder / "reports" / "site" / "pairs").iterdir()}
    assert pages == {f"{PAIR}.html"}

    code, output = stored.harness("report", "--check")
    assert code == ExitCode.UNKNOWN
    assert DAMAGED in output and "out of date" not in output
    (stored.results / DAMAGED).unlink()
    code, output = stored.harness("report", "--check")
    assert code == ExitCode.KNOWN, output


def test_the_check_writes_nothing_and_names_what_is_out_of_date(stored: Checkout) -> None:
    (stored.results / DAMAGED).unlink()
    code, output = stored.harness("report", "--check")
    assert code == ExitCode.UNKNOWN
    heading, *names = output.splitlines()
    assert heading == "out of date; nox -s report writes them again:"
    assert {"  reports/compatibility.md", "  reports/compatibility.csv", "  README.md"} <= set(
        names
    )
    assert [path.name for path in (stored.folder / "reports").iterdir()] == ["results"]
