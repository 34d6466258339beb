"""The attribution of changes to packages."""

from __future__ import annotations

import pytest

from harness.analysis.attribution import (
    Evidence,
    culprit_in_words,
    differing,
    installed_versions,
)
from harness.releases.pair import Pair
from harness.results.model import Cell, Result
from harness.results.signatures import Signature, signature_of
from tests import recorded

KEY = ("case", "keras")
OLD, NEW = Signature("load-error"), Signature("pass")


def result(keras: str, tensorflow: str, outcome: str, *others: str) -> Result:
    pair = Pair.parse(f"keras-{keras}_tensorflow-{tensorflow}_py3.11")
    installed = [f"keras=={keras}", f"tensorflow-cpu=={tensorflow}", *others]
    return Result(pair, {"installed": installed}, cells={KEY: Cell(*KEY, outcome, "digest")})


def culprits(*results: Result) -> frozenset[str]:
    evidence = Evidence(results)
    return evidence.culprits("keras", KEY, ("3.6.0", "3.7.0"), (OLD, NEW))


def test_all_packages_that_changed_are_suspected() -> None:
    before = result("3.6.0", "2.17.0", "load-error", "numpy==1.26.4", "rich==13.0")
    after = result("3.7.0", "2.18.0", "pass", "numpy==2.0.2", "rich==13.0")
    assert culprits(before, after) == {"keras", "tensorflow", "numpy"}


def test_another_pair_of_a_release_clears_the_packages_that_do_not_differ() -> None:
    before = result("3.6.0", "2.17.0", "load-error")
    after = result("3.7.0", "2.18.0", "pass")
    assert culprits(before, after, result("3.6.0", "2.18.0", "load-error")) == {"keras"}
    assert culprits(before, after, result("3.7.0", "2.17.0", "load-error")) == {"tensorflow"}


def test_a_pair_that_does_not_know_the_cell_says_nothing() -> None:
    before = result("3.6.0", "2.17.0", "load-error")
    after = result("3.7.0", "2.18.0", "pass")
    unknown = result("3.6.0", "2.18.0", "load-error")
    unknown.cells.clear()
    assert culprits(before, after, unknown) == {"keras", "tensorflow"}


def test_keras_alone_is_the_culprit_of_the_fix_of_issue_20307() -> None:
    key = ("interleaved_dense", "keras")
    signatures = (
        signature_of(recorded.result("keras-3.6.0_tensorflow-2.17.0_py3.11").cells[key]),
        signature_of(recorded.result("keras-3.7.0_tensorflow-2.18.0_py3.11").cells[key]),
    )
    evidence = Evidence(recorded.results())
    assert evidence.culprits("keras", key, ("3.6.0", "3.7.0"), signatures) == {"keras"}


@pytest.mark.parametrize(
    ("packages", "words"),
    [
        ({"keras"}, "keras"),
        ({"numpy"}, "numpy"),
        ({"keras", "rich"}, "keras or 1 more package"),
        ({"keras", "numpy", "rich", "optree"}, "keras or numpy or 2 more packages"),
        ({"python", "tensorflow", "keras"}, "keras or tensorflow or python"),
        ({"rich"}, "1 more package"),
    ],
)
def test_a_culprit_is_named_alone_only_if_nothing_else_differs(
    packages: set[str], words: str
) -> None:
    assert culprit_in_words(frozenset(packages), "keras") == words


def test_variants_of_a_package_are_one_package_and_python_is_a_package() -> None:
    installed = result("3.7.0", "2.18.0", "pass")
    installed.environment["installed"] = ["keras-nightly==3.7.0.dev1", "tensorflow-intel==2.18.0"]
    assert installed_versions(installed) == {
        "keras": "3.7.0.dev1",
        "tensorflow": "2.18.0",
        "python": "3.11",
    }


def test_packages_differ_by_version_or_by_being_there() -> None:
    assert differing({"a": "1", "b": "1", "c": "1"}, {"a": "1", "b": "2", "d": "1"}) == set("bcd")
