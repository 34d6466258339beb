"""Interpreters: a CPython of a minor version, found on this machine or downloaded by uv."""

from __future__ import annotations

from harness.environments.places import without_places
from harness.environments.uv import last_lines, run_uv


class NoEnvironment(Exception):
    """The pair cannot have an environment.

    ``outcome`` is the outcome of the pair; the message is the reason as the tool gave it.
    """

    def __init__(self, outcome: str, reason: str) -> None:
        super().__init__(reason)
        self.outcome = outcome


def find_interpreter(python: str) -> str:
    """The path of a CPython of this minor version, which uv downloads if none is installed.

    Raises:
        NoEnvironment: none is installed and uv cannot download one.
    """
    search = run_uv("python", "find", "--no-project", python)
    if search.returncode != 0:
        download = run_uv("python", "install", python)
        search = run_uv("python", "find", "--no-project", python)
        if search.returncode != 0:
            raise NoEnvironment(
                "no-interpreter",
                f"no CPython {python} is installed, and uv cannot get one: "
                f"{without_places(last_lines(download.stderr))}",
            )
    return search.stdout.strip()
