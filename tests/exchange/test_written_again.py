"""Real releases write files again: the corpus names the same logical digests for them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.environments.builder import Environment
from harness.exchange.content.logical_digest import logical_digest
from harness.exchange.corpus import read_index
from harness.exchange.saved_files import EXCHANGED_FORMATS, kept_files
from harness.util.errors import ExitCode
from tests.conftest import Checkout

WRITERS = (
    "keras-3.7.0_tensorflow-2.18.0_py3.11",
    "keras-3.8.0_tensorflow-2.18.0_py3.11",
    "keras-3.9.0_tensorflow-2.18.0_py3.11",
)
CASES = ("dense_twice", "siamese_pair", "text_vectorization", "contract_node_past_end")


@pytest.mark.real
def test_three_writers_write_the_same_files_again(
    tmp_path: Path, environments: Callable[[str], Environment]
) -> None:
    checkout = Checkout(tmp_path / "checkout")
    kept = tmp_path / "kept"
    asked = [f"--case={case}" for case in CASES] + [
        f"--format={name}" for name in EXCHANGED_FORMATS
    ]
    for writer in WRITERS:
        checkout.lend(environments(writer))
        code, output = checkout.nox(f"pair({writer})", f"--keep={kept}", *asked)
        assert code == ExitCode.KNOWN, output
    known = {
        (writer, entry.case, entry.format): entry.digest
        for entry in read_index()
        if entry.case in CASES
        for writer in entry.writers
    }
    written = {
        (saved.writer.id, saved.case, saved.format): logical_digest(saved.folder, saved.format)
        for saved in kept_files(kept)
    }
    assert len(written) > len(WRITERS) * len(CASES)
    assert written == {key: known.get(key) for key in written}
