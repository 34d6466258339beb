"""Rewrites of a model's config, so that a release accepts what another one has written.

A config is a JSON value: what ``model.to_json()`` returns, the ``config.json`` of a ``.keras``
archive, or the attribute ``model_config`` of an HDF5 file. A rewrite changes one kind of thing
everywhere in a config, and should not change the outputs of the model, which are compared
afterwards. ``REWRITES`` has them by name, in the order in which they are applied.
"""

import json
import re

#: Keys that were renamed: by class, the names in Keras 2 and in Keras 3.
RENAMED_KEYS = {
    "InputLayer": ("batch_input_shape", "batch_shape"),
    "LeakyReLU": ("alpha", "negative_slope"),
}
#: The modules in which Keras 2.13 to 2.15 and Keras 3 have the class of functional models.
FUNCTIONAL_2 = "keras.src.engine.functional"
FUNCTIONAL_3 = "keras.src.models.functional"
#: Where layers hold other layers.
LAYERS_IN_LAYERS = ("layer", "backward_layer", "forward_layer", "cell", "cells")
#: Shapes that Keras 2.10 to 2.15 write into configs, by class.
BUILT_SHAPES = {"MultiHeadAttention": ("query_shape", "key_shape", "value_shape")}
#: The classes of models that can be layers in the graph of another model.
MODELS = ("Functional", "Model", "Sequential")
_FUNCTIONAL = re.compile(r"(tf_)?keras\.(src\.)?(engine|models)\.functional")
KERAS_3 = (3, 0)
#: The releases of Keras 2 before its code moved to ``keras.src``.
_BEFORE_SRC = (2, 13)


class Target(object):
    """The release that has to accept a config.

    ``release`` is its major and minor version. ``droppable`` has, by the name of a class and by
    key, the default values of the release that wrote the config, which may be left out.
    """

    def __init__(self, release, droppable):
        self.release = release
        self.droppable = droppable

    @property
    def is_keras_3(self):
        return self.release >= KERAS_3


def drop_defaults(config, target):
    """Drop keys that the release does not accept and that hold their default."""
    for owner in objects_in(config):
        values = target.droppable.get(owner["class_name"], {})
        for key in list(owner["config"]):
            if any(same(owner["config"][key], value) for value in values.get(key, ())):
                del owner["config"][key]


def rename_keys(config, target):
    """Use the names that keys have in the release."""
    for owner in objects_in(config):
        names = RENAMED_KEYS.get(owner["class_name"])
        if names:
            old, new = names if target.is_keras_3 else names[::-1]
            if old in owner["config"]:
                owner["config"].setdefault(new, owner["config"].pop(old))


def move_modules(config, target):
    """Name the module in which the release has the class."""
    for owner in objects_in(config):
        module = owner.get("module")
        if not isinstance(module, str):
            continue
        if _FUNCTIONAL.match(module):
            old = FUNCTIONAL_2 if target.release >= _BEFORE_SRC else "keras.engine.functional"
            owner["module"] = FUNCTIONAL_3 if target.is_keras_3 else old
        elif module.startswith("tf_keras."):
            owner["module"] = module[len("tf_") :]


def add_modules(config, target):
    """Name the module of layers within layers, as Keras 3 does: ``keras.layers``."""
    for owner in objects_in(config):
        for key in LAYERS_IN_LAYERS:
            value = owner["config"].get(key)
            for part in value if isinstance(value, list) else [value]:
                if is_object(part) and "module" not in part:
                    part.update(module="keras.layers", registered_name=None)


def drop_built_shapes(config, target):
    """Drop the shapes that a layer was built with, which it works out again."""
    for owner in objects_in(config):
        if owner["class_name"] in BUILT_SHAPES:
            owner.pop("build_config", None)
            for key in BUILT_SHAPES[owner["class_name"]]:
                owner["config"].pop(key, None)


def name_dtypes(config, target):
    """Write the policy of a dtype as its name."""
    for owner in objects_in(config):
        for key, value in owner["config"].items():
            if is_object(value) and value["class_name"] in ("DTypePolicy", "Policy"):
                name = value["config"].get("name")
                if isinstance(name, str):
                    owner["config"][key] = name


def type_text_layers(config, target):
    """Give a TextVectorization the dtype of its inputs, which is all that Keras 2 accepts."""
    for owner in objects_in(config):
        if owner["class_name"] == "TextVectorization" and not target.is_keras_3:
            owner["config"]["dtype"] = "string"


def write_axis_as_integer(config, target):
    """Write the axis of a normalization, a list of one number, as the number."""
    for owner in objects_in(config):
        axis = owner["config"].get("axis")
        is_list = isinstance(axis, list) and len(axis) == 1
        if owner["class_name"].startswith("BatchNormalization") and is_list:
            owner["config"]["axis"] = axis[0]


def replace_slashes(config, target):
    """Replace the slashes in the names of layers, which Keras 3 refuses."""
    names = {
        owner["config"]["name"]
        for owner in objects_in(config)
        if isinstance(owner["config"].get("name"), str)
    }
    new = {name: name.replace("/", "_") for name in names if "/" in name}
    if len(set(new.values()) | names) == len(new) + len(names):  # no name is taken already
        replace_strings(config, new)


def renumber_calls(config, target):
    """Number the calls of models within a model as the release does.

    In Keras 2 the first call of such a model in a graph has the number 1, since the model itself
    has made the call 0; in Keras 3 it has the number 0.
    """
    for owner in objects_in(config):
        layers = [layer for layer in owner["config"].get("layers") or () if is_object(layer)]
        for layer in layers:
            if layer["class_name"] in MODELS and layer.get("inbound_nodes"):
                name = layer.get("name") or layer["config"].get("name")
                found = list(call_numbers_in(owner["config"], name))
                numbers = [place[key] for place, key in found]
                count = len(layer["inbound_nodes"])
                shift = -1 if target.is_keras_3 else 1
                is_other = max(numbers, default=-1) >= count
                if found and is_other == target.is_keras_3 and min(numbers) + shift >= 0:
                    for place, key in found:
                        place[key] += shift


def call_numbers_in(content, name):
    """The places of a layer's call numbers in a model: pairs of a list and a position in it."""
    parts = content.values() if isinstance(content, dict) else content
    if isinstance(content, list) and content[:1] == [name] and are_numbers(content[1:3]):
        yield content, 1
    for part in parts:
        if is_object(part) and part["class_name"] in MODELS:  # names in it are its own
            yield from call_numbers_in(part.get("inbound_nodes") or [], name)
        elif isinstance(part, (dict, list)):
            yield from call_numbers_in(part, name)


def are_numbers(values):
    return len(values) == 2 and all(isinstance(value, int) for value in values)


def add_input_layers(config, target):
    """Give a Sequential a layer for its input, instead of the shape in its first layer."""
    if not target.is_keras_3:
        return
    for owner in objects_in(config):
        layers = owner["config"].get("layers") or []
        if owner["class_name"] == "Sequential" and layers and is_object(layers[0]):
            first = layers[0]["config"]
            shape = first.get("batch_input_shape")
            if shape is not None and layers[0]["class_name"] != "InputLayer":
                name = "%s_input" % first.get("name", "first")
                start = {"batch_shape": shape, "dtype": first.get("dtype"), "name": name}
                layers.insert(0, {"class_name": "InputLayer", "config": start})
    for owner in objects_in(config):
        if owner["class_name"] != "InputLayer":
            owner["config"].pop("batch_input_shape", None)


def write_graph_of_keras_2(config, target):
    """Write the graph as lists, as Keras 2 does; calls with tensors by keyword are left alone."""
    if target.is_keras_3:
        return
    for owner in objects_in(config):
        content = owner["config"]
        for key in ("input_layers", "output_layers"):
            if is_reference(content.get(key)):
                content[key] = [content[key]]
    for layer, nodes in layers_with_calls(config):
        if all(isinstance(node, dict) for node in nodes):
            layer["inbound_nodes"] = [node_of_keras_2(node) for node in nodes]


def layers_with_calls(config):
    """The layers in the graphs of a config that are called, each with its calls."""
    for owner in objects_in(config):
        for layer in owner["config"].get("layers") or ():
            nodes = layer.get("inbound_nodes") if isinstance(layer, dict) else None
            if isinstance(nodes, list) and nodes:
                yield layer, nodes


def node_of_keras_2(node):
    """One call of a layer as Keras 2 writes it.

    Raises:
        ValueError: Keras 2 cannot write such a call.
    """
    arguments = list(node.get("args", ()))
    keywords = {name: value for name, value in node.get("kwargs", {}).items() if value is not None}
    if len(arguments) != 1 or any(references_in(keywords)):
        raise ValueError("a call with several tensors that are no list cannot be written")
    return [[*reference, keywords] for reference in references_in(arguments)]


def write_graph_of_keras_3(config, target):
    """Write calls with tensors by keyword as Keras 3 does; it reads others from Keras 2 itself."""
    if not target.is_keras_3:
        return
    for layer, nodes in layers_with_calls(config):
        if any(has_tensor_by_keyword(node) for node in nodes):
            layer["inbound_nodes"] = [node_of_keras_3(node) for node in nodes]


def has_tensor_by_keyword(node):
    return isinstance(node, list) and any(
        len(call) == 4 and any(map(is_reference, call[3].values()))
        for call in node
        if isinstance(call, list) and isinstance(call[-1], dict)
    )


def node_of_keras_3(node):
    """One call of a layer, written as a list, as Keras 3 writes it."""
    if not isinstance(node, list):
        return node
    tensors = [keras_tensor(call[:3]) for call in node]
    keywords = {
        name: keras_tensor(value) if is_reference(value) else value
        for name, value in (node[-1][3] if len(node[-1]) == 4 else {}).items()
    }
    return {"args": tensors if len(tensors) == 1 else [tensors], "kwargs": keywords}


def keras_tensor(reference):
    """A tensor in a call; its shape does not matter, since the layer that makes it is looked up."""
    history = {"shape": [None], "dtype": "float32", "keras_history": list(reference)}
    return {"class_name": "__keras_tensor__", "config": history}


def references_in(value):
    """The tensors in the arguments of a call: layer, node and number of the output."""
    if isinstance(value, dict):
        if value.get("class_name") == "__keras_tensor__":
            yield list(value["config"]["keras_history"])
        else:
            for part in value.values():
                yield from references_in(part)
    elif isinstance(value, list):
        for part in value:
            yield from references_in(part)


def is_reference(value):
    return (
        isinstance(value, list)
        and len(value) == 3
        and isinstance(value[0], str)
        and are_numbers(value[1:])
    )


def drop_training_state(config, target):
    """Drop the arguments of ``compile``."""
    if isinstance(config, dict):
        config.pop("compile_config", None)


REWRITES = {
    "drop defaults": drop_defaults,
    "rename keys": rename_keys,
    "input layers": add_input_layers,
    "move modules": move_modules,
    "add modules": add_modules,
    "drop built shapes": drop_built_shapes,
    "name dtypes": name_dtypes,
    "dtype of texts": type_text_layers,
    "axis as integer": write_axis_as_integer,
    "replace slashes": replace_slashes,
    "renumber calls": renumber_calls,
    "graph of Keras 2": write_graph_of_keras_2,
    "graph of Keras 3": write_graph_of_keras_3,
    "drop training state": drop_training_state,
}


def rewritten(config, names, target):
    """A config with some rewrites applied.

    Raises:
        ValueError: one of them cannot be applied.
    """
    config = json.loads(json.dumps(config))
    for name, rewrite in REWRITES.items():
        if name in names:
            rewrite(config, target)
    return config


def applicable(config, target):
    """The names of the rewrites that change something in a config."""
    found = []
    for name in REWRITES:
        try:
            if rewritten(config, [name], target) != config:
                found.append(name)
        except ValueError:
            continue
    return found


# ---------------------------------------------------------------- what is in a config


def is_object(value):
    """Whether a value is a serialized object: a class and its config."""
    return (
        isinstance(value, dict)
        and isinstance(value.get("class_name"), str)
        and isinstance(value.get("config"), dict)
    )


def objects_in(value):
    """All serialized objects in a value, the outer ones first."""
    if is_object(value):
        yield value
    parts = value.values() if isinstance(value, dict) else value
    if isinstance(value, (dict, list)):
        for part in list(parts):
            yield from objects_in(part)


def replace_strings(value, new):
    """Replace whole strings in a value, in place."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, part in list(items):
        if isinstance(part, str):
            value[key] = new.get(part, part)
        elif isinstance(part, (dict, list)):
            replace_strings(part, new)


def same(value, other):
    """Whether two JSON values are equal, where True is not 1."""
    return json.dumps(value, sort_keys=True) == json.dumps(other, sort_keys=True)
