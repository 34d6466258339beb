from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from packaging.version import Version

from harness.execution.request import Request
from harness.releases.catalogue import Catalogue
from harness.releases.pair_rules import PairRules
from harness.util.errors import UsageError
from harness.watch import period as period_module
from harness.watch.period import make_period, period_of
from tests.watch.samples import end_of


@pytest.fixture
def committed(rules: PairRules) -> Catalogue:
    return rules.catalogue.as_of(end_of("2024-06-30"))


def offline() -> Catalogue:
    raise AssertionError("the index is not needed")


def newest(catalogue: Catalogue) -> str:
    return str(catalogue.stable("keras")[-1].version)


def test_a_period_that_the_catalogue_covers_does_not_read_the_index(committed: Catalogue) -> None:
    period = make_period(datetime(2023, 11, 27), datetime(2023, 11, 28), committed, offline)
    assert (newest(period.start), newest(period.end)) == ("2.15.0", "3.0.0")
    assert period.index is committed


def test_without_days_the_index_of_now_is_compared_with_the_catalogue(
    committed: Catalogue, rules: PairRules
) -> None:
    index = rules.catalogue.as_of(end_of("2024-10-31"))
    period = make_period(None, None, committed, lambda: index)
    assert (period.start, period.end, period.committed) == (committed, index, committed)


def test_a_day_later_than_the_catalogue_is_looked_up_in_the_index(
    committed: Catalogue, rules: PairRules
) -> None:
    period = make_period(None, datetime(2024, 10, 3), committed, lambda: rules.catalogue)
    assert (newest(period.start), newest(period.end)) == ("3.4.1", "3.6.0")


@pytest.mark.parametrize(
    ("since", "until", "message"),
    [
        (None, datetime(2024, 1, 1), "--until needs --since"),
        (datetime(2024, 1, 2), datetime(2024, 1, 1), "2024-01-02 is not before 2024-01-01"),
        (datetime(2024, 1, 1), datetime(2024, 1, 1), "2024-01-01 is not before 2024-01-01"),
    ],
)
def test_an_empty_period_is_refused(
    committed: Catalogue, since: datetime | None, until: datetime, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        make_period(since, until, committed, offline)


def test_sessions_use_the_committed_catalogue_where_it_covers_the_period(
    committed: Catalogue,
) -> None:
    period = make_period(datetime(2023, 11, 27), datetime(2023, 11, 28), committed, offline)
    request = Request([], [], 60.0)
    assert period.request_for_sessions(request) is request


def test_sessions_get_a_catalogue_that_has_the_new_releases(
    committed: Catalogue, rules: PairRules, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(period_module, "SESSION_CATALOGUE", tmp_path / "watch" / "catalogue.json")
    monkeypatch.setattr(period_module, "LOCKS", tmp_path / "locks")
    period = make_period(None, None, committed, lambda: rules.catalogue)
    request = period.request_for_sessions(Request([], [], 60.0))
    assert newest(Catalogue.load(request.catalogue)) == newest(rules.catalogue)
    assert f"--catalogue={tmp_path / 'watch' / 'catalogue.json'}" in request.arguments()


def test_a_wheel_has_a_catalogue_that_no_other_watch_replaces(
    committed: Catalogue, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(period_module, "SESSION_CATALOGUE", tmp_path / "watch" / "catalogue.json")
    monkeypatch.setattr(period_module, "LOCKS", tmp_path / "locks")
    version = Version("3.99.0+w1a2b")
    release = replace(committed.stable("keras")[-1], version=version, file="/keras.whl")
    request = period_of(release, committed).request_for_sessions(Request([], [], 60.0))
    assert request.catalogue == tmp_path / "watch" / "catalogue-3.99.0+w1a2b.json"
    assert Catalogue.load(request.catalogue).find("keras", version) == release
