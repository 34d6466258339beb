"""The ids of pairs."""

from __future__ import annotations

import hashlib
import pickle
import subprocess
import sys

import pytest
from packaging.version import Version

from harness.releases.pair import LONGEST_NAME, Edit, Pair, spans_in_words
from harness.util.errors import UsageError
from harness.util.paths import ROOT
from tests import recorded

OLD = Pair.parse("keras-3.6.0_tensorflow-2.18.1_py3.11")
MIDDLE = Pair.parse("keras-3.9.0_tensorflow-2.18.0_py3.11")
NEW = Pair.parse("keras-3.15.1_tensorflow-2.21.0_py3.11")

PAIR = Pair("keras", Version("3.6.0"), Version("2.17.0"), "3.11")


def test_an_id_names_the_releases_and_the_python() -> None:
    assert PAIR.id == PAIR.file_name == "keras-3.6.0_tensorflow-2.17.0_py3.11"


@pytest.mark.parametrize(
    "pair_id",
    [
        "keras-2.2.4_tensorflow-1.11.0_py3.6",
        "tf-keras-2.16.0_tensorflow-2.16.1_py3.11",
        "keras-3.7.0.dev2024102503_tensorflow-2.18.0_py3.11",
        "keras-3.6.0_tensorflow-2.17.0_py3.11+h5py==3.11.0",
        "keras-3.6.0_tensorflow-2.17.0_py3.11+jax,protobuf==none,numpy==1.26.4",
    ],
)
def test_an_id_is_parsed_into_the_pair_that_it_names(pair_id: str) -> None:
    assert Pair.parse(pair_id).id == pair_id


def test_recorded_ids_are_parsed_into_the_recorded_pairs() -> None:
    assert all(Pair.parse(result.pair.id) == result.pair for result in recorded.results())


def test_an_edit_adds_replaces_or_removes_a_distribution() -> None:
    pair = Pair.parse(f"{PAIR.id}+jax,protobuf==none,numpy==1.26.4")
    assert pair.edits == (Edit("jax"), Edit("protobuf", "none"), Edit("numpy", "1.26.4"))
    assert [edit.adds for edit in pair.edits] == [True, False, False]
    assert [edit.removes for edit in pair.edits] == [False, True, False]
    assert [edit.replaces for edit in pair.edits] == [False, False, True]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "keras-3.6.0",
        "torch-2.0_tensorflow-2.17.0_py3.11",
        "keras-three_tensorflow-2.17.0_py3.11",
        "keras-3.6.0_tensorflow-2.17.0_py2.7",
        "keras-3.6.0_tensorflow-2.17.0_py3.11+",
        "keras-3.6.0_tensorflow-2.17.0_py3.11+h5py==../..",
        "keras-3.6.0_tensorflow-2.17.0_py3.11\n",
    ],
)
def test_other_text_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(UsageError, match=r"is not a pair; pairs are named like keras-3\.6\.0_"):
        Pair.parse(text)


def test_a_long_id_is_shortened_for_file_names_and_stays_unique() -> None:
    edits = tuple(Edit(f"package-{number}", "1.0") for number in range(20))
    pair = Pair(PAIR.lineage, PAIR.keras, PAIR.tensorflow, PAIR.python, edits)
    digest = hashlib.sha256(pair.id.encode()).hexdigest()[:16]
    assert len(pair.id) > LONGEST_NAME
    assert pair.file_name == f"{PAIR.id}+{digest}"


def test_pairs_are_ordered_by_version_and_not_by_text() -> None:
    older = Pair.parse("keras-3.9.0_tensorflow-2.17.0_py3.11")
    newer = Pair.parse("keras-3.10.0_tensorflow-2.17.0_py3.11")
    assert sorted([newer, older]) == [older, newer]


def test_a_pair_from_another_process_equals_and_hashes_as_here() -> None:
    text = "keras-3.6.0_tensorflow-2.17.0_py3.11+keras==3.7.0"
    program = (
        "import pickle, sys; from harness.releases.pair import Pair; "
        f"pair = Pair.parse({text!r}); hash(pair); sys.stdout.buffer.write(pickle.dumps(pair))"
    )
    pickled = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True
    ).stdout
    pair = pickle.loads(pickled)
    assert {pair: 1} == {Pair.parse(text): 1}


def test_neighbours_are_told_as_a_span() -> None:
    known = [OLD, MIDDLE, NEW]
    assert spans_in_words([OLD, MIDDLE], known) == ["3.6.0 to 3.9.0"]
    assert spans_in_words([OLD, NEW], known) == ["3.6.0", "3.15.1"]
    assert spans_in_words([], known) == []


def test_a_span_ends_where_the_lineage_does() -> None:
    legacy = Pair.parse("tf-keras-2.18.0_tensorflow-2.18.0_py3.11")
    assert spans_in_words([OLD, NEW, legacy], [OLD, NEW, legacy]) == [
        "3.6.0 to 3.15.1",
        "tf-keras 2.18.0",
    ]
