"""Running uv and other tools with those of the user's settings that cannot change a result."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from harness.releases.uv_settings import as_toml, honoured_settings
from harness.util.paths import home_folder
from harness.util.processes import child_process

#: The variables of uv that are honoured: where packages and Pythons come from, how they are
#: downloaded, and where they are cached. ``UV_INDEX_NAME_PASSWORD`` and the like begin with the
#: first. Every other one could change what is installed for a pair.
_HONOURED_VARIABLES = (
    "UV_INDEX", "UV_DEFAULT_INDEX", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS", "UV_NO_INDEX",
    "UV_KEYRING_PROVIDER", "UV_CREDENTIALS_DIR", "UV_HTTP_", "UV_REQUEST_TIMEOUT", "UV_OFFLINE",
    "UV_NATIVE_TLS", "UV_SYSTEM_CERTS", "UV_INSECURE_HOST", "UV_S3_", "UV_GCS_", "UV_AZURE_",
    "UV_CACHE_DIR", "UV_NO_CACHE", "UV_LINK_MODE", "UV_LOCK_TIMEOUT", "UV_CONCURRENT_",
    "UV_PYTHON_INSTALL_", "UV_PYTHON_DOWNLOADS", "UV_PYTHON_PREFERENCE", "UV_PYTHON_CACHE_DIR",
    "UV_PYTHON_SEARCH_PATH", "UV_MANAGED_PYTHON", "UV_NO_MANAGED_PYTHON",
)  # fmt: skip
#: The only variable of virtualenv that is honoured: where it caches.
_VIRTUALENV_CACHE = "VIRTUALENV_OVERRIDE_APP_DATA"


def run_uv(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run uv with those of the user's settings that say where packages come from.

    Raises:
        Fault: a file with settings of uv cannot be read.
    """
    uv = Path(sys.executable).with_name("uv")
    with tempfile.NamedTemporaryFile("w", prefix="uv-", suffix=".toml", encoding="utf-8") as file:
        file.write(as_toml(honoured_settings()))
        file.flush()
        program = str(uv) if uv.exists() else "uv"
        return run_tool([program, "--config-file", file.name, *arguments])


def run_tool(command: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a program that finds or installs Pythons, and capture its output."""
    with child_process(command, env=_tool_environment(), stderr=subprocess.PIPE) as child:
        output, errors = child.communicate()
        return subprocess.CompletedProcess(command, child.returncode, output, errors)


def _tool_environment() -> dict[str, str]:
    """The honoured environment variables, with pyenv's Pythons on PATH.

    They are placed before pyenv's shims, because a shim only answers for the version that pyenv has
    activated, although the others are installed as well.
    """
    root = os.environ.get("PYENV_ROOT") or (home_folder() or Path("/")) / ".pyenv"
    pythons = [str(folder) for folder in sorted(Path(root).glob("versions/3.*/bin"), reverse=True)]
    variables = {name: value for name, value in os.environ.items() if _is_honoured(name)}
    return {
        **variables,
        "PATH": os.pathsep.join([*pythons, os.environ.get("PATH", "")]),
        "VIRTUALENV_CONFIG_FILE": os.devnull,
    }


def _is_honoured(name: str) -> bool:
    if name.startswith("UV_"):
        return name.startswith(_HONOURED_VARIABLES)
    return not name.startswith("VIRTUALENV_") or name == _VIRTUALENV_CACHE


def last_lines(text: str, lines: int = 12) -> str:
    """The last lines of a tool's output, without its hints, which only help its direct user."""
    return "\n".join(text.partition("\nhint:")[0].strip().splitlines()[-lines:])
