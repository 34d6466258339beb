"""The model of results."""

from __future__ import annotations

from dataclasses import replace

from harness.results.model import environment_key
from tests import recorded


def test_a_result_holds_its_cells_by_case_and_format() -> None:
    result = recorded.result("keras-3.6.0_tensorflow-2.17.0_py3.11")
    assert ("interleaved_dense", "keras") in result.cells
    assert all(cell.key == key for key, cell in result.cells.items())


def test_environments_differ_by_wheel_and_installed_list_but_not_by_seconds() -> None:
    result = recorded.result("keras-3.6.0_tensorflow-2.17.0_py3.11")
    environment = result.environment
    slower = replace(result, environment={**environment, "install_seconds": 999.0})
    assert slower.environment_key == result.environment_key == environment_key(environment)
    for change in ({"wheel": "tensorflow-intel"}, {"installed": ["keras==3.6.0"]}):
        assert environment_key({**environment, **change}) != result.environment_key
