"""The comparison of Keras 3.0.0 with Keras 2.15.0, as recorded; nobody can change it."""

from __future__ import annotations

import pytest

from harness.releases.pair_rules import PairRules
from harness.watch.comparison import Comparison
from harness.watch.news import WatchItem
from tests.watch import samples


@pytest.fixture(scope="session")
def item(rules: PairRules) -> WatchItem:
    return samples.item_of_keras_3(rules)


@pytest.fixture(scope="session")
def comparison(rules: PairRules) -> Comparison:
    return samples.compare(rules)
