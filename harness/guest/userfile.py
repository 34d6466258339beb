"""Loads a person's own file inside the environment of one pair, and predicts with it.

    python userfile.py WORK.json

``WORK.json`` is an object with ``module`` (``keras`` or ``tf_keras``), ``cells``, an empty list
that a fork expects, and the file: ``kind`` (``keras``, ``h5``, ``weights``, ``savedmodel``,
``json`` or ``parts``), ``file``, its path, and ``name``, the name under which it is loaded.
``code`` is the path of the person's own code, or empty. ``inputs`` is a list of objects with
``shape`` (without the batch), ``dtype``, ``batch`` (its size if that is fixed, or None), ``below``
(integers are less than that, or None) and ``words`` (what texts are made of; those of ``arrays.py``
if there are none); it is None if the inputs are to be taken from the loaded model. ``free`` are the
lengths to try for dimensions of any length. ``arrays`` is the path of a ``.npz`` file with the
person's own inputs, or empty, and ``array_names`` are their names in the order in which the model
takes them. With ``unsafe``, a file that safe mode refuses is loaded without it as a last resort.
``droppable`` is None, or what ``rewrites.Target`` takes; then a file that is refused is loaded with
its config rewritten.
``saves`` has the forms in which the model is then saved in the folder ``kept``, each with the name
of its file. ``trace`` is a file in that folder for the functions that are called, as from
``traced.py``, or empty.

Standard output gets one event a line, each a JSON object: ``ready`` or ``import-error``, as from
``runner.py``, then ``read``, or ``fault`` where the machine runs out of memory or disk. A ``read``
has ``outcome``, ``error``, ``named``, ``uncompiled``, ``unsafe``, ``inputs`` and ``free`` as they
were used, ``rewrites``, ``saved``, the forms in which it was saved, ``not_saved``, the exceptions
of the others, and ``outputs``: for each array ``dtype``, ``shape``, and ``data``, the bytes of
every ``step``-th value as base64.

The file and the code are untrusted: this runs in a sandbox. The working directory is empty, and
beside ``kept`` the only folder that can be written.
"""

import functools
import gc
import inspect
import json
import os
import shutil
import sys

import rewrites
import rewriting
import runner
import traced
from arrays import array_for, inputs_of, keyed_inputs_of, packed
from roundtrip import models
from roundtrip.comparison import as_arrays
from roundtrip.exceptions import describe, is_of_the_machine, text_of
from user_code import Code, CodeError

#: The first releases with ``.keras`` archives, and without SavedModel.
FIRST_ARCHIVE = (2, 12)
FIRST_WITHOUT_SAVED_MODEL = (3, 0)


class Reading(object):
    """Attempts to load a file, one after the other."""

    def __init__(self, keras, work):
        self.keras = keras
        self.work = work
        self.release = models.release_of(keras)
        self.code = Code(keras, work["code"])
        self.target = rewrites.Target(self.release, work["droppable"] or {})

    def unsupported(self):
        """Why the release cannot read the format at all; empty where it can."""
        kind = self.work["kind"]
        if kind == "keras" and self.release < FIRST_ARCHIVE:
            return "this release has no .keras archives"
        if kind == "savedmodel" and self.release >= FIRST_WITHOUT_SAVED_MODEL:
            return "Keras 3 reads no SavedModel folders as models"
        return ""

    def run(self):
        """Load the file, as completely as possible, and predict; return the report."""
        reason = self.unsupported()
        if reason:
            return {"outcome": "unsupported", "note": reason}
        result = {"named": False, "uncompiled": False, "unsafe": False, "rewrites": []}
        try:
            model = self.load_somehow(result)
        except CodeError:
            raise
        except Exception as error:
            if is_of_the_machine(error):
                raise
            return dict(result, outcome="load-error", error=describe(error))
        result.update(self.predict(model))
        return dict(result, **self.save(model))

    def load_somehow(self, result):
        """The model, loaded from the file as it is or else with its config rewritten."""
        try:
            return self.load(result)
        except Exception as error:
            if self.work["droppable"] is None or is_of_the_machine(error):
                raise
            result["error"] = describe(error)
        try:
            config = rewriting.Config(self.copied([]), self.work["kind"]).read()
        except ValueError:  # a file without a config
            return self.load(result)
        load = functools.partial(self.load, result)
        model, result["rewrites"] = rewriting.smallest(load, config, self.target)
        return model

    def save(self, model):
        """Save the model in the requested forms."""
        names = self.work["saves"]
        path = os.path.join(os.getcwd(), self.work["name"])
        failed = rewriting.save(model, names, self.work["kept"], path)
        return {
            "saved": [form for form in names if form not in failed],
            "not_saved": {form: describe(error) for form, error in failed.items()},
        }

    def load(self, result, names=()):
        """The model, loaded with some rewrites; what that needed is recorded in ``result``.

        If all attempts fail, raises the exception of the first one that was given all of the
        person's code: one without it may only say that a class is unknown.
        """
        first = with_code = None
        for options in self.attempts():
            try:
                models.seed_everything(self.keras)
                model = self.load_with(dict(options), names)
                result["named"] = options["custom_objects"] is not self.code.choices[0]
                result["uncompiled"] = options.get("compile") is False
                result["unsafe"] = options.get("safe_mode") is False
                if first is not None:
                    result["error"] = describe(first)
                return model
            except Exception as error:
                if is_of_the_machine(error):
                    raise
                first = first or error
                if options["custom_objects"] is self.code.choices[-1]:
                    with_code = with_code or error
        raise with_code

    def attempts(self):
        """The options of each attempt, the plainest first."""
        ways = [{}]
        if self.work["kind"] not in ("weights", "json", "parts"):
            ways.append({"compile": False})
            if self.work["unsafe"] and "safe_mode" in parameters_of(self.keras.models.load_model):
                ways += [{"safe_mode": False}, {"safe_mode": False, "compile": False}]
        return [dict(way, custom_objects=objects) for way in ways for objects in self.code.choices]

    def load_with(self, options, names):
        path = self.copied(names)
        kind = self.work["kind"]
        if kind == "parts":
            return rewriting.load_parts(self.keras, path, options["custom_objects"])
        if kind == "json":
            with open(path) as file:
                text = file.read()
            return self.keras.models.model_from_json(text, **options)
        if kind == "weights":
            if self.code.build is None:
                raise CodeError("no function build(keras), which makes the model for the weights")
            model = self.code.build(self.keras)
            model.load_weights(path)
            return model
        return self.keras.models.load_model(path, **options)

    def copied(self, names):
        """A copy of the file with some rewrites; old releases open it for writing."""
        path = os.path.join(os.getcwd(), self.work["name"])
        if os.path.isdir(self.work["file"]):
            shutil.rmtree(path, ignore_errors=True)
            shutil.copytree(self.work["file"], path)
        else:
            shutil.copyfile(self.work["file"], path)
        if names:
            config = rewriting.Config(path, self.work["kind"])
            config.write(rewrites.rewritten(config.read(), names, self.target))
        return path

    def predict(self, model):
        """Predict on the person's own inputs, or on ones that are made from their description."""
        inputs = self.work["inputs"] or inputs_of(model)
        told = {"inputs": inputs, "parameters": parameters_in(model)}
        if not inputs and not self.work["arrays"]:
            return dict(told, outcome="read", note="the shapes of its inputs are not known")
        first = None
        for free in [None] if self.work["arrays"] else self.work["free"]:
            try:
                arrays = as_taken(model, self.arrays_for(inputs, free))
                # not eagerly, as cells do: people call this, and it can differ
                outputs = as_arrays(model.predict_on_batch(arrays))
            except Exception as error:
                if is_of_the_machine(error):
                    raise
                first = first or error
                continue
            return dict(told, outcome="read", free=free, **packed(outputs))
        return dict(told, outcome="predict-error", predict_error=describe(first))

    def arrays_for(self, inputs, free):
        import numpy

        if not self.work["arrays"]:
            return [array_for(spec, free) for spec in inputs]
        with numpy.load(self.work["arrays"], allow_pickle=False) as arrays:
            return [arrays[name] for name in self.work["array_names"]]


def as_taken(model, arrays):
    """Arrays as a model takes them: one alone, a list, or a dict with the keys of its inputs."""
    keyed = keyed_inputs_of(model)
    if len(keyed) == len(arrays):
        return dict(zip(keyed, arrays))
    return arrays[0] if len(arrays) == 1 else arrays


def parameters_of(function):
    return inspect.signature(function).parameters


def parameters_in(model):
    """The number of values in the weights of a model; None if it has not made them yet."""
    try:
        return int(model.count_params())
    except Exception:
        return None


def read(keras, work):
    """Read the file of a work and return the report."""
    try:
        return Reading(keras, work).run()
    except CodeError as error:
        return {"outcome": "code-error", "note": text_of(error)}


def main(work_path):
    runner.leave_with_parent()
    stream = runner.take_standard_output()

    def emit(**event):
        stream.write(json.dumps(event, sort_keys=True) + "\n")
        stream.flush()

    with open(work_path) as file:
        work = json.load(file)
    gc.disable()  # almost nothing of what is imported is garbage: a tenth of the time
    keras = runner.import_keras(work["module"], emit)
    gc.enable()
    if keras is None:
        return
    if work["trace"]:
        traced.Recorder(os.environ["PYTHONPATH"], work["trace"]).start()
    try:
        emit(event="read", **read(keras, work))
    except Exception as error:
        if not is_of_the_machine(error):
            raise
        emit(event="fault", message=text_of(error))
    os._exit(0)  # do not wait for what the file has left running


if __name__ == "__main__":
    main(sys.argv[1])
