"""Turns a process that was forked from a fork server into one of another environment.

The fork server has imported TensorFlow in its own environment. Its child moves to the environment
of a request, and then runs a program of this folder as if it had been started with that program.
"""

import importlib
import json
import os
import site
import sys
import tempfile
from importlib.machinery import PathFinder

#: The packages that differ from pair to pair, and must not be imported before the fork.
KERAS_PACKAGES = ("keras", "tf_keras")


def enter_environment(command, environ):
    """Move this process to the environment of a command, up to the end of TensorFlow's import."""
    move_to(command, environ)
    import_keras_as_tensorflow_does(command[-1])


def move_to(command, environ):
    """Make this process look as if it had been started with this command and these variables."""
    os.environ.clear()
    os.environ.update(environ)
    old, new = sys.prefix, os.path.dirname(os.path.dirname(command[0]))
    old_folders = {name: package_folder(name) for name in KERAS_PACKAGES}
    sys.executable = command[0]
    sys.prefix = sys.exec_prefix = new
    sys.orig_argv, sys.argv = list(command), command[3:]
    site.PREFIXES[:] = [new]
    sys.modules.pop("sysconfig", None)  # it remembers the old prefix
    tempfile.tempdir = None
    move_sys_path(old, new, environ.get("PYTHONPATH", ""))
    for name, old_folder in old_folders.items():
        move_package_paths(old_folder, package_folder(name))
    if "numpy.random" in sys.modules:  # otherwise all children would have the same state
        sys.modules["numpy.random"].seed()


def import_keras_as_tensorflow_does(work_path):
    """Import what TensorFlow imports at the end of its own import, and ignore the same errors.

    A program that imports Keras first of all, as the runner does, does not need it.
    """
    with open(work_path) as file:
        work = json.load(file)
    if work["module"] == "keras" and all(cell["format"] != "script" for cell in work["cells"]):
        return
    try:
        importlib.import_module("keras.src.optimizers")
    except (ImportError, AttributeError):
        pass


def move_sys_path(old, new, overlay):
    """Make ``sys.path`` that of the new environment, with the folders of ``overlay`` in front."""
    first, *rest = (
        new + folder[len(old) :] if is_within(folder, old) else folder for folder in sys.path
    )
    sys.path[:] = [first, *filter(None, overlay.split(os.pathsep)), *rest]
    sys.path_importer_cache.clear()
    importlib.invalidate_caches()
    packages = site.getsitepackages()[0]
    site.addsitedir(packages, known_paths=set(sys.path))


def package_folder(name):
    """The folder of a package that is not imported; None where there is no such package."""
    spec = PathFinder.find_spec(name)
    return os.path.dirname(spec.origin) if spec and spec.origin else None


def move_package_paths(old, new):
    """Move or drop the folders of Keras in the paths of packages: ``tensorflow.keras`` has some."""
    for module in list(sys.modules.values()):
        path = getattr(module, "__path__", None)
        if old and isinstance(path, list):
            moved = (
                new and new + folder[len(old) :] if is_within(folder, old) else folder
                for folder in path
            )
            path[:] = [folder for folder in moved if folder]


def is_within(path, folder):
    return path == folder or path.startswith(folder + os.sep)


def run_program(server_prefix, program, arguments):
    """Run a program of this folder as if this process had been started with it."""
    module = importlib.import_module(os.path.basename(program).partition(".")[0])
    sys.modules["__main__"] = sys.modules["__mp_main__"] = module
    places = sys.modules["roundtrip.exceptions"].PLACES
    places.append((server_prefix, "<environment>"))  # where TensorFlow was loaded from
    places.sort(key=lambda place: -len(place[0]))  # one can be the beginning of another
    module.main(*arguments)
