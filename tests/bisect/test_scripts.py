"""What can be wrong with a script."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.bisect.scripts import (
    check_script,
    line_raising_everywhere,
    missing_package,
    package_missing_everywhere,
)
from harness.util.errors import UsageError
from tests.bisect.observations import PASS, observation, point

PAIR = point(6).pair
IN_SCRIPT = [["keras", "f", 9], ["__main__", "<module>", 3]]
IN_KERAS = [["__main__", "<module>", 3], ["keras", "f", 9]]


def test_a_package_that_the_script_imports_is_missing() -> None:
    seen = observation(PAIR, "ModuleNotFoundError", "No module named 'yaml.nodes'", IN_SCRIPT)
    assert missing_package(seen) == "yaml"


@pytest.mark.parametrize(
    ("kind", "message", "frames"),
    [
        ("ModuleNotFoundError", "No module named 'yaml'", IN_KERAS),
        ("ModuleNotFoundError", "No module named 'keras.src'", IN_SCRIPT),
        ("ImportError", "cannot import name 'x' from 'yaml'", IN_SCRIPT),
        (PASS, "", []),
    ],
)
def test_other_failures_are_not_missing_packages(
    kind: str, message: str, frames: list[list[object]]
) -> None:
    assert missing_package(observation(PAIR, kind, message, frames)) == ""


def test_a_package_is_the_reason_only_if_it_is_missing_everywhere() -> None:
    seen = observation(PAIR, "ModuleNotFoundError", "No module named 'yaml'", IN_SCRIPT)
    assert package_missing_everywhere([seen, seen]) == "yaml"
    assert package_missing_everywhere([seen, observation(PAIR, PASS)]) == ""
    assert package_missing_everywhere([]) == ""


def test_the_line_of_the_script_is_named_only_if_it_raises_everywhere() -> None:
    in_script = observation(PAIR, "ValueError", "x", IN_SCRIPT)
    in_keras = observation(PAIR, "ValueError", "x", IN_KERAS)
    assert line_raising_everywhere([in_script, in_script]) == 3
    assert line_raising_everywhere([in_script, in_keras]) == 0
    assert line_raising_everywhere([in_keras, observation(PAIR, PASS)]) == 0


def test_a_script_is_checked_before_it_is_run(tmp_path: Path) -> None:
    script = tmp_path / "repro.py"
    script.write_text("import keras\n")
    check_script(script)
    (tmp_path / "keras").mkdir()
    with pytest.raises(UsageError, match=r"keras is in the folder of repro\.py"):
        check_script(script)
    script.write_text("a = 1\nb = (\n")
    with pytest.raises(UsageError, match=r"repro\.py, line 2: "):
        check_script(script)
