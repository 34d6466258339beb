"""Finds out what the built-in classes of a Keras release write into configs, and what they accept.

    python ledger.py WORK.json

This file is started by path with the environment's own Python, 3.6 or newer. It needs the standard
library, Keras and ``runner.py``, and imports nothing else of this project.

``WORK.json`` is an object with ``module`` (``keras`` or ``tf_keras``), ``cells``, an empty list
that the fork server expects, ``make``, whether to make the ledger, and ``read``, a list of objects
with ``kind`` (``layers``) and ``serialized``, what another release has written.

Standard output gets one event a line, each a JSON object: ``ready`` once Keras is imported, or
``import-error``; for the ledger a ``class`` for each built-in class; for each object to read a
``read``, in their order, with the exception or None; and ``done``. ``fault`` is the last event
where the machine runs out of memory or disk. Everything that Keras and TensorFlow print goes to
standard error.
"""

import copy
import inspect
import json
import random
import sys

import runner

#: The modules of Keras that hold built-in classes, and the base class of those in each.
KINDS = [
    ("constraints", "Constraint"),
    ("initializers", "Initializer"),
    ("layers", "Layer"),
    ("losses", "Loss"),
    ("metrics", "Metric"),
    ("optimizers", "Optimizer"),
    ("regularizers", "Regularizer"),
]
#: A typical value of each parameter that some constructor requires.
VALUES = {
    "activation": "relu",
    "axes": 1,
    "bin_boundaries": [0.0, 1.0],
    "cells": lambda keras: [keras.layers.SimpleRNNCell(2)],
    "cell": lambda keras: keras.layers.SimpleRNNCell(2),
    "dims": [1],
    "equation": "ab,bc->ac",
    "factor": 0.5,
    "filters": 2,
    "fn": lambda keras: keras.losses.mean_squared_error,
    "function": lambda keras: keras.activations.relu,
    "head_dim": 2,
    "height": 4,
    "height_factor": 0.5,
    "inner_optimizer": lambda keras: keras.optimizers.SGD(),
    "input_dim": 3,
    "kernel_size": 3,
    "key_dim": 2,
    "layer": lambda keras: keras.layers.Dense(2),
    "layers": lambda keras: [keras.layers.Dense(2)],
    "max_number": 2,
    "n": 2,
    "normalizer": [1.0, 2.0],
    "num_bins": 3,
    "num_classes": 2,
    "num_heads": 2,
    "num_key_value_heads": 2,
    "num_query_heads": 2,
    "num_tokens": 3,
    "output_dim": 2,
    "output_shape": 2,
    "output_size": 2,
    "pool_size": 2,
    "precision": 0.5,
    "rate": 0.5,
    "recall": 0.5,
    "scale": 0.5,
    "sensitivity": 0.5,
    "specificity": 0.5,
    "stddev": 0.5,
    "target_class_ids": [0],
    "target_shape": [4],
    "units": 2,
    "width": 4,
    "width_factor": 0.5,
}
#: The same for parameters that one class needs, or that must have another value in one class.
VALUES_OF_CLASS = {
    "Bidirectional": {"layer": lambda keras: keras.layers.SimpleRNN(2)},
    "CategoryEncoding": {"num_tokens": 3},
    "Discretization": {"bin_boundaries": [0.0, 1.0]},
    "EinsumDense": {"output_shape": [2]},
    "InputLayer": {"shape": [4]},
    "RandomPosterization": {"factor": 4},
}
#: A keyword that no class knows.
UNKNOWN_NAME = "no_such_keyword"


class MachineFailure(Exception):
    """Memory or disk ran out; this says nothing about the release."""


# ---------------------------------------------------------------- the ledger


def classes_of(keras):
    """Kind, name and class of each built-in class; one that has several names has its own one."""
    for kind, base_name in KINDS:
        module = getattr(keras, kind)
        base = getattr(module, base_name)
        names = {}
        for name in sorted(dir(module)):
            exported = getattr(module, name)
            if (
                inspect.isclass(exported)
                and issubclass(exported, base)
                and is_public(keras, exported)
            ):
                names.setdefault(exported, []).append(name)
        for exported, its_names in sorted(names.items(), key=lambda item: item[1]):
            own = exported.__name__
            yield kind, own if own in its_names else its_names[0], exported


def is_public(keras, class_):
    """Whether a class has a public name; the modules of Keras 2 hold classes that do not."""
    return int(keras.__version__.split(".")[0]) >= 3 or "_keras_api_names" in vars(class_)


def entry_of(keras, kind, class_):
    """What a class writes and accepts, or the reason why that cannot be found out."""
    start_afresh(keras)
    try:
        serialized = serialize(keras, kind, class_(**required_arguments(keras, class_)))
    except Exception as error:
        return {"not_made": short_description(error)}
    accepts_any = accepts(keras, kind, serialized, UNKNOWN_NAME, None)
    names = [] if accepts_any else also_accepted(keras, kind, class_, serialized)
    entry = {
        "serialized": serialized,
        "also_accepts": names,
        "accepts_any": accepts_any,
        "own_error": read(keras, kind, serialized),
    }
    return {"entry": entry}


def required_arguments(keras, class_):
    """A typical value for each required parameter of the constructor of a class."""
    special = VALUES_OF_CLASS.get(class_.__name__, {})
    values = dict(VALUES, **special)
    parameters = [each for each in parameters_of(class_.__init__) if each.kind not in UNNAMED]
    names = [each.name for each in parameters if each.default is each.empty or each.name in special]
    missing = [name for name in names if name not in values]
    if missing:
        raise TypeError("no typical value is known for %s" % ", ".join(missing))
    return {name: fresh(keras, values[name]) for name in names}


def fresh(keras, value):
    return value(keras) if callable(value) else value


UNNAMED = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def parameters_of(function):
    """The parameters of a method without the first one; none where they cannot be known."""
    try:
        return list(inspect.signature(function).parameters.values())[1:]
    except (TypeError, ValueError):
        return []


def also_accepted(keras, kind, class_, serialized):
    """The keywords that a class accepts in its config beside those that it writes.

    Signatures do not tell them: a constructor with ``**kwargs`` passes on what its base class may
    accept, and may have been given already. So each name that may be meant is tried.
    """
    candidates = sorted(candidate_names(class_).items())
    return [
        name
        for name, value in candidates
        if name not in serialized["config"] and accepts(keras, kind, serialized, name, value)
    ]


def candidate_names(class_):
    """Names that a class may accept, each with its default value, or None where it has none.

    These are the parameters of its constructor and those of its base classes, and the words in
    their code and in that of ``from_config``: some names are taken out of ``**kwargs`` there.
    """
    candidates = {}
    for base in class_.__mro__:
        for method in ("__init__", "from_config"):
            function = getattr(vars(base).get(method), "__func__", vars(base).get(method))
            for word in words_in(getattr(inspect.unwrap(function), "__code__", None)):
                candidates.setdefault(word, None)
    for base in class_.__mro__:
        for each in parameters_of(vars(base).get("__init__")):
            if each.kind not in UNNAMED and each.default is not each.empty:
                candidates[each.name] = each.default
    return candidates


def words_in(code):
    """The constants in the code of a function that can be names of keywords."""
    for constant in getattr(code, "co_consts", ()):
        for text in constant if isinstance(constant, (tuple, frozenset)) else [constant]:
            if isinstance(text, str) and text.isidentifier() and text.islower():
                yield text


def accepts(keras, kind, serialized, name, value):
    """Whether an instance can be made from a config with one more keyword."""
    config = dict(serialized["config"], **{name: value})
    return read(keras, kind, dict(serialized, config=config)) is None


def start_afresh(keras):
    """Let generated names begin at the same number, and generated seeds be the same.

    ``clear_session`` would do, but it also collects garbage, which takes longer than all the rest.
    """
    random.seed(1)
    naming = sys.modules.get("keras.src.utils.naming", keras.backend)
    getattr(naming, "reset_uids", keras.backend.clear_session)()


def serialize(keras, kind, instance):
    """The serialized instance as JSON data."""
    serialized = getattr(keras, kind).serialize(instance)
    data = json.loads(json.dumps(serialized, default=plain, allow_nan=False))
    if not (isinstance(data, dict) and isinstance(data.get("config"), dict)):
        raise TypeError("it is serialized without a config")
    return data


def plain(value):
    """A value of NumPy as JSON data, as Keras writes it."""
    for convert in ("tolist", "item"):
        if hasattr(value, convert):
            return getattr(value, convert)()
    raise TypeError("%s is not JSON data" % type(value).__name__)


# ---------------------------------------------------------------- reading what others have written


def read(keras, kind, serialized):
    """Make an instance of a copy of what was serialized; return the exception as data, or None."""
    try:
        getattr(keras, kind).deserialize(copy.deepcopy(serialized))
    except Exception as error:
        return short_description(error)
    return None


def short_description(error):
    """Type and message of an exception, or of what led to it: Keras wraps it in another one."""
    if runner.is_of_the_machine(error):
        raise MachineFailure(str(error))
    described = runner.describe(error)
    first = (described.get("causes") or [described])[-1]
    return {"type": first["type"], "message": first["message"]}


# ---------------------------------------------------------------- the process


def main(work_path):
    runner.leave_with_parent()
    stream = runner.take_standard_output()

    def emit(**event):
        stream.write(json.dumps(event, sort_keys=True) + "\n")
        stream.flush()

    with open(work_path) as file:
        work = json.load(file)
    keras = runner.import_keras(work["module"], emit)
    if keras is None:
        return
    try:
        if work["make"]:
            for kind, name, class_ in classes_of(keras):
                emit(event="class", kind=kind, name=name, **entry_of(keras, kind, class_))
        for task in work["read"]:
            exists = hasattr(getattr(keras, task["kind"]), task["name"])
            error = read(keras, task["kind"], task["serialized"]) if exists else None
            emit(event="read", exists=exists, error=error)
        emit(event="done")
    except MachineFailure as error:
        emit(event="fault", message=str(error))


if __name__ == "__main__":
    main(sys.argv[1])
