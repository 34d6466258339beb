"""The page of the ledgers: what one release writes into configs and others do not accept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from harness.exchange.ledger.compare import Comparison, Trial
from harness.exchange.ledger.ledger import Ledger
from harness.exchange.ledger.predictions import Predictions, Verdict
from harness.exchange.ledger.store import StoredLedgers
from harness.releases.branches import ReleaseBranches
from harness.releases.pair import Pair
from harness.report.ledger_text import errors_in_words, trial_sentence
from harness.report.prediction_text import keys_in_words, prediction_sentence, reasons_in_words
from harness.report.site.content import SiteContent
from harness.report.site.rendering import render


@dataclass(frozen=True)
class Section:
    """What one release writes and another does not accept; ``trial`` is None if it is not known."""

    comparison: Comparison
    trial: Trial | None

    @property
    def anchor(self) -> str:
        """The id of the section on the page."""
        return f"{self.comparison.writer}-to-{self.comparison.reader}"

    @property
    def is_empty(self) -> bool:
        """Whether the reader has every class and accepts every key, and is known to read all."""
        return not (
            self.comparison.absent
            or self.comparison.unaccepted
            or self.trial is None
            or self.trial.refused
        )

    @property
    def sentence(self) -> str:
        """How many instances the reader refused, if it was asked to read them."""
        return trial_sentence(self.comparison, self.trial)

    @property
    def other_reasons(self) -> list[tuple[str, list[str]]]:
        """The exceptions that no key made foreseeable, and their classes."""
        return errors_in_words(self.trial) if self.trial else []


@dataclass(frozen=True)
class Square:
    """How many of the default instances of a writer a reader refuses; None if it is not known."""

    refused: int | None
    common: int


@dataclass(frozen=True)
class Part:
    """A part of the page: the sections that are not empty.

    ``quiet`` are the writers and readers of the empty ones.
    """

    name: str
    title: str
    sections: list[Section]
    quiet: list[tuple[str, str]]


@dataclass(frozen=True)
class HeldAgainst:
    """The ledgers compared with the readings of saved files in one direction.

    ``counts`` has the verdicts by reader. ``reasons`` are the exceptions of the refusals without a
    foreseen key; ``keys`` are those that were foreseen although the file was read.
    """

    name: str
    sentence: str
    counts: Mapping[Pair, Counter[Verdict]]
    reasons: list[tuple[str, int]]
    keys: str


def ledger_page(content: SiteContent) -> tuple[str, str]:
    """The path and the text of the page."""
    stored = content.ledgers
    minors = last_patches(stored.ledgers)
    lattice = {
        (writer.release, reader.release): _square(stored, writer, reader)
        for writer in minors
        for reader in minors
        if writer is not reader
    }
    parts = list(_parts(stored, minors, _steps(content)))
    predictions = content.predict()
    return "ledger.html", render(
        "ledger.html",
        "ledger.html",
        releases=[ledger.release for ledger in stored.ledgers],
        minors=[ledger.release for ledger in minors],
        lattice=lattice,
        parts=parts,
        anchors={section.anchor for part in parts for section in part.sections},
        not_made=minors[-1].not_made if minors else {},
        held=[_held(predictions, newer=newer) for newer in (True, False)],
        verdicts=list(Verdict),
    )


def _held(predictions: Predictions, *, newer: bool) -> HeldAgainst:
    """How files that are newer, or not newer, than their readers are read."""
    return HeldAgainst(
        "newer" if newer else "older",
        prediction_sentence(predictions, newer=newer),
        predictions.counts(newer=newer),
        reasons_in_words(predictions, Verdict.UNFORESEEN, newer=newer),
        keys_in_words(predictions, Verdict.NOT_REFUSED, newer=newer),
    )


def _square(stored: StoredLedgers, writer: Ledger, reader: Ledger) -> Square:
    refusals = stored.refusals_of(reader.pair)
    refused = len(refusals.of(writer)) if refusals.has_tried(writer) else None
    return Square(refused, sum(map(reader.has, writer.readable)))


def last_patches(ledgers: Sequence[Ledger]) -> list[Ledger]:
    """The ledger of the last patch release of each minor; ``ledgers`` are in their order."""
    by_minor = groupby(ledgers, key=lambda ledger: ledger.pair.keras.release[:2])
    return [list(patches)[-1] for _, patches in by_minor]


def _steps(content: SiteContent) -> list[tuple[Ledger, Ledger]]:
    """Each release after the one before it, oldest first.

    The one before is that of the next lower version, and also the one that it was developed from:
    3.13.0 follows 3.12.4, and 3.12.0.
    """
    ledgers = {ledger.pair.keras: ledger for ledger in content.ledgers.ledgers}
    branches = ReleaseBranches(ledgers, content.rules.catalogue, "keras")
    by_branch = {
        (older, newer)
        for newer, older in branches.with_predecessors(tuple(branches.versions))
        if older is not None
    }
    steps = sorted(by_branch.union(pairwise(branches.versions)), key=lambda step: step[::-1])
    return [(ledgers[older], ledgers[newer]) for older, newer in steps]


def _parts(
    stored: StoredLedgers, minors: Sequence[Ledger], steps: Sequence[tuple[Ledger, Ledger]]
) -> Iterator[Part]:
    """The parts of the page; a section stands in the first part that has it.

    ``steps`` are releases, each after the one before it.
    """
    seen: set[str] = set()
    selections: list[tuple[str, str, Iterable[tuple[Ledger, Ledger]]]] = [
        (
            "newest",
            f"What {minors[-1].release if minors else 'the newest release'} writes, read by the "
            "last release of each minor before",
            [(minors[-1], reader) for reader in minors[-2::-1]],
        ),
        (
            "older-readers",
            "What a release writes, read by the one before it, by version and by branch",
            [(newer, older) for older, newer in steps[::-1]],
        ),
        (
            "newer-readers",
            "What a release writes, read by the one after it, by version and by branch",
            [(older, newer) for older, newer in steps[::-1]],
        ),
    ]
    for name, title, pairs in selections:
        sections = [Section(*stored.compare(writer, reader)) for writer, reader in pairs]
        new = [section for section in sections if section.anchor not in seen]
        seen |= {section.anchor for section in new}
        quiet = [
            (section.comparison.writer, section.comparison.reader)
            for section in new
            if section.is_empty
        ]
        if new:
            yield Part(name, title, [each for each in new if not each.is_empty], quiet)
