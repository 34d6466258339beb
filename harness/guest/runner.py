"""Runs cells inside the environment of one pair and reports each result as soon as it is there.

    python runner.py WORK.json

This file is started by path with the environment's own Python, 3.6 or newer. It needs the standard
library, Keras and NumPy, and imports nothing else of this project.

``WORK.json`` is an object with ``module`` (``keras`` or ``tf_keras``), ``cells``, and ``stacks``, a
file for the stack of a cell that hangs. Each cell is an object with ``case``, ``path``, ``format``,
``limit`` in seconds of processor time, and ``patience`` in seconds by the clock.

Standard output gets one event a line, each a JSON object: ``ready`` once Keras is imported, or
``import-error``; then ``start`` and ``cell`` for each cell. ``fault`` is the last event where the
machine runs out of memory or disk. Everything that Keras and TensorFlow print goes to standard
error.
"""

import contextlib
import errno
import faulthandler
import gc
import importlib
import importlib.util
import json
import os
import random
import re
import shutil
import signal
import sys
import tempfile
import threading
import time
import traceback
import zipfile

RELATIVE_TOLERANCE = 1e-4
ABSOLUTE_TOLERANCE = 1e-5
BATCH = 4
FREE_DIMENSION = 5
INTEGER_BELOW = 8
LONGEST_MESSAGE = 4000
#: Seconds after a cell's patience until the process ends, where the cell cannot be interrupted.
SPARE = 3


class Unsupported(Exception):
    """This release does not have the format, or the case does not apply to it."""


class Different(Exception):
    """The loaded model differs from the saved one."""

    def __init__(self, what, how):
        super(Different, self).__init__("%s: %s" % (what, how))


class BadCase(Exception):
    """The case file itself is faulty: it has no builder, say, or its builder returns no model."""


class MachineFault(Exception):
    """Memory or disk ran out; this says nothing about the release."""


class TimeLimit(BaseException):
    """The cell has reached its time limit; no ``except Exception`` can catch this."""


# ---------------------------------------------------------------- formats: to disk and back


class Format:
    """How a model goes to disk and back, in the two phases ``save`` and ``load``."""

    compares_structure = True

    def __init__(self, keras, case, directory):
        self.keras = keras
        self.case = case
        self.directory = directory

    def check(self):
        """Raise `Unsupported` where the release has no such format, or the case excludes it."""
        if format_name(self) not in formats_of(self.case):
            raise Unsupported("the case does not apply to this format")
        if not getattr(self.case, "applies", lambda keras: True)(self.keras):
            raise Unsupported("the case does not apply to this release")

    def path(self, name):
        return os.path.join(self.directory, name)

    def custom_objects(self):
        make = getattr(self.case, "custom_objects", None)
        return make(self.keras) if make else None

    def damage(self, text):
        """The JSON config, changed by the case's ``damage`` where it has one."""
        alter = getattr(self.case, "damage", None)
        return json.dumps(alter(json.loads(text))) if alter else text

    def is_damaged(self):
        return hasattr(self.case, "damage")

    def damaged_file(self, path):
        """The path of a saved file, changed by the case's ``damage_file`` where it has one."""
        getattr(self.case, "damage_file", lambda path: None)(path)
        return path


class KerasFile(Format):
    """A ``.keras`` file: a zip archive with config and weights."""

    def check(self):
        super(KerasFile, self).check()
        if archive_options(self.keras) is None:
            raise Unsupported("this release writes HDF5 under the name .keras")

    def save(self, model):
        path = self.path("model.keras")
        model.save(path, **archive_options(self.keras))
        if self.is_damaged():
            with zipfile.ZipFile(path) as archive:
                members = {name: archive.read(name) for name in archive.namelist()}
            members["config.json"] = self.damage(members["config.json"].decode()).encode()
            with zipfile.ZipFile(path, "w") as archive:
                for name, content in members.items():
                    archive.writestr(name, content)
        return self.damaged_file(path)

    def load(self, path):
        return self.keras.models.load_model(path, custom_objects=self.custom_objects())


_archive_options = {}


def archive_options(keras):
    """The options with which this release saves a zip archive as ``.keras``; None if it cannot.

    Before 2.13 the suffix meant HDF5, and an option had to name the archive. Which options work is
    found by saving a minimal model.
    """
    if keras not in _archive_options:
        inputs = keras.layers.Input(shape=(1,))
        model = keras.models.Model(inputs, keras.layers.Dense(1)(inputs))
        directory = tempfile.mkdtemp(prefix="archive-")
        path = os.path.join(directory, "smallest.keras")
        for options in ({}, {"save_format": "keras_v3"}):
            try:
                model.save(path, **options)
            except (TypeError, ValueError):
                continue
            if zipfile.is_zipfile(path):
                break
        else:
            options = None
        shutil.rmtree(directory, ignore_errors=True)
        _archive_options[keras] = options
    return _archive_options[keras]


class HDF5(Format):
    """One HDF5 file with config and weights."""

    def save(self, model):
        path = self.path("model.h5")
        model.save(path)
        if self.is_damaged():
            import h5py

            with h5py.File(path, "r+") as file:
                text = file.attrs["model_config"]
                text = text.decode() if isinstance(text, bytes) else text
                file.attrs["model_config"] = self.damage(text).encode()
        return self.damaged_file(path)

    def load(self, path):
        return self.keras.models.load_model(path, custom_objects=self.custom_objects())


class Weights(Format):
    """Weights alone, loaded into a newly built model."""

    def save(self, model):
        path = self.path("model.weights.h5")
        model.save_weights(path)
        return self.damaged_file(path)

    def load(self, path):
        self.keras.backend.clear_session()
        model = self.case.build(self.keras)
        model.load_weights(path)
        return model


class JSONConfig(Format):
    """The architecture as JSON; the weights are copied in memory."""

    def save(self, model):
        return self.damage(model.to_json()), model.get_weights()

    def load(self, saved):
        text, weights = saved
        model = self.keras.models.model_from_json(text, custom_objects=self.custom_objects())
        model.set_weights(weights)
        return model


class Clone(Format):
    """``clone_model``: to a config and back, in memory."""

    def save(self, model):
        return model

    def load(self, saved):
        model = self.keras.models.clone_model(saved)
        model.set_weights(saved.get_weights())
        return model


class SavedModel(Format):
    """TensorFlow's SavedModel, as Keras 2 writes and reads it."""

    def check(self):
        super(SavedModel, self).check()
        if major_version(self.keras) >= 3:
            raise Unsupported("Keras 3 neither writes nor reads models as SavedModel")

    def save(self, model):
        path = self.path("saved_model")
        try:
            model.save(path, save_format="tf")
        except TypeError as error:
            if "save_format" in str(error):
                raise Unsupported("this release has no save_format")
            raise
        return path

    def load(self, path):
        return self.keras.models.load_model(path, custom_objects=self.custom_objects())


class Export(Format):
    """``model.export``: a graph for serving, loaded with TensorFlow alone."""

    compares_structure = False

    def check(self):
        super(Export, self).check()
        if not hasattr(self.keras.models.Model, "export"):
            raise Unsupported("this release has no model.export")

    def save(self, model):
        path = self.path("exported")
        model.export(path)
        return path

    def load(self, path):
        import tensorflow as tf

        artifact = tf.saved_model.load(path)

        class Served(object):
            """The exported graph, with the only method of a model that is called."""

            def predict_on_batch(self, inputs):
                # Several inputs are one list. A single input is passed as it is, or in a list
                # where the model was made with a list.
                try:
                    return artifact.serve(inputs)
                except TypeError:
                    return artifact.serve([inputs])

        return Served()


class OwnWay(Format):
    """The case's own functions ``save(keras, model, directory)`` and ``load(keras, saved)``."""

    def save(self, model):
        return self.case.save(self.keras, model, self.directory)

    def load(self, saved):
        return self.case.load(self.keras, saved)


FORMATS = {
    "keras": KerasFile,
    "h5": HDF5,
    "weights": Weights,
    "json": JSONConfig,
    "clone": Clone,
    "savedmodel": SavedModel,
    "export": Export,
    "own": OwnWay,
}


def format_name(form):
    return next(name for name in FORMATS if FORMATS[name] is type(form))


def formats_of(case):
    """The formats of a case: those it names; else ``own`` if it has a ``load``; else all others."""
    named = getattr(case, "FORMATS", None)
    if named is not None:
        return named
    if hasattr(case, "load"):
        return ("own",)
    return [name for name in FORMATS if name != "own"]


# ---------------------------------------------------------------- one cell


def run_cell(keras, case, name, limit, patience):
    """Save and load the model of a case in one format; return the result of the cell as a dict."""
    started = time.time()
    directory = tempfile.mkdtemp(prefix="cell-")
    form = FORMATS[name](keras, case, directory)
    phase = ["build"]
    cell = {"outcome": "pass"}
    try:
        form.check()
        seed_everything(keras)
        with time_limit(limit, patience):
            round_trip(keras, case, form, phase)
    except Unsupported as error:
        return {"outcome": "unsupported", "note": str(error)}
    except BadCase:
        raise
    except TimeLimit as error:
        described = dict(describe_one(error), type="Timeout")
        cell = {"outcome": "timeout", "phase": phase[0], "error": described}
    except Different as error:
        cell = {"outcome": "mismatch", "phase": phase[0], "error": describe(error)}
    except SystemExit as error:
        cell = {"outcome": "crash", "phase": phase[0], "error": describe(error)}
    except Exception as error:
        if is_of_the_machine(error):
            raise MachineFault(str(error))
        cell = {"outcome": OUTCOME_OF_PHASE[phase[0]], "phase": phase[0], "error": describe(error)}
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    cell["seconds"] = round(time.time() - started, 1)
    return cell


@contextlib.contextmanager
def time_limit(limit, patience):
    """Raise `TimeLimit` in the body, at whatever Python code is then running.

    That is after ``limit`` seconds of processor time, so that a slow cell on a loaded machine does
    not count as a hang; or after ``patience`` seconds by the clock, for a cell that only waits.
    """

    def stop(number, frame):
        raise TimeLimit("no end after %g s" % limit)

    signals = (signal.SIGPROF, signal.SIGALRM)
    before = [signal.signal(number, stop) for number in signals]
    signal.setitimer(signal.ITIMER_PROF, limit)
    signal.setitimer(signal.ITIMER_REAL, patience)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in zip(signals, before):
            signal.signal(number, handler)


def is_of_the_machine(error):
    """Whether an exception or one of its causes is about memory or disk, not the release."""
    while error is not None:
        if isinstance(error, MemoryError) or "No space left on device" in str(error):
            return True
        if isinstance(error, OSError) and error.errno in MACHINE_ERRORS:
            return True
        error = error.__cause__ or error.__context__
    return False


MACHINE_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.ENOMEM)

OUTCOME_OF_PHASE = {
    "build": "build-error",
    "predict": "build-error",
    "save": "save-error",
    "load": "load-error",
    "predict again": "load-error",
    "compare": "load-error",
    "check": "mismatch",
    "train": "mismatch",
}


def round_trip(keras, case, form, phase):
    """Build, predict, save, load, predict, compare, train; ``phase[0]`` is the present phase."""
    model = build(keras, case)
    if getattr(case, "DISTURB_WEIGHTS", True):
        disturb_weights(model)
    phase[0] = "predict"
    inputs = make_inputs(case, model)
    before = predict(model, inputs)
    if not all_finite(before):
        raise BadCase("the outputs of the model are not finite")
    structure = describe_structure(model)
    phase[0] = "save"
    saved = form.save(model)
    phase[0] = "load"
    loaded = form.load(saved)
    phase[0] = "predict again"
    after = predict(loaded, inputs)
    phase[0] = "compare"
    compare_outputs(as_arrays(before), as_arrays(after))
    if form.compares_structure:
        compare_nesting(before, after)
        if getattr(case, "COMPARES_STRUCTURE", True):
            compare_structure(structure, describe_structure(loaded))
        phase[0] = "check"
        check_by_case(keras, case, model, loaded)
        phase[0] = "train"
        check_alive(model, loaded, inputs, as_arrays(before))


def build(keras, case):
    model = case.build(keras)
    if not hasattr(model, "predict_on_batch"):
        raise BadCase("build() returned %s, not a model" % type(model).__name__)
    return model


def seed_everything(keras):
    import numpy

    keras.backend.clear_session()
    random.seed(1)
    numpy.random.seed(1)
    if hasattr(getattr(keras, "utils", None), "set_random_seed"):
        keras.utils.set_random_seed(1)
    else:
        import tensorflow as tf

        # TensorFlow 1.13 and newer have both functions, TensorFlow 2 only that in compat.v1.
        getattr(getattr(tf, "compat", None), "v1", tf).set_random_seed(1)


@contextlib.contextmanager
def eagerly():
    """Let TensorFlow run eagerly in the body: tracing does not pay for a function called once."""
    import tensorflow as tf

    switch = getattr(getattr(tf, "config", None), "run_functions_eagerly", None)
    if switch is None:  # before TensorFlow 2.3
        yield
        return
    switch(True)
    try:
        yield
    finally:
        switch(False)


def predict(model, inputs):
    with eagerly():
        return model.predict_on_batch(inputs)


def disturb_weights(model):
    """Add noise to every float weight, so that a weight lost in loading cannot go unnoticed.

    Biases and moving means start at zero; a release that lost them would seem to have kept them.
    """
    import numpy

    numbers = numpy.random.RandomState(2)
    model.set_weights(
        [
            weight + numbers.uniform(0.01, 0.1, weight.shape).astype(weight.dtype)
            if weight.dtype.kind == "f"
            else weight
            for weight in model.get_weights()
        ]
    )


def make_inputs(case, model):
    """The case's own inputs, or a random batch with the shapes and types of the model's inputs."""
    import numpy

    numbers = numpy.random.RandomState(3)
    if hasattr(case, "inputs"):
        return case.inputs(numbers)
    tensors = model.inputs
    arrays = []
    for tensor in tensors:
        shape = getattr(tensor, "shape", None)
        shape = shape.as_list() if hasattr(shape, "as_list") else list(shape)
        shape = [BATCH] + [size_of(dimension) for dimension in shape[1:]]
        dtype = getattr(tensor.dtype, "name", tensor.dtype)
        if "int" in dtype:
            arrays.append(numbers.randint(0, INTEGER_BELOW, shape).astype(dtype))
        else:
            arrays.append(numbers.uniform(-1, 1, shape).astype(dtype))
    return arrays[0] if len(arrays) == 1 else arrays


def size_of(dimension):
    value = getattr(dimension, "value", dimension)
    return FREE_DIMENSION if value is None else int(value)


# ---------------------------------------------------------------- comparing


def as_arrays(outputs):
    """Nested outputs as a flat list of arrays; dicts are taken in the order of their keys."""
    import numpy

    if isinstance(outputs, dict):
        return [array for key in sorted(outputs) for array in as_arrays(outputs[key])]
    if isinstance(outputs, (list, tuple)):
        return [array for output in outputs for array in as_arrays(output)]
    array = numpy.asarray(outputs)
    return [array if array.dtype.kind in "biuf" else array.astype("float32")]


def all_finite(outputs):
    import numpy

    return all(numpy.all(numpy.isfinite(array)) for array in as_arrays(outputs))


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
    import numpy

    if len(before) != len(after):
        raise Different("output count", "%d before, %d after" % (len(before), len(after)))
    for index, (old, new) in enumerate(zip(before, after)):
        if old.shape != new.shape:
            told = "%s before, %s after, at output %d" % (old.shape, new.shape, index)
            raise Different("output shape", told)
        if not numpy.allclose(old, new, RELATIVE_TOLERANCE, ABSOLUTE_TOLERANCE, equal_nan=True):
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


def check_by_case(keras, case, model, loaded):
    """Let the case's own ``check`` compare the models, beyond outputs and structure.

    An assertion that fails is a difference. Any other exception counts only where the check passes
    on the saved model alone.
    """
    check = getattr(case, "check", lambda *models: None)
    try:
        check(keras, model, loaded)
    except AssertionError as error:
        raise Different("check", str(error))
    except Exception as failure:
        try:
            check(keras, model, model)
        except Exception:
            return
        raise failure


def check_alive(model, loaded, inputs, outputs):
    """Train the loaded model for one step; a failure counts only where the saved model trains."""
    try:
        train_one_step(loaded, inputs, outputs)
    except Exception as failure:
        try:
            train_one_step(model, inputs, outputs)
        except Exception:
            return
        raise failure


def train_one_step(model, inputs, outputs):
    import numpy

    weights = model.get_weights()
    targets = [numpy.zeros_like(output) for output in outputs]
    model.compile(optimizer="sgd", loss="mse")
    with eagerly():
        model.train_on_batch(inputs, targets[0] if len(targets) == 1 else targets)
    moved = any(not numpy.array_equal(old, new) for old, new in zip(weights, model.get_weights()))
    if weights and not moved:
        raise Different("training", "one step moves no weight")


# ---------------------------------------------------------------- exceptions as data


def describe(error):
    """An exception as a dict: type, message, frames (module, function, line), and its causes."""
    described = describe_one(error)
    causes, seen = [], {id(error)}
    while True:
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        if error is None or id(error) in seen:
            break
        seen.add(id(error))
        causes.append(describe_one(error))
    if causes:
        described["causes"] = causes
    return described


def describe_one(error):
    return {
        "type": type(error).__name__,
        "message": without_places(str(error))[:LONGEST_MESSAGE],
        "frames": [
            [frame.f_globals.get("__name__", "?"), frame.f_code.co_name, line]
            for frame, line in traceback.walk_tb(error.__traceback__)
            if frame.f_globals.get("__name__") != __name__
        ],
    }


def without_places(text):
    """The text without terminal colours, and with words in place of this machine's folders."""
    for place, word in PLACES:
        text = text.replace(place, word)
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


PLACES = [
    (tempfile.gettempdir(), "<scratch>"),
    (sys.prefix, "<environment>"),
    (sys.base_prefix, "<python>"),
]


# ---------------------------------------------------------------- the process


def major_version(keras):
    return int(keras.__version__.split(".")[0])


def load_case(path):
    spec = importlib.util.spec_from_file_location("case_" + os.path.basename(path)[:-3], path)
    case = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(case)
    if not callable(getattr(case, "build", None)):
        raise BadCase("no function build(keras)")
    return case


def bad_case(path, error):
    """The result for a faulty case file; its note says what is wrong, and on which line."""
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename == path
    ]
    line = getattr(error, "lineno", None) or (lines[-1] if lines else 1)
    return {
        "outcome": "bad-case",
        "note": "%s:%s: %s: %s" % (os.path.basename(path), line, type(error).__name__, error),
        "seconds": 0.0,
    }


def show_whole_tracebacks(keras):
    """Stop Keras or TensorFlow from hiding its own frames, of which one raises the exception."""
    switch = getattr(getattr(keras, "config", None), "disable_traceback_filtering", None)
    if switch is None:
        import tensorflow as tf

        switch = getattr(getattr(tf, "debugging", None), "disable_traceback_filtering", None)
    if switch is not None:
        switch()


def leave_imports_to_themselves():
    """Exclude the imported modules from the garbage collection that each cell starts."""
    if hasattr(gc, "freeze"):  # Python 3.7
        gc.collect()
        gc.freeze()


def leave_with_parent():
    """End this process when the one that started it is gone."""
    parent = os.getppid()

    def watch():
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def take_standard_output():
    """Return standard output for the events; all other output goes to standard error instead."""
    sys.stdout.flush()
    stream = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return stream


def main(work_path):
    leave_with_parent()
    stream = take_standard_output()

    def emit(**event):
        stream.write(json.dumps(event, sort_keys=True) + "\n")
        stream.flush()

    with open(work_path) as file:
        run_work(json.load(file), emit)


def run_work(work, emit):
    """Import Keras, run the cells and emit their events; stop at the first machine fault."""
    keras = import_keras(work["module"], emit)
    if keras is None:
        return
    PLACES.extend({(os.path.dirname(cell["path"]), "<cases>") for cell in work["cells"]})
    cases = {}
    with open(work["stacks"], "w") as stacks:
        for cell in work["cells"]:
            emit(event="start", case=cell["case"], format=cell["format"])
            faulthandler.dump_traceback_later(cell["patience"] + SPARE, exit=True, file=stacks)
            try:
                result = run_one(keras, cases, cell)
            except MachineFault as error:
                emit(event="fault", message=str(error))
                return
            faulthandler.cancel_dump_traceback_later()
            emit(event="cell", case=cell["case"], format=cell["format"], result=result)


def import_keras(module, emit):
    """Import Keras, emit the event, and return the module; None where it cannot be imported."""
    started = time.time()
    try:
        keras = importlib.import_module(module)
    except Exception as error:
        if is_of_the_machine(error):
            emit(event="fault", message=str(error))
        else:
            emit(event="import-error", error=describe(error))
        return None
    show_whole_tracebacks(keras)
    emit(event="ready", seconds=round(time.time() - started, 1), keras=keras.__version__)
    leave_imports_to_themselves()
    return keras


def run_one(keras, cases, cell):
    """Run one cell and return its result; ``cases`` holds the loaded case modules by path."""
    path = cell["path"]
    try:
        if path not in cases:
            cases[path] = load_case(path)
        return run_cell(keras, cases[path], cell["format"], cell["limit"], cell["patience"])
    except MachineFault:
        raise
    except Exception as error:
        return bad_case(path, error)


if __name__ == "__main__":
    main(sys.argv[1])
