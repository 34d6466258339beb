"""Graphs as lines: equal for two runs of one writer, different where a graph is."""

from __future__ import annotations

import json

import pytest

from harness.exchange.content.graph_content import (
    SAVED_MODEL,
    graph_lines,
    keras_metadata,
    operations,
)
from tests.exchange import graphs


def saved_model(kept: str, *, again: bool = False) -> bytes:
    folder = graphs.again(kept) if again else graphs.first(kept)
    return (graphs.inside(folder) / SAVED_MODEL).read_bytes()


@pytest.mark.parametrize("kept", [graphs.EXPORTED, graphs.SAVED_MODEL])
def test_two_runs_leave_other_bytes_and_the_same_lines(kept: str) -> None:
    one, other = saved_model(kept), saved_model(kept, again=True)
    assert one != other
    assert graph_lines(one) == graph_lines(other)


def test_another_operation_counts() -> None:
    content = saved_model(graphs.EXPORTED)
    assert content.count(b"\x12\x04Tanh") == 2
    other = content.replace(b"\x12\x04Tanh", b"\x12\x04Sinh")
    assert graph_lines(other) != graph_lines(content)


def test_the_order_of_inputs_counts() -> None:
    """A node names its inputs; numbers are counted anew, but two stay two."""
    content = saved_model(graphs.EXPORTED)
    one, other = b"ReadVariableOp:value:0", b"ReadVariableOp_1:value:"
    assert one in content
    assert graph_lines(content.replace(one, other[: len(one)])) != graph_lines(content)


def test_the_operations_of_functions_are_counted() -> None:
    found = operations(saved_model(graphs.EXPORTED))
    assert (found["MatMul"], found["BiasAdd"], found["Tanh"]) == (2, 2, 2)
    assert "RestoreV2" not in found


def test_the_config_of_a_keras_model_is_found_by_its_path() -> None:
    found = dict(keras_metadata(graphs.inside(graphs.first(graphs.SAVED_MODEL))))
    root = json.loads(found["root"])
    assert (root["class_name"], root["keras_version"]) == ("Functional", "2.15.0")


def test_an_exported_graph_has_no_config() -> None:
    assert list(keras_metadata(graphs.inside(graphs.first(graphs.EXPORTED)))) == []


@pytest.mark.parametrize("length", [1, 1000, 10_000])
def test_a_graph_that_is_cut_short_is_damaged(length: int) -> None:
    with pytest.raises(ValueError, match=r"longer than its message|no end"):
        graph_lines(saved_model(graphs.EXPORTED)[:length])
