"""Annotations, on recorded results."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from harness.analysis.annotations import (
    Annotation,
    audit_annotations,
    match_annotations,
    read_annotations,
    reference_url,
)
from harness.analysis.change_points import change_points
from harness.analysis.frames import long_table
from harness.releases.catalogue import Catalogue
from harness.releases.pair_rules import PairRules
from harness.util.errors import Fault
from tests import recorded

FIX = Annotation("3.6.0", "3.7.0", says="the fix", cases=("interleaved_*",), after="pass")


@pytest.fixture(scope="module")
def changes(rules: PairRules) -> pd.DataFrame:
    """The recorded change points of Keras."""
    natural = {pair.id for pair in rules.natural("keras")}
    results = [result for result in recorded.results() if result.pair.id in natural]
    catalogue = Catalogue.load()
    return change_points(long_table(results, catalogue), catalogue, "keras")


def explained_by(changes: pd.DataFrame, annotation: Annotation) -> set[tuple[str, str]]:
    matches = match_annotations(changes, [annotation])
    rows = changes[[match is not None for match in matches]]
    return set(zip(rows["case"], rows["format"], strict=True))


def test_an_annotation_explains_the_change_points_that_its_globs_select(
    changes: pd.DataFrame,
) -> None:
    formats = {"keras", "h5", "json"}
    case = "interleaved_dense"
    assert explained_by(changes, FIX) == {(case, name) for name in formats}
    only_json = Annotation("3.6.0", "3.7.0", says="x", cases=(case,), formats=("js*",))
    assert explained_by(changes, only_json) == {(case, "json")}


@pytest.mark.parametrize(
    "annotation",
    [
        Annotation("3.6.0", "3.7.0", says="x", cases=("no_*",)),
        Annotation("3.6.0", "3.7.0", says="x", cases=("interleaved_*",), formats=("export",)),
        Annotation("3.6.0", "3.7.0", says="x", lineage="tf-keras"),
        Annotation("3.6.0", "3.7.0", says="x", before="crash*"),
        Annotation("3.6.0", "3.7.0", says="x", after="crash*"),
        Annotation("3.6.0", "3.8.0", says="x"),
        Annotation("3.5.0", "3.7.0", says="x"),
    ],
)
def test_an_annotation_that_selects_nothing_explains_nothing(
    changes: pd.DataFrame, annotation: Annotation
) -> None:
    assert explained_by(changes, annotation) == set()


def test_the_first_annotation_that_explains_a_change_point_counts(changes: pd.DataFrame) -> None:
    every = Annotation("3.6.0", "3.7.0", says="any case")
    matches = {match for match in match_annotations(changes, [FIX, every]) if match}
    assert matches == {FIX, every}
    assert {match for match in match_annotations(changes, [every, FIX]) if match} == {every}


def test_the_audit_finds_stale_annotations_and_unexplained_change_points(
    changes: pd.DataFrame,
) -> None:
    stale = Annotation("3.6.0", "3.7.0", says="x", cases=("no_*",))
    audit = audit_annotations([changes, changes.iloc[:0]], [FIX, stale])
    assert audit.stale == [stale]
    assert (audit.explained, audit.total) == (3, len(changes))
    assert [len(rows) for rows in audit.unexplained] == [len(changes) - 3, 0]


def test_annotations_are_read_in_their_order_with_defaults(tmp_path: Path) -> None:
    path = tmp_path / "annotations.toml"
    path.write_text(
        '[[change]]\nfrom = "3.6.0"\nto = "3.7.0"\nsays = "the fix"\n'
        'cases = ["interleaved_*"]\nafter = "pass"\n'
        '[[change]]\nfrom = "1"\nto = "2"\nsays = "x"\nupstream = ["keras-team/keras#20389"]\n'
    )
    first, second = read_annotations(path)
    assert first == FIX
    assert second == Annotation("1", "2", "x", ("keras-team/keras#20389",))
    assert (second.lineage, second.cases, second.formats) == ("keras", ("*",), ("*",))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[[change]]\nfrom = "3.6.0"\nto = "3.7.0"\n', "entry 1: .* missing .* `says`"),
        ('[[change]]\nfrom = "1"\nto = "2"\nsays = "x"\ncase = "y"\n', "unknown field `case`"),
        ('[[change]]\nstart = "1"\nto = "2"\nsays = "x"\n', "`start`"),
        ("[[change]\n", "annotations.toml: "),
    ],
)
def test_a_wrong_annotation_is_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "annotations.toml"
    path.write_text(text)
    with pytest.raises(Fault, match=message):
        read_annotations(path)


def test_references_have_urls_and_other_texts_have_none() -> None:
    commit = "keras-team/keras@d4dc8979d5"
    assert reference_url(commit) == "https://github.com/keras-team/keras/commit/d4dc8979d5"
    assert reference_url("keras#20389") == ""
    assert reference_url("javascript:alert(1)") == ""
