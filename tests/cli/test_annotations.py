"""The command ``annotations``, on two recorded results between which a behaviour changed."""

from __future__ import annotations

import pytest

from harness.results import store
from harness.util.errors import ExitCode
from tests.cli.conftest import recorded_as_of_now
from tests.conftest import Checkout

FITTING = """
[[change]]
from = "3.6.0"
to = "3.7.0"
cases = ["interleaved_dense"]
formats = ["keras"]
upstream = ["keras-team/keras#20389"]
says = "The node lookup raises IndexError."
"""
STALE = """
[[change]]
from = "3.6.0"
to = "3.7.0"
cases = ["no_such_case"]
upstream = ["keras-team/keras#1"]
says = "Nothing changed."
"""


@pytest.fixture
def stored(checkout: Checkout) -> Checkout:
    """A checkout that holds the results of Keras 3.6.0 and 3.7.0."""
    for pair in ("keras-3.6.0_tensorflow-2.17.0_py3.11", "keras-3.7.0_tensorflow-2.18.0_py3.11"):
        store.write(recorded_as_of_now(pair), checkout.results)
    return checkout


def annotate(checkout: Checkout, text: str) -> None:
    (checkout.folder / "cases" / "annotations.toml").write_text(text)
    (checkout.folder / "cases" / "exchange_annotations.toml").write_text("")


def test_change_points_without_an_annotation_are_listed_with_before_and_after(
    stored: Checkout,
) -> None:
    annotate(stored, FITTING)
    code, output = stored.nox("annotations")
    assert code == ExitCode.KNOWN, output
    assert "annotations without a change point" not in output
    unexplained = [line for line in output.splitlines() if line.startswith("  interleaved_dense ")]
    assert unexplained
    for line in unexplained:
        place, _, change = line.partition(": ")
        assert place.endswith(" 3.6.0 3.7.0")
        assert change.startswith("load-error ValueError") and change.endswith(" / pass")
    assert "change points are explained by 1 annotations; 0 annotations explain none" in output


def test_an_annotation_that_explains_nothing_is_named(stored: Checkout) -> None:
    annotate(stored, FITTING + STALE)
    code, output = stored.harness("annotations")
    assert code == ExitCode.UNKNOWN
    _, _, rest = output.partition("annotations without a change point:\n")
    assert rest.startswith("  3.6.0 to 3.7.0: Nothing changed.\n")
    assert "explained by 1 annotations; 1 annotations explain none" in output


def test_an_annotation_of_an_exchange_that_explains_nothing_is_named(stored: Checkout) -> None:
    annotate(stored, FITTING)
    path = stored.folder / "cases" / "exchange_annotations.toml"
    path.write_text(f'{STALE}axis = "reader"\n')
    code, output = stored.harness("annotations")
    assert code == ExitCode.UNKNOWN
    assert "annotations of exchanges without a change point:\n  3.6.0 to 3.7.0: Nothing" in output
