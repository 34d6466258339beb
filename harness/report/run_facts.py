"""The facts of a run in sentences: what was selected, what was known, and what was run."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from harness.releases.pair import Pair, releases_in_words
from harness.util.wording import counted


@dataclass(frozen=True)
class RunFacts:
    """The selected cases, formats and pairs; of their ``cells`` cells, ``run`` were run.

    ``unknown`` of them are still not known; ``not_planned`` were left out because a sample is
    enough. ``duration`` is how long the run took, in words. With ``may_be_older``, a session that
    was to run known cells again has failed: fewer may have been run, and the others keep older
    results.
    """

    cases: Sequence[str]
    formats: Sequence[str]
    pairs: str
    cells: int
    run: int = 0
    unknown: int = 0
    not_planned: int = 0
    duration: str = ""
    may_be_older: bool = False

    def sentences(self) -> Iterator[str]:
        """Two sentences: what was selected; what was known and what was run."""
        cases = self.cases[0] if len(self.cases) == 1 else counted(len(self.cases), "case")
        formats = self.formats[0] if len(self.formats) == 1 else f"{len(self.formats)} formats"
        yield f"Selected: {cases}, {formats}, {self.pairs}."
        yield f"Known: {self._known()}"

    def _known(self) -> str:
        wanted = self.cells - self.not_planned
        before = wanted - self.run - self.unknown
        if before == wanted:
            cells = "the cell" if wanted == 1 else f"all {wanted:,} cells"
            text = f"{cells}, so nothing was run ({self.duration})."
        else:
            was, be = ("was" if self.run == 1 else "were"), ("is" if self.unknown == 1 else "are")
            unknown = f", and {self.unknown:,} {be} still unknown" if self.unknown else ""
            most, rest = "", ""
            if self.may_be_older:
                most, rest = "up to ", "; those that were not keep older results"
            text = f"{before:,} of {counted(wanted, 'cell')}; {most}{self.run:,} {was} run in "
            text += f"{self.duration}{unknown}{rest}."
        if self.not_planned:
            text += f" {self.not_planned:,} more need not be run, because a sample is enough."
        return text


def pairs_in_words(pairs: Sequence[Pair], natural_ids: Collection[str]) -> str:
    """Name the pairs by their number and their releases; one pair by its id."""
    if len(pairs) == 1:
        return pairs[0].id
    lineages = sorted({pair.lineage for pair in pairs})
    releases = " and ".join(_releases(lineage, pairs) for lineage in lineages)
    if {pair.id for pair in pairs} <= set(natural_ids):
        return f"{len(pairs)} natural pairs of {releases}"
    versions = [pair.tensorflow for pair in pairs]
    return f"{len(pairs)} pairs of {releases} with TensorFlow " + releases_in_words(
        min(versions), max(versions)
    )


def _releases(lineage: str, pairs: Sequence[Pair]) -> str:
    versions = [pair.keras for pair in pairs if pair.lineage == lineage]
    name = "Keras" if lineage == "keras" else lineage
    return f"{name} {releases_in_words(min(versions), max(versions))}"
