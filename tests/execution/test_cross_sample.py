"""The sample of the cross, and when it is not enough, of recorded results."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.execution.cross_sample import (
    HEADLINE_CASE,
    cross_pairs,
    pairs_of_differing_releases,
    sample_of,
    telling_first,
)
from harness.execution.request import Request
from harness.execution.selection import Selection
from harness.releases.pair import Pair
from harness.releases.pair_rules import PairRules
from harness.results import store
from harness.results.model import FORMATS, Cell
from tests import recorded

NATURAL = Pair.parse("keras-3.6.0_tensorflow-2.17.0_py3.11")
CROSS = [
    Pair.parse(f"keras-3.6.0_tensorflow-{tensorflow}_py3.11") for tensorflow in ("2.18.1", "2.19.1")
]
OTHER_RELEASE = Pair.parse("keras-3.7.0_tensorflow-2.19.1_py3.11")
#: A cell that is in no sample.
KEY = ("dense_twice", "keras")


@pytest.fixture
def request_(tmp_path: Path) -> Request:
    """All recorded cells; four results are stored, in which no cell of a release differs."""
    for pair in (NATURAL, *CROSS, OTHER_RELEASE):
        shutil.copy(recorded.path(pair.id), tmp_path)
    return Request(recorded.cases(), FORMATS, 60.0, folder=tmp_path)


def change(request: Request, pair: Pair, **fields: Any) -> Cell:
    """Change the cell `KEY` of a stored result, and return it."""
    result = store.read_or_empty(pair, request.folder)
    result.cells[KEY] = replace(result.cells[KEY], **fields)
    store.write(result, request.folder)
    return result.cells[KEY]


def differing(request: Request, rules: PairRules) -> list[Pair]:
    return pairs_of_differing_releases([*CROSS, OTHER_RELEASE], request, rules)


def test_the_cross_is_what_no_lineage_has_as_a_natural_pair(rules: PairRules) -> None:
    cross = cross_pairs(rules.all(), rules)
    assert set(cross) == set(rules.all()) - set(rules.natural()) - set(rules.natural("tf-keras"))
    assert CROSS[0] in cross and NATURAL not in cross
    assert cross_pairs([NATURAL], rules) == []


def test_the_sample_holds_the_headline_and_the_telling_cases(rules: PairRules) -> None:
    cases = recorded.cases()
    sample = sample_of(cases, recorded.results(), rules)
    assert sample[0].name == HEADLINE_CASE
    names = [case.name for case in sample]
    assert len(set(names)) == len(names) < len(cases)
    assert "dense_twice" not in names and "custom_layer_unregistered" in names
    assert sample_of(cases[::-1], recorded.results()[::-1], rules) == sample


def test_without_results_the_sample_is_the_headline(rules: PairRules) -> None:
    assert [case.name for case in sample_of(recorded.cases(), [], rules)] == [HEADLINE_CASE]


def test_the_telling_cases_are_run_first_and_all_others_after_them(rules: PairRules) -> None:
    cases = recorded.cases()
    ordered = telling_first(cases, recorded.results(), rules)
    assert sorted(case.name for case in ordered) == [case.name for case in cases]
    assert ordered[-1].name in ("siamese_pair", "dropout_seeded_twice")
    assert ordered != cases
    assert telling_first(cases, [], rules) == cases


def test_releases_that_behave_alike_with_every_tensorflow_need_no_more(
    request_: Request, rules: PairRules
) -> None:
    assert differing(request_, rules) == []


@pytest.mark.parametrize("pair", [NATURAL, CROSS[0]])
def test_one_cell_that_differs_selects_the_whole_row_of_its_release(
    request_: Request, rules: PairRules, pair: Pair
) -> None:
    change(request_, pair, outcome="mismatch")
    assert differing(request_, rules) == CROSS


def test_pairs_that_are_not_part_of_the_run_are_compared_too(
    request_: Request, rules: PairRules
) -> None:
    change(request_, CROSS[1], outcome="mismatch")
    assert pairs_of_differing_releases(CROSS[:1], request_, rules) == CROSS[:1]


def test_a_cell_of_other_code_is_not_compared(request_: Request, rules: PairRules) -> None:
    change(request_, CROSS[0], outcome="mismatch", digest="old")
    assert differing(request_, rules) == []


def test_a_cell_that_takes_longer_does_not_differ(request_: Request, rules: PairRules) -> None:
    result = store.read_or_empty(CROSS[0], request_.folder)
    result.cells[KEY] = replace(result.cells[KEY], seconds=59.0)
    store.write(result, request_.folder)
    assert differing(request_, rules) == []


# ---------------------------------------------------------------- the selection


@pytest.fixture
def selection(request_: Request, rules: PairRules) -> Selection:
    """The four pairs, of which those that are not natural run a sample."""
    pairs = [NATURAL, *CROSS, OTHER_RELEASE]
    return Selection(pairs, request_).with_sample(recorded.results(), rules)


def test_a_natural_pair_runs_every_cell_and_any_other_a_sample(selection: Selection) -> None:
    cells = selection.cells
    assert len(cells[NATURAL]) == len(selection.request.cells)
    for pair in CROSS:
        assert {case for case, _ in cells[pair]} == {case.name for case in selection.sample}
        assert {name for _, name in cells[pair]} == set(FORMATS)


def test_natural_pairs_alone_have_no_sample(request_: Request, rules: PairRules) -> None:
    selection = Selection([NATURAL], request_)
    assert selection.with_sample(recorded.results(), rules) == selection


def test_a_shard_keeps_the_sample_of_its_pairs(selection: Selection) -> None:
    part = selection.part([NATURAL, CROSS[0]])
    assert part.sampled == {CROSS[0]} and part.sample == selection.sample


def test_the_rest_of_a_differing_release_is_what_is_not_in_the_sample(
    selection: Selection, rules: PairRules
) -> None:
    assert selection.rest_of_differing_releases(rules).pairs_to_run == []
    for pair in CROSS:
        result = store.read_or_empty(pair, selection.request.folder)
        sample = {case.name for case in selection.sample}
        result.cells = {key: cell for key, cell in result.cells.items() if key[0] in sample}
        store.write(result, selection.request.folder)
    result = store.read_or_empty(CROSS[0], selection.request.folder)
    key = (HEADLINE_CASE, "weights")
    result.cells[key] = replace(result.cells[key], outcome="mismatch")
    store.write(result, selection.request.folder)
    rest = selection.rest_of_differing_releases(rules)
    others = len(selection.request.cases) - len(selection.sample)
    assert rest.missing == dict.fromkeys(CROSS, others * len(FORMATS))
    assert not {case.name for case in rest.request.cases} & {case.name for case in selection.sample}


def test_what_other_code_made_is_removed_where_only_a_sample_is_run(
    selection: Selection,
) -> None:
    folder = selection.request.folder
    change(selection.request, CROSS[0], digest="old")
    change(selection.request, NATURAL, digest="old")
    before = store.read_or_empty(CROSS[0], folder).cells
    assert selection.remove_outdated() == 1
    assert store.read_or_empty(CROSS[0], folder).cells.keys() == before.keys() - {KEY}
    assert KEY in store.read_or_empty(NATURAL, folder).cells
    assert selection.remove_outdated() == 0


def test_nothing_is_removed_as_long_as_the_sample_is_not_known(selection: Selection) -> None:
    folder = selection.request.folder
    result = store.read_or_empty(CROSS[0], folder)
    result.cells = {key: replace(cell, digest="old") for key, cell in result.cells.items()}
    store.write(result, folder)
    assert selection.remove_outdated() == 0
    assert store.read_or_empty(CROSS[0], folder) == result


def test_nothing_is_removed_where_only_some_formats_were_asked_for(selection: Selection) -> None:
    change(selection.request, CROSS[0], digest="old")
    some = replace(selection, request=replace(selection.request, formats=["keras"]))
    assert some.remove_outdated() == 0
