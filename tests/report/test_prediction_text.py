"""How far the ledgers foretold what became of files, in sentences."""

from __future__ import annotations

from harness.exchange.ledger.predictions import JudgedReadings, Predictions, Verdict
from harness.releases.pair import Pair
from harness.report.prediction_text import keys_in_words, prediction_sentence, reasons_in_words
from harness.results.signatures import Signature

OLD = Pair.parse("keras-3.12.4_tensorflow-2.21.0_py3.11")
NEW = Pair.parse("keras-3.15.1_tensorflow-2.21.0_py3.11")


def judged(
    verdict: Verdict, number: int = 1, *, newer: bool = True, message: str = "why\nso"
) -> JudgedReadings:
    refusal = Signature("load-error", "ValueError", message)
    keys = frozenset({(".Embedding", "batch_input_shape")})
    return JudgedReadings(OLD if newer else NEW, newer, refusal, keys, verdict, number)


def test_the_sentence_counts_each_direction_by_itself() -> None:
    found = Predictions(
        (
            judged(Verdict.FORESEEN, 20), judged(Verdict.FORESEEN), judged(Verdict.UNFORESEEN),
            judged(Verdict.NOT_REFUSED), judged(Verdict.READ, 3),
            judged(Verdict.OTHER_REASON, newer=False),
        )
    )  # fmt: skip
    assert prediction_sentence(found, newer=True) == (
        "Of 26 readings of files that are newer than their reader, 22 were refusals: 21 because of "
        "a key that the ledgers foresaw, 0 for another reason, although a key was foreseen, 1 "
        "without such a key. In 1 a key was foreseen and the file was read."
    )
    assert prediction_sentence(found, newer=False).startswith("Of 1 readings")


def test_without_readings_nothing_is_claimed() -> None:
    assert prediction_sentence(Predictions(), newer=True) == (
        "No readings of files that are newer than their reader are known."
    )


def test_reasons_are_one_line_and_equal_ones_are_counted() -> None:
    found = Predictions(
        (judged(Verdict.UNFORESEEN, 4), judged(Verdict.UNFORESEEN, message="why so"))
    )
    assert reasons_in_words(found, Verdict.UNFORESEEN, newer=True) == [("ValueError: why so", 5)]


def test_keys_are_told_with_their_classes() -> None:
    found = Predictions((judged(Verdict.NOT_REFUSED, 40),))
    assert keys_in_words(found, Verdict.NOT_REFUSED, newer=True) == (
        "Embedding.batch_input_shape (40)"
    )
    assert keys_in_words(found, Verdict.NOT_REFUSED, newer=False) == ""
