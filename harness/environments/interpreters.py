"""Interpreters: a CPython of a minor version, found on this machine or got by uv."""

from __future__ import annotations

from harness.environments.uv import last_lines, run_uv


class NoEnvironment(Exception):
    """The pair has no environment; ``outcome`` says why, the message what was said."""

    def __init__(self, outcome: str, reason: str) -> None:
        super().__init__(reason)
        self.outcome = outcome


def find_interpreter(python: str) -> str:
    """The path of a CPython of this minor version, installed by uv if it can be.

    Raises:
        NoEnvironment: there is none and uv cannot get it.
    """
    found = run_uv("python", "find", "--no-project", python)
    if found.returncode != 0:
        got = run_uv("python", "install", python)
        found = run_uv("python", "find", "--no-project", python)
        if found.returncode != 0:
            raise NoEnvironment(
                "no-interpreter",
                f"no CPython {python} is installed and uv cannot get one: {last_lines(got.stderr)}",
            )
    return found.stdout.strip()
