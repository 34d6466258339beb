"""What two readers that agree say of the releases between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from packaging.version import Version

from harness.exchange.corpus import WriterClass
from harness.exchange.inference import undecided, with_inferred
from harness.exchange.readings import Readings, readings_of
from harness.releases.pair import Pair
from harness.releases.pair_rules import PairRules
from harness.results.model import Cell, Result

FILE = WriterClass("dense_twice", "h5", "0" * 12, "", "", ())
OTHER = WriterClass("dense_twice", "h5", "1" * 12, "", "", ())


def readings(rules: PairRules, *others: Result, **outcomes: Sequence[str]) -> Readings:
    """Readings of `FILE` and `OTHER` by releases, which are named as ``v3_6_0``, and by others."""
    results = [read_by(reader(rules, name), found) for name, found in outcomes.items()]
    return readings_of([*results, *others], [FILE, OTHER])


def read_by(pair: Pair, outcomes: Sequence[str]) -> Result:
    cells = [
        Cell(entry.case, f"{entry.format}@{entry.digest}", outcome, "")
        for entry, outcome in zip((FILE, OTHER), outcomes, strict=False)
    ]
    return Result(pair, cells={cell.key: cell for cell in cells})


def reader(rules: PairRules, name: str) -> Pair:
    version = name.removeprefix("v").replace("_", ".")
    return next(pair for pair in rules.natural() if str(pair.keras) == version)


def inferred(rules: PairRules, found: Readings, name: str) -> list[str]:
    """What is inferred for a release, file by file."""
    whole = with_inferred(found, rules.natural(), rules.catalogue)
    assert list(whole.readers) == sorted(whole.readers)
    place = whole.readers.index(reader(rules, name))
    rows = whole.frame[(whole.frame["reader"] == place) & whole.frame["inferred"]]
    return [
        f"{file}: {whole.behaviours[behaviour].label}"
        for file, behaviour in zip(rows["file"], rows["behaviour"], strict=True)
    ]


def test_where_both_neighbours_agree_the_release_between_is_like_them(rules: PairRules) -> None:
    found = readings(rules, v3_5_0=["pass", "mismatch"], v3_7_0=["pass", "pass"])
    assert inferred(rules, found, "v3_6_0") == ["0: pass"]


def test_what_was_measured_is_not_inferred(rules: PairRules) -> None:
    found = readings(rules, v3_5_0=["pass"], v3_6_0=["mismatch"], v3_7_0=["pass"])
    assert inferred(rules, found, "v3_6_0") == []


def test_the_nearest_release_that_read_the_file_speaks(rules: PairRules) -> None:
    found = readings(rules, v3_4_0=["pass"], v3_5_0=["mismatch"], v3_7_0=["pass"])
    assert inferred(rules, found, "v3_6_0") == []


def test_nothing_is_inferred_beyond_the_newest_reader(rules: PairRules) -> None:
    found = readings(rules, v3_5_0=["pass"], v3_6_0=["pass"])
    assert inferred(rules, found, "v3_7_0") == []


def test_a_release_of_another_branch_does_not_speak(rules: PairRules) -> None:
    found = readings(rules, v3_12_4=["pass"], v3_13_2=["pass"])
    assert inferred(rules, found, "v3_13_0") == []
    found = readings(rules, v3_12_0=["pass"], v3_13_2=["pass"])
    assert inferred(rules, found, "v3_13_0") == ["0: pass"]


def test_of_several_pairs_of_a_release_the_natural_one_stands_for_it(rules: PairRules) -> None:
    other = replace(reader(rules, "v3_6_0"), tensorflow=Version("2.19.1"))
    also = read_by(other, ["mismatch"])
    found = readings(rules, also, v3_6_0=["pass"], v3_8_0=["pass"])
    assert inferred(rules, found, "v3_7_0") == ["0: pass"]
    assert inferred(rules, readings(rules, also, v3_8_0=["mismatch"]), "v3_7_0") == []


def test_positions_of_readers_stay_right_when_others_come_between(rules: PairRules) -> None:
    found = readings(rules, v3_5_0=["pass", "mismatch"], v3_7_0=["pass", "pass"])
    whole = with_inferred(found, rules.natural(), rules.catalogue)
    measured = whole.frame[~whole.frame["inferred"]]
    by_reader = {
        (str(whole.readers[place].keras), file): whole.behaviours[behaviour].label
        for place, file, behaviour in zip(
            measured["reader"], measured["file"], measured["behaviour"], strict=True
        )
    }
    assert by_reader == {
        ("3.5.0", 0): "pass", ("3.5.0", 1): "mismatch", ("3.7.0", 0): "pass", ("3.7.0", 1): "pass",
    }  # fmt: skip


def test_undecided_are_the_files_that_the_neighbours_read_differently(rules: PairRules) -> None:
    found = readings(rules, v3_5_0=["pass", "mismatch"], v3_7_0=["pass", "pass"])
    between = reader(rules, "v3_6_0")
    beyond = reader(rules, "v3_8_0")
    assert undecided(found, [between, beyond], rules.natural(), rules.catalogue) == {
        between: {("dense_twice", "h5@" + "1" * 12)},
        beyond: {entry.cell_key for entry in found.files},
    }


def test_what_the_reader_has_read_makes_no_difference_to_what_is_undecided(
    rules: PairRules,
) -> None:
    found = readings(
        rules, v3_5_0=["pass", "mismatch"], v3_6_0=["pass", "pass"], v3_7_0=["pass", "pass"]
    )
    between = reader(rules, "v3_6_0")
    assert len(undecided(found, [between], rules.natural(), rules.catalogue)[between]) == 1
