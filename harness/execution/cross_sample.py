"""The sample of the cross: which cells are run on the pairs that are not natural.

A group is one cell of one Keras release with six or seven TensorFlow releases. In 5,832 groups, no
two cells of a group differed. So such pairs run only a sample of the cases, until a cell differs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from packaging.version import Version

from harness.analysis.telling_cases import telling_cases
from harness.execution.cases import Case
from harness.execution.request import Request
from harness.releases.pair import LINEAGES, Pair
from harness.releases.pair_rules import KERAS_3, PairRules
from harness.results import store
from harness.results.model import CellKey, Result
from harness.results.signatures import Signature, signature_of

#: The case that is always in the sample: the one of the README.
HEADLINE_CASE = "interleaved_dense"


def cross_pairs(pairs: Iterable[Pair], rules: PairRules) -> list[Pair]:
    """The pairs that are not natural, for which a sample is enough."""
    natural = {pair for lineage in LINEAGES for pair in rules.natural(lineage)}
    return [pair for pair in pairs if pair not in natural]


def sample_of(cases: Sequence[Case], results: Iterable[Result], rules: PairRules) -> list[Case]:
    """The cases to run on the cross: the headline case, and the telling ones of Keras 3.

    ``results`` are those of the commit, so that every machine chooses the same cases, and the
    choice stays the same while a run replaces the stored results.
    """
    by_name = {case.name: case for case in cases}
    telling = telling_cases(results, rules, by_name, since=KERAS_3)
    return [by_name[name] for name in dict.fromkeys([HEADLINE_CASE, *telling]) if name in by_name]


def telling_first(cases: Sequence[Case], results: Iterable[Result], rules: PairRules) -> list[Case]:
    """The cases in the order to run them: the telling ones first, then the others as they are.

    Where something changed, the cases that changed before are the likeliest to show it.
    """
    if len(cases) < 2:
        return list(cases)
    by_name = {case.name: case for case in cases}
    telling = telling_cases(results, rules, by_name)
    return [by_name[name] for name in dict.fromkeys([*telling, *by_name])]


def pairs_of_differing_releases(
    pairs: Sequence[Pair], request: Request, rules: PairRules
) -> list[Pair]:
    """Those of ``pairs`` whose Keras release behaves differently with another TensorFlow.

    Such a release has a cell whose stored signatures differ between two of its pairs, which are
    those in ``pairs``, its natural pair and its pairs in the cross. Cells that other code made do
    not count.
    """
    if not pairs:
        return []
    releases = {(pair.lineage, pair.keras) for pair in pairs}
    natural = [pair for lineage in LINEAGES for pair in rules.natural(lineage)]
    others = [pair for pair in (*natural, *rules.cross()) if (pair.lineage, pair.keras) in releases]
    digests = {case.name: case.digest for case in request.cases}
    signatures: dict[tuple[str, Version], dict[CellKey, set[Signature]]] = {}
    for pair in {*pairs, *others}:
        of_release = signatures.setdefault((pair.lineage, pair.keras), {})
        for key, cell in store.read_or_empty(pair, request.folder).cells.items():
            if cell.digest == digests.get(cell.case):
                of_release.setdefault(key, set()).add(signature_of(cell))
    return [
        pair
        for pair in pairs
        if any(len(found) > 1 for found in signatures[pair.lineage, pair.keras].values())
    ]
