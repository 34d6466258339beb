"""What a failed installation comes to, on what uv really wrote."""

from __future__ import annotations

import pytest

from harness.environments.failures import failure_from
from harness.environments.interpreters import NoEnvironment
from harness.util.errors import Fault

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
def test_what_the_releases_are_the_reason_of_is_a_finding(text: str, outcome: str) -> None:
    found = failure_from(text)
    assert isinstance(found, NoEnvironment)
    assert found.outcome == outcome


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
def test_everything_else_is_a_fault_and_stays_unknown(text: str) -> None:
    assert isinstance(failure_from(text), Fault)
