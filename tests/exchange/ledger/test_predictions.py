"""What the ledgers foretell, held against recorded readings and against made-up ones."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest

from harness.exchange.corpus import WriterClass
from harness.exchange.data import ExchangeData, exchange_data
from harness.exchange.ledger.compare import ClassKey
from harness.exchange.ledger.predictions import (
    Predictions,
    Verdict,
    judge_predictions,
    keys_of_files,
)
from harness.exchange.readings import readings_of
from harness.releases.pair import Pair
from harness.results.model import Cell, Result
from tests.exchange import ledgers, readings
from tests.exchange.ledgers import NEWER, OLDER, ledger_of

WRITER, READER = ledger_of(NEWER).pair, ledger_of(OLDER).pair
FILE = WriterClass("dense_twice", "keras", "0" * 12, "", "", (WRITER.id,))
WEIGHTS = WriterClass("dense_twice", "weights", "0" * 12, "", "", (WRITER.id,))
QUANTIZED = frozenset({("layers.Dense", "quantization_config")})


def reading(
    outcome: str, message: str = "", entry: WriterClass = FILE, reader: Pair = READER
) -> ExchangeData:
    cell = Cell(
        entry.case, f"{entry.format}@{entry.digest}", outcome, "digest",
        error={"type": "TypeError", "message": message, "frames": []} if message else None,
    )  # fmt: skip
    found = readings_of([Result(reader, cells={cell.key: cell})], [entry])
    return exchange_data(found, [])


def judged(one: ExchangeData, keys: frozenset[ClassKey] | None = QUANTIZED) -> Predictions:
    return judge_predictions(one, [ledger_of(NEWER), ledger_of(OLDER)], lambda _: keys)


@pytest.mark.parametrize(
    ("one", "keys", "verdict"),
    [
        (reading("load-error", "no {'quantization_config': None}"), QUANTIZED, Verdict.FORESEEN),
        (reading("load-error", "no such node"), QUANTIZED, Verdict.OTHER_REASON),
        (reading("load-error", "no such node"), frozenset(), Verdict.UNFORESEEN),
        (reading("pass"), QUANTIZED, Verdict.NOT_REFUSED),
        (reading("mismatch"), QUANTIZED, Verdict.NOT_REFUSED),
        (reading("pass"), frozenset(), Verdict.READ),
        (reading("pass"), frozenset({("layers.Dense", "units")}), Verdict.READ),
    ],
)
def test_verdicts(one: ExchangeData, keys: frozenset[ClassKey], verdict: Verdict) -> None:
    (found,) = judged(one, keys).judged
    assert found.verdict is verdict
    assert found.is_newer
    assert found.number == 1


def test_a_key_in_an_outer_message_is_not_the_reason() -> None:
    one = reading("load-error", "no 'quantization_config'. Exception encountered: no such node")
    assert judged(one).judged[0].verdict is Verdict.OTHER_REASON


def test_a_class_without_its_kind_counts_too() -> None:
    keys = frozenset({(".Dense", "quantization_config")})
    assert judged(reading("pass"), keys).judged[0].verdict is Verdict.NOT_REFUSED


@pytest.mark.parametrize(
    "one",
    [
        reading("refused", "no such node"),
        reading("accepted"),
        reading("timeout"),
        reading("pass", entry=WEIGHTS),
        reading("pass", reader=Pair.parse("keras-3.6.0_tensorflow-2.17.0_py3.11")),
    ],
)
def test_readings_that_tell_nothing_are_left_out(one: ExchangeData) -> None:
    assert judged(one).judged == ()


def test_a_file_that_cannot_be_read_is_left_out() -> None:
    assert judged(reading("load-error", "x"), None).judged == ()


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Predictions:
    """The recorded ledgers of two releases against what these made of recorded files."""
    corpus = readings.corpus(tmp_path_factory.mktemp("corpus"))
    return judge_predictions(readings.data(), ledgers.stored().ledgers, keys_of_files(corpus))


def test_the_ledgers_foretell_what_3_12_refuses_of_3_15(recorded: Predictions) -> None:
    assert recorded.total(newer=True) == Counter({Verdict.FORESEEN: 6})
    ((key, number), *_) = recorded.keys(Verdict.FORESEEN, newer=True)
    assert key[1] in ("input_axes", "output_axes", "quantization_config") and number
    ((reason, _),) = recorded.reasons(Verdict.FORESEEN, newer=True)
    assert reason.startswith("TypeError: ")


def test_what_3_15_reads_of_3_12(recorded: Predictions) -> None:
    counts = recorded.counts(newer=False)
    assert [str(pair.keras) for pair in counts] == [OLDER, NEWER]
    assert set(recorded.total(newer=False)) == {Verdict.READ}


def test_a_damaged_file_has_no_keys(tmp_path: Path) -> None:
    corpus = readings.corpus(tmp_path)
    damaged, intact = [entry for entry in corpus.classes if entry.format == "keras"][:2]
    (corpus.folder_of(damaged) / "model.keras").write_bytes(b"no archive")
    keys_of = keys_of_files(corpus)
    assert keys_of(damaged) is None
    assert keys_of(intact)
    assert keys_of_files(readings.corpus(tmp_path))(damaged), "unpacked again, it has some"


@pytest.mark.parametrize("spoilt", [False, True])
def test_keys_are_kept_beside_the_corpus(tmp_path: Path, spoilt: bool) -> None:
    corpus = readings.corpus(tmp_path)
    entry = next(entry for entry in corpus.classes if entry.format == "keras")
    keys = keys_of_files(corpus)(entry)
    (kept,) = corpus.folder.parent.glob("*.keys-*.json")
    if spoilt:
        kept.write_bytes(kept.read_bytes()[:99])
    else:
        shutil.rmtree(corpus.folder)
    assert keys_of_files(corpus)(entry) == keys
