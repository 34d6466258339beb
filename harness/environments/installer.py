"""The steps of making an environment: create it empty, install the releases, apply the edits."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from harness.environments.failures import failed_to_build, failure_from, is_unresolvable
from harness.environments.uv import last_lines, run_tool, run_uv
from harness.releases.catalogue import index_name
from harness.releases.pair import Edit, Pair
from harness.util.errors import Fault

#: The oldest minor version of Python 3 that virtualenv serves; uv serves the older ones.
VIRTUALENV_SINCE = 8
#: The build tools of source distributions.
BUILD_TOOLS = ("setuptools", "wheel")


def interpreter_of(folder: Path) -> Path:
    """The interpreter of the environment in a folder."""
    return folder / "bin" / "python"


def create(folder: Path, interpreter: str, python: str) -> str:
    """Create an empty environment for a Python minor version; return the tool that made it.

    Raises:
        Fault: the tool failed.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    if int(python.partition(".")[2]) >= VIRTUALENV_SINCE:
        tool = "virtualenv"
        options = ["--quiet", "--no-seed", "--no-periodic-update", "--python", interpreter]
        finished = run_tool([sys.executable, "-P", "-m", "virtualenv", *options, str(folder)])
    else:
        tool = "uv venv"
        finished = run_uv("venv", "--quiet", "--python", interpreter, str(folder))
    if finished.returncode != 0:
        raise Fault(f"{tool} could not create an environment: {last_lines(finished.stderr)}")
    return tool


def install(folder: Path, pair: Pair, wheel: str, cutoff: datetime, file: str = "") -> bool:
    """Install the releases of a pair, resolved as of ``cutoff``, and what its edits add.

    ``file`` is the wheel of a Keras that is not on the index. Returns whether metadata forbids the
    pair and had to be overridden.

    Raises:
        NoEnvironment: the releases cannot be installed together.
        Fault: the installation failed for a reason outside the releases.
    """
    keras = f"{index_name(pair.lineage, pair.keras)}=={pair.keras}"
    if file:
        keras = f"{pair.lineage} @ {Path(file).as_uri()}"
    releases = [keras, f"{wheel}=={pair.tensorflow}"]
    added = [edit.name for edit in pair.edits if edit.adds]
    command = ["pip", "install", "--python", str(interpreter_of(folder))]
    command += ["--exclude-newer", cutoff.isoformat(), *releases, *added]
    if conflicting := _conflicting_with_daily_builds(pair):
        never = [f"{name}; python_version < '3'" for name in conflicting]
        command += ["--override", _write_requirements(folder / "never.txt", never)]
    attempt = run_uv(*command)
    if failed_to_build(attempt):
        # Source distributions from before 2018 need build tools that came later.
        now = datetime.now(cutoff.tzinfo).isoformat()
        command += [f"--exclude-newer-package={tool}={now}" for tool in BUILD_TOOLS]
        attempt = run_uv(*command)
    is_overridden = attempt.returncode != 0 and is_unresolvable(attempt.stderr)
    if is_overridden:
        overrides = _write_requirements(folder / "overrides.txt", releases)
        attempt = run_uv(*command, "--override", overrides)
    if attempt.returncode != 0:
        raise failure_from(attempt.stderr, folder)
    return is_overridden


def install_again(folder: Path, installed: Sequence[str], cutoff: datetime) -> bool:
    """Install exactly these distributions, given as ``name==version``, from uv's cache alone.

    Returns whether all of them were there.
    """
    python = str(interpreter_of(folder))
    command = ["pip", "install", "--python", python, "--offline", "--no-deps"]
    return run_uv(*command, "--exclude-newer", cutoff.isoformat(), *installed).returncode == 0


def apply_edits(folder: Path, edits: Sequence[Edit]) -> None:
    """Remove and replace distributions as the edits say, whatever metadata requires.

    Raises:
        NoEnvironment: a replacement cannot be installed.
        Fault: the installation failed for a reason outside the releases.
    """
    python = str(interpreter_of(folder))
    removed = [edit.name for edit in edits if edit.removes]
    replaced = [str(edit) for edit in edits if edit.replaces]
    commands = []
    if removed:
        commands.append(["pip", "uninstall", "--python", python, *removed])
    if replaced:
        commands.append(["pip", "install", "--python", python, "--no-deps", *replaced])
    for command in commands:
        finished = run_uv(*command)
        if finished.returncode != 0:
            raise failure_from(finished.stderr, folder)


def installed_distributions(folder: Path) -> list[str]:
    """Everything that is installed in an environment, as sorted ``name==version``.

    Raises:
        Fault: uv cannot list it.
    """
    listing = run_uv("pip", "list", "--format", "json", "--python", str(interpreter_of(folder)))
    if listing.returncode != 0:
        raise Fault(last_lines(listing.stderr))
    return sorted(f"{entry['name']}=={entry['version']}" for entry in json.loads(listing.stdout))


def _conflicting_with_daily_builds(pair: Pair) -> list[str]:
    """What daily builds require although it would overwrite the folders of the pair's releases."""
    conflicting = []
    is_daily_build = pair.keras.is_devrelease and not pair.keras.local
    if is_daily_build:
        conflicting += [pair.lineage, "tf-nightly"]
    has_keras_nightly = is_daily_build and pair.lineage == "keras"
    if pair.tensorflow.is_devrelease and not has_keras_nightly:
        conflicting.append("keras-nightly")
    return conflicting


def _write_requirements(path: Path, requirements: Iterable[str]) -> str:
    path.write_text("".join(f"{line}\n" for line in requirements), encoding="utf-8")
    return str(path)
