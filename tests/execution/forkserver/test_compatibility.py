"""Which pairs may use which fork server, with the installed lists of recorded results."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from harness.environments.builder import Environment
from harness.execution.cases import Case, Script
from harness.execution.forkserver.compatibility import (
    acts_before_import,
    is_eligible,
    why_incompatible,
)
from harness.execution.forkserver.server import ForkServer
from harness.releases.pair import Pair
from tests import recorded

SERVER_PAIR = "keras-3.7.0_tensorflow-2.18.1_py3.11"
#: A pair that may use a fork server of `SERVER_PAIR`.
SAME = "keras-3.6.0_tensorflow-2.18.1_py3.11"
#: What TensorFlow 2.18.1 loads, as a fork server has described it.
LOADED = [
    "absl-py==2.1.0", "astunparse==1.6.3", "certifi==2025.1.31", "charset-normalizer==3.4.1",
    "flatbuffers==25.2.10", "gast==0.6.0", "h5py==3.13.0", "idna==3.10", "ml_dtypes==0.5.1",
    "numpy==2.0.2", "opt_einsum==3.4.0", "packaging==24.2", "protobuf==5.29.3", "requests==2.32.3",
    "setuptools==76.0.0", "six==1.17.0", "tensorflow_cpu==2.18.1", "termcolor==2.5.0",
    "typing_extensions==4.12.2", "urllib3==2.3.0", "wrapt==1.17.2",
]  # fmt: skip


def environment_in(folder: Path, pair_id: str) -> Environment:
    """An environment with the recorded installed list of a pair, and empty otherwise."""
    result = recorded.result(pair_id)
    packages_of(folder).mkdir(parents=True)
    (folder / "bin").mkdir()
    (folder / "bin" / "python").symlink_to(sys.executable)
    return Environment(result.pair, folder, result.environment)


def packages_of(folder: Path) -> Path:
    return folder / "lib" / "python3.11" / "site-packages"


@pytest.fixture
def server(tmp_path: Path) -> ForkServer:
    """A fork server in an environment of `SERVER_PAIR`."""
    prefix = environment_in(tmp_path / "server", SERVER_PAIR).folder
    description = {
        "pid": 1, "prefix": str(prefix), "python": os.path.realpath(sys.executable),
        "loaded": LOADED, "unowned": [], "imported": ["six", "numpy", "queue"],
        "not_found": ["scipy", "google.colab"],
    }  # fmt: skip
    (tmp_path / "fork server.json").write_text(json.dumps(description))
    return ForkServer.read(tmp_path / "fork server.json")


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """An environment that may use the fork server."""
    return environment_in(tmp_path / "pair", SAME)


def test_a_fork_server_is_read_as_it_describes_itself(server: ForkServer, tmp_path: Path) -> None:
    assert server.socket == tmp_path / "fork server"
    assert server.description == tmp_path / "fork server.json"
    assert {"tensorflow-cpu==2.18.1", "ml-dtypes==0.5.1"} <= server.loaded
    assert (server.imported, server.not_found) == (
        ("six", "numpy", "queue"),
        ("scipy", "google.colab"),
    )


# ---------------------------------------------------------------- a pair and a fork server


def test_a_pair_with_the_same_distributions_is_compatible(
    server: ForkServer, environment: Environment
) -> None:
    assert why_incompatible(server, environment) == ""


@pytest.mark.parametrize(
    ("pair_id", "distribution"),
    [
        ("keras-3.12.4_tensorflow-2.18.1_py3.11", "absl-py==2.1.0, "),
        ("keras-3.7.0_tensorflow-2.19.1_py3.11", " more"),
    ],
)
def test_every_loaded_distribution_must_be_the_same(
    server: ForkServer, tmp_path: Path, pair_id: str, distribution: str
) -> None:
    reason = why_incompatible(server, environment_in(tmp_path / "other", pair_id))
    assert reason.startswith("the fork server has loaded ")
    assert distribution in reason


def test_one_other_version_is_enough(server: ForkServer, environment: Environment) -> None:
    installed = [
        pin.replace("numpy==2.0.2", "numpy==2.0.1") for pin in environment.facts["installed"]
    ]
    other = replace(environment, facts={"installed": installed})
    assert why_incompatible(server, other) == "the fork server has loaded numpy==2.0.2"


def test_the_python_must_be_the_same(server: ForkServer, environment: Environment) -> None:
    environment.python.unlink()
    environment.python.symlink_to("/bin/sh")
    assert "another Python" in why_incompatible(server, environment)


def test_what_the_fork_server_has_not_found_must_not_be_there(
    server: ForkServer, environment: Environment
) -> None:
    packages = packages_of(environment.folder)
    (packages / "google").mkdir()
    assert why_incompatible(server, environment) == ""
    (packages / "google" / "colab.py").touch()
    assert "has google.colab" in why_incompatible(server, environment)
    (packages / "google" / "colab.py").unlink()
    (packages / "scipy").mkdir()
    assert "has scipy" in why_incompatible(server, environment)


def test_a_loaded_file_of_no_distribution_must_be_the_same(
    server: ForkServer, environment: Environment
) -> None:
    server = replace(server, unowned=("loose.py",))
    (packages_of(server.prefix) / "loose.py").write_text("x = 1\n")
    assert "loaded loose.py" in why_incompatible(server, environment)
    (packages_of(environment.folder) / "loose.py").write_text("x = 2\n")
    assert "loaded loose.py" in why_incompatible(server, environment)
    (packages_of(environment.folder) / "loose.py").write_text("x = 1\n")
    assert why_incompatible(server, environment) == ""


@pytest.mark.parametrize("where", ["server", "pair"])
def test_neither_may_have_plugins_of_tensorflow(
    server: ForkServer, environment: Environment, where: str
) -> None:
    folder = server.prefix if where == "server" else environment.folder
    (packages_of(folder) / "tensorflow-plugins").mkdir()
    assert "tensorflow-plugins" in why_incompatible(server, environment)


def test_no_folder_before_the_packages_may_hide_a_module_of_the_fork_server(
    server: ForkServer, environment: Environment, tmp_path: Path
) -> None:
    beside = tmp_path / "scripts"
    beside.mkdir()
    (beside / "repro.py").touch()
    assert why_incompatible(server, environment, [beside]) == ""
    (beside / "queue.py").touch()
    assert "has queue" in why_incompatible(server, environment, [beside])
    (beside / "queue.py").rename(beside / "scipy.py")
    assert "has scipy" in why_incompatible(server, environment, [beside])


# ---------------------------------------------------------------- a pair and any fork server


@pytest.mark.parametrize(
    ("tensorflow", "is_new_enough"),
    [("2.15.0", False), ("2.16.1", True), ("2.16.0.dev20231231", True)],
)
def test_only_a_tensorflow_that_loads_without_keras_has_fork_servers(
    monkeypatch: pytest.MonkeyPatch, tensorflow: str, is_new_enough: bool
) -> None:
    pair = Pair.parse(f"keras-3.0.5_tensorflow-{tensorflow}_py3.11")
    environment = Environment(pair, Path("nowhere"), {})
    monkeypatch.setattr(sys, "platform", "linux")
    assert is_eligible(environment, []) is is_new_enough
    monkeypatch.setattr(sys, "platform", "darwin")
    assert is_eligible(environment, []) is False


def test_only_a_script_can_act_before_the_import(
    environment: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    path = tmp_path / "file.py"
    path.write_text("import os\nos.environ['TF_USE_LEGACY_KERAS'] = '1'\nimport keras\n")
    assert is_eligible(environment, [Case("file", path)])
    assert not is_eligible(environment, [Script("file", path)])


@pytest.mark.parametrize(
    ("text", "acts"),
    [
        ("import tensorflow as tf\nprint(tf.environment)\n", False),
        ("import os\nos.environ['TF_USE_LEGACY_KERAS'] = '1'\n", True),
        ("import sys\ndel sys . modules['numpy']\nimport keras\n", True),
        ('"""It says why."""\nimport queue\nimport numpy as np\nimport keras\n', False),
        ("import numpy as np\nnp.bool = bool\nimport keras\n", True),
        ("from numpy import random\nimport keras\n", False),
        ("import settings\nimport tensorflow as tf\n", True),
        ("from . import settings\nimport tensorflow as tf\n", True),
        ("def late():\n    import keras\n", True),
        ("import keras, settings\n", True),
        ("import queue\n", True),
        ("import\n", True),
    ],
)
def test_a_script_may_only_import_before_it_imports_tensorflow(
    tmp_path: Path, text: str, acts: bool
) -> None:
    path = tmp_path / "script.py"
    path.write_text(text)
    assert acts_before_import(Script("script", path)) is acts
