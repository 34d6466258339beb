"""``matrix --shard``: a run in parts, in git clones."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from harness.results.model import Result
from harness.util.errors import ExitCode
from tests import recorded
from tests.cli.clones import CELLS, PAIRS, Clone, MakeClone, assert_same_results, git
from tests.conftest import Checkout

SLOWEST = "keras-2.2.0_tensorflow-1.8.0_py3.6"
FASTER = [
    "keras-3.6.0_tensorflow-2.17.0_py3.11", "keras-3.6.0_tensorflow-2.18.1_py3.11",
    "keras-3.6.0_tensorflow-2.19.1_py3.11",
]  # fmt: skip


def split_of(output: str) -> str:
    """The fingerprint of the split, from the first line of a shard's output."""
    match = re.search(r"^shard \d/2 of split (\w+): \d of \d pairs, ", output, re.MULTILINE)
    assert match is not None, output
    return match[1]


@pytest.mark.real
def test_two_shards_in_two_clones_merged_are_the_unsharded_run(
    clone: MakeClone, unsharded: list[Result]
) -> None:
    clones = [clone("first"), clone("second")]
    runs = [
        each.start("matrix", *PAIRS, *CELLS, "-j1", f"--shard={number}/2")
        for number, each in enumerate(clones, 1)
    ]
    outputs = [run.communicate()[0] for run in runs]
    assert [run.returncode for run in runs] == [ExitCode.KNOWN, ExitCode.KNOWN], outputs
    assert [len(list(each.results.glob("*.json"))) for each in clones] == [1, 1]
    assert split_of(outputs[0]) == split_of(outputs[1])
    merged = clone("merged")
    code, output = merged.nox("merge", *(str(each.folder) for each in clones))
    assert code == ExitCode.KNOWN, output
    assert_same_results(merged, unsharded)


def test_only_committed_results_change_the_split(origin: Checkout, tmp_path: Path) -> None:
    clone = Clone(origin, tmp_path / "clone")
    arguments = ["--keras=>=2.2.0,<2.2.5", "--shard=1/2", "--list"]
    clone.results.mkdir(parents=True)
    for pair_id in (SLOWEST, *FASTER):
        shutil.copy(recorded.path(pair_id), clone.results)
    _, before_commit = clone.nox("matrix", *arguments)
    assert ": 3 of 5 pairs, " in before_commit and "from 0 committed results" in before_commit
    git(clone.folder, "add", "reports")
    git(clone.folder, "commit", "--quiet", "--message", "Results")
    _, after_commit = clone.nox("matrix", *arguments)
    assert ": 1 of 5 pairs, " in after_commit and SLOWEST in after_commit
    (clone.results / f"{SLOWEST}.json").unlink()
    _, without_file = clone.nox("matrix", *arguments)
    assert split_of(without_file) == split_of(after_commit) != split_of(before_commit)


def test_a_shard_without_pairs_is_no_error(origin: Checkout, tmp_path: Path) -> None:
    code, output = Clone(origin, tmp_path / "clone").nox("matrix", *PAIRS, "--shard=4/4")
    assert code == ExitCode.KNOWN
    assert "shard 4/4 of split" in output and ": 0 of 2 pairs" in output
