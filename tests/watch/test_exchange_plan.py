"""Which files a watch has read."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from packaging.version import Version

from harness.releases.pair import Pair
from harness.releases.pair_rules import PairRules
from harness.util.errors import UsageError
from harness.watch.exchange_plan import ExchangePlan, ExchangePlanner, maintained_release
from tests.watch import samples

#: Plans what is read for the first item that was new between two days.
Planned = Callable[..., ExchangePlan]


@pytest.fixture
def planned(rules: PairRules) -> Planned:
    """Plans with a corpus that has the files of every release."""

    def plan(
        since: str, until: str, spec: str | None = None, *frozen: str, package: str = "keras",
        nightly: bool = False,
    ) -> ExchangePlan:  # fmt: skip
        end = rules.catalogue.as_of(samples.end_of(until))
        news = samples.news_between(rules, since, until, nightly=nightly)
        item = next(item for item in news.items if item.package == package)
        writers = [*rules.natural(), *rules.natural("tf-keras")]
        planner = ExchangePlanner(writers, end, rules, spec=spec, frozen=frozen)
        return planner.plan(item)

    return plan


def releases(pairs: tuple[Pair, ...]) -> list[str]:
    return [str(pair.keras) for pair in pairs]


def test_the_newest_minors_and_the_last_of_each_major_are_read(planned: Planned) -> None:
    plan = planned("2024-11-25", "2024-11-26")
    assert releases(plan.writers) == ["2.15.0", "3.3.3", "3.4.1", "3.5.0", "3.6.0"]


def test_a_release_reads_no_files_that_are_newer_than_itself(planned: Planned) -> None:
    assert "3.13.0" not in releases(planned("2025-10-26", "2025-10-27").writers)


def test_chosen_writers_are_read_instead(planned: Planned) -> None:
    assert releases(planned("2024-11-25", "2024-11-26", "3.4").writers) == ["3.4.0", "3.4.1"]
    assert releases(planned("2024-11-25", "2024-11-26", "<3.0.2,>=3").writers) == ["3.0.0", "3.0.1"]


def test_a_writer_that_the_corpus_lacks_is_refused(rules: PairRules) -> None:
    with pytest.raises(UsageError, match=r"the corpus has no files of Keras 3\.6\.0"):
        ExchangePlanner([], rules.catalogue, rules, spec="3.6.0")


def test_the_baseline_reads_the_new_files(planned: Planned) -> None:
    plan = planned("2024-11-25", "2024-11-26")
    assert plan.readers == (plan.item.baseline,)


def test_the_maintained_branch_reads_the_files_of_a_newer_one(planned: Planned) -> None:
    plan = planned("2026-04-02", "2026-04-03")
    assert releases(plan.readers) == ["3.13.2", "3.12.1"]


def test_a_patch_of_the_maintained_branch_is_read_by_the_newest_release(planned: Planned) -> None:
    plan = planned("2026-01-29", "2026-01-30")
    assert str(plan.item.release.version) in ("3.12.1", "3.13.2")
    assert "3.13.1" in releases(plan.readers) or "3.13.2" in releases(plan.readers)


def test_what_somebody_keeps_reads_the_new_files_too(planned: Planned) -> None:
    plan = planned("2024-11-25", "2024-11-26", None, "3.4.1", "2.15.0")
    assert releases(plan.readers) == ["3.6.0", "3.4.1", "2.15.0"]


def test_a_new_tensorflow_writes_no_new_files(planned: Planned) -> None:
    plan = planned("2024-10-24", "2024-10-25", package="tensorflow")
    assert plan.readers == ()
    assert "3.6.0" not in releases(plan.writers)  # the baseline is of that release


def test_tf_keras_reads_its_own_files_and_those_of_keras_2(planned: Planned) -> None:
    plan = planned("2024-10-24", "2024-10-25", package="tf-keras", nightly=True)
    assert [(writer.lineage, str(writer.keras)) for writer in plan.writers] == [
        ("keras", "2.15.0"),
        ("tf-keras", "2.15.1"),
        ("tf-keras", "2.16.0"),
        ("tf-keras", "2.17.0"),
        ("tf-keras", "2.18.0"),
    ]
    assert plan.readers == ()


@pytest.mark.parametrize(
    ("day", "version"), [("2025-12-16", None), ("2026-02-01", "3.12.1"), ("2026-09-01", "3.12.4")]
)
def test_a_branch_is_maintained_that_had_a_release_after_a_newer_one(
    rules: PairRules, day: str, version: str | None
) -> None:
    catalogue = rules.catalogue.as_of(samples.end_of(day))
    found = maintained_release(catalogue.stable("keras"), catalogue)
    assert found == (Version(version) if version else None)
    assert maintained_release([], catalogue) is None
