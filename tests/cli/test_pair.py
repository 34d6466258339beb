"""The command ``pair``: what it prints, and where it stores results."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.execution.events import BadCase
from harness.execution.pair_processes import OnEvent
from harness.execution.request import Request
from harness.releases.pair import Pair
from harness.results.model import Result
from harness.util.errors import ExitCode
from tests import recorded
from tests.cli.conftest import PAIR, RunCommand

IMPOSSIBLE = Result(Pair.parse(PAIR), outcome="unresolvable", reason="no version of numpy")


def test_a_pair_without_an_environment_is_not_said_to_fail_nowhere(
    run: RunCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.cli.pair.run_pair", lambda *_: IMPOSSIBLE)
    monkeypatch.setattr("harness.execution.request.Request.unknown_in", lambda *_: [])
    assert run("pair", PAIR) == (ExitCode.KNOWN, "unresolvable: no version of numpy\n")


def test_folders_behind_a_link_are_the_usual_ones(
    run: RunCommand, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    requests: list[Request] = []

    def run_pair(_pair: object, _builder: object, request: Request, _on_event: object) -> Result:
        requests.append(request)
        return IMPOSSIBLE

    (tmp_path / "link").symlink_to(tmp_path)
    for name in ("CORPUS", "RESULTS"):
        monkeypatch.setattr(f"harness.cli.pair.{name}", tmp_path / "link" / name)
    monkeypatch.setattr("harness.cli.pair.run_pair", run_pair)
    monkeypatch.setattr("harness.execution.request.Request.unknown_in", lambda *_: [])
    code, output = run("pair", PAIR)
    assert code == ExitCode.KNOWN, output
    assert [request.folder for request in requests] == [tmp_path / "link" / "RESULTS"]


def test_a_wrong_case_is_told_once_and_not_said_to_fail_nowhere(
    run: RunCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = recorded.result(PAIR)
    unsupported = {key: cell for key, cell in whole.cells.items() if cell.outcome == "unsupported"}

    def run_pair(_pair: object, _builder: object, _request: Request, on_event: OnEvent) -> Result:
        for _ in range(3):
            on_event(BadCase("bad.py:2: name 'nope' is not defined"))
        return replace(whole, cells=unsupported)

    monkeypatch.setattr("harness.cli.pair.run_pair", run_pair)
    code, output = run("pair", PAIR)
    assert code == ExitCode.UNKNOWN
    assert output.count("'nope'") == 1
    assert "nothing passes or fails." in " ".join(output.split())
