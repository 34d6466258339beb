from __future__ import annotations

from dataclasses import replace

import pytest
from packaging.version import Version

from harness.releases.catalogue import PACKAGES, Catalogue, index_name
from harness.releases.package_names import canonical_package
from harness.releases.pair_rules import PairRules
from harness.util.errors import UsageError
from harness.watch.news import News, find_news
from tests.watch.samples import end_of, news_between


def names_and_pairs(news: News) -> list[tuple[str, str | None, str | None]]:
    """The name, the pair and the baseline of each item."""
    return [
        (
            item.name,
            item.pair.id if item.pair else None,
            item.baseline.id if item.baseline else None,
        )
        for item in news.items
    ]


def test_a_new_keras_runs_with_the_tensorflow_of_its_day(rules: PairRules) -> None:
    (item,) = news_between(rules, "2023-11-27", "2023-11-28").items
    assert (item.package, item.name, item.partner) == (
        "keras",
        "keras 3.0.0",
        "with the TensorFlow of its day",
    )
    assert [pair.id for pair in item.pairs] == [
        "keras-2.15.0_tensorflow-2.15.0_py3.11",
        "keras-3.0.0_tensorflow-2.15.0_py3.11",
    ]


def test_a_new_tensorflow_runs_with_the_newest_keras_and_the_frozen_ones(rules: PairRules) -> None:
    news = news_between(rules, "2024-10-24", "2024-10-25", "3.4.1")
    assert names_and_pairs(news) == [
        (
            "tensorflow 2.18.0",
            f"keras-{keras}_tensorflow-2.18.0_py3.11",
            f"keras-{keras}_tensorflow-2.17.1_py3.11",
        )
        for keras in ("3.6.0", "3.4.1")
    ]
    assert [item.partner for item in news.items] == [
        "with the newest Keras",
        "with Keras 3.4.1 (frozen)",
    ]


@pytest.mark.parametrize(
    ("since", "until", "keras", "python", "python_of_baseline"),
    [
        ("2023-09-25", "2023-09-26", "2.2.0", "3.9", "3.9"),
        ("2023-03-21", "2023-03-22", "2.0.0", "3.11", "3.10"),
    ],
)
def test_the_baseline_of_a_tensorflow_has_the_same_python_if_it_can(
    rules: PairRules, since: str, until: str, keras: str, python: str, python_of_baseline: str
) -> None:
    """TensorFlow 2.11 has no wheels for Python 3.11."""
    item = news_between(rules, since, until, keras).items[-1]
    assert item.package == "tensorflow" and str(item.pairs[0].keras) == keras
    assert [pair.python for pair in item.pairs] == [python_of_baseline, python]


def test_a_frozen_keras_that_is_named_twice_runs_once(rules: PairRules) -> None:
    news = news_between(rules, "2024-10-24", "2024-10-25", "3.4.1", "~=3.4.0", "3.6.0")
    versions = [str(item.pair.keras) for item in news.items if item.pair]
    assert versions == ["3.6.0", "3.4.1", "3.4.0"]


def test_a_frozen_keras_that_does_not_exist_is_refused(rules: PairRules) -> None:
    with pytest.raises(UsageError, match="not a release"):
        news_between(rules, "2024-01-01", "2024-02-01", "3.1.0")


def test_the_baseline_is_the_release_that_the_new_one_grew_out_of(rules: PairRules) -> None:
    """3.12.2 was released after 3.13.0, and grew out of 3.12.1."""
    name, _, baseline = names_and_pairs(news_between(rules, "2026-05-06", "2026-05-07"))[0]
    assert name == "keras 3.12.2"
    assert baseline == "keras-3.12.1_tensorflow-2.21.0_py3.11"


def test_keras_2_keeps_its_own_tensorflow(rules: PairRules) -> None:
    _, pair, baseline = names_and_pairs(news_between(rules, "2023-11-06", "2023-11-07"))[0]
    assert pair == "keras-2.15.0_tensorflow-2.15.0rc1_py3.11"
    assert baseline == "keras-2.14.0_tensorflow-2.14.0_py3.11"


def test_the_baseline_of_a_daily_build_goes_by_its_date(rules: PairRules) -> None:
    """The version of this build of the main branch is lower than that of 3.6.0."""
    news = news_between(rules, "2024-10-13", "2024-10-15", nightly=True)
    assert names_and_pairs(news)[0] == (
        "keras 3.6.0.dev2024101503",
        "keras-3.6.0.dev2024101503_tensorflow-2.17.0_py3.11",
        "keras-3.6.0_tensorflow-2.17.0_py3.11",
    )
    assert news.items[0].package == "keras"


@pytest.mark.parametrize(
    ("version", "baseline"),
    [
        ("3.12.5+w1", "3.12.4"),
        ("3.12.5.dev0+w1", "3.12.4"),
        ("3.14.0rc0+w1", "3.13.2"),
        ("3.15.1+w1", "3.15.1"),
        ("3.99.0.dev0+w1", "3.15.1"),
    ],
)
def test_a_wheel_is_compared_with_the_release_of_its_branch(
    rules: PairRules, version: str, baseline: str
) -> None:
    start = rules.catalogue
    newest = start.stable("keras")[-1]
    release = replace(
        newest,
        package=index_name("keras", Version(version)),
        version=Version(version),
        uploaded=start.written,
        file="/keras.whl",
    )
    news = find_news(start, start.with_release(release), rules)
    assert [item.name for item in news.items] == [f"keras {version}"]
    assert [str(pair.keras) for pair in news.items[0].pairs] == [baseline, version]
    assert len({pair.tensorflow for pair in news.items[0].pairs}) == 1


def test_daily_builds_are_left_out_unless_asked_for(rules: PairRules) -> None:
    assert news_between(rules, "2024-10-13", "2024-10-15").items == []


def test_candidates_that_are_superseded_are_left_out(rules: PairRules) -> None:
    news = news_between(rules, "2024-09-29", "2024-10-16")
    assert [item.name for item in news.items] == ["keras 3.6.0", "tensorflow 2.18.0rc2"]
    news = news_between(rules, "2024-10-05", "2024-10-25")
    names = {item.name for item in news.items}
    assert "tensorflow 2.18.0" in names and "tensorflow 2.18.0rc2" not in names


def test_a_candidate_whose_successor_was_yanked_is_watched(rules: PairRules) -> None:
    start, end = (rules.catalogue.as_of(end_of(day)) for day in ("2024-10-05", "2024-10-25"))
    yanked = Catalogue(
        (
            replace(release, yanked=release.yanked or str(release.version) == "2.18.0")
            for package in PACKAGES
            for release in end.releases(package)
        ),
        end.written,
    )
    news = find_news(start, yanked, rules)
    assert [item.name for item in news.items] == ["tensorflow 2.17.1", "tensorflow 2.18.0rc2"]
    assert {str(release.version) for release in news.yanked} == {"2.18.0"}


def test_a_yanked_release_is_named_and_not_run(rules: PairRules) -> None:
    news = news_between(rules, "2025-03-02", "2025-03-03")
    assert [f"{release.package} {release.version}" for release in news.yanked] == [
        "tf-keras 2.20.0"
    ]
    assert [item.name for item in news.items] == ["tf-keras 2.19.0"]


def test_a_release_older_than_every_tensorflow_has_no_pair(rules: PairRules) -> None:
    """Keras 1.1.2 came out before the first TensorFlow of the index."""
    (item,) = news_between(rules, "2016-11-25", "2016-11-26").items
    assert (item.name, item.pair, item.pairs) == ("keras 1.1.2", None, [])


def test_a_daily_build_counts_for_the_package_it_is_a_build_of() -> None:
    assert [
        canonical_package(name) for name in ("keras-nightly", "tf-nightly-cpu", "tf-keras")
    ] == [
        "keras",
        "tensorflow",
        "tf-keras",
    ]
