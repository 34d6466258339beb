"""The pair rules on the catalogue of a fixed day, so that new releases change no expectation."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from harness.releases.catalogue import Catalogue
from harness.releases.pair_rules import PairRules


@pytest.fixture(scope="session")
def rules() -> PairRules:
    return PairRules(Catalogue.load().as_of(datetime(2026, 11, 1, tzinfo=UTC)))
