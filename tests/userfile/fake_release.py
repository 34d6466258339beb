"""An environment with a stand-in for a release, whose loader runs what is in the file.

That is what a loader with a hole does. So the tests see what a hostile file can do in the sandbox.
"""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path

from packaging.version import Version

from harness.environments.builder import Environment
from harness.releases.pair import Pair

KERAS = """
from types import SimpleNamespace
import numpy
__version__ = "{version}"


class Model:
    inputs = [SimpleNamespace(shape=(None, 2), dtype="float32")]

    def predict_on_batch(self, inputs):
        return numpy.asarray(inputs) * 2


def load_model(path, custom_objects=None, compile=True, safe_mode=True):
    given = {{"Model": Model, **(custom_objects or {{}})}}
    exec(open(path).read(), given)
    return given.get("model", Model())


backend = SimpleNamespace(clear_session=lambda: None)
utils = SimpleNamespace(set_random_seed=lambda seed: None)
models = SimpleNamespace(load_model=load_model, Model=Model)
config = SimpleNamespace(disable_traceback_filtering=lambda: None)
"""


def fake_environment(folder: Path, version: str = "3.9.0") -> Environment:
    """An environment in a folder: a link to this Python, and two modules."""
    pair = Pair("keras", Version(version), Version("2.18.0"), "3.11")
    name = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    packages = folder / "lib" / name / "site-packages"
    packages.mkdir(parents=True)
    (folder / "bin").mkdir()
    (folder / "bin" / "python").symlink_to(Path(sys.executable).resolve())
    home = Path(sys.base_prefix) / "bin"
    (folder / "pyvenv.cfg").write_text(f"home = {home}\n", encoding="utf-8")
    (packages / "keras.py").write_text(KERAS.format(version=version), encoding="utf-8")
    (packages / "tensorflow.py").write_text("", encoding="utf-8")
    own = sysconfig.get_paths()["purelib"]  # for NumPy
    (packages / "numpy.pth").write_text(f"{own}\n", encoding="utf-8")
    return Environment(pair, folder, {"installed": []})
