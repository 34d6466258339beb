"""The numbers of parameters, from the datasets of an HDF5 file, whose arrays are not read."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from harness.userfile.facts import FileFacts
from harness.userfile.hdf5 import Dataset, HDF5Tree
from harness.userfile.layers import members_of
from harness.userfile.objects import name_of

#: The paths of datasets with the state of an optimizer or of metrics.
_TRAINING_STATE = re.compile(r"^(optimizer|optimizer_weights)/|^metrics/[^/]+/vars/")
#: The group of a whole HDF5 model in which the weights are.
_MODEL_WEIGHTS = "model_weights/"
#: The groups of the layers of a model, in files of Keras 3 and of 2.12 to 2.14.
_CONTAINERS = ("layers/", "_layer_checkpoint_dependencies/")


def take_parameters(tree: HDF5Tree, model: Mapping[str, Any] | None, facts: FileFacts) -> None:
    """Add the numbers of parameters of the model and of its layers to the facts."""
    datasets = [each for each in tree.datasets if not _TRAINING_STATE.match(each.path)]
    facts.parameters = sum(each.values for each in datasets)
    by_layer: dict[str, int] = {}
    if any(each.path.startswith(_CONTAINERS) for each in datasets):
        if model is not None:
            _by_containers(tree, "", model, "", by_layer)
    else:
        _by_names(datasets, by_layer)
    facts.layers = [
        msgspec.structs.replace(layer, parameters=by_layer.get(layer.path))
        for layer in facts.layers
    ]


def _by_names(datasets: Sequence[Dataset], counts: dict[str, int]) -> None:
    """Old files have a group for each layer of the outermost model, under the layer's name."""
    for each in datasets:
        name = each.path.removeprefix(_MODEL_WEIGHTS).partition("/")[0]
        counts[name] = counts.get(name, 0) + each.values


def _by_containers(
    tree: HDF5Tree, folder: str, model: Mapping[str, Any], prefix: str, counts: dict[str, int]
) -> None:
    """New files have a group for each layer under the name of its class, numbered in order.

    Keras 2.12 to 2.14 leave out every other number, so that the order alone counts.
    """
    container = next(
        (name for name in _CONTAINERS if (folder + name).rstrip("/") in tree.groups), ""
    )
    keys = _keys_by_stem(tree, folder + container)
    members: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for member in members_of(model):
        members[snake_case(str(member["class_name"]).rpartition(">")[2])].append(member)
    for stem, alike in members.items():
        if len(keys.get(stem, ())) != len(alike):
            continue  # one of the layers is stored elsewhere, too
        for key, member in zip(keys[stem], alike, strict=True):
            path, below = prefix + name_of(member), f"{folder}{container}{key}/"
            counts[path] = sum(each.values for each in tree.datasets if each.path.startswith(below))
            if members_of(member):
                _by_containers(tree, below, member, path + "/", counts)


def _keys_by_stem(tree: HDF5Tree, folder: str) -> dict[str, list[str]]:
    """The names of the groups in a folder, by what stands before their number, in their order."""
    names = {path[len(folder) :] for path in tree.groups if path.startswith(folder)}
    found: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for name in names:
        if name and "/" not in name:
            match = re.fullmatch(r"(.+?)(?:_(\d{1,9}))?", name)
            assert match is not None
            found[match[1]].append((int(match[2] or 0), name))
    return {stem: [name for _, name in sorted(numbered)] for stem, numbered in found.items()}


def snake_case(name: str) -> str:
    """The name of a class as Keras writes it in paths: ``LSTMCell`` is ``lstm_cell``."""
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()
