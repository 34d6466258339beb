"""What a failed installation means, judged by texts that uv really wrote."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from harness.environments.failures import failed_to_build, failure_from, is_unresolvable
from harness.environments.interpreters import NoEnvironment
from harness.util.errors import Fault

FOLDER = Path("/work/checkout/.nox/pair-x")
CONTRADICTION = """\
error: No solution found when resolving dependencies
  cause: Because tensorflow==2.18.0 depends on keras>=3.5.0 and you require keras==3.4.0, we can
         conclude that your requirements and tensorflow==2.18.0 are incompatible.
         And because you require tensorflow==2.18.0, we can conclude that your requirements are
         unsatisfiable.
"""
NOT_BUILT = """\
error: Failed to download and build `absl-py==0.5.0`
  cause: Failed to resolve requirements from `setup.py` build
  cause: Because only setuptools<=40.4.3 is available and you require setuptools>=40.8.0, we can
  conclude that your requirements are unsatisfiable.
"""


@pytest.mark.parametrize(
    ("text", "outcome"), [(CONTRADICTION, "unresolvable"), (NOT_BUILT, "install-error")]
)
def test_a_failure_caused_by_the_releases_is_a_finding(text: str, outcome: str) -> None:
    failure = failure_from(text, FOLDER)
    assert isinstance(failure, NoEnvironment)
    assert failure.outcome == outcome
    assert str(failure) == text.strip()


def test_a_reason_names_no_folder_of_this_machine() -> None:
    log = f"{NOT_BUILT}  cause: {FOLDER}/bin/python: No module named setuptools\n"
    failure = failure_from(log, FOLDER)
    assert isinstance(failure, NoEnvironment)
    assert str(failure).endswith("<environment>/bin/python: No module named setuptools")


def test_a_missing_release_of_another_package_is_a_contradiction() -> None:
    text = CONTRADICTION.replace(
        "Because tensorflow==2.18.0 depends",
        "Because there is no version of tensorflow-estimator==2.9 and tensorflow==2.18.0 depends",
    )
    assert is_unresolvable(text)
    assert not is_unresolvable(text.replace("tensorflow-estimator", "tensorflow"))


def test_only_contradicting_requirements_are_unresolvable() -> None:
    assert is_unresolvable(CONTRADICTION)
    assert not is_unresolvable(NOT_BUILT)


@pytest.mark.parametrize(
    ("code", "text", "expected"), [(1, NOT_BUILT, True), (0, NOT_BUILT, False), (1, "", False)]
)
def test_only_a_failed_run_failed_to_build(code: int, text: str, expected: bool) -> None:
    attempt = subprocess.CompletedProcess(["uv"], code, "", text)
    assert failed_to_build(attempt) is expected


@pytest.mark.parametrize(
    "text",
    [
        "error: Request failed after 3 retries in 9.2s\n  cause: Failed to fetch: <index>/keras/",
        "error: Failed to download distribution due to network timeout. Try increasing "
        "UV_HTTP_TIMEOUT (current value: 30s).",
        "error: Failed to extract archive: keras-3.5.0-py3-none-any.whl\n  cause: Bad CRC",
        "  x No solution found when resolving dependencies:\n  `-> Because keras was not found in "
        "the package registry and you require keras==3.5.0 ...",
        "  x No solution found when resolving dependencies:\n  `-> Because keras was not found in "
        "the cache and you require keras==3.5.0 ...",
        "  x No solution found when resolving dependencies:\n  `-> Because there is no version of "
        "keras==3.5.0 and you require keras==3.5.0 ...",
        "error: Failed to install: libclang-18.1.1-py2.py3-none-manylinux2010_x86_64.whl\n"
        "  cause: No space left on device (os error 28)",
        "error: Failed to build `termcolor==1.1.0`\n  cause: No space left on device (os error 28)",
        "error: something that nobody has seen yet",
    ],
)
def test_any_other_failure_is_a_fault(text: str) -> None:
    assert isinstance(failure_from(text, FOLDER), Fault)
