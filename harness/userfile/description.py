"""Describes a file without loading it; runs only in the limited process."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.userfile import archives
from harness.userfile.changed_meanings import changed_among
from harness.userfile.facts import NEW_WEIGHTS, FileFacts, Hazard, NotAModelFile, text_of
from harness.userfile.hazards import take_hazards
from harness.userfile.hdf5 import HDF5Tree, read_tree
from harness.userfile.kinds import container_of
from harness.userfile.layers import take_layers
from harness.userfile.objects import take_objects, take_training_functions, texts_in
from harness.userfile.saved_model import read_saved_model
from harness.userfile.sections import Section
from harness.userfile.vocabularies import take_vocabularies
from harness.userfile.weights import take_parameters
from harness.util.wording import counted

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
#: Bytes of a JSON config.
MOST_JSON = 48 << 20
#: For each kind, a name by which loaders recognise it.
_NAMES = {
    "keras": "model.keras",
    "h5": "model.h5",
    "weights": "model.weights.h5",
    "savedmodel": "saved_model",
    "json": "config.json",
}
#: The name of weights in the format of Keras before 2.12, which ``.h5`` still stands for.
_OLD_WEIGHTS = "weights.h5"
#: The endings by which loaders recognise a format, and who goes by the name.
_ENDINGS = {
    "model.keras": ((".keras",), "loaders go by the name"),
    "model.h5": ((".h5", ".hdf5"), "Keras 3 goes by the name"),
    "model.weights.h5": ((NEW_WEIGHTS,), "loaders go by the name"),
    _OLD_WEIGHTS: ((".h5", ".hdf5"), "Keras 3 goes by the name"),
}
#: The attribute of such a file with the names of its layers, and the first part of a long one.
_LAYER_NAMES = frozenset(("layer_names", "layer_names0"))
#: Groups by which a file with weights of Keras 3, or of 2.12 to 2.15, is recognised.
_WEIGHT_GROUPS = ("layers", "_layer_checkpoint_dependencies", "vars")


def describe(path: Path) -> FileFacts:
    """Describe a file or folder.

    Raises:
        NotAModelFile: it holds no model and no weights.
        OSError: it cannot be read.
    """
    readers = {"folder": _saved_model, "zip": _archive, "hdf5": _hdf5, "json": _json_config}
    facts = readers[container_of(path)](path)
    facts.name = facts.name or _NAMES[facts.kind]
    _check_ending(path.name, facts)
    facts.hazards.sort()
    return facts


def _check_ending(name: str, facts: FileFacts) -> None:
    """Note if loaders would take the file for another format because of its name."""
    endings, why = _ENDINGS.get(facts.name, (("",), ""))
    if facts.name == _OLD_WEIGHTS and name.endswith(NEW_WEIGHTS):
        facts.notes.append(
            f"its name should not end in {NEW_WEIGHTS}: Keras 2.12 and newer expect another format "
            "under such a name"
        )
    elif not name.endswith(endings):
        facts.notes.append(f"its name should end in {' or '.join(endings)}: {why}")
    else:
        return
    facts.ending = endings[0]


def _archive(path: Path) -> FileFacts:
    facts = FileFacts("keras", path.stat().st_size)
    with archives.opened(path) as archive:
        if CONFIG not in archive.members:
            raise NotAModelFile(archives.what_else(set(archive.members)))
        facts.add_hazards(archive.hazards)
        model = _decoded(archive.read(CONFIG), CONFIG)
        if not _is_model(model):
            raise NotAModelFile(f"a zip archive whose {CONFIG} describes no model")
        if METADATA in archive.members:
            metadata = _decoded(archive.read(METADATA), METADATA)
            facts.writer = text_of(metadata.get("keras_version", ""))
            facts.saved = text_of(metadata.get("date_saved", "")).partition("@")[0]
        _take_model(model, facts)
        take_vocabularies(model, facts, archive)
        facts.compiled = bool(model.get("compile_config"))
        _take_archived_weights(archive, model, facts)
    return facts


def _take_archived_weights(
    archive: archives.Archive, model: Mapping[str, Any], facts: FileFacts
) -> None:
    """Add the parameters: a stored member is read in place, a compressed one if it is small."""
    if WEIGHTS not in archive.members:
        facts.notes.append(f"the archive has no {WEIGHTS}")
        return
    try:
        with archive.section(WEIGHTS) as section:
            tree = read_tree(section or Section(io.BytesIO(archive.read(WEIGHTS))))
    except NotAModelFile as problem:
        facts.add_hazards([Hazard("damaged", WEIGHTS, text_of(problem))])
        return
    _take_tree(tree, model, facts)


def _hdf5(path: Path) -> FileFacts:
    facts = FileFacts("h5", path.stat().st_size)
    with path.open("rb") as file:
        tree = read_tree(Section(file))
        facts.writer = text_of(tree.text("", "keras_version"))
        facts.backend = text_of(tree.text("", "backend"))
        config = tree.text("", "model_config")
        has_layer_names = not _LAYER_NAMES.isdisjoint(tree.attributes(""))
        if config:
            model = _decoded(config.encode(), "model_config")
            if not _is_model(model):
                raise NotAModelFile("an HDF5 file whose model_config describes no model")
            _take_model(model, facts)
            take_vocabularies(model, facts)
            training = tree.text("", "training_config")
            if training:
                facts.compiled = True
                how = _decoded(training.encode(), "training_config")
                take_objects(how, facts)
                take_hazards(how, facts)
                take_training_functions(how, facts)
        elif has_layer_names or _has_weight_groups(tree):
            facts.kind, model = "weights", {}
            facts.name = _OLD_WEIGHTS if has_layer_names else _NAMES["weights"]
        elif tree.groups[""].unread:
            raise NotAModelFile("a damaged HDF5 file: an attribute of its root cannot be read")
        else:
            raise NotAModelFile("an HDF5 file without model_config and without weights of Keras")
        _take_tree(tree, model or None, facts)
    return facts


def _has_weight_groups(tree: HDF5Tree) -> bool:
    return any(name in tree.groups for name in _WEIGHT_GROUPS)


def _json_config(path: Path) -> FileFacts:
    facts = FileFacts("json", path.stat().st_size)
    with path.open("rb") as file:
        content = file.read(MOST_JSON + 1)
    if len(content) > MOST_JSON:
        raise NotAModelFile(f"a JSON file of more than {MOST_JSON:,} bytes, too large for a config")
    model = _parsed(content, "JSON text")
    if not isinstance(model, dict) or not _is_model(model):
        raise NotAModelFile(_what_json(model))
    facts.writer = text_of(model.get("keras_version", ""))
    facts.backend = text_of(model.get("backend", ""))
    _take_model(model, facts)
    take_vocabularies(model, facts)
    return facts


def _is_model(value: Mapping[str, Any]) -> bool:
    """Whether an object can be the config of a model; in Keras 1 its config can be a list."""
    is_object = isinstance(value.get("class_name"), str)
    config = value.get("config")
    return is_object and isinstance(config, dict | list) and not _is_tokenizer(value)


def _is_tokenizer(value: Mapping[str, Any]) -> bool:
    """Whether an object is what ``Tokenizer.to_json`` of Keras 2 makes."""
    config = value.get("config")
    is_one = value.get("class_name") == "Tokenizer"
    return is_one and isinstance(config, dict) and "num_words" in config


def _what_json(value: Any) -> str:
    """What JSON is that holds no model."""
    if isinstance(value, dict):
        if _is_tokenizer(value):
            return "the config of a Tokenizer of Keras, which is no model"
        if "modelTopology" in value:
            return "a model of TensorFlow.js, which its tensorflowjs_converter can turn into others"
        files = value.get("weight_map")
        if isinstance(files, dict) and NEW_WEIGHTS in json.dumps(files):
            return "the index of sharded Keras weights, without an architecture"
    return "a JSON file that holds no Keras config"


def _saved_model(path: Path) -> FileFacts:
    facts = FileFacts("savedmodel", 0)
    model = read_saved_model(path, facts)
    if model is not None:
        _take_model(model, facts)
    return facts


def _take_model(model: Mapping[str, Any], facts: FileFacts) -> None:
    try:
        take_layers(model, facts)
        take_objects(model, facts)
        take_hazards(model, facts)
        facts.changed_values = changed_among(texts_in(model))
    except RecursionError as error:
        raise NotAModelFile("a config that is nested too deeply to be a model's") from error


def _take_tree(tree: HDF5Tree, model: Mapping[str, Any] | None, facts: FileFacts) -> None:
    facts.add_hazards(tree.hazards)
    if tree.left_out:
        facts.notes.append(f"left out of the HDF5 file: {counted(tree.left_out, 'group')}")
    take_parameters(tree, model, facts)


def _decoded(content: bytes, name: str) -> dict[str, Any]:
    """A JSON object.

    Raises:
        NotAModelFile: it is something else.
    """
    value = _parsed(content, name)
    if not isinstance(value, dict):
        raise NotAModelFile(f"a file whose {name} is no JSON object")
    return value


def _parsed(content: bytes, name: str) -> Any:
    """A JSON value.

    Raises:
        NotAModelFile: it is damaged.
    """
    try:
        return json.loads(content)
    except RecursionError as error:
        raise NotAModelFile(f"a file whose {name} is nested too deeply to be a model's") from error
    except ValueError as error:  # UnicodeDecodeError is one, too
        raise NotAModelFile(f"a file whose {name} is damaged: {error}") from error
