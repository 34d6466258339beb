"""How well the ledgers predict which saved files are refused, in sentences."""

from __future__ import annotations

from collections import Counter

from harness.exchange.ledger.predictions import Predictions, Verdict
from harness.util.escaping import one_line, shortened

#: How many reasons are shown, and characters of each.
MOST_REASONS, LONGEST_REASON = 8, 160


def prediction_sentence(predictions: Predictions, *, newer: bool) -> str:
    """How files that are newer, or not newer, than their readers are read."""
    counts = predictions.total(newer=newer)
    direction = "newer than" if newer else "not newer than"
    if not counts:
        return f"No readings of files that are {direction} their reader are known."
    refused = _refused(counts)
    clauses = [
        f"{counts[Verdict.FORESEEN]:,} because of a key that the ledgers foresaw",
        f"{counts[Verdict.OTHER_REASON]:,} for another reason, although a key was foreseen",
        f"{counts[Verdict.UNFORESEEN]:,} without such a key",
    ]
    return (
        f"Of {counts.total():,} readings of files that are {direction} their reader, {refused:,} "
        f"were refusals: {', '.join(clauses)}. {_false_alarms(counts[Verdict.NOT_REFUSED])}"
    )


def _false_alarms(number: int) -> str:
    if not number:
        return "No file with a foreseen key was read."
    return f"In {number:,} a key was foreseen and the file was read."


def _refused(counts: Counter[Verdict]) -> int:
    return counts[Verdict.FORESEEN] + counts[Verdict.OTHER_REASON] + counts[Verdict.UNFORESEEN]


def reasons_in_words(
    predictions: Predictions, verdict: Verdict, *, newer: bool
) -> list[tuple[str, int]]:
    """The most frequent exceptions of refusals of a verdict, and how often they were raised."""
    counts: Counter[str] = Counter()
    for text, number in predictions.reasons(verdict, newer=newer):
        counts[shortened(one_line(text), LONGEST_REASON)] += number
    return counts.most_common(MOST_REASONS)


def keys_in_words(predictions: Predictions, verdict: Verdict, *, newer: bool) -> str:
    """The keys that were foreseen in readings of a verdict: "Embedding.batch_input_shape (40)"."""
    return ", ".join(
        f"{one_line(owner).removeprefix('.')}.{one_line(key)} ({number})"
        for (owner, key), number in predictions.keys(verdict, newer=newer)[:MOST_REASONS]
    )
