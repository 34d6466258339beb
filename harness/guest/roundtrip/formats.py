"""Formats: how a model goes to disk and back, in the two phases ``save`` and ``load``.

What a release can do is decided by its version, so that a release in which it broke does not pass
for one that never had it.
"""

import json
import os
import shutil
import zipfile

from roundtrip.exceptions import BadCase, NotAnArchive, Unsupported
from roundtrip.models import release_of

#: The first releases with ``.keras`` archives, with ``model.export``, and with ``save_format``.
FIRST_ARCHIVE = (2, 12)
FIRST_EXPORT = (2, 12)
FIRST_SAVE_FORMAT = (2, 4)
#: The first release that writes an archive without being told to, as the file's suffix says.
FIRST_ARCHIVE_BY_SUFFIX = (2, 13)


class Format(object):
    """How a model goes to disk and back.

    ``clears_session`` says that loading resets Keras, so that models made before are of no use.
    ``holds_structure`` says that the file makes the model, and not only its weights.
    """

    compares_structure = True
    holds_structure = True
    clears_session = False

    def __init__(self, keras, case, directory):
        self.keras = keras
        self.case = case
        self.directory = directory

    def check(self):
        """Raise `Unsupported` where the release has no such format."""

    def path(self, name):
        return os.path.join(self.directory, name)

    def custom_objects(self):
        make = getattr(self.case, "custom_objects", None)
        return make(self.keras) if make else None

    def load_model(self, path):
        return self.keras.models.load_model(path, custom_objects=self.custom_objects())

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

    def keep(self, saved, folder):
        """Copy what ``save`` returned into a folder; return false where it cannot be kept."""
        return False

    def restore(self, folder):
        """What ``load`` takes, from a folder that ``keep`` has filled."""
        raise NotImplementedError


class FileFormat(Format):
    """A format of one file, or of one folder, with a fixed name."""

    name = ""

    def keep(self, saved, folder):
        copy = shutil.copytree if os.path.isdir(saved) else shutil.copyfile
        copy(saved, os.path.join(folder, self.name))
        return True

    def restore(self, folder):
        return os.path.join(folder, self.name)


class KerasFile(FileFormat):
    """A ``.keras`` file: a zip archive with config and weights."""

    name = "model.keras"

    def check(self):
        if release_of(self.keras) < FIRST_ARCHIVE:
            raise Unsupported("this release writes HDF5 under the name .keras")

    def save(self, model):
        path = self.path(self.name)
        if release_of(self.keras) < FIRST_ARCHIVE_BY_SUFFIX:
            model.save(path, save_format="keras_v3")
        else:
            model.save(path)
        if not zipfile.is_zipfile(path):
            raise NotAnArchive("the saved .keras file is no zip archive")
        if self.is_damaged():
            with zipfile.ZipFile(path) as archive:
                members = {name: archive.read(name) for name in archive.namelist()}
            members["config.json"] = self.damage(members["config.json"].decode()).encode()
            with zipfile.ZipFile(path, "w") as archive:
                for name, content in members.items():
                    archive.writestr(name, content)
        return self.damaged_file(path)

    def load(self, path):
        return self.load_model(path)


class HDF5(FileFormat):
    """One HDF5 file with config and weights."""

    name = "model.h5"

    def save(self, model):
        path = self.path(self.name)
        model.save(path)
        if self.is_damaged():
            import h5py

            with h5py.File(path, "r+") as file:
                text = file.attrs["model_config"]
                text = text.decode() if isinstance(text, bytes) else text
                file.attrs["model_config"] = self.damage(text).encode()
        return self.damaged_file(path)

    def load(self, path):
        return self.load_model(path)


class Weights(FileFormat):
    """Weights alone, loaded into a newly built model."""

    name = "model.weights.h5"
    clears_session = True
    holds_structure = False

    def save(self, model):
        path = self.path(self.name)
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

    def keep(self, saved, folder):
        import numpy

        text, weights = saved
        with open(os.path.join(folder, "config.json"), "w") as file:
            file.write(text)
        numpy.savez(os.path.join(folder, "weights.npz"), *weights)
        return True

    def restore(self, folder):
        import numpy

        with open(os.path.join(folder, "config.json")) as file:
            text = file.read()
        with numpy.load(os.path.join(folder, "weights.npz"), allow_pickle=False) as arrays:
            weights = [arrays["arr_%d" % index] for index in range(len(arrays.files))]
        return text, weights


class Clone(Format):
    """``clone_model``: to a config and back, in memory."""

    def save(self, model):
        return model

    def load(self, saved):
        model = self.keras.models.clone_model(saved)
        model.set_weights(saved.get_weights())
        return model


class SavedModel(FileFormat):
    """TensorFlow's SavedModel, as Keras 2 writes and reads it."""

    name = "saved_model"

    def check(self):
        if release_of(self.keras) >= (3,):
            raise Unsupported("Keras 3 neither writes nor reads models as SavedModel")
        if release_of(self.keras) < FIRST_SAVE_FORMAT:
            raise Unsupported("this release has no save_format")

    def save(self, model):
        path = self.path(self.name)
        model.save(path, save_format="tf")
        return path

    def load(self, path):
        return self.load_model(path)


class Served(object):
    """An exported graph, with the only method of a model that is called."""

    def __init__(self, artifact):
        self.artifact = artifact  # the graph lives only as long as this

    def predict_on_batch(self, inputs):
        """Serve the inputs: several are one list.

        A single input is passed as it is, or in a list where the model was made with a list.
        """
        try:
            return self.artifact.serve(inputs)
        except TypeError as error:
            refusal = error
        try:
            return self.artifact.serve([inputs])
        except Exception:
            pass
        raise refusal


class Export(FileFormat):
    """``model.export``: a graph for serving, loaded with TensorFlow alone."""

    name = "exported"
    compares_structure = False
    holds_structure = False

    def check(self):
        if release_of(self.keras) < FIRST_EXPORT:
            raise Unsupported("this release has no model.export")

    def save(self, model):
        path = self.path(self.name)
        model.export(path)
        return path

    def load(self, path):
        import tensorflow as tf

        return Served(tf.saved_model.load(path))


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


def formats_of(case):
    """The formats of a case: those it names; else ``own`` if it has a ``load``; else all others.

    Raises:
        BadCase: the case names a format that there is not.
    """
    named = tuple(getattr(case, "FORMATS", ()))
    unknown = sorted(set(named + tuple(getattr(case, "MUST_REFUSE", ()))) - set(FORMATS))
    if unknown:
        raise BadCase("%r is no format; there are %s" % (unknown[0], ", ".join(FORMATS)))
    if named:
        return named
    if hasattr(case, "load"):
        return ("own",)
    return tuple(name for name in FORMATS if name != "own")
