"""An environment that a fork server runs in stays."""

from __future__ import annotations

import fcntl
from pathlib import Path

import pytest

from harness.environments.builder import READY, EnvironmentBuilder
from harness.releases.pair import Pair
from harness.releases.pair_rules import PairRules
from harness.util.errors import Fault


def test_an_environment_in_use_is_not_removed(rules: PairRules, tmp_path: Path) -> None:
    builder = EnvironmentBuilder(rules, tmp_path)
    pair = Pair.parse("keras-3.6.0_tensorflow-2.18.1_py3.11")
    ready = builder.folder(pair) / READY
    ready.parent.mkdir()
    ready.touch()
    with ready.open() as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        builder.remove(pair)
        assert ready.exists()
        with pytest.raises(Fault, match="is using"):
            builder.make(pair)
    builder.remove(pair)
    assert not ready.exists()
