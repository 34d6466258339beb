"""The tables of what is stored of some pairs, which takes far less time than those of everything.

The module imports nothing that only the whole report needs: a screen should not wait for it.
"""

from __future__ import annotations

from collections.abc import Iterable

from harness.analysis.views import Tables, make_tables_of_some
from harness.execution.cases import all_cases, code_digests
from harness.releases.pair import Pair
from harness.releases.pair_rules import PairRules
from harness.results import store
from harness.results.validity import without_outdated


def read_stored_of(pairs: Iterable[Pair], rules: PairRules) -> Tables:
    """The tables of what the present code found out about these pairs.

    Change points have neither culprits nor annotations. Damaged files are left out: the plan of a
    run has named them.
    """
    stored = [store.read_or_empty(pair) for pair in pairs]
    results, _ = without_outdated(stored, code_digests(all_cases()))
    return make_tables_of_some(results, rules)
