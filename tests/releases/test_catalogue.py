from __future__ import annotations

from datetime import UTC, datetime

from harness.releases.pair_rules import PairRules

DAY = datetime(2024, 11, 25, 23, 59, 59, tzinfo=UTC)


def test_the_catalogue_as_of_a_day_lacks_later_releases(rules: PairRules) -> None:
    then = rules.catalogue.as_of(DAY)
    assert str(then.stable("keras")[-1].version) == "3.6.0"
    assert then.written == DAY


def test_the_catalogue_as_of_a_day_to_come_is_the_catalogue(rules: PairRules) -> None:
    later = rules.catalogue.as_of(DAY.replace(year=2099))
    assert later.dumps() == rules.catalogue.dumps()
