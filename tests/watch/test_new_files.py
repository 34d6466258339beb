"""What other releases make of the files of a new one."""

from __future__ import annotations

from collections.abc import Mapping

from harness.exchange.ledger.compare import UnacceptedKeys
from harness.releases.pair import Pair
from harness.releases.pair_rules import PairRules
from harness.results.model import Cell, CellKey, ExceptionRecord
from harness.watch.new_files import ReaderOfNewFiles, read_by_other
from harness.watch.new_files_in_words import ledger_in_words, reader_in_words, refusal_in_words
from tests.watch import samples

READER = Pair.parse("keras-3.12.0_tensorflow-2.20.0_py3.11")
REFUSAL: ExceptionRecord = {
    "type": "TypeError",
    "message": "Unrecognized keyword arguments passed to Dense: {'quantization_config': None}",
    "frames": [],
}
KEYS = UnacceptedKeys(
    (("quantization_config", "null"),), ("layers.Dense",), ("layers.Dense", "layers.GRU")
)
OTHER_KEYS = UnacceptedKeys((("renorm", "false"),), ("layers.X",), ("layers.X",))
#: Two cases in one format: the files of the new release and those of the baseline.
NEW_FILES: Mapping[CellKey, CellKey] = {
    ("a", "keras"): ("a", "keras@a1"),
    ("b", "keras"): ("b", "keras@b1"),
}
OLD_FILES: Mapping[CellKey, CellKey] = {
    ("a", "keras"): ("a", "keras@a0"),
    ("b", "keras"): ("b", "keras@b0"),
}


def cells(**outcomes: str) -> dict[CellKey, Cell]:
    """The cells of a reader by the digest of the file, whose first letter is the case."""
    found = [
        Cell(
            digest[0], f"keras@{digest}", outcome, "digest",
            error=REFUSAL if outcome == "load-error" else None,
        )
        for digest, outcome in outcomes.items()
    ]  # fmt: skip
    return {cell.key: cell for cell in found}


def reader_of(**outcomes: str) -> ReaderOfNewFiles:
    found = read_by_other(READER, cells(**outcomes), NEW_FILES, OLD_FILES, [OTHER_KEYS, KEYS])
    assert found is not None
    return found


def test_what_is_refused_although_the_same_was_read_of_the_baseline_is_new() -> None:
    found = reader_of(a1="load-error", b1="pass", a0="pass", b0="pass")
    assert (found.read, found.files, found.read_before, found.files_before) == (1, 2, 2, 2)
    (refusal,) = found.refusals
    assert refusal.files == (("a", "keras"),)
    assert refusal.signature.type == "TypeError"


def test_what_was_refused_of_the_baseline_is_no_news() -> None:
    found = reader_of(a1="load-error", b1="load-error", a0="load-error", b0="pass")
    assert [refusal.files for refusal in found.refusals] == [(("b", "keras"),)]


def test_a_refusal_has_the_line_of_the_ledger_whose_key_its_message_names() -> None:
    (refusal,) = reader_of(a1="load-error", b1="pass", a0="pass", b0="pass").refusals
    assert refusal.ledger == (KEYS,)
    (silent,) = reader_of(a1="mismatch", b1="pass", a0="pass", b0="pass").refusals
    assert silent.ledger == ()


def test_files_that_should_be_refused_do_not_count_as_read() -> None:
    refused = cells(a1="refused", b1="load-error", a0="refused", b0="pass")
    to_refuse = [("a", "keras")]
    found = read_by_other(READER, refused, NEW_FILES, OLD_FILES, to_refuse=to_refuse)
    assert found is not None
    assert (found.read, found.files, found.read_before, found.files_before) == (0, 1, 1, 1)
    only_refused = cells(a1="refused", a0="refused")
    assert read_by_other(READER, only_refused, NEW_FILES, OLD_FILES, to_refuse=to_refuse) is None


def test_a_format_that_the_reader_lacks_does_not_count() -> None:
    found = reader_of(a1="unsupported", b1="pass", a0="pass", b0="pass")
    assert (found.read, found.files, found.refusals) == (1, 1, ())


def test_a_reader_that_has_read_nothing_says_nothing() -> None:
    assert read_by_other(READER, cells(a0="pass"), NEW_FILES, OLD_FILES) is None


def test_a_reader_in_words(rules: PairRules) -> None:
    item = samples.item_of_keras_3(rules)
    found = reader_of(a1="load-error", b1="pass", a0="pass", b0="pass")
    assert reader_in_words(found, item) == (
        "keras 3.12.0 reads 1 of 2 files of keras 3.0.0; all 2 files of keras 2.15.0"
    )
    (refusal,) = found.refusals
    assert refusal_in_words(refusal) == (
        "a (keras)", f"load-error TypeError: {REFUSAL['message']}"
    )  # fmt: skip
    assert ledger_in_words(KEYS) == "quantization_config=null, written by layers.Dense"


def test_only_the_first_of_many_owners_are_named() -> None:
    many = KEYS._replace(owners=tuple("abcdef"))
    assert ledger_in_words(many).endswith("written by a, b, c, d and 2 more")
