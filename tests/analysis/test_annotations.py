"""Annotations and culprits, on the results and the annotations that the repository keeps."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.analysis.annotations import match_annotations, read_annotations
from harness.analysis.attribution import culprit_in_words
from harness.analysis.histories import Tables, make_tables
from harness.releases.pair_rules import PairRules
from harness.results import store
from harness.util.errors import Fault


@pytest.fixture(scope="module")
def made(rules: PairRules) -> Tables:
    return make_tables(store.read_all()[0], rules)


def test_every_annotation_explains_a_change_point(made: Tables) -> None:
    known = read_annotations()
    used = {
        each for view in made.natural.values() for each in match_annotations(view.changes, known)
    }
    assert [each for each in known if each not in used] == []


def test_the_fix_of_issue_20307_is_explained(made: Tables) -> None:
    changes = made.natural["keras"].changes
    fix = changes[
        (changes["case"] == "interleaved_dense")
        & (changes["format"] == "keras")
        & (changes["to"] == "3.7.0")
    ].iloc[0]
    assert "keras-team/keras#20389" in fix["upstream"]
    assert fix["culprit"].startswith("keras")


def test_an_annotation_that_matches_nothing_explains_nothing(made: Tables, tmp_path: Path) -> None:
    path = tmp_path / "annotations.toml"
    path.write_text('[[change]]\nfrom = "3.6.0"\nto = "3.7.0"\ncases = ["no_*"]\nsays = "x"\n')
    (annotation,) = read_annotations(path)
    assert annotation not in match_annotations(made.natural["keras"].changes, [annotation])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            '[[change]]\nfrom = "3.6.0"\nto = "3.7.0"\n',
            "entry 1: Object missing required field `says`",
        ),
        (
            '[[change]]\nfrom = "1"\nto = "2"\nsays = "x"\ncase = "y"\n',
            "entry 1: Object contains unknown field `case`",
        ),
        ("[[change]\n", "annotations.toml: "),
    ],
)
def test_a_wrong_annotation_is_named(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "annotations.toml"
    path.write_text(text)
    with pytest.raises(Fault, match=said):
        read_annotations(path)


def test_a_culprit_is_named_alone_only_if_nothing_else_differs() -> None:
    assert culprit_in_words(frozenset({"keras"}), "keras") == "keras"
    several = frozenset({"keras", "numpy", "rich", "optree"})
    assert culprit_in_words(several, "keras") == "keras or numpy or 2 more packages"
    assert culprit_in_words(frozenset({"numpy"}), "keras") == "numpy"
