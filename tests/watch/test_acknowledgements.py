from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from harness.analysis.change_kinds import ChangeKind
from harness.releases.pair_rules import PairRules
from harness.releases.specifiers import matching_releases
from harness.results.model import WHOLE_PAIR
from harness.util.errors import Fault
from harness.watch.acknowledgements import (
    Acknowledgement,
    apply_acknowledgements,
    read_acknowledgements,
    stale_acknowledgements,
)
from harness.watch.comparison import Comparison
from tests.watch import samples

ENTRY = """
[[change]]
package = "keras"
releases = ">=3.0.0.dev0,<3.1"
kind = "regression"
cases = ["interleaved_*"]
formats = ["json"]
reason = "x"
upstream = ["keras-team/keras#20389"]
"""


@pytest.fixture(scope="session")
def cells() -> list[tuple[str, str]]:
    """All recorded cells."""
    return [cell.key for cell in samples.request().cells]


def written(folder: Path, text: str) -> list[Acknowledgement]:
    path = folder / "acknowledged.toml"
    path.write_text(text)
    return read_acknowledgements(path)


def test_what_is_acknowledged_is_not_worse(
    comparison: Comparison, cells: list[tuple[str, str]], tmp_path: Path
) -> None:
    acknowledgements = written(tmp_path, ENTRY)
    result = apply_acknowledgements(comparison, acknowledgements)
    acknowledged = [difference for difference in result.differences if difference.acknowledged]
    assert [difference.key for difference in acknowledged] == [("interleaved_dense", "json")]
    assert not acknowledged[0].is_worse
    assert acknowledged[0].upstream == ("keras-team/keras#20389",)
    assert any(difference.is_worse for difference in result.differences)
    assert stale_acknowledgements(acknowledgements, [result], cells) == []


def test_the_first_of_two_acknowledgements_counts(comparison: Comparison, tmp_path: Path) -> None:
    acknowledgements = written(tmp_path, ENTRY + ENTRY.replace('"x"', '"y"'))
    result = apply_acknowledgements(comparison, acknowledgements)
    assert {difference.acknowledged for difference in result.differences} == {"", "x"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("interleaved_*", "siamese_pair"),
        ("interleaved_*", "no_such_case"),
        ('"regression"', '"fix"'),
        ("reason", 'after = "timeout"\nreason'),
    ],
)
def test_an_acknowledgement_that_covers_nothing_is_stale(
    comparison: Comparison, cells: list[tuple[str, str]], tmp_path: Path, old: str, new: str
) -> None:
    acknowledgements = written(tmp_path, ENTRY.replace(old, new))
    assert apply_acknowledgements(comparison, acknowledgements) == comparison
    assert stale_acknowledgements(acknowledgements, [comparison], cells) == acknowledgements


@pytest.mark.parametrize(
    ("old", "new"),
    [(">=3.0.0.dev0,<3.1", "3.7.0"), ('package = "keras"', 'package = "tensorflow"')],
)
def test_an_acknowledgement_of_another_release_is_not_stale(
    comparison: Comparison, cells: list[tuple[str, str]], tmp_path: Path, old: str, new: str
) -> None:
    acknowledgements = written(tmp_path, ENTRY.replace(old, new))
    assert apply_acknowledgements(comparison, acknowledgements) == comparison
    assert stale_acknowledgements(acknowledgements, [comparison], cells) == []


def test_a_specifier_can_include_daily_builds(rules: PairRules, tmp_path: Path) -> None:
    build = samples.news_between(rules, "2024-10-24", "2024-10-25", nightly=True).items[0]
    assert str(build.release.version) == "3.7.0.dev2024102503"
    for specifier, is_concerned in ((">=3.7.0.dev0,<3.8", True), ("3.7.0", False)):
        (acknowledgement,) = written(tmp_path, ENTRY.replace(">=3.0.0.dev0,<3.1", specifier))
        assert acknowledgement.concerns(build) is is_concerned


def test_an_acknowledgement_of_cells_that_were_not_compared_is_not_stale(
    comparison: Comparison, cells: list[tuple[str, str]], tmp_path: Path
) -> None:
    acknowledgements = written(tmp_path, ENTRY.replace("interleaved_*", "*_pair*"))
    part = replace(comparison, differences=(), cells=frozenset({("dense_twice", "json")}))
    assert stale_acknowledgements(acknowledgements, [part], cells) == []


def test_an_acknowledgement_of_a_whole_pair_covers_no_cell(
    comparison: Comparison, cells: list[tuple[str, str]], rules: PairRules, tmp_path: Path
) -> None:
    (acknowledgement,) = written(tmp_path, ENTRY.replace('"regression"', f'"{ChangeKind.BROKEN}"'))
    assert [key for key in (WHOLE_PAIR, *cells) if acknowledgement.includes(key)] == [WHOLE_PAIR]
    broken = samples.compare(rules, samples.not_installable(samples.KERAS_3))
    (difference,) = apply_acknowledgements(broken, [acknowledgement]).differences
    assert difference.acknowledged == "x"
    assert stale_acknowledgements([acknowledgement], [broken], cells) == []
    assert stale_acknowledgements([acknowledgement], [comparison], cells) == [acknowledgement]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('reason = "x"\n', "", "entry 1: Object missing required field `reason`"),
        ("cases", "case", "entry 1: Object contains unknown field `case`"),
        ('["json"]', '"json"', "entry 1: Expected `array`, got `str` - at `$.formats`"),
        ('"x"', "3", "entry 1: Expected `str`, got `int` - at `$.reason`"),
        ('"regression"', '"regresion"', "`kind` must be one of: not installable, regression"),
        (">=3.0.0.dev0,<3.1", "three", "entry 1: 'three' is not a version specifier"),
        ("keras-team/keras#20389", "somewhere", "entry 1: `upstream` must list references like"),
        ("[[change]]", "[change]", "toml: Expected `array`, got `object` - at `$.change`"),
        ("[[change]]", "[[change", "acknowledged.toml: "),
    ],
)
def test_a_wrong_entry_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(Fault, match=re.escape(said)):
        written(tmp_path, ENTRY.replace(old, new, 1))


def test_the_acknowledgements_of_the_repository_are_of_releases(rules: PairRules) -> None:
    for acknowledgement in read_acknowledgements():
        assert matching_releases(
            rules.catalogue, acknowledgement.package, str(acknowledgement.releases)
        )
