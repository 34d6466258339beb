"""Makes the code that runs inside environments importable, and TensorFlow an empty module."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from harness.util.paths import GUEST

sys.path.insert(0, str(GUEST))


@pytest.fixture(autouse=True)
def _no_tensorflow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow", ModuleType("tensorflow"))
