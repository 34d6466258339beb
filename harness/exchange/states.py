"""The states of installed wheels, each a folder with cases and results: how a new one is made.

It begins as a copy of what the wheel ships. Results of other wheels are added as far as the same
code has made them: a cell is valid for one code of its case and of the runner. If several states
have one cell, that of the newest state counts.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from filelock import FileLock

from harness.exchange.reading import reading_codes
from harness.execution.cases import all_cases, code_digests
from harness.releases.catalogue import Catalogue
from harness.releases.pair import Pair
from harness.results import store
from harness.results.merge import LocatedResult, merge_results
from harness.results.validity import CodeDigests, without_outdated
from harness.util.paths import EXCHANGE, RESULTS, ROOT
from harness.util.shipped import SHIPPED

#: The end of the name of a folder that is being made.
PART = ".part"


def make_state(root: Path = ROOT, shipped: Path = SHIPPED) -> None:
    """Make the folder of a wheel's state, unless another process has made it meanwhile."""
    root.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(root.parent / "states.lock"):
        if root.exists():
            return
        part = root.with_name(root.name + PART)
        shutil.rmtree(part, ignore_errors=True)
        shutil.copytree(shipped, part)
        if others := sorted(_others(root), reverse=True):
            newer = [folder for folder in others if folder.name > root.name]
            older = [folder for folder in others if folder.name < root.name]
            _take_over(part, newer, older)
        part.rename(root)


def _others(root: Path) -> Iterator[Path]:
    for folder in root.parent.iterdir():
        if folder.is_dir() and folder != root and not folder.name.endswith(PART):
            yield folder


def _take_over(part: Path, newer: Sequence[Path], older: Sequence[Path]) -> None:
    """Merge the valid results of other states into a new one, the newest first."""
    cases = all_cases(part / "cases")
    cells = code_digests(cases)
    catalogue = Catalogue.load(part / "catalogue.json")
    for inside, digests in (
        (Path("reports", RESULTS.name), cells),
        (Path("reports", EXCHANGE.name), replace(cells, cases=reading_codes(cases))),
    ):
        own, _ = store.read_all(part / inside)
        states = [
            *(_valid(folder / inside, digests) for folder in newer),
            {result.pair: LocatedResult(result, str(part)) for result in own},
            *(_valid(folder / inside, digests) for folder in older),
        ]
        for pair in {pair for state in states for pair in state if _is_known(pair, catalogue)}:
            found = [state[pair] for state in states if pair in state]
            if any(located.where != str(part) for located in found):
                store.write(merge_results(found, digests)[0], part / inside)


def _valid(folder: Path, digests: CodeDigests) -> dict[Pair, LocatedResult]:
    """The results of a state that the present code has made."""
    results, _ = without_outdated(store.read_all(folder)[0], digests)
    return {result.pair: LocatedResult(result, str(folder)) for result in results}


def _is_known(pair: Pair, catalogue: Catalogue) -> bool:
    releases = ((pair.lineage, pair.keras), ("tensorflow", pair.tensorflow))
    return all(catalogue.find(package, version) for package, version in releases)
