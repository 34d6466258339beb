"""The tables of the recorded results, in which the fix of issue 20307 is explained."""

from __future__ import annotations

import pytest

from harness.analysis.annotations import Annotation
from harness.analysis.views import Tables, make_tables
from harness.releases.pair_rules import PairRules
from tests import recorded

FIX = Annotation(
    "3.6.0", "3.7.0", "the fix", ("keras-team/keras#20389",), cases=("interleaved_dense",)
)


@pytest.fixture(scope="session")
def tables(rules: PairRules) -> Tables:
    return make_tables(recorded.results(), rules, [FIX])
