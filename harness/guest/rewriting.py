"""Reads and replaces the configs in files of models, and saves models to files.

The form ``parts`` is a zip archive with ``config.json``, which is what ``model.to_json()`` returns,
and ``weights.npz``, the weights of each layer under its name. So each release can read what any
other one has saved.
"""

import io
import json
import os
import shutil
import zipfile

import rewrites
from roundtrip.exceptions import is_of_the_machine

HDF5_ATTRIBUTES = ("model_config", "training_config")


class Config(object):
    """The config in the file at a path, which can be rewritten in place."""

    def __init__(self, path, kind):
        self.path = path
        self.kind = kind

    def read(self):
        """The config as a JSON value; that of an HDF5 file includes its training config.

        Raises:
            ValueError: the file has none.
        """
        if self.kind == "json":
            with open(self.path) as file:
                return json.load(file)
        if self.kind in ("keras", "parts"):
            with zipfile.ZipFile(self.path) as archive:
                return json.loads(archive.read("config.json").decode())
        if self.kind == "h5":
            return self.read_attributes()
        raise ValueError("a file of this kind has no config")

    def read_attributes(self):
        import h5py

        with h5py.File(self.path, "r") as file:
            texts = {name: file.attrs[name] for name in HDF5_ATTRIBUTES if name in file.attrs}
        found = {
            name: json.loads(text.decode() if isinstance(text, bytes) else text)
            for name, text in texts.items()
        }
        if "model_config" not in found:
            raise ValueError("the file has no config")
        config = found["model_config"]
        if "training_config" in found:
            config["compile_config"] = found["training_config"]
        return config

    def write(self, config):
        """Replace the config by another one, as `read` returns it."""
        if self.kind == "json":
            with open(self.path, "w") as file:
                json.dump(config, file)
        elif self.kind in ("keras", "parts"):
            replace_member(self.path, "config.json", json.dumps(config).encode())
        else:
            self.write_attributes(dict(config))

    def write_attributes(self, config):
        import h5py

        training = config.pop("compile_config", None)
        with h5py.File(self.path, "r+") as file:
            for name, value in zip(HDF5_ATTRIBUTES, (config, training)):
                if name in file.attrs:
                    del file.attrs[name]
                if value is not None:
                    file.attrs[name] = json.dumps(value).encode()


def replace_member(path, name, content):
    """Write another content for one member of an archive."""
    partial = path + ".part"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(partial, "w") as new:
        for member in old.infolist():
            new.writestr(member, content if member.filename == name else old.read(member))
    os.replace(partial, path)


# ---------------------------------------------------------------- config and weights separately


def save_parts(model, path):
    import numpy

    buffer = io.BytesIO()
    numpy.savez(buffer, **dict(weights_by_layer(model)))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", model.to_json())
        archive.writestr("weights.npz", buffer.getvalue())


def load_parts(keras, path, custom_objects):
    import numpy

    with zipfile.ZipFile(path) as archive:
        text = archive.read("config.json").decode()
        with numpy.load(io.BytesIO(archive.read("weights.npz")), allow_pickle=False) as arrays:
            weights = {name: arrays[name] for name in arrays.files}
    model = keras.models.model_from_json(text, custom_objects=custom_objects)
    for name, layer in leaves(model):
        count = len(layer.get_weights())
        layer.set_weights([weights.pop("%s#%d" % (name, number)) for number in range(count)])
    if weights:
        raise ValueError("no layer takes the weights %s" % ", ".join(sorted(weights)))
    return model


def weights_by_layer(model):
    for name, layer in leaves(model):
        for number, array in enumerate(layer.get_weights()):
            yield "%s#%d" % (name, number), array


def leaves(model, prefix=""):
    """The layers of a model and of the models in it that are no models themselves, by path.

    Slashes in names are written as underscores, since one of the rewrites replaces them.
    """
    seen = set()
    for layer in model.layers:
        name = prefix + layer.name.replace("/", "_")
        if id(layer) in seen:
            continue
        seen.add(id(layer))
        if hasattr(layer, "to_json"):
            for leaf in leaves(layer, name + "|"):
                yield leaf
        else:
            yield name, layer


# ---------------------------------------------------------------- saving


def save(model, names, folder, path):
    """Save a model in several forms in a folder; return the exceptions by the forms that failed.

    ``names`` has the name of each file, by form: ``keras``, ``h5``, ``parts``, ``weights``, or
    ``rewritten``, which is the file at the path, as it was loaded.
    """
    failed = {}
    for form, name in names.items():
        saved = os.path.join(folder, name)
        try:
            if form == "rewritten":
                shutil.copyfile(path, saved)
            elif form == "parts":
                save_parts(model, saved)
            elif form == "weights":
                model.save_weights(saved)
            else:
                model.save(saved)
        except Exception as error:
            if is_of_the_machine(error):
                raise
            failed[form] = error
    return failed


def smallest(load, config, target):
    """Load with as few rewrites as possible; return the model and their names.

    ``load`` takes the names of the rewrites to load with. Each is tried alone first; then all are
    tried together, and those that are not needed are left out one by one. The last call of ``load``
    is the one with the rewrites that are returned.

    If no attempt succeeds, raises the exception of the attempt with all rewrites.
    """
    names = rewrites.applicable(config, target)
    for name in names:
        model = attempt(load, [name])
        if model is not None:
            return model, [name]
    load(names)
    needed = list(names)
    for name in names:
        fewer = [other for other in needed if other != name]
        if attempt(load, fewer) is not None:
            needed = fewer
    return load(needed), needed


def attempt(load, names):
    """The model, loaded with some rewrites; None if that fails."""
    try:
        return load(names)
    except Exception as error:
        if is_of_the_machine(error):
            raise
        return None
