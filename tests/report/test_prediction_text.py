"""How far the ledgers foretold what became of files, in sentences."""

from __future__ import annotations

from harness.exchange.corpus import WriterClass
from harness.exchange.data import Exchange
from harness.exchange.ledger_predictions import JudgedReading, Predictions, Verdict
from harness.releases.pair import Pair
from harness.report.prediction_text import keys_in_words, prediction_sentence, reasons_in_words
from harness.results.signatures import Signature

OLD = Pair.parse("keras-3.12.4_tensorflow-2.21.0_py3.11")
NEW = Pair.parse("keras-3.15.1_tensorflow-2.21.0_py3.11")
FILE = WriterClass("dense_twice", "keras", "0" * 12, "", "", (NEW.id,))


def judged(verdict: Verdict, *, newer: bool = True, message: str = "why\nso") -> JudgedReading:
    writer, reader = (NEW, OLD) if newer else (OLD, NEW)
    refusal = Signature("load-error", "ValueError", message)
    keys = frozenset({(".Embedding", "batch_input_shape")})
    return JudgedReading(Exchange(writer, reader, FILE, refusal), verdict, keys)


def test_the_sentence_counts_each_direction_by_itself() -> None:
    found = Predictions(
        (
            judged(Verdict.FORESEEN), judged(Verdict.FORESEEN), judged(Verdict.UNFORESEEN),
            judged(Verdict.NOT_REFUSED), judged(Verdict.READ),
            judged(Verdict.OTHER_REASON, newer=False),
        )
    )  # fmt: skip
    assert prediction_sentence(found, newer=True) == (
        "Of 5 readings of files that are newer than their reader, 3 were refusals: 2 because of a "
        "key that the ledgers foresaw, 0 for another reason, although a key was foreseen, 1 "
        "without such a key. In 1 a key was foreseen and the file was read."
    )
    assert prediction_sentence(found, newer=False).startswith("Of 1 readings")


def test_without_readings_nothing_is_claimed() -> None:
    assert prediction_sentence(Predictions(), newer=True) == (
        "No readings of files that are newer than their reader are known."
    )


def test_reasons_are_one_line_and_equal_ones_are_counted() -> None:
    found = Predictions((judged(Verdict.UNFORESEEN), judged(Verdict.UNFORESEEN, message="why so")))
    assert reasons_in_words(found, Verdict.UNFORESEEN, newer=True) == [("ValueError: why so", 2)]


def test_keys_are_told_with_their_classes() -> None:
    found = Predictions((judged(Verdict.NOT_REFUSED),))
    assert keys_in_words(found, Verdict.NOT_REFUSED, newer=True) == (
        "Embedding.batch_input_shape (1)"
    )
    assert keys_in_words(found, Verdict.NOT_REFUSED, newer=False) == ""
