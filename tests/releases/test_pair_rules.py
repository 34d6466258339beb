"""The rules for pairs, on the kept catalogue as of a fixed day."""

from __future__ import annotations

from itertools import pairwise

import pytest
from packaging.version import Version

from harness.releases.pair import Pair
from harness.releases.pair_rules import PairRules, newest_patches
from harness.util.errors import UsageError


def stable_versions(rules: PairRules) -> list[Version]:
    """The stable Keras versions, lowest first."""
    return [release.version for release in rules.catalogue.stable("keras")]


def test_default_set_is_the_newest_patch_of_every_minor_from_2_12(rules: PairRules) -> None:
    pairs = rules.default_set()
    minors = [pair.keras.release[:2] for pair in pairs]
    assert minors[:5] == [(2, 12), (2, 13), (2, 14), (2, 15), (3, 0)]
    assert len(set(minors)) == len(minors)
    patches = {version.release[:2]: version for version in stable_versions(rules)}
    assert [pair.keras for pair in pairs] == [patches[minor] for minor in minors]
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
def test_a_keras_is_paired_with_the_tensorflow_of_its_day(rules: PairRules, pair_id: str) -> None:
    assert Pair.parse(pair_id) in rules.natural()


def test_every_stable_keras_release_since_2_2_has_a_natural_pair(rules: PairRules) -> None:
    since_2_2 = [version for version in stable_versions(rules) if version >= Version("2.2")]
    assert [pair.keras for pair in rules.natural()] == since_2_2


def test_the_python_changes_only_where_no_python_serves_both_sides(rules: PairRules) -> None:
    natural = [pair for pair in rules.natural() if pair.keras >= Version("2.6")]
    changes = [
        (older.python, newer.python)
        for older, newer in pairwise(natural)
        if older.python != newer.python
    ]
    assert changes == [("3.9", "3.11")]


def test_cross_is_every_keras_3_minor_on_every_tensorflow_minor(rules: PairRules) -> None:
    cross = rules.cross()
    stable = {name: rules.catalogue.stable(name) for name in ("keras", "tensorflow")}
    keras = newest_patches(each for each in stable["keras"] if each.version.major == 3)
    tensorflow = newest_patches(
        each for each in stable["tensorflow"] if each.version >= Version("2.16")
    )
    assert len(cross) == len(keras) * len(tensorflow)
    assert {*cross, *rules.natural(), *rules.natural("tf-keras")} == set(rules.all())


def test_tf_keras_is_a_lineage_of_its_own(rules: PairRules) -> None:
    pairs = rules.select(kind="tf-keras", keras=">=2.16")
    assert {pair.lineage for pair in pairs} == {"tf-keras"}
    assert all(pair.keras.release[:2] == pair.tensorflow.release[:2] for pair in pairs)


def test_the_id_of_every_pair_can_be_parsed(rules: PairRules) -> None:
    assert all(Pair.parse(pair.id) == pair for pair in rules.all())


def test_no_options_select_the_default_set(rules: PairRules) -> None:
    assert rules.select() == rules.default_set()


def test_a_keras_specifier_selects_natural_pairs(rules: PairRules) -> None:
    pairs = rules.select(keras=">=3.4,<3.6")
    assert [str(pair.keras) for pair in pairs] == ["3.4.0", "3.4.1", "3.5.0"]
    assert set(pairs) < set(rules.natural())


def test_both_specifiers_select_every_combination(rules: PairRules) -> None:
    pairs = rules.select(keras=">=3.4,<3.8", tensorflow="~=2.18.0")
    assert {str(pair.tensorflow) for pair in pairs} == {"2.18.1"}
    assert [str(pair.keras) for pair in pairs] == ["3.4.0", "3.4.1", "3.5.0", "3.6.0", "3.7.0"]


def test_a_tensorflow_specifier_selects_every_keras_of_the_default_set(rules: PairRules) -> None:
    pairs = rules.select(tensorflow="2.17.0")
    assert {pair.keras for pair in pairs} == {pair.keras for pair in rules.default_set()}
    assert {str(pair.tensorflow) for pair in pairs} == {"2.17.0"}


def test_specifiers_filter_a_named_set(rules: PairRules) -> None:
    pairs = rules.select(kind="all", keras="2.15.0", tensorflow=">=2.15")
    assert [pair.id for pair in pairs] == ["keras-2.15.0_tensorflow-2.15.0_py3.11"]


def test_a_named_set_can_be_moved_to_another_python(rules: PairRules) -> None:
    pairs = rules.select(kind="natural", keras=">=3.6", python="3.12")
    assert {pair.python for pair in pairs} == {"3.12"}
    assert {pair.keras for pair in pairs} == {
        pair.keras for pair in rules.natural() if pair.keras >= Version("3.6")
    }


@pytest.mark.parametrize("text", ["abc", "3", "3.11.4", ""])
def test_what_is_no_minor_version_of_python_is_refused(rules: PairRules, text: str) -> None:
    with pytest.raises(UsageError, match="no minor version of Python"):
        rules.select(python=text)


def test_a_pair_off_the_rule_is_possible_where_both_releases_support_its_python(
    rules: PairRules,
) -> None:
    on_rule, off_rule, impossible = (
        Pair.parse(f"keras-3.6.0_tensorflow-2.17.0_py{python}")
        for python in ("3.11", "3.12", "3.13")
    )
    assert [rules.has_default_python(pair) for pair in (on_rule, off_rule)] == [True, False]
    assert [rules.is_possible(pair) for pair in (off_rule, impossible)] == [True, False]


def test_two_releases_are_paired_on_every_python_that_both_support(rules: PairRules) -> None:
    keras = rules.catalogue.find("keras", Version("3.6.0"))
    tensorflow = rules.catalogue.find("tensorflow", Version("2.17.0"))
    assert keras and tensorflow
    pairs = rules.on_every_python(keras, tensorflow)
    assert [pair.python for pair in pairs] == ["3.9", "3.10", "3.11", "3.12"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"keras": "3.6.7"}, "keras 3.6.7 is not a release; the nearest: 3.6.0 and 3.7.0"),
        ({"keras": ">=99"}, "the newest stable release is"),
        ({"keras": "three"}, "is not a version specifier"),
        ({"keras": ""}, "'' is not a version specifier"),
        ({"python": "3.5"}, "the selection is empty: no two of these releases support Python 3.5"),
        ({"keras": "3.6.0", "tensorflow": "2.99.0"}, "tensorflow 2.99.0 is not a release"),
        ({"prereleases": True}, "--pre is for the releases of --keras and --tensorflow"),
        ({"prereleases": True, "kind": "cross", "keras": ">=3"}, "the sets of pairs have no"),
    ],
)
def test_a_selection_that_cannot_be_met_is_refused(
    rules: PairRules, options: dict[str, str | bool], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        rules.select(**options)  # type: ignore[arg-type]


def test_pre_releases_are_left_out_unless_they_are_named(rules: PairRules) -> None:
    assert all(not pair.keras.is_prerelease for pair in rules.all())
    assert rules.select(keras="2.15.0rc1")[0].keras == Version("2.15.0rc1")


def test_yanked_releases_are_in_no_set(rules: PairRules) -> None:
    yanked = {each.version for each in rules.catalogue.releases("tf-keras") if each.yanked}
    assert yanked
    assert not yanked & {pair.keras for pair in rules.all() if pair.lineage == "tf-keras"}


def test_a_named_pair_must_consist_of_releases_that_exist(rules: PairRules) -> None:
    pair_id = "keras-3.6.0_tensorflow-2.17.0_py3.11"
    assert rules.named(pair_id) == Pair.parse(pair_id)
    with pytest.raises(UsageError, match=r"keras 3\.6\.7 is not a release"):
        rules.named("keras-3.6.7_tensorflow-2.17.0_py3.11")


def test_the_day_of_a_pair_is_when_its_later_release_was_complete(rules: PairRules) -> None:
    pair = Pair.parse("keras-3.6.0_tensorflow-2.18.0_py3.11")
    tensorflow = rules.catalogue.find("tensorflow", pair.tensorflow)
    assert tensorflow and rules.day(pair) == tensorflow.completed
