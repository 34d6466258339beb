"""Describing files: recorded ones of three releases, and made ones."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from harness.userfile.description import describe
from harness.userfile.facts import Input
from tests.exchange import graphs
from tests.userfile.files import DENSE, WEIGHTS, archive, layer, model, saved, saved_model
from tests.userfile.tiny_hdf5 import Array, hdf5


@pytest.mark.parametrize("format_name", ["keras", "h5", "json"])
@pytest.mark.parametrize("keras", ["3.6.0", "3.9.0", "3.15.1"])
def test_a_model_is_told_with_its_layers(keras: str, format_name: str) -> None:
    facts = describe(saved(keras, format_name))
    assert facts.kind == format_name
    assert [(layer.path, layer.class_name, layer.calls) for layer in facts.layers] == [
        ("input_layer", "InputLayer", 1),
        ("shared", "Dense", 2),
    ]
    assert facts.inputs == [Input("input_layer", (4,))]
    assert facts.hazards == []
    assert facts.writer == (keras if format_name != "json" else "")


@pytest.mark.parametrize("format_name", ["keras", "h5"])
def test_parameters_are_counted_without_reading_them(format_name: str) -> None:
    facts = describe(saved("3.9.0", format_name))
    assert facts.parameters == 20
    assert facts.layers[1].parameters == 20


def test_the_state_of_optimizer_and_metrics_is_no_parameter(tmp_path: Path) -> None:
    state = {"vars": {"0": Array(()), "1": Array(())}}
    weights = {**WEIGHTS, "optimizer": state, "metrics": {"mean": state}}
    assert describe(archive(tmp_path / "a.keras", model(DENSE), weights)).parameters == 10


def test_weights_alone_have_no_architecture() -> None:
    facts = describe(saved("3.9.0", "weights"))
    assert (facts.kind, facts.layers, facts.parameters) == ("weights", [], 20)


def test_weights_whose_layer_names_are_in_parts_are_old_ones(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    path.write_bytes(hdf5({"dense": {"kernel:0": Array((4, 2))}}, layer_names0="dense"))
    facts = describe(path)
    assert (facts.kind, facts.name, facts.parameters) == ("weights", "weights.h5", 8)


def test_the_keys_of_outputs_that_are_a_dict_are_told(tmp_path: Path) -> None:
    config = model(DENSE)
    config["config"]["output_layers"] = {"q": ["dense", 0, 0], "p": ["dense", 0, 0]}
    assert describe(archive(tmp_path / "a.keras", config)).output_keys == ["q", "p"]


def test_the_date_and_the_keys_are_told() -> None:
    facts = describe(saved("3.15.1", "keras"))
    assert facts.saved.startswith("2026-")
    assert facts.written["layers.Dense"]["units"] == "4"
    assert "quantization_config" in facts.written["layers.Dense"]


def test_a_date_that_is_null_is_none(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.keras", model(DENSE))
    with zipfile.ZipFile(path, "a") as file, pytest.warns(UserWarning, match="Duplicate"):
        file.writestr("metadata.json", '{"keras_version": null, "date_saved": null}')
    facts = describe(path)
    assert (facts.writer, facts.saved) == ("", "")


def test_the_classes_of_an_hdf5_file_have_the_kind_of_their_place() -> None:
    assert "layers.Dense" in describe(saved("3.9.0", "h5")).written


def test_layers_of_nested_models_have_paths(tmp_path: Path) -> None:
    inner = {**model(DENSE), "name": "inner"}
    inner["config"] = {**inner["config"], "name": "inner"}
    facts = describe(archive(tmp_path / "a.keras", model(inner)))
    assert [each.path for each in facts.layers] == ["start", "inner", "inner/start", "inner/dense"]


def test_a_wrapper_is_told_with_what_it_wraps(tmp_path: Path) -> None:
    wrapper = layer("Bidirectional", layer=layer("LSTM", units=2))
    facts = describe(archive(tmp_path / "a.keras", model(wrapper)))
    assert facts.layers[1].class_name == "Bidirectional(LSTM)"


def test_an_embedding_asks_for_integers_of_a_range(tmp_path: Path) -> None:
    embedding = layer("Embedding", input_dim=11, output_dim=2)
    facts = describe(archive(tmp_path / "a.keras", model(embedding)))
    assert facts.inputs == [Input("start", (4,), "float32", 11)]


def test_an_embedding_behind_an_input_of_a_graph_is_found(tmp_path: Path) -> None:
    word = layer("InputLayer", batch_shape=[None, None], dtype="int32", name="word")
    history = {"class_name": "__keras_tensor__", "config": {"keras_history": ["word", 0, 0]}}
    embedding = {
        **layer("Embedding", input_dim=7, output_dim=2),
        "inbound_nodes": [{"args": [history], "kwargs": {}}],
    }
    config = {"name": "f", "layers": [word, embedding], "input_layers": [["word", 0, 0]]}
    graph = {"class_name": "Functional", "config": config, "module": "keras.src.models.functional"}
    facts = describe(archive(tmp_path / "a.keras", graph))
    assert facts.inputs == [Input("word", (None,), "int32", 7)]


def test_a_class_of_the_writers_own_has_its_registered_name(tmp_path: Path) -> None:
    own = {"class_name": "Gate", "module": "my.code", "registered_name": "my>Gate", "config": {}}
    facts = describe(archive(tmp_path / "a.keras", model(own)))
    assert [use.registered for use in facts.classes if use.name == "Gate"] == ["my>Gate"]
    assert ".Gate" not in facts.written


def test_the_functions_in_the_training_config_of_an_hdf5_file_are_named(tmp_path: Path) -> None:
    wrapped = {"class_name": "MeanMetricWrapper", "config": {"name": "error", "fn": "my_error"}}
    training = {"loss": {"head": "my_loss"}, "metrics": [["mae", wrapped]], "loss_weights": None}
    path = tmp_path / "a.h5"
    config = json.dumps(model(DENSE))
    path.write_bytes(hdf5({}, model_config=config, training_config=json.dumps(training)))
    named = {use.name for use in describe(path).classes if use.kind in ("losses", "metrics")}
    assert named == {"my_loss", "mae", "MeanMetricWrapper", "my_error"}


def test_a_config_of_keras_1_is_a_list(tmp_path: Path) -> None:
    dense = {"class_name": "Dense", "config": {"name": "d", "batch_input_shape": [None, 3]}}
    path = tmp_path / "old.json"
    old = {"class_name": "Sequential", "config": [dense], "keras_version": "1.2.2"}
    path.write_text(json.dumps(old))
    facts = describe(path)
    assert facts.writer == "1.2.2"
    assert [each.path for each in facts.layers] == ["d"]
    assert facts.inputs == [Input("d", (3,))]


def test_a_saved_model_folder_is_described(tmp_path: Path) -> None:
    facts = describe(saved_model(tmp_path / "model", model(DENSE)))
    assert (facts.kind, facts.writer, facts.tensorflow) == ("savedmodel", "2.15.0", "2.15.0")
    assert [each.path for each in facts.layers] == ["start", "dense"]
    assert facts.hazards == []


def test_a_saved_model_without_weights_is_told(tmp_path: Path) -> None:
    folder = saved_model(tmp_path / "model", model(DENSE))
    facts = describe(folder)
    assert facts.lacks_weights
    assert any("its weights are missing" in note for note in facts.notes)
    (folder / "variables").mkdir()
    (folder / "variables/variables.index").write_bytes(b"x")
    assert not describe(folder).lacks_weights


def test_the_shapes_in_a_saved_model_are_tagged(tmp_path: Path) -> None:
    shape = {"class_name": "__tuple__", "items": [None, 6]}
    start = {"class_name": "InputLayer", "config": {"name": "a", "batch_input_shape": shape}}
    config = {"name": "m", "layers": [start], "input_layers": [["a", 0, 0]]}
    graph = {"class_name": "Functional", "config": config}
    facts = describe(saved_model(tmp_path / "model", graph))
    assert facts.inputs == [Input("a", (6,))]
    assert facts.layers[0].input_shape == "[?, 6]"


def test_a_compressed_archive_is_read_like_a_stored_one(tmp_path: Path) -> None:
    import zipfile

    stored = saved("3.9.0", "keras")
    packed = tmp_path / "packed.keras"
    with zipfile.ZipFile(stored) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    assert describe(packed).parameters == describe(stored).parameters == 20


@pytest.mark.parametrize(
    ("kept", "endpoints", "is_graph"),
    [
        (graphs.EXPORTED, ["serve", "serving_default"], True),
        (graphs.SAVED_MODEL, ["serving_default"], False),
    ],
)
def test_a_graph_for_serving_is_told_from_a_model(
    kept: str, endpoints: list[str], is_graph: bool
) -> None:
    facts = describe(graphs.inside(graphs.first(kept)))
    assert (facts.endpoints, facts.is_graph) == (endpoints, is_graph)
    assert any("TensorFlow alone loads it" in note for note in facts.notes) == is_graph


@pytest.mark.parametrize(
    ("content", "name", "ending"),
    [
        (hdf5({}, layer_names="dense"), "old.weights.h5", ".h5"),
        (hdf5({}, layer_names="dense"), "old.h5", ""),
        (hdf5(WEIGHTS), "new.weights.h5", ""),
        (hdf5(WEIGHTS), "new.h5", ".weights.h5"),
        (hdf5({}, model_config=json.dumps(model(DENSE))), "model.hdf5", ""),
        (hdf5({}, model_config=json.dumps(model(DENSE))), "model.keras", ".h5"),
        (json.dumps(model(DENSE)).encode(), "config.txt", ""),
    ],
)
def test_a_name_by_which_loaders_expect_another_format_is_noted(
    tmp_path: Path, content: bytes, name: str, ending: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    facts = describe(path)
    assert facts.ending == ending
    assert any("its name should" in note for note in facts.notes) == bool(ending)
