"""Signatures: what makes two cells the same behaviour."""

from __future__ import annotations

import pytest

from harness.results import store
from harness.results.signatures import Signature, contrast, normalise, signature_of
from harness.util.paths import RESULTS


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("<Node at 0x7f3a>", "<Node at 0xdeadbeef>"),
        ("inputs of layer 'dense_3'", "inputs of layer 'dense_12'"),
        ("operation=shared, id=140648710508", "operation=shared, id=139921"),
        ("No file /tmp/cell-x1/model.h5 here", "No file /tmp/cell-y2/model.h5 here"),
        ("a\n  b", "a b"),
        ("<scratch>/cell-l7_12345/model.keras is cut", "<scratch>/cell-ab_c/model.keras is cut"),
        ("<scratch>/cell-ab0x1dl_/model.keras is cut", "<scratch>/cell-ab_c/model.keras is cut"),
        ("'call().\\n\\n\\x1b[1m140367657401872\\x1b[0m'", "'call().\\n\\n\\x1b[1m1396\\x1b[0m'"),
        ("Full object config: {'a': {'b': 1}}", "Full object config: {'c': 2}"),
    ],
)
def test_what_differs_by_chance_is_the_same(one: str, other: str) -> None:
    assert normalise(one) == normalise(other)


def test_texts_are_told_apart_from_where_they_differ() -> None:
    lead = "File not found in any of the places that were searched, "
    one, other = (Signature("load-error", "OSError", lead + word) for word in ("here", "there"))
    assert contrast(one, other) == (
        "load-error OSError: … searched, here",
        "load-error OSError: … searched, there",
    )
    short = (
        Signature("mismatch", "Different", "check: a b"),
        Signature("mismatch", "Different", "c"),
    )
    assert contrast(*short) == ("mismatch: check: a b", "mismatch: c")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("expected 2 variables", "expected 4 variables"),
        ("layer 'shared' has no node", "layer 'between' has no node"),
        ("Expected: ['a/b/kernel']", "Expected: ['a/c/kernel']"),
    ],
)
def test_what_differs_in_substance_is_not(one: str, other: str) -> None:
    assert normalise(one) != normalise(other)


def test_signature_of_issue_20307() -> None:
    result = store.read(RESULTS / "keras-3.6.0_tensorflow-2.17.0_py3.11.json")
    signature = signature_of(result.cells["interleaved_dense", "keras"])
    assert (signature.outcome, signature.type) == ("load-error", "ValueError")
    assert signature.message.startswith("Layer node index out of bounds")
    assert signature.module == "keras.models.functional"


def test_no_signature_holds_an_address_or_an_absolute_path() -> None:
    for result in store.read_all()[0]:
        for cell in result.cells.values():
            text = signature_of(cell).message
            assert "/tmp/" not in text
            assert "site-packages" not in text
