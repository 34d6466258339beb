"""What the command ``pair`` prints of a pair that can have no environment."""

from __future__ import annotations

import pytest

from harness.releases.pair import Pair
from harness.results.model import Result
from harness.util.errors import ExitCode
from tests.cli.conftest import PAIR, RunCommand

IMPOSSIBLE = Result(Pair.parse(PAIR), outcome="unresolvable", reason="no version of numpy")


def test_a_pair_without_an_environment_is_not_said_to_fail_nowhere(
    run: RunCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.cli.pair.run_pair", lambda *_: IMPOSSIBLE)
    monkeypatch.setattr("harness.execution.request.Request.unknown_in", lambda *_: [])
    assert run("pair", PAIR) == (ExitCode.KNOWN, "unresolvable: no version of numpy\n")
