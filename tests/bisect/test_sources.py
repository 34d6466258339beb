"""The sources of a release, with a uv that fills the folder slowly."""

from __future__ import annotations

import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from harness.bisect import sources
from harness.util.errors import Fault


class SlowUv:
    """Downloads two files, one after the other; or fails after the first."""

    def __init__(self, *, fails: bool = False) -> None:
        self.runs = 0
        self._fails = fails

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        self.runs += 1
        target = Path(arguments[arguments.index("--target") + 1])
        target.mkdir()
        (target / "one.py").touch()
        if self._fails:
            return subprocess.CompletedProcess(arguments, 2, "", "error: no route to host")
        time.sleep(0.1)
        (target / "two.py").touch()
        return subprocess.CompletedProcess(arguments, 0, "", "")


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "SOURCES", tmp_path)
    monkeypatch.setattr(sources, "find_interpreter", lambda _: "python")


def test_a_release_is_downloaded_once_even_if_several_ask_for_it_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    uv = SlowUv()
    monkeypatch.setattr(sources, "run_uv", uv)
    with ThreadPoolExecutor(3) as pool:
        folders = set(pool.map(lambda _: sources.sources_of("keras", "3.7.0", "3.11"), range(3)))
    (folder,) = folders
    assert uv.runs == 1
    assert {path.name for path in folder.iterdir()} == {"one.py", "two.py"}


def test_a_download_that_failed_leaves_nothing_that_looks_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sources, "run_uv", SlowUv(fails=True))
    with pytest.raises(Fault, match=r"files of keras 3\.7\.0 cannot be downloaded: .*no route"):
        sources.sources_of("keras", "3.7.0", "3.11")
    monkeypatch.setattr(sources, "run_uv", SlowUv())
    folder = sources.sources_of("keras", "3.7.0", "3.11")
    assert {path.name for path in folder.iterdir()} == {"one.py", "two.py"}
