"""Which releases are asked: few, and no hole is missed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.releases.catalogue import Catalogue
from harness.releases.pair import Pair, spans_in_words
from harness.releases.pair_rules import PairRules
from harness.userfile.attempts import Attempt
from harness.userfile.facts import FileFacts
from harness.userfile.trying import Readers, Trials, readers_of, spread_in, try_releases
from harness.userfile.verdicts import verdict_of
from harness.util.errors import UsageError
from tests.userfile.attempts import pair, read, refused

RULES = PairRules(Catalogue.load())


def facts(writer: str, kind: str = "keras") -> FileFacts:
    return FileFacts(kind, 1, writer=writer)  # type: ignore[arg-type]


def versions(pairs: tuple[Pair, ...]) -> list[str]:
    return [str(each.keras) for each in pairs]


def test_a_file_of_keras_3_is_tried_with_all_of_keras_3_and_the_last_of_keras_2() -> None:
    found = versions(readers_of(facts("3.6.0"), RULES).pairs)
    assert found[:2] == ["2.15.0", "3.0.0"]
    assert "3.15.1" in found


def test_every_release_is_tried_if_asked_for() -> None:
    found = versions(readers_of(facts("3.6.0", "h5"), RULES, every=True).pairs)
    assert found[0] == "2.2.0"


def test_a_minor_stands_for_all_its_patches() -> None:
    assert versions(readers_of(facts("3.9.0"), RULES, "3.9").pairs) == ["3.9.0", "3.9.1", "3.9.2"]
    assert versions(readers_of(facts("3.9.0"), RULES, "3.9.1").pairs) == ["3.9.1"]


def test_the_writer_is_the_reference_even_if_others_are_selected() -> None:
    readers = readers_of(facts("3.5.0"), RULES, "3.15.1")
    assert versions(readers.pairs) == ["3.15.1"]
    assert readers.writer is not None
    assert (str(readers.writer.keras), readers.exact) == ("3.5.0", True)
    assert versions(tuple(readers.with_writer)) == ["3.5.0", "3.15.1"]


@pytest.mark.parametrize(
    ("spec", "named"), [("1.2.2", "1.2.2"), ("1.0", "1.0.8"), (">=1.1,<2.2", "2.1.6")]
)
def test_releases_with_which_files_are_not_tried_are_refused(spec: str, named: str) -> None:
    with pytest.raises(UsageError) as refusal:
        readers_of(facts("2.2.5", "h5"), RULES, spec)
    assert str(refusal.value) == (
        f"files are tried with Keras 2.2.0 and newer, not with {named}; the nearest release is "
        "2.2.0"
    )


def test_releases_without_the_format_are_told_apart() -> None:
    readers = readers_of(facts("2.13.1"), RULES)
    assert versions(readers.pairs)[0] == "2.12.0"
    assert versions(readers.unable)[-1] == "2.11.0"
    readers = readers_of(facts("2.13.1", "savedmodel"), RULES)
    assert [versions(readers.unable)[0], versions(readers.pairs)[0]] == ["2.2.0", "2.4.0"]
    unable = spans_in_words(readers.unable, readers.all)
    assert unable == ["2.2.0 to 2.3.1", "3.0.0 to 3.15.1"]


@pytest.mark.parametrize(
    ("writer", "nearest", "exact"),
    [
        ("3.6.0", "3.6.0", True),
        ("2.5.0", "2.6.0", False),
        ("9.0", "3.15.1", False),
        # of tf.keras, which Keras 2.4.0 is on TensorFlow 2.2, and no other release
        ("2.2.4-tf", "2.4.0", False),
        ("2.3.0-tf", "2.4.0", True),
        ("2.4.0", "2.4.0", False),
    ],
)
def test_the_writers_own_release_or_the_nearest_is_the_reference(
    writer: str, nearest: str, exact: bool
) -> None:
    readers = readers_of(facts(writer, "h5"), RULES)
    assert readers.writer is not None
    assert (str(readers.writer.keras), readers.exact) == (nearest, exact)


def test_a_file_of_tf_keras_is_tried_with_it() -> None:
    readers = readers_of(facts("2.16.0"), RULES)
    assert readers.writer is not None
    assert (readers.writer.lineage, readers.exact) == ("tf-keras", True)


@pytest.mark.parametrize(
    ("writer", "kind", "number"),
    [("2.13.1", "h5", 1), ("", "savedmodel", 1), ("3.6.0", "h5", 0), ("", "weights", 0)],
)
def test_a_file_of_keras_2_is_tried_with_the_newest_tf_keras(
    writer: str, kind: str, number: int
) -> None:
    pairs = readers_of(facts(writer, kind), RULES).pairs
    found = [each for each in pairs if each.lineage == "tf-keras"]
    assert found == RULES.natural("tf-keras")[-1:][:number]
    of_all = readers_of(facts("2.13.1", kind), RULES, every=True).pairs
    assert [each for each in of_all if each.lineage == "tf-keras"] == RULES.natural("tf-keras")


def test_a_file_without_a_writer_has_no_reference_of_its_own() -> None:
    readers = readers_of(facts("<script>"), RULES)
    assert (readers.writer, readers.exact) == (None, False)


# ---------------------------------------------------------------- the search


def search(
    names: list[str],
    answer: Callable[[str], Attempt],
    writer: str,
    *,
    every: bool = False,
    workers: int = 1,
) -> tuple[Trials, list[str]]:
    pairs = tuple(pair(name) for name in names)
    asked: list[str] = []

    def ask(one: Pair) -> Attempt:
        asked.append(str(one.keras))
        return answer(str(one.keras))

    trials = Trials(Readers(pairs, pair(writer)), ask, verdict_of, workers)
    try_releases(trials, every=every)
    return trials, asked


PATCHES = [f"3.{minor}.{patch}" for minor in range(4) for patch in range(8)]


def test_the_place_of_a_change_is_found_with_few_releases() -> None:
    def answer(keras: str) -> Attempt:
        return read(keras, 1.0) if PATCHES.index(keras) < 13 else refused(keras)

    trials, asked = search(PATCHES, answer, "3.0.0")
    known = {str(each.keras) for each in trials.attempts}
    assert {"3.1.4", "3.1.5"} <= known
    assert len(asked) == len(set(asked)) < 10


def test_a_hole_of_one_minor_is_not_missed() -> None:
    def answer(keras: str) -> Attempt:
        return refused(keras) if keras.startswith("3.1.") else read(keras, 1.0)

    trials, _ = search(PATCHES, answer, "3.0.0")
    known = {str(one.keras): each.outputs is not None for one, each in trials.attempts.items()}
    assert known["3.0.7"] and not known["3.1.0"]
    assert not known["3.1.7"] and known["3.2.0"]


def test_a_change_of_the_outputs_alone_is_found() -> None:
    def answer(keras: str) -> Attempt:
        return read(keras, 1.0 if PATCHES.index(keras) < 20 else 2.0)

    trials, _ = search(PATCHES, answer, "3.0.0")
    assert {pair("3.2.3"), pair("3.2.4")} <= trials.attempts.keys()


def test_idle_workers_divide_a_gap_further() -> None:
    def answer(keras: str) -> Attempt:
        return read(keras, 1.0) if PATCHES.index(keras) < 13 else refused(keras)

    trials, asked = search(PATCHES, answer, "3.0.0", workers=4)
    assert {pair("3.1.4"), pair("3.1.5")} <= trials.attempts.keys()
    first_round = asked[5:9]
    assert sorted(first_round) == ["3.1.0", "3.1.2", "3.1.3", "3.1.5"]


@pytest.mark.parametrize(
    ("length", "number", "places"),
    [(5, 1, [2]), (5, 2, [1, 3]), (2, 1, [0]), (2, 2, [0, 1]), (1, 3, [0]), (7, 3, [1, 3, 5])],
)
def test_places_divide_a_range_into_equal_parts(
    length: int, number: int, places: list[int]
) -> None:
    assert spread_in(range(10, 10 + length), number) == [10 + place for place in places]


def test_all_are_asked_if_asked_for() -> None:
    _, asked = search(PATCHES, lambda keras: read(keras, 1.0), "3.0.0", every=True)
    assert sorted(asked) == sorted(PATCHES)


def test_an_exception_ends_the_search() -> None:
    def answer(keras: str) -> Attempt:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        search(PATCHES, answer, "3.0.0")


def test_the_nearest_release_that_computes_anything_is_the_reference() -> None:
    def answer(keras: str) -> Attempt:
        return read(keras, 1.0) if keras >= "3.2" else refused(keras)

    trials, _ = search(PATCHES, answer, "3.0.0")
    assert trials.reference is not None
    assert str(trials.reference.pair.keras) == "3.2.0"


def test_a_reference_that_was_not_selected_is_run_and_comes_first() -> None:
    readers = Readers((pair("3.2.0"),), pair("3.0.0"))
    trials = Trials(readers, lambda each: read(str(each.keras), 1.0), lambda *_: None, 1)
    try_releases(trials)
    assert trials.reference is trials.attempts[pair("3.0.0")]
    assert not trials.has_only_the_reference


@pytest.mark.parametrize(
    ("writer", "exact", "alone"),
    [("3.2.0", True, False), ("3.2.0", False, True), ("3.0.0", True, True)],
)
def test_a_release_that_is_not_the_writer_says_nothing_alone(
    writer: str, exact: bool, alone: bool
) -> None:
    def answer(each: Pair) -> Attempt:
        keras = str(each.keras)
        return read(keras, 1.0) if keras == "3.2.0" else refused(keras)

    readers = Readers((pair("3.2.0"),), pair(writer), exact)
    trials = Trials(readers, answer, lambda *_: None, 1)
    try_releases(trials)
    assert trials.has_only_the_reference is alone
