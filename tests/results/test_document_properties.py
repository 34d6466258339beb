"""Properties of the result reader: whatever a file holds, it is damaged or a whole result."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.results import document
from harness.results.document import DamagedResult
from harness.results.model import Result
from harness.results.signatures import signature_of, signature_of_pair
from tests import recorded

PAIR_ID = "keras-3.6.0_tensorflow-2.17.0_py3.11"
NAME = f"{PAIR_ID}.json"
_WHOLE = recorded.result(PAIR_ID)
#: Few cells, so that a test can read the file thousands of times.
RESULT = replace(
    _WHOLE,
    environment={**_WHOLE.environment, "installed": _WHOLE.environment["installed"][:3]},
    cells={key: cell for key, cell in _WHOLE.cells.items() if key[0] == "interleaved_dense"},
)
CONTENT = document.dumps(RESULT).encode()

#: JSON values of every type, among them those that JSON does not have and that no field can hold.
atoms = st.sampled_from([
    None, True, 0, -1, 10**30, 10**400, 1e308, float("nan"), float("inf"), "", "script", "pass",
    "keras", "\ud800", "x" * 5000, "\x00",
]) | st.text(max_size=5)  # fmt: skip
values = st.recursive(
    atoms,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=5,
)


def read(content: bytes) -> Result | None:
    """The result that the content holds, which must be fit for use; None if it is damaged."""
    try:
        result = document.loads(content, NAME)
    except DamagedResult as damage:
        assert str(damage).startswith(f"{NAME} cannot be trusted (")
        return None
    signature_of_pair(result)
    for cell in result.cells.values():
        signature_of(cell)
    assert document.loads(document.dumps(result).encode(), NAME) == result
    return result


def test_a_file_cut_anywhere_is_damaged() -> None:
    assert read(CONTENT) == RESULT
    assert read(CONTENT[:-1]) == RESULT, "only the line end is missing"
    assert [end for end in range(len(CONTENT) - 1) if read(CONTENT[:end]) is not None] == []


def test_a_line_that_is_there_twice_is_damage() -> None:
    lines = CONTENT.splitlines(keepends=True)
    doubled = [b"".join([*lines[:end], *lines[end - 1 :]]) for end in range(1, len(lines) + 1)]
    assert len(doubled) > 20
    assert [content for content in doubled if read(content) is not None] == []


@given(st.integers(0, len(CONTENT) - 1), st.binary(min_size=1, max_size=3))
def test_other_bytes_anywhere_make_a_damaged_file_or_a_whole_result(
    start: int, replacement: bytes
) -> None:
    read(CONTENT[:start] + replacement + CONTENT[start + 1 :])


@given(st.data())
def test_another_value_anywhere_makes_a_damaged_file_or_a_whole_result(data: st.DataObject) -> None:
    content = json.loads(CONTENT)
    node: Any = content
    while True:
        keys = sorted(node) if isinstance(node, dict) else range(len(node))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(node[key], dict | list) or not node[key] or data.draw(st.booleans()):
            break
        node = node[key]
    node[key] = data.draw(values)
    read(json.dumps(content).encode())


@given(values)
def test_any_json_is_a_damaged_file(value: Any) -> None:
    assert read(json.dumps(value).encode()) is None


@given(st.binary())
def test_any_bytes_are_a_damaged_file(content: bytes) -> None:
    assert read(content) is None


@pytest.mark.parametrize("depth", [100, 900, 3000, 200_000])
@pytest.mark.parametrize(("start", "end"), [("[", "]"), ('{"a":', "}")])
@pytest.mark.parametrize("field", ["", '"environment": ', '"reason": "\\ud800", "errors": '])
def test_deep_nesting_is_damage(field: str, start: str, end: str, depth: int) -> None:
    nested = start * depth + "1" + end * depth
    assert read((f"{{{field}{nested}}}" if field else nested).encode()) is None


@pytest.mark.parametrize("depth", [1, 900, 3000])
def test_nested_causes_and_facts_are_damage(depth: int) -> None:
    text = CONTENT.decode()
    cause = '{"type": "E", "message": "", "frames": [], "causes": ['
    causes = f'"causes": [{cause * depth}{"]}" * depth}], "frames"'
    assert read(text.replace('"frames"', causes, 1).encode()) is None
    fact = f'"environment": {{"x": {"[" * (depth + 1)}{"]" * (depth + 1)},'
    assert read(text.replace('"environment": {', fact, 1).encode()) is None


@pytest.mark.parametrize(
    "frame", [[1, "f", 1], ["m", None, 1], ["m", "f", "1"], ["m", "f"], ["m", "f", 1, 2], "m f"]
)
def test_a_frame_of_other_types_is_damage(frame: Any) -> None:
    content = json.loads(CONTENT)
    next(iter(content["errors"].values()))["frames"][0] = frame
    assert read(json.dumps(content).encode()) is None


@pytest.mark.parametrize(
    "environment",
    [{"installed": "keras"}, {"installed": [1]}, {"wheel": 1}, {"inside_seconds": "1"}],
)
def test_a_fact_of_another_type_is_damage(environment: dict[str, Any]) -> None:
    content = json.loads(CONTENT)
    content["environment"].update(environment)
    assert read(json.dumps(content).encode()) is None
