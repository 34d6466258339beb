"""``.ci/issue``, which the workflow of the watch runs: it keeps one issue about regressions."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from harness.util.paths import ROOT

#: A stand-in for gh: it keeps the body of one issue in a file, and logs each call as a line.
GH = """#!/usr/bin/env bash
echo "$1 $2" >> calls
case "$1 $2" in
  "issue list") [ ! -f body ] || echo 7 ;;
  "issue view") cat body ;;
  "issue create" | "issue edit") printf '%s' "${@: -1}" > body ;;
esac
"""


@pytest.fixture
def github(tmp_path: Path) -> Path:
    (tmp_path / "gh").write_text(GH)
    (tmp_path / "gh").chmod(0o755)
    return tmp_path


def calls_of_gh(folder: Path, text: str) -> list[str]:
    """Run the script on this summary of the watch; return the gh commands that it calls."""
    (folder / "calls").unlink(missing_ok=True)
    (folder / "watch.md").write_text(text)
    subprocess.run(
        ["bash", str(ROOT / ".ci" / "issue"), "watch.md", "https://example.org/run"],
        cwd=folder, check=True, env={**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"},
    )  # fmt: skip
    return (folder / "calls").read_text().splitlines()


def test_one_issue_is_opened_and_then_kept_up_to_date(github: Path) -> None:
    text = '# Worse\n\n`$(touch broken)` `"quoted"`\n\n'
    assert calls_of_gh(github, text) == ["issue list", "label create", "issue create"]
    assert (github / "body").read_text() == text.strip()
    assert calls_of_gh(github, text) == ["issue list", "issue view"]
    assert calls_of_gh(github, text + "more") == [
        "issue list",
        "issue view",
        "issue edit",
        "issue comment",
    ]
    assert (github / "body").read_text() == text + "more"
    assert not (github / "broken").exists()


def test_a_summary_that_is_too_long_for_an_issue_is_cut(github: Path) -> None:
    calls_of_gh(github, "a line\n" * 20_000)
    assert (github / "body").stat().st_size <= 60_000
