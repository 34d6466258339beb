"""The limited process: what it may do, and what becomes of its answer."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from harness.userfile.describer import MEMORY, SECONDS
from harness.userfile.facts import NotAModelFile
from harness.userfile.reading import facts_about
from harness.util.errors import UsageError
from harness.util.paths import ROOT
from tests.userfile.files import saved

LIMITED = "from harness.userfile.describer import limit_process; limit_process();"


def limited(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", LIMITED + code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_answer_is_what_is_described() -> None:
    facts = facts_about(saved("3.9.0", "keras"))
    assert (facts.kind, facts.writer, facts.parameters) == ("keras", "3.9.0", 20)


def test_a_file_that_is_none_is_told(tmp_path: Path) -> None:
    path = tmp_path / "empty.keras"
    path.touch()
    with pytest.raises(NotAModelFile, match="an empty file"):
        facts_about(path)


def test_a_file_that_is_not_there_is_a_wrong_request(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no file"):
        facts_about(tmp_path / "nothing.keras")


def test_the_process_can_write_no_file(tmp_path: Path) -> None:
    path = tmp_path / "written"
    finished = limited(f"from pathlib import Path; Path({json.dumps(str(path))}).write_text('x')")
    assert "File too large" in finished.stderr
    assert path.read_bytes() == b""


def test_the_process_can_take_no_more_memory() -> None:
    assert "MemoryError" in limited(f"bytearray({MEMORY})").stderr


def test_the_process_can_take_no_more_time() -> None:
    code = "import resource; print(resource.getrlimit(resource.RLIMIT_CPU)[0])"
    assert limited(code).stdout.strip() == str(SECONDS)
