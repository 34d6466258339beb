"""What a process inside an environment gets from this machine: variables, a folder, and time."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from harness.util.paths import SCRATCH

#: Seconds that importing Keras and TensorFlow may take, from a cold disk.
IMPORT_LIMIT = 300.0


def guest_variables(
    home: Path, overlay: Path | None = None, *, vary: bool = False
) -> Mapping[str, str]:
    """The environment variables of a process: one thread, its own home, no user settings.

    ``overlay`` is a folder whose packages hide the installed ones. ``vary`` gives each process a
    random hash seed.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH") or name.startswith("OPENBLAS_")
    }
    variables = {
        **kept,
        "HOME": str(home),
        "KERAS_HOME": str(home / "keras"),
        "KERAS_BACKEND": "tensorflow",
        "TMPDIR": str(home),
        "PYTHONHASHSEED": "random" if vary else "0",
        "PYTHONNOUSERSITE": "1",
        "PYTHONIOENCODING": "utf-8",
        "CUDA_VISIBLE_DEVICES": "-1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_ENABLE_ONEDNN_OPTS": "0",
        "TF_NUM_INTRAOP_THREADS": "1",
        "TF_NUM_INTEROP_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }
    if overlay:
        variables["PYTHONPATH"] = str(overlay)
    return variables


@contextmanager
def scratch_folder(name: str) -> Iterator[Path]:
    """An empty folder for one process.

    Its path depends on the name alone, so the next run removes what a killed run has left.
    """
    folder = SCRATCH / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
