"""Rewrites of configs that real releases have written."""

from __future__ import annotations

import json
from typing import Any

import pytest
import rewrites

from harness.userfile.routes.summary import REWRITES
from tests.conftest import DATA

CONFIGS = DATA / "configs"
KERAS_3 = rewrites.Target((3, 15), {"GRU": {"time_major": [False]}})
KERAS_2 = rewrites.Target((2, 15), {"Dense": {"quantization_config": [None]}})


def config(name: str) -> Any:
    return json.loads((CONFIGS / f"{name}.json").read_text())


def objects(value: Any, class_name: str) -> list[dict[str, Any]]:
    return [each for each in rewrites.objects_in(value) if each["class_name"] == class_name]


def applied(name: str, rewrite: str, target: Any = KERAS_3) -> Any:
    before = config(name)
    after = rewrites.rewritten(before, [rewrite], target)
    assert before == config(name), "the config that was given must stay as it is"
    return after


def test_a_default_that_the_release_does_not_accept_is_dropped() -> None:
    (gru, *_) = objects(applied("keras-2.15.0-gru_encoder", "drop defaults"), "GRU")
    assert "time_major" not in gru["config"]
    assert gru["config"]["units"] > 0


def test_a_value_that_is_no_default_is_kept() -> None:
    target = rewrites.Target((3, 15), {"GRU": {"time_major": [0, True]}})
    found = rewrites.applicable(config("keras-2.15.0-gru_encoder"), target)
    assert "drop defaults" not in found


@pytest.mark.parametrize(
    "name", ["keras-2.12.0-dense_twice", "keras-2.15.0-dense_twice", "tf-keras-2.16.0-dense_twice"]
)
def test_the_module_of_functional_models_is_that_of_keras_3(name: str) -> None:
    after = applied(name, "move modules")
    assert after["module"] == "keras.src.models.functional"
    modules = {each.get("module") for each in rewrites.objects_in(after)}
    assert not any(module and module.startswith("tf_keras") for module in modules)


@pytest.mark.parametrize(
    ("release", "module"),
    [((2, 12), "keras.engine.functional"), ((2, 15), "keras.src.engine.functional")],
)
def test_the_module_of_functional_models_is_that_of_keras_2(
    release: tuple[int, int], module: str
) -> None:
    target = rewrites.Target(release, {})
    after = applied("keras-3.15.1-interleaved_dense", "move modules", target)
    assert after["module"] == module


def test_inputs_have_the_name_of_their_shape_that_the_release_knows() -> None:
    after = applied("keras-3.15.1-interleaved_dense", "rename keys", KERAS_2)
    assert all("batch_input_shape" in each["config"] for each in objects(after, "InputLayer"))
    back = rewrites.rewritten(after, ["rename keys"], KERAS_3)
    shapes = [each["config"]["batch_shape"] for each in objects(back, "InputLayer")]
    before = objects(config("keras-3.15.1-interleaved_dense"), "InputLayer")
    assert shapes == [each["config"]["batch_shape"] for each in before]


def test_dtypes_are_written_as_names() -> None:
    assert objects(config("keras-3.15.1-plain_mlp"), "DTypePolicy")
    after = applied("keras-3.15.1-plain_mlp", "name dtypes", KERAS_2)
    assert not objects(after, "DTypePolicy")
    assert {each["config"]["dtype"] for each in objects(after, "Dense")} == {"float32"}


def test_a_text_layer_has_the_dtype_that_keras_2_demands() -> None:
    policy = {"class_name": "DTypePolicy", "config": {"name": "float32"}}
    texts = {"class_name": "TextVectorization", "config": {"dtype": policy}}
    model = {"class_name": "Sequential", "config": {"layers": [texts]}}
    names = ["name dtypes", "dtype of texts"]
    (text,) = objects(rewrites.rewritten(model, names, KERAS_2), "TextVectorization")
    assert text["config"]["dtype"] == "string"
    assert "dtype of texts" not in rewrites.applicable(model, KERAS_3)


def test_the_axis_of_a_normalization_is_an_integer() -> None:
    after = applied("keras-2.6.0-small_resnet", "axis as integer")
    assert {each["config"]["axis"] for each in objects(after, "BatchNormalization")} == {3}


def test_the_graph_is_written_as_keras_2_does() -> None:
    after = applied("keras-3.15.1-interleaved_dense", "graph of Keras 2", KERAS_2)
    before = config("keras-3.15.1-interleaved_dense")
    calls = [layer["inbound_nodes"] for layer in before["config"]["layers"]]
    nodes = [layer["inbound_nodes"] for layer in after["config"]["layers"]]
    assert [len(each) for each in nodes] == [len(each) for each in calls]
    (first, *_) = (each[0] for each in nodes if each)
    name, node, tensor, keywords = first[0]
    assert (node, tensor) == (0, 0) and isinstance(name, str) and isinstance(keywords, dict)
    assert all(isinstance(each, list) for each in after["config"]["input_layers"])


def test_a_graph_that_keras_2_cannot_hold_is_not_rewritten() -> None:
    tensor = {"class_name": "__keras_tensor__", "config": {"keras_history": ["x", 0, 0]}}
    node = {"args": [tensor, tensor], "kwargs": {}}
    layer = {"class_name": "Dot", "config": {}, "inbound_nodes": [node]}
    model = {"class_name": "Functional", "config": {"layers": [layer]}}
    assert "graph of Keras 2" not in rewrites.applicable(model, KERAS_2)
    with pytest.raises(ValueError, match="several tensors"):
        rewrites.rewritten(model, ["graph of Keras 2"], KERAS_2)


def test_slashes_in_names_are_replaced_wherever_the_name_stands() -> None:
    dense = {"class_name": "Dense", "config": {"name": "block/dense"}, "name": "block/dense"}
    model = {
        "class_name": "Functional",
        "config": {"layers": [dense], "output_layers": [["block/dense", 0, 0]]},
    }
    text = json.dumps(rewrites.rewritten(model, ["replace slashes"], KERAS_3))
    assert "block/dense" not in text and text.count("block_dense") == 3


def test_a_name_that_is_taken_is_not_given_again() -> None:
    names = ("a/b", "a_b")
    layers = [{"class_name": "Dense", "config": {"name": name}} for name in names]
    assert rewrites.applicable({"layers": layers}, KERAS_3) == []


def test_nothing_is_changed_in_what_the_release_writes_itself() -> None:
    target = rewrites.Target((3, 15), {})
    found = rewrites.applicable(config("keras-3.15.1-plain_mlp"), target)
    assert set(found) <= {"name dtypes", "drop training state"}


def calls_of(value: Any, name: str) -> set[int]:
    """The numbers by which the calls of a layer are named in a model."""
    return {place[key] for place, key in rewrites.call_numbers_in(value["config"], name)}


def test_calls_of_models_within_the_model_are_counted_from_zero() -> None:
    before = config("keras-2.15.0-convolutional_autoencoder")
    after = applied("keras-2.15.0-convolutional_autoencoder", "renumber calls")
    assert calls_of(before, "encoder") == {1}
    assert calls_of(after, "encoder") == calls_of(after, "decoder") == {0}
    back = rewrites.rewritten(after, ["renumber calls"], KERAS_2)
    assert calls_of(back, "encoder") == {1}


def test_calls_that_are_counted_rightly_stay() -> None:
    target = rewrites.Target((3, 15), {})
    for name in ("keras-3.15.1-interleaved_dense", "keras-3.15.1-plain_mlp"):
        assert "renumber calls" not in rewrites.applicable(config(name), target)


def test_the_input_of_a_sequential_has_a_layer() -> None:
    before = config("keras-2.15.0-siamese_frozen_base")
    assert "batch_input_shape" in json.dumps(objects(before, "Dense"))
    after = applied("keras-2.15.0-siamese_frozen_base", "input layers")
    first = [each["config"]["layers"][0] for each in objects(after, "Sequential")]
    assert {each["class_name"] for each in first} == {"InputLayer"}
    assert "batch_input_shape" not in json.dumps(objects(after, "Dense"))


def test_layers_within_layers_have_a_module() -> None:
    after = applied("keras-2.6.0-text_classifier_lstm", "add modules")
    (wrapped,) = (each["config"]["layer"] for each in objects(after, "Bidirectional"))
    assert wrapped["module"] == "keras.layers"


def test_the_shapes_that_attention_was_built_with_are_dropped() -> None:
    before = config("keras-2.15.0-transformer_block")
    assert "query_shape" in json.dumps(before)
    after = applied("keras-2.15.0-transformer_block", "drop built shapes")
    assert "query_shape" not in json.dumps(after)
    assert all("build_config" not in each for each in objects(after, "MultiHeadAttention"))


def test_calls_with_tensors_by_keyword_are_written_as_keras_3_does() -> None:
    after = applied("keras-2.15.0-transformer_block", "graph of Keras 3")
    (attention,) = objects(after, "MultiHeadAttention")
    (node,) = attention["inbound_nodes"]
    assert node["args"][0]["class_name"] == "__keras_tensor__"
    tensors = [each for each in node["kwargs"].values() if isinstance(each, dict)]
    assert tensors and tensors[0]["class_name"] == "__keras_tensor__"
    others = [
        layer["inbound_nodes"]
        for layer in after["config"]["layers"]
        if layer["class_name"] != "MultiHeadAttention" and layer["inbound_nodes"]
    ]
    assert others and all(isinstance(nodes[0], list) for nodes in others)


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.json")), ids=lambda path: path.stem)
@pytest.mark.parametrize("release", [(2, 12), (2, 15), (3, 0), (3, 15)])
def test_no_rewrite_stumbles_over_what_a_release_has_written(
    path: Any, release: tuple[int, int]
) -> None:
    value = json.loads(path.read_text())
    target = rewrites.Target(release, {})
    names = rewrites.applicable(value, target)
    once = rewrites.rewritten(value, names, target)
    again = rewrites.rewritten(once, names, target)
    assert once == again, "a rewrite that is done is done"


def test_every_rewrite_is_told_in_words() -> None:
    assert list(REWRITES) == list(rewrites.REWRITES)
