"""The rules for pairs, on the catalogue that the repository keeps."""

from __future__ import annotations

from itertools import pairwise

import pytest
from packaging.version import Version

from harness.releases.pair import Pair
from harness.releases.pair_rules import PairRules, newest_patches
from harness.util.errors import UsageError


def test_default_set_is_the_newest_patch_of_every_minor_from_2_12(rules: PairRules) -> None:
    pairs = rules.default_set()
    minors = [pair.keras.release[:2] for pair in pairs]
    assert minors[:5] == [(2, 12), (2, 13), (2, 14), (2, 15), (3, 0)]
    assert len(set(minors)) == len(minors)
    assert {pair.python for pair in pairs} == {"3.11"}


@pytest.mark.parametrize(
    "pair_id",
    [
        "keras-2.2.4_tensorflow-1.11.0_py3.6",
        "keras-2.6.0_tensorflow-2.6.0_py3.9",
        "keras-2.15.0_tensorflow-2.15.0_py3.11",
        "keras-3.0.0_tensorflow-2.15.0_py3.11",
        "keras-3.6.0_tensorflow-2.17.0_py3.11",
        "keras-3.7.0_tensorflow-2.18.0_py3.11",
    ],
)
def test_natural_pairs(rules: PairRules, pair_id: str) -> None:
    assert Pair.parse(pair_id) in rules.natural()


def test_every_stable_keras_release_since_2_2_has_a_natural_pair(rules: PairRules) -> None:
    wanted = [r.version for r in rules.catalogue.stable("keras") if r.version >= Version("2.2")]
    assert [pair.keras for pair in rules.natural()] == wanted


def test_python_changes_only_where_no_python_serves_both_sides(rules: PairRules) -> None:
    natural = [pair for pair in rules.natural() if pair.keras >= Version("2.6")]
    changes = [(a.python, b.python) for a, b in pairwise(natural) if a.python != b.python]
    assert changes == [("3.9", "3.11")]


def test_cross_is_every_keras_3_minor_on_every_tensorflow_minor(rules: PairRules) -> None:
    cross = rules.cross()
    keras = newest_patches(r for r in rules.catalogue.stable("keras") if r.version.major == 3)
    tensorflow = newest_patches(
        r for r in rules.catalogue.stable("tensorflow") if r.version >= Version("2.16")
    )
    assert len(cross) == len(keras) * len(tensorflow)
    assert {*cross, *rules.natural(), *rules.natural("tf-keras")} == set(rules.all())


def test_tf_keras_is_a_lineage_of_its_own(rules: PairRules) -> None:
    pairs = rules.select(kind="tf-keras", keras=">=2.16")
    assert {pair.lineage for pair in pairs} == {"tf-keras"}
    assert all(pair.keras.release[:2] == pair.tensorflow.release[:2] for pair in pairs)
    assert all(Pair.parse(pair.id) == pair for pair in pairs)


def test_ids_read_back(rules: PairRules) -> None:
    assert all(Pair.parse(pair.id) == pair for pair in rules.all())


def test_releases_with_a_tensorflow_make_every_combination(rules: PairRules) -> None:
    pairs = rules.select(keras=">=3.4,<3.8", tensorflow="~=2.18.0")
    assert {str(pair.tensorflow) for pair in pairs} == {"2.18.1"}
    assert [str(pair.keras) for pair in pairs] == ["3.4.0", "3.4.1", "3.5.0", "3.6.0", "3.7.0"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"keras": "3.6.7"}, "keras 3.6.7 is not a release; the nearest: 3.6.0 and 3.7.0"),
        ({"keras": ">=99"}, "the newest stable release is"),
        ({"keras": "three"}, "is not a version specifier"),
        ({"keras": ""}, "'' is not a version specifier"),
        ({"python": "3.5"}, "the selection is empty"),
        ({"keras": "3.6.0", "tensorflow": "2.99.0"}, "tensorflow 2.99.0 is not a release"),
        ({"prereleases": True}, "--pre is for the releases of --keras and --tensorflow"),
        ({"prereleases": True, "kind": "cross", "keras": ">=3"}, "the sets of pairs have no"),
    ],
)
def test_what_does_not_exist_is_refused(
    rules: PairRules, options: dict[str, str | bool], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        rules.select(**options)  # type: ignore[arg-type]


def test_pre_releases_and_yanked_releases_are_left_out_unless_named(rules: PairRules) -> None:
    assert all(not pair.keras.is_prerelease for pair in rules.all())
    assert rules.select(keras="2.15.0rc1")[0].keras == Version("2.15.0rc1")
    assert [str(each.version) for each in rules.catalogue.releases("tf-keras") if each.yanked]
