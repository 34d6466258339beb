"""Compares a loaded model with the saved one: outputs, and structure."""

import re

from roundtrip.exceptions import Different

RELATIVE_TOLERANCE = 1e-4
ABSOLUTE_TOLERANCE = 1e-5


def as_arrays(outputs):
    """Nested outputs as a flat list of arrays; dicts are taken in the order of their keys."""
    import numpy

    if isinstance(outputs, dict):
        return [array for key in sorted(outputs) for array in as_arrays(outputs[key])]
    if isinstance(outputs, (list, tuple)):
        return [array for output in outputs for array in as_arrays(output)]
    array = numpy.asarray(outputs)
    if array.dtype.kind in "SUO":  # text
        return [array.astype(str)]
    return [array if array.dtype.kind in "biuf" else array.astype("float32")]


def first_not_finite(outputs):
    """The position of the first array that holds NaN or infinity; None where all are finite."""
    import numpy

    for position, array in enumerate(as_arrays(outputs)):
        if array.dtype.kind == "f" and not numpy.all(numpy.isfinite(array)):
            return position
    return None


def nesting(outputs):
    """The outputs with each array replaced by its type, such as ``['float32', 'float32']``."""
    if isinstance(outputs, dict):
        return {key: nesting(outputs[key]) for key in sorted(outputs)}
    if isinstance(outputs, (list, tuple)):
        return [nesting(output) for output in outputs]
    return getattr(outputs.dtype, "name", str(outputs.dtype))


def compare_nesting(before, after):
    old, new = nesting(before), nesting(after)
    if old != new:
        raise Different("output nesting", "%s before, %s after" % (old, new))


def compare_outputs(before, after):
    """Raise `Different` where two flat lists of arrays differ in number, shape or values."""
    if len(before) != len(after):
        raise Different("output count", "%d before, %d after" % (len(before), len(after)))
    for index, (old, new) in enumerate(zip(before, after)):
        if old.shape != new.shape:
            told = "%s before, %s after, at output %d" % (old.shape, new.shape, index)
            raise Different("output shape", told)
        compare_values(old, new, index)


def compare_values(old, new, index):
    import numpy

    if old.dtype.kind == "U" or new.dtype.kind == "U":
        if not numpy.array_equal(old, new):
            raise Different("output values", "other text at output %d" % index)
    elif first_not_finite(new) is not None and first_not_finite(old) is None:
        raise Different("output values", "not finite any more at output %d" % index)
    elif not numpy.allclose(old, new, RELATIVE_TOLERANCE, ABSOLUTE_TOLERANCE, equal_nan=True):
        worst = float(numpy.max(numpy.abs(old.astype("float64") - new.astype("float64"))))
        raise Different("output values", "differ by up to %.2g at output %d" % (worst, index))


def describe_structure(model):
    """The structure of a model, comparable across a round trip: layers have paths of names.

    ``weights`` and ``trainable`` are numbers of distinct weights. ``calls`` counts the calls of
    each layer in the graphs. ``shared`` lists the groups of paths that lead to one layer object.
    """
    paths, calls = {}, {}
    visit(model, "", paths, calls, set())
    shared = sorted(sorted(places) for places in paths.values() if len(places) > 1)
    return {
        "weights": len({id(weight) for weight in model.weights}),
        "trainable": len({id(weight) for weight in model.trainable_weights}),
        "calls": calls,
        "shared": shared,
    }


def visit(model, prefix, paths, calls, active):
    if id(model) in active:
        return
    active.add(id(model))
    for layer in getattr(model, "layers", None) or []:
        path = prefix + given_name(layer)
        if type(layer).__name__ == "InputLayer":
            continue
        places = paths.setdefault(id(layer), [])
        if path not in places:
            places.append(path)
        visit(layer, path + "/", paths, calls, active)
    for layer in called_layers(model):
        path = prefix + given_name(layer)
        calls[path] = calls.get(path, 0) + 1
    active.discard(id(model))


def given_name(layer):
    """The layer's name, without the number if Keras generated it: that differs in each model.

    Keras generates names from the class, as ``dense_2``, or the function, as ``tf.math.add_1``.
    """
    stem = re.sub(r"_\d+$", "", layer.name)
    kind = re.sub(
        r"([a-z])([A-Z])", r"\1_\2", re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", type(layer).__name__)
    )
    return stem if "." in stem or stem == kind.lower() else layer.name


def called_layers(model):
    """The layer of every call in a functional model's graph; nothing for other models.

    Input layers are left out: they are not called, and ``clone_model`` gives them new names.
    """
    by_depth = getattr(model, "_nodes_by_depth", None) or {}
    for nodes in by_depth.values():
        for node in nodes:
            for name in ("operation", "layer", "outbound_layer"):
                layer = getattr(node, name, None)
                if layer is not None:
                    if type(layer).__name__ != "InputLayer":
                        yield layer
                    break


def compare_structure(before, after):
    """Raise `Different` where two descriptions of a structure differ."""
    for what in ("weights", "trainable"):
        if before[what] != after[what]:
            told = "%d distinct before, %d after" % (before[what], after[what])
            raise Different(what, told)
    if before["shared"] != after["shared"]:
        raise Different("sharing", "%s before, %s after" % (before["shared"], after["shared"]))
    old, new = before["calls"], after["calls"]
    changed = sorted(path for path in set(old) | set(new) if old.get(path, 0) != new.get(path, 0))
    if changed:
        path = changed[0]
        raise Different(
            "calls",
            "layer %s called %d times before, %d after"
            % (path, old.get(path, 0), new.get(path, 0)),
        )
