"""Which readers read everything, and what is left for those between them."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.exchange.choice import Choice
from harness.exchange.corpus import Corpus, WriterClass
from harness.exchange.planning import first_readers, next_to, plan_of, restricted
from harness.exchange.reading import ReadCase, ReadRequest
from harness.execution.cases import Case, all_cases
from harness.releases.pair import Pair
from harness.releases.pair_rules import PairRules
from harness.results import store
from harness.results.model import Cell, Result
from harness.util.errors import UsageError


@pytest.fixture
def case() -> Case:
    return next(case for case in all_cases() if case.name == "dense_twice")


@pytest.fixture
def request_to_read(case: Case, rules: PairRules, tmp_path: Path) -> ReadRequest:
    """The request to read three files, two of which 3.0.0 wrote and one 3.6.0."""
    by_version = {str(pair.keras): pair for pair in rules.natural()}
    classes = tuple(
        WriterClass(case.name, name, digit * 12, "", case.digest, (by_version[writer].id,))
        for name, digit, writer in (
            ("h5", "0", "3.0.0"),
            ("h5", "1", "3.6.0"),
            ("keras", "2", "3.0.0"),
        )
    )
    return ReadRequest(
        cases=[case],
        formats=["h5", "keras"],
        limit=30,
        folder=tmp_path / "exchange",
        corpus=Corpus(classes, tmp_path / "unpacked"),
    )


def store_readings(request: ReadRequest, reader: Pair, *outcomes: str) -> None:
    digest = ReadCase(request.cases[0].name, request.cases[0].path).digest
    cells = [
        Cell(*cell.key, outcome, digest)
        for cell, outcome in zip(request.cells, outcomes, strict=True)
    ]
    store.write(Result(reader, cells={cell.key: cell for cell in cells}), request.folder)


def named(rules: PairRules, version: str) -> Pair:
    return next(pair for pair in rules.natural() if str(pair.keras) == version)


def test_the_newest_patch_of_each_minor_and_the_oldest_release_read_first(
    rules: PairRules,
) -> None:
    versions = [str(pair.keras) for pair in first_readers(rules)]
    assert versions[0] == str(rules.natural()[0].keras)
    assert {"2.15.0", "3.0.5", "3.12.4"} <= set(versions)
    assert "3.0.4" not in versions
    of_tf_keras = [str(pair.keras) for pair in first_readers(rules) if pair.lineage == "tf-keras"]
    assert {"2.14.1", "2.15.1", "2.21.0"} <= set(of_tf_keras) and "2.15.0" not in of_tf_keras


def test_a_release_between_reads_what_the_others_read_differently(
    request_to_read: ReadRequest, rules: PairRules
) -> None:
    store_readings(request_to_read, named(rules, "3.8.0"), "pass", "pass", "pass")
    store_readings(request_to_read, named(rules, "3.9.2"), "pass", "pass", "mismatch")
    between = restricted(request_to_read, Choice.UNDECIDED, named(rules, "3.9.0"), rules)
    assert [cell.key[1] for cell in between.cells] == ["keras@" + "2" * 12]
    assert "--undecided" in between.arguments()


def test_a_release_reads_its_own_files_and_those_next_to_it_in_any_case(
    request_to_read: ReadRequest, rules: PairRules
) -> None:
    store_readings(request_to_read, named(rules, "3.0.0"), "pass", "pass", "pass")
    store_readings(request_to_read, named(rules, "3.0.5"), "pass", "pass", "pass")
    near = restricted(request_to_read, Choice.UNDECIDED, named(rules, "3.0.1"), rules)
    assert [cell.key[1][:5] for cell in near.cells] == ["h5@00", "keras"]
    far = restricted(request_to_read, Choice.UNDECIDED, named(rules, "3.0.3"), rules)
    assert far.cells == []


def test_neighbours_read_each_other_and_nothing_else(
    request_to_read: ReadRequest, rules: PairRules
) -> None:
    readers = [named(rules, version) for version in ("3.0.1", "3.0.3", "3.6.0", "3.7.0")]
    plan = plan_of(Choice.NEIGHBOURS, readers, request_to_read, rules)
    assert list(plan.missing.values()) == [2, 0, 1, 1]
    near = restricted(request_to_read, Choice.NEIGHBOURS, readers[0], rules)
    assert [cell.key[1][:5] for cell in near.cells] == ["h5@00", "keras"]
    assert "--neighbours" in near.arguments()
    versions = [str(pair.keras) for pair in next_to(readers[:2], rules)]
    assert versions == ["3.0.0", "3.0.1", "3.0.2", "3.0.3", "3.0.4"]


def test_the_neighbours_of_tf_keras_are_of_tf_keras(rules: PairRules) -> None:
    oldest, *_, newest = rules.natural("tf-keras")
    near = next_to([oldest, rules.natural()[-1], newest], rules)
    assert near == sorted(
        [*rules.natural()[-2:], *rules.natural("tf-keras")[:2], *rules.natural("tf-keras")[-2:]]
    )


def test_only_natural_pairs_have_neighbours(rules: PairRules) -> None:
    with pytest.raises(UsageError, match="no natural pair"):
        next_to([Pair.parse("keras-3.6.0_tensorflow-2.19.0_py3.11")], rules)


def test_the_plan_counts_what_is_still_to_be_read(
    request_to_read: ReadRequest, rules: PairRules
) -> None:
    store_readings(request_to_read, named(rules, "3.8.0"), "pass", "pass", "pass")
    store_readings(request_to_read, named(rules, "3.9.2"), "pass", "pass", "mismatch")
    readers = [named(rules, "3.9.0"), named(rules, "3.9.1")]
    store_readings(request_to_read, readers[1], "pass", "pass", "mismatch")
    plan = plan_of(Choice.UNDECIDED, readers, request_to_read, rules)
    assert plan.missing == {readers[0]: 1, readers[1]: 0}
    assert "--undecided" in plan.request.arguments()
