"""Signatures: which differences make another behaviour, and which are chance."""

from __future__ import annotations

import re

import pytest

from harness.results.model import Cell, ExceptionRecord, Result
from harness.results.signatures import (
    RUNS,
    UNMARKED_CUT,
    Signature,
    contrast,
    raising_frame,
    signature_of,
    signature_of_pair,
)
from tests import recorded

#: What must be in no signature: addresses, temporary folders, installed files, absolute paths.
UNSTABLE = re.compile(r"0x[0-9a-fA-F]+|/tmp/|site-packages|cell-\w{8}|(?<![\w.:/])/(?:[\w.-]+/)+")


def failed(message: str, outcome: str = "load-error") -> Cell:
    error: ExceptionRecord = {
        "type": "ValueError",
        "message": message,
        "frames": [["__main__", "run", 1], ["keras.src.saving.file", "load", 2]],
    }
    return Cell("case", "keras", outcome, "digest", error=error)


@pytest.mark.parametrize(
    "message",
    [
        "Unable to create file (name = '<scratch>/cell-o9ax0tq9/model.h5', errno = 17)",
        'captures tensor <ResourceHandle(name="Resource-3966-at-0x55ac0669e260")>',
        "No such file: '/tmp/tmpk3j/model.keras'",
        'File "/opt/envs/a/lib/python3.11/site-packages/keras/saving.py", line 3, in load\n  x()\n',
    ],
)
def test_a_signature_leaves_out_addresses_and_paths(message: str) -> None:
    assert UNSTABLE.search(message)
    assert not UNSTABLE.search(signature_of(failed(message)).message)


def test_no_recorded_signature_holds_an_address_or_an_absolute_path() -> None:
    signatures = {
        signature_of(cell) for result in recorded.results() for cell in result.cells.values()
    }
    texts = {signature.message for signature in signatures if signature.message}
    texts |= {signature.place for signature in signatures if signature.place}
    assert len(texts) > 30
    assert [text for text in texts if UNSTABLE.search(text)] == []


def test_a_message_cut_without_a_mark_is_one_that_was_cut() -> None:
    unmarked = f"no layer in config={{{'x' * 5000}"[:UNMARKED_CUT]
    assert signature_of(failed(unmarked)).message == "no layer in <config>"
    assert signature_of(failed(unmarked[:-1])).message.endswith("xxx")


def test_signature_of_issue_20307() -> None:
    result = recorded.result("keras-3.6.0_tensorflow-2.17.0_py3.11")
    signature = signature_of(result.cells["interleaved_dense", "keras"])
    assert (signature.outcome, signature.type) == ("load-error", "ValueError")
    assert signature.message.startswith("Layer node index out of bounds")
    assert signature.module == "keras.models.functional"
    assert signature.label == "load-error ValueError"


def test_the_place_where_a_hang_was_interrupted_is_not_in_its_signature() -> None:
    assert signature_of(failed("no end after 30 s", outcome="timeout")) == Signature("timeout")


def test_a_label_names_no_type_that_the_outcome_implies() -> None:
    assert Signature("mismatch", "Different").label == "mismatch"
    assert Signature("crash", "Crash").label == "crash"
    assert Signature("save-error", "TypeError").label == "save-error TypeError"


@pytest.mark.parametrize(
    "module",
    ["tensorflow.python.keras.models", "keras.src.models", "tf_keras.src.models", "keras.models"],
)
def test_the_raising_frame_is_the_same_wherever_keras_lived(module: str) -> None:
    frames = [["__main__", "run", 1], [module, "load", 2]]
    assert raising_frame({"frames": frames}) == ("keras.models", "load")


@pytest.mark.parametrize("module", ["__main__", "reader"])
def test_a_mismatch_is_the_same_however_the_reader_was_started(module: str) -> None:
    error: ExceptionRecord = {
        "type": "Different",
        "message": "output values: differ at output 0",
        "frames": [[module, "round_trip", 59]],
    }
    signature = signature_of(Cell("a", "h5@0", "mismatch", "digest", error=error))
    message = "output values: differ at output 0"
    assert signature == Signature("mismatch", "Different", message)


def test_an_exception_without_frames_has_no_raising_frame() -> None:
    assert raising_frame({"frames": []}) == ("", "")


def test_the_signature_of_a_pair_is_that_it_runs_or_why_it_does_not() -> None:
    result = recorded.result("keras-3.6.0_tensorflow-2.17.0_py3.11")
    assert signature_of_pair(result) == Signature(RUNS)
    absent = Result(result.pair, outcome="import-error", reason="No module  named 'x'")
    assert signature_of_pair(absent) == Signature("import-error", message="No module named 'x'")


def test_long_messages_are_contrasted_from_the_word_before_the_difference() -> None:
    lead = "File not found in any of the places that were searched, "
    one, other = (Signature("load-error", "OSError", lead + word) for word in ("here", "there"))
    assert contrast(one, other) == (
        "load-error OSError: … searched, here",
        "load-error OSError: … searched, there",
    )


def test_short_messages_are_contrasted_as_a_whole() -> None:
    one = Signature("mismatch", "Different", "check: seed: a b")
    other = Signature("mismatch", "Different", "check: seed: c")
    assert contrast(one, other) == ("mismatch: check: seed: a b", "mismatch: check: seed: c")


def test_equal_messages_are_contrasted_by_the_raising_frame() -> None:
    one = Signature("load-error", "KeyError", "x", "keras.models", "load")
    other = Signature("load-error", "KeyError", "x", "keras.layers", "load")
    assert contrast(one, other) == (
        "load-error KeyError in keras.models.load",
        "load-error KeyError in keras.layers.load",
    )
