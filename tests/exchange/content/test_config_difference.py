"""Which keys of which classes differ between two configs."""

from __future__ import annotations

from typing import Any

import pytest

from harness.exchange.content.config_difference import ConfigChange, config_changes


def layer(class_name: str = "Dense", **config: Any) -> dict[str, Any]:
    return {"class_name": class_name, "config": config, "module": "keras.layers"}


def changes(before: Any, after: Any) -> list[ConfigChange]:
    return list(config_changes(before, after, "config"))


def test_equal_configs_do_not_differ() -> None:
    assert changes(layer(units=4), layer(units=4)) == []


def test_keys_that_are_added_removed_and_changed() -> None:
    before = layer(units=4, dtype="float32", activity_regularizer=None)
    after = layer(units=4, dtype=layer("DTypePolicy"), quantization_config=None)
    assert changes(before, after) == [
        ("Dense", "changes", "dtype", '"float32" → DTypePolicy'),
        ("Dense", "removes", "activity_regularizer", "null"),
        ("Dense", "adds", "quantization_config", "null"),
    ]


@pytest.mark.parametrize(("after", "values"), [(1.0, "1 → 1.0"), (True, "1 → true")])
def test_numbers_of_other_types_are_other_values(after: Any, values: str) -> None:
    assert changes(layer(rate=1), layer(rate=after)) == [("Dense", "changes", "rate", values)]


def test_a_key_belongs_to_the_nearest_object() -> None:
    before = layer(kernel_initializer=layer("GlorotUniform", seed=None))
    after = layer(kernel_initializer=layer("GlorotUniform", seed=None, input_axes=None))
    assert changes(before, after) == [("GlorotUniform", "adds", "input_axes", "null")]


def test_a_key_beside_the_config_counts_too() -> None:
    before, after = layer(), {**layer(), "build_config": {"input_shape": [None, 4]}}
    assert changes(before, after) == [
        ("Dense", "adds", "build_config", '{"input_shape": [null, 4]}')
    ]


def test_plain_values_are_told_by_their_path() -> None:
    before, after = layer(build={"shape": [1]}), layer(build={"shape": [2]})
    assert changes(before, after) == [("Dense", "changes", "build.shape", "[1] → [2]")]


def test_layers_in_lists_are_compared_one_by_one() -> None:
    before = layer("Functional", layers=[layer(units=1), layer("Dropout", rate=1)])
    after = layer("Functional", layers=[layer(units=1), layer("Dropout", rate=2)])
    assert changes(before, after) == [("Dropout", "changes", "rate", "1 → 2")]


def test_the_tensors_of_calls_are_one_value_without_details() -> None:
    def call(name: str) -> dict[str, Any]:
        tensor = {"class_name": "__keras_tensor__", "config": {"keras_history": [name, 0, 0]}}
        return {**layer(), "inbound_nodes": [{"args": [tensor], "kwargs": {}}]}

    assert changes(call("a"), call("b")) == [("Dense", "changes", "inbound_nodes", "")]


def test_a_model_of_another_class_is_compared_all_the_same() -> None:
    before, after = layer("Model", name="a"), layer("Functional", name="b")
    assert changes(before, after) == [
        ("config", "changes", "class_name", '"Model" → "Functional"'),
        ("Functional", "changes", "name", '"a" → "b"'),
    ]


@pytest.mark.parametrize("value", ["x" * 500, ["long"] * 100])
def test_long_values_are_cut_or_left_out(value: Any) -> None:
    (change,) = changes(layer(), layer(text=value))
    assert len(change.values) <= 40


def test_a_config_that_only_one_file_has() -> None:
    assert changes(None, {"loss": "mse"}) == [("config", "changes", "", 'null → {"loss": "mse"}')]
