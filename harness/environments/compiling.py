"""Compiles what every process of an environment imports, once for each version of a distribution.

Processes that may not write bytecode, such as those in a sandbox, would compile it each time.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from harness.environments import bytecode_cache
from harness.util.processes import child_process

#: Seconds for one step; what is not compiled by then is compiled by those who import it.
LIMIT = 300.0
#: Distributions that are compiled whole, and their folders in ``site-packages``.
_COMPILED = {
    "keras": "keras", "keras-nightly": "keras", "tf-keras": "tf_keras",
    "tf-keras-nightly": "tf_keras", "optree": "optree", "rich": "rich",
}  # fmt: skip
#: Distributions that are imported instead: most of TensorFlow is never loaded.
_IMPORTED = frozenset(("tensorflow", "tensorflow-cpu", "tf-nightly", "tf-nightly-cpu"))


def compile_missing(python: Path, packages: Path, installed: Iterable[str]) -> None:
    """Compile the releases of an environment as far as their bytecode is not cached, and cache it.

    ``python`` is its interpreter, ``packages`` its ``site-packages`` folder, and ``installed`` the
    distributions in it, as ``name==version``. An import that fails is left to the processes that
    report it. Modules in the current folder are never imported.
    """
    by_name = {pin.partition("==")[0]: pin for pin in map(bytecode_cache.canonical_pin, installed)}
    missing = {
        name
        for name in by_name.keys() & (_COMPILED.keys() | _IMPORTED)
        if not bytecode_cache.has(packages, by_name[name])
    }
    folders = [packages / folder for name, folder in _COMPILED.items() if name in missing]
    commands = []
    if missing & _IMPORTED:
        commands.append([str(python), "-I", "-c", "import tensorflow"])
    if existing := [str(folder) for folder in folders if folder.is_dir()]:
        commands.append([str(python), "-I", "-m", "compileall", "-q", *existing])
    for command in commands:
        with (
            suppress(OSError, subprocess.TimeoutExpired),
            child_process(
                command, env=_variables(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            ) as child,
        ):
            child.wait(LIMIT)
    if commands:
        with suppress(OSError):
            bytecode_cache.save(packages, by_name.values())


def _variables() -> dict[str, str]:
    """The user's variables without those of Python, and without a GPU."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return {**kept, "CUDA_VISIBLE_DEVICES": "-1"}
