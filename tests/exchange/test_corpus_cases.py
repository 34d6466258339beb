"""What another project is told about the cases of the corpus."""

from __future__ import annotations

import json

from harness.exchange.corpus_cases import corpus_cases
from harness.execution.cases import all_cases


def test_files_that_must_be_refused_and_files_that_need_classes_are_told() -> None:
    told = json.loads(corpus_cases(all_cases()))
    assert list(told) == sorted(told)
    assert "keras" in told["contract_file_cut_short"]["must_refuse"]
    assert told["interleaved_dense"] == {
        "summary": "One Dense layer called twice with another layer in between.",
        "must_refuse": [],
        "custom_objects": False,
    }
    assert told["borrowed_kernel"]["custom_objects"]
